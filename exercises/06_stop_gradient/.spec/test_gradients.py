"""Values against the reference, wherever the contract reaches."""

import numpy as np

from grader.spec import expect


def test_gradients(draws):
    for draw in draws:
        # A score's gradient is a small part of what the returns are multiplied with.
        atol = 1e-7 * float(np.abs(draw.inputs["returns"]).max())
        got, expected = draw.got["returned"]["gradients"], draw.expected["returned"]["gradients"]
        expect.close(got, expected, rtol=float(draw.inputs["rtol"]), atol=atol)
