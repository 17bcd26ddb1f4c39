# what = "one of the functions has another name at the end"
# base = "solution"
# status = "failed"
# fails = ["test_functions_exist"]
# %% cell 9
sensitivity_to_weather = weather_sensitivity
del weather_sensitivity
