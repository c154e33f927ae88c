"""What is written beside its place is whole there, or not there at all."""

from pathlib import Path

import pytest

from model.files import beside, write_beside


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("contended", [False, True])
def test_a_file_stands_in_its_place_at_the_end_alone(contended: bool, tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    for content in ("first", "second"):
        with beside(path, contended=contended) as place:
            place.write_text(content)
            assert place.parent == path.parent
            assert place.name.startswith(".")
            assert content == "first" or path.read_text() == "first"
        assert path.read_text() == content
    with pytest.raises(OSError, match="full"), beside(path, contended=contended) as place:
        place.write_text("third")
        raise OSError("full")
    assert (names(path.parent), path.read_text()) == (["file"], "second")


@pytest.mark.parametrize("left", ["file", "folder"])
def test_a_folder_replaces_what_a_killed_process_left(left: str, tmp_path: Path) -> None:
    old = tmp_path / ".folder"
    if left == "file":
        old.write_text("half")
    else:
        (old / "below").mkdir(parents=True)
    with beside(tmp_path / "folder") as place:
        place.mkdir()
        (place / "whole").touch()
    assert (names(tmp_path), names(tmp_path / "folder")) == (["folder"], ["whole"])


def test_of_several_that_write_at_once_each_has_its_own_place(tmp_path: Path) -> None:
    with beside(tmp_path / "a", contended=True) as one, beside(tmp_path / "a", contended=True) as other:
        one.write_text("one")
        other.write_text("other")
    assert (names(tmp_path), (tmp_path / "a").read_text()) == (["a"], "one")


def test_text_and_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    write_beside(tmp_path / "text", "é\n")
    write_beside(tmp_path / "bytes", b"\xff\r\n")
    assert (tmp_path / "text").read_bytes() == b"\xc3\xa9\n"
    assert (tmp_path / "bytes").read_bytes() == b"\xff\r\n"
