"""How a sweep begins, goes on, and is found again."""

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sweeper.errors import ConflictError, DatabaseError, DatabaseGoneError, InputError
from sweeper.executors.protocol import Job
from sweeper.observers.tally import Tally
from sweeper.search.distributions import distributions
from sweeper.show.status import tally
from sweeper.store.database import Database
from sweeper.store.studies import find_study
from sweeper.study.load import stored_study
from sweeper.study.study import Study
from sweeper.sweep.order import Places
from sweeper.trial import TrialSpec
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.store.stored import COMPLETE


def drive(study: Study, places: Places, trials: int | None, executor: InstantExecutor | None = None) -> Tally:
    return sweep(study, places, trials, executor)[0]


def changed(study: Study, **fields: object) -> Study:
    return replace(study, spec=study.spec.model_copy(update=fields))


def test_trials_is_a_total_that_is_kept_and_a_smaller_one_takes_nothing_back(
    study: Study, places: Places
) -> None:
    for asked, total in ((3, 3), (None, 3), (2, 3), (5, 5)):
        count = drive(study, places, asked)
        assert (count.finished, count.wanted) == (total, total)


def test_a_total_can_be_lowered_to_what_is_done(study: Study, places: Places) -> None:
    with pytest.raises(KeyboardInterrupt):
        drive(study, places, 40, InstantExecutor(dies_after=6 * 3))  # six events a trial
    count = drive(study, places, 4)
    assert (count.finished, count.wanted) == (4, 4)


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_goes_under_a_sweep_ends_it(
    study: Study, places: Places, replaced: bool, tmp_path: Path
) -> None:
    if not places.storage.startswith("sqlite"):
        pytest.skip("a server keeps its files")
    file = Path(places.storage.removeprefix("sqlite:///"))

    class Removing(InstantExecutor):
        def submit(self, job: Job) -> None:
            super().submit(job)
            if job.number == 2:
                shutil.copy(file, tmp_path / "other")
                file.unlink()
                if replaced:
                    (tmp_path / "other").rename(file)

    executor = Removing()
    with pytest.raises(DatabaseGoneError) as caught:
        drive(study, places, 5, executor)
    assert executor.closed
    assert str(caught.value) == (
        f"{places.storage}: the file was removed or replaced while it was in use: the sweep stops, and what "
        f"its trials did since is not recorded; their checkpoints and weights are in "
        f"{places.home.root}/runs/{study.name}"
    )
    assert file.exists() == replaced


def test_without_a_number_each_arm_gets_ten_configurations(study: Study, places: Places) -> None:
    assert drive(study, places, None).wanted == 20
    twice = changed(study, name="twice", seeds=(1, 2))
    assert drive(twice, places, None).wanted == 40


SIX = {"dropout": [0.1, 0.3, 0.5], "weight_decay": [0.1, 0.3]}
WHOLE = {"epochs": {"low": 2, "high": 4}, "batch_size": {"low": 8, "high": 9}}


def finite(sampler: str, arms: Sequence[str] = "A", **fields: Any) -> Study:
    """A study of six configurations and two seeds, unless the fields say otherwise."""
    written: dict[str, Any] = {
        "arms": {arm: {} for arm in arms},
        "space": WHOLE if sampler == "cma-es" else SIX,
        "seeds": [1, 2],
        "sampler": {"name": sampler},
        "tables": ["arms"],
    }
    return made.study(made.WORKLOAD, **written | fields)


def of_each(places: Places) -> Counter[tuple[Any, ...]]:
    """How often each configuration was tried at each seed in each arm."""
    with Database(places.storage) as database:
        rows = find_study(database, None).trials.rows()
    return Counter((row.arm, row.seed, *row.params.values()) for row in rows)


def each(*samplers: str) -> pytest.MarkDecorator:
    """All samplers on SQLite, and the first on PostgreSQL: no sampler knows which of them it is."""
    kinds = [*(("sqlite", name) for name in samplers), ("postgresql", samplers[0])]
    return pytest.mark.parametrize(("template", "sampler"), kinds, indirect=["template"])


@each("tpe", "random", "qmc", "gp", "grid", "cma-es")
def test_a_study_ends_where_its_space_does_and_says_so(sampler: str, places: Places) -> None:
    count, said = sweep(finite(sampler), places, 40)
    assert (count.finished, count.wanted, count.failed) == (12, 12, 0)
    assert list(of_each(places).values()) == [1] * 12
    ends = "made@demo ends after 12 trials: its space has 6 configurations, for 1 arm and 2 seeds"
    assert said.splitlines()[0] == f"{ends}; 40 were asked for"
    # What was asked for before is remembered as all that there are.
    more = finite(sampler, space=SIX | {"dropout": [0.1, 0.3, 0.5, 0.7]}) if sampler != "cma-es" else None
    assert sweep(more or finite(sampler), places, None)[0].wanted == (16 if more else 12)


def test_without_a_number_a_search_of_a_finite_space_is_no_longer_than_any_other(places: Places) -> None:
    wide = {"weight_decay": {"low": 0, "high": 1, "step": 0.01}}
    assert sweep(finite("random", seeds=[1], space=wide), places, None)[0].wanted == 10
    assert sweep(finite("random", seeds=[1], space=SIX, name="six"), places, None)[0].wanted == 6


@each("tpe", "random", "grid")
def test_a_study_with_doubles_of_an_earlier_version_goes_on_and_ends(sampler: str, places: Places) -> None:
    """It was asked for 40; one configuration of A stands there four times, B has had two alike."""
    study = finite(sampler, "AB")
    same = {"dropout": 0.1, "weight_decay": 0.1}
    with Database(places.storage) as database:
        store = made.begin(database, study, 40)
        leases, outcomes = store.leases("host:1", 60.0), store.outcomes("host:1")
        for arm, configuration in (("A", 0), ("B", 0), ("A", 1), ("B", 1), ("A", 2), ("A", 3)):
            number = leases.claim(99)
            config = study.config(arm, same, 1)
            assert leases.add(TrialSpec(number, arm, same, config, 1, configuration), distributions(study))
            outcomes.finished(number, COMPLETE)
    count, said = sweep(study, places, None)
    # All seeds of what was tried, and each arm's other five configurations.
    assert (count.finished, count.wanted) == (2 * (4 + 5) + 2 * (2 + 5), 32)
    tried = of_each(places)
    assert sum(tried.values()) == 32
    assert len(tried) == 24
    assert said.splitlines()[0] == (
        "made@demo ends after 32 trials: its space has 6 configurations, for 2 arms and 2 seeds, and 8 "
        "trials repeat one; 40 were asked for"
    )
    executor = InstantExecutor()
    assert sweep(study, places, 99, executor)[0].finished == 32
    assert executor.submitted == []


def test_a_grid_that_nobody_would_wait_for_needs_a_number(places: Places) -> None:
    study = finite("grid", space={"batch_size": {"low": 1, "high": 10**9}})
    with pytest.raises(
        InputError, match=r"'made@demo' ends after 2000000000 trials: .*: --trials N"
    ) as caught:
        sweep(study, places, None)
    assert "\n" not in str(caught.value)
    assert sweep(study, places, 3)[0].finished == 3


def test_what_is_found_not_to_be_valid_ends_no_sweep(places: Places) -> None:
    """A study as it could be begun before files were checked: four heads divide but three of the sizes."""
    space = {"encoder.hidden_size": {"low": 16, "high": 24, "step": 2}, "encoder.attention_heads": [2, 4]}
    study = finite("random", space=space)
    for _ in range(2):
        count, said = sweep(study, places, 40)
        assert (count.finished, count.wanted) == (16, 20)
        assert "Ended early: no further configuration of its space was found to be valid; for example" in said
        assert "hidden_size 18 is not a multiple of attention_heads 4" in said
    assert sorted(of_each(places).values()) == [1] * 16


def test_a_change_that_matters_is_refused(study: Study, places: Places) -> None:
    drive(study, places, 2)
    with pytest.raises(ConflictError, match=r"base\.sst_head: \"linear\" -> \"mlp\""):
        drive(changed(study, base={**study.spec.base, "sst_head": "mlp"}), places, 4)
    assert drive(changed(study, description="other words"), places, 4).finished == 4


def test_no_study_begins_under_the_name_of_a_confirmation(study: Study, places: Places) -> None:
    with pytest.raises(
        InputError, match="'quickstart-confirm@demo' would have the name of a study that confirms"
    ):
        drive(changed(study, name="quickstart-confirm"), places, 1)
    with Database(places.storage) as database:
        assert database.studies() == []


def test_a_study_goes_on_as_it_was_begun(study: Study, places: Places) -> None:
    drive(study, places, 2)
    with Database(places.storage) as database:
        stored = stored_study(find_study(database, None).row)
    assert stored == study
    assert drive(stored, places, None).finished == 2


def test_a_stored_study_that_cannot_be_read(study: Study, places: Places) -> None:
    drive(study, places, 1)
    with Database(places.storage) as database:
        row = find_study(database, study.name).row
    for broken in ({**row.study, "nonsense": 1}, {**row.study, "base": {"no_such_field": 1}}):
        with pytest.raises(
            DatabaseError, match=r"'quickstart@demo' was begun by sweeper .* cannot read"
        ) as caught:
            stored_study(replace(row, study=broken, version="9.9"))
        assert "\n" not in str(caught.value)


def test_finding_a_study(
    study: Study, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    other = replace(study, workload=study.workload.model_copy(update={"name": "other"}))
    alone, twin = changed(study, name="alone"), changed(study, name="alone.yaml")
    assert study.written is not None
    confirming = replace(
        changed(study, name="alone-confirm"), written=replace(study.written, confirms="alone@demo")
    )
    drive(study, places, 2)
    for one in (other, twin, alone, confirming):
        drive(one, places, 1)
    with Database(places.storage) as database:

        def found(name: str | None, workload: str | None = None) -> str:
            return find_study(database, name, workload).row.name

        # A confirmation is never the latest, whatever it did last.
        assert found(None) == found(None, "demo") == "alone@demo"
        assert found(None, "other") == "quickstart@other"
        assert found("alone-confirm") == "alone-confirm@demo"
        assert found("alone.yaml") == found("alone.yaml@demo") == "alone.yaml@demo"
        assert found("alone") == found("alone@demo") == found("alone", "demo") == "alone@demo"
        assert found("quickstart", "other") == found("quickstart@other") == "quickstart@other"
        for name, workload, said in (
            (
                "quickstart",
                None,
                r"several workloads; name one of: quickstart@demo \(2 of 2 trials\), quickstart@other "
                r"\(1 of 1 trials\)$",
            ),
            (
                "alone",
                "minilm",
                r"'alone@minilm' has never run; those that have: alone@demo \(1 of 1 trials\)$",
            ),
            ("quickstart@minilm", None, r"those that have: quickstart@demo \(.*\), quickstart@other \(.*\)$"),
            ("nope", None, "'nope' has never run; those that have: .*alone@demo"),
            ("quikstart", None, "'quikstart' has never run; did you mean 'quickstart'[?] Those that have: "),
            ("alone@demo", "minilm", "contradicts"),
            ("alone@", None, "write STUDY or STUDY@WORKLOAD"),
            ("../x", None, r"'\.\./x' has never run"),
        ):
            with pytest.raises(InputError, match=said):
                found(name, workload)
        Path("alone.yaml").write_text("name: quickstart\nworkload: other\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"a study that has run, and a file: write alone\.yaml@WORKLOAD"):
            found("alone.yaml")
        assert (found("./alone.yaml"), found("alone.yaml@demo")) == ("quickstart@other", "alone.yaml@demo")


def test_the_time_left_is_known_when_a_study_goes_on(study: Study, places: Places) -> None:
    drive(study, places, 2)
    with Database(places.storage) as database:
        store = find_study(database, None)
        store.set_wanted(6)
        count = tally(store.fresh(), workers=2)
    assert len(count.durations) == 2
    assert count.seconds_left() == pytest.approx(sum(count.durations) / 2 * 4 / 2)


def test_what_the_scores_mean_is_said_first(study: Study, places: Places) -> None:
    assert sweep(study, places, 1)[1].splitlines()[:2] == [
        "quickstart@demo: overall = (sst + para + (sts + 1) / 2) / 3",
        "Scores on the built-in demo corpus say nothing about SST, Quora or STS.",
    ]
