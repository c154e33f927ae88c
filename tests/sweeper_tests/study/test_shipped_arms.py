"""The demo shows an effect: S-BERT's heads beat plain linear ones, beyond the noise of the seed."""

from pathlib import Path

import numpy as np

from model.trainer import train
from sweeper.study.load import load_study

SEEDS = range(5)


def test_sbert_beats_the_baseline_by_more_than_two_standard_errors(tmp_path: Path) -> None:
    study = load_study("quickstart", "demo")

    def overall(arm: str, seed: int) -> float:
        config = study.config(arm, {}, seed)
        results = train(config, tmp_path / arm / str(seed), data=None, cache=tmp_path / "cache")
        return max(result.overall for result in results)

    scores = {arm: np.array([overall(arm, seed) for seed in SEEDS]) for arm in ("Baseline", "S-BERT")}
    difference = scores["S-BERT"] - scores["Baseline"]
    error = difference.std(ddof=1) / np.sqrt(len(SEEDS))
    print(f"S-BERT {scores['S-BERT'].mean():.3f}, baseline {scores['Baseline'].mean():.3f}, "
          f"difference {difference.mean():.3f}, standard error {error:.3f}")  # fmt: skip
    assert difference.mean() > 2 * error > 0
