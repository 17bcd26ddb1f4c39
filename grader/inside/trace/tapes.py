"""GradientTape: when a tape records, what it watches, and what every `gradient()` call asked for and got.

The methods of the class are wrapped, so it does not matter how the learner imported it. Nothing that they compute
is changed. A call is noted in full the first times at its place, and again when its result is abnormal for the
first time; in between it is only counted.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import keras
import tensorflow as tf
from tensorflow.python.eager import backprop

from .backward import dense_part, keep_backward
from .log import Log, array_of, state_of
from .operations import Undo, built_number, constant_or_known, settle
from .places import NOWHERE

NOTED_CALLS = 3  # calls at one place that are noted in full
ABNORMAL_CALLS = 2  # and of those with a None, a NaN or only zeros
SIGNS = ("none", "zero", "nonfinite")


class Tapes:
    def __init__(self, log: Log) -> None:
        self.log = log
        self.numbers: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self.count = 0
        self.calls: Counter[tuple[int, bool]] = Counter()
        self.abnormal: Counter[tuple[int, str]] = Counter()

    def number(self, tape: Any) -> int:
        number = self.numbers.get(tape)
        if number is None:
            number = self.numbers[tape] = self.count
            self.count += 1
        return number

    def note(self, kind: str, tape: Any, **facts: Any) -> None:
        if not self.log.busy:
            with self.log.noting():
                self.log.tick()
                self.log.event(kind, tape=self.number(tape), place=self.log.places.here(), **facts)


def observe(log: Log) -> Undo:
    tapes = Tapes(log)
    cls = backprop.GradientTape
    names = ("__init__", "_push_tape", "_pop_tape", "watch", "reset", "gradient", "jacobian")
    originals = {name: getattr(cls, name) for name in names}

    def init(self: Any, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        originals["__init__"](self, persistent, watch_accessed_variables)
        tapes.note("tape", self, automatic=watch_accessed_variables)

    def push(self: Any) -> None:
        originals["_push_tape"](self)
        if not log.busy:
            log.tapes.append(tapes.number(self))
            tapes.note("open", self)

    def pop(self: Any) -> None:
        if not log.busy:
            with log.noting():
                settle(log)
            tapes.note("close", self)
            log.broken_by = sys.exc_info()[1] or log.broken_by
            if tapes.number(self) in log.tapes:
                log.tapes.remove(tapes.number(self))
        originals["_pop_tape"](self)

    def watch(self: Any, tensor: Any) -> None:
        if not log.busy:
            watched: list[int] = []
            with log.noting():
                items = tf.nest.flatten(tensor)
                watched = [identity(log, item)[0] for item in items]
            tapes.note("watch", self, watched=watched, keras=any(isinstance(item, keras.Variable) for item in items))
        originals["watch"](self, tensor)

    def reset(self: Any) -> None:
        tapes.note("reset", self)
        originals["reset"](self)

    def gradient(self: Any, target: Any, sources: Any, *args: Any, **options: Any) -> Any:
        return call(tapes, "gradient", originals["gradient"], self, target, sources, args, options)

    def jacobian(self: Any, target: Any, sources: Any, *args: Any, **options: Any) -> Any:
        return call(tapes, "jacobian", originals["jacobian"], self, target, sources, args, options)

    for name, replacement in zip(names, (init, push, pop, watch, reset, gradient, jacobian), strict=True):
        setattr(cls, name, replacement)

    def undo() -> None:
        for name, original in originals.items():
            setattr(cls, name, original)

    return undo


def call(
    tapes: Tapes, kind: str, original: Callable[..., Any], tape: Any, target: Any, sources: Any, args: Any, options: Any
) -> Any:
    log = tapes.log
    if log.busy:
        return original(tape, target, sources, *args, **options)
    facts: dict[str, Any] = {}
    with log.noting():
        place = log.places.here()
        targets = [identity(log, item) for item in tf.nest.flatten(target)]
        asked = [identity(log, item) for item in tf.nest.flatten(sources)]
        facts = {
            "place": place,
            "steps": log.steps,
            "tape": tapes.number(tape),
            "what": kind,
            "entered": tape._tape is not None,
            "targets": targets,
            "sources": asked,
            "list": id(sources),
            "unconnected": unconnected(options.get("unconnected_gradients", "none")),
            "weights": options.get("output_gradients") is not None,
            "averaged": averaged_in_a_replica(log, target),
            "begin": log.tick(),
        }
        if not asked and log.plan.get("underway"):
            log.event("list", list=id(sources), layer=NOWHERE, place=log.places.of_older(sources, place).place)
    try:
        result = original(tape, target, sources, *args, **options)
    except BaseException as error:
        log.broken_by = error
        with log.noting():
            keep_backward(log)
            log.forget_backward()
            log.event("call", **facts, results=None, error=type(error).__name__)
            count(tapes, place)
            log.keep_window()
        raise
    with log.noting():
        results = [outcome(item) for item in flat_of(result)]
        keep(tapes, place, facts, results)
    log.forget_backward()
    if not log.tapes:
        log.let_go()
    if tf.executing_eagerly():
        log.advanced()
    return result


def averaged_in_a_replica(log: Log, target: Any) -> int:
    """Where the target became the mean over one replica's own batch, of several that train together; or NOWHERE."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1 or not hasattr(target, "graph"):
        return NOWHERE
    maker = target.op
    return log.places.of_stack(maker.traceback) if maker.type == "Mean" else NOWHERE


def unconnected(option: Any) -> str:
    return str(getattr(option, "value", option))


def count(tapes: Tapes, place: int) -> int:
    tapes.log.totals[place] = tapes.log.totals.get(place, 0) + 1
    return tapes.log.totals[place]


def keep(tapes: Tapes, place: int, facts: dict[str, Any], results: list[dict[str, Any]]) -> None:
    """Notes the call in full if it is one of the first, or abnormal in a way not yet seen at this place."""
    log = tapes.log
    number = count(tapes, place)
    signs = {sign for result in results for sign in SIGNS if result.get(sign)}
    counts = log.signs.setdefault(place, [])
    log.asked.update(number for number, _ in facts["sources"])
    for (source, _), result in zip(facts["sources"], results, strict=False):
        row = log.account(source)
        row["asked"] += 1
        for sign in SIGNS:
            row[sign] += bool(result.get(sign))
        row["largest"] = max(row["largest"] or 0.0, result.get("largest") or 0.0)
    for position, result in enumerate(results):
        if position == len(counts):
            counts.append(Counter())
        counts[position].update(sign for sign in SIGNS if result.get(sign))
    fresh = [sign for sign in signs if tapes.abnormal[place, sign] < ABNORMAL_CALLS]
    tapes.abnormal.update((place, sign) for sign in signs)
    if number <= NOTED_CALLS or fresh:
        if fresh or number == 1:
            log.examine()
        keep_backward(log)
        log.tick()
        log.event("call", **facts, results=results, error=None)
        log.keep_window()


def flat_of(result: Any) -> list[Any]:
    if isinstance(result, (list, tuple, dict)):
        return list(tf.nest.flatten(result, expand_composites=False))
    return [result]


def identity(log: Log, item: Any) -> tuple[int, str]:
    """A number for a tensor or variable (of a variable its handle's), and what kind of thing it is."""
    handle = getattr(item, "handle", None)
    if handle is None and hasattr(item, "path") and hasattr(item, "value"):
        item = item._value if hasattr(item, "_value") else item.value  # a Keras variable
        handle = getattr(item, "handle", None)
    if handle is not None and hasattr(handle, "_id"):
        log.met(item)
        return int(handle._id), "variable"
    if isinstance(item, tf.Tensor):
        if not hasattr(item, "_numpy_internal"):
            return (built_number(log, item), "tensor") if log.plan.get("graphs") else (-1, "symbolic")
        return constant_or_known(log, item, log.places.here()), "tensor"
    return -1, type(item).__name__


def outcome(grad: Any) -> dict[str, Any]:
    """What one source received: its kind, its shape, and what its values are like."""
    if grad is None:
        return {"none": True}
    dense = dense_part(grad)
    facts: dict[str, Any] = {"none": False, "tensor": getattr(dense, "_id", None), "sparse": dense is not grad}
    array = array_of(dense) if hasattr(dense, "_numpy_internal") else None
    if array is None:
        return facts
    state = state_of(dense)
    facts["shape"] = list(array.shape)
    if state is not None:
        facts |= {"nonfinite": not state[0], "zero": bool(state[2] == 1.0), "largest": state[1], "zeros": state[2]}
        facts["negative"] = state is not None and state[3] is not None and bool(state[3] < 0.0)
    return facts
