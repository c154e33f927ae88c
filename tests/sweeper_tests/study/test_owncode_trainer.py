"""A trainer in the place of ours, and own samplers and pruners: as a user meets them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from model.config import TrainConfig, TrialConfig
from model.config.trainers import TRAINERS, config_class, portable, revived, settings_in_force
from model.plugins.load import load
from model.plugins.record import stand_in
from sweeper.paths import Home, storage_url
from sweeper.study.load import load_study
from sweeper.sweep.order import Order, Places
from sweeper.sweep.slurm import _worker
from sweeper.sweep.stopping import Limits
from tests.sweeper_tests.typed import SMALL, Command, refused, write

OWN = """
import numpy as np
from pydantic import Field
from model.config import TrialConfig
from model.owntrial import OwnTrial
from model.metrics import METRICS
from model.metrics.own import OwnMetric

class Config(TrialConfig):
    level: float = Field(0.5, gt=0, le=1)
    epochs: int = 3

class Near(OwnMetric):
    description, labels = "at most one class off", "classes"

    def score(self, predictions, labels):
        return float((abs(predictions - labels) <= 1).mean())

METRICS.add("near", Near())

def train(config, rundir, *, data, cache, stop, report):
    trial = OwnTrial(config, rundir, data, report)
    rng = np.random.default_rng(config.seed)

    def step(epoch):
        report(epoch, 0.5, 0.1)
        shift = trial.state.get("shift", np.zeros(1)) + config.level
        def predict(name, rows):
            return np.minimum(4, np.floor(np.arange(len(rows)) * shift[0]) % 5), None
        return predict, {"shift": shift}

    yield from trial.epochs(stop, step)
"""
STUDY = """
name: own
trainer: own.py
workload: small
base: {tasks.sst.metric: near}
space:
  level: {low: 0.2, high: 0.9}
"""
SEARCH = """
from sweeper.study.pruners import PRUNERS, Pruner
from sweeper.study.samplers import SAMPLERS, Sampler

def draw(request):
    return {key: entry.value(0) if entry.size else entry.low for key, entry in request.space.items()} | {
        "level": 0.25 + request.configuration / 100
    }

def decide(question):
    return question.trial.number % 2 == 1

SAMPLERS.add("counting", Sampler(draw, learns=False))
PRUNERS.add("odd", Pruner(decide))
"""
RUN = ("run", "--trials", "4", "--workers", "1", "--study")


@pytest.fixture(autouse=True)
def own(folder: Path) -> Iterator[Path]:
    write(folder / "own/own.py", OWN)
    write(folder / "own/search.py", SEARCH)
    write(folder / "own/own.yaml", STUDY)
    yield folder / "own"
    load(())


def test_settings_are_those_of_the_trainer(own: Path) -> None:
    study = load_study(str(own / "own.yaml"))
    config = study.config("all", {"level": 0.5}, 7)
    assert isinstance(config, TrialConfig)
    assert (config.epochs, config.seed, config.trainer) == (2, 7, "own.py")  # the workload says 2
    load_study("quickstart", "demo")
    assert settings_in_force() is TrainConfig
    assert "own.py" not in TRAINERS


def test_a_configuration_travels_and_is_read_without_its_trainer(own: Path) -> None:
    study = load_study(str(own / "own.yaml"))
    config = study.config("all", {"level": 0.5}, 7)
    sent = portable(config)
    assert type(sent).__module__ == "model.config.trial"
    assert revived(sent) == config
    dumped = config.model_dump(mode="json")
    load(())
    assert study.spec.code is not None
    stand_in(study.spec.code)
    assert config_class(dumped).model_validate(dumped).fingerprint() == config.fingerprint()
    assert sent.fingerprint() == config.fingerprint()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("level: {low", "levle: {low", "own.yaml:7: space.levle: unknown key; did you mean 'level'?"),
        ("high: 0.9", "high: 1.9", "own.yaml:7: space.level.high = 1.9: must be less than or equal to 1"),
        ("level: {low", "dropout: {low", "unknown key"),
        ("trainer: own.py", "trainer: other.py", "own.yaml:3: trainer = other.py: "),
        (
            "trainer: own.py",
            "trainer: search.py",
            "search.py: has no Config: a trainer has a",
        ),
    ],
)
def test_what_is_wrong_is_one_line(own: Path, sweeper: Command, before: str, after: str, said: str) -> None:
    write(own / "own.yaml", STUDY.replace(before, after))
    assert said in refused(sweeper, *RUN, str(own / "own.yaml"))


def test_a_config_of_another_kind_is_refused(own: Path, sweeper: Command) -> None:
    write(own / "own.py", OWN.replace("Config(TrialConfig)", "Config"))
    said = refused(sweeper, *RUN, str(own / "own.yaml"))
    assert "trainer 'own.py' has a Config that is no subclass of model.config.TrialConfig" in said


def test_it_runs_is_replayed_confirmed_and_reported_without_its_code(own: Path, sweeper: Command) -> None:
    file = str(own / "own.yaml")
    assert sweeper(*RUN, file).code == 0
    load(())
    for command in (
        ("report", "own"),
        ("show", "own", "1"),
        ("best", "own"),
        ("list",),
        ("diff", "own", "0", "1"),
    ):
        said = sweeper(*command)
        assert said.code == 0, said.err
    # On which device own code computes, only that code knows.
    assert re.search(r"^\d+ threads?; attempts: 1$", sweeper("show", "own", "1").out, re.MULTILINE)
    checklist = (Path("reports") / "own@small/checklist.md").read_text(encoding="utf-8")
    assert re.search(r"; trials with \d+ CPU threads? each", checklist)
    assert sweeper("replay", file, "1").code == 0
    assert sweeper("confirm", file, "--seeds", "2", "--workers", "1").code == 0
    write(Path("rows.tsv"), "sentence\nA fine film\n")
    predicted = ("--task", "sst", "--input", "rows.tsv", "--output", "out.tsv")
    assert "was trained by own code, own.py" in sweeper("predict", file, *predicted).err
    assert sweeper("resume", "own").code == 2
    assert sweeper("resume", file, "--workers", "1").code == 0


def test_what_it_yields_and_predicts_is_checked(own: Path, sweeper: Command) -> None:
    write(own / "own.py", OWN.replace("    yield from trial.epochs(stop, step)", "    yield 3"))
    assert "train must yield an EpochResult, not a int" in sweeper(*RUN, str(own / "own.yaml")).out
    write(own / "own.py", OWN.replace("np.arange(len(rows))", "np.arange(3)"))
    said = sweeper(*RUN, str(own / "own.yaml"), "--name", "other")
    assert "task sst: not one finite prediction for each row" in said.out


def test_own_samplers_and_pruners_decide(own: Path, sweeper: Command) -> None:
    more = "plugins: [search.py]\nsampler: {name: counting}\npruner: {name: odd}\n"
    write(own / "own.yaml", STUDY + more)
    said = sweeper(*RUN, str(own / "own.yaml"))
    assert said.code == 0, said.err
    assert "level 0.25 " in said.out
    assert "trial 1 pruned" in said.out
    load(())
    said = sweeper("report", "own")
    assert said.code == 0, said.err
    assert "2 pruned" in sweeper("status", "own").out


def test_a_workload_named_by_its_file_names_the_code_of_a_study_that_goes_on(
    own: Path, sweeper: Command
) -> None:
    small = SMALL.replace("name: small", "name: apart\ntrainer: own.py\nplugins: [search.py]")
    write(own / "apart.yaml", small.replace("metric: accuracy", "metric: near"))
    write(own / "own.yaml", "name: own\nspace: {level: {low: 0.2, high: 0.9}}\n")
    file, on = str(own / "own.yaml"), ("--workload", str(own / "apart.yaml"))
    assert sweeper("run", "--trials", "1", "--workers", "1", "--study", file, *on).code == 0
    study, home = load_study(file, on[1]), Home.from_environment()
    order = Order(study, None, Places(storage_url(None), home, None, Path()), Console(), Limits())
    command = _worker(order, "sqlite://", "UUID")._command
    assert command[command.index("resume") :][:6] == ["resume", "UUID", "--code", file, *on]
    load(())
    said = sweeper("resume", file, *on)
    assert said.code == 0, said.err
    said = sweeper("resume", "own@apart", "--code", file)
    assert "names no search.py under `plugins`" in said.err
    assert "(workload 'apart' was not read: name its file)" in said.err
