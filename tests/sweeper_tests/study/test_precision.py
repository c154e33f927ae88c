"""`precision` as studies write it, `bf16` as they wrote it before, and what `auto` is once they are begun."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from model.config import TrainConfig
from sweeper.errors import InputError
from sweeper.study.changes import compare
from sweeper.study.load import load_study, workload_files
from sweeper.study.precision import precision_as_begun, precisions, resolved, says_auto
from sweeper.study.schema import study_schema
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.study.workload import Workload
from tests.sweeper_tests.made import WORKLOAD
from tests.sweeper_tests.typed import SMALL


def study(base: Any = None, arms: Any = None, train: Any = None, **fields: Any) -> Study:
    """A study with these settings on the demo corpus."""
    spec = {"name": "mine", "base": base or {}, "arms": arms or {"A": {}, "B": {"dropout": 0.5}}, **fields}
    workload = WORKLOAD.model_dump() | {"train": {**WORKLOAD.train, **(train or {})}}
    return Study(StudySpec.model_validate(spec), Workload.model_validate(workload))


def of(made: Study, params: dict[str, Any] | None = None) -> list[str]:
    return [made.config(arm, params or {}, 1).precision for arm in made.spec.arms]


def written(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, train: str = "") -> Study:
    """A study from files."""
    monkeypatch.chdir(folder)
    Path("studies/workloads").mkdir(parents=True, exist_ok=True)
    Path("studies/workloads/small.yaml").write_text(SMALL + train)
    Path("mine.yaml").write_text(f"name: mine\nworkload: small\n{text}")
    return load_study("mine.yaml")


@pytest.mark.parametrize(
    ("text", "train", "expected"),
    [
        ("base: {bf16: true}", "", ["bf16"]),
        ("base: {bf16: false}", "", ["fp32"]),
        ("", "  bf16: true\n", ["bf16"]),
        ("base: {precision: fp32}", "  bf16: true\n", ["fp32"]),
        ("base: {bf16: false}", "  precision: bf16\n", ["fp32"]),
        ("arms: {A: {}, B: {bf16: true}}", "", ["fp32", "bf16"]),
        ("base: {bf16: true}\narms: {A: {}, B: {precision: fp32}}", "", ["bf16", "fp32"]),
        ("arms: {A: {precision: auto}}", "  bf16: true\n", ["auto"]),
    ],
)
def test_a_file_of_before_means_what_it_meant(
    text: str, train: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = written(tmp_path, monkeypatch, text, train)
    assert of(made) == expected
    again = Study(
        StudySpec.model_validate(json.loads(made.spec.model_dump_json())),
        Workload.model_validate(json.loads(made.workload.model_dump_json())),
    )
    assert (of(again), again.digest()) == (expected, made.digest())


def test_a_switch_varies_as_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = written(tmp_path, monkeypatch, "space: {bf16: [true, false]}\nenqueue: [{bf16: false}]\n")
    assert made.space["bf16"].probes() == (True, False)
    assert [of(made, {"bf16": value}) for value in (True, False)] == [["bf16"], ["fp32"]]
    assert precisions(made) == ["bf16", "fp32"]
    jsonschema.validate(yaml.safe_load(Path("mine.yaml").read_text()), study_schema())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("base: {bf16: true, precision: fp32}", "mine.yaml:3: base.precision: sets the same field as bf16"),
        (
            "base: {precision: auto}\nspace: {bf16: [true, false]}",
            "clashes with space.bf16: set it or vary it",
        ),
        ("base: {precision: half}", "precision = half: must be 'fp32', 'bf16' or 'auto'"),
        ("base: {bf16: auto}", "bf16 = auto: must be true or false"),
        ("base: {bf16: bf16}", "bf16 = bf16: must be true or false"),
        ("space: {precision: [auto, fp32]}", "space.precision = .*: auto is one precision for all trials"),
        ("space: {bf16: [true, maybe]}", r"space.bf16\[1\] = maybe: must be true or false"),
    ],
)
def test_what_contradicts_itself_or_is_no_precision_is_refused(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        written(tmp_path, monkeypatch, text)
    assert "\n" not in str(caught.value)


def test_toggles_tell_the_precision_whatever_its_name() -> None:
    made = study(arms={"A": {"bf16": True}, "B": {"precision": "fp32"}})
    assert made.toggles == {"A": {"precision": "bf16"}, "B": {"precision": "fp32"}}


def test_a_file_that_says_bf16_with_its_new_name_is_the_same_study() -> None:
    change = compare(study({"bf16": True}), study({"precision": "bf16"}))
    assert change.conflicts == ()
    assert change.additions == ("base.bf16: true -> absent", 'base.precision: absent -> "bf16"')
    change = compare(study({"bf16": True}), study({"precision": "fp32"}))
    assert any(line.startswith("base.precision") for line in change.conflicts)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_auto_becomes_one_precision_wherever_it_stands(precision: str) -> None:
    everywhere = study({"precision": "auto"}, {"A": {"precision": "auto"}, "B": {}}, {"precision": "auto"})
    assert says_auto(everywhere)
    now = resolved(everywhere, precision)
    assert of(now) == [precision, precision]
    assert '"auto"' not in now.spec.model_dump_json() + json.dumps(now.workload.train["precision"])
    ablation = resolved(study(arms={"A": {"precision": "auto"}, "B": {"precision": "fp32"}}), precision)
    assert of(ablation) == [precision, "fp32"]
    plain = study({"dropout": 0.2})
    assert resolved(plain, precision) is plain


BEGUN = [
    # as begun: base, arms, train; as the files are now; what the arms are then
    (({}, {"A": {}}, {"precision": "bf16"}), ({}, {"A": {}}, {"precision": "auto"}), ["bf16"]),
    (({}, {"A": {}}, {"precision": "fp32"}), ({}, {"A": {}}, {"precision": "auto"}), ["fp32"]),
    # A record without the setting is fp32, and one with the switch what that says.
    (({}, {"A": {}}, {}), ({}, {"A": {}}, {"precision": "auto"}), ["fp32"]),
    (({"bf16": True}, {"A": {}}, {}), ({"bf16": True}, {"A": {}}, {"precision": "auto"}), ["bf16"]),
    (({"bf16": True}, {"A": {}}, {}), ({"precision": "auto"}, {"A": {}}, {}), ["bf16"]),
    # An arm that is added has what auto became.
    (
        ({}, {"A": {"precision": "bf16"}}, {}),
        ({}, {"A": {"precision": "auto"}, "C": {"precision": "auto"}, "D": {}}, {}),
        ["bf16", "bf16", "fp32"],
    ),
    (
        ({}, {"A": {}}, {"precision": "bf16"}),
        ({}, {"A": {}, "C": {"precision": "auto"}, "D": {"precision": "fp32"}}, {"precision": "auto"}),
        ["bf16", "bf16", "fp32"],
    ),
    # Where it became nothing, all stays as it was.
    (({}, {"A": {}}, {}), ({}, {"A": {}, "C": {"precision": "auto"}}, {}), ["fp32", "fp32"]),
    # In an ablation each place keeps its own.
    (
        ({}, {"A": {"precision": "fp32"}, "B": {"precision": "bf16"}}, {}),
        ({}, {"A": {"precision": "fp32"}, "B": {"precision": "auto"}}, {}),
        ["fp32", "bf16"],
    ),
]


@pytest.mark.parametrize(("before", "after", "expected"), BEGUN)
def test_auto_is_what_it_was_when_the_study_began(before: Any, after: Any, expected: list[str]) -> None:
    old, new = study(*before), study(*after)
    now = precision_as_begun(old, new)
    assert not says_auto(now)
    assert of(now) == expected
    assert compare(old, now).conflicts == ()
    if before[1] == after[1] and "bf16" not in before[0]:
        assert compare(old, now) == compare(old, old)
        assert (now.spec.model_dump_json(), now.workload.model_dump_json()) == (
            old.spec.model_dump_json(),
            old.workload.model_dump_json(),
        )


def test_the_shipped_workloads_of_real_encoders_are_auto_and_the_demo_is_fp32() -> None:
    for name in workload_files().keys() - {"demo"}:
        assert precisions(load_study("baseline", name)) == ["auto"]
        # What was begun before there was the setting has the fingerprints that it had.
        old = load_study("baseline", name)
        train = {key: value for key, value in old.workload.train.items() if key != "precision"}
        before = Study(old.spec, old.workload.model_copy(update={"train": train}))
        now = precision_as_begun(before, old)
        assert (now.digest(), of(now)) == (before.digest(), of(before))
    assert precisions(load_study("baseline", "demo")) == ["fp32"]


DIGESTS = {
    "demo": (
        "dcf24cd8f75a407b46c7f3700bd58208ec9303a7d392ce49e56f5e617cdf897c",
        "b36d3caec0521640e376239bc95852a0dd399e91d50c828f0a2d26fa143159ec",
    ),
    "minilm": (
        "804e9d531e244fc69ffb00cc2077e3158b4f2d66221ad8337fff505297d0ef8d",
        "97e938df059a332e653e10342e584b2698bfd16995f1467a575afc0766437f13",
    ),
    "paper": (
        "6b0e81b50504db25cc40f236e593033c1e9cb0165e9e246bb2979053735c218f",
        "8c47d90aa8455ecbc27f09df80de9677e634e319d2ecfbce1477474e19ba7650",
    ),
}
"""Of the study `baseline` and of its first configuration at seed 1, by the version before `precision`."""


@pytest.mark.parametrize("name", DIGESTS)
def test_digests_and_fingerprints_are_those_of_the_version_before(name: str) -> None:
    made = load_study("baseline", name)
    train = {key: value for key, value in made.workload.train.items() if key != "precision"}
    now = precision_as_begun(Study(made.spec, made.workload.model_copy(update={"train": train})), made)
    config = now.config(next(iter(now.spec.arms)), now.first, 1)
    assert (now.digest(), config.fingerprint()) == DIGESTS[name]
    assert TrainConfig.model_validate(config.model_dump() | {"bf16": False}).fingerprint() == DIGESTS[name][1]


def test_a_condition_on_what_auto_becomes_is_told_why_it_never_holds() -> None:
    space = {"dropout": {"values": [0.1, 0.2], "when": {"precision": "fp32"}}}
    with pytest.raises(InputError, match="never varies; `auto` is decided when the study begins"):
        study({"precision": "auto"}, {"A": {}}, space=space)
    with pytest.raises(InputError, match=r"never varies$"):
        study({"precision": "bf16"}, {"A": {}}, space=space)
