"""Our own Markdown (code pages, hints, debriefs) on a terminal: a text comes in, lines of rich Text go out. They read
well without colour: a code block is indented, and `code` keeps its backticks, as everywhere on our terminals."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from textwrap import indent
from typing import ClassVar

from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement
from rich.text import Text
from rich.theme import Theme

from grader.report.drawing import Signs, show

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_THEME = Theme({"markdown.h1": "bold", "markdown.h2": "bold", "markdown.code": "cyan"})


def show_prose(markdown: str, console: Console) -> None:
    """Print to a terminal."""

    def compose(width: int, signs: Signs) -> Iterator[Text]:  # noqa: ARG001
        return lines(markdown, width)

    show(compose, console)


def literally(text: str) -> str:
    """Markdown that shows a text as it is; for a message, which may quote a learner's `__init__` or `<class>`."""
    return _PUNCTUATION.sub(r"\\\g<0>", text)


def lines(markdown: str, width: int) -> Iterator[Text]:
    """The text, wrapped."""
    console = Console(file=io.StringIO(), width=width, theme=_THEME)
    for segments in console.render_lines(_Prose(markdown), pad=False):
        line = Text.assemble(*((segment.text, segment.style or "") for segment in segments))
        line.rstrip()
        yield line


class _LeftHeading(Heading):
    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = {}


class _IndentedCode(CodeBlock):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(indent(self.text.plain.rstrip(), " " * 4))


class _Prose(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _LeftHeading,
        "fence": _IndentedCode,
    }

    def __init__(self, markup: str) -> None:
        super().__init__(markup, hyperlinks=False)
        for token in self.parsed:
            for inline in token.children or ():
                if inline.type == "code_inline":
                    inline.content = f"`{inline.content}`"
