"""What a trial was made from, in lines: commit, data, weights."""

from collections.abc import Mapping
from typing import Any

from ..trial import TrialRow

NOT_RECORDED = "not recorded"


def precision_words(run: TrialRow) -> str:
    """What is said of a trial's precision behind its device: nothing of fp32."""
    precision = run.config.get("precision", "fp32")
    return "" if precision == "fp32" else f", {precision}"


def commit_line(folder: Mapping[str, Any]) -> str:
    """The commit of a working folder, and whether it was changed since."""
    kept = ": the difference is in the database" if folder["diff"] else ""
    return f"{folder['commit']}{f', changed{kept}' if folder['changed'] else ''}"


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
            line += f", {dropped_words(part)}" if part["dropped"] else ""
            line += f", {left:,} not in the subset" if left else ""
            line += f", {part['taught']:,} with a teacher's prediction" if part.get("teacher") else ""
            also = {"train": inputs["dev_in_train"].get(task)} if split == "dev" else part.get("also_in", {})
            said.append(", ".join([line, *doubt_words(part, also)]))
    return said


def dropped_words(part: Mapping[str, Any]) -> str:
    """How many rows of a split were left out, and why where that is recorded."""
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in part.get("why", {}).items())
    return (
        f"{part['dropped']:,} left out ({reasons})"
        if reasons
        else f"{part['dropped']:,} incomplete and left out"
    )


def doubt_words(part: Mapping[str, Any], also_in: Mapping[str, int | None]) -> list[str]:
    """Rows of a split that say the same as others, and the share that was cut; nothing of what is none.

    Args:
        part: What is recorded of the split.
        also_in: How many of its rows stand in other splits too.
    """
    said = [f"{part['doubles']:,} repeat an earlier row"] if part.get("doubles") else []
    said += [f"{count:,} also in {split}" for split, count in also_in.items() if count]
    return said + ([f"{part['cut']:.1%} with a text cut at max_length"] if part.get("cut") else [])
