"""What cannot be a space, a condition or a constraint: one error with file, line, field and value."""

import pytest
import yaml

from sweeper.errors import InputError
from sweeper.study.load import load_study
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from tests.sweeper_tests.study.written import load, refusal, write_workload

pytestmark = pytest.mark.usefixtures("elsewhere")

HEAD = "name: mine\nbase: {sst_head: mlp, paraphrase_head: sbert, sts_head: cosine}\n"

REFUSED = [
    (
        "{dropout: {low: 0.1, high: 0.3, when: {smart.mode: paper}}}",
        "when.smart.mode: neither varies nor is set",
    ),
    (
        "{optimizer: [adamw, sgd], dropout: {low: 0.1, high: 0.3, when: {optimizer: adam}}}",
        "dropout.when.optimizer = adam: optimizer must be one of ['adamw', 'sgd']",
    ),
    (
        "{optimizer: {values: [adamw, sgd], when: {dropout: 0.1}}, "
        "dropout: {values: [0.1, 0.3], when: {optimizer: adamw}}}",
        "space.optimizer.when: depends on itself: optimizer -> dropout -> optimizer",
    ),
    (
        "{warmup: {low: 0.1, high: 0.2}, dropout: {values: [0.1, 0.3], when: {warmup: 0.15}}}",
        "dropout.when.warmup = 0.15: a range without a step hardly ever has one value: compare it, "
        "as in '> 0.15'",
    ),
    (
        "{warmup: {low: 0.1, high: 0.2}, dropout: {values: [0.1, 0.3], when: {warmup: '> 1'}}}",
        "dropout.when.warmup = '> 1': is fulfilled by no value of warmup",
    ),
    ("{epochs: [1, 2], dropout: {values: [0.1], when: {epochs: '1'}}}", "must be a whole number: write 1"),
    ("{epochs: [1, 2], dropout: {values: ['0.1'], when: {epochs: 1}}}", "must be a number: write 0.1"),
    (
        "{epochs: [1, 2]}\nconstraints: [batch_size < 3]",
        "constraints[0] = batch_size < 3: nothing that it compares",
    ),
    ("{epochs: [1, 2]}\nconstraints: [epoch < 3]", "constraints[0] = epoch < 3: 'epoch' is no setting"),
    (
        "{tasks.sts.weight: {low: 0.1, high: 4}}\nconstraints: [tasks.sts.weight <= tasks.par.weight]",
        "constraints[0] = tasks.sts.weight <= tasks.par.weight: there is no task 'par'; did you mean 'para'?",
    ),
    (
        "{epochs: [1, 2]}\nconstraints: [epochs > 3]",
        "constraints: of 1000 configurations that were drawn none",
    ),
    ("{epochs: [1, 2]}\nconstraints: epochs < 3", "must be a list: write ['epochs < 3']"),
    ("{epochs: [1, 2]}\nconstraints: [epochs < 3, epochs < 3]", "stands in the list twice"),
    (
        "{optimizer: [adamw, sgd], dropout: {values: [0.1], when: {optimizer: adamw}}}\n"
        "enqueue: [{optimizer: sgd, dropout: 0.1}]",
        "enqueue[0].dropout = 0.1: does not apply beside the others",
    ),
    (
        "{optimizer: [adamw, sgd], dropout: {values: [0.1], when: {optimizer: adamw}}}\n"
        "enqueue: [{dropout: 0.1}]",
        "enqueue[0].dropout = 0.1: applies only with some values of optimizer: write those here too",
    ),
    (
        "{epochs: [1, 2]}\nconstraints: [epochs < 2]\nenqueue: [{epochs: 2}]",
        "enqueue[0] = {epochs: 2}: does not fulfil epochs < 2",
    ),
    (
        "{epochs: {low: 1, high: 3}, warmup: {low: 0.1, high: 0.2, when: {epochs: '> 1'}}}\n"
        "sampler: {name: cma-es}",
        "space.warmup.when: sampler cma-es moves one normal distribution",
    ),
    (
        "{epochs: {low: 1, high: 999}, batch_size: {low: 1, high: 999}}\nconstraints: [epochs < batch_size]\n"
        "sampler: {name: grid}",
        "sampler.name = grid: cannot list what depends on more than 100,000 combinations",
    ),
]

ARMS = [
    (
        "arms: {A: {dropout: 0.2, space: {dropout: [0.1]}}}",
        "arms.A.dropout = 0.2: clashes with arms.A.space.dropout",
    ),
    ("arms: {A: {space: {dropuot: [0.1]}}}", "arms.A.space.dropuot: unknown key; did you mean 'dropout'"),
    ("arms: {A: {space: [1]}}", "arms.A.space = [1]: must be a mapping"),
    ("arms: {A: {space: {dropout: [0.1, 2.0]}}}", "arms.A.space.dropout[1] = 2.0: "),
    (
        "arms: {A: {optimizer: sgd}}\nspace: {dropout: {values: [0.1], when: {optimizer: adamw}}}",
        "space.dropout.when = {optimizer: ['adamw']}: holds in no arm",
    ),
    (
        "arms: {A: {dropout: 0.2}}\n"
        "space: {optimizer: [adamw, sgd], dropout: {values: [0.1], when: {optimizer: sgd}}}",
        "arms.A.dropout = 0.2: clashes with space.dropout",
    ),
    (
        "arms: {A: {space: {dropout: [0.1, 0.2]}}, B: {space: {dropout: {low: 0.1, high: 0.2}}}}",
        "arms.B.space.dropout: is a list here and a range in another arm",
    ),
    (
        "arms: {A: {space: {sts_loss: [mse]}}, B: {space: {tasks.sts.loss: [mse]}}}",
        "arms.B.space.tasks.sts.loss: is called sts_loss elsewhere in this study",
    ),
    (
        "arms: {A: {}, B: {space: {warmup: {low: 0.1, high: 0.2}}}}\nspace: {dropout: [0.1]}\n"
        "sampler: {name: tpe, peers: study}",
        "sampler.peers = study: gives all arms the same configurations, and not all of these search the same",
    ),
    (
        "arms: {A: {}, B: {space: {warmup: {low: 0.1, high: 0.2}}}}\nsampler: {name: grid}",
        "arms.B.space.warmup: sampler grid needs a list of choices or a step",
    ),
    (
        "arms: {A: {}, B: {space: {warmup: {low: 0.1, high: 0.2, prior: 0.1}}}}\nsampler: {name: qmc}",
        "arms.B.space.warmup.prior = 0.1: sampler qmc spreads its configurations evenly",
    ),
    ("arms: {A: {}, B: {space: {train_tasks: [[sst]]}}}", "arms.B.space.train_tasks"),
    (
        "arms: {A: {space: {warmup: workload}}}",
        "arms.A.space.warmup = workload: workload 'demo' recommends no range",
    ),
    (
        "space: {dropout: [0.1]}\n"
        "arms: {A: {space: {smart.epsilon: {low: 0.1, high: 0.2, when: {smart.mode: paper}}}}}",
        "arms.A.space.smart.epsilon.when.smart.mode: neither varies nor is set",
    ),
]


@pytest.mark.parametrize(("space", "said"), REFUSED, ids=lambda text: str(text)[:40])
def test_what_cannot_be_is_one_error_with_line_and_value(space: str, said: str) -> None:
    found = refusal(f"{HEAD}space: {space}\n")
    assert found.startswith("mine.yaml:")
    assert said in found


@pytest.mark.parametrize(("text", "said"), ARMS, ids=lambda text: str(text)[:40])
def test_so_it_is_in_an_arm(text: str, said: str) -> None:
    found = refusal(f"{HEAD.replace('sts_head: cosine', 'sts_head: sbert')}{text}\n")
    assert found.startswith("mine.yaml:")
    assert said in found


JUDGES = ["tasks.sst.dev_rows: [20, 30]", "tasks.sst.source.seed: {low: 1, high: 3}"]


@pytest.mark.parametrize("entry", JUDGES)
def test_by_which_rows_trials_are_judged_cannot_vary_in_files(entry: str) -> None:
    said = f"{entry.partition(':')[0]}: says how trials are judged, and cannot vary within an arm: write arms"
    assert refusal(f"name: mine\nspace:\n  {entry}\n") == f"mine.yaml:3: space.{said}"
    found = refusal(f"name: mine\narms:\n  A: {{}}\n  B: {{space: {{{entry}}}}}\n")
    assert found == f"mine.yaml:4: arms.B.space.{said}"
    spec = StudySpec.model_validate(yaml.safe_load(f"name: mine\nspace: {{{entry}}}\n"))
    begun = Study(spec, load_study("quickstart", "demo").workload)
    assert begun.space
    with pytest.raises(
        InputError, match=r"cannot vary .*; it goes on as it was begun with: sweeper resume mine@demo$"
    ):
        load_study("mine.yaml", "demo", begun={begun.name: begun}.get)


def test_which_rows_are_trained_on_may_vary_where_dev_is_none_of_them() -> None:
    task = "kind: single, classes: 5, text: [t], label: y, metric: accuracy"
    for dev, said in (("b.tsv", None), ("{from: train, share: 0.1}", "sst.source.train: says how")):
        write_workload(f"name: w\ntrain: {{tasks: {{sst: {{{task}, source: SOURCE}}}}}}\n".replace(
            "SOURCE", f"{{kind: files, train: a.tsv, dev: {dev}}}"
        ))  # fmt: skip
        text = "name: mine\nspace: {tasks.sst.source.train: [a.tsv, c.tsv], tasks.sst.train_rows: [5, 9]}\n"
        if said is None:
            assert load(text, "w").space
        else:
            assert said in refusal(text, "w")


def test_arms_that_are_judged_by_other_rows_are_named() -> None:
    said: list[str] = []
    arms = "arms:\n  A: {}\n  B: {tasks.sst.dev_rows: 9, tasks.sst.train_rows: 9}\n"
    load(f"name: mine\n{arms}", say=said.append)
    reason = "task sst has another dev_rows than in arm A, so that their scores may not compare"
    assert said == [f"mine.yaml:4: arms.B: {reason}"]
