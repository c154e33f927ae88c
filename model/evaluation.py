"""Predictions and scores of a trained network, in the precision in which the caller computes."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from .data.batches import by_length
from .data.tokens import Sentences, TaskData
from .errors import NonFiniteLossError
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
) -> dict[str, Predictions]:
    """Predictions for the rows of each task, and the head's raw outputs.

    Every sentence is embedded alone among sentences of its own length, so that hardly any padding is
    computed; the head then sees the embeddings row by row.

    Args:
        model: The network; left in evaluation mode.
        data: The rows of each task.
        pad_id: Id of the padding token.
        device: Where the network lies.
        known: Gives the embeddings of a split's sentences; None: they are computed.

    Raises:
        NonFiniteLossError: If the network gives anything but finite numbers.
    """
    model.eval()
    return {name: _predictions(model, name, split, pad_id, device, known) for name, split in data.items()}


def _predictions(  # noqa: PLR0917 - as of `predictions`
    model: MultitaskEncoder,
    name: str,
    data: TaskData,
    pad_id: int,
    device: torch.device,
    known: Callable[[TaskData], Tensor] | None,
) -> Predictions:
    columns = len(data.task.text)
    if known is None:
        raw = outputs(model, name, columns, data.sentences, pad_id=pad_id, device=device)
    else:
        raw = answers(model, name, columns, known(data))
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
    return answers(model, name, columns, embeddings(model.encoder, sentences, pad_id, device, seen))


def embeddings(
    encoder: SentenceEncoder,
    sentences: Sentences,
    pad_id: int,
    device: torch.device,
    seen: Callable[[int], object] = lambda count: None,
) -> Tensor:
    """The embedding of each sentence, ``[sentences, embedding_size]``; arguments as of `outputs`."""
    lengths = sentences.lengths
    found = torch.empty(len(lengths), encoder.embedding_size, device=device)
    for chosen in by_length(lengths, TOKEN_BUDGET.get(device.type, LARGE_TOKEN_BUDGET)):
        ids, mask = sentences.padded(chosen, pad_id)
        embedded = encoder(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
        found[torch.from_numpy(chosen)] = embedded.float()
        seen(len(chosen))
    return found


def answers(model: MultitaskEncoder, name: str, columns: int, found: Tensor) -> Tensor:
    """What a task's head gives for rows, ``[rows, outputs]``.

    Args:
        model: The network, in evaluation mode.
        name: The task.
        columns: Texts of a row.
        found: Embeddings of the sentences, all first ones before all second ones.

    Raises:
        NonFiniteLossError: If the network gives anything but finite numbers.
    """
    # In fp32, whatever the products are computed in: what follows is softmax, or a score.
    raw: Tensor = model.answer(name, columns, found).float()
    if not raw.isfinite().all():
        raise NonFiniteLossError(f"the network's outputs for task {name} are not finite numbers")
    return raw


def scores(tasks: Mapping[str, Task], predicted: Mapping[str, Predictions]) -> dict[str, float]:
    """Score of each task's predictions by the metric that the task declares."""
    return {name: tasks[name].score(one) for name, one in predicted.items()}
