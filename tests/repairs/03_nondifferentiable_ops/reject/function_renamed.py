# what = "one of the functions has another name at the end"
# base = "solution"
# status = "failed"
# fails = ["test_functions_exist"]
# %% cell 6
make_gate = gate
del gate
