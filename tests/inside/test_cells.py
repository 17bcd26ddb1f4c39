"""Where a line of a cell is, as its author counts lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import leading_empty_lines

from grader.inside.cells import blank_start


@given(st.text(alphabet=" \t\n\r\f\x1c\u2028\u00a0x#"))
def test_the_blank_lines_that_ipython_cuts_off_are_known(code: str) -> None:
    assert code.removeprefix(blank_start(code)) == "".join(leading_empty_lines(code.splitlines(keepends=True)))
