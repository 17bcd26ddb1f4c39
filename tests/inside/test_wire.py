"""The format that crosses the trust boundary: everything comes back as it was, and nothing else comes through."""

import base64
import io
import pickle

import numpy as np
import pytest

from grader.inside import wire


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64", "uint16", "bool", "complex64"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 4)])
def test_arrays_come_back_as_they_were(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    back = wire.unpack(wire.pack({"a": [array, None, "x", 1.5]}))["a"]
    assert back[1:] == [None, "x", 1.5]
    assert back[0].dtype == array.dtype and back[0].shape == array.shape
    np.testing.assert_array_equal(back[0], array)


def test_a_transposed_array_keeps_its_values() -> None:
    array = np.arange(6.0).reshape(2, 3).T
    np.testing.assert_array_equal(wire.decode(wire.encode(array)), array)


@pytest.mark.parametrize("value", [{1, 2}, object(), b"bytes", np.array([object()]), np.array(["text"])])
def test_only_plain_data_can_be_sent(value: object) -> None:
    with pytest.raises(TypeError):
        wire.encode(value)


def forged(header: bytes, payload: bytes = b"", version: bytes = b"\x01\x00") -> str:
    header = header.ljust(117) + b"\n"
    data = b"\x93NUMPY" + version + len(header).to_bytes(2, "little") + header + payload
    return '{"$npy": "' + base64.b64encode(data).decode() + '"}'


def object_array() -> str:
    buffer = io.BytesIO()
    np.save(buffer, np.array([print], dtype=object), allow_pickle=True)
    return '{"$npy": "' + base64.b64encode(buffer.getvalue()).decode() + '"}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        '{"$npy": 3}',
        '{"$npy": "not base64!"}',
        '{"$npy": ""}',
        forged(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }", b"\0" * 8),  # 8 TB
        forged(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }"),
        forged(b"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", b"\0" * 8),
        forged(b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", pickle.dumps(print)),
        forged(b"{'descr': '<U4', 'fortran_order': False, 'shape': (1,), }", b"\0" * 16),
        forged(b"{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }", b"\0" * 8),
        forged(b"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", b"\0" * 8),
        forged(b"__import__('os').system('true')"),
        forged(b"(" * 100),
        forged(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", b"\0" * 8, version=b"\x02\x00"),
        object_array(),
    ],
)
def test_forged_text_is_refused_with_our_own_error(text: str) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(text)


def test_text_over_the_limit_is_not_even_read() -> None:
    with pytest.raises(wire.WireError, match="at most 10 are allowed"):
        wire.decode('"' + "x" * 100 + '"', max_bytes=10)
    with pytest.raises(wire.WireError, match="at most 10 are allowed"):
        wire.unpack("A" * 100, max_bytes=10)
