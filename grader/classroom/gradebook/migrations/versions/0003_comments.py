"""Comments without a score: to one student, or to everybody with the same finding or the same code."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("exercise_id", sa.String, nullable=False),
        sa.Column("about", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("made", sa.DateTime, nullable=False),
        sa.ForeignKeyConstraint(["exercise_id"], ["exercises.id"], name="fk_comments_exercise_id_exercises"),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
