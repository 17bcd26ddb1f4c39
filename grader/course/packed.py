"""Text put away so that nobody reads it by accident. It is no secret: whoever wants to can unpack it."""

from __future__ import annotations

import base64
import zlib


def pack(text: bytes) -> str:
    return base64.b64encode(zlib.compress(text)).decode("ascii")


def unpack(packed: str) -> bytes:
    """What `pack` put away. Raises ValueError where it can't be read."""
    try:
        return zlib.decompress(base64.b64decode(packed))
    except zlib.error as error:
        raise ValueError(str(error)) from None
