"""Values against the reference. A step starts where the last one ended, so a wrong step shows in those after it."""

from grader.spec import expect


def test_gradients(draws):
    for draw in draws:
        for got, expected in zip(draw.got["steps"], draw.expected["steps"]):
            # In float32, over 3000 draws: within a part in a thousand, or 1e-6.
            expect.close(got["gradients"], expected["gradients"], rtol=1e-3, atol=3e-6)
