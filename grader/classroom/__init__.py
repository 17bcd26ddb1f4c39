"""The classroom: grades a folder of submissions, however messy, and has a row for every student.

    SUBMISSIONS --intake--> Submission --batch--> Verdict --gradebook--> CSV, class page, feedback

Nothing is imported here, so that commands which need none of it stay quick: import the module that you use.
"""
