from grader.spec import expect


def test_values(draws):
    for draw in draws:
        expect.close(draw.got["gradients"], draw.expected["gradients"])
