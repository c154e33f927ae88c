"""A trained trial that predicts: texts in, predictions out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from .config import TrainConfig
from .data.pairs import join
from .data.tokenizer import SentenceTokenizer
from .data.tokens import encode
from .device import pick_device
from .evaluation import outputs
from .network.multitask import MultitaskEncoder
from .outputs import predict
from .precision import computing, resolved


@dataclass(frozen=True)
class Answers:
    """What was predicted for some rows of one task.

    Attributes:
        values: Class numbers or scores in the units of the labels, ``[rows]``.
        probabilities: Those of the classes, ``[rows, classes]``; None of a similarity.
    """

    values: NDArray[np.float64]
    probabilities: NDArray[np.float64] | None


class Predictor:
    """The network of a trial's best epoch, on the best device that there is.

    Args:
        config: The trial.
        tokenizer: What it was trained with.
        weights: What the trainer kept of its best epoch.
        threads: CPU threads; the same number as in training gives the same last bits.

    Raises:
        EncoderError: If the encoder cannot be loaded.
        ModelError: If the device does not compute the trial's precision.

    Attributes:
        precision: In which it computes, as the trial did.
    """

    def __init__(
        self, config: TrainConfig, tokenizer: SentenceTokenizer, weights: Path, threads: int | None = None
    ) -> None:
        config = config.of_trained()
        self.tokenizer = tokenizer
        self.device = pick_device(config.model_copy(update={"device": "auto"}))
        self.precision = resolved(config.precision, self.device)
        plain = config.model_copy(update={"gradient_checkpointing": False})
        self.model = MultitaskEncoder(plain, tokenizer.vocabulary_size, tokenizer.pad_id, tokenizer.pieces)
        self.model.load_state_dict(load_file(weights))
        self.model.to(self.device).eval()
        self._tasks = config.tasks
        self._threads = threads

    @torch.inference_mode()
    def predict(
        self, task: str, texts: Sequence[Sequence[str]], seen: Callable[[int], object] = lambda count: None
    ) -> Answers:
        """Predictions for rows; for those of a dev split, whole and in order, what the trainer predicted.

        Args:
            task: Name of the task.
            texts: One sequence for each text of a row: ``texts[0][i]`` is the first sentence of row i.
            seen: Hears of each batch how many sequences it had.

        Raises:
            NonFiniteLossError: If the network gives anything but finite numbers.
        """
        if self._threads is not None:
            torch.set_num_threads(self._threads)
        sentences = encode([text for column in texts for text in column], self.tokenizer)
        declared, pad_id = self._tasks[task], self.tokenizer.pad_id
        joint = declared.pair_encoding == "joint"
        sequences = join(texts, sentences, self.tokenizer) if joint else sentences
        with computing(self.device, self.precision):
            raw = outputs(
                self.model, task, declared.columns, sequences, pad_id=pad_id, device=self.device, seen=seen
            )
        values = predict(declared, raw).cpu().numpy().astype(np.float64)
        # In float32 neighbouring logits can be one probability, and the class another one then.
        probabilities = raw.cpu().double().softmax(dim=-1).numpy() if declared.range is None else None
        return Answers(values, probabilities)
