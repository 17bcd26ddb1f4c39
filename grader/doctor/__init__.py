"""The gradient doctor: from the traces of a program's runs to findings.

`investigation.Investigation` owns the case: it asks for runs, takes in their traces, and concludes. `examine` conducts
one with real kernels, `file` does so for any file. A trace is read once into types (`trace`), indexed (`story`), and
followed from the target of a gradient call back to its sources (`flow`). `rules/` says what is wrong, `wording` in
which words.
"""
