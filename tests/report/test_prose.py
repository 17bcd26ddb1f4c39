"""Our Markdown on a terminal."""

from __future__ import annotations

import io
import re

from rich.console import Console

from grader.report.prose import literally, show_prose

TEXT = """\
# A title

A *first* look at `model(x)` and at [a page](page.md), which is wrapped because it is long.

## A part

```python
if x[0] * y[0] > 0:

    print("*not emphasis*")  # a comment
```

- `one`
- two
"""


def shown(markdown: str, encoding: str = "utf-8", width: int = 200, **options: object) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    show_prose(markdown, Console(file=stream, width=width, highlight=False, **options))  # type: ignore[arg-type]
    stream.seek(0)
    return stream.read()


def test_nothing_of_the_markdown_is_left_but_backticks() -> None:
    assert (
        shown(TEXT)
        == """\
A title

A first look at `model(x)` and at a page (page.md), which is wrapped because it
is long.

A part

    if x[0] * y[0] > 0:

        print("*not emphasis*")  # a comment

 • `one`
 • two
"""
    )


def test_colour_adds_to_the_same_text() -> None:
    coloured = shown(TEXT, force_terminal=True, color_system="standard")
    assert "\x1b[1mA title" in coloured and "\x1b[3mfirst" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == shown(TEXT)


def test_a_terminal_without_the_signs_gets_ascii() -> None:
    text = shown("One · two\n\n- three", encoding="ascii")
    assert text == "One - two\n\n - three\n"


def test_a_narrow_terminal_is_respected() -> None:
    assert max(map(len, shown(TEXT, width=50).splitlines())) <= 50


def test_a_message_is_shown_literally() -> None:
    message = "1. `Model.__init__()` got <class 'int'> for *args, **kwargs; [a](b) & \\n # not a heading"
    assert " ".join(shown(literally(message)).split()) == message
