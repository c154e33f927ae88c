"""A study on a workload: what its trials are configured with, and what changes its digest."""

import json
from pathlib import Path

import pytest

from sweeper.errors import InputError
from sweeper.paths import shipped_studies
from sweeper.study.load import load_study, study_files, workload_files
from sweeper.study.problem import SettingError
from sweeper.study.space import Choice, FloatRange, IntRange
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.study.workload import Workload
from tests.sweeper_tests.study.written import GOOD, load, refusal

pytestmark = pytest.mark.usefixtures("elsewhere")


STUDIES = sorted(path.stem for path in shipped_studies().glob("*.yaml"))


WORKLOADS = sorted(path.stem for path in (shipped_studies() / "workloads").glob("*.yaml"))


def test_all_shipped_files_are_tested() -> None:
    assert (len(STUDIES), len(WORKLOADS)) == (15, 12)


@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.parametrize("study", STUDIES)
def test_every_shipped_study_loads_on_every_shipped_workload(study: str, workload: str) -> None:
    loaded = load_study(study, workload)
    assert loaded.name == f"{study}@{workload}"
    assert list(loaded.tasks)[:3] == ["sst", "para", "sts"]
    stored = json.loads(
        json.dumps([loaded.spec.model_dump(mode="json"), loaded.workload.model_dump(mode="json")])
    )
    again = Study(StudySpec.model_validate(stored[0]), Workload.model_validate(stored[1]))
    assert again == loaded
    assert again.digest() == loaded.digest()


def test_shipped_names_are_the_file_names() -> None:
    for name in STUDIES:
        assert load_study(name).spec.name == name
    for name in WORKLOADS:
        assert load_study("baseline", name).workload.name == name


def test_later_layers_win() -> None:
    study = load(
        "name: mine\nbase: {weight_decay: 0.1, batch_size: 16}\narms:\n  A: {batch_size: 8}\n"
        "space: {dropout: [0.1, 0.3], learning_rate: {low: 1e-6, high: 1e-4, log: true}}\n"
    )
    config = study.config("A", {"dropout": 0.3, "learning_rate": 2e-4}, 5)
    assert config.threads == 1  # the workload
    assert config.weight_decay == 0.1  # base over the workload
    assert config.batch_size == 8  # the arm over base
    assert (config.dropout, config.learning_rate, config.seed) == (0.3, 2e-4, 5)
    assert config.optimizer == "adamw"  # TrainConfig's own


def test_short_dotted_and_nested_keys_set_the_same_field() -> None:
    written = [
        "{sts_head: cosine, encoder.pooling: mean}",
        "{tasks.sts.head: cosine, encoder: {pooling: mean}}",
        "{tasks.sts: {head: cosine}, encoder.pooling: mean}",
    ]
    configs = {load(f"name: mine\nbase: {base}\n").config("all", {}, 1).model_dump_json() for base in written}
    assert len(configs) == 1
    assert '"head":"cosine"' in configs.pop()


def test_the_type_of_a_range_follows_the_field() -> None:
    study = load(
        "name: mine\nspace:\n  batch_size: {low: 8, high: 64, log: true}\n  dropout: {low: 0, high: 5e-1}\n"
        "  weight_decay: [1, 1e-1, 1e-2]\n  max_grad_norm: [null, 1]\n"
    )
    assert study.space == {
        "batch_size": IntRange(low=8, high=64, log=True),
        "dropout": FloatRange(low=0.0, high=0.5),
        "weight_decay": Choice((1.0, 0.1, 0.01)),
        "max_grad_norm": Choice((None, 1.0)),
    }


def test_local_studies_come_first_and_hidden_files_do_not_count() -> None:
    Path("studies/workloads").mkdir(parents=True)
    Path("studies/quickstart.yaml").write_text(GOOD)
    Path("studies/.secret.yaml").write_text(GOOD)
    assert study_files()["quickstart"] == Path("studies/quickstart.yaml")
    assert sorted(study_files()) == STUDIES
    assert sorted(workload_files()) == WORKLOADS
    assert load_study("quickstart").name == "mine@demo"


def test_anchors_and_merge_keys_work() -> None:
    study = load("name: mine\narms:\n  A: &a {sst_head: mlp}\n  B:\n    <<: *a\n    sts_head: cosine\n")
    assert study.spec.arms["B"] == {"sst_head": "mlp", "sts_head": "cosine"}
    for merged in ("<<: *a\n    dropout: '0.3'", "dropout: '0.3'\n    <<: *a"):
        message = refusal(f"name: mine\narms:\n  A: &a {{dropout: 0.1}}\n  B:\n    {merged}\n")
        line = 5 if merged.startswith("dropout") else 6
        assert message == f"mine.yaml:{line}: arms.B.dropout = '0.3': must be a number: write 0.3"
    text = "name: mine\nbase: {dropout: !!str &d 3 &e, warmup: *d}\n"
    assert refusal(text) == "mine.yaml:2: base.dropout = !!str 3 &e: must be a number, such as 0.1"
    text = "name: mine\narms:\n  A: &a {sst_hed: mlp}\n  B:\n    <<: *a\n"
    assert refusal(text).startswith("mine.yaml:3: arms.A.sst_hed")


def test_config_names_arm_and_field() -> None:
    study = load(GOOD)
    with pytest.raises(SettingError, match=r"arm 'A': space\.dropout = 2: must be less than 1"):
        study.config("A", {"dropout": 2}, 1)
    with pytest.raises(InputError, match=r"study 'mine@demo' has no arm 'C'; known: A, B"):
        study.config("C", {}, 1)


@pytest.mark.parametrize(
    "instead", ["name: mine\ndescription: other\ntables: []", "name: mine\nworkload: paper"]
)
def test_what_changes_no_trial_changes_no_digest(instead: str) -> None:
    assert load(GOOD.replace("name: mine", instead), "demo").digest() == load(GOOD).digest()


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("[0.1, 0.3]", "[0.1, 0.5]"),
        ("sst_head: mlp", ""),
        ("sts_head: cosine", "sts_head: linear"),
        ("  A: {}\n  B: {sts_head: cosine}", "  B: {sts_head: cosine}\n  A: {}"),
        ("name: mine", "name: mine\nseeds: [1]"),
    ],
)
def test_a_change_is_digested(line: str, instead: str) -> None:
    assert line in GOOD
    assert load(GOOD.replace(line, instead)).digest() != load(GOOD).digest()


def test_another_workload_is_digested() -> None:
    assert load(GOOD, "paper").digest() != load(GOOD).digest()
