"""Predictions come back as they were saved, or not at all."""

import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.files import RunFolder
from model.predictions import (
    Predictions,
    leave_predictions,
    place_predictions,
    read_predictions,
    save_predictions,
)

IDS, LABELS = np.array(["a", "b.c", "ü"]), np.array([0.0, 2.0, 1.0])
SAVED = {
    "sst": Predictions(IDS, np.array([0.0, 1.0, 1.0]), LABELS),
    "sts": Predictions(
        IDS[:2],
        np.array([0.1, 4.9]),
        LABELS[:2],
        np.array([3, 7]),
        {"dia.lect": np.array(["n", "s"]), "label": np.array(["", "x"])},
        np.array([[0.02], [-0.98]], dtype=np.float32),
    ),
}


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    save_predictions(tmp_path / "run" / "file.npz", SAVED)
    found = read_predictions(tmp_path / "run" / "file.npz")
    assert found is not None
    for task, expected in SAVED.items():
        np.testing.assert_equal(asdict(found[task]), asdict(expected))
    assert found["sts"].scores is not None
    assert found["sts"].scores.dtype == np.float32


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


WRONG = [
    {"sst.prediction": np.array([0.0, np.nan, 1.0])},
    {"sst.label": np.array([0.0, np.inf, 1.0])},
    {"sst.label": np.array(["0", "x", "1"])},
    {"sst.prediction": np.array([0.0, 1.0])},
    {"sst.words": np.array([[1], [2], [3]])},
    {"sst.id": np.array("a")},
    {"sst.scores": np.zeros((2, 3), np.float32)},
    {"sst.scores": np.zeros(3, np.float32)},
    {"sst.scores": np.full((3, 3), np.nan, np.float32)},
    {"sst.scores": np.full((3, 3), 1e300)},
    {"sst.group.dialect": np.array(["n"])},
]


@pytest.mark.parametrize("other", WRONG, ids=str)
def test_a_file_without_a_finite_value_for_each_row_is_none(
    other: dict[str, NDArray[np.generic]], tmp_path: Path
) -> None:
    right = {"sst.prediction": SAVED["sst"].predicted, "sst.label": LABELS, "sst.id": IDS}
    np.savez(tmp_path / "right.npz", allow_pickle=False, **right)
    np.savez(tmp_path / "wrong.npz", allow_pickle=False, **{**right, **other})
    assert read_predictions(tmp_path / "right.npz") is not None
    assert read_predictions(tmp_path / "wrong.npz") is None


def test_a_byte_that_is_another_is_never_an_error(tmp_path: Path) -> None:
    path, chance = tmp_path / "file.npz", np.random.default_rng(1)
    save_predictions(path, SAVED)
    saved = path.read_bytes()
    for _ in range(500):
        damaged = bytearray(saved)
        damaged[chance.integers(len(damaged))] ^= 1 << int(chance.integers(8))
        path.write_bytes(damaged)
        for found in (read_predictions(path) or {}).values():
            assert any(found.predicted.tolist() == one.predicted.tolist() for one in SAVED.values())


def test_a_file_that_says_to_be_huge_is_none(tmp_path: Path) -> None:
    path = tmp_path / "file.npz"
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"
    with zipfile.ZipFile(path, "w") as archive:
        length = len(header) + 1
        archive.writestr(
            "sst.label.npy", b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + header + b"\n"
        )
    assert read_predictions(path) is None


def test_predictions_wait_for_the_checkpoint_of_their_epoch(tmp_path: Path) -> None:
    folder, later = RunFolder(tmp_path), {"sst": SAVED["sst"]}

    def placed() -> list[set[str] | None]:
        found = (read_predictions(path) for path in (folder.predictions, folder.test_predictions))
        return [None if one is None else set(one) for one in found]

    leave_predictions(folder, 1, SAVED, {})
    assert placed() == [None, None]
    place_predictions(folder, 1)
    assert placed() == [{"sst", "sts"}, None]
    for best, expected in ((None, {"sst", "sts"}), (1, {"sst", "sts"}), (3, {"sst"})):
        leave_predictions(folder, 3, later, later)
        place_predictions(folder, best)
        assert placed() == [expected, expected if best == 3 else None]
        assert list(folder.checkpoints.iterdir()) == []
    place_predictions(folder, 3)
    assert placed() == [{"sst"}, {"sst"}]
