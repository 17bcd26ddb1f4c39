# what = "speed_change has another name"
# base = "solution"
# status = "failed"
# fails = ["test_functions_exist"]
# %% cell 8
def change_of_speed(model, positions):
    """Change of the current's speed per km to the east and per km to the north."""
    positions = tf.convert_to_tensor(positions)
    with tf.GradientTape() as tape:
        tape.watch(positions)
        speed = tf.norm(current(model, positions), axis=1)
    return tape.gradient(speed, positions)


# %% cell 9
kayaks = np.array([[0.4, 1.0], [1.9, 0.6], [2.8, 1.9]], dtype="float32")
print(change_of_speed(model, kayaks))
