"""The README of an exported model: what it is, what it scores, how to load it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from model.config import EncoderConfig, Task, TrainConfig
from model.sources import DemoSource, FilesSource, HubSource
from model.tasks import overall_formula

from ..report.formats.markdown import escape
from ..study.study import Study
from ..text import setting
from ..trial import TrialRow

_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


_MINILM = "sentence-transformers/all-MiniLM-L6-v2"


_POOLING = {
    "cls": "the vector of [CLS], behind BERT's own layer where the model has it",
    "mean": "the mean of the token vectors",
    "max": "the maximum over the token vectors",
}

_LOAD = """\
```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
embeddings = model.encode(["A fine film.", "A good movie."])
print(model.similarity(embeddings, embeddings))
```

`transformers.AutoModel` and `AutoTokenizer` load it too; the pooling is then yours to do
(`1_Pooling/config.json`), and `pooler_output` means nothing unless there is a folder `2_Dense`.
`heads.safetensors` holds the heads of the tasks and `heads.json` says how each is made: its `layers` are
linear, in the order of their numbers, with the activation between them."""


def model_card(
    study: Study, run: TrialRow, config: TrainConfig, epoch: int, scores: Mapping[str, float]
) -> str:
    """The README in Markdown, with the head that the hub reads.

    Args:
        study: The study.
        run: The trial as recorded.
        config: Its settings.
        epoch: Epoch of the exported weights, from 1.
        scores: Dev scores of the exported weights: ``overall`` and each task.
    """
    parts = [
        _head(config),
        f"# {escape(study.name)}, trial {run.number}",
        escape(study.spec.description),
        f"A sentence encoder, fine-tuned at once on {_names(config.tasks)}, and the heads of these tasks: "
        f"trial {run.number} of the study {escape(study.name)} after epoch {epoch} of {config.epochs}, the "
        "best one.",
        "## Scores on dev",
        _table(
            ("Task", "Metric", "Score"),
            [
                ("overall", "", f"{scores['overall']:.4f}"),
                *((name, task.metric, f"{scores[name]:.4f}") for name, task in config.tasks.items()),
            ],
        ),
        f"`{overall_formula(config.tasks)}`",
        _recorded(run, scores),
        escape(study.workload.notice),
        "The trial was chosen by these scores, so they are optimistic.",
        "## Settings",
        _table(("Setting", "Value"), _settings(run, config)),
        "## Data",
        _table(
            ("Task", "Labels", "Source"),
            [(name, _labels(task), _source(task)) for name, task in config.tasks.items()],
        ),
        "## How to load it",
        _LOAD,
        "## Licence",
        "To be filled in by whoever passes this model on; the licences of the encoder that it began from and "
        "of the data bind.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


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


def _recorded(run: TrialRow, scores: Mapping[str, float]) -> str:
    recorded = run.scores or {}
    if all(abs(value - scores[name]) < 5e-5 for name, value in recorded.items()):
        return ""
    told = ", ".join(f"{name} {value:.4f}" for name, value in recorded.items())
    return f"These are the scores of the weights in this folder; the trial's record has {told}."


def _settings(run: TrialRow, config: TrainConfig) -> list[tuple[str, str]]:
    encoder = config.encoder
    return [
        ("arm", run.arm),
        *((name, setting(value)) for name, value in run.params.items()),
        ("seed", str(run.seed)),
        ("batch size", str(config.batch_size)),
        ("optimizer", config.optimizer),
        ("gradients joined by", config.gradient),
        ("SMART", "yes" if config.smart.enabled else "no"),
        (
            "encoder began from",
            _base(encoder) or ("scratch" if encoder.source == "tiny" else "a local model"),
        ),
        ("sentence embedding", _POOLING[encoder.pooling]),
        ("longest sentence", f"{encoder.max_length} tokens"),
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
        case FilesSource(train=train, dev=dev):
            return f"{train}, {dev}"
        case HubSource(path=path, subset=subset, train=train, dev=dev):
            name = path if _HUB_NAME.fullmatch(path) else "a local dataset"
            return f"{name}{f' ({subset})' if subset else ''}: {train}, {dev}"


def _names(tasks: Mapping[str, Task]) -> str:
    *others, last = map(escape, tasks)
    return f"{', '.join(others)} and {last}" if others else last


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [headings, ("---",) * len(headings), *(tuple(map(escape, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
