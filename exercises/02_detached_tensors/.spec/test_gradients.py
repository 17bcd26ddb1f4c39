"""Values, against the reference on the same hidden weights and pictures."""

from grader.spec import expect


def compare(draws, *prefixes):
    for draw in draws:
        expected = draw.expected["gradients"]
        expect.close(draw.got["gradients"], {name: expected[name] for name in expected if name.startswith(prefixes)})


def test_loss_value(draws):
    for draw in draws:
        for value in ("logits", "loss"):
            expect.close(draw.got[value], draw.expected[value], rtol=1e-5, what=value)
        expect.close(draw.got["returned loss"], draw.expected["loss"], rtol=1e-5, what="loss of `loss_and_gradients`")


def test_encoder_gradient(draws):
    compare(draws, "encoder/")


def test_attention_gradient(draws):
    compare(draws, "attention/")


def test_head_gradient(draws):
    compare(draws, "prototypes", "log_scale")
