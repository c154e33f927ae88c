"""Predictions and scores of a trained network."""

from collections.abc import Mapping

import numpy as np
import torch

from .data.batches import by_length
from .data.tokens import TaskData
from .errors import NonFiniteLossError
from .metrics import METRICS
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
    lengths = data.sentences.lengths
    embeddings = torch.empty(len(lengths), model.encoder.embedding_size, device=device)
    for chosen in by_length(lengths, TOKEN_BUDGET.get(device.type, LARGE_TOKEN_BUDGET)):
        ids, mask = data.sentences.padded(chosen, pad_id)
        embedded = model.encoder(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
        embeddings[torch.from_numpy(chosen)] = embedded
    outputs = model.heads[name](*embeddings.chunk(len(data.task.text)))
    if not outputs.isfinite().all():
        raise NonFiniteLossError(f"the network's outputs for task {name} are not finite numbers")
    values = predict(data.task, outputs).cpu().numpy().astype(np.float64)
    return data.predicted(values, outputs.float().cpu().numpy())


def scores(tasks: Mapping[str, Task], predicted: Mapping[str, Predictions]) -> dict[str, float]:
    """Score of each task's predictions by the metric that the task declares."""
    return {
        name: METRICS[tasks[name].metric].score(one.predicted, one.labels) for name, one in predicted.items()
    }
