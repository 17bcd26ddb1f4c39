"""In the notebook: `%load_ext grader`, then `%%doctor` over a cell."""
