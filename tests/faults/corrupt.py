"""Damages what a killed sweep left on the disk, one file after another, and runs the same command again.

    python -m tests.faults.corrupt

- The newest checkpoint is truncated, or a bit of it is flipped, file by file: the one before is used, the
  trial's log says so, and the results are those of the undisturbed sweep.
- Both checkpoints are damaged: the trial begins anew, with the same results.
- Every file of the token cache is truncated, or a bit of it is flipped: the file is built again.
- The database is truncated or overwritten: every command refuses it in one line, and leaves it as it is.
"""

import argparse
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

from tests.faults.sweep import Sweep, assert_equal
from tests.faults.verdict import Verdict

Damage = Callable[[Path], None]


def truncate(path: Path) -> None:
    """Leaves half of a file."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def flip(path: Path) -> None:
    """Turns one bit in the middle of a file over."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def flip_a_digit(path: Path) -> None:
    """Turns a bit of a number in a JSON file over, so that it still is JSON, with another number."""
    content = bytearray(path.read_bytes())
    position = next(i for i in range(len(content) // 2, len(content)) if chr(content[i]).isdigit())
    content[position] ^= 1
    path.write_bytes(content)


def overwrite(path: Path) -> None:
    """Puts other bytes into the place of a file's beginning."""
    with path.open("r+b") as file:
        file.write(b"no database at all" * 8)


CHECKPOINT_DAMAGES: dict[str, tuple[str, Damage]] = {
    "model.safetensors truncated": ("model.safetensors", truncate),
    "optimizer.safetensors with a bit flipped": ("optimizer.safetensors", flip),
    "progress.json truncated": ("progress.json", truncate),
    "progress.json with a digit changed": ("progress.json", flip_a_digit),
    "model.safetensors removed": ("model.safetensors", Path.unlink),
}
DATABASE_DAMAGES: dict[str, Damage] = {"truncated": truncate, "overwritten at its beginning": overwrite}


def checkpoints(sweep: Sweep, number: int = 0) -> list[Path]:
    """The checkpoints of a trial, the newest first."""
    folder = sweep.home / "runs" / sweep.name / str(number) / "checkpoints"
    return sorted((path for path in folder.iterdir() if not path.name.startswith(".")), reverse=True)


def log(sweep: Sweep, number: int = 0) -> str:
    """What a trial's process has said."""
    return (sweep.home / "runs" / sweep.name / str(number) / "log.txt").read_text(encoding="utf-8")


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def copy(of: Sweep, number: Iterator[int] = count()) -> Sweep:  # noqa: B008 - counts on from call to call
    """The same home in another folder."""
    home = of.home.with_name(f"{of.home.name}-{next(number)}")
    shutil.copytree(of.home, home)
    return replace(of, home=home)


def damage_checkpoints(verdict: Verdict, killed: Sweep, undisturbed: Sweep) -> None:
    """Damages the newest checkpoint in each way, then both."""
    for name, (file, damage) in CHECKPOINT_DAMAGES.items():
        with verdict.case(f"checkpoint, {name}: the one before is used"):
            sweep = copy(killed)
            newest, _ = checkpoints(sweep)
            damage(newest / file)
            sweep.finish()
            assert_equal(sweep, undisturbed)
        with verdict.case(f"checkpoint, {name}: the log says so"):
            assert newest.name in log(sweep), f"the log says {log(sweep)!r}"
    with verdict.case("both checkpoints truncated: trained from the start"):
        sweep = copy(killed)
        for checkpoint in checkpoints(sweep):
            truncate(checkpoint / "model.safetensors")
        sweep.finish()
        assert_equal(sweep, undisturbed)


def damage_cache(verdict: Verdict, killed: Sweep, undisturbed: Sweep) -> None:
    """Damages every file of the token cache, in each way."""
    whole = digests(killed.home / "cache")
    for damage in (truncate, flip):
        with verdict.case(f"cache, all {len(whole)} files, {damage.__name__}: built again"):
            assert whole
            sweep = copy(killed)
            for name in whole:
                damage(sweep.home / "cache" / name)
            sweep.finish()
            assert_equal(sweep, undisturbed)
            assert digests(sweep.home / "cache") == whole


def damage_database(verdict: Verdict, finished: Sweep) -> None:
    """Damages the database in each way, and tries three commands on it."""
    for name, damage in DATABASE_DAMAGES.items():
        sweep = copy(finished)
        damage(sweep.home / "studies.db")
        before = digests(sweep.home)
        trials, report = str(sweep.trials + 1), str(sweep.home.parent / "reports")
        for command, *arguments in (
            ("run", "--study", sweep.study, "--workload", sweep.workload, "--trials", trials),
            ("status", sweep.name),
            ("report", "--study", sweep.name, "--folder", report),
        ):
            with verdict.case(f"database {name}: {command} refuses it in one line and leaves it as it is"):
                run = sweep.command(command, *arguments)
                code = run.end()
                assert digests(sweep.home) == before, "a file was changed"
                assert (code, run.errors.count("\n")) == (2, 1), (
                    f"exit code {code}: {run.errors or run.lines}"
                )
                assert run.errors.startswith("Error: "), run.errors
                assert "studies.db" in run.errors, run.errors


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=2, help="of the study (default: 2)")
    given = parser.parse_args()
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        undisturbed = Sweep(folder / "undisturbed", given.trials, workload="epochs")
        undisturbed.finish()
        killed = replace(undisturbed, home=folder / "killed")
        run = killed.start()
        assert run.wait_for("trial 0 epoch 4/")
        run.kill()
        assert killed.gone()
        damage_checkpoints(verdict, killed, undisturbed)
        damage_cache(verdict, killed, undisturbed)
        damage_database(verdict, undisturbed)
    sys.exit(verdict.exit_code("checkpoints, token cache and database damaged"))


if __name__ == "__main__":
    main()
