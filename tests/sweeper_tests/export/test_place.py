"""An export takes the place of an earlier one so that at any moment one of the two stands there."""

import os
import time
from pathlib import Path

import pytest

from model.files import temporary_folder
from model.maker import STALE_SECONDS
from sweeper.export import place
from tests.model_tests.test_maker import of_a_dead_process


def made(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True)
    (folder / name).touch()
    return folder


def there(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("exchanges", [True, False])
def test_the_new_one_stands_in_its_place(
    exchanges: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchanges:
        monkeypatch.setattr(place, "_exchange", lambda one, other: False)
    folder = tmp_path / "model"
    for name in ("first", "second"):
        with temporary_folder(tmp_path, "model") as temporary:
            place.put(made(temporary / "new", name), folder)
        assert there(folder) == [name]
        assert there(tmp_path) == ["model"]


def test_where_folders_cannot_be_exchanged_an_interruption_brings_the_earlier_one_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def interrupted(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(place, "_exchange", lambda one, other: False)
    monkeypatch.setattr(Path, "rename", interrupted)
    folder = made(tmp_path / "model", "earlier")
    with pytest.raises(KeyboardInterrupt), temporary_folder(tmp_path, "model") as temporary:
        place.put(made(temporary / "new", "later"), folder)
    assert there(folder) == ["earlier"]


@pytest.mark.parametrize("in_place", [True, False])
def test_the_next_export_cleans_up_after_a_killed_one(in_place: bool, tmp_path: Path) -> None:
    left = tmp_path / of_a_dead_process().replace(".x.", ".model.")
    made(left / "old", "earlier")
    folder = tmp_path / "model"
    if in_place:
        made(folder, "later")
    place.recover(folder)
    assert there(tmp_path) == ["model"]
    assert there(folder) == ["later" if in_place else "earlier"]


def test_a_file_of_somebody_else_s_beside_it_stays(tmp_path: Path) -> None:
    (tmp_path / ".model.conf").touch()
    os.utime(tmp_path / ".model.conf", (0, time.time() - STALE_SECONDS - 60))
    place.recover(tmp_path / "model")
    assert there(tmp_path) == [".model.conf"]
