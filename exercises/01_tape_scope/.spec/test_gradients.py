"""Values against the reference."""

from grader.spec import expect


def test_forward(draws):
    for draw in draws:
        expect.close(draw.got["estimate"], draw.expected["estimate"], what="estimate")
        expect.close(draw.got["loss"], draw.expected["loss"], what="loss")
        for got, expected in zip(draw.got["single_losses"], draw.expected["single_losses"], strict=True):
            expect.close(got, expected, what="loss of a single station")


def test_one_station(draws):
    for draw in draws:
        for got, expected in zip(draw.got["single_gradients"], draw.expected["single_gradients"], strict=True):
            expect.close(got, expected, what="gradient of a single station")
