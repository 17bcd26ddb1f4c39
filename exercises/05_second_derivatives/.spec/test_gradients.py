"""Values against the reference, wherever the contract reaches."""

import numpy as np

from grader.spec import expect


def test_gradients(draws):
    for draw in draws:
        expected = draw.expected["returned"]["gradients"]
        # A gradient sums products with slopes of units that are nearly flat, of which float32 has few digits left.
        rounding = {name: 2e-5 * float(np.abs(value).max()) for name, value in expected.items()}
        expect.close(draw.got["returned"]["gradients"], expected, rtol=float(draw.inputs["rtol"]), atol=rounding)
