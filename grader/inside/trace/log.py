"""What a traced program did, in the order in which it did it, within fixed memory.

Every hook writes here. Operations are lists of plain numbers; tensors themselves are kept only while a tape is open
and only up to KEPT_BYTES, so that a gradient that turns out to be lost can still be looked into. The first
operations of a program are kept for good, and those before a gradient call that is worth explaining; of all
others only the last WINDOW are remembered.
"""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .places import Places

FIRST = 6_000  # operations kept from the start: some steps of a model of 50 layers
WINDOW = 6_000  # operations kept before a gradient call that is worth explaining
MOST_KEPT = 40_000
MOST_EVENTS = 20_000
RARE = (
    "call",
    "step",
    "error",
    "function",
    "captured",
    "meeting",
    "scaled_step",
    "trainable",
    "list",
    "compile",
    "compile_end",
    "fit",
    "fit_end",
    "custom_gradient",
)
DESCRIBED_CONSTANTS = 4_000  # of later ones only the place is noted
KEPT_BYTES = 96 << 20
OLDER = 0  # the clock of what was made before the trace began
DIGESTED_BYTES = 1 << 20  # of larger arrays every n-th element is compared

# positions in an operation's list
CLOCK, TYPE, PLACE, INPUTS, OUTPUTS, TAPES, TRACKED, WITHIN, FLAGS, LAYER = range(10)

Operation = list[Any]


class Log:
    def __init__(self, locate: Callable[[str], int | None], plan: dict[str, Any]) -> None:
        self.places = Places(locate)
        self.plan = plan
        self.busy = False  # the trace itself is at work: what happens now is not the learner's doing
        self.met: Callable[[Any], None] = lambda _: None  # called with each variable that is used
        self.entered: Callable[[Any], None] = lambda _: None  # called with each variable when it is taken up
        self.arrived: Callable[[Any, int], tuple[int, int]] = lambda _, place: (self.clock, place)  # of a new constant
        self.clear()

    def clear(self) -> None:
        self.clock = 0
        self.recent: deque[Operation] = deque(maxlen=WINDOW)
        self.kept: dict[int, Operation] = {}
        self.tensors: dict[int, list[Any]] = {}  # id -> [dtype, shape]
        self.produced: set[int] = set()
        self.live: OrderedDict[int, Any] = OrderedDict()
        self.live_bytes = 0
        self.events: list[dict[str, Any]] = []
        self.passing: deque[dict[str, Any]] = deque(maxlen=WINDOW)  # the latest of the common events
        self.backward: list[tuple[dict[str, Any], Any, Any]] = []  # the steps of the gradient call that is running
        self.backward_bytes = 0  # of the gradients that they hold
        self.constants = 0
        self.described = 0  # operations outside all tapes of whose results it is known what they are like
        self.steps = 0  # of optimizers
        self.dropped = 0
        self.faults: Counter[str] = Counter()
        self.broken_by: BaseException | None = None  # what last closed a tape, or ended what takes or applies gradients
        self.tapes: list[int] = []  # the tapes that are recording, outermost first
        self.within: int | None = None  # the backward step that is running
        self.captured: dict[int, int] = {}  # a placeholder in a compiled function -> what it stands for
        self.array_writes: list[Any] = []  # what writes to TensorArrays in compiled functions gave back
        self.unsettled: list[tuple[Operation, list[Any]]] = []  # of which is not known yet whether a tape follows them
        self.ahead: dict[int, Operation] = {}  # a first output -> its operation, noted before TensorFlow called us
        self.readings: set[tuple[int, ...]] = set()
        self.layers: list[int] = []  # the Keras layers that are running, outermost first
        self.owners: list[int] = [-1]  # for each of them the innermost one up to there that the learner's code made
        self.totals: dict[int, int] = {}  # place of a gradient call -> how often it ran
        self.signs: dict[int, list[Counter[str]]] = {}  # the same, and for each source how often it was abnormal
        self.asked: set[int] = set()  # the sources of all calls
        self.ledger: dict[
            int, dict[str, Any]
        ] = {}  # variable or source -> what gradients it got, and what became of them
        self.written: Callable[[int], None] = lambda _: None  # called after each write of a variable

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def account(self, number: int) -> dict[str, Any]:
        """The row of a variable in the ledger."""
        row = {"asked": 0, "none": 0, "zero": 0, "nonfinite": 0, "largest": None, "steps": 0, "before": None}
        return self.ledger.setdefault(number, row)

    def event(self, kind: str, **facts: Any) -> None:
        event = {"kind": kind, "clock": self.clock, **facts}
        if kind in RARE or self.clock <= FIRST:
            self.keep_event(event)
        else:
            self.passing.append(event)

    def keep_event(self, event: dict[str, Any]) -> None:
        if len(self.events) < MOST_EVENTS:
            self.events.append(event)
        else:
            self.dropped += 1

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """What happens inside is not the learner's doing, and is not recorded."""
        before, self.busy = self.busy, True
        try:
            yield
        finally:
            self.busy = before

    @contextmanager
    def noting(self) -> Iterator[None]:
        """The same, for the trace's own notes: if one fails, it is missing, and the learner's program goes on."""
        before, self.busy = self.busy, True
        try:
            yield
        except Exception as error:
            self.faults[f"{type(error).__name__}: {error}"[:200]] += 1
        finally:
            self.busy = before

    @contextmanager
    def about_gradients(self) -> Iterator[None]:
        """Around what takes or applies gradients: Keras takes its own frames out of a traceback."""
        try:
            yield
        except Exception as error:
            self.broken_by = error
            raise

    def read(self, variable: int) -> None:
        """Notes, once, which layers are running while they read a variable."""
        key = (variable, *self.layers)
        if key not in self.readings:
            self.readings.add(key)
            self.event("read", variable=variable, layers=list(self.layers))

    def advanced(self) -> None:
        """Called after each gradient call and each optimizer step, with nothing of either left to do."""

    def operation(self, operation: Operation) -> None:
        self.recent.append(operation)
        if operation[CLOCK] <= FIRST:
            self.kept[operation[CLOCK]] = operation

    def hold(self, number: int, tensor: Any) -> None:
        """Keeps a tensor so that its values can be looked at when its gradient turns out to be lost."""
        size = 4 * int(np.prod(tensor._shape_tuple(), dtype=np.int64))
        self.live[number] = tensor
        self.live_bytes += size
        while self.live_bytes > KEPT_BYTES and self.live:
            _, oldest = self.live.popitem(last=False)
            self.live_bytes -= 4 * int(np.prod(oldest._shape_tuple(), dtype=np.int64))

    def let_go(self) -> None:
        self.live.clear()
        self.live_bytes = 0

    def forget_backward(self) -> None:
        self.backward.clear()
        self.backward_bytes = 0

    def keep_window(self) -> None:
        """Keeps the operations of the last steps, because a gradient call just now needs them explained."""
        if len(self.kept) < MOST_KEPT:
            for operation in self.recent:
                self.kept[operation[CLOCK]] = operation
            while self.passing:
                self.keep_event(self.passing.popleft())

    def examine(self) -> None:
        """Notes of every operation still at hand whether its results are finite, and how large they are."""
        for operation in self.recent:
            if operation[FLAGS] is None:
                values = [self.live.get(number) for number in operation[OUTPUTS]]
                operation[FLAGS] = [None if value is None else state_of(value) for value in values]


def array_of(tensor: Any) -> np.ndarray[Any, Any] | None:
    """A tensor's values, or None where it has none that NumPy could hold."""
    try:
        return np.asarray(tensor._numpy_internal())
    except Exception:  # resources, variants, symbolic tensors
        return None


def state_of(tensor: Any) -> list[Any] | None:
    """[all finite, largest absolute value, share of exact zeros, smallest value] of a floating tensor; of one that is
    not all finite [False, None, share of exact zeros, None, whether any is NaN]."""
    array = array_of(tensor)
    if array is None or (array.dtype.kind not in "fc" and array.dtype.name != "bfloat16") or not array.size:
        return None
    if array.dtype.itemsize < 4:
        array = array.astype(np.float32)
    with np.errstate(all="ignore"):
        zeros = 1.0 - np.count_nonzero(array) / array.size
        low, high = (array.real.min(), array.real.max()) if array.dtype.kind == "f" else (0.0, np.abs(array).max())
        if not (np.isfinite(low) and np.isfinite(high)):
            return [False, None, zeros, None, bool(np.isnan(low) or np.isnan(high))]
        return [True, float(max(abs(low), abs(high))), zeros, float(low)]


def digest(value: Any) -> str:
    """A short fingerprint of an array, the same in every run that computes the same numbers."""
    array = np.ascontiguousarray(value)
    if array.dtype == object:
        return ""
    if array.nbytes > DIGESTED_BYTES:
        array = np.ascontiguousarray(array.reshape(-1)[:: array.nbytes // DIGESTED_BYTES + 1])
    return hashlib.blake2b(array.tobytes(), digest_size=8).hexdigest()


def direction(seed: int, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """The direction in which a variable is nudged: the same in every run."""
    return np.random.RandomState(1000 + seed).choice([-1.0, 1.0], size=shape) * np.random.RandomState(
        2000 + seed
    ).uniform(0.5, 1.0, size=shape)
