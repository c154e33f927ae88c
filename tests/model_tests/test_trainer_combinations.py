"""Every two techniques train together and resume bit for bit, or are refused with a reason."""

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.model_tests.made import DEMO, TINY, assert_resumes, config

TECHNIQUES: dict[str, dict[str, Any]] = {
    "pcgrad": {"gradient": "pcgrad"},
    "smart": {"smart": {"enabled": True}},
    "r_drop": {"r_drop": 0.5},
    "uncertainty": {"balance": "uncertainty"},
    "accumulation": {"accumulation": 2},
    "sampling": {"sampling": "square_root"},
    "checkpointing": {"gradient_checkpointing": True},
    "mask_words": {"mask_words": 0.2},
    "swap_pairs": {"swap_pairs": 0.5},
    "freeze": {"encoder": {"freeze": "all"}},
    "layer_decay": {"layer_decay": 0.9},
    "label_smoothing": {"tasks": {"sst": {"label_smoothing": 0.1}}},
    "ordinal": {"tasks": {"sst": {"loss": "ordinal"}}},
    "cosent": {"tasks": {"sts": {"loss": "cosent"}}},
    "train_tasks": {"train_tasks": ["sst", "sts"]},
}
REFUSED = {
    ("pcgrad", "sampling"): "gradient pcgrad joins the tasks of a step; sampling square_root has one",
    ("pcgrad", "freeze"): "gradient pcgrad needs an encoder that learns; encoder.freeze is all",
    (
        "smart",
        "r_drop",
    ): "r_drop 0.5 and smart.enabled both take a batch through the network again: choose one",
    ("r_drop", "freeze"): "r_drop needs an encoder that learns; encoder.freeze is all",
    ("smart", "freeze"): "smart.enabled needs an encoder that learns; encoder.freeze is all",
    ("mask_words", "freeze"): "mask_words needs an encoder that learns; encoder.freeze is all",
    ("freeze", "layer_decay"): "layer_decay needs an encoder that learns; encoder.freeze is all",
    ("accumulation", "cosent"): "compares the rows of a batch, and accumulation 2 would cut it into parts",
    ("label_smoothing", "ordinal"): "label_smoothing 0.1 is for classes under loss ce; loss is ordinal",
}
SETTINGS = {
    "epochs": 2,
    "steps_per_epoch": 2,
    "encoder": TINY,
    "train_sample": 8,
    "tasks": {n: t.model_dump() | {"dev_rows": 16} for n, t in DEMO.items()},
}


def joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of both, part by part."""
    shared = {
        key: joined(one[key], value) if isinstance(value, Mapping) and key in one else value
        for key, value in other.items()
    }
    return {**one, **shared}


@pytest.mark.parametrize("pair", list(combinations(TECHNIQUES, 2)), ids=" + ".join)
def test_two_techniques(pair: tuple[str, str], cache: Path, tmp_path: Path) -> None:
    settings = joined(joined(SETTINGS, TECHNIQUES[pair[0]]), TECHNIQUES[pair[1]])
    if pair in REFUSED:
        with pytest.raises(ValidationError) as caught:
            config(**settings)
        assert REFUSED[pair] in str(caught.value)
        return
    assert_resumes(config(**settings), tmp_path, cache)
