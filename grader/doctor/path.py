"""The path from the loss to a variable as a row of labels, with a "╳" where the gradient stopped."""

from __future__ import annotations

import re

from grader.doctor.events import Whole
from grader.doctor.flow import Step

HIDDEN = ("ReadVariableOp", "Identity")
MOST_LABELS = 14
VERSION = re.compile(r"V\d+$")
WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
SPOKEN = {"Select": "where", "RealDiv": "div", "Greater": "comparison", "Less": "comparison", "MatMul": "matmul"}
SPOKEN |= {"GreaterEqual": "comparison", "LessEqual": "comparison", "StatelessMultinomial": "categorical"}
SPOKEN |= {
    "Multinomial": "categorical",
    "TensorDataset": "tf.data",
    "BatchMatMul": "matmul",
    "ResourceGather": "gather",
}
SPOKEN |= {"ArgMax": "argmax", "ArgMin": "argmin", "ReadVariableOp": ""}


def draw(path: list[Step], lost: Step, source: str) -> tuple[str, ...]:
    """The path from target to source as labels, broken where the gradient stopped."""
    labels: list[str] = ["loss"]
    for step in reversed(path):
        if step is lost:
            labels.append("╳")
        if step.kind == "op" and step.operation is not None and step.operation.type not in HIDDEN:
            labels.append(spell(step.operation.type))
        elif step.kind in ("python", "copy"):
            labels.append("Python")
        elif step.kind == "state":
            labels.append("a variable's value")
        elif step.kind == "whole":
            name = step.event.name if isinstance(step.event, Whole) else ""
            labels.append("a compiled function" if name.startswith("__") else name)
    return (*(labels if len(labels) < MOST_LABELS else [*labels[:3], "…", *cut_out(labels)]), source)


def cut_out(labels: list[str]) -> list[str]:
    at = labels.index("╳")
    return labels[max(3, at - 3) : at + 5]


def spell(name: str) -> str:
    """An operation's name as people write it: `AddV2` is add, `SelectV2` is where, `BiasAdd` is bias_add. Nothing for
    one that nobody writes."""
    plain = VERSION.sub("", name)
    return SPOKEN.get(plain, WORD.sub("_", plain.replace("2D", "2d").replace("3D", "3d")).lower())
