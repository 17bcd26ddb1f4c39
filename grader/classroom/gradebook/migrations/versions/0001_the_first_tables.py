"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "exercises",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("max_score", sa.Double, nullable=False),
        sa.Column("checks", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_exercises"),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )
    op.create_table(
        "students",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("section", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_students"),
    )
    op.create_table(
        "attempts",
        sa.Column("key", sa.String, nullable=False),
        sa.Column("student_id", sa.String, nullable=True),
        sa.Column("exercise_id", sa.String, nullable=True),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("submitted", sa.DateTime, nullable=True),
        sa.Column("serial", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("intake", sa.Integer, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("platform", sa.String, nullable=False),
        sa.Column("hand_back", sa.String, nullable=False),
        sa.ForeignKeyConstraint(["exercise_id"], ["exercises.id"], name="fk_attempts_exercise_id_exercises"),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_attempts_student_id_students"),
        sa.PrimaryKeyConstraint("key", name="pk_attempts"),
    )
    op.create_index("ix_attempts_student_exercise", "attempts", ["student_id", "exercise_id"])
    op.create_table(
        "overrides",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("student_id", sa.String, nullable=False),
        sa.Column("exercise_id", sa.String, nullable=False),
        sa.Column("score", sa.Double, nullable=True),
        sa.Column("comment", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("made", sa.DateTime, nullable=False),
        sa.ForeignKeyConstraint(["exercise_id"], ["exercises.id"], name="fk_overrides_exercise_id_exercises"),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name="fk_overrides_student_id_students"),
        sa.PrimaryKeyConstraint("id", name="pk_overrides"),
    )
    op.create_index("ix_overrides_student_exercise", "overrides", ["student_id", "exercise_id"])
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("attempt_key", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("next_step", sa.String, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("max_score", sa.Double, nullable=False),
        sa.Column("grader_version", sa.String, nullable=False),
        sa.Column("exercise_hash", sa.String, nullable=False),
        sa.Column("graded", sa.DateTime, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("execute_seconds", sa.Double, nullable=False),
        sa.Column("environment", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_key"], ["attempts.key"], name="fk_verdicts_attempt_key_attempts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_verdicts"),
        sa.UniqueConstraint("attempt_key", name="uq_verdicts_attempt_key"),
    )
    op.create_table(
        "checks",
        sa.Column("verdict_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("check_id", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("points", sa.Double, nullable=False),
        sa.Column("max_points", sa.Double, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.ForeignKeyConstraint(
            ["verdict_id"], ["verdicts.id"], name="fk_checks_verdict_id_verdicts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("verdict_id", "position", name="pk_checks"),
    )
    op.create_table(
        "findings",
        sa.Column("verdict_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("cause", sa.String, nullable=False),
        sa.Column("severity", sa.String, nullable=False),
        sa.Column("cell", sa.Integer, nullable=True),
        sa.Column("line", sa.Integer, nullable=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("operation", sa.String, nullable=False),
        sa.Column("variables", sa.JSON, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.ForeignKeyConstraint(
            ["verdict_id"], ["verdicts.id"], name="fk_findings_verdict_id_verdicts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("verdict_id", "position", name="pk_findings"),
    )
    op.create_index("ix_findings_code", "findings", ["code"])
