"""In the learner's kernel: the sensor's loss and gradients on one draw, and each operation of the chip on its own."""

import tensorflow as tf

PARAMETERS = ("threshold", "hidden_kernel", "hidden_bias", "output_kernel", "output_bias")


def probe(learner, inputs, tools):
    answer = notebook(learner, tools) if "once" in inputs else {}  # before anything is assigned

    params = learner.init_params()
    for name in PARAMETERS:
        params[name].assign(inputs[name])
    x, y = tf.constant(inputs["x"]), tf.constant(inputs["y"])

    def loss():
        return learner.compute_loss(params, x, y)

    def by_own_tape():
        value, found = tools.gradients(loss, [params[name] for name in PARAMETERS])
        return {"loss": value, "gradients": dict(zip(PARAMETERS, found, strict=True))}

    def returned():
        value, found = learner.loss_and_gradients(params, x, y)
        return {"loss": value, "gradients": {name: found[name] for name in PARAMETERS}}

    answer |= {
        "returned": returned(),
        "own": by_own_tape(),
        "quantize": operation(learner.quantize, inputs, {"w": "weights"}, tools),
        "binarize": operation(learner.binarize, inputs, {"z": "activations"}, tools),
        "gate": operation(learner.gate, inputs, {"x": "levels", "threshold": "thresholds"}, tools),
    }
    if "once" in inputs:
        answer["replays"] = tools.replays(returned)
    # With every hidden weight at 0, the threshold hears from nothing but the power bill.
    params["hidden_kernel"].assign(tf.zeros_like(inputs["hidden_kernel"]))
    answer["power"] = by_own_tape()
    return answer


def notebook(learner, tools):
    """What the notebook itself ended with, where it began, and its data."""

    def parameters(params):
        return {name: params[name] for name in PARAMETERS}

    return {
        "trained": tools.trained("params", parameters),
        "start": parameters(learner.init_params()),
        "data": {"x": tools.global_named("x_train"), "y": tools.global_named("y_train")},
    }


def operation(function, inputs, arguments, tools):
    """The value, and the gradients under two upstream gradients and inside a longer chain."""
    sources = [tf.Variable(inputs[name]) for name in arguments.values()]

    def value(scale=1.0):
        first, *others = (tf.convert_to_tensor(source) for source in sources)
        return function(scale * first, *others)

    def gradients(target):
        return dict(zip(arguments, tools.gradients(target, sources)[1], strict=True))

    tried = next(iter(arguments.values()))
    one, two = inputs[f"{tried}_upstream_1"], inputs[f"{tried}_upstream_2"]
    return {
        "value": value(),
        "chain_value": value(scale=0.75),
        "upstream_1": gradients(lambda: tf.reduce_sum(one * value())),
        "upstream_2": gradients(lambda: tf.reduce_sum(two * value())),
        "chain": gradients(lambda: tf.reduce_sum((value(scale=0.75) + 2.0) ** 3)),
    }
