"""Values, against the reference on the same hidden weights and pictures."""

from grader.spec import expect


def test_length(draws):
    """With an attention kernel of zeros no gradient passes through the attention's scores. Whatever is wrong with the
    encoder's or the attention's gradient then comes from the length by which the pooled features are divided."""
    draw = draws[1]
    parts = [name for name in draw.expected["gradients"] if name.startswith(("encoder/", "attention/"))]
    there = [name for name in parts if draw.got["gradients"][name] is not None]
    expect.true(there, "Neither the encoder nor the attention layer received a gradient in which it would show.")
    expect.close(draw.got["gradients"], {name: draw.expected["gradients"][name] for name in there})


def test_head_gradient(draws):
    for draw in draws[:2]:
        expected = draw.expected["gradients"]
        penalty_alone = {**expected, "log_scale": 0.04 * draw.inputs["log_scale"]}
        expect.close(
            draw.got["gradients"],
            {name: expected[name] for name in ("prototypes", "log_scale")},
            mistakes={
                "The gradient of log_scale is that of its penalty alone: the logits do not contribute.": penalty_alone
            },
        )


def test_gradients(draws):
    for draw in draws:
        expect.close(draw.got["gradients"], draw.expected["gradients"], rtol=float(draw.inputs["rtol"]))
