import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from model.sources import FilesSource
from sweeper.errors import InputError
from sweeper.paths import shipped_studies
from sweeper.study.load import load_study, study_files, workload_files
from sweeper.study.problem import SettingError
from sweeper.study.space import Choice, FloatRange, IntRange
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.study.workload import Resources, Workload

GOOD = """\
name: mine
base: {sst_head: mlp}
arms:
  A: {}
  B: {sts_head: cosine}
space:
  dropout: [0.1, 0.3]
"""

STUDIES = sorted(path.stem for path in shipped_studies().glob("*.yaml"))
WORKLOADS = sorted(path.stem for path in (shipped_studies() / "workloads").glob("*.yaml"))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str, workload: str | None = None, say: Callable[[str], object] = print) -> Study:
    Path("mine.yaml").write_text(text, encoding="utf-8")
    return load_study("mine.yaml", workload, say)


def refusal(text: str, workload: str | None = None) -> str:
    with pytest.raises(InputError) as caught:
        load(text, workload)
    return str(caught.value)


def write_workload(text: str, name: str = "w") -> None:
    Path("studies/workloads").mkdir(parents=True, exist_ok=True)
    Path(f"studies/workloads/{name}.yaml").write_text(text, encoding="utf-8")


def refused_workload(text: str) -> str:
    write_workload(text)
    return refusal(GOOD, "w")


def test_all_shipped_files_are_tested() -> None:
    assert (len(STUDIES), len(WORKLOADS)) == (13, 7)


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


def test_a_group_merges_and_a_source_of_another_kind_replaces() -> None:
    write_workload(
        "name: w\nextends: demo\ntrain:\n  encoder: {pooling: mean}\n"
        "  tasks.sst.source: {kind: files, train: a.csv, dev: b.csv}\n"
    )
    study = load(GOOD, "w")
    config = study.config("A", {"dropout": 0.1}, 1)
    assert (config.encoder.source, config.encoder.pooling) == ("tiny", "mean")
    assert config.tasks["sst"].source == FilesSource(train="a.csv", dev="b.csv")
    assert "say nothing about SST" in study.workload.notice


LEARNING_RATE = "learning_rate: {low: 1e-6, high: 1e-4, log: true}"


def test_a_studys_range_wins_and_the_word_takes_the_workloads() -> None:
    write_workload("name: w\nextends: demo\nranges: {tasks.sts.loss: [ce], weight_decay: [0.5]}\n")
    said: list[str] = []
    own = load(f"name: mine\nspace: {{{LEARNING_RATE}, sts_loss: [mse, ce]}}\n", "w", said.append)
    assert own.space == {
        "learning_rate": FloatRange(low=1e-6, high=1e-4, log=True),
        "sts_loss": Choice(("mse", "ce")),
    }
    assert said == [
        "mine.yaml:2: space.learning_rate: 1e-6 to 1e-4, log scale, is searched as the study says; "
        "workload w recommends 5e-4 to 0.01, log scale",
        "mine.yaml:2: space.sts_loss: one of mse, ce, is searched as the study says; workload w "
        "recommends one of ce",
    ]
    taken = load("name: mine\nspace: {learning_rate: workload, sts_loss: workload}\n", "w", pytest.fail)
    assert taken.space == {
        "learning_rate": FloatRange(low=5e-4, high=1e-2, log=True),
        "sts_loss": Choice(("ce",)),
    }


def test_the_word_without_such_a_range_names_both_files() -> None:
    write_workload("name: w\nextends: demo\n")
    with pytest.raises(InputError) as caught:
        load("name: mine\nspace:\n  weight_decay: workload\n", "w")
    said = str(caught.value)
    assert said.startswith("mine.yaml:3: space.weight_decay = workload: workload 'w' recommends no range")
    assert "studies/workloads/w.yaml" in said


def test_a_workloads_old_space_is_read_as_ranges_with_a_word() -> None:
    write_workload("name: w\nextends: demo\nspace: {weight_decay: [0.5]}\n")
    said: list[str] = []
    study = load("name: mine\nspace: {weight_decay: workload, learning_rate: workload}\n", "w", said.append)
    assert study.space["weight_decay"] == Choice((0.5,))
    assert study.space["learning_rate"] == FloatRange(low=5e-4, high=1e-2, log=True)
    assert [line.split(":")[:2] for line in said] == [["studies/workloads/w.yaml", "3"]]
    write_workload("name: w\nextends: demo\nspace: {weight_decay: [0.5]}\nranges: {}\n")
    with pytest.raises(InputError, match=r"w\.yaml:3: space: is the old name of `ranges`"):
        load("name: mine\n", "w")


def test_resources_are_inherited_unless_the_file_says_them() -> None:
    write_workload("name: w\nextends: demo\nresources: {cpus: 4, gpus: 0.5}\n")
    write_workload("name: same\nextends: w\n", "same")
    write_workload("name: other\nextends: w\nresources: {cpus: 2}\n", "other")
    found = {name: load(GOOD, name).workload.resources for name in ("demo", "w", "same", "other")}
    assert found == {
        "demo": Resources(cpus=None, gpus=0.0),
        "w": Resources(cpus=4, gpus=0.5),
        "same": Resources(cpus=4, gpus=0.5),
        "other": Resources(cpus=2, gpus=0.0),
    }


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


NOT_A_STUDY = [
    ("", "mine.yaml: is empty"),
    ("- a\n", "mine.yaml:1: must hold keys and values"),
    ("name: [\n", "mine.yaml:2: is not valid YAML"),
    ('name: "\x01"\n', "mine.yaml:1: is not valid YAML: the character U+0001 cannot stand in it"),
    ("name: !!int 1:30\n", "mine.yaml:1: is not valid YAML: '1:30' is no int that can be read"),
    ("name: !!timestamp 2024-01-01\n", "mine.yaml:1: is not valid YAML"),
    ("name: " + "1" * 5000, "mine.yaml:1: is not valid YAML"),
    ("name: " + "[" * 3000, "mine.yaml:1: is not valid YAML: groups stand more than 50 deep"),
    (GOOD + "---\nname: x\n", "mine.yaml:8: is not valid YAML"),
    (GOOD + "x: !!python/object:os.system {}\n", "mine.yaml:8: is not valid YAML"),
    (GOOD + "name: x\n", "mine.yaml:8: name stands here for the second time, first in line 1"),
    (GOOD.replace("  B:", "  A:"), "mine.yaml:5: arms.A stands here for the second time, first in line 4"),
    (GOOD + "1: 2\n", "mine.yaml:8: key 1 must be text"),
    (GOOD + "yes: 2\n", "mine.yaml:8: key yes must be text: put it in quotes"),
    (GOOD + "Off: 2\n", "mine.yaml:8: key Off must be text: put it in quotes"),
    (GOOD + "010: 2\n", "mine.yaml:8: key 010 must be text: put it in quotes"),
    (GOOD + "[a]: 2\n", "mine.yaml:8: key of several parts must be text"),
    (GOOD.replace("{sst_head: mlp}", "&a {x: *a}"), "mine.yaml:2: base.x contains itself"),
]


@pytest.mark.parametrize(("text", "message"), NOT_A_STUDY)
def test_what_is_not_a_study_file_is_refused(text: str, message: str) -> None:
    assert refusal(text).startswith(message)


# A line of GOOD, what replaces it, the whole message.
WRONG = [
    ("name: mine\n", "", "1: name: is missing"),
    ("name: mine", "name: ../x", "1: name = ../x: is a path: a name must stand here"),
    ("name: mine", "name: my study",
     "1: name = my study: the name 'my study' is not allowed: use up to 100 letters, digits and . _ + -, "
     "beginning with a letter or digit"),
    ("name: mine", "name: 3", "1: name = 3: must be text: write '3'"),
    ("space:", "spacs:", "6: spacs: unknown key; did you mean 'space'?"),
    ("sst_head: mlp", "sst_hed: mlp", "2: base.sst_hed = mlp: unknown key; did you mean 'sst_head'?"),
    ("sst_head: mlp", "encoder: {poolin: cls}",
     "2: base.encoder.poolin = cls: unknown key; did you mean 'pooling'?"),
    ("cosine", "cosin",
     "5: arms.B.sts_head = cosin: must be 'linear', 'mlp', 'sbert' or 'cosine'; did you mean 'cosine'?"),
    ("sst_head: mlp", "weight_decay: 11", "2: base.weight_decay = 11: must be less than or equal to 10"),
    ("sst_head: mlp", "max_grad_norm: .inf", "2: base.max_grad_norm = .inf: must be a finite number"),
    ("sst_head: mlp", "seed: 3", "2: base.seed: is set by `seeds` at the top of a study file"),
    ("sst_head: mlp", "tasks: {sst: {head: mlp}}",
     "2: base.tasks: belongs to the workload; name one field, for example tasks.sts.loss"),
    ("sst_head: mlp", "sst_head: mlp, tasks.sst.head: mlp",
     "2: base.tasks.sst.head: sets the same field as sst_head"),
    ("sst_head: mlp", "tasks.sstt.head: mlp",
     "2: base.tasks.sstt.head = mlp: workload 'demo' has no task 'sstt'; did you mean 'sst'?"),
    ("sst_head: mlp", "tasks.sst.source: {seed: -1}",
     "2: base.tasks.sst.source.seed = -1: must be greater than or equal to 0"),
    ("sst_head: mlp", "sst_head: sbert",
     "2: base.sst_head = sbert: head sbert compares two sentences; kind is single"),
    ("A: {}", "A:", "4: arms.A = null: must be a mapping: indent what belongs to it, or write {}"),
    ("A: {}", 'A: {}\n  "A  x": {}\n  "A x": {}',
     "6: arms.A x: prints as the arm 'A  x' does: give one of them another name"),
    ("A: {}", 'A: {}\n  "caf\\u00e9": {}\n  "cafe\\u0301": {}',
     "6: arms.cafe\u0301: prints as the arm 'caf\\xe9' does: give one of them another name"),
    ("A: {}", '" ": {}',
     "4: arms.  = ' ': must not be blank, nor begin or end with a space, nor hold a line break"),
    ("dropout: [0.1, 0.3]", "drop: [0]", "7: space.drop: unknown key; did you mean 'dropout'?"),
    ("dropout: [0.1, 0.3]", "encoder: [1]",
     "7: space.encoder: is a group; name one of its fields, for example encoder.source"),
    ("dropout: [0.1, 0.3]", "tasks.sts.head: [linear]",
     "5: arms.B.sts_head = cosine: clashes with space.tasks.sts.head: set it or vary it"),
    # Of another kind.
    ("sst_head: mlp", "learning_rate: yes", "2: base.learning_rate = yes: must be a number, such as 1e-05"),
    ("sst_head: mlp", "weight_decay: off", "2: base.weight_decay = off: must be a number, such as 0.01"),
    ("sst_head: mlp", "learning_rate: true", "2: base.learning_rate = true: must be a number, such as 1e-05"),
    ("sst_head: mlp", "epochs: 1:30", "2: base.epochs = 1:30: must be a whole number, such as 10"),
    ("sst_head: mlp", "epochs: 2024-1-1", "2: base.epochs = 2024-1-1: must be a whole number, such as 10"),
    ("sst_head: mlp", "epochs: [1]", "2: base.epochs = [1]: must be a whole number, not a list"),
    ("sst_head: mlp", "epochs:", "2: base.epochs = null: must be a whole number, such as 10"),
    ("sst_head: mlp", "steps_per_epoch: '3'",
     "2: base.steps_per_epoch = '3': must be a whole number or null: write 3"),
    ("sst_head: mlp", "bf16: 1", "2: base.bf16 = 1: must be true or false: write true"),
    ("sst_head: mlp", "bf16: 'off'", "2: base.bf16 = 'off': must be true or false: write false"),
    ("sst_head: mlp", "encoder.name: true",
     "2: base.encoder.name = true: must be text or null: write 'true'"),
    ("sst_head: mlp", "smart.bregman_decays: [1, 1, 1]",
     "2: base.smart.bregman_decays = [1, 1, 1]: holds 3 values; there are 2 at most"),
    ("[0.1, 0.3]", "[no, 0.3]", "7: space.dropout[0] = no: must be a number, such as 0.1"),
    ("[0.1, 0.3]", "['0.1', 0.3]", "7: space.dropout[0] = '0.1': must be a number: write 0.1"),
    ("space:", "seeds: [true]\nspace:", "6: seeds[0] = true: must be a whole number"),
    ("space:", "seeds: [010]\nspace:",
     "6: seeds[0] = 010: readers of YAML disagree on a leading zero: write 10"),
    ("space:", "seeds: [1_000]\nspace:", "6: seeds[0] = 1_000: must be a whole number: write 1000"),
    ("space:", "seeds: [1e3]\nspace:", "6: seeds[0] = 1e3: must be a whole number: write 1000"),
    ("space:", "seeds: [1.0]\nspace:", "6: seeds[0] = 1.0: must be a whole number: write 1"),
    ("space:", "description: 010\nspace:", "6: description = 010: must be text: write '010'"),
    ("space:", "description: yes\nspace:", "6: description = yes: must be text: write 'yes'"),
    ("space:", "objective: 3\nspace:",
     "6: objective = 3: must be the name of a score, or a list of them"),
    ("space:", "enqueue: [{dropout: no}]\nspace:",
     "6: enqueue[0].dropout = no: must be a number, such as 0.1"),
    ("space:", "sampler: tpe\nspace:", "6: sampler = tpe: must be a mapping: write {name: tpe}"),
    ("space:", "baseline: C\nspace:", "6: baseline = C: is no arm of this study; known: A, B"),
    ("space:", "baseline: A\ncompare: [[B, A]]\nspace:",
     "7: compare: leaves nothing to `baseline`: write one of them"),
    ("space:", "compare: [[A, C]]\nspace:", "6: compare[0][1] = C: is no arm of this study; known: A, B"),
    ("space:", "compare: [[A, A]]\nspace:", "6: compare[0] = ['A', 'A']: compares an arm with itself"),
    ("space:", "compare: [[A, B], [B, A]]\nspace:",
     "6: compare[1] = ['B', 'A']: stands in the list twice"),
    ("space:", "compare: [[A]]\nspace:", "6: compare[0][1]: is missing"),
    ("space:", "compare: A\nspace:", "6: compare = A: must be a list of pairs: write [[A, B]]"),
    ("dropout: [0.1, 0.3]", "tasks.sst.head: [mlp]",
     "2: base.sst_head = mlp: clashes with space.tasks.sst.head: set it or vary it"),
    ("dropout: [0.1, 0.3]", "encoder.attention_heads: [4, 6]",
     "7: space.encoder.attention_heads = 6: hidden_size 64 is not a multiple of attention_heads 6"),
    ("dropout: [0.1, 0.3]", "sts_loss: {low: 1, high: 2}",
     "7: space.sts_loss: is not a number: give a list of choices"),
    ("[0.1, 0.3]", "0.1",
     "7: space.dropout = 0.1: must be a list of choices, a mapping with low and high, or the word workload"),
    ("[0.1, 0.3]", "[]", "7: space.dropout = []: must hold at least one choice"),
    ("[0.1, 0.3]", '[0.1, "0.1"]', "7: space.dropout[1] = \"0.1\": must be a number: write 0.1"),
    ("[0.1, 0.3]", "[0.1, 0.10]", "7: space.dropout[1] = 0.10: stands in the list twice"),
    ("[0.1, 0.3]", "[0.1, 1.3]", "7: space.dropout[1] = 1.3: must be less than 1"),
    ("[0.1, 0.3]", "{low: 0.3, high: 0.3}", "7: space.dropout.low = 0.3: must be below high = 0.3"),
    ("[0.1, 0.3]", "{low: 0, high: 1, log: true}",
     "7: space.dropout.low = 0: must be above 0 in a log range"),
    ("[0.1, 0.3]", "{low: 0, high: 1.5}", "7: space.dropout.high = 1.5: must be less than 1"),
    ("[0.1, 0.3]", "{low: 0, hihg: 1}", "7: space.dropout.hihg: unknown key; did you mean 'high'?"),
    ("space:", "sampler: {name: tpee}\nspace:",
     "6: sampler.name = tpee: must be 'tpe', 'random', 'grid', 'qmc', 'cma-es', 'gp' or "
     "'nsga2'; did you mean 'tpe'?"),
    ("space:", "pruner: {name: medan}\nspace:",
     "6: pruner.name = medan: must be 'none', 'median', 'asha', 'hyperband' or 'wilcoxon'; "
     "did you mean 'median'?"),
    ("space:", "pruner: {name: asha, p_threshold: 0.2}\nspace:",
     "6: pruner.p_threshold = 0.2: goes with pruner wilcoxon only, and the pruner is asha: name one, or "
     "leave this out"),
    ("space:", "pruner: {startup: 5}\nspace:",
     "6: pruner.startup = 5: goes with pruner median only, and no `name` says which: name one, or leave "
     "this out"),
    ("space:", "pruner: {min_epochs: 2}\nspace:",
     "6: pruner.min_epochs = 2: goes with pruner median, asha or hyperband only, and no `name` says "
     "which: name one, or leave this out"),
    ("space:", "seeds: [1, 2, 3, 4]\npruner: {name: wilcoxon}\nspace:",
     "7: pruner.name = wilcoxon: needs 5 seeds to tell configurations apart at this p_threshold"),
    ("space:", "objective: overal\nspace:",
     "6: objective = overal: is neither overall nor a task; did you mean 'overall'?"),
    ("space:", "objective: [sst, stss]\nspace:",
     "6: objective[1] = stss: is neither overall nor a task; did you mean 'sts'?"),
    ("space:", "objective: [sst]\nspace:",
     "6: objective = ['sst']: a list needs two scores or more; write a single one without brackets"),
    ("space:", "objective: [sst, sst]\nspace:", "6: objective[1] = sst: stands in the list twice"),
    ("space:", "objective: [sst, sts]\nsampler: {name: gp}\nspace:",
     "7: sampler.name = gp: raises one objective; for several take nsga2, tpe, random, qmc"),
    ("space:", "sampler: {name: nsga2}\nspace:",
     "6: sampler.name = nsga2: needs a list of several scores as `objective`"),
    ("space:", "objective: [sst, sts]\npruner: {name: asha}\nspace:",
     "7: pruner.name = asha: no trial is stopped early with several objectives"),
    ("space:", "sampler: {name: cma-es}\nspace:",
     "8: space.dropout = [0.1, 0.3]: sampler cma-es needs a range with low and high"),
    ("space:", "enqueue:\n  - {dropout: 0.3}\n  - {dropout: 0.2}\nspace:",
     "8: enqueue[1].dropout = 0.2: must be one of [0.1, 0.3]"),
    ("space:", "enqueue:\n  - {dropot: 0.3}\nspace:",
     "7: enqueue[0].dropot: is not in `space`; did you mean 'dropout'?"),
    ("space:", "sampler: {name: grid}\nenqueue: [{dropout: 0.3}]\nspace:",
     "7: enqueue: a grid has every combination already: leave this out"),
    ("space:", "seeds: [1, 1]\nspace:", "6: seeds[1] = 1: stands in the list twice"),
    ("space:", "seeds: []\nspace:", "6: seeds = []: must not be empty"),
    ("[0.1, 0.3]", "{low: 0.1, high: 0.3}\nsampler: {name: grid}",
     "7: space.dropout: sampler grid needs a list of choices or a step"),
    ("space:", "workload: dmeo\nspace:",
     "6: workload = dmeo: there is no workload 'dmeo'; did you mean 'demo'? "
     "Known: demo, minilm, minilm-minutes, minilm-small, paper, paper-cfimdb, paper-hub"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "instead", "message"), WRONG)
def test_an_error_names_file_line_field_value_and_nearest_name(line: str, instead: str, message: str) -> None:
    assert line in GOOD
    assert refusal(GOOD.replace(line, instead)) == f"mine.yaml:{message}"


@pytest.mark.parametrize(
    ("line", "instead", "place"),
    [
        ("space:", "space:\n  encoder.dropout: [0.1, 0.999995]", "space.encoder.dropout"),
        ("sts_head: cosine", "sts_head: cosine, encoder: {dropout: 0.999995}", "arms.B.encoder.dropout"),
    ],
)
def test_an_encoder_dropout_that_leaves_nothing_is_refused_in_files_and_read_from_records(
    line: str, instead: str, place: str
) -> None:
    assert f"{place} = 0.999995: must be below 0.99999" in refusal(GOOD.replace(line, instead))
    spec = StudySpec.model_validate(yaml.safe_load(GOOD.replace(line, instead)))
    begun = Study(spec, load_study("quickstart", "demo").workload)
    dropped = begun.config("B", {} if "arms" in place else {"encoder.dropout": 0.999995}, 1).encoder.dropout
    assert dropped == 0.999995


def test_an_unknown_table_is_refused() -> None:
    assert refusal(GOOD + "tables: [arms, table9]\n").startswith(
        "mine.yaml:8: tables[1] = table9: is no table; there are arms, table1,"
    )


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("dropout x weight_decoy", "'weight_decoy' is not in `space`"),
        ("dropout x dropout", "is no table"),
        ("dropout x", "is no table"),
    ],
)
def test_a_table_of_two_settings_needs_two_of_the_space(key: str, reason: str) -> None:
    assert f"tables[0] = {key}: {reason}" in refusal(GOOD + f"tables: [{key}]\n")


def test_arms_with_different_tasks_are_refused() -> None:
    message = refusal(GOOD.replace("sts_head: cosine", f"tasks.extra: {TASK}"))
    assert message.startswith("mine.yaml:5: arms.B: has other tasks than the first arm")


TASK = "{kind: single, classes: 2, source: {kind: demo, task: sst}, text: [s], label: y, metric: accuracy}"
WRONG_WORKLOADS = [
    ("name: w\nextends: w\n", "2: extends = w: the workload would extend itself"),
    ("name: w\nextends: papr\n", "2: extends = papr: there is no workload 'papr'; did you mean 'paper'?"),
    ("name: w\nextends: demo\ntrain: {seed: 3}\n", "3: train.seed: is set by `seeds`"),
    ("name: w\nextends: demo\nranges: {dropout: [1.2]}\n", "3: ranges.dropout[0] = 1.2: must be less than 1"),
    ("name: w\nextends: demo\ntrain:\n  encoder.layers: 0\n", "4: train.encoder.layers = 0: must be greater"),
    (
        "name: w\nextends: demo\ntrain:\n  tasks.sst: {metric: pearson}\n",
        "4: train.tasks.sst.metric = pearson: metric pearson does not",
    ),
    (
        "name: w\nextends: demo\ntrain:\n  epochs: many\n",
        "4: train.epochs = many: must be a whole number, such as 10",
    ),
    ("name: w\nextends: demo\nresources: {cpus: 0}\n", "3: resources.cpus = 0: must be greater than or"),
    ("name: w\nextends: demo\nresources: {gpus: 1.5}\n", "3: resources.gpus = 1.5: must be a share of one"),
]


@pytest.mark.parametrize("name", ["driver", "halvings", "reused_from", "number", "overall"])
def test_a_task_has_no_name_of_a_column_of_trials(name: str) -> None:
    message = refused_workload(f"name: w\nextends: demo\ntrain:\n  epochs: 3\n  tasks.{name}: {TASK}\n")
    place = f"studies/workloads/w.yaml:5: train.tasks.{name} = '{name}'"
    assert message.startswith(f"{place}: a task cannot have the name of a column of trials; those are arm, ")


def test_a_wrong_name_of_a_task_is_blamed_on_no_other_field() -> None:
    for name in ("Ab", "a b", "1", "a-b"):
        message = refused_workload(f"name: w\nextends: demo\ntrain:\n  tasks:\n    '{name}': {TASK}\n")
        said = "a task's name has small letters, digits and _ alone, and begins with a letter"
        assert message == f"studies/workloads/w.yaml:5: train.tasks.{name} = '{name}': {said}"


@pytest.mark.parametrize(("text", "message"), WRONG_WORKLOADS)
def test_an_error_in_a_workload_names_its_own_file(text: str, message: str) -> None:
    assert refused_workload(text).startswith(f"studies/workloads/w.yaml:{message}")


def test_a_workload_without_tasks_is_refused() -> None:
    assert "workload 'w' has no task 'sst'" in refused_workload("name: w\n")


def test_an_error_in_an_extended_workload_names_the_file_that_sets_the_value() -> None:
    write_workload("name: low\nextends: demo\ntrain:\n  encoder:\n    layers: 0\n", "low")
    message = refused_workload("name: w\nextends: low\ntrain:\n  encoder:\n    pooling: mean\n")
    assert message.startswith("studies/workloads/low.yaml:5: train.encoder.layers = 0")


UNKNOWN = [
    (("sbert-gird", None), "there is no study 'sbert-gird'; did you mean 'sbert-grid'? Known: ablation, "),
    (("zzz", None), "there is no study 'zzz'; known: ablation, baseline, batch-size, "),
    (("sbert-grid", "papr"), "there is no workload 'papr'; did you mean 'paper'? Known: "),
    (("../x", None), "study name '../x' is not allowed"),
    (("sbert-grid", "../x"), "workload name '../x' is not allowed"),
    (("nowhere/x.yaml", None), "nowhere/x.yaml: cannot be read: No such file or directory"),
    (("folder.yaml", None), "folder.yaml: cannot be read: Is a directory"),
    (("binary.yaml", None), "binary.yaml: is not a text file in UTF-8"),
]


@pytest.mark.parametrize(("arguments", "message"), UNKNOWN)
def test_what_cannot_be_found_or_read_is_refused(arguments: tuple[str, str | None], message: str) -> None:
    Path("folder.yaml").mkdir()
    Path("binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError) as caught:
        load_study(*arguments)
    assert str(caught.value).startswith(message)


def test_config_names_arm_and_field() -> None:
    study = load(GOOD)
    with pytest.raises(SettingError, match=r"arm 'A': space\.dropout = 2: must be less than 1"):
        study.config("A", {"dropout": 2}, 1)
    with pytest.raises(InputError, match=r"study 'mine@demo' has no arm 'C'; known: A, B"):
        study.config("C", {}, 1)


def test_specs_are_frozen() -> None:
    with pytest.raises(ValidationError):
        load(GOOD).spec.name = "x"  # type: ignore[misc]


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


def test_a_large_study_loads_quickly() -> None:
    text = "name: mine\narms:\n" + "".join(f"  arm{i}: {{warmup: 0.{i}}}\n" for i in range(1, 9))
    text += (
        "space:\n  dropout: [0.0, 0.1, 0.2, 0.3]\n  weight_decay: [0, 0.1, 0.2]\n  batch_size: [8, 16, 32]\n"
    )
    text += "  optimizer: [adam, adamw, sgd]\n  learning_rate: {low: 1e-4, high: 1e-2}\n"
    start = time.perf_counter()
    load(text)
    assert time.perf_counter() - start < 5
