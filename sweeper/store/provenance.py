"""What the trials of a study were made from, each content once: a diff of 256 KiB serves all trials."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from ..trial import StudyRow
from .damage import read
from .optuna_tables import mirror
from .tables import provenance, sweep


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of a content, by which trials name it."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def keep(connection: sa.Connection, study: int, digest: str, content: Mapping[str, Any]) -> None:
    """Keeps a content unless it is kept already.

    Args:
        connection: A transaction.
        study: Key of the study whose it is.
        digest: Its name.
        content: It, fit for JSON.
    """
    values = {"sweep_id": study, "digest": digest, "content": dict(content)}
    connection.execute(mirror.inserting(connection, provenance).on_conflict_do_nothing(), values)


def name_files(connection: sa.Connection, study: int, files: Mapping[str, Any] | None) -> None:
    """Keeps the files of a study, and lets it name them.

    Args:
        connection: A transaction.
        study: Key of the study.
        files: What is kept of them; None where they are not known.
    """
    digest = None if files is None else digest_of(files)
    if files is not None and digest is not None:
        keep(connection, study, digest, files)
    connection.execute(sweep.update().where(sweep.c.id == study).values(written=digest))


def contents(
    connection: sa.Connection, study: StudyRow, damaged: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """All that is kept of a study, by its SHA-256.

    Args:
        connection: To the database.
        study: The study.
        damaged: Hears of what cannot be read.
    """
    columns = provenance.c
    query = sa.select(columns.digest, columns.content).where(columns.sweep_id == study.id)
    keys = sa.select(columns.digest).where(columns.sweep_id == study.id)
    rows = read(connection, query, columns.digest, keys, lambda _, wrong: damaged(wrong))
    return {row.digest: row.content for row in rows}
