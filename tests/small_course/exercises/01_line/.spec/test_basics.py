from grader.spec import expect


def test_functions_exist(learner):
    expect.functions_exist(learner)


def test_connected(answers):
    for answer in answers:
        expect.connected(answer["gradients"])
