"""Values against the reference, wherever the contract reaches."""

import numpy as np

from grader.spec import expect


def test_gradients(draws):
    for draw in draws:
        expected = draw.expected["gradients"]
        # Each is a sum over all hours of all rainfalls, whose terms have either sign and are as large as the largest.
        largest = max(float(np.abs(value).max()) for value in expected.values())
        expect.close(draw.got["gradients"], expected, rtol=float(draw.inputs["rtol"]), atol=3e-6 * largest)
