"""Who is enrolled, whether or not they submitted anything, and notes on attempts for the instructor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("students") as students:
        students.add_column(sa.Column("email", sa.String, nullable=False, server_default=""))
        students.add_column(sa.Column("enrolled", sa.Boolean, nullable=False, server_default=sa.false()))
    with op.batch_alter_table("attempts") as attempts:
        attempts.add_column(sa.Column("note", sa.String, nullable=False, server_default=""))
