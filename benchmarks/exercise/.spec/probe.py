def probe(learner, inputs, tools):
    model = learner.build_model()
    variables = model.trainable_variables
    for i, variable in enumerate(variables):
        variable.assign(inputs[f"weight_{i}"])
    loss, gradients = learner.loss_and_gradients(model, inputs["x"], inputs["y"])
    return {"loss": loss, "gradients": {f"weight_{i}": gradient for i, gradient in enumerate(gradients)}}
