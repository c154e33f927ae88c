"""Fingerprints of the first version are those of today, and of a version with more fields."""

from typing import Any, Literal

import pytest
from pydantic import BaseModel, create_model

from model.config import EncoderConfig, TrainConfig
from model.config.canonical import canonical

FILES = {"kind": "files", "train": "a", "dev": "b"}
TASKS: dict[str, Any] = {
    "sst": {
        "kind": "single",
        "classes": 5,
        "source": {"kind": "demo", "task": "sst"},
        "text": ["sentence"],
        "label": "sentiment",
        "metric": "accuracy",
        "head": "mlp",
    },
    "sts": {
        "kind": "pair",
        "range": [0, 5],
        "source": FILES,
        "text": ["sentence1", "sentence2"],
        "label": "similarity",
        "metric": "pearson",
        "head": "cosine",
        "loss": "mse",
    },
}
SMART = {"enabled": True, "tasks": ["sst"], "epsilon": 1e-05}
WRITTEN: list[tuple[dict[str, Any], str]] = [
    ({}, "b2ef0cbe110d2ff13680e4ab2a2477b6204ce067b1f0d464aac2031b68f23d71"),
    (
        {"seed": 3, "smart": SMART, "encoder": {"source": "hub", "name": "x", "dropout": 0.2}},
        "ef1aeaf2f5ceeb501f39e48ea9d4943b7b932ec6ee0851b92dd3abfc6dff76ec",
    ),
    ({"bf16": False}, "b2ef0cbe110d2ff13680e4ab2a2477b6204ce067b1f0d464aac2031b68f23d71"),
    ({"precision": "fp32"}, "b2ef0cbe110d2ff13680e4ab2a2477b6204ce067b1f0d464aac2031b68f23d71"),
    ({"bf16": True}, "78dce924c7b529c3baa3c031f02350899bfe63e5744a1ab144ef85b35ec6e094"),
    ({"precision": "bf16"}, "78dce924c7b529c3baa3c031f02350899bfe63e5744a1ab144ef85b35ec6e094"),
    (
        {
            **{"precision": "bf16", "seed": 3, "smart": SMART},
            "encoder": {"source": "hub", "name": "x", "dropout": 0.2},
        },
        "38336e71f2bfa04e12b6d594850892c459709497aed4f7f49d85f99918189d38",
    ),
]
"""Settings, and the fingerprints that the first version computed from them, with `bf16` for `precision`."""


class Later(EncoderConfig):
    """The encoder's settings of a later version."""

    adapter: int | None = None


Later.__name__ = "EncoderConfig"
LATER = create_model("TrainConfig", __base__=TrainConfig, encoder=(Later, Later()), aid=(str, "none"))
"""A later version, with a new field at the top and one in a group."""


@pytest.mark.parametrize("version", [TrainConfig, LATER])
@pytest.mark.parametrize(("settings", "expected"), WRITTEN)
def test_a_fingerprint_stays(version: type[TrainConfig], settings: dict[str, Any], expected: str) -> None:
    config = version.model_validate({"tasks": TASKS} | settings)
    assert config.fingerprint() == expected


@pytest.mark.parametrize("settings", [{"aid": "some"}, {"encoder": {"adapter": 8}}])
def test_a_new_field_counts_where_it_is_not_at_its_default(settings: dict[str, Any]) -> None:
    fingerprints = {LATER(tasks=TASKS, **given).fingerprint() for given in ({}, settings)}
    assert len(fingerprints) == 2


def test_auto_is_neither_precision() -> None:
    found = [TrainConfig(tasks=TASKS, precision=name).fingerprint() for name in ("auto", "fp32", "bf16")]
    assert len(set(found)) == 3


def test_the_order_of_tasks_counts() -> None:
    turned = TrainConfig(tasks=dict(reversed(TASKS.items())))
    assert turned.fingerprint() != TrainConfig(tasks=TASKS).fingerprint()


def test_a_source_of_a_later_version_passes_for_none_of_ours() -> None:
    class Parquet(BaseModel):
        kind: Literal["parquet"] = "parquet"
        train: str
        dev: str

    assert canonical(Parquet(train="a", dev="b")) == {"kind": "parquet", "train": "a", "dev": "b"}
