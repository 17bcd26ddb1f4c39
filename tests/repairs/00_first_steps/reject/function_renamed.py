# what = "one of the functions has another name at the end"
# base = "solution"
# status = "failed"
# fails = ["test_functions_exist"]
# %% cell 5
take_one_step = train_step
del train_step
