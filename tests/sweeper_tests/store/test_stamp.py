"""What a stamp costs; what changes it is tested with the page that is served, `report/test_live.py`."""

from pathlib import Path

from tests.sweeper_tests.made import row, store, study


def test_a_stamp_reads_no_epoch_of_a_trial_that_has_ended(tmp_path: Path) -> None:
    of = study()
    with store(tmp_path, of, [row(of, 0, "S-BERT", (0.4, 0.5, 0.6))]) as database:
        made = database.study(of.name)
        before = made.stamp()
        with made.access.writing() as connection:
            connection.exec_driver_sql("delete from epoch_metric")
        assert made.stamp() == before
        with made.access.writing() as connection:
            connection.exec_driver_sql("update run set state = 'running'")
        assert made.stamp() != before
