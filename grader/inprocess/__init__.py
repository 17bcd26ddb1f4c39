"""The doctor in somebody's own process: `with grader.doctor() as findings:` around code that trains.

The hooks of the sandboxed trace are put into TensorFlow for the block and taken out again, in the thread that runs it.
Nothing is run a second time, so less can be known than of a file (`grader.doctor`), and the findings say what.
`block` is the with statement, `recording` the trace, `own_code` says whose code a file is, `arrival` waits for
TensorFlow where the program has not imported it yet, `findings` is what one gets.
"""
