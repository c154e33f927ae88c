"""A record of own code is read without it: traits, options and their types stand in its place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from model.config import TrainConfig
from model.errors import PluginError
from model.heads import HEADS
from model.losses import LOSSES
from model.metrics import METRICS
from model.network.heads import build_head
from model.plugins.load import in_use, load, loaded
from model.plugins.record import OwnCode, record_of, stand_in
from model.plugins.source import find_source
from model.tasks import Task

CODE = """
from pydantic import BaseModel, Field, field_validator
from model.heads import HEADS, Head
from model.losses import LOSSES, Loss
from model.metrics import METRICS
from model.metrics.own import OwnMetric

class Options(BaseModel):
    size: int = Field(3, ge=1)
    share: float | None = None
    names: tuple[str, ...] = ("a",)

class Needed(BaseModel):
    gamma: float
    percent: float = 0.0

    @field_validator("percent")
    @classmethod
    def _share(cls, value):
        return value / 100

class Half(OwnMetric):
    description, labels, bounds, higher_is_better = "half", "classes", (0.0, 0.5), False
    def score(self, predictions, labels):
        return 0.25

HEADS.add("mine", Head("mine", print, tokens=True, options=Options))
LOSSES.add("focal", Loss("focal", classes=print, options=Needed))
METRICS.add("half", Half())
"""
TASK: dict[str, Any] = {
    **{
        "kind": "single",
        "classes": 5,
        "text": ["a"],
        "label": "b",
        "source": {"kind": "demo", "task": "sst"},
    },
    **{"metric": "half", "head": "mine", "loss": "focal"},
    **{"head_options": {"size": 4}, "loss_options": {"gamma": 2}},
}


@pytest.fixture(autouse=True)
def _unloaded() -> Iterator[None]:
    yield
    load(())


@pytest.fixture
def code(tmp_path: Path) -> OwnCode:
    (tmp_path / "own.py").write_text(CODE, encoding="utf-8")
    load([find_source("own.py", tmp_path)])
    found = record_of([find_source("own.py", tmp_path)])
    assert found is not None
    return OwnCode.model_validate_json(found.model_dump_json())


def test_without_the_code_a_configuration_is_the_same(code: OwnCode) -> None:
    configs = [TrainConfig.model_validate({"tasks": {"x": TASK}})]
    load(())
    with pytest.raises(ValidationError):
        TrainConfig.model_validate({"tasks": {"x": TASK}})
    stand_in(code)
    configs.append(TrainConfig.model_validate({"tasks": {"x": TASK}}))
    assert configs[0] == configs[1]
    assert configs[0].fingerprint() == configs[1].fingerprint()
    assert configs[1].overall.words(configs[1].tasks) == "overall = max(0, 1 - x / 0.5)"
    assert configs[1].overall.score(configs[1].tasks, {"x": 0.1}) == pytest.approx(0.8)
    metric = METRICS["half"]
    assert (metric.bounds, metric.higher_is_better, metric.labels) == ((0.0, 0.5), False, "classes")
    assert HEADS["mine"].tokens
    assert LOSSES["focal"].similarity is None


def test_a_record_of_an_earlier_version_is_read_as_its_trials_were_scored(code: OwnCode) -> None:
    load(())
    del code.entries["metric"]["half"]["falls"]
    stand_in(code)
    config = TrainConfig.model_validate({"tasks": {"x": TASK}})
    assert config.overall.words(config.tasks) == "overall = x / 0.5"
    assert config.overall.score(config.tasks, {"x": 0.1}) == pytest.approx(0.2)


def test_a_default_written_or_not_is_one_configuration_and_enters_no_fingerprint(code: OwnCode) -> None:
    plain = {**TASK, "head_options": {}}
    written = {**TASK, "head_options": {"size": 3, "share": None}}
    one, other = (TrainConfig.model_validate({"tasks": {"x": task}}) for task in (plain, written))
    assert one == other
    assert Task.model_validate(plain).options("head") == {"size": 3, "share": None, "names": ("a",)}
    assert Task.model_validate(TASK).options("loss") == {"gamma": 2.0, "percent": 0.0}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"head_options": {"size": 0}}, "greater than or equal to 1"),
        ({"head_options": {"sizes": 1}}, "Extra inputs are not permitted"),
        ({"head": "mlp"}, "head_options size is for head mine; head is mlp"),
        ({"loss_options": {}}, "Field required"),
        (
            {"loss_options": {"gamma": 2, "percent": 20}},
            r"loss_options\n.* option percent = 20 is kept as 0.2, which becomes 0.002 when it is read again",
        ),
        ({"metric_options": {"x": 1}}, "metric_options x is for a metric of own code; metric is half"),
    ],
)
def test_options_are_checked(code: OwnCode, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Task.model_validate(TASK | changed)


def test_an_option_that_is_needed_may_not_be_left_out(code: OwnCode) -> None:
    without = {key: value for key, value in TASK.items() if key != "loss_options"}
    with pytest.raises(ValidationError, match=r"loss focal needs loss_options\.gamma"):
        Task.model_validate(without)


def test_what_stands_in_for_code_says_so_when_it_is_called(code: OwnCode) -> None:
    load(())
    stand_in(code)
    with pytest.raises(PluginError, match=r"head mine is own code of own\.py, which is not loaded"):
        build_head(Task.model_validate(TASK), 8, 0.1)


@pytest.mark.parametrize("name", ["__base__", "__validators__", "a b", ""])
def test_a_record_from_elsewhere_can_name_nothing_but_options(code: OwnCode, name: str) -> None:
    load(())
    entries = code.model_dump()["entries"]
    entries["head"]["mine"]["options"][name] = {"types": ["number"], "default": 1}
    with pytest.raises(ValueError, match="is no name of an option"):
        stand_in(OwnCode(files=code.files, entries=entries))
    traits = {**entries["metric"]["half"], "score": 3, "given": 4}
    stand_in(OwnCode(files=code.files, entries={"metric": {"half": traits}}))
    assert callable(METRICS["half"].score)


def test_loaded_code_stays_where_a_record_names_the_same(code: OwnCode) -> None:
    before = HEADS["mine"]
    stand_in(code, to_read=True)
    assert HEADS["mine"] is before


def test_to_be_read_a_record_takes_the_place_of_other_code_of_its_names(
    code: OwnCode, tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text(CODE.replace("(0.0, 0.5)", "(0.0, 100.0)"), encoding="utf-8")
    other = find_source("own.py", tmp_path)
    load([other])
    stand_in(code)
    with in_use():
        stand_in(code, to_read=True)
    assert METRICS["half"].bounds == (0.0, 100.0)
    stand_in(code, to_read=True)
    assert METRICS["half"].bounds == (0.0, 0.5)
    assert loaded() == ()
    load([other])
    assert METRICS["half"].bounds == (0.0, 100.0)


def test_a_head_that_sees_tokens_wants_them(code: OwnCode) -> None:
    with pytest.raises(ValidationError, match=r"head mine sees tokens; encoder\.freeze all embeds them once"):
        TrainConfig.model_validate({"tasks": {"x": TASK}, "encoder": {"freeze": "all"}})
