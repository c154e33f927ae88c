"""Every two techniques train together and resume bit for bit, or are refused with a reason."""

from collections.abc import Iterable, Mapping
from functools import reduce
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.model_tests.made import DEMO, TINY, assert_resumes, config, teach

TECHNIQUES: dict[str, dict[str, Any]] = {
    "pcgrad": {"gradient": "pcgrad"},
    "smart": {"smart": {"enabled": True}},
    "r_drop": {"r_drop": 0.5},
    "uncertainty": {"balance": "uncertainty"},
    "accumulation": {"accumulation": 2},
    "sampling": {"sampling": "square_root"},
    "checkpointing": {"gradient_checkpointing": True},
    "mask_words": {"mask_words": 0.2},
    "word_dropout": {"word_dropout": 0.2},
    "swap_pairs": {"swap_pairs": 0.5},
    "freeze": {"encoder": {"freeze": "all"}},
    "layer_decay": {"layer_decay": 0.9},
    "label_smoothing": {"tasks": {"sst": {"label_smoothing": 0.1}}},
    "ordinal": {"tasks": {"sst": {"loss": "ordinal"}}},
    "joint": {"tasks": {"para": {"pair_encoding": "joint", "head": "mlp"}}},
    "distillation": {"distillation": {"teacher": {"sst": "sst.tsv", "sts": "sts.jsonl"}}},
    "cosent": {"tasks": {"sts": {"loss": "cosent"}}},
    "train_tasks": {"train_tasks": ["sst", "sts"]},
    "ema": {"average": {"name": "ema"}},
    "swa": {"average": {"name": "swa", "start": 0.4}},
    "layer_pooling": {"encoder": {"layer_pooling": "weighted"}},
    "lora": {"encoder": {"lora": {"rank": 4, "dropout": 0.1}}},
    "pair_layer": {"pair_layer": "tanh"},
    "contrastive": {"tasks": {"para": {"contrastive": 0.5}}},
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
    ("word_dropout", "freeze"): "word_dropout needs an encoder that learns; encoder.freeze is all",
    ("freeze", "layer_decay"): "layer_decay needs an encoder that learns; encoder.freeze is all",
    ("accumulation", "cosent"): "compares the rows of a batch, and accumulation 2 would cut it into parts",
    (
        "accumulation",
        "contrastive",
    ): "compares the rows of a batch, and accumulation 2 would cut it into parts",
    ("freeze", "layer_pooling"): "layer_pooling weighted needs an encoder that learns; freeze is all",
    ("freeze", "lora"): "lora.rank 4 goes without freeze, which is all: adapters learn alone",
    ("freeze", "contrastive"): "contrastive needs an encoder that learns; encoder.freeze is all",
    (
        "joint",
        "contrastive",
    ): "contrastive 0.5 compares two embeddings, and a pair has one under pair_encoding joint",
    (
        "distillation",
        "cosent",
    ): "distillation.teacher.sts teaches row by row; loss cosent compares the rows of a batch",
    ("label_smoothing", "ordinal"): "label_smoothing 0.1 is for classes under loss ce; loss is ordinal",
}
APART = {*REFUSED, ("ema", "swa")}
"""Those that cannot be together: what is refused, and values of one setting."""
NOT_ALL = {"swap_pairs", "freeze", "joint"}
"""Any two of which go together, but not all three."""
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


def settings_of(techniques: Iterable[str]) -> dict[str, Any]:
    return reduce(joined, (TECHNIQUES[name] for name in techniques), SETTINGS)


def pairs_of(techniques: Iterable[str]) -> set[tuple[str, str]]:
    return set(combinations(techniques, 2))


def fit(techniques: Iterable[str]) -> bool:
    return not pairs_of(techniques) & APART and not {*techniques} >= NOT_ALL


def covering(most: int) -> list[tuple[str, ...]]:
    """Sets of techniques, in which every two that are not refused are together once at least.

    A covering array of strength 2, as Cohen et al. (1997, The AETG System, IEEE TSE 23(7)) make it: each set
    begins with a pair that no other has, and takes in what adds the most such pairs.

    Args:
        most: Techniques of a set: of a few it is soon seen which of them do not go together.
    """
    left, found = sorted(pairs_of(TECHNIQUES) - APART), list[tuple[str, ...]]()
    while left:
        one = left[0]
        while len(one) < most:
            larger = [tuple(name for name in TECHNIQUES if name in {*one, more}) for more in TECHNIQUES]
            larger = [two for two in larger if len(two) > len(one) and fit(two)]
            best = max(larger, key=lambda two: len(pairs_of(two).intersection(left)), default=one)
            if len(pairs_of(best).intersection(left)) == len(pairs_of(one).intersection(left)):
                break
            one = best
        found.append(one)
        left = [pair for pair in left if pair not in pairs_of(one)]
    return found


@pytest.mark.parametrize("pair", REFUSED, ids=" + ".join)
def test_two_techniques_that_are_refused(pair: tuple[str, str]) -> None:
    assert pair in pairs_of(TECHNIQUES)
    with pytest.raises(ValidationError) as caught:
        config(**settings_of(pair))
    assert REFUSED[pair] in str(caught.value)


@pytest.mark.parametrize("techniques", covering(5), ids=" + ".join)
def test_techniques(techniques: tuple[str, ...], cache: Path, tmp_path: Path) -> None:
    data = teach(tmp_path / "data", left_out=10)
    assert_resumes(config(**settings_of(techniques)), tmp_path, cache, data=data)


def test_every_two_techniques_are_tried() -> None:
    tried = set[tuple[str, str]]().union(*map(pairs_of, covering(5)))
    assert tried | APART == pairs_of(TECHNIQUES)
    assert not tried & APART
