"""What is wrong with a study file, in one line that names the place and the way out."""

from pathlib import Path

import pytest
import yaml

from sweeper.errors import InputError
from sweeper.study.load import load_study
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from tests.sweeper_tests.study.written import GOOD, refusal

pytestmark = pytest.mark.usefixtures("elsewhere")


NOT_A_STUDY = [
    ("", "mine.yaml: is empty"),
    ("- a\n", "mine.yaml:1: must hold keys and values"),
    ("name: [\n", "mine.yaml:2: is not valid YAML"),
    ('name: "\x01"\n', "mine.yaml:1: is not valid YAML: the character U+0001 cannot stand in it"),
    ("name: !!int 1:30\n", "mine.yaml:1: is not valid YAML: '1:30' is no int that can be read"),
    ("name: !!timestamp 2024-01-01\n", "mine.yaml:1: is not valid YAML"),
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
    ("A: {}", 'A: {}\n  "A  x": {}\n  "A x": {}',
     "6: arms.A x: prints as the arm 'A  x' does: give one of them another name"),
    ("A: {}", 'A: {}\n  "caf\\u00e9": {}\n  "cafe\\u0301": {}',
     "6: arms.cafe\u0301: prints as the arm 'caf\\xe9' does: give one of them another name"),
    ("A: {}", '" ": {}',
     "4: arms.  = ' ': must not be blank, nor begin or end with a space, nor hold a line break"),
    ("dropout: [0.1, 0.3]", "drop_out: [0]", "7: space.drop_out: unknown key; did you mean 'dropout'?"),
    ("dropout: [0.1, 0.3]", "encoder: [1]",
     "7: space.encoder: is a group; name one of its fields, for example encoder.source"),
    ("dropout: [0.1, 0.3]", "tasks.sts.head: [linear]",
     "5: arms.B.sts_head = cosine: clashes with space.tasks.sts.head: set it or vary it"),
    # Of another kind.
    ("sst_head: mlp", "learning_rate: yes", "2: base.learning_rate = yes: must be a number, such as 1e-05"),
    ("sst_head: mlp", "epochs: 1:30", "2: base.epochs = 1:30: must be a whole number, such as 10"),
    ("sst_head: mlp", "epochs: [1]", "2: base.epochs = [1]: must be a whole number, not a list"),
    ("sst_head: mlp", "steps_per_epoch: '3'",
     "2: base.steps_per_epoch = '3': must be a whole number or null: write 3"),
    ("sst_head: mlp", "bf16: 'off'", "2: base.bf16 = 'off': must be true or false: write false"),
    ("sst_head: mlp", "encoder.name: true",
     "2: base.encoder.name = true: must be text or null: write 'true'"),
    ("sst_head: mlp", "smart.bregman_decays: [1, 1, 1]",
     "2: base.smart.bregman_decays = [1, 1, 1]: holds 3 values; there are 2 at most"),
    ("sst_head: mlp", "smart: {bregman_decays: [.inf, 0.9]}",
     "2: base.smart.bregman_decays[0] = .inf: must be a finite number"),
    ("sst_head: mlp", "overall.weights: {sst: 0, para: 0, sts: 0}",
     "2: base.overall.weights.sst = 0: overall.weights leaves no task that counts"),
    ("sst_head: mlp", "encoder.freeze: 0",
     "2: base.encoder.freeze = 0: must be embeddings, all, or a whole number of layers from 1 to 48"),
    ("dropout: [0.1", "encoder.freeze: [1, 49]\n  dropout: [0.1",
     "7: space.encoder.freeze[1] = 49: must be embeddings, all, or a whole number of layers from 1 to 48"),
    ("name: mine", f"name: {'m' * 93}",
     f"1: name = {'m' * 28}...{'m' * 28}: has 93 characters; NAME-confirm can be a name with at most 92"),
    ("[0.1, 0.3]", "[no, 0.3]", "7: space.dropout[0] = no: must be a number, such as 0.1"),
    ("space:", "seeds: [010]\nspace:",
     "6: seeds[0] = 010: readers of YAML disagree on a leading zero: write 10"),
    ("space:", "seeds: [1_000]\nspace:", "6: seeds[0] = 1_000: must be a whole number: write 1000"),
    ("space:", "seeds: [1.0]\nspace:", "6: seeds[0] = 1.0: must be a whole number: write 1"),
    ("space:", "description: 010\nspace:", "6: description = 010: must be text: write '010'"),
    ("space:", "objective: 3\nspace:",
     "6: objective = 3: must be the name of a score, or a list of them"),
    ("space:", "enqueue: [{dropout: no}]\nspace:",
     "6: enqueue[0].dropout = no: must be a number, such as 0.1"),
    ("space:", "baseline: C\nspace:", "6: baseline = C: is no arm of this study; known: A, B"),
    ("space:", "baseline: A\ncompare: [[B, A]]\nspace:",
     "7: compare: leaves nothing to `baseline`: write one of them"),
    ("space:", "compare: [[A, C]]\nspace:", "6: compare[0][1] = C: is no arm of this study; known: A, B"),
    ("space:", "compare: [[A, A]]\nspace:", "6: compare[0] = ['A', 'A']: compares an arm with itself"),
    ("space:", "compare: [[A, B], [B, A]]\nspace:",
     "6: compare[1] = ['B', 'A']: stands in the list twice"),
    ("space:", "compare: [[A]]\nspace:", "6: compare[0][1]: is missing"),
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
    ("[0.1, 0.3]", "{low: 0.3, high: 0.3}", "7: space.dropout.low = 0.3: must be below high = 0.3"),
    ("[0.1, 0.3]", "{low: 0, high: 1, log: true}",
     "7: space.dropout.low = 0: must be above 0 in a log range"),
    ("[0.1, 0.3]", "{low: 0, high: 1.5}", "7: space.dropout.high = 1.5: must be less than 1"),
    ("[0.1, 0.3]", "{low: 0, hihg: 1}", "7: space.dropout.hihg: unknown key; did you mean 'high'?"),
    ("space:", "sampler: {name: tpee}\nspace:",
     "6: sampler.name = tpee: must be 'tpe', 'random', 'grid', 'qmc', 'cma-es', 'gp' or "
     "'nsga2'; did you mean 'tpe'?"),
    ("space:", "pruner: {name: medan}\nspace:",
     "6: pruner.name = medan: must be 'none', 'median', 'asha', 'hyperband', 'top' or "
     "'wilcoxon'; did you mean 'median'?"),
    ("space:", "pruner: {name: asha, p_threshold: 0.2}\nspace:",
     "6: pruner.p_threshold = 0.2: goes with pruner wilcoxon only, and the pruner is asha: name one, or "
     "leave this out"),
    ("space:", "pruner: {startup: 5}\nspace:",
     "6: pruner.startup = 5: goes with pruner median only, and no `name` says which: name one, or leave "
     "this out"),
    ("space:", "pruner: {min_epochs: 2}\nspace:",
     "6: pruner.min_epochs = 2: goes with pruner median, asha, hyperband or top only, and no `name` "
     "says which: name one, or leave this out"),
    ("space:", "pruner: {name: asha, keep: 2}\nspace:",
     "6: pruner.keep = 2: goes with pruner top only, and the pruner is asha: name one, or leave this out"),
    ("space:", "pruner: {name: top, keep: 0}\nspace:",
     "6: pruner.keep = 0: must be greater than or equal to 1"),
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
    ("space:", "objective: [sst, sts]\npruner: {name: wilcoxon}\nspace:",
     "7: pruner.name = wilcoxon: compares values of one score: with several objectives take another pruner"),
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
     "Known: bert-base, deberta-v3-base, demo, minilm, minilm-minutes, minilm-small, minilm-thousand, mpnet, "
     "paper, paper-cfimdb, paper-hub, roberta-base"),
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
