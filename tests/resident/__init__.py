"""The resident grader."""
