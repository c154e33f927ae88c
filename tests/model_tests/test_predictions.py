"""Predictions come back as they were saved, or not at all."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from model.predictions import Predictions, read_predictions, save_predictions

IDS, LABELS = np.array(["a", "b.c", "ü"]), np.array([0.0, 2.0, 1.0])
SAVED = {
    "sst": Predictions(IDS, np.array([0.0, 1.0, 1.0]), LABELS),
    "sts": Predictions(
        IDS[:2],
        np.array([0.1, 4.9]),
        LABELS[:2],
        np.array([3, 7]),
        {"dia.lect": np.array(["n", "s"]), "label": np.array(["", "x"])},
    ),
}


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    save_predictions(tmp_path / "run" / "file.npz", SAVED)
    found = read_predictions(tmp_path / "run" / "file.npz")
    assert found is not None
    for task, expected in SAVED.items():
        np.testing.assert_equal(asdict(found[task]), asdict(expected))


@pytest.mark.parametrize("content", [None, b"", b"PK", "half", "no words of it"])
def test_what_cannot_be_read_is_none(content: bytes | str | None, tmp_path: Path) -> None:
    path = tmp_path / "file.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "half":
        save_predictions(path, SAVED)
        path.write_bytes(path.read_bytes()[:-200])
    elif content:
        np.savez(path, **{"sst.label": LABELS})
    assert read_predictions(path) is None
