"""Keras: which layer was running, where layers and lists of variables came from, what was frozen, compiled, fitted.

A layer's number is its position in the order of creation. Layers are kept alive until the trace is fetched: only
then is it known which variables each of them tracks.
"""

from __future__ import annotations

import inspect
from typing import Any

import keras
from keras.src.layers.layer import Layer

from .log import OLDER, Log
from .operations import Undo
from .places import NOWHERE
from .tapes import identity

LISTS = ("trainable_variables", "trainable_weights", "variables", "weights", "non_trainable_variables")
TRAINERS = "keras/src/backend/tensorflow/trainer.py"
MOST_LISTS = 400
MOST_LAYERS = 3_000
MOST_TAPES = 20  # of which is noted that a layer ran under them
RANDOM = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.GaussianNoise,
)


class Layers:
    def __init__(self, log: Log) -> None:
        self.log = log
        self.all: list[Any] = []
        self.places: list[int] = []
        self.holders: list[int] = []  # where the layer that it is made for was at work, or -1
        self.calls: list[int] = []
        self.losses_read: set[int] = set()
        self.lists: list[Any] = []  # kept alive, so that a list's id stays its own
        self.number_of: dict[int, int] = {}
        self.modes: dict[int, dict[str, Any]] = {}  # of layers that do something else in training
        self.unsaid = False  # whether nobody told the outermost running layer which mode is meant

    def number(self, layer: Any, made: bool = False) -> int:
        """The layer's number. `made`: its constructor is running."""
        if id(layer) not in self.number_of and len(self.all) < MOST_LAYERS:
            self.number_of[id(layer)] = len(self.all)
            self.all.append(layer)
            self.places.append(self.log.places.of_making(layer))
            self.holders.append(self.log.places.of_holder(Layer, layer) if made else -1)
            self.calls.append(0)
            if self.log.plan.get("underway") and not made:
                self._meet(layer)
        return self.number_of.get(id(layer), -1)

    def _meet(self, layer: Any) -> None:
        """Finds out where a layer was made, and was frozen, that is older than the trace."""
        with self.log.noting():
            number = self.number_of[id(layer)]
            self.places[number] = NOWHERE
            self.places[number] = self.log.places.of_older(layer).place
            frozen = NOWHERE if layer.trainable else self.log.places.of_freezing()
            if frozen != NOWHERE:
                self.log.event("trainable", clock=OLDER, layer=number, value=False, place=frozen)

    def is_learners(self, number: int) -> bool:
        """The learner's code made the layer, and not Keras while it trained a model."""
        place = self.places[number] if number >= 0 else NOWHERE
        return place >= 0 and not self.log.places.via(place).startswith(TRAINERS)

    def mode(self, number: int, layer: Any, options: dict[str, Any]) -> None:
        """Notes under which tapes the layer ran, and whether it was ever told that this is training, or is not."""
        if len(self.log.layers) == 1:
            self.unsaid = options.get("training") is None
        if self.log.tapes and acts_in_training(layer):
            place = self.log.places.here()
            known = self.modes.setdefault(number, {"tapes": [], "told": False, "place": place})
            known["told"] |= not self.unsaid or options.get("training") is not None
            known["tapes"] = [*known["tapes"], *self.log.tapes][:MOST_TAPES]

    def finish(self) -> list[dict[str, Any]]:
        return [self._row(number, layer) for number, layer in enumerate(self.all)]

    def _row(self, number: int, layer: Any) -> dict[str, Any]:
        try:
            weights = [(identity(self.log, item)[0], item.path, bool(item.trainable)) for item in layer.weights]
            own = [
                identity(self.log, item)[0] for item in [*layer._trainable_variables, *layer._non_trainable_variables]
            ]
            losses = len(layer._get_own_losses()) + len(layer._get_regularization_losses())
        except Exception:  # a layer whose constructor raised
            weights, own, losses = [], [], 0
        return {
            "type": type(layer).__name__,
            "place": self.places[number],
            "holder": self.holders[number],
            "calls": self.calls[number],
            "weights": weights,
            "own": own,
            "losses": losses,
            "losses_read": number in self.losses_read,
            "mode": self.modes.get(number),
        }


def acts_in_training(layer: Any) -> bool:
    if isinstance(layer, keras.layers.BatchNormalization):
        return bool(layer.trainable)
    return isinstance(layer, RANDOM) and bool(getattr(layer, "rate", 0.0) or getattr(layer, "stddev", 0.0))


def observe(log: Log) -> tuple[Undo, Layers]:
    layers = Layers(log)
    originals = {name: Layer.__dict__[name] for name in ("__init__", "__call__", "trainable", "losses", *LISTS)}

    def init(self: Any, *args: Any, **options: Any) -> None:
        if not log.busy:
            with log.noting():
                layers.number(self, made=True)
        originals["__init__"](self, *args, **options)

    def run(self: Any, *args: Any, **options: Any) -> Any:
        if log.busy:
            return originals["__call__"](self, *args, **options)
        number = layers.number(self)
        layers.calls[number] += 1
        log.layers.append(number)
        log.owners.append(number if layers.is_learners(number) else log.owners[-1])
        layers.mode(number, self, options)
        try:
            return originals["__call__"](self, *args, **options)
        finally:
            log.layers.pop()
            log.owners.pop()

    def freeze(self: Any, value: bool) -> None:
        if not log.busy:
            with log.noting():
                place = log.places.here()
                if place >= 0:
                    log.tick()
                    log.event("trainable", layer=layers.number(self), value=bool(value), place=place)
        originals["trainable"].fset(self, value)

    def losses(self: Any) -> Any:
        if not log.busy and log.places.here() >= 0:
            layers.losses_read.add(layers.number(self))
        return originals["losses"].fget(self)

    def listing(name: str) -> property:
        def fetch(self: Any) -> Any:
            found = originals[name].fget(self)
            if not log.busy and len(layers.lists) < MOST_LISTS:
                with log.noting():
                    place = log.places.here()
                    if place >= 0:
                        layers.lists.append(found)
                        log.event("list", list=id(found), layer=layers.number(self), place=place)
            return found

        return property(fetch)

    # Keras inspects a layer's constructor, which is this one where a layer has none of its own
    init.__signature__ = inspect.signature(originals["__init__"])  # type: ignore[attr-defined]
    run.__signature__ = inspect.signature(originals["__call__"])  # type: ignore[attr-defined]
    replacements: dict[str, Any] = {
        "__init__": init,
        "__call__": run,
        "trainable": property(originals["trainable"].fget, freeze),
        "losses": property(losses),
        **{name: listing(name) for name in LISTS},
    }
    for name, replacement in replacements.items():
        setattr(Layer, name, replacement)

    def undo() -> None:
        for name, original in originals.items():
            setattr(Layer, name, original)

    return undo, layers
