# what = "one of the functions has another name at the end"
# base = "solution"
# status = "failed"
# fails = ["test_functions_exist"]
# %% cell 8
loss_of = compute_loss
del compute_loss
