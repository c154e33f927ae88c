"""The README of an exported model: what it is, what it scores, how to load it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from model.config import EncoderConfig, Task, TrainConfig
from model.result import Split
from model.sources import DemoSource, FilesSource, HubSource, name_of, share_of

from ..report.formats.markdown import escape
from ..report.statistics.intervals import Interval
from ..study.study import Study
from ..text import NONE, setting
from ..trial import TrialRow
from .loading import SENTENCE_TRANSFORMERS, loading_lines

_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


_MINILM = "sentence-transformers/all-MiniLM-L6-v2"


_POOLING = {
    "cls": "the vector of [CLS], behind BERT's own layer where the model has it",
    "mean": "the mean of the token vectors",
    "max": "the maximum over the token vectors",
}

_LICENCES = {
    _MINILM: "apache-2.0",
    "bert-base-uncased": "apache-2.0",
    "google-bert/bert-base-uncased": "apache-2.0",
}
"""Licences of the encoders that shipped workloads begin from, as their pages on the hub say."""


@dataclass(frozen=True)
class Made:
    """What is known of an exported model beside the record of its trial.

    Attributes:
        epoch: Epoch of the weights, from 1.
        scores: Their dev scores: ``overall``, or the mean of the trained tasks, and each of these.
        intervals: 95 % intervals of these over dev rows; none of a task whose labels allow no score.
        rows: How many rows were used, by task and split.
        claims: What the study may say of the trial's arm, in sentences.
        commands: What made it.
        pooler: Whether the vector of [CLS] goes through a layer of BERT's own.
    """

    epoch: int
    scores: Mapping[str, float]
    intervals: Mapping[str, Interval]
    rows: Mapping[str, Mapping[Split, int]]
    claims: Sequence[str]
    commands: Sequence[str]
    pooler: bool


def model_card(study: Study, run: TrialRow, config: TrainConfig, made: Made) -> str:
    """The README in Markdown, with the head that the hub reads.

    Args:
        study: The study.
        run: The trial as recorded.
        config: Its settings.
        made: What else is known of it.
    """
    objective, config = config.objective, config.of_trained()
    at_once = " at once" if len(config.tasks) > 1 else ""
    parts = [
        _head(config),
        f"# {escape(study.name)}, trial {run.number}",
        escape(study.spec.description),
        f"A sentence encoder, fine-tuned{at_once} on {_names(config.tasks)}, and the heads of these tasks: "
        f"trial {run.number} of the study {escape(study.name)} after epoch {made.epoch} of {config.epochs}, "
        "the best one.",
        "## Scores on dev",
        _table(("Task", "Metric", "Score", "95 %, over dev rows"), list(_scores(config, made))),
        f"`{config.overall.words(config.tasks, objective)}`",
        _recorded(run, config, made.scores),
        escape(study.workload.notice),
        "The trial was chosen by these scores, so they are optimistic. The intervals hold its weights fixed; "
        "they say nothing of other training seeds.",
        "What the study may claim:",
        "\n".join(f"- {escape(claim)}" for claim in made.claims),
        "## Settings",
        _table(("Setting", "Value"), _settings(run, config)),
        "## Data",
        _table(
            ("Task", "Labels", "Source", "Training rows", "Dev rows"),
            [
                (name, _labels(task), _source(task), *(f"{made.rows[name][split]:,}" for split in _SPLITS))
                for name, task in config.tasks.items()
            ],
        ),
        "## How to load it",
        _load(config, pooler=made.pooler),
        "## How it was made",
        "\n".join(["```sh", *made.commands, "```"]),
        _versions(run),
        "## Licence",
        _licence(config.encoder),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


_SPLITS: tuple[Split, ...] = ("train", "dev")


def _scores(config: TrainConfig, made: Made) -> Iterator[tuple[str, ...]]:
    for name, value in made.scores.items():
        metric = config.tasks[name].metric if name in config.tasks else ""
        interval = made.intervals.get(name)
        if interval is None:
            yield name, metric, NONE, "no score is defined on these labels"
        else:
            yield name, metric, f"{value:.4f}", f"{interval.low:.4f} to {interval.high:.4f}"


def _load(config: TrainConfig, *, pooler: bool) -> str:
    pairs = next((name for name, task in config.tasks.items() if task.kind == "pair"), None)
    single = next((name for name, task in config.tasks.items() if task.kind == "single"), None)
    calls = [] if single is None else [f'predict("{single}", ["A fine film."])']
    calls += [] if pairs is None else [f'predict("{pairs}", ["A fine film."], ["A good movie."])']
    joint = [f"`{name}`" for name, task in config.tasks.items() if task.pair_encoding == "joint"]
    together = (
        f"\n\nThe pairs of {', '.join(joint)} go through the encoder together, as one sequence: there is no "
        "embedding of one sentence for them, and each pair takes the encoder anew."
        if joint
        else ""
    )
    shared = "" if config.pair_layer is None else "; first the embeddings of a pair go through `pair_layer`"
    unused = "" if pooler else " `pooler_output` means nothing here: transformers says that its layer is new."
    return f"""\
With torch, transformers and safetensors:

```python
{loading_lines(config, pooler=pooler)}```

{" or ".join(f"`{call}`" for call in calls)} gives a row for each text, or pair: the probabilities of
the classes, which `heads.json` names in `class_names`, or a score in the units of the labels.{unused}

With sentence-transformers, whose `embed` may stand for the one above:

```python
{SENTENCE_TRANSFORMERS}```

`heads.safetensors` holds the heads; `heads.json` says of each what it sees of the embeddings u and v
(`features`, times `scale`), its linear `layers` with the function behind each, and the function behind
all (`output`){shared}.{together}"""


def _versions(run: TrialRow) -> str:
    return ", ".join(f"{name} {version}" for name, version in (run.versions or {}).items())


def _licence(encoder: EncoderConfig) -> str:
    base = _base(encoder)
    if encoder.source == "tiny":
        began = "The encoder began from scratch"
    elif base is None:
        began = "The encoder began from a local model, whose licence binds"
    elif base in _LICENCES:
        began = f"The encoder began from {base}, which is under {_LICENCES[base]}"
    else:
        began = f"The encoder began from {base}, whose licence binds: see https://huggingface.co/{base}"
    return (
        f"{began}; the licences of the data bind too. This model's own is to be chosen by whoever passes it "
        "on: `license` in the head of this file."
    )


def _head(config: TrainConfig) -> str:
    fields: dict[str, Any] = {
        "library_name": "sentence-transformers",
        "pipeline_tag": "sentence-similarity",
        "tags": ["sentence-transformers", "feature-extraction", "sentence-similarity"],
    }
    base = _base(config.encoder)
    if base:
        fields["base_model"] = base
    sources = (task.source for task in config.tasks.values())
    datasets = [source.path for source in sources if isinstance(source, HubSource)]
    known = [path for path in dict.fromkeys(datasets) if _HUB_NAME.fullmatch(path)]
    if known:
        fields["datasets"] = known
    return f"---\n# license: to be chosen by whoever passes this model on\n{yaml.safe_dump(fields)}---"


def _base(encoder: EncoderConfig) -> str | None:
    """Name on the hub of what the encoder began from; None for one from scratch or from a folder."""
    if encoder.source == "minilm":
        return _MINILM
    name = encoder.name or ""
    # A folder comes before a name on the hub, as when the encoder is loaded.
    return name if _HUB_NAME.fullmatch(name) and not Path(name).exists() else None


def _recorded(run: TrialRow, config: TrainConfig, scores: Mapping[str, float]) -> str:
    recorded, exact = run.scores or {}, config.precision == "fp32"
    if exact and all(abs(value - scores[name]) < 5e-5 for name, value in recorded.items()):
        return ""
    told = ", ".join(f"{name} {value:.4f}" for name, value in recorded.items())
    as_trained = "" if exact else f", in {config.precision},"
    return f"These are the scores of the weights in this folder; the trial's record{as_trained} has {told}."


_SCORED = "in training; these scores are computed in fp32, as the lines below do"


def _settings(run: TrialRow, config: TrainConfig) -> list[tuple[str, str]]:
    encoder = config.encoder
    return [
        ("arm", run.arm),
        *((name, setting(value)) for name, value in run.params.items()),
        ("seed", str(run.seed)),
        ("batch size", str(config.batch_size)),
        ("optimizer", config.optimizer),
        *([] if config.precision == "fp32" else [("precision", f"{config.precision}, {_SCORED}")]),
        ("gradients joined by", config.gradient),
        ("SMART", "yes" if config.smart.enabled else "no"),
        (
            "encoder began from",
            _base(encoder) or ("scratch" if encoder.source == "tiny" else "a local model"),
        ),
        ("sentence embedding", _POOLING[encoder.pooling]),
        *(
            [("token vectors", "a learned mixture of all layers")]
            if encoder.layer_pooling == "weighted"
            else []
        ),
        *([] if not encoder.lora.rank else [("adapters", f"LoRA of rank {encoder.lora.rank}, merged")]),
        ("longest sentence", f"{encoder.max_length} tokens"),
        *([] if config.pair_layer is None else [("layer shared by pairs", config.pair_layer)]),
        *((f"head of {name}", task.head) for name, task in config.tasks.items()),
    ]


def _labels(task: Task) -> str:
    if task.range is None:
        return f"{task.classes} classes"
    return f"{task.range[0]:g} to {task.range[1]:g}"


def _source(task: Task) -> str:
    match task.source:
        case DemoSource():
            return "built-in demo corpus"
        case FilesSource() as source:
            return _rows(source)
        case HubSource(path=path, subset=subset) as source:
            name = path if _HUB_NAME.fullmatch(path) else "a local dataset"
            return f"{name}{f' ({subset})' if subset else ''}: {_rows(source)}"


def _rows(source: FilesSource | HubSource) -> str:
    """Where training and dev rows are from."""
    share = share_of(source, "dev")
    if share is not None:
        return f"{source.train}, of which dev has a share of {share.share:g} (seed {share.seed})"
    dev = name_of(source, "dev")
    return source.train if dev == source.train else f"{source.train}, {dev}"


def _names(tasks: Mapping[str, Task]) -> str:
    *others, last = map(escape, tasks)
    return f"{', '.join(others)} and {last}" if others else last


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [headings, ("---",) * len(headings), *(tuple(map(escape, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
