"""Suspects put into words: what happened, why in one sentence, and what to look at next.

Two sentences per cause (and per variant of it, where the next step differs). `{variables}` names what got no proper
gradient, `{operation}` the operation or function at the culprit's line.
"""

from __future__ import annotations

from typing import Literal

Symptom = Literal["none", "hidden", "zero", "mostly", "nonfinite", "wrong", "still", "shape", "exception", "suspicious"]
SYMPTOMS: dict[Symptom, str] = {
    "none": "The gradient to {variables} is None",
    "hidden": "No gradient reaches {variables}, and zeros were asked for in its place",
    "zero": "The gradient to {variables} is zero everywhere",
    "mostly": "Most of the gradient to {variables} is zero",
    "nonfinite": "The gradient to {variables} is not finite",
    "wrong": "The gradient to {variables} is not the derivative of the loss",
    "still": "Training never changes {variables}",
    "shape": "The gradient to {variables} has the wrong shape",
    "exception": "This raises an exception",
    "suspicious": "",
}

MOST_NAMES = 3

# (cause, detail) -> (why, what next). Nothing else can be suspected.
SENTENCES: dict[tuple[str, str], tuple[str, str]] = {
    ("detached_numpy", ""): (
        "here the value leaves TensorFlow through {operation}; the tape can't follow; a constant comes back",
        "Which TensorFlow operation computes the same, so that the value never leaves?",
    ),
    ("detached_numpy", "copied"): (
        "{operation} makes a new constant from the tensor's values; the tape sees no connection between the two",
        "Use the tensor itself here, or an operation such as tf.reshape or tf.cast that keeps it connected.",
    ),
    ("detached_numpy", "partial"): (
        "one part of this value goes through {operation} and comes back as a constant: the gradient misses it",
        "If this part is meant to be a constant, all is well; tf.stop_gradient would say so openly.",
    ),
    ("detached_numpy", "added"): (
        "this part of the loss goes through {operation} and comes back as a constant; merely added, it has no effect",
        "Which TensorFlow operation computes the same, so that the value never leaves?",
    ),
    ("detached_numpy", "part"): (
        "the value leaves TensorFlow through {operation} and comes back as a constant factor: the gradient misses it",
        "Which TensorFlow operation computes the same, so that the value never leaves?",
    ),
    ("detached_numpy", "graph"): (
        "a compiled function has no values while it is being traced, so NumPy and .numpy() can't be used in it",
        "Which TensorFlow operation computes the same?",
    ),
    ("detached_numpy", "target"): (
        "what is differentiated is a plain number here: .numpy() or float() took it out of TensorFlow",
        "Differentiate the tensor; convert it to a number afterwards, for printing only.",
    ),
    ("predict_in_tape", ""): (
        "model.predict() returns NumPy arrays: they are constants to the tape",
        "How is a model called so that its output is a tensor the tape can follow?",
    ),
    ("nondifferentiable_op", ""): (
        "{operation} has no useful gradient: its result changes in jumps, so nothing flows back through it",
        "Which smooth function could stand in its place: in both passes, or only in the backward pass?",
    ),
    ("nondifferentiable_op", "added"): (
        "{operation} has no useful gradient, so this part of the loss has no effect on the training",
        "Which differentiable quantity could take its place?",
    ),
    ("nondifferentiable_op", "shape"): (
        "only the shape of the result is used here, not its values",
        "Where should the values of the prediction enter the loss?",
    ),
    ("nondifferentiable_op", "dataset"): (
        "a tf.data pipeline copies the values; the tape does not follow them through it",
        "Compute with the tensor itself; keep tf.data for the input data.",
    ),
    ("nondifferentiable_op", "zero"): (
        "{operation} is flat almost everywhere: its derivative is zero",
        "Which smooth function could stand in its place: in both passes, or only in the backward pass?",
    ),
    ("nondifferentiable_op", "graph"): (
        "run line by line this function has a gradient, compiled it has none",
        "Which option or Python value in the function is fixed while it is compiled?",
    ),
    ("nondifferentiable_op", "second"): (
        "the second derivative of {operation} is zero: it is made of straight lines",
        "Which activation has a second derivative that is not zero?",
    ),
    ("stop_gradient", "added"): (
        "tf.stop_gradient leaves no path into this part of the loss, so it has no effect on the training",
        "Which side of this part is meant to learn? Only the other one may be stopped.",
    ),
    ("stop_gradient", ""): (
        "tf.stop_gradient cuts the only path back to it",
        "Which side of the computation should be a constant here, and which one should learn?",
    ),
    ("outside_tape", "before"): (
        "this is computed before the tape records, so the tape does not know how the value came about",
        "Which lines have to be inside the `with` block?",
    ),
    ("outside_tape", "after"): (
        "this is computed after the tape has stopped recording",
        "Which lines have to be inside the `with` block?",
    ),
    ("outside_tape", "stopped"): (
        "the tape that is asked for the gradient was not recording here",
        "Which tape records this line, and which one is asked for the gradient?",
    ),
    ("outside_tape", "reset"): (
        "tape.reset() throws away what the tape had recorded, although the loss still uses it",
        "Does the tape have to be reset at all?",
    ),
    ("outside_tape", "partial"): (
        "a part of the loss is computed from it outside the tape, so the gradient misses that part",
        "If this part is meant to be a constant, all is well; otherwise move it into the `with` block.",
    ),
    ("outside_tape", "added"): (
        "this part of the loss is computed where this tape does not record, and so it has no effect on the gradient",
        "Which lines have to be inside the `with` block of the tape that is asked for the gradient?",
    ),
    ("outside_tape", "never"): (
        "the tape is made but never entered with `with`, so it records nothing",
        "Open the tape with a `with` statement around the forward pass.",
    ),
    ("not_watched", "automatic"): (
        "a tape watches variables by itself, but not a tensor like this one",
        "Call tape.watch() on it, before it is used.",
    ),
    ("not_watched", "manual"): (
        "the tape was told not to watch variables by itself",
        "Watch it with tape.watch(), or let the tape watch variables by itself.",
    ),
    ("not_watched", "late"): (
        "it is watched only after it has been used",
        "Move tape.watch() before the first use.",
    ),
    ("not_watched", "copy"): (
        "what is watched here is a copy, not the tensor that is used",
        "Watch the very object that the computation uses.",
    ),
    ("not_watched", "empty"): (
        "there is nothing to watch yet: the list is empty at this moment",
        "When does the layer have its variables?",
    ),
    ("not_watched", "object"): (
        "a tape can only watch tensors and variables",
        "Convert it to a tensor first, watch the tensor, and use it in the computation.",
    ),
    ("untrainable", ""): (
        "it was made with trainable=False, and a tape does not watch such a variable by itself",
        "Should this variable learn? Then it must be trainable.",
    ),
    ("untrainable", "state"): (
        "it holds a layer's state (as a moving average does) and is not trained by gradients",
        "Ask for the gradients of the trainable variables only.",
    ),
    ("untrainable", "frozen"): (
        "this freezes {variables}: nothing there learns from now on",
        "Is that meant for the whole training?",
    ),
    ("untrainable", "training"): (
        "this freezes them, and they still are frozen when the model that they belong to is trained",
        "When does Keras look at `trainable`, and what is its value then?",
    ),
    ("untrainable", "compiled"): (
        "they are made trainable here, but the model was compiled before that and still trains without them",
        "Compile the model again after changing `trainable`.",
    ),
    ("integer_dtype", ""): (
        "it holds integers, and only floating numbers have gradients",
        "Make it a floating number (write 3.0 for 3, or use dtype=tf.float32).",
    ),
    ("stateful_write", ""): (
        "the value is written into a variable and read again; the tape does not see through a variable's memory",
        "Keep the value in a tensor, and compute the loss from that tensor.",
    ),
    ("rewrapped_in_variable", ""): (
        "tf.Variable(...) copies the value into a new variable that knows nothing of where it came from",
        "Use the tensor itself.",
    ),
    ("replaced_variable", "rebound"): (
        "from here on the name stands for a plain tensor: the result of the computation, no longer the variable",
        "How is a variable's value changed without replacing the variable?",
    ),
    ("replaced_variable", "anew"): (
        "the variable is made anew each time, so every update is thrown away",
        "Make the variable once, before the loop.",
    ),
    ("replaced_variable", "deleted"): (
        "the compiled function still refers to the variable that this line replaced",
        "Change the variable's value with assign() instead of making a new one.",
    ),
    ("sampling_not_reparameterised", ""): (
        "{operation} draws at random: a sample has no derivative with respect to the distribution's parameters",
        "How can the randomness be drawn first, and the parameters applied to it afterwards?",
    ),
    ("external_code", ""): (
        "the code inside {operation} is NumPy's, not TensorFlow's: the tape can't look into it",
        "Write it with TensorFlow operations, or give it a gradient of its own.",
    ),
    ("inf_mask", ""): (
        "an infinity that means “masked” comes in here; where all is masked, or where it meets a zero, it makes NaN",
        "Which large finite number would do? And what should become of a row in which everything is masked?",
    ),
    ("iterator_exhausted", ""): (
        "the iterator has nothing left: somebody went through it before, and an iterator can be gone through once",
        "Where was it gone through first? A list keeps what an iterator gives away.",
    ),
    ("tensorarray_not_reassigned", ""): (
        "write() gives a new TensorArray back, which nobody takes here: in a compiled function the old one stays empty",
        "What does the result of write() have to be assigned to?",
    ),
    ("aliased_model", ""): (
        "the values of {variables} are written back into the same variables here: both names stand for the same thing",
        "Was one of them meant to be a copy? `=` gives a second name; a copy needs variables of its own.",
    ),
    ("keras3_api_change", "object"): (
        "a Keras 3 variable is no tf.Variable any more, and a tape can't watch it",
        "Where does it keep the tf.Variable? As a source of tape.gradient it is fine as it is.",
    ),
    ("training_flag", ""): (
        "the gradient is that of inference mode: {operation} does something else in training, and nobody says it is",
        "How does a model learn that this call belongs to the training?",
    ),
    ("unused_variable", ""): (
        "the loss does not depend on it: it is never used on the way to the loss",
        "Where should it enter the computation?",
    ),
    ("unused_variable", "state"): (
        "it is only ever multiplied with zeros, such as the state with which a recurrent layer begins",
        "Over how many steps does this layer run? Which axis of the data is time?",
    ),
    ("unused_variable", "dropped"): (
        "what is computed with it here is never used for the loss",
        "Which line should take this result further?",
    ),
    ("wrong_target", "swapped"): (
        "the first argument should be what is differentiated, the second with respect to what",
        "Compare the order of the arguments with the documentation of tape.gradient.",
    ),
    ("wrong_target", "cancel"): (
        "both sides of {operation} depend on it, and their gradients cancel each other",
        "What should the loss measure?",
    ),
    ("wrong_target", "others"): (
        "the loss is computed from {operation}, and this asks for the gradient of other variables",
        "Which model computes the loss, and whose variables should it train?",
    ),
    ("wrong_target", "elsewhere"): (
        "this tensor is not what the loss was computed from: it was made beside it",
        "Ask for the gradient of the very object that went into the computation.",
    ),
    ("wrong_target", "constant"): (
        "the loss does not depend on any variable",
        "Where should the prediction enter the loss?",
    ),
    ("wrong_target", "flat"): (
        "what is computed here hardly changes with it: whatever the values, the result is the same",
        "What should the loss measure?",
    ),
    ("wrong_target", "range"): (
        "{operation} reaches {evidence}",
        "Which last operation can reach all targets, or how should they be scaled?",
    ),
    ("wrong_target", "labels"): (
        "this cross-entropy expects targets between 0 and 1, and they go {evidence}",
        "Are these class numbers, labels of -1 and 1, or quantities? Which loss fits them?",
    ),
    ("wrong_target", "classes"): (
        "this cross-entropy expects class numbers, beginning at 0, and the targets go {evidence}",
        "Which loss fits these targets, and how many outputs does the model need?",
    ),
    ("wrong_target", "kind"): (
        "a gradient can only be taken of tensors with respect to tensors and variables; this is a {operation}",
        "Which object in the program is the tensor or variable itself?",
    ),
    ("swapped_variables", ""): (
        "the logarithm is taken of the labels, which are constants, and not of the prediction",
        "In which order does this loss expect the labels and the prediction?",
    ),
    ("untracked_layer", ""): (
        "it is used in the model's call, but the model does not know that it owns it",
        "How does a Keras layer learn of the weights and layers that it owns?",
    ),
    ("untracked_layer", "call"): (
        "it is made anew in every call, so the model never gets to know it",
        "Where does a layer make its sub-layers?",
    ),
    ("untracked_layer", "early"): (
        "the list of variables was fetched before the model had them all",
        "When does the model make its variables?",
    ),
    ("untracked_layer", "empty"): (
        "the list of variables is empty: it was fetched before the model had any",
        "When does the model make its variables?",
    ),
    ("untracked_layer", "list"): (
        "the loss depends on {variables}, and no update ever changes that: it is in no list of variables to train",
        "If it should learn, it belongs in that list; a finished model (a teacher, a backbone) does not.",
    ),
    ("missing_stop_gradient", "cancel"): (
        "both sides of {operation} are computed from the same variables, and their gradients cancel each other",
        "Which side should be a constant here: kept from before, or behind tf.stop_gradient?",
    ),
    ("missing_gradient_registration", ""): (
        "{operation} has no gradient in TensorFlow",
        "Which other operations compute the same?",
    ),
    ("tape_reused", ""): (
        "this tape has already been asked for a gradient, and it keeps its record for one only",
        "Ask for both at once, use two tapes, or make the tape persistent.",
    ),
    ("singular_point", ""): (
        "{operation} has no finite derivative at a value that occurs here",
        "Which value is it, and how can it be kept away from that point?",
    ),
    ("singular_point", "overflow"): (
        "the result of {operation} is too large for a floating number",
        "How can the same be computed without such a large intermediate value?",
    ),
    ("singular_point", "start"): (
        "the training starts exactly where the slope is zero, so it can't move",
        "Start somewhere else.",
    ),
    ("nan_branch", ""): (
        "tf.where hides the bad value of {operation} but not its gradient: zero times infinity is not a number",
        "Make the input of {operation} harmless before it is used, not the result afterwards.",
    ),
    ("saturated", ""): (
        "{operation} is flat where its inputs are, so nothing flows back through it",
        "How large are its inputs? How large should they be?",
    ),
    ("saturated", "one"): (
        "{operation} over a single value is always 1, whatever that value is",
        "Which activation fits a single output?",
    ),
    ("saturated", "one from logits"): (
        "{operation} over a single value is always 1, so every prediction is 1; the loss falls all the same, because "
        "Keras computes it from the logits",
        "Which activation fits a single output?",
    ),
    ("saturated", "vanishing"): (
        "the gradient shrinks at every {operation} in the backward pass, until nothing is left",
        "Which activations or initial weights keep the gradient's size from layer to layer?",
    ),
    ("dead_units", ""): (
        "all inputs of {operation} are negative, so every unit is switched off and nothing flows back",
        "Which weights or biases make all of them negative?",
    ),
    ("dead_units", "zero"): (
        "{operation} starts at zero everywhere, and multiplies everything that flows back",
        "How are weights usually initialised, and why not with zeros?",
    ),
    ("missing_loss_term", "mask"): (
        "what is multiplied here is zero everywhere, so the loss does not depend on the prediction",
        "Where does this factor come from, and should it be zero?",
    ),
    ("missing_loss_term", "overwritten"): (
        "earlier results of this line are thrown away: only the last one is differentiated",
        "If all of them belong to the loss, add them up.",
    ),
    ("missing_loss_term", "regulariser"): (
        "the layer of {variables} has a regulariser, but the model's own losses are not part of this loss",
        "Where do the model's regularisation losses have to be added?",
    ),
    ("mixed_precision_scaling", ""): (
        "the value is too small for this number format and becomes zero",
        "Scale the loss up before the gradient is taken, and the gradient down afterwards.",
    ),
    ("mixed_precision_scaling", "unscaled"): (
        "the optimizer divides the gradients by its loss scale ({evidence}), and nobody multiplied the loss by it",
        "Which method of the optimizer prepares the loss, and when?",
    ),
    ("mixed_precision_scaling", "twice"): (
        "the gradients are divided by the loss scale here, and the optimizer divides them again",
        "Who is to undo the scaling of the loss, the program or the optimizer?",
    ),
    ("mixed_precision_scaling", "skipped"): (
        "not one of {evidence} steps was taken: the gradients were not finite, and the optimizer skipped them all",
        "Where do they overflow, and with which loss scale would they not?",
    ),
    ("wrong_custom_gradient", ""): (
        "the gradient written here does not agree with how the function's value really changes",
        "Check the derivative by hand, and that the incoming gradient is multiplied in.",
    ),
    ("wrong_custom_gradient", "recomputed"): (
        "this is computed a second time for the gradient, and {operation} draws other numbers than in the forward pass",
        "How can both passes be given the same random numbers?",
    ),
    ("wrong_custom_gradient", "none"): (
        "the gradient written here returns None for this input",
        "A custom gradient returns one gradient for each input.",
    ),
    ("wrong_custom_gradient", "raised"): (
        "TensorFlow can't use the custom gradient that is written here",
        "What does tf.custom_gradient expect the function to return, and what must the gradient accept?",
    ),
    ("wrong_custom_gradient", "shape"): (
        "the gradient written here has another shape than the input that it belongs to",
        "Where an input was broadcast, its gradient has to be summed back to its shape.",
    ),
    ("tf_function_variable_creation", ""): (
        "a compiled function may make variables only the first time it is called",
        "Make the variable once, outside the function.",
    ),
    ("tf_function_constant_capture", ""): (
        "the compiled function was traced with an earlier value of {operation} and never sees the new one",
        "What kind of value can change without tracing the function again?",
    ),
    ("tf_function_constant_capture", "varies"): (
        "run line by line, another number comes in here each time; the compiled function keeps the first one",
        "Which of TensorFlow's own operations, or which kind of variable, gives a new value in each step?",
    ),
    ("optimizer_misuse", "unused"): (
        "the gradients are computed here and then never used: no update follows",
        "Which call applies the gradients to the variables?",
    ),
    ("optimizer_misuse", "rate"): (
        "the updates are applied with a learning rate of zero",
        "What is the learning rate at each step?",
    ),
    ("optimizer_misuse", "idle"): (
        "the update is computed, and no variable takes it on",
        "Which call changes a variable's own value, and not a copy of it?",
    ),
    ("optimizer_misuse", "copy"): (
        "the step is computed here with a copy of the values, and the variables keep theirs",
        "Which method changes the value of a variable itself?",
    ),
    ("optimizer_misuse", "foreign"): (
        "this optimizer has been built for other variables, and keeps what it remembers for those only",
        "Which optimizer belongs to these variables?",
    ),
    ("optimizer_misuse", "diverged"): (
        "this update moves the variables so far that the next loss is not finite",
        "How large is the step, compared with the variables?",
    ),
    ("optimizer_misuse", "clipped"): (
        "the negative parts of the gradient are cut away before the update",
        "Clip to a range that is symmetric around zero, or clip by norm.",
    ),
    ("optimizer_misuse", "zeroed"): (
        "the gradients are replaced by zeros before the update",
        "What should be handed to the optimizer?",
    ),
    ("optimizer_misuse", "twice"): (
        "{variables} appears twice in the list, and so is updated twice in one step",
        "Which list does it belong to?",
    ),
    ("optimizer_misuse", "stale"): (
        "the same gradient is used again and again: it was computed once, before the loop",
        "When does the gradient have to be computed anew?",
    ),
    ("optimizer_misuse", "anew"): (
        "a new optimizer is made for every step, so what it remembers between steps is lost",
        "Make the optimizer once, before the loop.",
    ),
    ("optimizer_misuse", "accumulated"): (
        "the accumulated gradient is used for several updates without being set back to zero",
        "If each update should use its own gradients only, set the accumulator to zero after it.",
    ),
    ("grads_misaligned", ""): (
        "the update of {variables} uses the gradient that was computed for another variable",
        "Are the gradients and the variables listed in the same order?",
    ),
    ("broadcast", ""): (
        "a column and a flat vector are combined here: every row meets every other, {operation}",
        "What are the shapes of the two operands, and what should they be?",
    ),
    ("broadcast", "labels"): (
        "{evidence} are stretched to each other's shape before they are compared",
        "Which of the two has the wrong shape?",
    ),
    ("vector_target_summed", ""): (
        "what is differentiated has several elements; their gradients are added up",
        "If one loss is meant, reduce it (mean or sum); if all derivatives are, use tape.jacobian.",
    ),
    ("vector_target_summed", "list"): (
        "several targets are differentiated at once; their gradients are added up",
        "If separate gradients are meant, ask for them one at a time.",
    ),
    ("vector_target_summed", "weights"): (
        "output_gradients weights the elements of the target before their gradients are added up",
        "If this is the gradient of a loss, differentiate the loss itself.",
    ),
    ("wrong_reduction", "rows"): (
        "{operation} runs over the rows of the batch here: each example's result depends on the others in its batch",
        "Which axis holds the classes, and which one the examples?",
    ),
    ("wrong_reduction", "replicas"): (
        "each replica divides by its own batch here, and the replicas' gradients are added up: the steps are too large",
        "Over how many examples does one step of all replicas go?",
    ),
    ("double_activation", ""): (
        "the input of this loss has been through {operation} already, and the loss applies it again",
        "Does this loss expect probabilities or logits?",
    ),
    ("double_activation", "logits"): (
        "this loss takes the logarithm of values that are no probabilities: some lie outside 0 to 1 and are cut off",
        "Does this loss expect probabilities or logits?",
    ),
    ("double_activation", "probabilities"): (
        "this cross-entropy expects probabilities, and gets values {evidence} from {operation}",
        "Does this loss expect probabilities or logits, and what does the last layer give?",
    ),
    ("complex_cast", ""): (
        "the imaginary part is dropped by this cast, and with it its gradient",
        "tf.math.real or tf.abs say what is meant.",
    ),
    ("sparse_gradient", ""): (
        "this gradient is tf.IndexedSlices (only the rows that were used), which plain arithmetic does not accept",
        "Let an optimizer apply it, or make it dense with tf.convert_to_tensor.",
    ),
    ("unexplained", ""): (
        "{evidence}, and none of the doctor's rules explains it",
        "What should depend on what here? Take the computation apart, and look at each gradient by itself.",
    ),
    ("exception", ""): (
        "{operation}",
        "Read the message from its last line upwards: which two things do not fit?",
    ),
}


def put_into_words(
    *, cause: str, detail: str, symptom: Symptom, variables: tuple[str, ...], operation: str, evidence: str
) -> tuple[str, str]:
    """The message and the next step."""
    why, after = SENTENCES[cause, detail]
    names = {"variables": enumerate_names(variables), "operation": operation or "this operation"}
    names["evidence"] = evidence
    reason = why.format(**names)
    if SYMPTOMS[symptom]:
        return f"{SYMPTOMS[symptom].format(**names)}: {reason}.", after.format(**names)
    by_name = why.startswith(
        ("{variables}", "{operation}")
    )  # a variable's or an exception's name stays as it is written
    return f"{reason if by_name else reason[:1].upper() + reason[1:]}.", after.format(**names)


def enumerate_names(names: tuple[str, ...]) -> str:
    if not names:
        return "a variable"
    if len(names) <= MOST_NAMES:
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{', '.join(names[: MOST_NAMES - 1])} and {len(names) - MOST_NAMES + 1} more"
