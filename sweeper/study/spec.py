"""What stands in a study file."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from model.frozen import Frozen
from model.plugins.record import OwnCode
from model.result import COST

from ..text import nearest
from .conditional import Conditional, Entry
from .constraint import Constraint
from .fields import OWN, ArmSettings, Name, OwnTrainer, Plugins, Seed, Settings, distinct, parse_space
from .problem import FieldError, FieldPath
from .pruners import PrunerSpec
from .samplers import SAMPLERS, SamplerSpec
from .settings import Paths, field_path, leaves
from .space import Space, Value
from .warmstart import WarmStart

TABLES = ("arms", "table1", "table2", "table3", "table4", "table5", "table6", "table7")
"""The tables that a report can show; all but ``arms`` mirror one of the paper's."""


CROSS = " x "
"""Between the names of two settings: a table of one against the other."""


_SCHEMA = {"anyOf": [{"enum": list(TABLES)}, {"type": "string", "pattern": rf"^\S+{CROSS}\S+$"}]}


_TableKey = Annotated[str, WithJsonSchema(_SCHEMA)]


def _check_objective(written: Any) -> Any:
    if isinstance(written, list | tuple) and len(written) < 2:
        reason = "a list needs two scores or more; write a single one without brackets"
        raise FieldError((), reason, list(written))
    for name in written if isinstance(written, list | tuple) else [written]:
        if not isinstance(name, str):
            raise FieldError((), "must be the name of a score, or a list of them", written)
    if isinstance(written, list | tuple):
        distinct(tuple(written))
    return written


def _check_constraints(written: tuple[str, ...]) -> tuple[str, ...]:
    for position, text in enumerate(written):
        try:
            Constraint.parse(text)
        except FieldError as problem:
            raise FieldError((position,), problem.reason, text) from None
    return distinct(written)


class StudySpec(Frozen):
    """A study file: which trials there are and how new ones are proposed."""

    name: Name = Field(description="Name of the study; its results are stored as <name>@<workload>.")
    description: str = Field("", description="What the study asks, in a sentence.")
    workload: Name = Field("demo", description="Data and backbone, unless --workload names others.")
    objective: Annotated[str | tuple[str, ...], BeforeValidator(_check_objective)] = Field(
        "overall",
        description="Score that the sampler raises: overall or a task's name; a list: all of them at once; "
        "step_seconds in it is lowered.",
    )
    base: Settings = Field({}, description="Settings of every trial.")
    arms: dict[Annotated[str, Field(pattern=r"^\S(.*\S)?$")], ArmSettings] = Field(
        {"all": {}},
        min_length=1,
        description="Named variants, each with its own settings and the same number of trials; under `space` "
        "what varies in that arm alone.",
    )
    baseline: str | None = Field(
        None, description="Arm with which each other one is compared; by default the first."
    )
    compare: tuple[tuple[str, str], ...] = Field(
        (), description="Pairs of arms that are compared, instead of all with one `baseline`: [[A, B], …]."
    )
    space: dict[str, Space | Conditional | Literal["workload"]] = Field(
        {},
        description="Settings that vary within an arm: a list of choices; low, high, log, step, prior; or "
        "the word workload, for the range that the workload recommends. With `when`: only where that holds.",
    )
    constraints: Annotated[tuple[str, ...], AfterValidator(_check_constraints)] = Field(
        (),
        description="What every configuration fulfils: comparisons of two settings, or of one and a number, "
        "such as 'word_dropout < dropout'.",
    )
    enqueue: tuple[dict[str, Value], ...] = Field(
        (),
        description="The first configurations of every arm: values for keys of `space`; the rest is drawn.",
    )
    warm_start: WarmStart | None = Field(
        None, description="Earlier studies whose best configurations come after those of `enqueue`."
    )
    plugins: Plugins = Field(
        (),
        description="Own code, run before the study is read: files of Python, from this file's folder on, or "
        "modules that are installed; see docs/plugins.md.",
    )
    trainer: OwnTrainer = Field(
        None,
        description="Own code that trains in our trainer's place, as in `plugins`; settings are its own.",
    )
    code: OwnCode | None = Field(
        None, description="In records alone: the own code that the study was begun with, and its SHA-256."
    )
    sampler: SamplerSpec = SamplerSpec()
    pruner: PrunerSpec = PrunerSpec()
    seeds: Annotated[tuple[Seed, ...], AfterValidator(distinct)] = Field(
        (11711,), min_length=1, description="Training seeds; every configuration is trained with each."
    )
    tables: Annotated[tuple[_TableKey, ...], AfterValidator(distinct)] = Field(
        ("arms",),
        description="Tables of the report: arms; table1 to table7, the paper's; two settings of `space` "
        "against each other, such as 'weight_decay x dropout'.",
    )

    _read_space = field_validator("space", mode="before")(parse_space)

    @field_validator("enqueue", mode="before")
    @classmethod
    def _single_values(cls, enqueue: Any) -> Any:
        for position, params in enumerate(enqueue if isinstance(enqueue, list | tuple) else ()):
            for key, value in params.items() if isinstance(params, Mapping) else ():
                if isinstance(value, Mapping | list | tuple):
                    reason = "takes one value for each key of `space`, written as it is there"
                    raise FieldError((position, key), reason, value)
        return enqueue

    @model_validator(mode="after")
    def _no_clash(self) -> Self:
        varied = Paths((field_path(key), key) for key in self.space)
        # What does not apply has the value of `base`.
        always = Paths(
            (field_path(key), key) for key, entry in self.space.items() if not isinstance(entry, Conditional)
        )
        sections: list[tuple[FieldPath, Mapping[str, Any], Paths[str], str]] = [
            (("base",), self.base, always, "space.")
        ]
        for arm in self.arms:
            own = Paths((field_path(key), key) for key in self.own(arm))
            sections.append((("arms", arm), self.settings(arm), varied, "space."))
            sections.append((("arms", arm), self.settings(arm), own, f"arms.{arm}.space."))
        for section, settings, known, where in sections:
            for leaf in leaves(settings):
                if key := known.overlapping(leaf.path):
                    reason = f"clashes with {where}{key}: set it or vary it"
                    raise FieldError((*section, *leaf.written), reason, leaf.value)
        called: dict[FieldPath, str] = {}
        for path, _, key, _ in self.entries():
            if (other := called.setdefault(field_path(key), key)) != key:
                raise FieldError(
                    (*path, key), f"is called {other} elsewhere in this study: write it so here too"
                )
        return self

    def settings(self, arm: str) -> dict[str, Any]:
        """What an arm sets."""
        return {key: value for key, value in self.arms[arm].items() if key != OWN}

    def own(self, arm: str) -> Mapping[str, Entry]:
        """What varies in an arm alone, or otherwise there than in the others."""
        found: Mapping[str, Entry] = self.arms[arm].get(OWN, {})
        return found

    def entries(self) -> Iterator[tuple[FieldPath, str | None, str, Entry]]:
        """Every entry of `space` and of the arms' own: the section, the arm if it is one's, key and entry."""
        for key, entry in self.space.items():
            yield ("space",), None, key, entry
        for arm in self.arms:
            for key, entry in self.own(arm).items():
                yield ("arms", arm, OWN), arm, key, entry

    @property
    def varied(self) -> dict[str, None]:
        """The keys of all entries, each once."""
        return dict.fromkeys(key for _, _, key, _ in self.entries())

    @property
    def parsed_constraints(self) -> tuple[Constraint, ...]:
        """The constraints, parsed; not the arms that `compare` names, which are in `pairs`."""
        return tuple(map(Constraint.parse, self.constraints))

    @model_validator(mode="after")
    def _known_constraints(self) -> Self:
        varied = {field_path(key) for key in self.varied}
        for position, one in enumerate(self.parsed_constraints):
            if not any(field_path(name) in varied for name in one.names):
                reason = (
                    f"nothing that it compares varies: name a key of `space`{nearest(one.left, self.varied)}"
                )
                raise FieldError(("constraints", position), reason, self.constraints[position])
        return self

    @property
    def objectives(self) -> tuple[str, ...]:
        """The names of the scores that the sampler raises."""
        return (self.objective,) if isinstance(self.objective, str) else self.objective

    @property
    def queue(self) -> tuple[dict[str, Value], ...]:
        """The first configurations of every arm: the study's own, then those of earlier studies."""
        return self.enqueue + ((self.warm_start and self.warm_start.configurations) or ())

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The comparisons that the study declares: the first arm of each pair with the second."""
        against = self.baseline or next(iter(self.arms))
        return self.compare or tuple((arm, against) for arm in self.arms if arm != against)

    @model_validator(mode="after")
    def _known_comparisons(self) -> Self:
        if self.compare and self.baseline is not None:
            raise FieldError(("compare",), "leaves nothing to `baseline`: write one of them")
        named: list[tuple[FieldPath, str]] = [] if self.baseline is None else [(("baseline",), self.baseline)]
        named += [
            (("compare", at, side), arm)
            for at, pair in enumerate(self.compare)
            for side, arm in enumerate(pair)
        ]
        for path, arm in named:
            if arm not in self.arms:
                raise FieldError(path, f"is no arm of this study{nearest(arm, self.arms)}", arm)
        seen: set[frozenset[str]] = set()
        for at, pair in enumerate(self.compare):
            if pair[0] == pair[1]:
                raise FieldError(("compare", at), "compares an arm with itself", list(pair))
            if frozenset(pair) in seen:
                raise FieldError(("compare", at), "stands in the list twice", list(pair))
            seen.add(frozenset(pair))
        return self

    @model_validator(mode="after")
    def _known_tables(self) -> Self:
        for position, key in enumerate(self.tables):
            settings = key.split(CROSS)
            if len(settings) == 2 and settings[0] != settings[1]:
                for name in settings:
                    if name not in self.varied:
                        reason = f"{name!r} is not in `space`{nearest(name, self.varied)}"
                        raise FieldError(("tables", position), reason, key)
            elif key not in TABLES:
                reason = f"is no table; there are {', '.join(TABLES)}, and for two settings A{CROSS}B"
                raise FieldError(("tables", position), reason, key)
        return self

    @model_validator(mode="after")
    def _search_fits(self) -> Self:
        several, sampler, pruner = len(self.objectives) > 1, self.sampler.name, self.pruner
        raises = self.sampler.method.objectives
        if several and raises == "one":
            made = [name for name, other in SAMPLERS.items() if other.objectives == "several"]
            able = [name for name, other in SAMPLERS.items() if other.objectives == "any"]
            reason = f"raises one objective; for several take {', '.join(made + able)}"
            raise FieldError(("sampler", "name"), reason, sampler)
        if COST in self.objectives and not several:
            raise FieldError(("objective",), "is lowered beside a score: name one too, in a list", COST)
        if COST in self.objectives and pruner.method.decides:
            reason = f"stops trials whose {COST} is not known before their end: leave it out"
            raise FieldError(("pruner", "name"), reason, pruner.name)
        if raises == "several" and not several:
            raise FieldError(("sampler", "name"), "needs a list of several scores as `objective`", sampler)
        if several and pruner.method.of_one:
            reason = "compares values of one score: with several objectives take another pruner"
            raise FieldError(("pruner", "name"), reason, pruner.name)
        least = pruner.method.least_seeds(pruner)
        if len(self.seeds) < least:
            reason = f"needs {least} seeds to tell configurations apart at this p_threshold"
            raise FieldError(("pruner", "name"), reason, pruner.name)
        for name, given in (("enqueue", self.enqueue), ("warm_start", self.warm_start)):
            if given and self.sampler.method.cells:
                reason = f"a {sampler} has every combination already: leave this out"
                raise FieldError((name,), reason)
        if several and self.warm_start:
            raise FieldError(("warm_start",), "several objectives name no best configuration: leave this out")
        for position, params in enumerate(self.enqueue):
            for key in params:
                if key not in self.varied:
                    raise FieldError(
                        ("enqueue", position, key), f"is not in `space`{nearest(key, self.varied)}"
                    )
        return self
