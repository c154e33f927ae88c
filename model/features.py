"""Embeddings of an encoder that does not train: each sequence's is computed once for all trials of a home."""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .data.entry import Entry
from .data.tokens import TaskData
from .evaluation import embeddings
from .network.encoder import SentenceEncoder
from .precision import Resolved, computing

FEATURES = "features"
"""Folder of the embeddings in the cache."""

_ASIDE = frozenset({"_name_or_path", "transformers_version"})
"""What a configuration says of its file alone."""


class Features:
    """Embeddings of a trial's sentences, or of pairs in one sequence, from the cache or through the encoder.

    The cache's key is what decides every bit: the encoder's weights, configuration and pooling, the tokens of
    the sentences and how pairs of them are joined, the device, the number of threads, the precision and
    torch's version. A damaged entry is made again.

    Args:
        encoder: The encoder, frozen.
        pad_id: Id of the padding token.
        device: Where it lies.
        cache: Folder of the cache.
        precision: In which they are computed; kept are they in fp32.
    """

    def __init__(
        self,
        encoder: SentenceEncoder,
        pad_id: int,
        device: torch.device,
        cache: Path,
        precision: Resolved = "fp32",
    ) -> None:
        self._encoder = encoder
        self._pad_id = pad_id
        self._device = device
        self._cache = cache
        self._precision = precision
        digest = hashlib.sha256(f"{encoder.pooling} {device} {torch.get_num_threads()}".encode())
        digest.update(torch.__version__.encode())
        digest.update((encoder.identity or _arithmetic(encoder)).encode())
        digest.update(precision.encode())
        for name, tensor in encoder.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.cpu().contiguous().numpy().data)
        self._key = digest.hexdigest()
        self._known: dict[str, Tensor] = {}

    def of(self, data: TaskData) -> Tensor:
        """The embeddings of a split's sequences, ``[sequences, embedding_size]``, in the order of those."""
        joined = "" if data.pairs is None else f"\n{data.pairs.form}"
        name = hashlib.sha256(f"{self._key}\n{data.kept.name}{joined}".encode()).hexdigest()
        if name not in self._known:
            self._known[name] = self._kept(name, data)
        return self._known[name]

    def chosen(self, data: TaskData, numbers: NDArray[np.int64]) -> Tensor:
        """The embeddings of some of a split's sequences, ``[chosen, embedding_size]``, by their numbers."""
        return self.of(data).index_select(0, torch.from_numpy(numbers).to(self._device))

    def _kept(self, name: str, data: TaskData) -> Tensor:
        entry = Entry(self._cache / FEATURES / name, ("features.npy",))
        shape = (len(data.sequences.lengths), self._encoder.embedding_size)

        def load(place: Path) -> Tensor | None:
            # Mapped, so that trials share it; torch wants memory that could be written.
            found = np.load(place / "features.npy", mmap_mode="c", allow_pickle=False)
            return torch.from_numpy(found) if found.shape == shape else None

        kept = entry.read(load)
        if kept is None:
            with torch.no_grad(), computing(self._device, self._precision):
                kept = embeddings(self._encoder, data.sequences, self._pad_id, self._device).cpu()
            made = kept.numpy()
            entry.write(lambda place: np.save(place / "features.npy", made), load)
        return kept.to(self._device)


def _arithmetic(encoder: SentenceEncoder) -> str:
    """What the configuration of an encoder of ours says, such as its heads: equal weights do not tell it.

    It leaves out what decides no embedding: where it lies, which version wrote it, and dropout, as nothing
    trains here.
    """
    said = encoder.bert.config.to_dict()
    counted = sorted(name for name in said if name not in _ASIDE and "drop" not in name)
    return "\n".join(f"{name} {json.dumps(said[name], default=str)}" for name in counted)
