"""Records the gradients that a notebook computes, without changing one of its numbers.

Installed before cell 1, it wraps `GradientTape.gradient` and `.jacobian` and the Keras optimizers' `apply`, and keeps for
each place that calls them the first and last results and a count of the abnormal ones (None, zero everywhere, NaN or
infinite). Eager results are looked at where they lie, without a copy. Inside a tf.function (and so in `model.fit`) there
are no values while the function is traced; a callback is added to the graph instead, except under XLA, which has no
callbacks: there only what is None is known.
"""

import operator
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .cells import Cells

KEEP_ELEMENTS = 65_536  # larger arrays are described, not kept
KEEP_LOSSES = 512  # then every other one is dropped and half as many are kept from there on


class Source:
    """What one source of a gradient call received so far."""

    def __init__(self, name: str, shape: "list[int] | None", dtype: str) -> None:
        self.name, self.shape, self.dtype = name, shape, dtype
        self.first: Any = None
        self.last: Any = None
        self.nones = self.zeros = self.nonfinite = 0
        self.first_abnormal: int | None = None

    def add(self, number: int, value: Any) -> None:
        self.last = value
        if number == 1:
            self.first = value
        if value is None:
            self.nones += 1
        else:
            square = float(np.vdot(value, value).real) if value.dtype.kind in "fc" else 1.0
            if 0.0 < square < np.inf:
                return
            # Zero, overflown or underflown: one pass over the values decides.
            if not np.all(np.isfinite(value)):
                self.nonfinite += 1
            elif not np.any(value):
                self.zeros += 1
            else:
                return
        self.first_abnormal = self.first_abnormal or number

    def export(self) -> "dict[str, Any]":
        arrays = [value for value in (self.first, self.last) if value is not None]
        kept = all(value.size <= KEEP_ELEMENTS and value.dtype.kind in "fciub" for value in arrays)
        return {
            "name": self.name,
            "shape": self.shape,
            "dtype": self.dtype,
            "first": self.first if kept else None,
            "last": self.last if kept else None,
            "kept": kept,
            "nones": self.nones,
            "zeros": self.zeros,
            "nonfinite": self.nonfinite,
            "first_abnormal": self.first_abnormal,
        }


class Site:
    """One place in the notebook that asks for gradients, and all that it was given."""

    def __init__(self, kind: str, place: "tuple[int | None, int | None]", sources: "list[Source]", traced: bool):
        self.kind, self.place, self.sources, self.traced = kind, place, sources, traced
        self.calls = 0
        self.losses: list[float] = []
        self._stride = 1

    def add(self, values: Sequence[Any], loss: "float | None") -> None:
        self.calls += 1
        for source, value in zip(self.sources, values, strict=False):
            source.add(self.calls, value)
        if loss is not None and (self.calls - 1) % self._stride == 0:
            self.losses.append(loss)
            if len(self.losses) > KEEP_LOSSES:
                self.losses, self._stride = self.losses[::2], self._stride * 2

    def export(self) -> "dict[str, Any]":
        return {
            "kind": self.kind,
            "cell": self.place[0],
            "line": self.place[1],
            "calls": self.calls,
            "traced": self.traced,
            "sources": [source.export() for source in self.sources],
            "losses": self.losses,
        }


class Recorder:
    """Keeps the sites; `take` hands over what was recorded since the last one."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.sites: dict[Any, Site] = {}
        self._lock = threading.RLock()
        self._nested = threading.local()  # jacobian calls gradient, apply_gradients calls apply
        self._latest: list[Any] = []  # the gradients that an optimizer is likely to be given next
        self._optimizer_wrapped = False

    def take(self) -> "list[dict[str, Any]]":
        with self._lock:
            sites, self.sites, self._latest = self.sites, {}, []
            return [site.export() for site in sites.values() if site.calls]

    # --- hooks --------------------------------------------------------------------------------------------------

    def install(self) -> None:
        from tensorflow.python.eager import backprop

        for kind in ("gradient", "jacobian"):
            self._wrap(backprop.GradientTape, kind, self._asked)
        self._wrap_optimizer()

    def _wrap_optimizer(self) -> None:
        """Importing Keras costs a second, so it is waited for: a gradient comes before the first step."""
        module = sys.modules.get("keras.src.optimizers.base_optimizer")
        if module is not None and not self._optimizer_wrapped and hasattr(module, "BaseOptimizer"):
            self._optimizer_wrapped = True
            self._wrap(module.BaseOptimizer, "apply", self._stepped)

    def _wrap(self, owner: Any, name: str, record: "Callable[..., None]") -> None:
        original = getattr(owner, name)
        nested = self._nested

        def wrapper(this: Any, *args: Any, **kwargs: Any) -> Any:
            if getattr(nested, "busy", False):
                return original(this, *args, **kwargs)
            nested.busy = True
            try:
                result = original(this, *args, **kwargs)
            finally:
                nested.busy = False
            try:
                record(name, this, result, *args, **kwargs)
            except Exception:  # the notebook comes first: a recorder's failure is a gap in a record
                self._latest = []
            return result

        wrapper.__name__, wrapper.__doc__, wrapper.__wrapped__ = name, original.__doc__, original  # type: ignore[attr-defined]
        setattr(owner, name, wrapper)

    def _asked(self, kind: str, _tape: Any, result: Any, target: Any, sources: Any, *_: Any, **__: Any) -> None:
        import tensorflow as tf

        self._wrap_optimizer()
        given = tf.nest.flatten(result)
        self._record(kind, tf.nest.flatten(sources), given, tf.nest.flatten(target))
        self._latest = given

    def _stepped(self, _: str, optimizer: Any, _result: Any, grads: Any, trainable_variables: Any = None) -> None:
        grads = list(grads)
        variables = optimizer._trainable_variables if trainable_variables is None else list(trainable_variables)
        if len(grads) == len(self._latest) and all(map(operator.is_, grads, self._latest)):
            return  # just recorded where they were asked for
        self._record("step", variables, grads, [])

    # --- recording ----------------------------------------------------------------------------------------------

    def _record(self, kind: str, sources: Sequence[Any], values: Sequence[Any], targets: Sequence[Any]) -> None:
        import tensorflow as tf

        if tf.executing_eagerly():
            place = self.cells.place(sys._getframe(3))
            site = self._site(kind, place, sources, values, traced=False)
            with self._lock:
                site.add([_eager_array(value) for value in values], _eager_loss(targets))
            return
        site = self._site(kind, self.cells.traced_place(), sources, values, traced=True)
        self._record_traced(site, values, targets)

    def _site(
        self, kind: str, place: Any, sources: Sequence[Any], values: Sequence[Any], traced: bool
    ) -> Site:
        names = [_name(source, index) for index, source in enumerate(sources)]
        key = (kind, place, traced, tuple(names))
        with self._lock:
            site = self.sites.get(key)
            if site is None:
                records = [Source(name, _shape(s), _dtype(s)) for name, s in zip(names, sources, strict=True)]
                site = self.sites[key] = Site(kind, place, records, traced)
        return site

    def _record_traced(self, site: Site, values: Sequence[Any], targets: Sequence[Any]) -> None:
        import tensorflow as tf
        from tensorflow.python.ops import control_flow_util

        present = [index for index, value in enumerate(values) if value is not None]
        if control_flow_util.GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph()):
            site.add([None if value is None else np.ones(()) for value in values], None)
            return

        def callback(loss: Any, *arrays: Any) -> None:
            full: list[Any] = [None] * len(values)
            for index, array in zip(present, arrays, strict=True):
                full[index] = array
            with self._lock:
                site.add(full, None if np.isnan(loss) and not targets else float(loss))

        scalars = [tf.cast(tf.reduce_mean(t), tf.float32) for t in targets if _is_float(t)]
        loss = tf.add_n(scalars) if scalars else tf.constant(np.nan)
        with tf.name_scope("gradient_clinic"):
            tf.numpy_function(callback, [loss, *(_dense(values[index]) for index in present)], [])


def _eager_array(value: Any) -> Any:
    """The gradient as an array, read where it lies; None where it is None."""
    if value is None:
        return None
    array = np.asarray(_dense(value))
    return array if array.dtype.kind in "fciub" else array.astype(np.float32)  # bfloat16 has kind V


def _dense(value: Any) -> Any:
    """Embeddings give IndexedSlices: rows and their numbers. Small ones are made dense, of others the rows are kept."""
    import tensorflow as tf

    if not isinstance(value, tf.IndexedSlices):
        return value
    shape = value.dense_shape
    small = shape is not None and tf.executing_eagerly() and int(tf.reduce_prod(shape)) <= KEEP_ELEMENTS
    return tf.convert_to_tensor(value) if small else value.values


def _eager_loss(targets: Sequence[Any]) -> "float | None":
    values = [np.asarray(target) for target in targets if _is_float(target)]
    return float(sum(float(np.mean(value)) for value in values)) if values else None


def _is_float(target: Any) -> bool:
    dtype = getattr(target, "dtype", None)
    return bool(getattr(dtype, "is_floating", False))


def _name(source: Any, index: int) -> str:
    """Keras' path (dense/kernel), a variable's name, or its place in the list."""
    path = getattr(source, "path", None)
    if isinstance(path, str):
        return path
    if hasattr(source, "handle") or hasattr(source, "assign"):
        return str(source.name).split(":")[0]
    return f"source {index}"


def _shape(source: Any) -> "list[int] | None":
    try:
        return [int(length) for length in source.shape]
    except (TypeError, ValueError, AttributeError):
        return None


def _dtype(source: Any) -> str:
    dtype = getattr(source, "dtype", "")
    return str(getattr(dtype, "name", dtype))
