# what = "the functions are right, and the notebook takes a single step of training"
# base = "solution"
# status = "failed"
# fails = ["test_training"]
# %% cell 5
params = init_params()
loss, gradients = loss_and_gradients(params, x_train, y_train)
losses = [float(loss)]
for name, variable in params.items():
    variable.assign_sub(0.25 * gradients[name])
