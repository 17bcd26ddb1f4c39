"""A class made up for looking at pages: `python -m classroom.made_class 1000 13 > page.html` from tests/."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from grader.classroom.gradebook import Override, Row
from grader.classroom.page import class_page
from grader.model import Check, CheckStatus, Finding

TITLES = (
    *("Outside the tape", "Detached tensors", "Non-differentiable ops", "Stateful writes", "Custom training loop"),
    *("Persistent tapes", "Variables that don't learn", "Graph mode", "Custom gradients", "Stop gradient"),
    *("Masks and NaN", "Higher order", "Distribution", "Mixed precision", "Sparse rows", "Export"),
)
CHECKS = (
    ("test_functions_exist", "the notebook defines its functions", 1.0),
    ("test_connected", "every trainable variable receives a gradient", 3.0),
    ("test_finite", "no gradient is NaN or infinite", 1.0),
    ("test_values", "gradients match on hidden data", 4.0),
    ("test_training", "the notebook's own training improves", 1.0),
)
CAUSES = (
    ("GRAD002", "detached_numpy", ["scaled = hidden.numpy() * scale", "h = np.maximum(hidden, 0)", "x = x.numpy()"]),
    ("GRAD001", "outside_tape", ["hidden = dense(x)", "prediction = model(x, training=True)"]),
    ("GRAD003", "nondifferentiable_op", ["labels = tf.argmax(logits, axis=-1)", "q = tf.round(x * 16) / 16"]),
    ("GRAD022", "broadcast", ["loss = tf.reduce_mean((prediction - y) ** 2)"]),
    ("GRAD037", "singular_point", ["norm = tf.sqrt(tf.reduce_sum(v ** 2))", "d = tf.norm(a - b)"]),
    ("GRAD008", "untracked_layer", ["self.blocks = {name: Dense(8) for name in names}"]),
)
FIRST = "Ada Alan Amir Anna Ben Chen Dana Emre Fatou Grace Hana Ivo Jonas Kai Lea Mina Noor Ola Priya Zoë".split()  # noqa: SIM905
LAST = "Abe Berg Costa Diop Ebert Fuchs García Hopper Ito Jansen Kim Lovelace Müller Nowak O'Brien Sato Yıldız".split()  # noqa: SIM905


def made_rows(students: int, exercises: int, seed: int = 5) -> list[Row]:
    chance = random.Random(seed)
    rows = []
    for number in range(students):
        name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        skill = chance.betavariate(4, 2)
        section = chance.choice(["Monday", "Tuesday", "Friday"])
        for index in range(exercises):
            if chance.random() < 0.05 + 0.02 * index:
                continue
            last = _row(chance, f"s{number:04}", name, section, index, skill - 0.03 * index)
            earlier = chance.choice([0, 0, 0, 1, 1, 2, 4])
            rows += [
                replace(last, counts=False, attempt=one, sha256=f"{last.key}{one}") for one in range(1, earlier + 1)
            ]
            rows.append(replace(last, attempt=earlier + 1))
    return rows


def _row(chance: random.Random, student: str, name: str, section: str, index: int, skill: float) -> Row:
    exercise = f"{index + 1:02}_{TITLES[index].lower().replace(' ', '_')}"
    luck = chance.random()
    status = (
        "passed" if luck < skill else "failed" if luck < 0.94 else chance.choice(["crashed", "timed_out", "killed"])
    )
    broken = chance.randrange(1, 5) if status == "failed" else 5 if status == "passed" else 0
    states: list[CheckStatus] = ["skipped"] * 5
    states[:broken] = ["passed"] * broken
    if status == "failed":
        states[broken] = "failed"
    checks = tuple(
        Check(id_, title, state, points if state == "passed" else 0.0, points)
        for (id_, title, points), state in zip(CHECKS, states, strict=True)
    )
    code, cause, lines = CAUSES[min(int(chance.expovariate(0.7)), 5)]
    line = chance.choice(lines)
    finding = Finding(code, cause, "error", chance.randrange(2, 6), chance.randrange(1, 9), 0, 5, line, "", (), "", "")
    late = chance.random() < 0.06
    override = Override(6.0, "right idea", "mira", datetime(2025, 5, 2, tzinfo=UTC)) if chance.random() < 0.01 else None
    return Row(
        key=f"{student}{exercise}",
        student=student,
        name=name,
        section=section,
        exercise=exercise,
        title=TITLES[index],
        attempt=1,
        counts=True,
        late=late,
        submitted=None,
        source=f"{student}/{exercise}.ipynb",
        sha256=f"{student}{exercise}",
        platform="plain",
        hand_back="",
        reason="",
        status=status,
        message="",
        next_step="",
        graded_score=sum(check.points for check in checks),
        max_score=10.0,
        override=override,
        seconds=chance.lognormvariate(-0.5, 0.4),
        checks=checks,
        findings=(finding,) if status == "failed" else (),
        grader_version="1",
        exercise_hash="",
    )


def made_page(students: int, exercises: int) -> str:
    rows = made_rows(students, exercises)
    return class_page(rows, {}, title="Deep learning 101", made=datetime(2025, 5, 3, 14, 30, tzinfo=UTC))


if __name__ == "__main__":
    Path(sys.argv[3]).write_text(made_page(int(sys.argv[1]), int(sys.argv[2])), "utf-8")
