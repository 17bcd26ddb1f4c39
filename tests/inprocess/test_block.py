"""`with grader.doctor() as findings:` finds the line, changes no number, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from .conftest import START, Answer

pytestmark = pytest.mark.kernel

# Everything that the hooks replace, object by object; and any log that something still leads to.
STATE = """
import ctypes, gc
from keras.src.layers.layer import Layer
from keras.src.optimizers.base_optimizer import BaseOptimizer
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import backprop, context, execute, forwardprop, record
from tensorflow.python.eager.polymorphic_function import polymorphic_function
from tensorflow.python.framework import constant_op, op_callbacks, ops
from tensorflow.python.ops import custom_gradient, resource_variable_ops
import sys

OWNERS = [
    backprop, context, execute, forwardprop, record, constant_op, op_callbacks, ops, custom_gradient, pywrap_tfe,
    resource_variable_ops, backprop.GradientTape, polymorphic_function.Function, ops._EagerTensorBase,
    resource_variable_ops.BaseResourceVariable, resource_variable_ops.ResourceVariable, Layer, BaseOptimizer,
    keras.Model, *keras.Model.__mro__, *keras.optimizers.Adam.__mro__, tf.Variable, tf.keras,
]

def state():
    table = ctypes.c_void_p.from_address(id(ops.EagerTensor) + 24 + 8 * 17).value
    words = [ctypes.c_void_p.from_address(table).value, list(context.context().op_callbacks), list(sys.meta_path)]
    return [{name: id(thing) for name, thing in vars(owner).items()} for owner in OWNERS], words

def logs():
    gc.collect()
    return sum(type(thing).__name__ in ("OneThreadsLog", "Recording", "Session") for thing in gc.get_objects())

def changes(before, after):
    return [
        (str(owner), name)
        for owner, one, other in zip(OWNERS, before[0], after[0])
        for name in one.keys() | other.keys()
        if one.get(name) != other.get(name) and name != "__annotations__"  # which Python makes when it is asked
    ] + [(str(one), str(other)) for one, other in zip(before[1], after[1]) if one != other]
"""
WAYS = {
    "twice": """
for _ in range(2):
    with grader.doctor() as findings:
        assert state() != before
        step(tf.round)
    assert not findings.healthy
""",
    "an exception": """
try:
    with grader.doctor() as findings:
        step()
        raise KeyError("ours")
except KeyError:
    pass
""",
    "enough steps": """
with grader.doctor(steps=3) as findings:
    for _ in range(3):
        step()
    during = changes(before, state())
    for _ in range(30):
        step()
assert not during, during
assert any("3 steps" in limit for limit in findings.limits), findings.limits
""",
    "a block in a block": """
with grader.doctor() as outer:
    model(x)
    with grader.doctor() as inner:
        step(tf.round)
    assert state() != before
    model(x)
assert not inner.healthy and not outer.healthy
assert any("inside another" in limit for limit in inner.limits) and not any("inside another" in l for l in outer.limits)
""",
    "a thread": """
def work():
    global findings
    with grader.doctor() as findings:
        step(tf.round)
thread = threading.Thread(target=work)
thread.start()
thread.join()
assert not findings.healthy
""",
    "fit": """
model.compile("adam", "mse")
model.fit(x, y, verbose=0)
with grader.doctor() as findings:
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
assert findings.healthy, findings
""",
    "an interrupt": """
try:
    with grader.doctor() as findings:
        step()
        raise KeyboardInterrupt
except KeyboardInterrupt:
    pass
""",
}


@pytest.mark.parametrize("way", WAYS)
def test_afterwards_nothing_is_left_of_the_hooks(answer: Answer, way: str) -> None:
    program = f"{STATE}\nstep()\nbefore = state()\n{WAYS[way]}\nanswer = [changes(before, state()), logs()]"
    assert answer(program) == [[], 0]


def test_the_line_is_found_though_model_and_optimizer_are_older(answer: Answer) -> None:
    program = """
scale = tf.Variable(2.0)
hidden = [tf.Variable(1.0), tf.Variable(1.0)]
with grader.doctor() as findings:
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(
            model(x) * float(scale)
            * hidden[1]
        )
    tape.gradient(loss, [scale, *hidden])
answer = [[one.line - 1, one.cause, one.variables, findings.file_of(i)] for i, one in enumerate(findings)]
"""
    lines = (START + program).splitlines()
    found = {cause: (lines[line].strip(), names, file) for line, cause, names, file in answer(program)}
    assert found["detached_numpy"] == ("model(x) * float(scale)", ["scale"], "<program>")
    assert found["unused_variable"][1:] == (["hidden[0]"], "<program>")


def test_an_older_variable_is_blamed_where_it_was_made(answer: Answer) -> None:
    program = """
frozen = tf.Variable(1.0, trainable=False)
with grader.doctor() as findings:
    with tf.GradientTape() as tape:
        loss = frozen ** 2
    tape.gradient(loss, frozen)
answer = [findings[0].cause, findings[0].source, findings[0].column]
"""
    assert answer(program) == ["untrainable", "frozen = tf.Variable(1.0, trainable=False)", len("frozen = ")]


OLDER = {
    "a prediction": (
        "hidden = model(x)\nprediction = hidden * 2",
        "with tf.GradientTape() as tape:\n    loss = tf.reduce_mean((prediction - y) ** 2)\n"
        "tape.gradient(loss, model.trainable_variables)",
        ("outside_tape", "prediction = hidden * 2"),
    ),
    "by a function": (
        "w = tf.Variable(2.0)\ndef square():\n    return w * w\ntotal = square()",
        "with tf.GradientTape() as tape:\n    pass\ntape.gradient(total, w)",
        ("outside_tape", "total = square()"),
    ),
    "a term of the loss": (
        "w = tf.Variable(2.0)\npenalty = tf.square(w)",
        "with tf.GradientTape() as tape:\n    loss = tf.exp(w) + penalty\ntape.gradient(loss, w)",
        ("outside_tape", "penalty = tf.square(w)"),
    ),
    "integers": (
        "counts = tf.constant([1, 2])",
        "with tf.GradientTape() as tape:\n    tape.watch(counts)\n    loss = tf.reduce_sum(counts)\n"
        "tape.gradient(loss, counts)",
        ("integer_dtype", "tape.watch(counts)"),
    ),
    "an empty list": (
        "late = keras.Sequential([layers.Dense(1)])\nfetched = late.trainable_variables",
        "with tf.GradientTape() as tape:\n    loss = tf.reduce_mean(late(x))\ntape.gradient(loss, fetched)",
        ("untracked_layer", "fetched = late.trainable_variables"),
    ),
    "a frozen layer": (
        "for layer in model.layers[:1]:\n    layer.trainable = False",
        "step()",
        ("untrainable", "layer.trainable = False"),
    ),
    "a layer in a plain object": (
        "class Box:\n    def __init__(self):\n        self.dense = layers.Dense(4)\n"
        "class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.box = Box()\n"
        "        self.out = layers.Dense(1)\n    def call(self, x):\n        return self.out(self.box.dense(x))\n"
        "net = Net()",
        "with tf.GradientTape() as tape:\n    loss = tf.reduce_mean(net(x) ** 2)\n"
        "tape.gradient(loss, net.trainable_variables)",
        ("untracked_layer", "self.dense = layers.Dense(4)"),
    ),
}


@pytest.mark.parametrize("what", OLDER)
def test_what_is_older_than_the_block_is_blamed_where_one_line_made_it(answer: Answer, what: str) -> None:
    before, body, (cause, line) = OLDER[what]
    block = textwrap.indent(body, "    ")
    program = f"{before}\nwith grader.doctor() as findings:\n{block}\nanswer = [(f.cause, f.source) for f in findings]"
    assert answer(program)[0] == [cause, line]


@pytest.mark.parametrize(
    ("before", "term"),
    [
        ("start = tf.identity(w)", "(w - start) ** 2"),
        ("size = tf.cast(tf.shape(w)[0], tf.float32)", "w ** 2 + size"),
        ("offset = tf.zeros_like(w)", "w ** 2 + offset"),
        ("constant = tf.square(3.0)", "w ** 2 + constant"),
        ("offset = w * 1.0\noffset = tf.constant([3.0])", "w ** 2 + offset"),
        ("def add(offset):\n    return w ** 2 + offset\noffset = w * 1.0\nother = tf.constant([3.0])", "add(other)"),
    ],
    ids=["a start value", "a shape", "zeros", "a number", "two lines", "a parameter's name"],
)
def test_what_is_older_than_the_block_is_not_blamed_for_what_it_may_mean(
    answer: Answer, before: str, term: str
) -> None:
    program = f"""
w = tf.Variable([2.0])
{before}
with grader.doctor() as findings:
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum({term})
    tape.gradient(loss, w)
answer = [findings.healthy, [finding.message for finding in findings]]
"""
    assert answer(program) == [True, []]


def test_in_a_notebook_the_one_line_is_looked_for_in_all_cells(answer: Answer) -> None:
    program = """
import linecache
def run_cell(number, text):
    name = f"/nowhere/{number}.py"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), globals())

training = (
    "with grader.doctor() as findings:\\n    with tf.GradientTape() as tape:\\n        loss = w ** 2 + penalty\\n"
    "        penalty = REBOUND\\n    tape.gradient(loss, w)"
)
run_cell(1, "w = tf.Variable([2.0])\\npenalty = tf.square(w)")
run_cell(2, training.replace("penalty = REBOUND", "pass"))
answer = [findings[0].source, findings.file_of(0)]
run_cell(2, training.replace("REBOUND", "w * 1.0"))
answer.append(len(findings))
"""
    assert answer(program) == ["penalty = tf.square(w)", "1.py", 0]


@pytest.mark.parametrize(
    "loop",
    [
        "for _ in range(5):\n    step()",
        "compiled = tf.function(step)\nfor _ in range(5):\n    compiled()",
        "model.compile('adam', 'mse')\nmodel.fit(x, y, epochs=3, batch_size=3, verbose=0)",
        "w = tf.Variable(tf.random.normal((3,)))\nfor _ in range(3):\n    w.assign_sub(tf.random.uniform((3,)) * w)\n"
        "model.add(keras.layers.Dense(1))\nstep()",
    ],
    ids=["eager", "compiled", "fit", "random"],
)
def test_numbers_are_the_same_to_the_last_bit(answer: Answer, loop: str) -> None:
    ending = """
answer = [v.numpy().tobytes().hex() for v in model.variables] + [v.path for v in model.variables]
answer += [float(tf.random.uniform(())), np.random.rand(), keras.layers.Dense(1).name, tf.Variable(0.0).name]
"""
    plain = answer(f"{loop}\n{ending}")
    block = textwrap.indent(loop, "    ")
    assert answer(f"with grader.doctor() as findings:\n{block}\nassert len(findings.limits)\n{ending}") == plain


def test_an_empty_block_leaves_random_numbers_names_and_warnings_alone(answer: Answer) -> None:
    program = """
import random, warnings
def around():
    return [
        list(map(str, random.getstate())), str(np.random.get_state()), list(map(str, warnings.filters)),
        str(tf.random.get_global_generator().state),
        str(keras.src.backend.common.global_state.GLOBAL_STATE_TRACKER.__dict__.keys()),
    ]
around()
before = around()
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    with grader.doctor():
        pass
answer = [before == around(), [str(one.message) for one in told]]
"""
    assert answer(program) == [True, []]


def test_what_another_thread_does_meanwhile_is_neither_recorded_nor_changed(answer: Answer) -> None:
    program = """
inside, done = threading.Event(), threading.Event()
def work():
    global others
    inside.wait()
    with tf.GradientTape() as tape:
        loss = tf.round(other)
    tape.gradient(loss, other)
    with grader.doctor() as others:
        step(tf.round)
    done.set()
other = tf.Variable(1.0)
thread = threading.Thread(target=work)
thread.start()
with grader.doctor() as findings:
    inside.set()
    done.wait()
    step()
answer = [findings.healthy, len(findings), others.healthy, others.message]
"""
    healthy, found, others, message = answer(program)
    assert (healthy, found, others) == (True, 0, None) and "Another thread" in message


def test_an_exception_passes_through_and_is_in_the_findings(answer: Answer) -> None:
    program = """
try:
    with grader.doctor() as findings:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(x))
        tape.gradient(loss, model.trainable_variables)
        tape.gradient(loss, model.trainable_variables)
except RuntimeError as error:
    answer = [str(error), findings[0].cause, findings.healthy]
"""
    message, cause, healthy = answer(program)
    assert "non-persistent" in message and cause == "tape_reused" and healthy is False


def test_a_tape_that_is_older_than_the_block_is_left_out(answer: Answer) -> None:
    program = """
with tf.GradientTape() as tape:
    hidden = model(x)
    with grader.doctor() as findings:
        loss = tf.reduce_mean(hidden ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        watched = [v.name for v in tape.watched_variables()]
answer = [len(findings), findings.healthy, findings.limits, len(watched)]
"""
    found, healthy, limits, watched = answer(program)
    assert (found, healthy, watched) == (0, None, 4)
    assert any("before the block was left out" in limit for limit in limits)


def test_a_compiled_function_is_followed_to_its_line(answer: Answer) -> None:
    program = """
@tf.function
def train(x):
    if tf.reduce_sum(x) > 0:  # AutoGraph writes this anew
        x = x + 1
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.stop_gradient(model(x)) ** 2)
    return tape.gradient(loss, model.trainable_variables)

with grader.doctor() as findings:
    train(x)
answer = [findings[0].line - 1, findings[0].cause, findings.limits]
"""
    line, cause, limits = answer(program)
    assert "tf.stop_gradient" in (START + program).splitlines()[line] and cause == "stop_gradient"
    assert any("Compiled functions" in limit for limit in limits)


def test_memory_is_bounded_where_no_gradient_is_ever_asked_for(answer: Answer) -> None:
    program = """
from grader.inprocess import recording
recording.MOST_CLOCK = 2_000
with grader.doctor() as findings:
    for _ in range(500):
        model(x)
    log = recording._running._log
    answer = [len(log.tensors), len(log.produced)]
answer += [findings.message, *findings.limits]
"""
    tensors, produced, message, first, *_ = answer(program)
    assert tensors < 3_000 and produced < 3_000
    assert "No gradient was asked for" in message and "Recording stopped" in first


@pytest.mark.parametrize(
    ("body", "raises"),
    [("step()", False), ("step(tf.round)", True), ("model(x)", True)],
    ids=["healthy", "an error", "nothing to examine"],
)
def test_check_raises_unless_gradients_were_seen_to_arrive(answer: Answer, body: str, raises: bool) -> None:
    program = f"""
with grader.doctor() as findings:
    {body}
try:
    findings.check()
    answer = None
except AssertionError as error:
    answer = str(error)
"""
    told = answer(program)
    assert (told is not None) == raises
    assert body != "step(tf.round)" or "loss = tf.reduce_mean((function(model(x" in told


def test_html_shows_the_line_and_escapes_it(answer: Answer) -> None:
    program = """
with grader.doctor() as findings:
    step(lambda value: tf.round(value) if "<b>" else value)
answer = findings._repr_html_()
"""
    page = answer(program)
    assert "<mark>" in page and "if &#34;&lt;b&gt;&#34; else" in page and "<b>&#34;" not in page
    assert "<script" not in page


# --- TensorFlow, where it is not there yet ------------------------------------------------------------------------


def run(program: str, folder: Path) -> str:
    (folder / "program.py").write_text(program)
    command = [sys.executable, "program.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=120).stdout


def test_tensorflow_is_not_imported(tmp_path: Path) -> None:
    program = """
import sys
import grader
heavy = {"tensorflow", "keras", "pydantic", "rich", "click", "IPython"}
assert not heavy & sys.modules.keys()
before = list(sys.meta_path)
with grader.doctor() as findings:
    import json
assert sys.meta_path == before and not {"tensorflow", "keras"} & sys.modules.keys()
print(findings.message)
"""
    assert run(program, tmp_path) == "TensorFlow was not imported, so there was nothing to examine.\n"


@pytest.mark.parametrize("first", ["import tensorflow as tf, keras", "import keras, tensorflow as tf"])
def test_tensorflow_may_be_imported_inside(tmp_path: Path, first: str) -> None:
    program = f"""
import sys
import grader
import grader.doctor.story  # the package of the same name

with grader.doctor() as findings:
    {first}
    w = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        loss = tf.round(w)
    tape.gradient(loss, w)
left = [*sys.meta_path, tf.__spec__.loader, tf.__loader__, keras.__spec__.loader]
assert not any(type(one).__module__.startswith("grader") for one in left), left
print(findings[0].line, findings[0].cause, findings.file_of(0))
"""
    line, cause, file = run(program, tmp_path).split()
    assert program.splitlines()[int(line) - 1].strip() == "loss = tf.round(w)"
    assert (cause, file) == ("nondifferentiable_op", "program.py")
