"""Values against the reference, wherever the contract reaches."""

import numpy as np

from grader.spec import expect


def test_gradients(draws):
    for draw in draws:
        missing = sorted(set(draw.expected["names"]) - set(draw.got["names"]))
        expect.true(
            not missing,
            f"The gradients can't be compared: {' and '.join(missing)} can't be set, as the model does not list it.",
        )
        expected = draw.expected["gradients"]
        # Each is a sum over all hours of all rainfalls, whose terms have either sign and are as large as the largest.
        largest = max(float(np.abs(value).max()) for value in expected.values())
        expect.close(draw.got["gradients"], expected, atol=3e-6 * largest)
