# what = "the functions are right, and the notebook makes new parameters after its training"
# base = "solution"
# status = "failed"
# fails = ["test_training"]
# %% cell 4
parameters = new_parameters()
losses = []
for step in range(1, 61):
    loss, gradients = train_step(parameters, minutes, heights)
    losses.append(float(loss))
parameters = new_parameters()
