"""The hidden part: the whole sensor against the reference."""

from grader.spec import expect


def test_gradients(draws):
    for draw in draws:
        for part in ("own", "returned"):
            expect.close(draw.got[part]["gradients"], draw.expected[part]["gradients"], rtol=1e-3)
