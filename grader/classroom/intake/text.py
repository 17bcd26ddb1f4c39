"""Makes text that is safe to store, print and compare from bytes and names that strangers chose."""

from __future__ import annotations

import codecs
import unicodedata

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode(data: bytes, fallback: str | None = None) -> str:
    """The text, by its byte order mark, else UTF-8, else `fallback`. Without a fallback UnicodeDecodeError is raised.

    Windows' Notepad adds marks and saves UTF-16 as "Unicode", so both are worth understanding.
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "strict" if fallback is None else "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        if fallback is None:
            raise
        return data.decode(fallback, "replace")


def clean(text: str) -> str:
    """A name without control characters, bidirectional overrides and halves of characters, in one normal form.

    macOS decomposes accents in file names and Windows does not: without NFC "Zoë" would be two students.
    """
    kept = (
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) == "Cs" else char
        for char in text
        if unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cn")
    )
    return unicodedata.normalize("NFC", "".join(kept)).strip()
