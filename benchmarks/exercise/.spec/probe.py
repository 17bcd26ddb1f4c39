def probe(learner, inputs, tools):
    trained = tools.trained("model", weights_of)
    model = learner.build_model()
    start = weights_of(model)
    for i, variable in enumerate(model.trainable_variables):
        variable.assign(inputs[f"weight_{i}"])
    loss, gradients = learner.loss_and_gradients(model, inputs["x"], inputs["y"])
    return {
        "trained": trained,
        "start": start,
        "data": {name: tools.global_named(name) for name in ("x", "y")},
        "loss": loss,
        "gradients": {f"weight_{i}": gradient for i, gradient in enumerate(gradients)},
    }


def weights_of(model):
    return {f"weight_{i}": variable for i, variable in enumerate(model.trainable_variables)}
