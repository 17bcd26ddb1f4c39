# what = "the penalty removed instead of recorded"
# base = "solution"
# status = "failed"
# fails = ["test_forward", "test_penalty", "test_gradients"]
# %% cell 4
def loss_and_gradients(model, stations):
    with tf.GradientTape() as tape:
        loss = 0.0
        for electrodes, weather, no2 in stations:
            loss += tf.reduce_mean(tf.square(estimate(model, electrodes, weather) - no2)) / len(stations)
    return loss, tape.gradient(loss, model.trainable_variables)
