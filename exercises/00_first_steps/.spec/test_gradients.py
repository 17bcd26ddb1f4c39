"""Values against the reference. A step starts where the last one ended, so a wrong step shows in those after it."""

from grader.spec import expect


def test_gradients(draws):
    for draw in draws:
        for number, (got, expected) in enumerate(zip(draw.got["steps"], draw.expected["steps"]), start=1):
            expect.close(
                got["gradients"], expected["gradients"], rtol=1e-3, atol=3e-6, what=f"gradient in step {number}"
            )
