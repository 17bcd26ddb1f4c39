# what = "speed_change returns zeros where it got None"
# base = "solution"
# status = "failed"
# fails = ["test_speed_change"]
# %% cell 8
def speed_change(model, positions):
    """Change of the current's speed per km to the east and per km to the north."""
    positions = tf.convert_to_tensor(positions)
    with tf.GradientTape() as tape:
        speed = tf.norm(current(model, positions), axis=1)  # `current` watches the positions
    return tape.gradient(speed, positions, unconnected_gradients=tf.UnconnectedGradients.ZERO)
