"""Where the rows of a task come from."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, Strict, create_model, field_validator, model_validator

from .frozen import Frozen
from .label import Label
from .result import Split


def _from_one(column: Any) -> Any:
    """The column; of a position below 1 it is said why not, where a union says that it is no text."""
    if type(column) is int and column < 1:
        raise ValueError(f"{column} is no position of a column: positions begin at 1")
    return column


Column = Annotated[
    Annotated[str, Strict()] | Annotated[int, Strict(), Field(ge=1)], BeforeValidator(_from_one)
]
"""A column of a source: its name, or its position from 1."""

Format = Literal["tsv", "csv", "jsonl", "parquet"]
Encoding = Literal["utf-8", "utf-16", "latin-1", "cp1252"]


# A field that a class body cannot name: `from` is a word of Python.
_FROM: dict[str, Any] = {
    "from": (Literal["train", "dev"], Field("train", description="Split that gives the rows away."))
}
_From = create_model("_From", __base__=Frozen, **_FROM)


class Share(_From):
    """A part of another split's rows, which that split then lacks: the same ones in every trial."""

    share: float = Field(
        gt=0, lt=1, description="Share of that split's rows, as it was before any was taken."
    )
    stratified: bool = Field(
        True, description="Take the same share of each class, and of each tenth of a range."
    )
    grouped_by: Column | None = Field(
        None, description="Column whose equal values stay together, in one split; by default equal texts do."
    )
    seed: int = Field(7, ge=0, lt=2**32, description="Decides which rows.")

    @property
    def giver(self) -> Literal["train", "dev"]:
        """The split that gives the rows away."""
        found: Literal["train", "dev"] = getattr(self, "from")
        return found


class SplitColumn(Frozen):
    """A column that says to which split a row belongs; a row with a value of no split is left out."""

    column: Column = Field(description="The column, by name or position.")
    train: tuple[Label, ...] = Field(min_length=1, description="Its values in training rows.")
    dev: tuple[Label, ...] = Field(min_length=1, description="Its values in dev rows.")
    test: tuple[Label, ...] = Field((), description="Its values in test rows.")


class DemoSource(Frozen):
    """Rows of the built-in corpus, made by a grammar from a seed."""

    kind: Literal["demo"] = "demo"
    task: Literal["sst", "para", "sts"] = Field(description="Which of the corpus's three tasks.")
    seed: int = Field(7, ge=0, description="Seed of the grammar; the same seed gives the same rows.")


class FilesSource(Frozen):
    """Rows of files in the folder named by SWEEPER_DATA; unpacked first if they are gz, zst, xz or zip."""

    kind: Literal["files"] = "files"
    train: str = Field(description="File of the training rows, relative to the data folder.")
    dev: str | Share | None = Field(
        None, description="File of the dev rows, or a share of the training rows: {from: train, share: 0.1}."
    )
    test: str | Share | None = Field(
        None,
        description="File, or share, of labelled rows that only confirmed configurations are scored on.",
    )
    split: SplitColumn | None = Field(
        None, description="Where `train` has the rows of all splits: the column that says which is whose."
    )
    drop_incomplete: bool = Field(
        False,
        description="Drop rows with an empty text or label, and report how many, instead of stopping.",
    )
    format: Format | None = Field(
        None,
        description="tsv, csv, jsonl (an object a line) or parquet; null: by what each file begins with, and "
        "its name.",
    )
    delimiter: str | None = Field(
        None,
        min_length=1,
        max_length=1,
        description="Sign between the fields of a line; null: a tab if the first line has one, else a comma "
        "or a semicolon, of which it has more outside quotation marks.",
    )
    quoting: Literal["minimal", "none"] | None = Field(
        None,
        description="Whether quotation marks hold a field together (minimal) or are part of the text (none); "
        "null: minimal, and a mark that seems to take in whole rows is an error.",
    )
    columns: tuple[str, ...] | None = Field(
        None, min_length=1, description="Names of the columns of files without a header line."
    )
    encoding: Encoding = Field(
        "utf-8",
        description="Encoding of the text, of Windows cp1252; a byte order mark is left out.",
    )
    skip: int = Field(0, ge=0, description="Lines before the header, or before the rows.")

    @field_validator("delimiter", mode="before")
    @classmethod
    def _spelt(cls, delimiter: Any) -> Any:
        if delimiter == "\\t":
            raise ValueError('is a backslash and a t: a tab is written "\\t", in double quotation marks')
        if isinstance(delimiter, str) and len(delimiter) != 1:
            raise ValueError('must be one sign; a tab is "\\t", in double quotation marks')
        return delimiter

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.delimiter in ("\n", "\r", '"'):
            raise ValueError(f"delimiter {self.delimiter!r} ends a line or quotes a field; name another sign")
        if self.columns and len(set(self.columns)) < len(self.columns):
            raise ValueError(f"columns {list(self.columns)} has a name twice")
        if self.split is None and self.dev is None:
            raise ValueError("needs `dev`: a file, or a share such as {from: train, share: 0.1}")
        if self.split is not None and (self.dev is not None or self.test is not None):
            raise ValueError(
                "has a `split` column, which says what is dev and test: leave `dev` and `test` out"
            )
        _check_givers(self)
        return self


class HubSource(Frozen):
    """Rows of a dataset of the Hugging Face hub, read through the ``datasets`` library."""

    kind: Literal["hub"] = "hub"
    path: str = Field(
        description="Dataset name on the hub, or a folder, below SWEEPER_DATA, that `datasets` can load."
    )
    subset: str | None = Field(None, description="Configuration of the dataset, such as 'qqp' of GLUE.")
    train: str = Field("train", description="Split of the training rows.")
    dev: str | Share = Field(
        "validation", description="Split of the dev rows, or a share of another: {from: train, share: 0.1}."
    )
    test: str | Share | None = Field(
        None, description="Split with labels, or a share, that only confirmed configurations are scored on."
    )
    drop_incomplete: bool = Field(
        False,
        description="Drop rows with an empty text or label, and report how many, instead of stopping.",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _check_givers(self)
        return self


def share_of(source: "Source", split: Split) -> Share | None:
    """How the rows of a split are taken from another's; None if they are no share."""
    if isinstance(source, DemoSource) or split == "train":
        return None
    declared = source.dev if split == "dev" else source.test
    return declared if isinstance(declared, Share) else None


def origin_of(source: "Source", split: Split) -> Split:
    """The split in whose file, or place on the hub, the rows of a split stand."""
    if isinstance(source, FilesSource) and source.split is not None:
        return "train"
    share = share_of(source, split)
    return split if share is None else origin_of(source, share.giver)


def name_of(source: "FilesSource | HubSource", split: Split) -> str | None:
    """The file, or split of the hub, in which the rows of a split stand; None where it has none."""
    named = {"train": source.train, "dev": source.dev, "test": source.test}[origin_of(source, split)]
    return named if isinstance(named, str) else None


def _check_givers(source: "FilesSource | HubSource") -> None:
    if isinstance(source.dev, Share) and source.dev.giver == "dev":
        raise ValueError("`dev` cannot be a share of itself: write from: train")
    shares = [part for part in (source.dev, source.test) if isinstance(part, Share)]
    if len(shares) == 2 and len({share.giver for share in shares}) == 1 and sum(s.share for s in shares) >= 1:
        raise ValueError("`dev` and `test` take all rows of train: their shares must be below 1 together")


Source = Annotated[DemoSource | FilesSource | HubSource, Field(discriminator="kind")]


def has_test(source: "Source") -> bool:
    """Whether a source has labelled rows to score once, after all choices are made."""
    split = source.split if source.kind == "files" else None
    return source.kind == "demo" or source.test is not None or (split is not None and bool(split.test))
