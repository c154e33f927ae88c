"""One trial in words: everything that is recorded of it."""

from collections.abc import Mapping

from ..store.study import StudyStore
from ..study.load import stored_study
from ..text import aligned, one_line, plural, setting_line, shown
from ..trial import MetricKey, RunState, StudyRow, TrialRow
from .failure import failure_lines
from .made import NOT_RECORDED, commit_line, file_lines, precision_words, weights_line
from .record import Record, read_record
from .settings import settings_lines, value_text


def trial_text(store: StudyStore, number: int, width: int) -> str:
    """Everything that is recorded of one trial.

    Args:
        store: The study.
        number: Number of the trial.
        width: Columns of the screen: epochs for which there is no room stand below the others.

    Raises:
        InputError: If the study has no trial of that number.
    """
    record = read_record(store, number)
    run, metrics = record.trial, record.metrics
    parts = [_head(store.row, run), "\n".join(_made(record))]
    if run.state is RunState.FAILED:
        space = stored_study(store.row).space
        parts.append("\n".join(failure_lines(run, metrics, store.trials.past(), space)))
    parts += ["\n".join(settings_lines(record.settings, width)), _epochs(metrics, width)]
    if run.traceback:
        parts.append("\n".join([f"Failure ({run.error_class}):", shown(run.traceback.rstrip())]))
    return "\n\n".join(part for part in parts if part)


def _made(record: Record) -> list[str]:
    """What it was made from, once it has begun."""
    run, inputs = record.trial, record.inputs
    lines = []
    if run.started is not None:
        lines += [
            f"commit: {commit_line(record.folder) if record.folder else NOT_RECORDED}",
            f"processor: {run.processor or NOT_RECORDED}",
        ]
    if run.started is not None or inputs:
        lines += [
            f"data: {f'SHA-256 {run.fingerprint}' if run.fingerprint else NOT_RECORDED}",
            *(f"file {line}" for line in (file_lines(inputs) if inputs else ())),
            f"encoder weights: {weights_line(inputs) if inputs else NOT_RECORDED}",
        ]
    return [one_line(line) for line in lines]


def _head(sweep: StudyRow, run: TrialRow) -> str:
    lines = [
        f"{sweep.name} trial {run.number}: {run.state}",
        f"arm: {run.arm}",
        f"hyperparameters: {setting_line(run.params, value_text) or 'none sampled'}",
        f"seed: {run.seed}",
    ]
    if run.scores:
        lines.append(
            f"best epoch {run.best_epoch}: " + ", ".join(f"{k} {v:.4f}" for k, v in run.scores.items())
        )
    if run.reused_from is not None:
        lines.append(
            f"not trained: configuration and seed are those of trial {run.reused_from}, and so is the result"
        )
    if run.halvings:
        lines.append(
            f"memory ran out at first: trained with half the micro-batch, accumulation "
            f"{run.config['accumulation']}; the batch is the same"
        )
    if run.machine:
        lines.append(f"machine: {run.machine}")
    if run.threads:
        device = f"device: {run.device}, " if run.device else ""
        lines.append(
            f"{device}{plural(run.threads, 'thread')}{precision_words(run)}; attempts: {run.attempts}"
        )
    if run.seconds is not None:
        memory = f", peak memory {run.peak_memory_mb:.0f} MiB" if run.peak_memory_mb else ""
        lines.append(f"time: {run.seconds:.1f} s{_cost(run)}{memory}")
    if run.versions:
        lines.append("versions: " + ", ".join(f"{k} {v}" for k, v in run.versions.items()))
    return "\n".join(map(one_line, lines))


def _cost(run: TrialRow) -> str:
    processor = "" if run.processor_seconds is None else f", processor time {run.processor_seconds:.1f} s"
    step = "" if run.step_seconds is None else f", a step {run.step_seconds:.3g} s"
    pairs = "" if run.pair_seconds is None else f", 1,000 dev pairs {run.pair_seconds:.3g} s"
    return processor + step + pairs


def _epochs(metrics: Mapping[MetricKey, float | None], width: int) -> str:
    """A line for each metric, a column for each epoch."""
    if not metrics:
        return ""
    epochs = sorted({epoch for epoch, *_ in metrics})
    labels = sorted({(split, task, name) for _, split, task, name in metrics})
    rows = [["", *map(str, epochs)]]
    rows += [[" ".join(label), *(_cell(metrics, (epoch, *label)) for epoch in epochs)] for label in labels]
    return "\n".join(["Scores by epoch:", *aligned(rows, width)])


def _cell(metrics: Mapping[MetricKey, float | None], key: MetricKey) -> str:
    if key not in metrics:
        return ""
    value = metrics[key]
    return "not a number" if value is None else f"{value:.4f}"
