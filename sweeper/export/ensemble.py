"""Trials that predict together: the mean of what each gives."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from model.encoders import ENCODERS

from ..paths import Home
from ..store.studies import find_made
from ..store.study import StudyStore
from ..trial import TrialRow
from .weights import check_data, check_precision, our_config, trial_weights

if TYPE_CHECKING:
    from model.data.tokenizer import SentenceTokenizer
    from model.predictor import Answers, Predictor


class Ensemble:
    """One trial, or several.

    Args:
        members: The networks of the trials.
    """

    def __init__(self, members: "Sequence[Predictor]") -> None:
        self._members = members

    @property
    def size(self) -> int:
        """How many networks see each sentence."""
        return len(self._members)

    def predict(self, task: str, texts: Sequence[Sequence[str]], seen: Callable[[int], object]) -> "Answers":
        """The mean of the probabilities, of which the highest is the class; of a similarity, of the scores.

        Args:
            task: Name of the task.
            texts: As in `Predictor.predict`.
            seen: Hears of each batch how many sentences it had, from each network.
        """
        import numpy as np

        from model.predictor import Answers

        found = [one.predict(task, texts, seen) for one in self._members]
        given = [one.probabilities for one in found if one.probabilities is not None]
        if not given:
            return Answers(np.mean([one.values for one in found], axis=0), None)
        probabilities = np.mean(given, axis=0)
        return Answers(probabilities.argmax(axis=1).astype(np.float64), probabilities)


def load_ensemble(
    store: StudyStore,
    runs: Sequence[TrialRow],
    *,
    home: Home,
    data: Path | None,
    say: Callable[[str], None],
) -> Ensemble:
    """The networks of some trials at their best epochs.

    Args:
        store: The study; it is not changed.
        runs: The trials.
        home: Folder of runs and caches.
        data: Folder of the user's data files, if there is one: for trials that have to be trained again, and
            for encoders whose vocabulary is made from the training texts.
        say: As in `trial_weights`.

    Raises:
        InputError: If the data have changed, a trial does not train, or this machine does not compute the
            precision of one.
        DataError: If its data is missing or malformed.
        EncoderError: If an encoder cannot be loaded.
    """
    from model.predictor import Predictor

    for run in runs:
        check_precision(store, run)
    members = []
    for run in runs:
        tokenizer = _tokenizer(store, run, home, data)
        with trial_weights(store, run, home=home, data=data, say=say) as weights:
            threads = find_made(store, run).threads
            members.append(Predictor(our_config(store, run), tokenizer, weights, threads))
    return Ensemble(members)


def _tokenizer(store: StudyStore, run: TrialRow, home: Home, data: Path | None) -> "SentenceTokenizer":
    config = our_config(store, run)
    if not ENCODERS[config.encoder.source].from_text:
        from model.data.tokenizer import build_tokenizer

        return build_tokenizer(config.encoder, ())
    from model.data.keptcorpus import kept_corpus

    corpus = kept_corpus(config, data, home.cache)
    check_data(store, run, corpus.data_fingerprint)
    return corpus.tokenizer
