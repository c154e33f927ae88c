"""The circumstances of a trial, by name: what may explain that it comes out otherwise when trained again."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from ..executors.protocol import Loaded, Started
from ..trial import TrialRow
from ..version import __version__
from .workingfolder import working_folder

Value = str | int | float | None
Circumstances = dict[str, Value]

MISSING = "nothing"
"""What stands in the place of a package, or a metric, that is not there."""


def recorded_circumstances(row: TrialRow, kept: Mapping[str, Mapping[str, Any]]) -> Circumstances:
    """What is recorded of a trial; None where something was not.

    Args:
        row: The trial.
        kept: What the trials of its study were made from, by the digests that they name.
    """
    return {
        "machine": row.machine,
        "processor": row.processor,
        "threads": row.threads,
        "device": row.device,
        "data fingerprint": row.fingerprint,
        **_inputs(kept.get(row.inputs or "", {})),
        **_folder(kept.get(row.working_folder or "", {})),
        **(row.versions or {}),
    }


def circumstances_here(names: Mapping[str, object]) -> Circumstances:
    """The working folder as it is now, and the installed versions of the packages of these names."""
    folder = working_folder(Path())
    return _folder(asdict(folder) if folder else {}) | {name: _version(name) for name in names}


def circumstances_heard(event: Started | Loaded) -> Circumstances:
    """What a trial says of where it runs and what it reads."""
    if isinstance(event, Loaded):
        return _inputs(asdict(event.inputs))
    return {
        "machine": event.machine,
        "processor": event.processor,
        "threads": event.threads,
        "device": event.device,
    }


def _inputs(inputs: Mapping[str, Any]) -> Circumstances:
    parts = [part for splits in inputs.get("rows", {}).values() for part in splits.values()]
    files: Circumstances = {f"file {part['file']}": part["sha256"] for part in parts if part["file"]}
    return files | {"encoder weights": inputs.get("weights")}


def _folder(folder: Mapping[str, Any]) -> Circumstances:
    if not folder:
        return {}
    digest = hashlib.sha256(folder["diff"].encode()).hexdigest()
    changes = f"SHA-256 {digest}" if folder["changed"] else "none"
    return {"commit": folder["commit"], "changes since the commit": changes}


def _version(package: str) -> str:
    if package == "sweeper":  # as records name what is distributed as sentence-sweeper
        return __version__
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return MISSING
