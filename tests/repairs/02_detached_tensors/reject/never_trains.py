# what = "the functions are right, and the notebook evaluates a model that it never trained"
# base = "solution"
# status = "failed"
# fails = ["test_training"]
# %% cell 7
model = build_model()
losses = [float(compute_loss(model, images, labels))]
scales = [float(tf.exp(model.log_scale))]
