# what = "the broken loss is differentiated numerically"
# base = "original"
# status = "failed"
# fails = ["test_from_tape"]
# cheat = true
# %% cell 6
def loss_and_gradients(model, images, labels, step=1e-3):
    loss = compute_loss(model, images, labels)
    gradients = []
    for variable in model.trainable_variables:
        value = np.array(variable)
        gradient = np.zeros_like(value)
        for place in np.ndindex(value.shape):
            moved = value.copy()
            moved[place] += step
            variable.assign(moved)
            gradient[place] = (compute_loss(model, images, labels) - loss) / step
        variable.assign(value)
        gradients.append(tf.constant(gradient))
    return loss, gradients


# %% cell 7
model = build_model()
optimizer = tf.keras.optimizers.Adam(learning_rate=0.03)
losses, scales = [], []

for step in range(1):
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

read = np.argmax(classify(model, images), axis=1)
print(f"loss: {losses[0]:.2f} at first, {losses[-1]:.2f} at last; guessing: {np.log(len(STAMPS)):.2f}")
print(f"read correctly: {np.mean(read == labels):.0%} of {len(images)} stamps; guessing: {1 / len(STAMPS):.0%}")
