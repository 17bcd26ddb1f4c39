# what = "right functions, and no training"
# base = "solution"
# status = "failed"
# fails = ["test_training"]
# %% cell 5
params = new_parameters()
costs = [0.6 - 0.015 * crossing for crossing in range(30)]
errors = [1.0] * 30
states = np.zeros((MOMENTS * FERRIES, 3))
