"""Values against the reference, wherever the contract reaches."""

from grader.spec import expect


def test_gradients(draws):
    for draw in draws:
        expect.close(draw.got["gradients"], draw.expected["gradients"], rtol=float(draw.inputs["rtol"]))
