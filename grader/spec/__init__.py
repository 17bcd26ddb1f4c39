"""Evidence -> checks: an exercise's hidden pytest spec, run in a trusted process of its own.

expect   the vocabulary in which authors write specs
child    the process: one fork for each judgement
plugin   the pytest plugin that gives specs their fixtures and collects what they say
judge    the parent's side
"""

from grader.spec import expect

__all__ = ["expect"]
