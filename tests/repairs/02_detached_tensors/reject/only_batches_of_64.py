# what = "the pattern of zeros and ones is made for batches of 64"
# base = "solution"
# status = "failed"
# fails = ["test_shapes"]
# %% cell 4
def embed(model, images):
    """The embeddings, vectors of length 1: (batch, FEATURES)."""
    features = model.encoder(images)
    features = tf.clip_by_value(features, 0.0, 6.0)
    features = tf.reshape(features, (-1, POSITIONS, FEATURES))

    weights = tf.nn.softmax(model.attention(features), axis=1)
    usable = np.ones((64, POSITIONS, 1), "float32")
    usable[:, STUCK] = 0.0
    weights = weights * usable

    pooled = tf.reduce_sum(weights * features, axis=1)
    return tf.math.l2_normalize(pooled, axis=1)


# %% cell 7
model = build_model()
optimizer = tf.keras.optimizers.Adam(learning_rate=0.03)
losses, scales = [], []

for step in range(50):
    batch = rng.integers(0, len(images), size=64)
    loss, gradients = loss_and_gradients(model, images[batch], labels[batch])
    if step == 0:
        print("gradient at the first step")
        for variable, gradient in zip(model.trainable_variables, gradients):
            print(f"  {variable.path:18}", "None" if gradient is None else f"norm {tf.norm(gradient):.3f}")
    pairs = zip(gradients, model.trainable_variables)
    optimizer.apply_gradients([(gradient, variable) for gradient, variable in pairs if gradient is not None])
    losses.append(float(loss))
    scales.append(float(tf.exp(model.log_scale)))

read = np.concatenate([np.argmax(classify(model, images[n : n + 64]), axis=1) for n in range(0, 320, 64)])
print(f"loss: {losses[0]:.2f} at first, {losses[-1]:.2f} at last; guessing: {np.log(len(STAMPS)):.2f}")
print(f"read correctly: {np.mean(read == labels):.0%} of {len(images)} stamps; guessing: {1 / len(STAMPS):.0%}")
