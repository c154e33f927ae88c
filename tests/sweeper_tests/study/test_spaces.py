"""Spaces of arms, conditions and constraints in a study file: what they mean, and what is refused."""

import json
from typing import Any

import pytest

from sweeper.study.load import load_study
from sweeper.study.space import Choice, FloatRange, IntRange
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.study.workload import Workload
from tests.sweeper_tests import made
from tests.sweeper_tests.study.written import load, refusal

pytestmark = pytest.mark.usefixtures("elsewhere")

HEAD = "name: mine\nbase: {sst_head: mlp, paraphrase_head: sbert, sts_head: cosine}\n"

DESIGN = """\
name: sbert-grid
base: {paraphrase_head: sbert, sts_head: cosine, sst_head: mlp}
arms:
  S-BERT: {}
  S-BERT + SMART:
    smart: {enabled: true}
    space: {smart.strength: {low: 0.1, high: 5, log: true}}
space:
  learning_rate: workload
  dropout: [0.1, 0.3, 0.5]
  optimizer: [adamw, sgd]
  head_learning_rate_scale: {low: 1, high: 30, log: true, when: {optimizer: adamw}}
constraints: [learning_rate < dropout]
"""


def test_a_study_says_what_varies_in_which_arm_and_where_it_applies() -> None:
    of = load(DESIGN)
    common = ["learning_rate", "dropout", "optimizer", "head_learning_rate_scale"]
    assert {arm: list(space.entries) for arm, space in of.spaces.items()} == {
        "S-BERT": common,
        "S-BERT + SMART": [*common, "smart.strength"],
    }
    assert list(of.space) == [*common, "smart.strength"]
    assert not of.searched.uniform
    assert of.spaces["S-BERT"].when == {"head_learning_rate_scale": {"optimizer": ("adamw",)}}
    assert "space" not in of.toggles["S-BERT"]
    assert of.toggles == {"S-BERT": {"smart.enabled": False}, "S-BERT + SMART": {"smart.enabled": True}}
    given = {"learning_rate": 1e-3, "dropout": 0.1, "optimizer": "sgd", "head_learning_rate_scale": 7.0}
    config = of.config("S-BERT", {**given, "smart.strength": 3.0}, 1)
    assert config.head_learning_rate_scale == 1.0
    assert config.smart.strength == 1.0
    assert of.config("S-BERT + SMART", {**given, "smart.strength": 3.0}, 1).smart.strength == 3.0
    again = of.config("S-BERT", {**given, "optimizer": "adamw"}, 1)
    assert again.head_learning_rate_scale == 7.0


def test_it_is_stored_as_it_was_and_its_digest_knows_all_of_it() -> None:
    of = load(DESIGN)
    stored = json.loads(json.dumps(of.spec.model_dump(mode="json")))
    assert Study(StudySpec.model_validate(stored), of.workload).digest() == of.digest()
    digests = {of.digest()}
    for before, after in [
        ("optimizer: adamw}", "optimizer: sgd}"),
        ("high: 5", "high: 6"),
        ("learning_rate < dropout", "learning_rate <= dropout"),
        (", when: {optimizer: adamw}", ""),
        ("constraints: [learning_rate < dropout]\n", ""),
    ]:
        assert before in DESIGN
        digests.add(load(DESIGN.replace(before, after)).digest())
    assert len(digests) == 6


def test_what_does_not_apply_has_the_value_of_the_base() -> None:
    text = HEAD.replace("}", ", weight_decay: 0.07}") + (
        "space:\n  optimizer: [adamw, sgd]\n  weight_decay: {low: 0.1, high: 0.3, when: {optimizer: adamw}}\n"
    )
    of = load(text)
    arm = "all"
    assert of.config(arm, {"optimizer": "sgd", "weight_decay": 0.2}, 1).weight_decay == 0.07
    assert of.config(arm, {"optimizer": "adamw", "weight_decay": 0.2}, 1).weight_decay == 0.2


def test_what_hangs_on_something_that_does_not_apply_does_not_apply() -> None:
    space = {
        "optimizer": ["adamw", "sgd"],
        "epochs": {"low": 1, "high": 6, "when": {"optimizer": "adamw"}},
        "dropout": {"values": [0.1, 0.3], "when": {"epochs": "> 2"}},
    }
    of = made.study(space=space, tables=["arms"])
    arm, whole = "Baseline", {"optimizer": "sgd", "epochs": 4, "dropout": 0.1}
    assert of.spaces[arm].applying(whole) == {"optimizer": "sgd"}
    assert of.spaces[arm].applying({**whole, "optimizer": "adamw"}) == {**whole, "optimizer": "adamw"}
    few = {**whole, "optimizer": "adamw", "epochs": 2}
    assert of.spaces[arm].applying(few) == {"optimizer": "adamw", "epochs": 2}


def test_a_condition_on_what_arms_set_is_decided_arm_by_arm() -> None:
    arms = {
        "Set": {"smart": {"enabled": True}},
        "Default": {},
        "Varied": {"space": {"smart.enabled": [True, False]}},
        "Other": {"smart.enabled": True, "smart.mode": "released"},
    }
    when = {"smart.enabled": True, "smart.mode": "paper"}
    space = {"smart.strength": {"low": 0.1, "high": 5.0, "when": when}}
    of = made.study(arms=arms, space=space, tables=["arms"])
    assert {arm: list(one.entries) for arm, one in of.spaces.items()} == {
        "Set": ["smart.strength"],
        "Default": [],
        "Varied": ["smart.strength", "smart.enabled"],
        "Other": [],
    }
    assert of.spaces["Set"].when == {}
    assert of.spaces["Varied"].when == {"smart.strength": {"smart.enabled": (True,)}}


def test_an_arm_may_vary_a_setting_otherwise_than_the_others() -> None:
    arms = {
        "A": {},
        "B": {
            "space": {"dropout": [0.2], "epochs": {"low": 2, "high": 9}, "warmup": {"low": 0.5, "high": 0.6}}
        },
        "C": {"space": {"warmup": {"low": 0.1, "high": 0.3}}},
    }
    of = made.study(
        arms=arms, space={"dropout": [0.1, 0.3], "epochs": {"low": 1, "high": 3}}, tables=["arms"]
    )
    assert of.spaces["B"].entries["dropout"] == Choice((0.2,))
    assert of.space == {
        "dropout": Choice((0.1, 0.3, 0.2)),
        "epochs": IntRange(low=1, high=9),
        "warmup": FloatRange(low=0.1, high=0.6),
    }


def test_values_go_together_where_they_can_meet_and_nowhere_else() -> None:
    """`sharpness` is for loss ordinal alone."""
    losses = HEAD + "space:\n  tasks.sst.loss: [ce, ordinal]\n"
    bare = losses + "  tasks.sst.sharpness: {low: 0.5, high: 3}\n"
    assert "sharpness 0.5 is for classes under loss ordinal; loss is ce" in refusal(bare)
    fits = losses + "  tasks.sst.sharpness: {low: 0.5, high: 3, when: {tasks.sst.loss: ordinal}}\n"
    assert list(load(fits).space) == ["tasks.sst.loss", "tasks.sst.sharpness"]
    wrong = fits.replace("loss: ordinal}", "loss: ce}")
    assert "space.tasks.sst.sharpness.low = 0.5: sharpness 0.5 is for classes" in refusal(wrong)


def test_values_that_a_constraint_forbids_need_not_go_together() -> None:
    space = (
        "space:\n  encoder.hidden_size: {low: 16, high: 24, step: 8}\n  encoder.attention_heads: [2, 16]\n"
    )
    assert "attention_heads" in refusal(HEAD + space)
    assert load(HEAD + space + "constraints: [encoder.attention_heads < 16]\n").space
    both = HEAD + space + "constraints: [encoder.attention_heads <= 2]\n"
    assert load(both).searched.cells["all"] is not None


def test_words_of_yaml_1_1_are_read_in_conditions_too() -> None:
    said: list[str] = []
    text = (
        HEAD
        + "arms: {A: {smart.enabled: true}}\n"
        + "space: {smart.strength: {low: 1, high: 2, when: {smart.enabled: yes}}}\n"
    )
    of = load(text, say=said.append)
    assert list(of.space) == ["smart.strength"]
    assert said == ["mine.yaml:4: space.smart.strength.when.smart.enabled = yes is read as true; write true"]


def test_a_range_of_the_workload_may_have_a_condition() -> None:
    text = (
        HEAD
        + "space: {optimizer: [adamw, sgd], learning_rate: {values: workload, when: {optimizer: adamw}}}\n"
    )
    of = load(text)
    assert of.space["learning_rate"] == load_study("quickstart", "demo").workload.ranges["learning_rate"]


def test_without_these_keys_a_study_has_one_space() -> None:
    of = load_study("quickstart", "demo")
    assert of.searched.uniform
    for space in of.spaces.values():
        assert space.plain
        assert space.entries == of.space


def fields(**more: Any) -> dict[str, Any]:
    return {"arms": {"A": {}}, "tables": ["dropout x optimizer"], **more}


def test_a_table_of_two_settings_may_name_one_that_does_not_always_apply() -> None:
    space = {"optimizer": ["adamw", "sgd"], "dropout": {"values": [0.1, 0.3], "when": {"optimizer": "adamw"}}}
    assert made.study(**fields(space=space)).spec.tables == ("dropout x optimizer",)
    own = {"A": {"space": {"dropout": [0.1, 0.2]}}}
    assert made.study(**fields(space={"optimizer": ["adamw", "sgd"]}, arms=own))


def test_what_is_no_single_value_in_some_arm_sets_none_apart() -> None:
    arms = {"joint": {"train_tasks": None}, "alone": {"train_tasks": ["sst"]}, "warm": {"warmup": 0.3}}
    of = made.study(arms=arms)
    assert {arm: sorted(of.toggles[arm]) for arm in arms} == {arm: ["warmup"] for arm in arms}
    split = {"from": "train", "share": 0.2}
    own = Workload.model_validate({"name": "own", "train": {"tasks": {"sst": {
        "kind": "single", "classes": 5, "text": ["sentence"], "label": "sentiment", "metric": "accuracy",
        "source": {"kind": "files", "train": "train.tsv", "dev": "dev.tsv"},
    }}}})  # fmt: skip
    sources = {"A": {"tasks.sst.source.dev": split}, "B": {"tasks.sst.source.dev": "dev.tsv"}}
    assert made.study(own, arms=sources, space={}, tables=["arms"]).toggles["B"] == {
        "tasks.sst.source.dev.from": None,
        "tasks.sst.source.dev.share": None,
    }


def test_a_study_that_was_begun_with_a_constraint_on_no_task_is_still_read() -> None:
    space = {"tasks.sts.weight": {"low": 0.1, "high": 4}}
    assert made.study(space=space, constraints=["tasks.sts.weight <= tasks.par.weight"]).spec.constraints
