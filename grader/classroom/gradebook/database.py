"""Opens the SQLite file of a gradebook: migrated to this version, with a journal that is safe where the file lies.

SQLite's write-ahead log survives kill -9 and lets others read while a batch writes, but needs shared memory between its
users, which network file systems do not give (sqlite.org/wal.html). There a rollback journal is used, and a notice says
so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.model.errors import GraderError

if TYPE_CHECKING:
    from sqlalchemy import Engine

BUSY_TIMEOUT = 60_000  # ms: somebody else's export may be reading
NETWORK = frozenset(
    {"9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "glusterfs", "gpfs", "lustre", "ncpfs"}
) | {
    *("nfs", "nfs4", "smb2", "smb3", "smbfs", "virtiofs", "webdav"),
    *("fuse.ceph", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
}


@dataclass(frozen=True, slots=True)
class Mount:
    point: str
    kind: str


def network_file_system(path: Path, mounts: Iterable[Mount]) -> str | None:
    """The kind of the network file system on which `path` lies, or None on a disk of this machine."""
    above = [mount for mount in mounts if path.is_relative_to(mount.point)]
    nearest = max(above, key=lambda mount: len(mount.point), default=None)
    return nearest.kind if nearest and nearest.kind.lower() in NETWORK else None


def list_mounts() -> list[Mount]:
    import psutil

    return [Mount(part.mountpoint, part.fstype) for part in psutil.disk_partitions(all=True)]


def connect(file: Path, mounts: Iterable[Mount] | None = None) -> tuple[Engine, str]:
    """An engine on the migrated file, and a sentence to show where the write-ahead log could not be used."""
    from sqlalchemy import create_engine, event

    kind = network_file_system(file.resolve(), list_mounts() if mounts is None else mounts)
    journal = "DELETE" if kind else "WAL"
    engine = create_engine(f"sqlite:///{file}")

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("PRAGMA synchronous = FULL")  # one commit a notebook: its cost can't be measured
        connection.execute("PRAGMA foreign_keys = ON")

    _migrate(engine, file)
    with engine.connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    if kind:
        return engine, f"{file} lies on a network file system ({kind}): using SQLite's {mode} journal there, not WAL."
    return engine, "" if mode == "wal" else f"SQLite's write-ahead log does not work for {file}: using {mode}."


def _migrate(engine: Engine, file: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError
    from sqlalchemy.exc import DatabaseError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # two who open a new gradebook at once make it once
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError:
        raise GraderError(
            f"{file} was written by a newer version of the grader.", "Update the grader, or choose another --output."
        ) from None
    except DatabaseError as error:
        raise GraderError(
            f"{file} is not a gradebook that can be opened ({error.orig}).",
            "Move it away, or choose another --output; `sqlite3 FILE 'PRAGMA integrity_check'` says more.",
        ) from None
