"""The few functions that the trusted side calls in a kernel: start, fault, recorded, missing, probe.

Each answers with text in the wire format. `start` is called before the notebook's first cell; until then none of the
notebook's code has run.
"""

import gc
import json
import os
import sys
from collections import Counter
from typing import Any

from . import wire
from .cells import Cells, OwnModules
from .probing import Learner, MissingName, Tools, device_of, plain
from .program import begin, end_after, steps_taken
from .recorder import Recorder

_state: "dict[str, Any]" = {}


def start(device: str) -> None:
    """Import TensorFlow on the device asked for ("cpu", "gpu", "auto") and begin to record."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    gc.disable()  # while what is imported is no garbage: a fifth of the import's time
    import tensorflow as tf
    from IPython.core.getipython import get_ipython

    gc.enable()
    shell = get_ipython()
    gpus = [] if device == "cpu" else tf.config.list_physical_devices("GPU")
    if gpus:
        _make_comparable(tf, gpus)
    _state.update(cells=Cells(shell), namespace=shell.user_ns, gpus=len(gpus), cuda=tf.test.is_built_with_cuda())
    _state["recorder"] = recorder = Recorder(_state["cells"])
    _state["tools"] = Tools(shell.user_ns, recorder)
    recorder.install()


def _make_comparable(tf: Any, gpus: "list[Any]") -> None:
    """On a GPU, so that two runs agree: no TF32, deterministic operations (which need a seed), memory as needed."""
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.enable_tensor_float_32_execution(False)
    tf.random.set_seed(0)
    tf.config.experimental.enable_op_determinism()


def program(name: str) -> str:
    """What runs is the program in a file of this name."""
    begin(_state["namespace"], name)
    return wire.pack(None)


def limit(seconds: float) -> str:
    """Have the program stopped after so many seconds."""
    end_after(seconds, _state["cells"])
    return wire.pack(None)


def facts() -> str:
    """Versions and devices."""
    import numpy as np
    import tensorflow as tf

    keras = sys.modules.get("keras")
    versions = {
        "tensorflow": tf.__version__,
        "keras": getattr(keras, "__version__", ""),
        "numpy": np.__version__,
        "python": sys.version.split()[0],
    }
    return wire.pack(versions | {"gpus": _state["gpus"], "cuda": _state["cuda"]})


def fault() -> str:
    """The exception that ended the last cell."""
    error = getattr(sys, "last_value", None)
    return wire.pack(None if error is None else _state["cells"].describe(error))


def recorded() -> str:
    """The gradients recorded since the start, or since the last time this was asked."""
    return wire.pack(_state["recorder"].take())


def missing(names: str) -> str:
    """Which of these names (separated by blanks) the notebook does not define as something callable."""
    namespace = _state["namespace"]
    return wire.pack([name for name in names.split() if not callable(namespace.get(name))])


def trace(plan: str) -> str:
    """Begin the doctor's trace, which is installed already. Answers which of its hooks work here."""
    options = json.loads(plan)
    _state["modules"] = OwnModules(_state["cells"]) if options.pop("modules", False) else None
    locate = (_state["modules"] or _state["cells"]).number
    return wire.pack(sys.modules["_gradient_trace"].install(locate, options))


def traced(crashed: bool) -> str:
    """The doctor's trace; `crashed`: the last cell raised."""
    doctor = sys.modules["_gradient_trace"]
    error = getattr(sys, "last_value", None)
    if crashed and isinstance(error, Exception):
        doctor.failed(error)
    modules = _state["modules"].names() if _state["modules"] else {}
    return wire.pack({**doctor.fetch(), "modules": modules})


def counted() -> str:
    """How much training there was: places that asked for gradients, variables that they were asked for, steps."""
    recorded = _state["recorder"].sites.values()
    sites = [site for site in recorded if site.calls and site.place[0] is not None]
    variables: Counter[str] = Counter()
    for site in sites:
        variables |= Counter(source.name for source in site.sources)  # names may repeat, within one place
    places = {site.place for site in sites if site.kind != "step"}
    return wire.pack({"gradient_calls": len(places), "variables": variables.total(), "steps": steps_taken()})


def probe(source: str, inputs: str) -> str:
    """Run an exercise's probe on one draw of inputs."""
    namespace: dict[str, Any] = {"__name__": "probe"}
    exec(compile(source, "<probe>", "exec"), namespace)
    _state["recorder"].take()
    _state["tools"].begin(inputs)
    answer: dict[str, Any] = {"result": None, "error": None, "device": None}
    try:
        result = namespace["probe"](Learner(_state["namespace"]), wire.unpack(inputs), _state["tools"])
        answer.update(result=plain(result), device=device_of(result))
    except MissingName as error:
        answer["error"] = {"type": "MissingName", "message": str(error)}
    except Exception as error:
        answer["error"] = _state["cells"].describe(error) | {"message": ""}  # its text may carry hidden inputs
    answer["calls"] = _state["recorder"].take()
    return wire.pack(answer)
