"""What a column of a data file holds: texts, labels, numbers."""

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from model.data.table import DataTable
from model.label import key_of, strict_number
from model.sources import Column

UNNAMED = "column"
"""What a column is called, with its position, in a file without a header."""

FEW = 100
"""Different values up to which a column may be one of labels."""

COUNTED = 2_000
"""Different values that are counted at most."""

NO_LABELS = {"-", "--", "null", "none", "nan", "n/a", "na", "?", "hidden", "-1"}
"""What files write, in any case, where there is no label."""


GAPS = 0.1
"""Share of the rows that may have such a value if it is no class."""


@dataclass
class Look:
    """A column as far as it was looked at.

    Attributes:
        name: Its name, or its position where its name stands there twice.
        rows: Rows with a value.
        empty: Rows without one.
        words: Words of all values.
        counts: How often each value is there, by its key; of `COUNTED` different ones at most.
        is_text: Whether all values are texts.
        low: The lowest of the finite numbers that can be no sign that there is no label.
        high: The highest.
        infinite: The first number that is not finite, as it is written.
        nested: Whether a value is a list or a mapping.
        trained: Of a column of several splits, what the training rows have for labels: a sign that there is
            none is no class where they do not have it. None of a column of one split.
    """

    name: Column
    rows: int = 0
    empty: int = 0
    words: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    is_text: bool = True
    low: float = math.inf
    high: float = -math.inf
    infinite: str | None = None
    nested: bool = False
    trained: Collection[str] | None = None

    def add(self, values: Sequence[object]) -> None:
        """Hears the next values."""
        for value in values:
            written = value.strip() if isinstance(value, str) else value
            if written is None or written == "":
                self.empty += 1
                continue
            self.rows += 1
            self.is_text = self.is_text and isinstance(written, str)
            self.words += len(written.split()) if isinstance(written, str) else 1
            self.nested = self.nested or isinstance(written, list | tuple | Mapping)
            key = key_of(written)
            number = None if key in self.counts or key.lower() in NO_LABELS else strict_number(key)
            if number is not None and not math.isfinite(number):
                self.infinite = self.infinite or key
            elif number is not None:
                self.low, self.high = min(self.low, number), max(self.high, number)
            if len(self.counts) < COUNTED or key in self.counts:
                self.counts[key] += 1

    def with_splits(self, others: Sequence["Look"]) -> "Look":
        """The same column of the training rows, which this one is of, and of other splits together."""
        looks = [self, *others]
        return Look(
            self.name,
            rows=sum(look.rows for look in looks),
            empty=sum(look.empty for look in looks),
            words=sum(look.words for look in looks),
            counts=sum((look.counts for look in others), start=self.counts.copy()),
            is_text=all(look.is_text for look in looks),
            low=min(look.low for look in looks),
            high=max(look.high for look in looks),
            infinite=next((look.infinite for look in looks if look.infinite), None),
            nested=any(look.nested for look in looks),
            trained={*self.labels},
        )

    @property
    def missing(self) -> list[str]:
        """Its values that stand for no label."""
        kept = [key for key in self.counts if key.lower() not in NO_LABELS]
        if len(kept) < 2:
            return []
        negative = all((number := strict_number(key)) is None or number >= 0 for key in kept)
        found = [key for key in self.counts if key.lower() in NO_LABELS and (key != "-1" or negative)]
        if self.trained is not None:
            return [key for key in found if key not in self.trained]
        # Where many rows have it, it is a class: neither for nor against, below zero.
        return found if sum(self.counts[key] for key in found) <= self.rows * GAPS else []

    @property
    def is_mostly_missing(self) -> bool:
        """Whether most rows have no label in it."""
        without = self.empty + sum(self.counts[key] for key in self.missing)
        return 2 * without > self.rows + self.empty

    @property
    def labels(self) -> list[str]:
        """Its values that may be labels."""
        missing = self.missing
        return [key for key in self.counts if key not in missing]

    @property
    def numbers(self) -> list[float] | None:
        """All of them as numbers; None where one is none."""
        numbers = [strict_number(key) for key in self.labels]
        found = [number for number in numbers if number is not None]
        return found if len(found) == len(numbers) and found else None

    @property
    def may_be_label(self) -> bool:
        """Whether it holds few short values, or numbers."""
        if not self.rows or self.nested or len(self.labels) < 2:
            return False
        named = len(self.counts) <= FEW and self.words <= 3 * self.rows and self.rows >= 2 * len(self.counts)
        return named or (self.numbers is not None and not self.is_counter)

    @property
    def is_scores(self) -> bool:
        """Whether its labels are scores: too many numbers for classes, or such as no class has."""
        numbers = self.numbers
        return numbers is not None and (len(numbers) > FEW or not _whole(numbers))

    @property
    def is_counter(self) -> bool:
        """Whether it only numbers the rows."""
        numbers = self.numbers
        return numbers is not None and len(self.counts) >= min(self.rows, COUNTED) and _whole(numbers)

    @property
    def may_be_text(self) -> bool:
        """Whether it holds texts of several words, most of them different."""
        different = len(self.counts) > min(self.rows, COUNTED) / 10
        return self.is_text and self.rows > 0 and self.words >= 1.5 * self.rows and different

    @property
    def mean_words(self) -> float:
        """Words of a value."""
        return self.words / self.rows if self.rows else 0.0


def _whole(numbers: Sequence[float]) -> bool:
    return all(number.is_integer() for number in numbers)


def look_at(table: DataTable) -> list[Look]:
    """All columns of a table, each row of which is read.

    Raises:
        DataError: As of the table.
    """
    twice = Counter(table.names)
    names: list[Column] = [
        place if twice[name] > 1 or not name else name for place, name in enumerate(table.names, start=1)
    ]
    looks = [Look(name) for name in names]
    for chunk in table.read(range(len(names))):
        for look, values in zip(looks, chunk.columns, strict=True):
            look.add(values)
    return looks


_LABEL = (
    *("gold_label", "label", "class", "target", "score", "similarity", "sentiment", "category", "rating"),
    *("stars", "polarity", "is_duplicate", "quality", "entailment", "relatedness", "intent", "topic", "y"),
)
"""Names, or beginnings of their parts, of columns of labels, the most telling first."""


def label_of(looks: Sequence[Look]) -> Look | None:
    """The column that is most likely the label: by its name, else the last that may be one.

    A column in which most rows have none is one only where there is no other.
    """
    able = [look for look in looks if look.may_be_label]
    able = [look for look in able if not look.is_mostly_missing] or able
    for name in _LABEL:
        exact = [look for look in able if str(look.name).lower() == name]
        near = [look for look in able if re.search(rf"(^|_){name}", str(look.name).lower())]
        if exact or near:
            return (exact or near)[0]
    named = [look for look in able if len(look.counts) <= FEW]
    last = named or able
    return last[-1] if last else None


_PAIRS = (("premise", "hypothesis"), ("question", "sentence"), ("question", "passage"), ("query", "document"))
"""Names of columns that make a pair."""


def texts_of(looks: Sequence[Look], label: Look) -> list[list[Look]]:
    """The columns of each text, several where they are joined; one text, two, or none."""
    able = [look for look in looks if look is not label and look.may_be_text]
    by_name: Mapping[str, Look] = {str(look.name).lower(): look for look in able}
    pairs = [(by_name[one], by_name[other]) for one, other in _PAIRS if one in by_name and other in by_name]
    pairs += [(one, other) for one, other in combinations(able, 2) if _alike(one, other)]
    if pairs:
        return [[one] for one in pairs[0]]
    joined = [by_name[name] for name in ("title", "body", "description", "text") if name in by_name]
    if len(joined) > 1 and joined[0] is by_name.get("title"):
        return [joined[:2]]
    return [[max(able, key=lambda look: look.mean_words)]] if able else []


def _alike(one: Look, other: Look) -> bool:
    """Whether two names differ in a number or a letter alone: sentence1 and sentence2, text_a and text_b."""
    names = [str(look.name).lower().replace("#", "") for look in (one, other)]
    if any(name.startswith(UNNAMED) for name in names):
        return False
    stems = {re.sub(r"(?<![a-z])[ab]$|(?<=_)[ab]$|[0-9]+", "", name).strip(" _") for name in names}
    return len(stems) == 1 and names[0] != names[1]
