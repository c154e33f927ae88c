"""What a record says of own code, and what stands in its place where the code is not loaded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from ..config.gradient import METHODS, GradientMethod
from ..config.trainers import TRAINERS, Trainer
from ..config.trial import TrialConfig
from ..encoders import ENCODERS, Encoder
from ..errors import PluginError
from ..heads import HEADS, Head
from ..losses import LOSSES, Loss
from ..metrics import METRICS
from ..metrics.own import OwnMetric, RecordedMetric
from ..options import kinds_of, recorded_model
from ..penalties import PENALTIES, Penalty
from ..registry import REGISTRIES, Registry

Traits = dict[str, Any]


@dataclass(frozen=True)
class Missing:
    """In the place of a function whose code is not loaded.

    Attributes:
        what: What it is, for example ``head charcnn``.
        plugin: The plug-in whose it is.
    """

    what: str
    plugin: str

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        """Says that it is not there; a PluginError."""
        raise PluginError(
            f"{self.what} is own code of {self.plugin}, which is not loaded: name the study by its file"
        )


@dataclass(frozen=True)
class Kind:
    """A kind of thing that own code can register, and of which records speak.

    Attributes:
        registry: Its table.
        traits: What a record says of an entry, fit for JSON.
        standing: Makes from its name, its plug-in and its traits what stands in its place.
    """

    registry: Registry[Any]
    traits: Callable[[Any], Traits]
    standing: Callable[[str, str, Traits], Any]


def of_class(
    registry: Registry[Any], entry_class: type, *code: str, unrecorded: tuple[str, ...] = ()
) -> Kind:
    """A kind whose entries are frozen records of traits, some of which are code.

    Args:
        registry: Its table.
        entry_class: Class of its entries.
        code: Names of the fields that are code: a function, or nothing.
        unrecorded: Names of fields that are code, and have their default where it is not loaded.
    """
    names = [field.name for field in fields(entry_class) if field.name not in (*code, *unrecorded)]
    plain = [name for name in names if name != "options"]

    def traits(entry: Any) -> Traits:
        own = {name: getattr(entry, name) for name in plain}
        having = [name for name in code if getattr(entry, name) not in (None, "")]
        return own | {"code": having} | ({"options": _kinds(entry)} if plain != names else {})

    def standing(name: str, plugin: str, recorded: Traits) -> Any:
        own = {key: value for key, value in recorded.items() if key in plain}
        own |= {key: Missing(f"{registry.kind} {name}", plugin) for key in code if key in recorded["code"]}
        if recorded.get("options"):
            own["options"] = recorded_model(name, recorded["options"])
        settings = {key: tuple(value) if isinstance(value, list) else value for key, value in own.items()}
        return entry_class(**settings)

    return Kind(registry, traits, standing)


_METRIC_TRAITS = (
    *("description", "labels", "two_classes", "of_one_class", "needs_scores", "higher_is_better", "bounds"),
    *("chance", "undefined"),
)


def _metric_traits(metric: RecordedMetric) -> Traits:
    traits = {name: getattr(metric, name) for name in _METRIC_TRAITS} | {"options": _kinds(metric)}
    # Of others there is nothing to say, and what earlier versions recorded of them stays what it is.
    return traits | ({"falls": True} if metric.falls else {})


def _kinds(entry: Any) -> Traits | None:
    return None if entry.options is None else kinds_of(entry.options)


def _check_metric(metric: Any) -> str | None:
    if not isinstance(metric, RecordedMetric):
        return "must be an OwnMetric of model.metrics.own"
    lacking = [name for name in ("description", "labels") if not hasattr(metric, name)]
    if lacking:
        return f"must say its {lacking[0]}"
    own = type(metric) if isinstance(metric, OwnMetric) else None  # else what stands in for one
    if own and own.score is OwnMetric.score:
        return "has no method score(predictions, labels)"
    if own and (own.unit is not OwnMetric.unit or own.term is not OwnMetric.term):
        return "has a `unit` or `term` of its own, which reports do not have: leave it out"
    low, high = metric.bounds
    return None if low < high else f"has bounds {metric.bounds}: the first must be the lower one"


def _recorded_metric(name: str, plugin: str, traits: Traits) -> RecordedMetric:
    options = recorded_model(name, traits["options"]) if traits["options"] else None
    own = {trait: traits[trait] for trait in _METRIC_TRAITS}
    return RecordedMetric(name, plugin, {**own, "options": options, "falls": traits.get("falls", False)})


def _check_trainer(trainer: Any) -> str | None:
    if not (isinstance(trainer.config, type) and issubclass(trainer.config, TrialConfig)):
        return "has a Config that is no subclass of model.config.TrialConfig"
    return None if callable(trainer.train) else "has a train that is no function"


def _trainer_traits(trainer: Trainer) -> Traits:
    base = TrialConfig.model_fields
    fields = trainer.config.model_fields
    same = {name for name in base if fields[name].default == base[name].default}
    return {"settings": {name: kind for name, kind in kinds_of(trainer.config).items() if name not in same}}


def _recorded_trainer(name: str, plugin: str, traits: Traits) -> Trainer:
    config = recorded_model("Config", traits["settings"], TrialConfig)
    return Trainer(config, Missing(f"trainer {name}", plugin))


KINDS: dict[str, Kind] = {
    "source": of_class(ENCODERS, Encoder, "network", "tokenizer"),
    "head": of_class(HEADS, Head, "network"),
    "loss": of_class(LOSSES, Loss, "similarity", "classes"),
    "penalty": of_class(PENALTIES, Penalty, "value"),
    "metric": Kind(METRICS, _metric_traits, _recorded_metric),
    "gradient method": of_class(METHODS, GradientMethod, "weighting"),
    "trainer": Kind(TRAINERS, _trainer_traits, _recorded_trainer),
}
"""By name; other packages add theirs."""

METRICS.check, TRAINERS.check = _check_metric, _check_trainer


def discard(plugin: str) -> None:
    """Takes out all that a plug-in registered, or that stands in its place."""
    for registry in REGISTRIES:
        for name in [name for name, owner in registry.foreign.items() if owner == plugin]:
            registry.remove(name)


def registered(plugins: Mapping[str, object]) -> dict[str, dict[str, Traits]]:
    """What plug-ins registered, by kind and name: what a record says of it.

    Args:
        plugins: Their names.
    """
    found: dict[str, dict[str, Traits]] = {}
    for what, kind in KINDS.items():
        for name, plugin in kind.registry.foreign.items():
            if plugin in plugins:
                traits = kind.traits(kind.registry[name])
                found.setdefault(what, {})[name] = {"plugin": plugin, **traits}
    return found
