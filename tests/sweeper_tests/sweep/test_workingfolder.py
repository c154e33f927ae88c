"""What git says of a folder, in repositories made by hand with git itself."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sweeper.sweep import workingfolder
from sweeper.sweep.workingfolder import MOST, working_folder

Git = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    return folder


@pytest.fixture
def git(folder: Path) -> Git:
    """Runs git in a new repository that has one file."""

    def run(*arguments: str) -> str:
        named = ("git", "-c", "user.name=x", "-c", "user.email=x@example.com", *arguments)
        return subprocess.run(named, cwd=folder, check=True, capture_output=True, text=True).stdout

    run("init", "--quiet")
    (folder / "known.txt").write_text("one\n")
    run("add", "known.txt")
    run("commit", "--quiet", "-m", "First")
    return run


def test_a_clean_tree_has_a_commit_and_no_difference(folder: Path, git: Git) -> None:
    (folder / "unknown.txt").write_text("not known to git")
    (folder / "below").mkdir()
    for place in (folder, folder / "below"):
        found = working_folder(place)
        assert found is not None
        assert found.commit == git("rev-parse", "HEAD").strip()
        assert (found.changed, found.diff) == (False, "")


def test_a_change_anywhere_in_the_tree_is_kept_without_secrets(folder: Path, git: Git) -> None:
    (folder / "below").mkdir()
    (folder / "known.txt").write_text(
        "postgresql+psycopg://me:ge@heim@host:5432/db?sslmode=require\n"
        "redis://:allein@host\n"
        "https://ghp_merkmal@github.com/a/b.git\n"
        "https://host/a?user=me&password=losung&x=1\n"
        "https://host:8080/a@b ssh://git@host/path\n"
    )
    git("config", "diff.noprefix", "true")
    git("config", "diff.external", "false")
    git("config", "diff.relative", "true")
    found = working_folder(folder / "below")
    assert found is not None
    assert found.changed
    assert [line for line in found.diff.splitlines() if line.startswith("+")][1:] == [
        "+postgresql+psycopg://me:***@host:5432/db?sslmode=require",
        "+redis://:***@host",
        "+https://***@github.com/a/b.git",
        "+https://host/a?user=me&password=***&x=1",
        "+https://host:8080/a@b ssh://git@host/path",
    ]


def test_a_long_difference_is_cut_at_a_line(folder: Path, git: Git) -> None:
    # So long that the limit falls into the middle of a secret.
    line = f"sqlite://me:{'geheim' * 40}@host/db\n"
    (folder / "known.txt").write_text(line * 2000)
    assert len(git("diff")) > MOST
    found = working_folder(folder)
    assert found is not None
    assert found.changed
    assert found.diff.endswith("+sqlite://me:***@host/db\n")
    assert "geheim" not in found.diff
    assert found.diff.count("+sqlite") > 900


def test_without_a_repository_a_commit_or_git_nothing_is_known(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert working_folder(folder) is None
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    assert working_folder(folder) is None
    assert working_folder(tmp_path / "none") is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert working_folder(folder) is None


def test_git_that_does_not_answer_is_not_waited_for(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tmp_path / "bin/git"
    silent.parent.mkdir()
    silent.write_text("#!/bin/sh\nexec sleep 100\n")
    silent.chmod(0o755)
    monkeypatch.setenv("PATH", str(silent.parent), prepend=":")
    monkeypatch.setattr(workingfolder, "SECONDS", 0.2)
    assert working_folder(folder) is None


def test_a_filter_that_the_repository_names_is_not_run(folder: Path, git: Git) -> None:
    git("config", "filter.theirs.clean", "touch ran; cat")
    git("config", "filter.theirs.required", "true")
    (folder / ".gitattributes").write_text("*.txt filter=theirs\n")
    (folder / "known.txt").write_text("two\n")
    found = working_folder(folder)
    assert found is not None
    assert "+two" in found.diff
    assert not (folder / "ran").exists()
    git("diff", "HEAD")
    assert (folder / "ran").exists(), "git itself runs it"
