"""Alembic's entry point: runs the migrations on the connection that database.py hands over."""

from __future__ import annotations

from alembic import context

from grader.classroom.gradebook.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite can't alter a column in place
)
with context.begin_transaction():
    context.run_migrations()
