"""A study on a workload, and the configurations of its trials."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
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
from .armspace import ArmSpace
from .blame import Blame
from .checks import differences, size_problems, space_problems, study_problems, written_problems
from .digest import digest_of
from .fixed import reached
from .meeting import Arm, apart, refused, refused_where
from .problem import Document, FieldError, FieldPath, SettingError, first_problem
from .settings import EARLIER_NAMES, field_path, leaves, merged, nested, setting_names
from .space import Space, Value
from .spaces import Spaces
from .spec import StudySpec
from .workload import Workload
from .written import Written

_DROPOUT = ("encoder", "dropout")


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
        for problem in (*Spaces(self.spec, self.workload).unknown(), *space_problems(self.searched)):
            raise self._wrong(problem)
        arms = list(self.arms())
        for name, params in self.refused(arms):
            self.config(name, self.spaces[name].around(params), self.spec.seeds[0])
        for problem in study_problems(self.searched, {arm.name: arm.config for arm in arms}):
            raise self._wrong(problem)
        plain = [arm for arm in arms if self.spaces[arm.name].plain]
        for name, queued in apart(plain, self.spec.enqueue) if plain else ():
            self.config(name, self.spaces[name].around(queued), self.spec.seeds[0])
        for arm, space in self.spaces.items():
            for part in () if space.plain else map(space.part, self.spec.enqueue):
                self.config(arm, space.around(part), self.spec.seeds[0])

    def refused(self, arms: list[Arm], whole: bool = False) -> Iterator[tuple[str, Mapping[str, Value]]]:
        """Values that can meet in one configuration and make it invalid: the arm, and the values by key.

        Args:
            arms: All arms.
            whole: As in `meeting.refused`.
        """
        plain = [arm for arm in arms if self.spaces[arm.name].plain]
        yield from refused(plain, self.space, whole) if plain else ()
        for arm in arms:
            if not self.spaces[arm.name].plain:
                for params in refused_where(arm, self.spaces[arm.name], self._settings_of(arm.name), whole):
                    yield arm.name, params

    def _wrong(self, problem: FieldError) -> SettingError:
        return SettingError("study", problem, f"study {self.name!r}")

    def check_space(self) -> None:
        """Refuses a space too large to be numbered, a grid that nobody ends, a constraint on no task.

        Asked of files alone, as `check_dropout`.

        Raises:
            SettingError: If there is such an entry, sampler or constraint.
        """
        for _, arm, key, entry in self.searched.entries():
            for found in size_problems(entry):
                document, path = self.blame.place_of(key, arm)
                problem = FieldError((*path, *found.path), found.reason, found.value)
                raise SettingError(document, problem, f"study {self.name!r}")
        for problem in written_problems(self.searched, self.tasks):
            raise self._wrong(problem)

    def check_dropout(self) -> None:
        """Refuses an ``encoder.dropout`` that on a CPU would leave nothing.

        Asked of files alone: studies were begun with one before it was refused, and their other trials count.

        Raises:
            SettingError: If an arm has one with some values of the space.
        """
        varied = [
            (arm, key, entry) for _, arm, key, entry in self.searched.entries() if field_path(key) == _DROPOUT
        ]
        for name, key, entry in varied:
            queued = (params[key] for params in self.spec.enqueue if key in params)
            arm = next(iter(self.spec.arms)) if name is None else name
            for value in (*entry.probes(), *queued):
                self._check_dropout(arm, *self.blame.place_of(key, name), value)
        beneath = [place for place in self.blame.set_for_all() if place[2].path == _DROPOUT]
        for arm in self.spec.arms if all(name is not None for name, _, _ in varied) else ():
            own = [place for place in self.blame.set_by(arm) if place[2].path == _DROPOUT]
            # Only the place that wins, the arm's before that of all: what it hides does not count.
            for document, written, leaf in [*own, *beneath][:1]:
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
    def blame(self) -> Blame:
        """What sets each of its settings."""
        return Blame(self.spec, self.workload, self.name)

    @cached_property
    def searched(self) -> Spaces:
        """What varies in its arms.

        Raises:
            SettingError: If the workload has no range that is asked for, a condition never holds, or arms do
                not agree on what a setting can be.
        """
        searched = Spaces(self.spec, self.workload)
        try:
            _ = searched.joined
        except FieldError as problem:
            raise self._wrong(problem) from None
        return searched

    @property
    def spaces(self) -> dict[str, ArmSpace]:
        """What varies in each arm, by its name."""
        return self.searched.of

    @property
    def space(self) -> dict[str, Space]:
        """All that varies in an arm or in several: there with the values of all of them."""
        return self.searched.joined

    def first_of(self, arm: str) -> dict[str, Value]:
        """The first value of each entry that applies in an arm.

        Raises:
            SettingError: If no values fulfil the constraints.
        """
        try:
            return dict(self.spaces[arm].first)
        except FieldError as problem:
            raise self._wrong(problem) from None

    @property
    def first(self) -> dict[str, Value]:
        """The first value of each entry that applies in the first arm, as in `first_of`."""
        return self.first_of(next(iter(self.spec.arms)))

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
            params: Values for the space, by the keys of the study file. Those that do not apply in the arm,
                or beside the others, are left out.
            seed: Training seed.

        Raises:
            InputError: If there is no such arm, or the settings are not valid together.
        """
        return self._arm(arm, params, seed).config

    def check_allowed(self, arm: str, params: Mapping[str, Any]) -> None:
        """Refuses values that make no valid configuration of an arm, or break a constraint.

        Raises:
            InputError: If they do.
        """
        broken = self.spaces[arm].broken(params)
        if broken is not None:
            values = {key: params[key] for key in broken.names if key in params}
            raise self._wrong(FieldError(("constraints",), f"{broken} is not fulfilled", values))
        self.config(arm, params, self.spec.seeds[0])

    def arms(self) -> Iterator[Arm]:
        """Every arm at the first value of each entry of its space.

        Raises:
            InputError: If that is no valid configuration, or does not compare with the first arm.
        """
        arms = [self._arm(name, self.first_of(name), self.spec.seeds[0]) for name in self.spec.arms]
        for arm in arms:
            for reason in differences(arms[0].config, arm.config):
                raise SettingError("study", FieldError(("arms", arm.name), reason), f"study {self.name!r}")
        yield from arms

    def _arm(self, name: str, params: Mapping[str, Any], seed: int) -> Arm:
        if name not in self.spec.arms:
            raise InputError(f"study {self.name!r} has no arm {name!r}{nearest(name, self.spec.arms)}")
        named = {"trainer": self.trainer} if self.trainer else {}
        space = self.spaces[name]
        given = params if space.plain else space.applying(params)
        settings = merged(merged(self._settings_of(name), nested(given)), {"seed": seed, **named})
        try:
            return Arm(name, settings, self._trainer.config.model_validate(settings))
        except ValidationError as error:
            problem = first_problem(error, setting_names)
            raise self.blame.explain(problem, name, given, space.entries) from None

    def _settings_of(self, arm: str) -> dict[str, Any]:
        """All that is set of an arm, in nested mappings."""
        return merged(self._shared, nested(self.spec.settings(arm)))

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
        """What sets the arms apart, by arm: each setting, single-valued in all arms, in which two differ.

        Named as the study file writes them, for example ``gradient`` and ``smart.enabled``. Of an arm that
        does not write one it is the value in the arm's configuration; null where that has no such key.
        """
        varied = {field_path(key) for key in self.spec.varied}
        written = {
            ".".join((EARLIER_NAMES.get(leaf.written[0], leaf.written[0]), *leaf.written[1:])): leaf.path
            for arm in self.spec.arms
            for leaf in leaves(self.spec.settings(arm))
            if isinstance(leaf.value, Value) and leaf.path not in varied
        }
        values: dict[str, dict[str, Value]] = {}
        for arm in self.spec.arms:
            dump: Any = self.config(arm, self.first_of(arm), self.spec.seeds[0]).model_dump(mode="json")
            values[arm] = {name: reached(dump, path) for name, path in written.items()}
        single = [name for name in written if all(isinstance(values[arm][name], Value) for arm in values)]
        differing = [name for name in single if len({values[arm][name] for arm in values}) > 1]
        return {arm: {name: values[arm][name] for name in differing} for arm in values}

    def digest(self) -> str:
        """SHA-256 of everything in the study and workload that can change a trial."""
        return digest_of(self.spec, self.workload)
