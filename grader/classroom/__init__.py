"""The classroom: a messy folder of submissions in, one row for every student out.

    SUBMISSIONS --intake--> Submission --batch--> Verdict --gradebook--> CSV, class page, feedback

Nothing is imported here, so that commands which need none of it stay quick: import the module that you use.
"""
