"""What every trial of a study is trained with, as far as all of them have it in common. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from model.config import Task, TrainConfig
from model.config.trainers import AnyConfig
from model.encoders import ENCODERS
from model.losses import LOSSES

from ...study.settings import flat
from ...study.space import Value
from ...study.study import Study
from ...text import plural, setting, setting_line

Piece = Callable[[TrainConfig], str]
"""What is said of one setting, or of some that go together; nothing where there is nothing to say."""


def setup(study: Study) -> list[str]:
    """Encoder, training, and each task, of what all trials share; then what sets the arms apart."""
    configs = configurations(study)
    own = study.trainer
    scored = (f"{name}: metric {task.metric}" for name, task in study.tasks.items())
    return [
        *([f"trainer: own code, {own}", *scored] if own else ()),
        *_line("encoder: ", _ENCODER, configs),
        *_line("", _TRAINING, configs),
        *(line for name in study.tasks for line in _line(f"{name}: ", _task(name), configs)),
        *_further(configs),
        *_arms(study.toggles),
    ]


def preprocessing(study: Study) -> list[str]:
    """What is done to a text before it is trained on, in each way that a trial may have it done."""
    if study.trainer:
        return [f"as own code, {study.trainer}, does it"]
    encoders = [config.encoder for config in configurations(study)]
    made = (
        f"WordPiece from the training text, lower case, words up to {encoder.vocabulary} entries"
        if ENCODERS[encoder.source].tokenizer is None
        else "the tokenizer of the encoder"
        for encoder in encoders
    )
    lines = (
        f"blanks around texts removed; {pieces}; cut at {encoder.max_length} tokens"
        for pieces, encoder in zip(made, encoders, strict=True)
    )
    return list(dict.fromkeys(lines))


def configurations(study: Study) -> list[TrainConfig]:
    """Configurations that together have each arm, and each setting of the space at two values at least.

    None of a study whose trainer is own code.
    """
    found: list[AnyConfig] = []
    for arm, space in study.spaces.items():
        chosen = [
            space.reach({name: value}) for name, entry in space.entries.items() for value in entry.probes()
        ]
        reached = [one for one in chosen if one is not None] or [space.first]
        found += [study.config(arm, one, study.spec.seeds[0]) for one in reached]
    return [config for config in found if isinstance(config, TrainConfig)]


def _line(name: str, pieces: Iterable[Piece], configs: Sequence[TrainConfig]) -> list[str]:
    said = [{piece(config) for config in configs} for piece in pieces]
    common = ", ".join(text for texts in said if len(texts) == 1 for text in texts if text)
    return [name + common] if common else []


def _arms(toggles: Mapping[str, Mapping[str, Value]]) -> list[str]:
    """What sets the arms apart; what more than half of them share is said once, before those that differ."""
    common: dict[str, Value] = {}
    for name in next(iter(toggles.values())):
        value, arms = Counter(given[name] for given in toggles.values()).most_common(1)[0]
        if arms > len(toggles) / 2:
            common[name] = value
    own = {
        arm: {name: value for name, value in given.items() if name not in common or common[name] != value}
        for arm, given in toggles.items()
    }
    return [
        *([f"each arm, unless its line says otherwise: {setting_line(common)}"] if common else []),
        *(f"arm {arm}: {setting_line(given) or 'as above'}" for arm, given in own.items()),
    ]


def _encoder(config: TrainConfig) -> str:
    encoder = config.encoder
    made = f"a BERT of {plural(encoder.layers, 'layer')}, {encoder.hidden_size} wide, trained from scratch"
    known = {"tiny": made, "minilm": "all-MiniLM-L6-v2, pretrained", "hub": f"{encoder.name}, pretrained"}
    own = f"own code, {encoder.source}: {ENCODERS[encoder.source].description}"
    return known.get(encoder.source, own)


def _epochs(config: TrainConfig) -> str:
    steps = (
        f" of {plural(config.steps_per_epoch, 'step')} (steps_per_epoch)" if config.steps_per_epoch else ""
    )
    return plural(config.epochs, "epoch") + steps


_ENCODER: Sequence[Piece] = (_encoder, lambda config: f"{config.encoder.pooling} pooling")

_TRAINING: Sequence[Piece] = (
    _epochs,
    lambda config: f"batches of {config.batch_size}",
    lambda config: config.optimizer,
    lambda config: f"learning rate {setting(config.learning_rate)}",
    lambda config: f"{config.schedule} schedule",
    lambda config: f"warm-up over {setting(100 * config.warmup)} % of the steps",
    lambda config: f"weight decay {setting(config.weight_decay)}",
    lambda config: (
        "gradients not clipped"
        if config.max_grad_norm is None
        else f"gradients clipped to norm {setting(config.max_grad_norm)} (max_grad_norm)"
    ),
    lambda config: f"dropout {setting(config.dropout)}",
    lambda config: f"sampling {config.sampling}",
    lambda config: "" if config.gradient == "sum" else f"gradients joined by {config.gradient}",
    lambda config: "SMART" if config.smart.enabled else "",
    lambda config: "" if config.precision == "fp32" else f"products in {config.precision}",
)


_TOLD = (
    *("epochs", "steps_per_epoch", "batch_size", "optimizer", "learning_rate", "schedule", "warmup"),
    *("weight_decay", "max_grad_norm", "dropout", "sampling", "gradient", "smart.enabled", "precision"),
    *("encoder.source", "encoder.name", "encoder.pooling", "encoder.layers", "encoder.hidden_size"),
)
"""Settings that the other lines tell."""

_UNASKED = ("seed", "device", "threads", "train_sample", "score_test", "train_tasks", "overall", "trainer")
"""Settings that change no network, or that other items tell."""

_TASK_TOLD = (
    *("kind", "classes", "range", "labels", "threshold", "missing", "source", "text", "label", "groups"),
    *("metric", "metric_options", "positive", "head", "loss", "train_rows", "dev_rows"),
)
"""Those of a task that other lines and items tell."""


def _further(configs: Iterable[TrainConfig]) -> list[str]:
    """What all configurations have alike otherwise than by default, and no other line tells."""
    shared: dict[str, Any] | None = None
    for config in configs:
        mine = _changes(config)
        before = mine if shared is None else shared
        shared = {name: value for name, value in before.items() if name in mine and mine[name] == value}
    return [f"further settings: {setting_line(shared)}"] if shared else []


def _changes(config: TrainConfig) -> dict[str, Any]:
    """The settings of a configuration that are not at their defaults, and that no other line tells."""
    found = {}
    for path, value in flat(config.model_dump(mode="json", exclude_defaults=True)).items():
        name = ".".join(path)
        of_task = path[0] == "tasks" and path[2] in _TASK_TOLD
        if not of_task and path[0] not in _UNASKED and name not in _TOLD:
            found[name] = value
    return found


def _task(name: str) -> Sequence[Piece]:
    return (
        lambda config: f"head {config.tasks[name].head}",
        lambda config: _loss(config.tasks[name]),
        lambda config: f"metric {config.tasks[name].metric}",
    )


def _loss(task: Task) -> str:
    loss = LOSSES[task.loss]
    if task.range is None:
        return f"loss {task.loss}: {loss.description}"
    low, high = map(setting, task.range)
    return f"loss {task.loss}: {loss.of_range or loss.description} on scores scaled from {low}–{high} to 0–1"
