"""Sets the weights, asks each function of the contract, and once differentiates the loss by the grader's own tape."""

import tensorflow as tf

SHAPES = {
    "floor": (12,),
    "listen/kernel": (12, 8),
    "listen/bias": (8,),
    "decide/kernel": (8, 3),
    "decide/bias": (3,),
}


def probe(learner, inputs, tools):
    answer = notebook(learner, tools) if "once" in inputs else {}  # before anything is assigned

    model = learner.build_model()
    variables = list(model.variables)
    names = [name_of(variable) for variable in variables]
    answer["names"] = names
    if sorted(names) != sorted(SHAPES):
        return answer
    for name, variable in zip(names, variables, strict=True):
        variable.assign(inputs[name])

    calls, species = inputs["calls"], inputs["species"]

    def returned():
        loss, gradients = learner.loss_and_gradients(model, calls, species)
        goal, by_noise = learner.disguise(model, calls, inputs["wanted"], inputs["noise"])
        by_call = learner.saliency(model, calls, species)
        found = dict(zip(names, gradients, strict=False))  # a wrong count is told from `count`
        return {
            "loss": loss,
            "count": len(gradients),
            "goal": goal,
            "gradients": found,
            "saliency": by_call,
            "noise": by_noise,
        }

    def loss():
        return learner.compute_loss(model, calls, species)

    answer |= returned()
    answer |= {"scores": learner.classify(model, calls), "computed loss": loss()}
    if "once" in inputs and tf.is_tensor(answer["computed loss"]) and answer["computed loss"].shape == ():
        _, taped = tools.gradients(loss, variables)
        answer["by the grader's tape"] = dict(zip(names, taped, strict=True))
        answer["replays"] = tools.replays(lambda: together(returned()))
    return answer


def together(answer):
    parts = answer["gradients"] | {"calls": answer["saliency"], "noise": answer["noise"]}
    return {"loss": answer["loss"], "gradients": parts}


def notebook(learner, tools):
    """What the notebook itself ended with, where it began, and its data."""

    def weights(model):
        return {name_of(variable): variable for variable in model.variables}

    return {
        "trained": tools.trained("model", weights),
        "start": weights(learner.build_model()),
        "data": {name: tools.global_named(name) for name in ("calls", "species")},
    }


def name_of(variable):
    """Variables are known by their shapes, all different, so that their order and paths are the learner's."""
    return next((name for name, shape in SHAPES.items() if tuple(variable.shape) == shape), "another")
