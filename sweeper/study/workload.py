"""What stands in a workload file: on what a study runs."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from model.frozen import Frozen

from .fields import Name, OwnTrainer, Plugins, WorkloadSettings, parse_ranges
from .settings import field_path, merged, nested
from .space import Space


class Resources(Frozen):
    """What a trial takes of a machine: they say where it can run, and change nothing that it computes."""

    cpus: int | None = Field(
        None, ge=1, description="Cores of a trial; by default the machine's, shared by the trials at once."
    )
    gpus: float = Field(0.0, ge=0, description="GPUs of a trial; 0.5 where two trials share one.")

    @field_validator("gpus")
    @classmethod
    def _shared_or_whole(cls, gpus: float) -> float:
        if gpus > 1 and not gpus.is_integer():
            raise ValueError("must be a share of one GPU or a whole number")
        return gpus


class Workload(Frozen):
    """What a study runs on: data, backbone, epochs. Its file may extend another's."""

    name: Name = Field(description="Name of the workload.")
    description: str = Field("", description="Data and backbone, in a sentence.")
    notice: str = Field("", description="Sentence shown beside every score.")
    train: WorkloadSettings = Field({}, description="Settings of every trial, beneath the study's.")
    ranges: dict[str, Space] = Field(
        {},
        description="Ranges and choices that it recommends; a study takes one with the word workload in its "
        "`space`.",
    )
    space: dict[str, Space] = Field(
        {},
        description="In records alone, of studies begun before there were `ranges`: entries that take the "
        "place of the study's own.",
    )
    plugins: Plugins = Field(
        (), description="Own code that its settings name, as in a study file; that of `extends` comes first."
    )
    trainer: OwnTrainer = Field(
        None, description="Own code that trains in our trainer's place, unless the study file names one."
    )
    resources: Resources = Field(Resources(), description="Cores and GPUs of a trial.")

    _read_ranges = field_validator("ranges", "space", mode="before")(parse_ranges)


class WorkloadFile(Workload):
    """A workload as written: what it leaves out may come from another."""

    extends: Name | None = Field(
        None, description="Workload that gives all that this file leaves out, but for the description."
    )

    def over(self, parent: Workload) -> Workload:
        """The workload that this file makes of the one that it extends."""
        fields = {field_path(key) for key in self.ranges}
        inherited = {key: entry for key, entry in parent.ranges.items() if field_path(key) not in fields}
        written = {
            name: getattr(part, name)
            for part in (parent, self)
            for name in part.model_fields_set & Workload.model_fields.keys()
        }
        made = {
            "description": self.description,
            "notice": (self if "notice" in self.model_fields_set else parent).notice,
            "train": _extended(nested(parent.train), nested(self.train)),
            "ranges": inherited | self.ranges,
            "plugins": tuple(dict.fromkeys(parent.plugins + self.plugins)),
        }
        if "resources" in written:
            resources = (part.resources.model_dump(exclude_unset=True) for part in (parent, self))
            made["resources"] = merged(*resources)
        return Workload.model_validate(written | made)


_LABELS = ("classes", "range", "labels", "threshold")
"""What a task says of its labels: one of these may rule out another."""


def _extended(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Settings beneath those of a workload that extends theirs.

    A task with other labels has none of what stood beneath it of its labels, where both do not go together.
    """
    result = merged(under, over)
    written = over.get("tasks")
    for name, own in written.items() if isinstance(written, Mapping) else ():
        task = result["tasks"][name]
        if isinstance(own, Mapping) and own.keys() & {*_LABELS} and _clash(task):
            kept = {key: value for key, value in task.items() if key in own or key not in _LABELS}
            result["tasks"] = {**result["tasks"], name: kept}
    return result


def _clash(task: Mapping[str, Any]) -> bool:
    """Whether what a task says of its labels rules itself out."""
    classes, scores, labels, threshold = (task.get(key) for key in _LABELS)
    count = len(labels) if isinstance(labels, list | tuple) else 2
    made = labels is not None or threshold is not None
    two = [value for value in (scores, labels, threshold) if value is not None]
    return len(two) > 1 or (classes is not None and (scores is not None or (made and classes != count)))
