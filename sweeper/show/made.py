"""What a trial was made from, in lines: commit, data, weights."""

from collections.abc import Mapping
from typing import Any

NOT_RECORDED = "not recorded"


def commit_line(folder: Mapping[str, Any]) -> str:
    """The commit of a working folder, and whether it was changed since."""
    changed = ", changed: the difference is in the database" if folder["changed"] else ""
    return f"{folder['commit']}{changed}"


def weights_line(inputs: Mapping[str, Any]) -> str:
    """The weights that the encoder of a trial began with."""
    return f"SHA-256 {inputs['weights']}" if inputs["weights"] else "none"


def file_lines(inputs: Mapping[str, Any]) -> list[str]:
    """The data files of a trial, each with its hash."""
    parts = [part for splits in inputs["rows"].values() for part in splits.values() if part["file"]]
    return list(dict.fromkeys(f"{part['file']}: SHA-256 {part['sha256']}" for part in parts))


def row_lines(inputs: Mapping[str, Any]) -> list[str]:
    """The rows of a trial, a line for each task and split."""
    said = []
    for task, splits in inputs["rows"].items():
        for split, part in splits.items():
            left = part["read"] - part["dropped"] - part["used"]
            line = f"{task} {split}: {part['used']:,} of {part['read']:,} rows"
            line += f", {part['dropped']:,} incomplete and left out" if part["dropped"] else ""
            line += f", {left:,} not in the subset" if left else ""
            also = inputs["dev_in_train"].get(task) if split == "dev" else None
            said.append(line + (f", {also:,} also in train" if also else ""))
    return said
