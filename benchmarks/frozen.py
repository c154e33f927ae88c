"""Trials of heads alone, `encoder.freeze: all`: the first, which embeds the sentences, and those after it.

all-MiniLM-L6-v2 on all of SST and STS and 14,000 Quora pairs, four epochs of joint steps, two threads, as
`sweeper run` runs them on processes of their own: seconds from the launch of a trial to its last word. Then
in this process: how far cached embeddings lie from those that evaluation computes anew, and from those of
batches of 32, as training would see them; and whether a trial comes out the same, bit for bit, if it embeds
the sentences itself, if it finds them in the cache, and if it is stopped after an epoch and gone on with.
Needs SWEEPER_DATA.
"""

import itertools
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from rich.console import Console

from model.config import TrainConfig
from model.data.keptcorpus import kept_corpus
from model.evaluation import embeddings
from model.features import Features
from model.network.multitask import MultitaskEncoder
from model.result import EpochResult
from model.trainer import train
from sweeper.executors.protocol import Finished
from sweeper.paths import Home, data_folder
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.sweep.order import Order, Places
from sweeper.sweep.sweep import run

from .demo_trial import TimedExecutor
from .subset import THREADS, available

PARA_ROWS, EPOCHS, TRIALS = 14_000, 4, 4
COMPARED = 2_048
"""Sentences of each task whose embeddings are compared."""


def study(rows: int | None = None) -> Study:
    """The arm S-BERT on a frozen encoder, over the workload's learning rates.

    Args:
        rows: Training and dev rows of each task; None: all, and of Quora's pairs `PARA_ROWS`.
    """
    shipped = load_study("sbert-grid", "minilm")
    settings = shipped.workload.model_dump(mode="json")
    tasks = settings["train"]["tasks"]
    tasks["para"]["train_rows"] = PARA_ROWS
    if rows is not None:
        tasks = {name: task | {"train_rows": rows, "dev_rows": rows} for name, task in tasks.items()}
    settings["train"]["tasks"] = tasks
    spec = shipped.spec.model_dump(mode="json")
    spec["arms"] = {"S-BERT": spec["arms"]["S-BERT"]}
    spec["base"] |= {"encoder.freeze": "all", "epochs": EPOCHS, "threads": THREADS}
    return Study(type(shipped.spec).model_validate(spec), type(shipped.workload).model_validate(settings))


def measure(rows: int | None = None) -> dict[str, Any]:
    """Seconds of the trials, and how far cached embeddings and results lie from others; see `study`."""
    if not available():
        return {}
    given = study(rows)
    config = given.config("S-BERT", {}, 11711)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first, *later = seconds(given, Home(folder / "home"))
        same = equalities(config, folder)
        found: dict[str, Any] = {"first_s": first, "later_s": median(later), **same}
        found |= apart(config, folder / "cache")
    print(f"  first trial {first:.1f} s, later ones {found['later_s']:.1f} s (limit 20)")
    print(
        f"  cached embeddings lie {found['apart']:.1e} from those that are computed anew (limit 1e-6), and "
        f"{found['apart_batches']:.1e} from those of batches of 32; bit for bit: {same}"
    )
    return found


def seconds(given: Study, home: Home) -> list[float]:
    """What each trial took, from its launch to its last word."""
    executor = TimedExecutor()
    order = Order(given, TRIALS, Places(home.storage, home, data_folder()), Console(quiet=True))
    done = run(order, executor)
    assert (done.finished, done.failed) == (TRIALS, 0)
    return [
        next(moment for moment, event in noted if isinstance(event, Finished)) - noted[0][0]
        for noted in executor.noted.values()
    ]


def equalities(config: TrainConfig, folder: Path) -> dict[str, bool]:
    """Whether one that finds its embeddings, and one that is stopped, have the metrics of the one before."""

    def trial(name: str, stop: int | None = None) -> list[EpochResult]:
        results = train(config, folder / name, data=data_folder(), cache=folder / "cache")
        return list(itertools.islice(results, stop))

    computed, cached = trial("computed"), trial("cached")
    trial("stopped", stop=1)
    resumed = trial("stopped")
    expected = [result.metrics for result in computed]
    return {
        "cached": [result.metrics for result in cached] == expected,
        "resumed": [result.metrics for result in resumed] == expected,
    }


@torch.no_grad()
def apart(config: TrainConfig, cache: Path) -> dict[str, float]:
    """The largest difference of any value of cached embeddings from others of the same sentences.

    Returns:
        `apart`: from those that evaluation computes anew; `apart_batches`: from those of batches of 32.
    """
    torch.set_num_threads(THREADS)
    corpus, device = kept_corpus(config, data_folder(), cache), torch.device("cpu")
    pad_id = corpus.tokenizer.pad_id
    model = MultitaskEncoder(config, corpus.tokenizer.vocabulary_size, pad_id).eval()
    features = Features(model.encoder, pad_id, device, cache)
    anew, batches = [0.0], [0.0]
    for split in corpus.dev.values():
        cached = features.of(split)
        other = embeddings(model.encoder, split.sentences, pad_id, device)
        anew.append(float((other - cached).abs().max()))
        order = np.random.default_rng(0).permutation(len(cached))[:COMPARED]
        for chosen in np.array_split(order, -(-len(order) // config.batch_size)):
            batch = split.sentences.padded(chosen, pad_id)
            embedded = model.encoder(torch.from_numpy(batch.ids), torch.from_numpy(batch.mask))
            difference = embedded - cached[torch.from_numpy(chosen)]
            batches.append(float(difference.abs().max()))
    return {"apart": max(anew), "apart_batches": max(batches)}


if __name__ == "__main__":
    measure()
