"""Trees of plain data and arrays as text, and back: the only format in which anything crosses the trust boundary.

A tree is None, bool, int, float, str, a numeric NumPy array, or lists and string-keyed dicts of these. It travels as
JSON in which an array is {"$npy": base64 of a .npy file}. Decoding trusts nothing: no pickle, no eval, a bounded size,
only numeric dtypes, and an array's header must agree with the bytes that follow it (a forged header could claim 8 TB).
The source of this module is also run inside kernels, so it imports the standard library and NumPy only.
"""

import base64
import dataclasses
import io
import json
from typing import Any

import numpy as np

KINDS = "biufc"  # bool, integers, floats, complex
MAX_BYTES = 64 * 2**20
MAX_ITEMS = 3_000_000  # in lists and dicts: each becomes some 100 bytes of memory, whatever it costs as text
_HEADER_BYTES = 4096


class WireError(ValueError):
    """The text is not a tree as described above."""


class TooLarge(WireError):  # noqa: N818  whose work it is reads the sentence
    """It is more than whoever asked would take."""


def encode(tree: Any) -> str:
    """The tree, in which dataclasses are dicts, as JSON text. Raises TypeError for anything that is not plain data."""
    return json.dumps(tree, default=_encode_other)


def decode(text: str, max_bytes: int = MAX_BYTES, max_items: int = MAX_ITEMS) -> Any:
    """The tree that `encode` wrote. Raises WireError, and nothing else, whatever the text."""
    _require_bytes(text, max_bytes)
    items = text.count(",") + text.count("[") + text.count("{")  # at least as many as there are, found without parsing
    if items > max_items:
        raise TooLarge(f"some {items:,} values outside of arrays where at most {max_items:,} are allowed")
    try:
        return json.loads(text, object_hook=_decode_object)
    except (ValueError, RecursionError) as error:
        raise WireError(str(error)) from None


def pack(tree: Any) -> str:
    """The same in letters, digits, + / and = only: it passes through any quoting."""
    return base64.b64encode(encode(tree).encode()).decode("ascii")


def unpack(text: str, max_bytes: int = MAX_BYTES, max_items: int = MAX_ITEMS) -> Any:
    """The tree that `pack` wrote. Raises WireError, and nothing else, whatever the text."""
    _require_bytes(text, max_bytes)
    try:
        return decode(base64.b64decode(text, validate=True).decode(), max_bytes, max_items)
    except TooLarge:
        raise
    except ValueError as error:
        raise WireError(str(error)) from None


def _require_bytes(text: str, most: int) -> None:
    if len(text) > most:
        raise TooLarge(f"{len(text):,} bytes where at most {most:,} are allowed")


def _encode_other(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, np.ndarray) or value.dtype.kind not in KINDS:
        raise TypeError(f"{type(value).__name__} is not plain data")
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(value).reshape(value.shape), (1, 0), allow_pickle=False)
    return {"$npy": base64.b64encode(buffer.getvalue()).decode("ascii")}


def _decode_object(value: dict[str, Any]) -> Any:
    return _decode_array(value["$npy"]) if value.keys() == {"$npy"} else value


def _decode_array(text: Any) -> Any:
    if not isinstance(text, str):
        raise WireError("an array that is not text")
    try:
        buffer = io.BytesIO(base64.b64decode(text, validate=True))
        if np.lib.format.read_magic(buffer) != (1, 0):
            raise WireError("not a .npy file of version 1.0")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(buffer, max_header_size=_HEADER_BYTES)
    except Exception as error:  # NumPy parses the header as Python: many kinds of error come out of that
        raise WireError(f"not an array: {error}") from None
    payload = buffer.read()
    count = 1
    for length in shape:
        count *= length
    if dtype.kind not in KINDS or fortran or min(shape, default=1) < 0 or count * dtype.itemsize != len(payload):
        raise WireError(f"an array of {dtype} {shape} with {len(payload)} bytes")
    return np.frombuffer(payload, dtype).reshape(shape)
