"""Tokens processed over real tokens in one training pass at batch 32: bucketed against random batches."""

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.data.batches import BatchStream
from model.data.rows import read
from model.data.tokenizer import build_tokenizer
from model.data.tokens import TaskData, tokenise
from sweeper.paths import data_folder
from sweeper.study.load import load_study

BATCH_SIZE = 32


def ratio(data: TaskData, batches: list[NDArray[np.int64]]) -> float:
    """Tokens with padding over tokens without, where both sentences of a pair go through in one pass."""
    columns = len(data.task.text)
    processed = sum(int(data.row_lengths[batch].max()) * len(batch) * columns for batch in batches)
    return processed / int(data.sentences.lengths.sum())


def measure() -> dict[str, dict[str, float]]:
    """Measures every task of the real data where SWEEPER_DATA names it, else of the demo corpus."""
    folder = data_folder()
    study = load_study("sbert-grid", "minilm" if folder else "demo")
    if folder is None:
        print("SWEEPER_DATA is not set: this is the demo corpus, not the real data")
    config = study.config("S-BERT", {}, seed=11711)
    results = {}
    with tempfile.TemporaryDirectory() as cache:
        rows = {name: read(name, task, "train", folder) for name, task in config.tasks.items()}
        texts = [text for part in rows.values() for column in part.texts for text in column]
        tokenizer = build_tokenizer(config.encoder, texts)
        for number, (name, task) in enumerate(config.tasks.items()):
            data = tokenise(task, rows[name], tokenizer, Path(cache))
            stream = BatchStream(data.row_lengths, BATCH_SIZE, (config.seed, number))
            order = np.random.default_rng(config.seed).permutation(len(data))
            ours = ratio(data, [stream.batch(n) for n in range(stream.batches_per_pass)])
            random = ratio(data, np.array_split(order, stream.batches_per_pass))
            results[name] = {"rows": len(data), "bucketed": ours, "random": random}
            print(f"  {name:6} {len(data):6} rows: bucketed {ours:.3f}, random {random:.3f}")
    return results
