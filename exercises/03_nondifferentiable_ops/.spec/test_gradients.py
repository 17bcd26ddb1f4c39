"""The hidden part: the whole sensor against the reference."""

from grader.spec import expect


def test_gradients(draws):
    for draw in draws:
        # A probability less its label is off by 1e-7 in float32, and reaches the weights multiplied by the levels.
        atol = 1e-6 * max(1.0, float(draw.inputs["x"].max()))
        for part in ("own", "returned"):
            expect.close(draw.got[part]["gradients"], draw.expected[part]["gradients"], rtol=1e-3, atol=atol)
