"""A gradebook's rows in, files that other programs read out: tables, Canvas, Gradescope, JUnit."""
