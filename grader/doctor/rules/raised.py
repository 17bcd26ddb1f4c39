"""The program raised an exception: whether it is about gradients, and where its cause is."""

from __future__ import annotations

from collections.abc import Iterator

from grader.doctor.case import Case, Suspect
from grader.doctor.trace import Event, Spot, Story

SYMBOLIC = ("symbolic tf.Tensor", "SymbolicTensor", "has no attribute 'numpy'", "NumPy call, which is not supported")
SHOWN = 160  # characters of an exception's own message


def suspects(case: Case) -> Iterator[Suspect]:
    for error in case.plain.of("error"):
        yield from of_error(case, error)


def of_error(case: Case, error: Event) -> Iterator[Suspect]:
    story = case.plain
    call = next((call for call in story.of("call") if call["error"] == error["type"]), None)
    text = error["message"]
    if call is not None:
        found = in_gradient(story, call, error)
    elif error["custom"] >= 0:
        found = ("wrong_custom_gradient", error["custom"], "", "raised")
    elif any(story.line(watch["place"]) == story.line(error["place"]) for watch in story.of("watch")[-1:]):
        of_keras = story.of("watch")[-1]["keras"]
        found = ("keras3_api_change" if of_keras else "not_watched", error["place"], "", "object")
    elif "only supports singleton tf.Variables" in text or "tried to create variables" in text:
        found = ("tf_function_variable_creation", error["place"], "", "")
    elif "variables which have been deleted" in text:
        last = max(story.variables.values(), key=lambda variable: variable.clock, default=None)
        found = ("replaced_variable", last.place if last else error["place"], "", "deleted")
    elif any(words in text for words in SYMBOLIC) and error["compiled"]:
        found = ("detached_numpy", error["place"], "NumPy", "graph")
    elif any("IndexedSlices" in kind for _, kind in error["operands"]) or "IndexedSlices" in text:
        found = ("sparse_gradient", error["place"], "", "")
    elif error["type"] == "StopIteration" or any(
        story.line(event["place"]) == story.line(error["place"]) for event in story.of("exhausted")
    ):
        found = ("iterator_exhausted", error["place"], "", "")
    else:
        found = ("exception", error["place"], said(error), "")
    cause, place, operation, detail = found
    about = cause != "exception" or bool(story.of("call")) or bool(story.of("tape"))
    severity = "error" if about else "note"
    spot = None
    if error["compiled"] and place == error["place"]:
        cell, line = error["compiled"]
        spot = Spot(cell or None, line)
    rank = 2.0 if cause == "exception" else 0.3
    yield Suspect(cause, severity, place, "exception", (), operation, detail, (), rank, spot)


def said(error: Event) -> str:
    first = next((line for line in error["message"].strip().splitlines() if line.strip()), "")
    return f"{error['type']}: {first[:SHOWN]}".rstrip(". ")


Found = tuple[str, int, str, str]


def in_gradient(story: Story, call: Event, error: Event) -> Found:
    place = error["place"]
    if not call["entered"]:
        earlier = [other for other in story.of("call") if other["tape"] == call["tape"] and other is not call]
        if earlier:
            return "tape_reused", place, "", ""
        tape = story.tapes.get(call["tape"])
        return "outside_tape", tape["place"] if tape else place, "", "never"
    if error["type"] == "LookupError":
        return unregistered(story, call, place)
    steps = [event for event in story.of("backward") if event["number"] > call["begin"]]
    raised = next((event for event in steps if event["went"] is None), None)
    if raised is not None and raised["op"] == "whole":
        whole = story.wholes.get(raised["outputs"][0])
        if whole is not None and whole["gradient_place"] >= 0:
            return "wrong_custom_gradient", whole["gradient_place"], whole["name"], "raised"
    foreign = next((operation for operation in story.operations if "PyFunc" in operation.type), None)
    if foreign is not None and steps:
        return "external_code", foreign.place, foreign.type, ""
    for number, kind in call["targets"]:
        if number < 0 and kind != "variable":
            return out_of_tensorflow(story, call, kind, place)
    for number, kind in call["sources"]:
        if number < 0:
            return "wrong_target", place, kind, "kind"
    return "exception", place, said(error), ""


def out_of_tensorflow(story: Story, call: Event, kind: str, place: int) -> Found:
    """The target is no tensor: it left TensorFlow while the tape was open, or was never in it."""
    spans = list(story.open_intervals(call["tape"]))
    exits = [event for event in story.of("exit") if any(begin < event["clock"] < end for begin, end in spans)]
    exits = [event for event in exits if story.floating(event["tensor"])]
    if exits and kind.startswith(("float", "ndarray", "int")):
        return "detached_numpy", exits[-1]["place"], kind, "target"
    return "wrong_target", place, kind, "kind"


def unregistered(story: Story, call: Event, place: int) -> Found:
    steps = [event for event in story.of("backward") if event["number"] > call["begin"] and event["went"] is None]
    if steps:
        name = steps[-1]["op"]
        found = [operation for operation in story.operations if operation.type == name]
        if found:
            return "missing_gradient_registration", found[-1].place, name, ""
    return "missing_gradient_registration", place, "an operation here", ""
