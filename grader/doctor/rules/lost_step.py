"""The step at which a gradient was lost on its way from the target to a source: an operation, a copy, a write, a trip
through Python, or the end of the tape."""

from __future__ import annotations

from functools import partial

from grader.doctor.events import Call, Exit, TapeOpened, TapeReset, Watch, Whole
from grader.doctor.flow import CUTTING, Flow, Step, draws_at_random
from grader.doctor.path import spell
from grader.doctor.story import Story
from grader.doctor.suspect import Suspect
from grader.doctor.trace import Operation

FOREIGN = ("numpy_function", "py_function")
COPYING = ("Reshape", "Fill", "BroadcastTo", "Identity", "Pack")
OUTSIDE = ("Make", "Iterator", "Tensor", "Anonymous")  # how operations of tf.data begin
CONVERSIONS = {"numpy": ".numpy()", "__float__": "float()", "__int__": "int()", "__bool__": "bool()"}

lost = partial(Suspect, severity="error", symptom="none")


def classify(story: Story, flow: Flow, number: int, step: Step) -> Suspect:
    """What kind of step it is, and so what happened to the gradient to the source `number`."""
    operation, call = step.operation, flow.call
    via = story.via(step.place)
    called = via.rpartition(":")[2]
    if via.endswith((".predict", ".predict_on_batch")):
        return lost(cause="predict_in_tape", operation="predict", place=step.place)
    if called in FOREIGN:
        return lost(cause="external_code", operation=f"tf.{called}", place=step.place)
    if step.kind == "python":
        return lost(cause="detached_numpy", operation=name_exit(step, via), place=step.place)
    if step.kind == "copy":
        return explain_copy(story, step)
    if isinstance(step.event, Whole):
        whole = step.event
        if whole.gradient_place >= 0:
            cause, place = "wrong_custom_gradient", whole.gradient_place
            return lost(cause=cause, detail="none", operation=whole.name, place=place)
        return lost(cause="nondifferentiable_op", operation=whole.name, place=step.place)
    assert operation is not None
    if step.kind == "state":
        return explain_write(story, operation)
    if story.is_integer(number):
        return lost(cause="integer_dtype", place=locate_integer(story, number, call))
    if call.tape not in operation.tapes and operation.type not in CUTTING:
        stopping = find_stop_after(story, operation)
        return explain_operation(stopping) if stopping else explain_outside(story, call, operation)
    reset = find_reset_between(story, call, step.here, operation)
    if reset is not None:
        return lost(cause="outside_tape", detail="reset", place=reset.place)
    if flow.copies(operation, step.here) and operation.type in COPYING:
        return lost(cause="detached_numpy", detail="copied", operation="tf.constant", place=operation.place)
    return explain_operation(operation)


def explain_copy(story: Story, step: Step) -> Suspect:
    entry = story.line(step.place)
    if any(story.line(variable.place) == entry for variable in story.variables.values()):
        return lost(cause="rewrapped_in_variable", operation="tf.Variable", place=step.place)
    return lost(cause="detached_numpy", detail="copied", operation="tf.constant", place=step.place)


def find_stop_after(story: Story, operation: Operation) -> Operation | None:
    """tf.stop_gradient reads a variable with the tape stopped: then it is not the read that is to blame."""
    users = [user for output in operation.outputs for user in story.users.get(output, ())]
    return next((user for user in users if user.type == "StopGradient"), None)


def find_reset_between(story: Story, call: Call, tensor: int, operation: Operation) -> TapeReset | None:
    """Where the tape was told to forget how a tensor was made, before an operation of it took the tensor."""
    maker = story.producer.get(tensor)
    resets = [event for event in story.of(TapeReset) if event.tape == call.tape and event.clock < operation.clock]
    return next((event for event in resets if maker is not None and event.clock > maker.clock), None)


def name_exit(step: Step, via: str) -> str:
    if isinstance(step.event, Exit) and step.event.how == "buffer":
        return "NumPy"
    name = via.rpartition(".")[2]
    return CONVERSIONS.get(name, name)


def explain_write(story: Story, operation: Operation) -> Suspect:
    place = operation.place
    if operation.type.startswith(OUTSIDE):
        return lost(cause="nondifferentiable_op", detail="dataset", operation="tf.data", place=place)
    variable = story.variables.get(operation.inputs[0])
    if variable is not None and variable.clock >= operation.clock:
        return lost(cause="rewrapped_in_variable", operation="tf.Variable", place=place)
    return lost(cause="stateful_write", operation="assign", place=place)


def explain_outside(story: Story, call: Call, operation: Operation) -> Suspect:
    clock = operation.clock
    resets = [event for event in story.of(TapeReset) if event.tape == call.tape and event.clock > clock]
    stretches = story.recorded(call.tape)
    detail = "stopped"
    if resets:
        detail = "reset"
    elif stretches and clock < stretches[0][0]:
        detail = "before"
    elif stretches and clock > stretches[-1][1]:
        detail = "after"
    place = resets[0].place if resets else operation.place
    opened = next((event.place for event in story.of(TapeOpened) if event.tape == call.tape), call.place)
    spot = None if resets else story.spot_beside(place, opened)
    return lost(cause="outside_tape", detail=detail, operation=spell(operation.type), place=place, spot=spot)


def explain_operation(operation: Operation) -> Suspect:
    """An operation that is not differentiable."""
    name, place = operation.type, operation.place
    if name in ("StopGradient", "PreventGradient"):
        return lost(cause="stop_gradient", operation="tf.stop_gradient", place=place)
    if draws_at_random(operation):
        return lost(cause="sampling_not_reparameterised", operation=spell(name), place=place)
    if "PyFunc" in name:
        return lost(cause="external_code", operation=name, place=place)
    return lost(cause="nondifferentiable_op", operation=spell(name), place=place)


def locate_origin(story: Story, number: int, call: Call) -> int:
    """Where a tensor or variable came into being."""
    origin = story.variables.get(number) or story.producer.get(number) or story.arrival(number) or call
    return origin.place


def locate_integer(story: Story, number: int, call: Call) -> int:
    """Where the integers came into being, or, if that is in another function, where they are watched."""
    origin = locate_origin(story, number, call)
    watch = next((event for event in story.of(Watch) if number in event.watched), None)
    return origin if watch is None or story.function(origin) == story.function(watch.place) else watch.place
