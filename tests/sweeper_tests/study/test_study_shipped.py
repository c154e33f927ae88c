"""Every shipped study: which arms it has, that each of them trains on the demo, and what the demo shows."""

from pathlib import Path

import numpy as np
import pytest

from model.trainer import train
from sweeper.paths import shipped_studies
from sweeper.search.propose import propose
from sweeper.study.load import load_study
from sweeper.trial import PastTrial, RunState

ARMS = {
    "ablation": [
        "Baseline",
        "STS Cosine Similarity",
        "S-BERT",
        "S-BERT + MSE",
        "S-BERT + PCGrad",
        "S-BERT + SMART",
        "S-BERT + PCGrad + SMART",
        "S-BERT + SMART + MSE",
        "S-BERT + PCGrad + MSE",
    ],
    "baseline": ["minBERT"],
    "batch-size": ["batch 8", "batch 16", "batch 32", "batch 32 in two parts"],
    "concatenation": ["(u, v)", "(u, v, |u-v|)", "(u, v, |u-v|, u*v)", "(u, v, |u-v|) + 2 layers"],
    "frontier": [
        "Base",
        "STS by cross-entropy",
        "STS by squared error",
        "CoSENT",
        "Contrastive paraphrases",
        "Ordinal labels",
        "Label smoothing",
        "SST counts twice",
        "Learned weights",
        "PCGrad",
        "GradVac",
        "SMART",
        "R-Drop",
        "EMA",
        "SWA",
        "Layer decay",
        "Mixed layers",
        "Layer shared by pairs",
        "LoRA",
        "Frozen embeddings",
        "Masked words",
        "Words left out",
        "Pairs swapped",
        "Dropout .3",
        "Annealed sampling",
        "SST alone",
        "Paraphrases alone",
        "STS alone",
        "Paraphrases together",
        "Pairs together",
    ],
    "gradient-methods": [
        "sum",
        "mean",
        "PCGrad",
        "GradVac",
        "CAGrad",
        "Aligned-MTL",
        "IMTL-G",
        "MGDA",
        "UPGrad",
    ],
    "optimizers": ["AdamW", "Adam", "SGD"],
    "paper-rows": [
        "minBERT",
        "+ SST layers",
        "+ STS cosine",
        "S-BERT",
        "S-BERT wd .1 dropout .3",
        "S-BERT wd .1 dropout .5",
        "S-BERT wd .3 dropout .3",
        "S-BERT wd .3 dropout .5",
        "S-BERT + PCGrad",
        "S-BERT + PCGrad wd .1 dropout .3",
        "S-BERT + PCGrad wd .3 dropout .3",
        "S-BERT + SMART static",
        "S-BERT + SMART",
        "S-BERT + MSE",
        "S-BERT + SMART + MSE",
        "S-BERT + SMART + MSE wd .3 dropout .5",
        "S-BERT + SMART + MSE wd .3 dropout .3",
        "S-BERT + PCGrad + MSE",
        "(u, v)",
        "(u, v, |u-v|, u*v)",
        "Extra layers",
        "Adam",
        "SGD",
        "Batch 16",
        "PCGrad batch 16",
    ],
    "pcgrad": ["S-BERT", "S-BERT + PCGrad"],
    "quickstart": ["Baseline", "S-BERT"],
    "sbert-grid": ["S-BERT", "S-BERT + PCGrad", "S-BERT + SMART", "S-BERT + PCGrad + SMART"],
    "sbert-hyperparameters": ["S-BERT"],
    "sbert-initial": ["STS Cosine Similarity", "S-BERT (para) + CosSim"],
    "smart": ["S-BERT", "S-BERT + SMART"],
    "sts-loss": ["S-BERT + SMART + CE", "S-BERT + SMART + MSE"],
}


def test_the_shipped_studies_are_these() -> None:
    assert sorted(ARMS) == sorted(path.stem for path in shipped_studies().glob("*.yaml"))


@pytest.mark.parametrize("name", ARMS)
def test_arms_are_the_ones_promised_and_each_trains(name: str, tmp_path: Path) -> None:
    study = load_study(name, "demo")
    assert list(study.spec.arms) == ARMS[name]
    history: list[PastTrial] = []
    for number, arm in enumerate(ARMS[name]):
        trial = propose(study, number, history)
        assert trial is not None
        assert trial.arm == arm
        history.append(PastTrial(number, arm, trial.params, trial.seed, 0, RunState.RUNNING, None))
        # Two steps on few rows: whether an arm runs, not what it scores.
        few = {
            name: task.model_copy(update={"train_rows": 64, "dev_rows": 32})
            for name, task in trial.config.tasks.items()
        }
        short = trial.config.model_copy(
            update={"epochs": 1, "steps_per_epoch": 2, "train_sample": 16, "tasks": few}
        )
        [result] = train(short, tmp_path / str(number), data=None, cache=tmp_path / "cache")
        assert 0 < result.judged < 1


SEEDS = range(3)


def test_sbert_beats_the_baseline_by_more_than_two_standard_errors(tmp_path: Path) -> None:
    study = load_study("quickstart", "demo")

    def overall(arm: str, seed: int) -> float:
        # The difference is as clear after twenty steps as after the study's four epochs.
        short = {"epochs": 1, "steps_per_epoch": 20, "train_sample": 50}
        config = study.config(arm, {}, seed).model_copy(update=short)
        results = train(config, tmp_path / arm / str(seed), data=None, cache=tmp_path / "cache")
        return max(result.overall for result in results)

    scores = {arm: np.array([overall(arm, seed) for seed in SEEDS]) for arm in ("Baseline", "S-BERT")}
    difference = scores["S-BERT"] - scores["Baseline"]
    error = difference.std(ddof=1) / np.sqrt(len(SEEDS))
    print(f"S-BERT {scores['S-BERT'].mean():.3f}, baseline {scores['Baseline'].mean():.3f}, "
          f"difference {difference.mean():.3f}, standard error {error:.3f}")  # fmt: skip
    assert difference.mean() > 2 * error > 0
