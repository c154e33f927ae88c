"""What is written beside its place is whole there, or not there at all."""

import os
from pathlib import Path

import pytest

from model.files import RunFolder, beside, read_file, write_beside
from model.maker import temporary_name


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_stands_in_its_place_at_the_end_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    for content in ("first", "second"):
        with beside(path) as place:
            place.write_text(content)
            assert place.parent == path.parent
            assert place.name.startswith(".")
            assert content == "first" or path.read_text() == "first"
        assert path.read_text() == content
    with pytest.raises(OSError, match="full"), beside(path) as place:
        place.write_text("third")
        raise OSError("full")
    assert (names(path.parent), path.read_text()) == (["file"], "second")


def test_a_folder_stands_in_its_place_whole(tmp_path: Path) -> None:
    with beside(tmp_path / "folder") as place:
        place.mkdir()
        (place / "whole").touch()
    assert (names(tmp_path), names(tmp_path / "folder")) == (["folder"], ["whole"])


def test_of_several_that_write_at_once_each_has_its_own_place(tmp_path: Path) -> None:
    with beside(tmp_path / "a") as one, beside(tmp_path / "a") as other:
        one.write_text("one")
        other.write_text("other")
    assert (names(tmp_path), (tmp_path / "a").read_text()) == (["a"], "one")


def test_a_link_that_lies_where_a_file_goes_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    (tmp_path / "file").symlink_to(tmp_path / "target")
    write_beside(tmp_path / "file", "new")
    assert ((tmp_path / "target").read_text(), (tmp_path / "file").is_symlink()) == ("mine", False)


def test_a_pipe_or_a_device_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "stdout").symlink_to("/proc/self/fd/1")
    before = names(tmp_path)
    for name in ("pipe", "stdout"):
        with pytest.raises(OSError, match="it is a pipe or a device, not a file: '.*" + name):
            write_beside(tmp_path / name, "text")
    assert names(tmp_path) == before


def test_an_error_names_the_place_and_not_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError) as error:
        write_beside(tmp_path / "folder", "text")
    assert (error.value.filename, error.value.filename2) == (str(tmp_path / "folder"), None)


def test_text_and_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    write_beside(tmp_path / "text", "é\n")
    write_beside(tmp_path / "bytes", b"\xff\r\n")
    assert (tmp_path / "text").read_bytes() == b"\xc3\xa9\n"
    assert (tmp_path / "bytes").read_bytes() == b"\xff\r\n"


def test_what_is_no_file_is_neither_waited_for_nor_read_for_ever(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match=r"not a file|Is a directory"):
            read_file(path)


def test_a_log_is_written_on_and_what_lies_in_its_place_is_not_followed(tmp_path: Path) -> None:
    run, target = RunFolder(tmp_path), tmp_path / "target"
    target.write_text("mine")
    run.log.symlink_to(target)
    for text in (b"one", b"two"):
        with run.open_log() as log:
            log.write(text)
    assert (run.log.read_bytes(), target.read_text()) == (b"onetwo", "mine")
    run.log.unlink()
    os.mkfifo(run.log)
    with run.open_log() as log:
        log.write(b"three")
    assert read_file(run.log) == b"three"


def test_where_a_link_leads_what_is_hidden_is_not_ours_unless_its_name_says_so(tmp_path: Path) -> None:
    linked, run = tmp_path / "0", tmp_path / "1"
    for place in (tmp_path / "theirs", run, run / "checkpoints"):
        place.mkdir()
        (place / ".early").touch()
    (tmp_path / "theirs" / temporary_name("weights")).touch()
    linked.symlink_to(tmp_path / "theirs")
    assert [path.name.split(".")[1] for path in RunFolder(linked).temporary()] == ["weights"]
    assert len(RunFolder(run).temporary()) == 2
    (linked / "checkpoints").symlink_to(run)
    assert len(RunFolder(linked).temporary()) == 1
