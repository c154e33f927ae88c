"""One trial, from a configuration to scores: the training loop, written out."""

import hashlib
import math
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from . import checkpoint
from .batches import BatchStream
from .config import TrainConfig
from .data import TaskData, tokenise
from .device import peak_memory_mb, pick_device
from .errors import NonFiniteLossError
from .evaluation import predictions, save_predictions, scores
from .losses import task_loss, to_target
from .multitask import MultitaskEncoder
from .optim import build_optimizer, learning_rate, set_learning_rate
from .result import EpochResult, Metric, Split
from .sources import Rows, read
from .tasks import overall_score
from .tokenizer import SentenceTokenizer, build_tokenizer


def train(
    config: TrainConfig, rundir: Path, *, data: Path | None, cache: Path
) -> Generator[EpochResult, None, None]:
    """Trains one trial and yields after each evaluation; a checkpoint is saved before each yield.

    The caller stops the trial by closing the generator. Called again on the same folder, it goes on from the
    newest whole checkpoint: it yields the epochs that are done once more from the record, then trains the
    others, with the results that an uninterrupted run would have had, bit for bit on the same machine and
    thread count. The default step takes one batch of every task and sums their losses.

    Args:
        config: Every setting.
        rundir: Folder of the trial: ``checkpoints/`` and ``predictions.npz`` (dev, best epoch).
        data: Folder of the user's data files; None where the tasks need none.
        cache: Folder of the tokenised data, shared by all trials.

    Yields:
        One result an epoch.

    Raises:
        DataError: If the data is missing or malformed.
        EncoderError: If the encoder cannot be loaded.
        CheckpointError: If the folder holds a checkpoint of another trial.
        NonFiniteLossError: If a loss becomes infinite or not a number.
    """
    device = pick_device(config)
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    corpus = _load(config, data, cache)
    torch.manual_seed(config.seed)
    model = MultitaskEncoder(config, corpus.tokenizer.vocabulary_size, corpus.tokenizer.pad_id).to(device)
    optimizer = build_optimizer(model.encoder, model.heads, config)
    streams = {
        name: BatchStream(split.row_lengths, config.batch_size, (config.seed, number))
        for number, (name, split) in enumerate(corpus.train.items())
    }
    steps = config.steps_per_epoch or max(stream.batches_per_pass for stream in streams.values())
    progress = checkpoint.restore(rundir, model, optimizer, corpus.fingerprint, device)
    yield from progress.results

    for epoch in range(len(progress.results) + 1, config.epochs + 1):
        started = time.perf_counter()
        losses = {name: torch.zeros((), device=device) for name in streams}
        tokens, padded = dict.fromkeys(streams, 0), dict.fromkeys(streams, 0)
        model.train()
        for step in range((epoch - 1) * steps, epoch * steps):
            rate = learning_rate(config, step, config.epochs * steps)
            set_learning_rate(optimizer, rate)
            for name, stream in streams.items():
                split = corpus.train[name]
                rows = stream.batch(step)
                ids, mask = split.sentences.padded(split.sentence_numbers(rows), corpus.tokenizer.pad_id)
                outputs = model(
                    name,
                    len(split.task.text),
                    torch.from_numpy(ids).to(device),
                    torch.from_numpy(mask).to(device),
                )
                targets = to_target(split.task, torch.from_numpy(split.labels[rows]).to(device))
                loss = task_loss(split.task, outputs, targets)
                if not math.isfinite(loss.item()):
                    raise NonFiniteLossError(
                        f"the loss of task {name} is {loss.item()} at step {step + 1} (epoch {epoch}, "
                        f"learning rate {rate:.3g})"
                    )
                # Backward at once, task by task: the sum of losses, with one task's graph in memory.
                loss.backward()  # type: ignore[no-untyped-call]
                losses[name] += loss.detach()
                tokens[name] += int(mask.sum())
                padded[name] += mask.size
            if config.max_grad_norm is not None:
                torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        trained = time.perf_counter()

        pad_id = corpus.tokenizer.pad_id
        dev = {name: predictions(model, name, split, pad_id, device) for name, split in corpus.dev.items()}
        sample = {
            name: predictions(model, name, split, pad_id, device) for name, split in corpus.sample.items()
        }
        dev_scores = scores(corpus.dev, dev)
        overall = overall_score(config.tasks, dev_scores)
        result = EpochResult(
            epoch=epoch,
            overall=overall,
            best=all(overall > earlier.overall for earlier in progress.results),
            metrics=(
                *_metrics(config, "dev", dev_scores),
                *_metrics(config, "train", scores(corpus.sample, sample)),
                *(Metric("train", name, "loss", float(total) / steps) for name, total in losses.items()),
                *(Metric("train", name, "padding", padded[name] / tokens[name]) for name in streams),
            ),
            train_seconds=trained - started,
            eval_seconds=time.perf_counter() - trained,
            tokens=tokens,
            padded_tokens=padded,
            peak_memory_mb=peak_memory_mb(device),
        )
        progress = progress.after(result)
        if result.best:
            rundir.mkdir(parents=True, exist_ok=True)
            save_predictions(rundir / "predictions.npz", corpus.dev, dev)
        checkpoint.save(rundir, model, optimizer, progress, device)
        yield result


@dataclass(frozen=True)
class _Corpus:
    """The data of a trial: its splits, the training rows that are scored, and what identifies it all."""

    tokenizer: SentenceTokenizer
    train: dict[str, TaskData]
    dev: dict[str, TaskData]
    sample: dict[str, TaskData]
    fingerprint: str


def _load(config: TrainConfig, data: Path | None, cache: Path) -> _Corpus:
    rows = {
        (name, split): read(name, task, split, data)
        for name, task in config.tasks.items()
        for split in ("train", "dev")
    }
    texts = [
        text
        for (_, split), part in rows.items()
        if split == "train"
        for column in part.texts
        for text in column
    ]
    tokenizer = build_tokenizer(config.encoder, texts)

    def tokenised(name: str, part: Rows) -> TaskData:
        return tokenise(config.tasks[name], part, tokenizer, cache)

    digest = hashlib.sha256(config.fingerprint().encode())
    for part in rows.values():
        digest.update(repr((part.texts, part.labels)).encode())
    return _Corpus(
        tokenizer=tokenizer,
        train={name: tokenised(name, rows[name, "train"]) for name in config.tasks},
        dev={name: tokenised(name, rows[name, "dev"]) for name in config.tasks},
        sample={
            name: tokenised(name, _sample(rows[name, "train"], config.train_sample)) for name in config.tasks
        },
        fingerprint=digest.hexdigest(),
    )


def _sample(rows: Rows, size: int) -> Rows:
    # The same rows in every trial, whatever its seed, so that training scores can be compared.
    chosen = np.sort(np.random.default_rng(0).permutation(len(rows.labels))[:size]).tolist()
    return Rows(
        texts=tuple(tuple(column[i] for i in chosen) for column in rows.texts),
        labels=tuple(rows.labels[i] for i in chosen),
        ids=tuple(rows.ids[i] for i in chosen),
        dropped=0,
    )


def _metrics(config: TrainConfig, split: Split, values: dict[str, float]) -> list[Metric]:
    named = [Metric(split, name, config.tasks[name].metric, value) for name, value in values.items()]
    return [*named, Metric(split, "overall", "overall", overall_score(config.tasks, values))]
