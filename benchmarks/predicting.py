"""`sweeper predict` on a file of 100,000 unlabelled pairs against evaluation of the same rows, tokenised."""

import csv
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import torch
from safetensors.torch import save_file

from model.data.rows import Rows, read
from model.data.tokenizer import build_tokenizer
from model.data.tokens import tokenise
from model.evaluation import predictions
from model.network.multitask import MultitaskEncoder
from model.predictor import Predictor
from sweeper.export.ensemble import Ensemble
from sweeper.export.predictions import find_input, write_predictions
from sweeper.paths import data_folder
from sweeper.study.load import load_study

ROWS, TASK = 100_000, "para"


def measure(rows: int = ROWS) -> dict[str, float]:
    """Quora's pairs, over and over, through MiniLM where SWEEPER_DATA names them; else the demo's."""
    folder = data_folder()
    study = load_study("sbert-grid", "minilm" if folder else "demo")
    config = study.config("S-BERT", {"precision": "fp32"}, seed=11711)
    task = config.tasks[TASK]
    found = read(TASK, task, "train", folder)
    pairs = list(islice(cycle(zip(*found.texts, strict=True)), rows))
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with (place / "pairs.tsv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t")
            writer.writerows([["id", *task.text], *([i, *pair] for i, pair in enumerate(pairs))])
        tokenizer = build_tokenizer(config.encoder, [text for column in found.texts for text in column])
        model = MultitaskEncoder(config, tokenizer.vocabulary_size, tokenizer.pad_id)
        save_file(model.state_dict(), place / "weights.safetensors")
        texts = tuple(zip(*pairs, strict=True))
        data = tokenise(task, Rows(texts, (0.0,) * rows, ("",) * rows, 0), tokenizer, place)
        began = time.perf_counter()
        predictions(model, {TASK: data}, tokenizer.pad_id, torch.device("cpu"))
        evaluated = time.perf_counter() - began
        ensemble = Ensemble([Predictor(config, tokenizer, place / "weights.safetensors")])
        began = time.perf_counter()
        count, _ = write_predictions(
            find_input(place / "pairs.tsv", config.tasks, TASK), ensemble, place / "out.tsv"
        )
        predicted = time.perf_counter() - began
    assert count == rows
    print(f"  {rows:,} pairs: evaluation {evaluated:.1f} s, predict {predicted:.1f} s")
    return {"rows": rows, "evaluation": evaluated, "predict": predicted, "speed": evaluated / predicted}
