"""What is too long for one of the databases is refused where the file is read."""

from pathlib import Path

import pytest
from optuna.storages._rdb import models

from sweeper.paths import NAME
from sweeper.store.tables import epoch_metric, run
from sweeper.study import limits
from sweeper.study.named import CONFIRM
from tests.sweeper_tests.typed import SMALL, STUDY, Command, refused, write


def test_the_limits_are_those_of_the_columns() -> None:
    params, attributes = models.TrialParamModel.__table__, models.TrialUserAttributeModel.__table__
    assert run.c.arm.type.length == limits.ARM
    assert epoch_metric.c.task.type.length == limits.TASK
    # What is searched is a setting of a task at most.
    assert params.c.param_name.type.length > len(f"tasks.{'t' * limits.TASK}.source.{'x' * 64}")
    assert attributes.c.value_json.type.length is None  # it has the arm


def test_what_confirms_a_study_has_a_name_too(sweeper: Command) -> None:
    assert NAME.fullmatch("s" * limits.STUDY + CONFIRM)
    assert not NAME.fullmatch("s" * (limits.STUDY + 1) + CONFIRM)
    assert len(f"{'A' * limits.OWN_ARM} (trial {limits.LARGEST_NUMBER})") == limits.ARM
    long = "s" * (limits.STUDY + 1)
    assert refused(sweeper, "run", "mine", "--trials", "1", "--name", long) == (
        f"Error: study name {long!r} has 93 characters; NAME-confirm can be a name with at most 92\n"
    )


@pytest.mark.parametrize("length", [limits.OWN_ARM, limits.OWN_ARM + 1])
def test_the_name_of_an_arm(length: int, folder: Path, sweeper: Command) -> None:
    write(folder / "studies/long.yaml", STUDY.replace("Plain", "A" * length).replace("mine", "long"))
    said = sweeper("validate", "long")
    if length <= limits.OWN_ARM:
        assert said.code == 0, said.err
    else:
        assert said.code == 2
        assert said.err.count("\n") == 1
        assert "studies/long.yaml:4: " in said.err
        assert "the name of an arm has at most 236 characters, this one 237" in said.err


@pytest.mark.parametrize("length", [limits.TASK, limits.TASK + 1])
def test_the_name_of_a_task(length: int, folder: Path, sweeper: Command) -> None:
    write(
        folder / "studies/workloads/long.yaml",
        SMALL.replace("small", "long").replace("{sst:", f"{{{'t' * length}:"),
    )
    said = sweeper("validate", "mine", "--workload", "long")
    if length <= limits.TASK:
        assert said.code == 0, said.err
    else:
        assert said.code == 2
        assert said.err.count("\n") == 1
        assert "studies/workloads/long.yaml:5: " in said.err
        assert "a task's name has at most 64 characters, this one 65" in said.err
