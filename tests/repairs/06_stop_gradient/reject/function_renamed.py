# what = "steer has another name"
# base = "solution"
# status = "failed"
# fails = ["test_functions_exist"]
# %% cell 5
params = new_parameters()
decide, costs, errors = steer, [1.0], [1.0]
states = np.zeros((MOMENTS * FERRIES, 3))
del steer
