"""How a sweep begins, goes on, and is found again."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sweeper.errors import ConflictError, DatabaseError, DatabaseGoneError, InputError
from sweeper.executors import Job
from sweeper.observers.tally import Tally
from sweeper.show.status import tally
from sweeper.store.database import Database
from sweeper.store.studies import find_study
from sweeper.study.load import stored_study
from sweeper.study.study import Study
from sweeper.sweep.order import Places
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.instant import InstantExecutor


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


def test_a_grid_ends(study: Study, places: Places) -> None:
    sampler = study.spec.sampler.model_copy(update={"name": "grid"})
    space = {"dropout": study.spec.space["dropout"]}
    grid = changed(study, name="grid", sampler=sampler, space=space)
    for trials in (None, 100):
        count = drive(grid, places, trials)
        assert (count.finished, count.wanted) == (4, 4)


def test_a_change_that_matters_is_refused(study: Study, places: Places) -> None:
    drive(study, places, 2)
    with pytest.raises(ConflictError, match=r"base\.sst_head: \"linear\" -> \"mlp\""):
        drive(changed(study, base={**study.spec.base, "sst_head": "mlp"}), places, 4)
    assert drive(changed(study, description="other words"), places, 4).finished == 4


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
    confirming = changed(study, name="alone-confirm")
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
