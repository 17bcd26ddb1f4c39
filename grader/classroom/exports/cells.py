"""Text for one cell of a table that a spreadsheet will open.

A cell that begins with one of FORMULA's characters is run as a formula by Excel, LibreOffice or Google Sheets (OWASP,
"CSV Injection"), after white space and in their full-width forms too. An apostrophe in front makes it text everywhere.
"""

from __future__ import annotations

import re

FORMULA = re.compile(r"^[\s\x00]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|^[\t\r\n]")
NUMBER = re.compile(r"^[+-]?\d+(?:[.,]\d+)*%?$")


def harmless(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would calculate; numbers stay numbers."""
    return f"'{text}" if FORMULA.match(text) and not NUMBER.match(text) else text
