"""A study on a workload, and the configurations of its trials."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import Any

from pydantic import ValidationError

from model.config import Task, TrainConfig
from model.config.encoder import DROPOUT_BELOW
from model.config.trainers import OURS, TRAINERS, AnyConfig, Trainer
from model.overall import Overall
from model.plugins.source import PluginSource

from ..errors import InputError
from ..paths import check_name
from ..text import nearest
from .checks import differences, grid_problems, size_problems, space_problems, study_problems
from .digest import digest_of
from .meeting import Arm, apart, refused
from .problem import Document, FieldError, FieldPath, SettingError, first_problem
from .settings import EARLIER_NAMES, Leaf, field_path, leaves, merged, nested, overlap, setting_names
from .space import WORKLOAD, Choice, Space, Value
from .spec import StudySpec
from .workload import Workload
from .written import Written

Place = tuple[Document, FieldPath, Leaf]
"""A setting, with the file and the path that it comes from."""

_DROPOUT = ("encoder", "dropout")

_SECTIONS = ("space", "ranges", "arms", "base", "train")
"""Parts of a study and workload file, the strongest first."""


@dataclass(frozen=True)
class Study:
    """A study on a workload. One that would give an invalid trial refuses to exist.

    Attributes:
        spec: What the study says.
        workload: What it runs on.
        written: The files that say so; None where they are not known, as of a study made in Python.
        sources: Its own code, as the user's files have it; () where that is not known.

    Raises:
        SettingError: If an arm with some values of the space is not a valid configuration, the arms have
            different tasks, or the sampler cannot work on the space.
    """

    spec: StudySpec
    workload: Workload
    written: Written | None = field(default=None, compare=False)
    sources: tuple[PluginSource, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        for problem in space_problems(self.spec, self.space):
            raise SettingError("study", problem, f"study {self.name!r}")
        arms = list(self.arms())
        for arm, params in refused(arms, self.space):
            self.config(arm, self.first | params, self.spec.seeds[0])
        for problem in study_problems(self.spec, self.space, {arm.name: arm.config for arm in arms}):
            raise SettingError("study", problem, f"study {self.name!r}")
        for arm, queued in apart(arms, self.spec.enqueue):
            self.config(arm, {**self.first, **queued}, self.spec.seeds[0])

    def check_sizes(self) -> None:
        """Refuses a space that is too large to be numbered, or a grid that nobody ends.

        Asked of files alone, as `check_dropout`.

        Raises:
            SettingError: If there is such an entry, or sampler.
        """
        for key, found in size_problems(self.space):
            document, path = self._space_place(key)
            problem = FieldError((*path, *found.path), found.reason, found.value)
            raise SettingError(document, problem, f"study {self.name!r}")
        for problem in grid_problems(self.spec, self.space):
            raise SettingError("study", problem, f"study {self.name!r}")

    def check_dropout(self) -> None:
        """Refuses an ``encoder.dropout`` that on a CPU would leave nothing.

        Asked of files alone: studies were begun with one before it was refused, and their other trials count.

        Raises:
            SettingError: If an arm has one with some values of the space.
        """
        for key in self.space:
            if field_path(key) == _DROPOUT:
                queued = (params[key] for params in self.spec.enqueue if key in params)
                for value in (*self.space[key].probes(), *queued):
                    self._check_dropout(next(iter(self.spec.arms)), *self._space_place(key), value)
                return
        beneath = [place for place in self._set_for_all() if place[2].path == _DROPOUT]
        for arm in self.spec.arms:
            own = [place for place in self._set_by(arm) if place[2].path == _DROPOUT]
            strongest = [*own, *beneath][:1]  # what it hides does not count
            for document, written, leaf in strongest:
                self._check_dropout(arm, document, written, leaf.value)

    def _check_dropout(self, arm: str, document: Document, written: FieldPath, value: Any) -> None:
        if value is not None and value >= DROPOUT_BELOW:
            problem = FieldError(written, f"must be below {DROPOUT_BELOW}", value)
            raise SettingError(document, problem, f"study {self.name!r}, arm {arm!r}")

    @property
    def name(self) -> str:
        """The name under which results are stored."""
        return f"{self.spec.name}@{self.workload.name}"

    @property
    def trainer(self) -> str:
        """The name of the trainer; `OURS` where that is no own code."""
        return self.spec.trainer or self.workload.trainer or OURS

    @property
    def _trainer(self) -> Trainer:
        return TRAINERS[self.trainer]

    def named(self, name: str) -> "Study":
        """The same study under another name.

        Raises:
            InputError: If the name could not be that of a file.
        """
        return replace(self, spec=self.spec.model_copy(update={"name": check_name(name, "study")}))

    @cached_property
    def space(self) -> dict[str, Space]:
        """The study's space, with the workload's ranges where it takes them.

        Raises:
            SettingError: If the workload has no such range.
        """
        ranges = {field_path(key): entry for key, entry in self.workload.ranges.items()}
        forced = {field_path(key): entry for key, entry in self.workload.space.items()}
        space: dict[str, Space] = {}
        for key, written in self.spec.space.items():
            path = field_path(key)
            entry = forced.get(path, ranges.get(path) if written == WORKLOAD else written)
            if entry is None or entry == WORKLOAD:
                known = ", ".join(self.workload.ranges) or "nothing"
                reason = f"workload {self.workload.name!r} recommends no range for it: write one here"
                problem = FieldError(("space", key), f"{reason}; it recommends {known}", written)
                raise SettingError("study", problem, f"study {self.name!r}")
            space[key] = entry
        return space

    @cached_property
    def first(self) -> dict[str, Value]:
        """The first value of each entry of the space."""
        return {key: entry.probes()[0] for key, entry in self.space.items()}

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """The tasks, by name, in report order, as the first arm declares them."""
        return self.config(next(iter(self.spec.arms)), self.first, self.spec.seeds[0]).tasks

    @cached_property
    def overall(self) -> Overall:
        """How the one score of a trial follows from those of its tasks; all arms have the same."""
        return self.config(next(iter(self.spec.arms)), self.first, self.spec.seeds[0]).overall

    def config(self, arm: str, params: Mapping[str, Any], seed: int) -> AnyConfig:
        """The configuration of one trial.

        Later wins: TrainConfig's defaults, the workload, `base`, the arm, `params`, `seed`.

        Args:
            arm: Name of an arm.
            params: Values for the space, by the keys of the study file.
            seed: Training seed.

        Raises:
            InputError: If there is no such arm, or the settings are not valid together.
        """
        return self._arm(arm, params, seed).config

    def arms(self) -> Iterator[Arm]:
        """Every arm at the first value of each entry of the space.

        Raises:
            InputError: If that is no valid configuration, or does not compare with the first arm.
        """
        arms = [self._arm(name, self.first, self.spec.seeds[0]) for name in self.spec.arms]
        for arm in arms:
            for reason in differences(arms[0].config, arm.config):
                raise SettingError("study", FieldError(("arms", arm.name), reason), f"study {self.name!r}")
        yield from arms

    def _arm(self, name: str, params: Mapping[str, Any], seed: int) -> Arm:
        if name not in self.spec.arms:
            raise InputError(f"study {self.name!r} has no arm {name!r}{nearest(name, self.spec.arms)}")
        settings = self._shared
        named = {"trainer": self.trainer} if self.trainer else {}
        for layer in (self.spec.arms[name], params, {"seed": seed}, named):
            settings = merged(settings, nested(layer))
        try:
            return Arm(name, settings, self._trainer.config.model_validate(settings))
        except ValidationError as error:
            raise self._explain(first_problem(error, setting_names), name, params) from None

    @cached_property
    def _shared(self) -> dict[str, Any]:
        """What is set for all arms."""
        own = self._trainer.config.model_fields
        given = nested(self.workload.train).items()
        # What a workload sets of ours, another trainer has no use for.
        train = {key: value for key, value in given if key in own or key not in TrainConfig.model_fields}
        return merged(train, nested(self.spec.base))

    @cached_property
    def toggles(self) -> dict[str, dict[str, Value]]:
        """What sets the arms apart, by arm: each single-valued setting in which two arms differ.

        Named as the study file writes them, for example ``gradient`` and ``smart.enabled``; an arm that does
        not write one has the value that its configuration has; null where that has no such key.
        """
        written = {
            ".".join((EARLIER_NAMES.get(leaf.written[0], leaf.written[0]), *leaf.written[1:])): leaf.path
            for settings in self.spec.arms.values()
            for leaf in leaves(settings)
            if isinstance(leaf.value, Value)
        }
        values: dict[str, dict[str, Value]] = {}
        for arm in self.spec.arms:
            dump: Any = self.config(arm, self.first, self.spec.seeds[0]).model_dump(mode="json")
            values[arm] = {name: reduce(dict.get, path, dump) for name, path in written.items()}
        differing = [name for name in written if len({values[arm][name] for arm in values}) > 1]
        return {arm: {name: values[arm][name] for name in differing} for arm in values}

    def digest(self) -> str:
        """SHA-256 of everything in the study and workload that can change a trial."""
        return digest_of(self.spec, self.workload)

    def _space_place(self, key: str) -> tuple[Document, FieldPath]:
        """The file that holds the entry in force for a key of the space, and its path there."""
        if self.spec.space[key] == WORKLOAD:
            for name in self.workload.ranges:
                if field_path(name) == field_path(key):
                    return "workload", ("ranges", name)
        return "study", ("space", key)

    def _end(self, leaf: Leaf) -> FieldPath:
        """Which end of its range a drawn value is, where it is one."""
        entry = self.space[leaf.written[0]]
        if isinstance(entry, Choice):
            return ()
        return next(((end,) for end in ("low", "high") if getattr(entry, end) == leaf.value), ())

    def _settings(self, arm: str, params: Mapping[str, Any]) -> Iterator[Place]:
        """Every setting of a trial with the file and path that it comes from, the strongest first."""
        for leaf in leaves(params):
            document, path = self._space_place(leaf.written[0])
            yield document, (*path, *self._end(leaf)), leaf
        yield from self._set_by(arm)
        yield from self._set_for_all()

    def _set_by(self, arm: str) -> Iterator[Place]:
        for leaf in leaves(self.spec.arms[arm]):
            yield "study", ("arms", arm, *leaf.written), leaf

    def _set_for_all(self) -> Iterator[Place]:
        for leaf in leaves(self.spec.base):
            yield "study", ("base", *leaf.written), leaf
        for leaf in leaves(self.workload.train):
            yield "workload", ("train", *leaf.written), leaf

    def _explain(self, problem: FieldError, arm: str, params: Mapping[str, Any]) -> SettingError:
        """Names the file and key that set the field of which TrainConfig complains."""
        where = f"study {self.name!r}, arm {arm!r}"
        # pydantic puts the kind of a source into the path of its fields; files have no such level.
        path = tuple(str(p) for i, p in enumerate(problem.path) if i == 0 or problem.path[i - 1] != "source")
        reason = self._reason(path, problem.reason)
        # Nothing sets a missing field; those beside it lead to the place where it belongs.
        group = path[:-1] if problem.reason == "is missing" else path
        setters = [place for place in self._settings(arm, params) if overlap(place[2].path, group)]
        # A complaint about a group of settings names those that do not fit together.
        words = re.findall(r"\w+", reason)
        named = sorted(
            (place for place in setters if place[2].path[-1] in words),
            key=lambda place: (_SECTIONS.index(str(place[1][0])), words.index(place[2].path[-1])),
        )
        for document, written, leaf in named or (setters if group else []):
            return SettingError(document, FieldError(written, reason, leaf.value), where)
        return SettingError("workload", FieldError(("train", *path), reason), where)

    def _reason(self, path: tuple[str, ...], reason: str) -> str:
        if reason != "is missing" or len(path) == 1:
            return reason
        declared = nested(self.workload.train).get("tasks", {})
        if path[0] == "tasks" and path[1] not in declared:
            return f"workload {self.workload.name!r} has no task {path[1]!r}{nearest(path[1], declared)}"
        return f"{'.'.join(path)} is missing"
