"""The built-in corpus: three small tasks in the manner of SST, Quora and STS, made from a seed.

Scores on it say nothing about SST, Quora or STS. It is there so that a sweep can be tried in minutes, with
nothing to download, and behaves as on real data: word order and pairs matter, and a tenth of the labels is
wrong, so that no score can reach 1 and a model that learns the training rows by heart loses by it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import Literal

from ...result import Split
from .grammar import FORMS, question, review, scene, similarity

DemoTask = Literal["sst", "para", "sts"]

ROWS: dict[DemoTask, dict[Split, int]] = {
    "sst": {"train": 1200, "dev": 300, "test": 300},
    "para": {"train": 1200, "dev": 300, "test": 300},
    "sts": {"train": 1000, "dev": 300, "test": 300},
}


LABELS: dict[DemoTask, tuple[float, ...]] = {
    "sst": (0, 1, 2, 3, 4),
    "para": (0, 1),
    "sts": tuple(step / 5 for step in range(26)),
}


_BEFORE: dict[Split, tuple[Split, ...]] = {"train": (), "dev": ("train",), "test": ("train", "dev")}


NOISE = 0.1  # share of rows whose label is wrong


DUPLICATES = 0.37  # share of paraphrases, as in Quora's question pairs


FURTHER = 0.7  # chance that a negative gets a further difference, after each one it has


COLUMNS: dict[DemoTask, tuple[str, ...]] = {
    "sst": ("sentence", "sentiment"),
    "para": ("sentence1", "sentence2", "is_duplicate"),
    "sts": ("sentence1", "sentence2", "similarity"),
}


@dataclass(frozen=True)
class Example:
    """One row of the corpus.

    Attributes:
        texts: The sentence, or the two sentences.
        label: The label as a model sees it; wrong in a tenth of the rows.
        clean: The label that the grammar gave.
    """

    texts: tuple[str, ...]
    label: float
    clean: float


@lru_cache(maxsize=16)
def examples(task: DemoTask, split: Split, seed: int) -> tuple[Example, ...]:
    """The rows of one task and split; the same in every process for the same arguments.

    No row occurs twice, and no sentence of one split in another. In ``para`` exactly 37% of the labels
    are 1, with the noise and without it.
    """
    rng = Random(f"{seed}-{task}-{split}")  # noqa: S311 (a corpus, not a secret)
    earlier = _BEFORE[split]
    taken = frozenset[str]().union(*(_sentences(examples(task, other, seed)) for other in earlier))
    rows = _unique(_MAKERS[task], ROWS[task][split], rng, taken)
    return tuple(_with_noise(task, rows, rng))


def _sentences(rows: tuple[Example, ...]) -> frozenset[str]:
    return frozenset(text for row in rows for text in row.texts)


def _unique(
    make: Callable[[Random, float], Example], count: int, rng: Random, taken: frozenset[str]
) -> list[Example]:
    """Draws `count` different rows in random order, none with a sentence in `taken`."""
    rows: dict[tuple[str, ...], Example] = {}
    while len(rows) < count:
        row = make(rng, len(rows) / count)
        if taken.isdisjoint(row.texts):
            rows.setdefault(row.texts, row)
    shuffled = list(rows.values())
    rng.shuffle(shuffled)
    return shuffled


def _sst(rng: Random, _progress: float) -> Example:
    text, grade = review(rng)
    return Example((text,), grade, grade)


def _para(rng: Random, progress: float) -> Example:
    """A paraphrase while `progress` through the rows is below their share, then hard negatives.

    Both kinds draw their forms and words alike: only the pair tells them apart, neither sentence alone.
    """
    meaning = question(rng)
    duplicate = progress < DUPLICATES
    other = meaning if duplicate else meaning.altered(rng)
    while not duplicate and (other == meaning or rng.random() < FURTHER):
        other = other.altered(rng)
    form = rng.randrange(FORMS)
    other_form = form if rng.random() < 0.4 else rng.randrange(FORMS)
    first, second = meaning.render(rng, form), other.render(rng, other_form)
    while first == second:
        second = other.render(rng, rng.randrange(FORMS))
    return Example((first, second), int(duplicate), int(duplicate))


def _sts(rng: Random, _progress: float) -> Example:
    """Two scenes that share each fact with a probability drawn per pair, so that all scores occur."""
    first, fresh, share = scene(rng), scene(rng), rng.random()
    second = fresh._replace(**{fact: mine for fact, mine in first._asdict().items() if rng.random() < share})
    score = similarity(first, second)
    return Example((first.render(rng), second.render(rng)), score, score)


_MAKERS: dict[DemoTask, Callable[[Random, float], Example]] = {"sst": _sst, "para": _para, "sts": _sts}


def _with_noise(task: DemoTask, rows: list[Example], rng: Random) -> list[Example]:
    """Gives a tenth of the rows another label: in `para` as many of each class, else drawn at random."""
    wrong = round(NOISE * len(rows))
    if task == "para":
        by_class = [[i for i, row in enumerate(rows) if row.clean == label] for label in (0, 1)]
        chosen = [i for members in by_class for i in rng.sample(members, wrong // 2)]
    else:
        chosen = rng.sample(range(len(rows)), wrong)
    noisy = list(rows)
    for i in chosen:
        label = rng.choice([value for value in LABELS[task] if value != rows[i].clean])
        noisy[i] = replace(rows[i], label=label)
    return noisy
