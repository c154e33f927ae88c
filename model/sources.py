"""Where the rows of a task come from."""

from typing import Annotated, Literal

from pydantic import Field, Strict

from .frozen import Frozen

Column = Annotated[str, Strict()] | Annotated[int, Strict(), Field(ge=1)]
"""A column of a source: its name, or its position from 1."""


class DemoSource(Frozen):
    """Rows of the built-in corpus, made by a grammar from a seed."""

    kind: Literal["demo"] = "demo"
    task: Literal["sst", "para", "sts"] = Field(description="Which of the corpus's three tasks.")
    seed: int = Field(7, ge=0, description="Seed of the grammar; the same seed gives the same rows.")


class FilesSource(Frozen):
    """Rows of tab-separated files with a header, read from the folder named by SWEEPER_DATA."""

    kind: Literal["files"] = "files"
    train: str = Field(description="File of the training rows, relative to the data folder.")
    dev: str = Field(description="File of the dev rows, relative to the data folder.")
    test: str | None = Field(
        None, description="File of labelled rows that only confirmed configurations are scored on."
    )
    drop_incomplete: bool = Field(
        False,
        description="Drop rows with an empty text or label, and report how many, instead of stopping.",
    )


class HubSource(Frozen):
    """Rows of a dataset of the Hugging Face hub, read through the ``datasets`` library."""

    kind: Literal["hub"] = "hub"
    path: str = Field(description="Dataset name on the hub, or a local folder that `datasets` can load.")
    subset: str | None = Field(None, description="Configuration of the dataset, such as 'qqp' of GLUE.")
    train: str = Field("train", description="Split of the training rows.")
    dev: str = Field("validation", description="Split of the dev rows.")
    test: str | None = Field(
        None, description="Split with labels that only confirmed configurations are scored on."
    )
    drop_incomplete: bool = Field(
        False,
        description="Drop rows with an empty text or label, and report how many, instead of stopping.",
    )


Source = Annotated[DemoSource | FilesSource | HubSource, Field(discriminator="kind")]
