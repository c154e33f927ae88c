"""What stands above every figure, each line from trials made to deserve it."""

from dataclasses import replace

import numpy as np
import pytest

from model.predictions import Predictions
from sweeper.report.cautions import cautions
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables.budget import budget_table
from sweeper.report.tables.cross import cross_table
from sweeper.trial import RunState
from tests.sweeper_tests.made import PARAMS, results, row, study
from tests.sweeper_tests.report.statistics.test_stopped import CURVES
from tests.sweeper_tests.report.statistics.test_stopped import made as stopped
from tests.sweeper_tests.report.test_cautions_bounds import said
from tests.sweeper_tests.report.test_collapse import LABELS, MISSED
from tests.sweeper_tests.simulated import TASKS, predictions


def test_a_collapse_names_arm_task_and_trials(made: Results) -> None:
    def constant(number: int) -> dict[str, Predictions]:
        found = dict(made.predictions(number) or {})
        if number in (1, 2):
            found["para"] = replace(found["para"], predicted=np.ones(900))
        return found

    assert said(made) == [
        "A, para: accuracy no more than the largest class's share, .523, in 3 of 3 runs of its best "
        "configuration (trials 0, 1, 2)."
    ]
    collapsed = replace(made, predictions=constant)
    assert said(collapsed) == [
        "A, para: the same answer for all 900 dev rows in 2, accuracy no more than the largest class's "
        "share, .523 in 1: 3 of 3 runs of its best configuration (trials 0, 1, 2).",
    ]
    confirmed = replace(made, confirmation=replace(collapsed, name="made-confirm@demo"))
    assert said(confirmed)[0].endswith("(trials 0, 1, 2 of made-confirm@demo).")


def test_what_many_arms_have_in_common_is_one_line() -> None:
    arms: dict[str, dict[str, float]] = {
        name: {"weight_decay": place / 10} for place, name in enumerate("ABCDE")
    }
    of = study(arms=arms, space={}, seeds=[1, 2])
    right = {name: predictions(LABELS, LABELS) for name in TASKS}
    missed = {**right, "sst": predictions(MISSED, LABELS)}
    runs = [
        row(of, 2 * place + seed - 1, arm, (0.5, 0.7, 0.5), params={}, seed=seed)
        for place, arm in enumerate(arms)
        for seed in (1, 2)
    ]
    found = replace(results(of, runs), predictions=lambda number: missed if number > 1 else right)
    assert (
        "sst: no row of class 4 right in 8 of 8 runs of the best configurations of 4 arms (B, C, D and 1 "
        "more)."
    ) in said(found)
    assert not any(line.startswith("B, sst: ") for line in said(found))
    half = replace(found, predictions=lambda number: missed if number > 1 and number != 3 else right)
    assert (
        "sst: no row of class 4 right in 7 of 8 runs of the best configurations of 4 arms (B, C, D and 1 "
        "more); all runs of C, D, E."
    ) in said(half)


def test_classes_missed_by_different_runs_are_counted_apart() -> None:
    of = study(arms={"A": {}}, space={}, seeds=[1, 2, 3])
    first = np.where(LABELS == 0, 1.0, LABELS)
    kept = [first, MISSED, LABELS]
    runs = [row(of, n, "A", (0.5, 0.7, 0.5), params={}, seed=n + 1) for n in range(3)]

    def of_run(number: int) -> dict[str, Predictions]:
        right = {name: predictions(LABELS, LABELS) for name in TASKS}
        return {**right, "sst": predictions(kept[number], LABELS)}

    found = replace(results(of, runs), predictions=of_run)
    assert (
        "A, sst: no row of class 0 right in 1, no row of class 4 right in 1: 2 of 3 runs of its best "
        "configuration (trials 0, 1)."
    ) in said(found)


def test_a_configuration_with_fewer_seeds_that_scores_more_is_named() -> None:
    of = study(arms={"A": {}, "B": {"sst_head": "mlp"}}, space={"dropout": [0.1, 0.3]}, seeds=[1, 2, 3])
    runs = [
        *(row(of, n, "A", (0.5, 0.7, 0.5), params={"dropout": 0.1}, seed=n + 1) for n in range(3)),
        *(row(of, n + 3, "A", (0.9, 0.9, 0.9), params={"dropout": 0.3}, seed=n + 1) for n in range(2)),
        row(of, 5, "A", None, params={"dropout": 0.3}, seed=3, state=RunState.FAILED),
        *(row(of, n + 6, "B", (0.6, 0.7, 0.5), params={"dropout": 0.1}, seed=n + 1) for n in range(3)),
    ]
    found = results(of, runs)
    assert (
        "Only configurations with the most seeds of their arm are ranked; one with fewer scores more in A "
        "(.917 with 2 seeds, trials 3–4; .650 with 3)."
    ) in said(found)
    budget = budget_table(found)
    assert budget is None, "of each arm one configuration has all seeds"
    cross = cross_table("dropout x dropout", found)
    assert [cell.text for cell in cross.rows[1]] == ["", "0.3", "—", ".917 (1; 2 of 3 seeds)"]
    assert not any(cell.bold for cell in cross.rows[1])
    assert not any("ranked" in line for line in said(results(of, runs[:3] + runs[6:])))


def test_pruned_trials_are_part_of_the_budget() -> None:
    of = study()
    runs = [
        row(
            of, n, ("Baseline", "S-BERT")[n % 2],
            None if n in (1, 3, 5) else (0.4, 0.7, 0.5),
            params=PARAMS | {"learning_rate": 1e-3 * (n + 1)},
            state=RunState.PRUNED if n in (1, 3, 5) else RunState.COMPLETE,
        )
        for n in range(8)
    ]  # fmt: skip
    assert not any("budgets" in line for line in said(results(of, runs)))
    failed = [replace(run, state=RunState.FAILED) if run.state is RunState.PRUNED else run for run in runs]
    assert any("S-BERT 1; the best of more" in line for line in said(results(of, failed)))


def shared(split: str, counts: dict[str, int]) -> dict[tuple[str, str, str], dict[str, int]]:
    """Rows of each task that also stand in train, in both arms."""
    return {(task, split, "train"): dict.fromkeys(study().spec.arms, count) for task, count in counts.items()}


def test_one_seed_unequal_budgets_last_epochs_and_dev_rows_in_train() -> None:
    of = study()
    rows = [
        row(of, n, arm, (0.4, 0.7, 0.5), params=PARAMS | {"learning_rate": 1e-3 * (n + 1)})
        for n, arm in enumerate(["Baseline", "S-BERT", "S-BERT", "S-BERT"])
    ]
    found = results(of, rows)
    trials = found.trials.assign(best_epoch=found.trials["epochs"])
    confirmed = replace(found, shared_rows=shared("test", {"sst": 1, "sts": 92}))
    in_train = shared("dev", {"sst": 0, "para": 12, "sts": 1})
    found = replace(found, trials=trials, shared_rows=in_train, confirmation=confirmed)
    assert said(found) == [
        "Not tested, as predictions are gone or of other dev rows: Baseline, S-BERT.",
        "One training seed of every arm: differences between scores are those of single networks, and "
        "nothing is known about the arms.",
        "Unequal budgets: S-BERT has 3 configurations, Baseline 1; the best of more is higher by chance "
        "alone. Compare at equal budgets.",
        "In 4 of 4 trials of the search the last epoch was the best: train for more epochs before arms are "
        "compared.",
        "para: 12 dev rows also stand in train.",
        "sts: 1 dev row also stands in train.",
        "sst: 1 test row also stands in train.",
        "sts: 92 test rows also stand in train.",
    ]


def test_an_encoder_that_saw_quora_is_named() -> None:
    of = study()
    found = results(of, [row(of, 0, "S-BERT", (0.4, 0.7, 0.5)), row(of, 1, "Baseline", (0.4, 0.7, 0.5))])
    seen = []
    for one in found.trials["config"]:
        para = one["tasks"]["para"] | {"source": {"kind": "tsv", "train": "quora-train.csv"}}
        encoder = one["encoder"] | {"source": "minilm"}
        seen.append(one | {"encoder": encoder, "tasks": one["tasks"] | {"para": para}})
    [line] = [
        text for text in said(replace(found, trials=found.trials.assign(config=seen))) if "Quora" in text
    ]
    assert line.startswith("para: the encoder saw Quora's pairs in its own training")
    assert not any("Quora" in text for text in said(found))
    # The trial of S-BERT is the first; that of the baseline alone has the encoder.
    beside = found.trials.assign(config=[found.trials["config"][0], seen[1]])
    [line] = [text for text in said(replace(found, trials=beside)) if "Quora" in text]
    assert line.startswith("para: the encoder of Baseline saw Quora's pairs in its own training")


@pytest.mark.parametrize(
    ("name", "saw"),
    [
        *(("sentence-transformers/all-MiniLM-L6-v2", True), ("/models/all-mpnet-base-v2", True)),
        *(("sentence-transformers/all-distilroberta-v1", True), ("all-roberta-large-v1", True)),
        *(("sentence-transformers/multi-qa-MiniLM-L6-cos-v1", True), ("multi-qa-mpnet-base-dot-v1", True)),
        *(("sentence-transformers/paraphrase-MiniLM-L3-v2", True), ("paraphrase-albert-small-v2", True)),
        *(
            ("sentence-transformers/paraphrase-multilingual-mpnet-base-v2", True),
            ("x/small-mpnet-base-v2", False),
        ),
        *(("microsoft/MiniLM-L12-H384-uncased", False), ("nreimers/MiniLM-L6-H384-uncased", False)),
        *(("microsoft/mpnet-base", False), ("cross-encoder/ms-marco-MiniLM-L6-v2", False)),
        *(("bert-base-uncased", False), ("sentence-transformers/msmarco-MiniLM-L6-v3", False)),
    ],
)
def test_models_are_known_by_their_published_names(name: str, saw: bool) -> None:
    of = study()
    found = results(of, [row(of, 0, "Baseline", (0.4, 0.7, 0.5))])
    [one] = found.trials["config"]
    para = one["tasks"]["para"] | {"source": {"kind": "tsv", "train": "quora-train.csv"}}
    encoder = one["encoder"] | {"source": "hub", "name": name}
    config = one | {"encoder": encoder, "tasks": one["tasks"] | {"para": para}}
    lines = said(replace(found, trials=found.trials.assign(config=[config])))
    assert any("saw Quora's pairs" in line for line in lines) is saw


def test_survivors_changed_data_few_rows_and_late_declarations(made: Results) -> None:
    states = made.trials["state"].where(made.trials["number"] != 1, "failed")
    lost = replace(made, trials=made.trials.assign(state=states))
    assert (
        "A: 1 run of its best configuration failed or was pruned; its mean is of those that are left."
        in said(lost)
    )
    mixed = replace(made, data={"A": (("{}", "a" * 64), ("{}", "b" * 64))})
    changed = "The data changed while the study ran: its trials did not all read the same rows."
    assert said(mixed)[0] == changed
    one, other = ({"A": (read,)} for read in mixed.data["A"])
    before = replace(made, data=one, confirmation=replace(made, data=other))
    assert said(before)[0] == changed
    apart = replace(made, data={"A": (("{}", "a" * 64), ('{"train_rows": 9}', "b" * 64))})
    assert changed not in said(apart)
    late = cautions(made, Comparisons(made), ["seeds: [1] -> [1, 2]", 'compare: [] -> [["A", "B"]]'])
    assert late[-2:] == [
        "What is compared was changed after training had begun, when scores could be seen: compare: [] -> "
        '[["A", "B"]].',
        "Training seeds were added after training had begun, when scores could be seen: seeds: [1] -> "
        "[1, 2]. To add some until a verdict comes makes false ones more frequent.",
    ]
    added = cautions(made, Comparisons(made), ["arms.B: absent -> {}", "arms.D: absent -> {}"])
    assert added == [
        *said(made),
        (
            "B: added after training had begun, when scores could be seen, so that no comparison with it was "
            "declared beforehand."
        ),
    ]

    def few(number: int) -> dict[str, Predictions]:
        found = dict(made.predictions(number) or {})
        own = found["sst"]
        found["sst"] = replace(
            own, ids=own.ids[:20], predicted=own.predicted[:20], labels=own.labels[:20], groups={}
        )
        return found

    scores = made.trials.assign(
        sst=[
            float(np.mean((run := few(n))["sst"].predicted == run["sst"].labels))
            for n in made.trials["number"]
        ]
    )
    assert "Too few dev rows for a test over rows: sst (20)." in said(
        replace(made, trials=scores, predictions=few)
    )


def test_what_stopping_early_may_have_cost() -> None:
    """Trial 2 had .45 where the best complete trial has .60, and one of these gained .16 after that epoch."""
    gained = "with the largest gain that a complete trial of the arm made from there"
    slow = "What starts slowly is stopped, so that such gains are not seen."
    assert (
        f"3 trials stopped early (2 after epoch 1, 1 after epoch 2): {gained}, 1 of them would have become "
        f"the best (nearest: trial 2, which lacked .150, where .160 was gained). {slow}"
    ) in said(stopped())
    hopeless = {number: CURVES[number] for number in (0, 1, 3)}
    assert (
        f"1 trial stopped early (1 after epoch 1): {gained}, none of them would have become the best "
        f"(nearest: trial 3, which lacked .170, where .160 was gained). {slow}"
    ) in said(stopped(hopeless))
    above = said(stopped({0: CURVES[0], 3: (*CURVES[3][:3], (0.65,))}))
    assert any("nearest: trial 3, which was .050 ahead of the best complete one)" in line for line in above)
    assert not any("stopped early" in line for line in said(stopped({0: CURVES[0]})))


def test_one_configuration_under_two_names_is_said_and_has_no_power() -> None:
    """B is written out as what A has by default; C is another one."""
    of = study(
        arms={"A": {}, "B": {"weight_decay": 0.01}, "C": {"weight_decay": 0.2}}, space={}, seeds=[1, 2]
    )
    kept = {seed: {name: predictions(LABELS, LABELS) for name in TASKS} for seed in (1, 2)}
    runs = [
        row(of, 2 * place + seed - 1, arm, (0.5 + seed / 100, 0.7, 0.5), params={}, seed=seed)
        for place, arm in enumerate("ABC")
        for seed in (1, 2)
    ]
    found = replace(results(of, runs), predictions=lambda number: kept[number % 2 + 1])
    assert "A, B: one configuration under 2 names: there is nothing to compare." in said(found)
    read = {arm: (("{}", rows),) for arm, rows in zip("ABC", "aba", strict=True)}
    assert not any("one configuration under" in line for line in said(replace(found, data=read)))
    (pair, _) = Comparisons(replace(found, pairs=(("A", "B"), ("A", "C")))).declared
    assert (pair.gaps["overall"].value, pair.detectable) == (0.0, None)


def test_arms_that_predict_the_same_under_other_settings_are_named(made: Results) -> None:
    number = {one.arm: one.numbers for one in Comparisons(made).leaders}
    as_b = dict(zip(number["C"], number["B"], strict=True))
    alike = replace(made, predictions=lambda wanted: made.predictions(as_b.get(wanted, wanted)))
    line = (
        "B, C: other settings, but the same predictions at every seed: a comparison with one of them is that "
        "with any."
    )
    assert line in said(alike)
    assert line not in said(made)
    once = {number["C"][0]: number["B"][0]}
    other = replace(made, predictions=lambda wanted: made.predictions(once.get(wanted, wanted)))
    assert line not in said(other)
