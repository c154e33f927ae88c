"""Reads files and cells with something changed in them, by the commands that read them.

    python -m tests.faults.mutations                    # some hours: all of them
    python -m tests.faults.mutations --seconds 20       # as CI does: what fits into twenty seconds
    python -m tests.faults.mutations study data

Changed at random, by a seed, are study and workload files (by bombs, anchors, tags, surrogates, huge numbers
and others), data files, ``predictions.npz``, cells of the database, and checkpoints, which a trial
reads. Demanded of each command: no traceback, exit code 0 or 2, an error where it is 2; at most 5 s of
processor time and 500 MB more than on sound input. One in fifty is typed in a shell.
"""

import argparse
import contextlib
import io
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType

from model.errors import ModelError
from model.trainer import train
from sweeper.cli import main as sweeper
from sweeper.paths import shipped_studies
from sweeper.study.load import load_study
from tests.faults import mutated
from tests.sweeper_tests.typed import ROOT, SMALL, STUDY, write

NUMBERS = {"study": 5000, "data": 5000, "predictions": 2500, "cell": 500, "checkpoint": 500}
SECONDS, MEGABYTES = 5.0, 500.0
HANGS = 60
"""Seconds after which a command in this process is interrupted."""

SHELL = 50
DATA = "id\tsentence\tsentiment\n" + "".join(f"r{n}\tA film of {n} words\t{n % 5}\n" for n in range(30))
FILES = SMALL.replace("name: small", "name: files").replace(
    "{kind: demo, task: sst}", "{kind: files, train: train.csv, dev: dev.csv}"
)
TYPED = {
    "study": (("validate", "--study", "mine"),),
    "data": (("validate", "--study", "mine", "--workload", "files"),),
    "predictions": (("report",), ("diff", "mine", "0", "1")),
    "cell": (
        *(("status",), ("list",), ("show", "mine", "0"), ("report",), ("best", "--study", "mine")),
        *(("export", "mine", "--trials", "all.csv"), ("diff", "mine", "0", "1")),
        ("run", "--study", "mine", "--trials", "2"),
    ),
}
"""The commands that read each kind."""


@dataclass(frozen=True)
class Said:
    """How a command ended.

    Attributes:
        code: Its exit code, or what it raised.
        words: All that it said.
        seconds: Processor time.
        megabytes: By which the peak of the process rose; of a shell's, the peak.
    """

    code: object
    words: str
    seconds: float
    megabytes: float

    def problems(self, sound: "Said") -> Iterator[str]:
        """What it should not have done, given the same command on sound input."""
        if self.code not in (0, 2):
            yield f"exit code {self.code}"
        if "Traceback" in self.words:
            yield "a traceback"
        if self.code == 2 and "Error: " not in self.words:
            yield "no error that is one"
        if self.seconds > sound.seconds + SECONDS:
            yield f"{self.seconds:.1f} s"
        if self.megabytes > sound.megabytes + MEGABYTES:
            yield f"{self.megabytes:.0f} MB"


class Place:
    """A working folder with a finished study, in which one thing at a time is changed and put back."""

    def __init__(self, folder: Path, random: Random, kinds: Sequence[str]) -> None:
        self.random = random
        write(folder / "studies/mine.yaml", STUDY)
        write(folder / "studies/workloads/small.yaml", SMALL)
        write(folder / "studies/workloads/files.yaml", FILES)
        for name in ("train", "dev"):
            write(folder / f"data/{name}.csv", DATA)
        shutil.copytree(shipped_studies(), folder / "shipped")
        os.chdir(folder)
        here = {"SWEEPER_HOME": "home", "SWEEPER_DATA": "data", "COLUMNS": "200"}
        os.environ.update({**here, "PYTHONPATH": str(ROOT)})
        if {*kinds} & {"predictions", "cell"}:
            begun = in_a_shell("run", "--study", "mine", "--trials", "2")
            assert begun.code == 0, begun.words
        commands = {typed for kind in kinds for typed in TYPED.get(kind, ())}
        self.sound = {
            (typed[0], read): read(*typed) for typed in commands for read in (in_this_process, in_a_shell)
        }
        self.checkpoints = Checkpoints(folder / "checkpoints") if "checkpoint" in kinds else None

    def study(self) -> tuple[str, list[str]]:
        """A study or workload file, validated."""
        files = sorted([*Path("shipped").rglob("*.yaml"), *Path("studies").rglob("*.yaml")])
        # What reads the hub would wait for a network.
        file = self.random.choice([file for file in files if "hub" not in file.read_text(encoding="utf-8")])
        workload = "workloads" in file.parts
        own = Path("own.yaml")
        typed = ("--study", "mine", "--workload", str(own)) if workload else ("--study", str(own))
        with put(own, mutated.study(file.read_bytes(), self.random)):
            return file.name, self.typed("validate", *typed)

    def data(self) -> tuple[str, list[str]]:
        """A data file, read."""
        file = Path("data") / self.random.choice(("train.csv", "dev.csv"))
        with put(file, mutated.table(file.read_bytes(), self.random)):
            return file.name, self.typed(*TYPED["data"][0])

    def predictions(self) -> tuple[str, list[str]]:
        """A trial's predictions, reported or compared."""
        file = Path("home/runs/mine@small") / self.random.choice("01") / "predictions.npz"
        with put(file, mutated.predictions(file.read_bytes(), self.random)):
            return str(file), self.typed(*self.random.choice(TYPED["predictions"]))

    def cell(self) -> tuple[str, list[str]]:
        """A cell of the database, by one of the commands that read it."""
        database = Path("home/studies.db")
        with put(database, database.read_bytes()):
            what = mutated.cell(database, self.random)
            return what, self.typed(*self.random.choice(TYPED["cell"]))

    def checkpoint(self) -> tuple[str, list[str]]:
        """A trial's newest checkpoint: as a trial's process does, it is gone on with."""
        assert self.checkpoints is not None
        return self.checkpoints.one(self.random)

    def typed(self, *arguments: str) -> list[str]:
        """What a command on what was changed should not have done."""
        read = in_a_shell if self.random.randrange(SHELL) == 0 else in_this_process
        said = read(*arguments)
        shown = said.words.strip().splitlines()[-1:] or [""]
        return [
            f"{what}: {arguments}: {shown[0][:200]}" for what in said.problems(self.sound[arguments[0], read])
        ]


class Checkpoints:
    """Trials that were interrupted after their first epoch, with a checkpoint each."""

    def __init__(self, folder: Path) -> None:
        self.config = load_study("mine", "small").config("Plain", {}, 11711)
        self.folder = folder
        trial = train(self.config, folder / "sound", data=None, cache=folder / "cache")
        next(trial)
        shutil.copytree(folder / "sound", folder / "begun")
        self.expected = next(trial).metrics

    def one(self, random: Random) -> tuple[str, list[str]]:
        """One of its files changed: the trial begins anew, as it would have gone on, or is refused."""
        run = self.folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(self.folder / "begun", run)
        file = mutated.checkpoint(run / "checkpoints", random)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                *_, last = train(self.config, run, data=None, cache=self.folder / "cache")
        except ModelError:
            return file, []
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            return file, [f"{type(error).__name__}: {error}"]
        return file, [] if last.metrics == self.expected else ["other metrics"]


@contextlib.contextmanager
def put(file: Path, content: bytes) -> Iterator[None]:
    """Other content in a file, for a while; what a database leaves beside it goes with that."""
    before = file.read_bytes() if file.exists() else None
    file.write_bytes(content)
    try:
        yield
    finally:
        for beside in (file, *file.parent.glob(f"{file.name}-*")):
            beside.unlink(missing_ok=True)
        if before is not None:
            file.write_bytes(before)


def in_this_process(*arguments: str) -> Said:
    """A command typed without a process of its own."""

    def hangs(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    words = io.StringIO()
    peak, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    signal.signal(signal.SIGALRM, hangs)
    signal.alarm(HANGS)
    code: object = None
    try:
        with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
            sweeper(arguments)
    except SystemExit as ended:
        code = ended.code
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the finding
        code = f"{type(error).__name__}: {error} at {traceback.extract_tb(error.__traceback__)[-1]}"
    finally:
        signal.alarm(0)
    risen = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    return Said(code, words.getvalue(), time.process_time() - began, risen / 1024)


def in_a_shell(*arguments: str) -> Said:
    """A command typed in a shell."""
    with tempfile.TemporaryFile() as words:
        command = [sys.executable, "-m", "sweeper", *arguments]
        process = subprocess.Popen(command, stdout=words, stderr=words)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        words.seek(0)
        said = words.read().decode(errors="replace")
    seconds = usage.ru_utime + usage.ru_stime
    return Said(process.returncode, said, seconds, usage.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kinds", nargs="*", metavar="KIND", choices=[*NUMBERS, []], help=", ".join(NUMBERS))
    parser.add_argument("--seconds", type=float, default=float("inf"), help="when to end (default: never)")
    parser.add_argument("--seed", type=int, default=1, help="of the changes (default: 1)")
    given = parser.parse_args()
    home = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        kinds = given.kinds or list(NUMBERS)
        counts, found = mutate(Place(Path(name), Random(given.seed), kinds), kinds, given.seconds)
        os.chdir(home)
    print(f"{', '.join(f'{count} {kind}' for kind, count in counts.items())}; {len(found)} violations")
    sys.exit(bool(found))


def mutate(place: Place, kinds: Sequence[str], seconds: float) -> tuple[Counter[str], list[str]]:
    """Changes and reads, kind by kind, as often as `NUMBERS` says or, each once, until the time is over."""
    ends, counts, found = time.monotonic() + seconds, Counter[str](), []
    turns = [(turn / NUMBERS[kind], kind) for kind in kinds for turn in range(NUMBERS[kind])]
    for _, kind in sorted(turns):
        if time.monotonic() > ends and counts.keys() >= {*kinds}:
            break
        what, problems = getattr(place, kind)()
        counts[kind] += 1
        found += (told := [f"{kind} {counts[kind]}, {what}: {problem}" for problem in problems])
        print("".join(f"VIOLATION: {each}\n" for each in told), end="", flush=True)
    return counts, found


if __name__ == "__main__":
    main()
