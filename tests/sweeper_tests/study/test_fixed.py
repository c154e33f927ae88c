"""The value of a setting that does not vary, against that of the configuration itself."""

from functools import reduce
from typing import Any

import pytest

from model.config import TrainConfig
from sweeper.study.fixed import set_paths, value_of
from sweeper.study.load import load_study, study_files
from sweeper.study.settings import flat, merged, nested
from sweeper.study.space import Value


@pytest.mark.parametrize("name", sorted(study_files()))
def test_it_is_that_of_the_configuration(name: str) -> None:
    of = load_study(name)
    for arm in of.spec.arms:
        settings = merged(nested(of.workload.train), nested(of.spec.base))
        settings = merged(settings, nested(of.spec.settings(arm)))
        config = of.config(arm, {}, TrainConfig.model_fields["seed"].default).model_dump()
        for path, value in flat(config).items():
            if isinstance(value, Value) and "source" not in path:  # of which there are several kinds
                assert value_of(settings, ".".join(path)) == value, path


def test_the_fields_that_settings_set() -> None:
    settings: dict[str, Any] = {"sst_head": "mlp", "smart": {"enabled": True}, "encoder.pooling": "mean"}
    assert set(set_paths(settings)) == {
        ("tasks", "sst", "head"),
        ("smart", "enabled"),
        ("encoder", "pooling"),
    }
    assert reduce(lambda one, part: one[part], ("smart", "enabled"), nested(settings)) is True
