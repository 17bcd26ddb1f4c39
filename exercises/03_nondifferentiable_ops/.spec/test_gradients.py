"""The hidden part: the whole sensor against the reference, and the notebook's own training."""

from grader.spec import expect

PARAMETERS = ("threshold", "hidden_kernel", "hidden_bias", "output_kernel", "output_bias")


def test_gradients(draws):
    for draw in draws:
        expect.close(draw.got["own"]["gradients"], draw.expected["own"]["gradients"], rtol=1e-3)
        expect.close(draw.got["gradients"], draw.expected["gradients"], rtol=1e-3)
        expect.from_tape(draw.got["gradients"], draw.calls)


def test_training(learner):
    expect.trained(learner, PARAMETERS)
    expect.improved(learner, 0.5)
