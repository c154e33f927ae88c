"""Predictions and scores of a trained network, in the precision in which the caller computes."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .data.batches import by_length
from .data.pairs import Pairs
from .data.sentences import Sentences
from .data.tokens import TaskData
from .errors import NonFiniteLossError
from .metrics.own import OwnMetric, recorded_scores
from .network.encoder import SentenceEncoder
from .network.multitask import MultitaskEncoder
from .outputs import predict
from .predictions import Predictions
from .tasks import Task

TOKEN_BUDGET = {"cpu": 2048}
"""Tokens of an evaluation batch by kind of device; on a CPU what its caches hold, as measured."""


LARGE_TOKEN_BUDGET = 16384
"""The same on every other device."""


@torch.inference_mode()
def predictions(
    model: MultitaskEncoder,
    data: Mapping[str, TaskData],
    pad_id: int,
    device: torch.device,
    known: Callable[[TaskData], Tensor] | None = None,
    *,
    took: Callable[[TaskData, float], object] = lambda data, seconds: None,
) -> dict[str, Predictions]:
    """Predictions for the rows of each task, and the head's raw outputs.

    Every sentence, or pair in one sequence, is embedded alone among others of its own length, so that hardly
    any padding is computed; the head then sees the embeddings row by row.

    Args:
        model: The network; left in evaluation mode.
        data: The rows of each task.
        pad_id: Id of the padding token.
        device: Where the network lies.
        known: Gives the embeddings of a split's sequences; None: they are computed.
        took: Hears how many seconds the rows of each task took.

    Raises:
        NonFiniteLossError: If the network gives anything but finite numbers.
    """
    model.eval()
    found = {}
    for name, split in data.items():
        began = time.perf_counter()
        found[name] = _predictions(model, name, split, pad_id, device, known)
        took(split, time.perf_counter() - began)
    return found


def _predictions(  # noqa: PLR0917 - as in `predictions`
    model: MultitaskEncoder,
    name: str,
    data: TaskData,
    pad_id: int,
    device: torch.device,
    known: Callable[[TaskData], Tensor] | None,
) -> Predictions:
    columns = data.task.columns
    if known is None:
        raw = outputs(model, name, columns, data.sequences, pad_id=pad_id, device=device)
    else:
        raw = answers(model, name, columns, known(data))
    values = predict(data.task, raw).cpu().numpy().astype(np.float64)
    return data.predicted(values, raw.cpu().numpy())


def outputs(
    model: MultitaskEncoder,
    name: str,
    columns: int,
    sequences: Sentences | Pairs,
    *,
    pad_id: int,
    device: torch.device,
    seen: Callable[[int], object] = lambda count: None,
) -> Tensor:
    """What a task's head gives for rows, ``[rows, outputs]``.

    Args:
        model: The network, in evaluation mode.
        name: The task.
        columns: Sequences of a row.
        sequences: Of sentences all first ones before all second ones.
        pad_id: Id of the padding token.
        device: Where the network lies.
        seen: Hears of each batch how many sequences it had.

    Raises:
        NonFiniteLossError: If the network gives anything but finite numbers.
    """
    found = embeddings(model.encoder, sequences, pad_id, device, seen)
    if name not in model.reading:
        return answers(model, name, columns, found)
    lengths = sequences.lengths.reshape(columns, -1).max(axis=0)
    places = np.arange(columns)[:, None] * len(lengths)
    raw: list[Tensor] = []
    order: list[NDArray[np.int64]] = []
    for rows in by_length(lengths, TOKEN_BUDGET.get(device.type, LARGE_TOKEN_BUDGET)):
        numbers = (places + rows).reshape(-1)
        ids = torch.from_numpy(sequences.padded(numbers, pad_id).ids).to(device)
        raw.append(answers(model, name, columns, found[torch.from_numpy(numbers)], ids))
        order.append(rows)
    return torch.cat(raw)[torch.from_numpy(np.argsort(np.concatenate(order)))]


def embeddings(
    encoder: SentenceEncoder,
    sequences: Sentences | Pairs,
    pad_id: int,
    device: torch.device,
    seen: Callable[[int], object] = lambda count: None,
) -> Tensor:
    """The embedding of each sequence, ``[sequences, embedding_size]``; arguments as in `outputs`."""
    lengths = sequences.lengths
    found = torch.empty(len(lengths), encoder.embedding_size, device=device)
    for chosen in by_length(lengths, TOKEN_BUDGET.get(device.type, LARGE_TOKEN_BUDGET)):
        batch = sequences.padded(chosen, pad_id)
        types = None if batch.types is None else torch.from_numpy(batch.types).to(device)
        embedded = encoder(
            torch.from_numpy(batch.ids).to(device), torch.from_numpy(batch.mask).to(device), token_types=types
        )
        found[torch.from_numpy(chosen)] = embedded.float()
        seen(len(chosen))
    return found


def answers(
    model: MultitaskEncoder, name: str, columns: int, found: Tensor, input_ids: Tensor | None = None
) -> Tensor:
    """What a task's head gives for rows, ``[rows, outputs]``.

    Args:
        model: The network, in evaluation mode.
        name: The task.
        columns: Sequences of a row.
        found: Embeddings of the sequences, of sentences all first ones before all second ones.
        input_ids: Their tokens ``[sequences, length]``, for a head that sees them.

    Raises:
        NonFiniteLossError: If the network gives anything but finite numbers.
    """
    # In fp32, whatever the products are computed in: what follows is softmax, or a score.
    raw: Tensor = model.answer(name, columns, found, input_ids=input_ids).float()
    if not raw.isfinite().all():
        raise NonFiniteLossError(f"the network's outputs for task {name} are not finite numbers")
    return raw


def scores(tasks: Mapping[str, Task], predicted: Mapping[str, Predictions]) -> dict[str, float]:
    """Score of each task's predictions by the metric that the task declares."""
    return {name: tasks[name].score(one) for name, one in predicted.items()}


def bootstrapped(tasks: Mapping[str, Task], predicted: Mapping[str, Predictions]) -> dict[str, Predictions]:
    """Predictions, with the scores on resampled rows where a metric is own code.

    A report, which may not have that code, cannot compute them.
    """
    found = dict(predicted)
    for name, one in predicted.items():
        scorer = tasks[name].scorer
        if isinstance(scorer, OwnMetric):
            found[name] = replace(one, bootstrap=recorded_scores(scorer, one.predicted, one.labels))
    return found
