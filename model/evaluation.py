"""Predictions and scores of a trained network."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from .data.batches import by_length
from .data.tokens import Sentences, TaskData
from .errors import NonFiniteLossError
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
    model: MultitaskEncoder, data: Mapping[str, TaskData], pad_id: int, device: torch.device
) -> dict[str, Predictions]:
    """Predictions for the rows of each task, and the head's raw outputs.

    Every sentence is embedded alone among sentences of its own length, so that hardly any padding is
    computed; the head then sees the embeddings row by row.

    Args:
        model: The network; left in evaluation mode.
        data: The rows of each task.
        pad_id: Id of the padding token.
        device: Where the network lies.

    Raises:
        NonFiniteLossError: If the network gives anything but finite numbers.
    """
    model.eval()
    return {name: _predictions(model, name, split, pad_id, device) for name, split in data.items()}


def _predictions(
    model: MultitaskEncoder, name: str, data: TaskData, pad_id: int, device: torch.device
) -> Predictions:
    raw = outputs(model, name, len(data.task.text), data.sentences, pad_id=pad_id, device=device)
    values = predict(data.task, raw).cpu().numpy().astype(np.float64)
    return data.predicted(values, raw.cpu().numpy())


def outputs(
    model: MultitaskEncoder,
    name: str,
    columns: int,
    sentences: Sentences,
    *,
    pad_id: int,
    device: torch.device,
    seen: Callable[[int], object] = lambda count: None,
) -> Tensor:
    """What a task's head gives for rows, ``[rows, outputs]``.

    Args:
        model: The network, in evaluation mode.
        name: The task.
        columns: Texts of a row.
        sentences: All first ones before all second ones.
        pad_id: Id of the padding token.
        device: Where the network lies.
        seen: Hears of each batch how many sentences it had.

    Raises:
        NonFiniteLossError: If the network gives anything but finite numbers.
    """
    lengths = sentences.lengths
    embeddings = torch.empty(len(lengths), model.encoder.embedding_size, device=device)
    for chosen in by_length(lengths, TOKEN_BUDGET.get(device.type, LARGE_TOKEN_BUDGET)):
        ids, mask = sentences.padded(chosen, pad_id)
        embedded = model.encoder(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
        embeddings[torch.from_numpy(chosen)] = embedded
        seen(len(chosen))
    raw: Tensor = model.heads[name](*embeddings.chunk(columns))
    if not raw.isfinite().all():
        raise NonFiniteLossError(f"the network's outputs for task {name} are not finite numbers")
    return raw


def scores(tasks: Mapping[str, Task], predicted: Mapping[str, Predictions]) -> dict[str, float]:
    """Score of each task's predictions by the metric that the task declares."""
    return {name: tasks[name].score(one) for name, one in predicted.items()}
