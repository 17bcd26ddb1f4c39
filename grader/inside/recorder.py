"""Records the gradients that a notebook computes, without changing one of its numbers.

Installed before cell 1, it wraps `GradientTape.gradient` and `.jacobian` and the Keras optimizers' `apply`, and keeps
for each place that calls them the first and last results and a count of the abnormal ones (None, zero everywhere, NaN
or infinite). Eager results are looked at where they lie, without a copy. Inside a tf.function (and so in `model.fit`)
there are no values while the function is traced; operations are added to the graph instead, which count the calls and
call back for the first ones, for every abnormal one, and for a sample of the others (a callback at every step cost a
small `model.fit` 16 % of its time, this 7 %). Under XLA and in vectorized_map, which have no callbacks, only what is
None is known.
"""

import operator
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .cells import Cells
from .sites import KEEP_ELEMENTS, Site, Source

TRACED_FIRST, TRACED_EVERY = 16, 8  # which calls of a traced site call back, besides the abnormal ones


class Recorder:
    """Keeps the sites; `take` hands over what was recorded since the last one."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.sites: dict[Any, Site] = {}
        self._lock = threading.RLock()
        self._nested = threading.local()  # jacobian calls gradient, apply_gradients calls apply
        self._latest: list[Any] = []  # the gradients that an optimizer is likely to be given next
        self._optimizer_wrapped = False
        self._left_out = 0

    def take(self) -> "list[dict[str, Any]]":
        with self._lock:  # sites stay: functions that are traced already go on reporting to them
            told = [site.export() for site in self.sites.values() if site.calls]
            for site in self.sites.values():
                site.reset()
            self._latest = []
            return told

    def traced_calls(self) -> int:
        """How many calls graphs have counted since the last `take`; and all the times that such a graph was vectorized,
        and so counts no more."""
        return self._left_out + sum(site.calls for site in self.sites.values() if site.traced)

    # --- hooks --------------------------------------------------------------------------------------------------

    def install(self) -> None:
        from tensorflow.python.eager import backprop

        for kind in ("gradient", "jacobian"):
            self._wrap(backprop.GradientTape, kind, self._asked)
        self._wrap_optimizer()
        _trace_again_under_xla()

    def _wrap_optimizer(self) -> None:
        """Importing Keras takes a second, so the notebook is left to do it: gradients come before the first step."""
        module = sys.modules.get("keras.src.optimizers.base_optimizer")
        if module is not None and not self._optimizer_wrapped and hasattr(module, "BaseOptimizer"):
            self._optimizer_wrapped = True
            self._wrap(module.BaseOptimizer, "apply", self._stepped)

    def _wrap(self, owner: Any, name: str, record: "Callable[..., None]") -> None:
        original = getattr(owner, name)
        nested = self._nested

        def wrapper(this: Any, *args: Any, **kwargs: Any) -> Any:
            if getattr(nested, "busy", False) or inside_forward_mode(sys._getframe(1)):
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
            site = self._site(kind, place, sources, traced=False)
            with self._lock:
                site.add([_eager_array(value) for value in values], _eager_loss(targets))
            return
        site = self._site(kind, self.cells.traced_place(), sources, traced=True)
        self._record_traced(site, values, targets)

    def _site(self, kind: str, place: Any, sources: Sequence[Any], traced: bool) -> Site:
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

        callbacks = _callbacks_work()
        before = len(tf.compat.v1.get_default_graph().get_operations())
        counter = _counter()
        for source, value in zip(site.sources, values, strict=False):
            source.absent, source.hidden = value is None, not callbacks
        self._add_callbacks(site, values, targets, counter, callbacks)
        self._leave_out_when_vectorized(before)

    def _add_callbacks(
        self, site: Site, values: Sequence[Any], targets: Sequence[Any], counter: Any, callbacks: bool
    ) -> None:
        import tensorflow as tf

        if counter is not None:
            site.counters.append(counter)
            counted = counter.assign_add(1)
        elif not callbacks:
            site.add([], None)
        if not callbacks:
            return
        present = [index for index, value in enumerate(values) if value is not None]

        def callback(loss: Any, *arrays: Any) -> None:
            full: list[Any] = [None] * len(values)
            for index, array in zip(present, arrays, strict=True):
                full[index] = np.asarray(array)  # a scalar comes as a NumPy scalar
            with self._lock:
                site.add(full, float(loss) if scalars else None)

        scalars = [tf.cast(tf.reduce_mean(target), tf.float32) for target in targets if _is_float(target)]
        loss = tf.add_n(scalars) if scalars else tf.constant(0.0)
        gradients = [_dense(values[index]) for index in present]
        with tf.name_scope("gradient_clinic"):
            if counter is None:
                tf.numpy_function(callback, [loss, *gradients], [])
                return
            wanted = (counted <= TRACED_FIRST) | (counted % TRACED_EVERY == 0) | _abnormal(gradients)
            tf.cond(wanted, lambda: _called(callback, [loss, *gradients]), lambda: 0)

    def _leave_out_when_vectorized(self, before: int) -> None:
        """What was added to the graph after its first `before` operations cannot be vectorized: it keeps state. Where a
        function that is traced already is called in vectorized_map, which looks for this attribute, it is left out."""
        import tensorflow as tf
        from tensorflow.python.ops.parallel_for import pfor

        def left_out(pfor_input: Any) -> Any:
            self._left_out += 1
            if not pfor_input.op.outputs:
                return tf.no_op()
            return [pfor.wrap(tf.zeros(output.shape, output.dtype), False) for output in pfor_input.op.outputs]

        for operation in tf.compat.v1.get_default_graph().get_operations()[before:]:
            if operation.type in ("AssignAddVariableOp", "If", "EagerPyFunc"):
                operation.pfor_converter = left_out


def inside_forward_mode(frame: Any) -> bool:
    """Whether a tape is asked by forward mode, which finds its own derivatives with tapes, in graphs that it keeps."""
    for _ in range(2):  # past the hooks that lie between
        if frame is not None and frame.f_code.co_filename.endswith("eager/forwardprop.py"):
            return True
        frame = frame and frame.f_back
    return False


def _trace_again_under_xla() -> None:
    """A function that is traced already, with callbacks, and then called from one that XLA compiles would not compile:
    have TensorFlow trace it once more for each of those."""
    from tensorflow.python.ops.control_flow_ops import XLAControlFlowContext

    XLAControlFlowContext.RequiresUniqueFunctionRetracing = lambda _: True


def _callbacks_work() -> bool:
    import tensorflow as tf
    from tensorflow.python.ops import control_flow_util

    graph = tf.compat.v1.get_default_graph()
    return not control_flow_util.GraphOrParentsInXlaContext(graph) and not _vectorized(graph)


def _vectorized(graph: Any) -> bool:
    return "loop_body" in graph.get_name_scope()  # pfor's name for what vectorized_map and jacobian vectorize


def _counter() -> Any:
    """A variable outside the graph that is traced; tf.function forbids tf.Variable where it traces a second time."""
    import tensorflow as tf
    from tensorflow.python.ops.resource_variable_ops import ResourceVariable

    if _vectorized(tf.compat.v1.get_default_graph()):
        return None  # state can't be vectorized
    with tf.init_scope():
        if not tf.executing_eagerly():
            return None
        return ResourceVariable(0, dtype=tf.int64, trainable=False)


def _abnormal(gradients: Sequence[Any]) -> Any:
    """Whether one of the gradients is zero everywhere, or not finite, in few operations."""
    import tensorflow as tf

    squares = [tf.cast(tf.nn.l2_loss(gradient), tf.float32) for gradient in gradients if gradient.dtype.is_floating]
    if not squares:
        return tf.constant(True)
    stacked = tf.stack(squares)
    return ~((tf.reduce_min(stacked) > 0.0) & (tf.reduce_sum(stacked) < np.inf))


def _called(callback: "Callable[..., None]", inputs: Sequence[Any]) -> int:
    import tensorflow as tf

    tf.numpy_function(callback, inputs, [])
    return 0


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
