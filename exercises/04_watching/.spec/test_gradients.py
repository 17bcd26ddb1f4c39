"""Values against the reference, wherever the contract reaches."""

from grader.spec import expect

FINEST = 1e-13  # a gradient per level may be as small as 1e-8, one of a weight as 1e-7


def test_gradients(draws):
    for draw in draws:
        rtol = float(draw.inputs["rtol"])
        expect.close(draw.got["gradients"], draw.expected["gradients"], rtol=rtol, atol=FINEST)
        for what in ("saliency", "noise"):
            got, right = {what: draw.got[what]}, {what: draw.expected[what]}
            expect.close(got, right, rtol=rtol, atol=FINEST)
