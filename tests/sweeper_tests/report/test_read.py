"""What is read of a study for its report."""

from pathlib import Path

from sweeper.report.read import read_study
from sweeper.search.distributions import distributions
from sweeper.store.database import Database
from tests.sweeper_tests.made import add, begin, row, study


def test_a_change_counts_as_late_once_a_trial_with_scores_was_training(tmp_path: Path) -> None:
    of = study()
    spec, workload = of.spec.model_dump(mode="json"), of.workload.model_dump(mode="json")
    with Database(f"sqlite:///{tmp_path}/studies.db") as database:
        store = begin(database, of, 2)

        def change(what: str) -> None:
            store.change(
                spec, workload, digest=of.digest(), space=distributions(of), descriptions=[what], files=None
            )

        change("seeds: [1] -> [1, 2]")
        assert read_study(database, store).late_changes == []
        add(store, of, [row(of, 0, "S-BERT", (0.45, 0.75, 0.6))])
        change('compare: [] -> [["S-BERT", "Baseline"]]')
        stored = read_study(database, store)
    assert [what for _, what in stored.changes] == ["seeds: [1] -> [1, 2]", *stored.late_changes]
    assert stored.late_changes == ['compare: [] -> [["S-BERT", "Baseline"]]']
