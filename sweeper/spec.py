"""What stands in a study file and in a workload file."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, Field, field_validator, model_validator

from model.tasks import Frozen

from .errors import InputError
from .problem import FieldError, FieldPath
from .rundir import check_name
from .settings import Leaf, field_path, leaves, merged, nested, overlap
from .space import Space, parse_entry

TableName = Literal["arms", "table1", "table2", "table3", "table4", "table5", "table6", "table7"]
TABLES: tuple[str, ...] = get_args(TableName)
"""The tables that a report can show; all but ``arms`` mirror one of the paper's."""


def _safe_name(name: str) -> str:
    try:
        return check_name(name, "the")
    except InputError as error:
        raise ValueError(str(error)) from None


def _check_settings(settings: dict[str, Any]) -> dict[str, Any]:
    seen: list[Leaf] = []
    for leaf in leaves(settings):
        if leaf.path[0] == "seed":
            raise FieldError(leaf.written, "is set by `seeds` at the top of a study file")
        if isinstance(leaf.value, float) and not math.isfinite(leaf.value):
            raise FieldError(leaf.written, "must be a finite number", leaf.value)
        for other in seen:
            if overlap(leaf.path, other.path):
                raise FieldError(leaf.written, f"sets the same field as {'.'.join(other.written)}")
        seen.append(leaf)
    return settings


def _check_trial_settings(settings: dict[str, Any]) -> dict[str, Any]:
    if "tasks" in settings:
        raise FieldError(("tasks",), "belongs to the workload; name one field, for example tasks.sts.loss")
    return _check_settings(settings)


def _parse_space(written: Any) -> Any:
    if not isinstance(written, Mapping):
        return written
    entries = {}
    for key, entry in _check_trial_settings(dict(written)).items():
        try:
            entries[key] = parse_entry(key, entry)
        except FieldError as error:
            raise FieldError((key, *error.path), error.reason, error.value) from None
    return entries


def _distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    for position, value in enumerate(values):
        if value in values[:position]:
            raise FieldError((position,), "stands in the list twice", value)
    return values


Name = Annotated[str, AfterValidator(_safe_name)]
WorkloadSettings = Annotated[dict[str, Any], AfterValidator(_check_settings)]
Settings = Annotated[dict[str, Any], AfterValidator(_check_trial_settings)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class SamplerSpec(Frozen):
    """How new trials are proposed."""

    name: Literal["tpe", "random", "grid"] = Field(
        "tpe",
        description="tpe: learns from finished trials. random: draws blindly. grid: every combination once.",
    )
    seed: int = Field(11711, ge=0, lt=2**32, description="Seed of the proposals, not of the training.")


class PrunerSpec(Frozen):
    """Which trials are stopped early."""

    name: Literal["none"] = Field("none", description="none: every trial runs to its end.")


class StudySpec(Frozen):
    """A study file: which trials there are and how new ones are proposed."""

    name: Name = Field(description="Name of the study; its results are stored as <name>@<workload>.")
    description: str = Field("", description="What the study asks, in a sentence.")
    workload: Name = Field("demo", description="Data and backbone, unless --workload names others.")
    objective: Literal["overall"] = Field("overall", description="The score that the sampler raises.")
    base: Settings = Field({}, description="Settings of every trial.")
    arms: dict[Annotated[str, Field(pattern=r"^\S(.*\S)?$")], Settings] = Field(
        {"all": {}},
        min_length=1,
        description="Named variants, each with its own settings and the same number of trials.",
    )
    space: dict[str, Space] = Field(
        {}, description="Settings that vary within an arm: a list of choices, or low, high, log, step."
    )
    sampler: SamplerSpec = SamplerSpec()
    pruner: PrunerSpec = PrunerSpec()
    seeds: Annotated[tuple[Seed, ...], AfterValidator(_distinct)] = Field(
        (11711,), min_length=1, description="Training seeds; every configuration is trained with each."
    )
    tables: Annotated[tuple[TableName, ...], AfterValidator(_distinct)] = Field(
        ("arms",), description="Tables of the report."
    )

    _read_space = field_validator("space", mode="before")(_parse_space)

    @model_validator(mode="after")
    def _no_clash(self) -> Self:
        sections: list[tuple[FieldPath, Mapping[str, Any]]] = [(("base",), self.base)]
        sections += [(("arms", name), settings) for name, settings in self.arms.items()]
        for section, settings in sections:
            for leaf in leaves(settings):
                for key in self.space:
                    if overlap(leaf.path, field_path(key)):
                        reason = f"clashes with space.{key}: set it or vary it"
                        raise FieldError((*section, *leaf.written), reason, leaf.value)
        return self


class Workload(Frozen):
    """What a study runs on: data, backbone, epochs. Its file may extend another's."""

    name: Name = Field(description="Name of the workload.")
    description: str = Field("", description="Data and backbone, in a sentence.")
    notice: str = Field("", description="Sentence shown beside every score.")
    train: WorkloadSettings = Field({}, description="Settings of every trial, beneath the study's.")
    space: dict[str, Space] = Field(
        {}, description="Entries that replace those of the same name in a study's space."
    )

    _read_space = field_validator("space", mode="before")(_parse_space)


class WorkloadFile(Workload):
    """A workload as written: what it leaves out may come from another."""

    extends: Name | None = Field(None, description="Workload that gives all that this file leaves out.")

    def over(self, parent: Workload) -> Workload:
        """The workload that this file makes of the one that it extends."""
        fields = {field_path(key) for key in self.space}
        inherited = {key: entry for key, entry in parent.space.items() if field_path(key) not in fields}
        return Workload(
            name=self.name,
            description=self.description,
            notice=self.notice or parent.notice,
            train=merged(nested(parent.train), nested(self.train)),
            space=inherited | self.space,
        )
