# what = "the functions are right, and the notebook draws the map of a model that it never trained"
# base = "solution"
# status = "failed"
# fails = ["test_training"]
# %% cell 6
model = build_model()
losses = [float(compute_loss(model, buoys, coast))]
