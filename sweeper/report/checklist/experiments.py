"""What is recorded of the experiments: lines of text, none where something was not recorded. Pure."""

from collections.abc import Iterable, Sequence

import pandas as pd

from model.config import TrainConfig
from model.metrics import METRICS
from model.tasks import overall_formula

from ...study.space import Choice
from ...text import duration, plural, score, setting, setting_line, trial_names
from ...trial import RunState
from ..document import Table
from ..read import Stored
from ..results import count_trials, in_state, leaders, mean_and_deviation
from ..tables.cost import processor_seconds

Lines = Sequence[str]


def parameters(stored: Stored) -> Lines:
    """The weights of the network, arm by arm where they differ."""
    found: dict[int, dict[str, None]] = {}
    for run in stored.trials:
        if run.inputs:
            found.setdefault(stored.provenance[run.inputs]["parameters"], {})[run.arm] = None
    if len(found) == 1:
        return [f"{size:,}" for size in found]
    return [f"{size:,}: {', '.join(arms)}" for size, arms in found.items()]


def wall_time(stored: Stored) -> Lines:
    """All time of all trials."""
    seconds = stored.results.trials["seconds"].dropna()
    return [f"{duration(float(seconds.sum()))} in {plural(len(seconds), 'trial')}"] if len(seconds) else []


def processor_time(stored: Stored) -> Lines:
    """All processor time of all trials; nothing where one of them lacks it."""
    seconds = processor_seconds(stored.results.trials)
    return [] if seconds is None else [f"{seconds / 3600:.3g} processor hours"]


def infrastructure(stored: Stored) -> Lines:
    """Each kind of processor and device, and the threads of a trial."""
    kinds = {
        f"{run.processor}; trials on {run.device}, {plural(run.threads or 0, 'CPU thread')} each"
        for run in stored.trials
        if run.processor and run.device and run.reused_from is None
    }
    return sorted(kinds)


def run_time(stored: Stored) -> Lines:
    """Mean time of a complete trial of each arm, and of a step."""
    said = []
    for arm in stored.results.arms:
        own = stored.results.complete
        own = own[(own["arm"] == arm) & own["reused_from"].isna()]
        if len(own):
            step = own["step_seconds"].mean()
            a_step = "" if pd.isna(step) else f", {1000 * step:.3g} ms a step"
            said.append(f"{arm}: {duration(float(own['seconds'].mean()))} a trial{a_step}")
    return said


def setup(stored: Stored) -> Lines:
    """What is trained: encoder, steps, heads and losses of the tasks, and what sets the arms apart."""
    config = first_config(stored)
    encoder = config.encoder
    made = f"a BERT of {plural(encoder.layers, 'layer')}, {encoder.hidden_size} wide, trained from scratch"
    known = {"tiny": made, "minilm": "all-MiniLM-L6-v2, pretrained", "hub": f"{encoder.name}, pretrained"}
    tasks = (
        f"{name}: head {task.head}, loss {task.loss}, metric {task.metric}"
        for name, task in stored.results.tasks.items()
    )
    return [
        f"encoder: {known[encoder.source]}; {encoder.pooling} pooling",
        f"{plural(config.epochs, 'epoch')}, batches of {config.batch_size}, {config.optimizer}, "
        f"{config.schedule} schedule, sampling {config.sampling}",
        *tasks,
        *(f"arm {arm}: {setting_line(given) or 'as above'}" for arm, given in stored.study.toggles.items()),
    ]


def search(stored: Stored) -> Lines:
    """How settings were proposed, and by what they were judged."""
    spec = stored.study.spec
    pruned = "" if spec.pruner.name == "none" else f"; stopped early by {spec.pruner.name}"
    return [
        f"{spec.sampler.name}, seed {spec.sampler.seed}, to raise dev {', '.join(spec.objectives)}{pruned}",
        f"each trial counts with its best epoch on dev; training seeds {', '.join(map(str, spec.seeds))}",
    ]


def bounds(stored: Stored) -> Lines:
    """The range or the choices of each setting that varied within an arm."""
    said = []
    for name, entry in stored.results.space.items():
        if isinstance(entry, Choice):
            said.append(f"{name}: one of {', '.join(map(setting, entry.values))}")
            continue
        step = getattr(entry, "step", None)
        scale = ", log scale" if entry.log else f", steps of {setting(step)}" if step else ""
        said.append(f"{name}: {setting(entry.low)} to {setting(entry.high)}{scale}")
    return said or ["no setting varied within an arm"]


def best(stored: Stored) -> Lines:
    """The best configuration of each arm."""
    return [
        f"{one.arm}: {setting_line(one.params) or 'as the study file says'} (dev overall {score(one.mean)}, "
        f"{trial_names(one.numbers)})"
        for one in leaders(stored.results)
    ]


def statistics(stored: Stored) -> Lines:
    """Mean, standard deviation, variance and range of overall over the complete trials of each arm.

    A result that was reused is the one that it was taken from.
    """
    all_runs = stored.results.observations
    said = []
    for arm in stored.results.arms:
        overall = all_runs.loc[all_runs["arm"] == arm, "overall"]
        mean, deviation = mean_and_deviation(overall)
        if mean is None:
            continue
        spread = "" if deviation is None else f", sd {score(deviation)}, variance {deviation**2:.2g}"
        ends = f"lowest {score(float(overall.min()))}, highest {score(float(overall.max()))}"
        known = plural(len(overall), "complete trial")
        said.append(f"{arm}: dev overall over {known}: mean {score(mean)}{spread}, {ends}")
    return said


def reported(stored: Stored) -> Lines:
    """What a headline figure is: a mean, or the best of how many."""
    return [
        f"{one.arm}: best of {sum(each.arm == one.arm for each in stored.results.configurations)} "
        f"configurations, mean over {plural(len(one.numbers), 'training seed')}"
        for one in leaders(stored.results)
    ]


def versions(stored: Stored) -> Lines:
    """The packages on which the numbers depend."""
    found = {f"{name} {version}" for run in stored.trials for name, version in (run.versions or {}).items()}
    return [", ".join(sorted(found))] if found else []


def commit(stored: Stored) -> Lines:
    """The commits of the user's working folder."""
    kept = (stored.provenance[run.working_folder] for run in stored.trials if run.working_folder)
    return distinct(f"{one['commit']}{', changed' if one['changed'] else ''}" for one in kept)


def runs(stored: Stored) -> Lines:
    """How many trials were begun and how they ended, and how often they were scored on dev."""
    trials = stored.results.trials
    count = count_trials(trials, stored.results.wanted)
    reused = int(trials["reused_from"].notna().sum())
    trained = trials.loc[trials["reused_from"].isna(), "epochs"]
    same = f"; {reused} of them took the result of an identical one" if reused else ""
    return [
        f"training: {plural(len(trials), 'trial')}, of which {count.complete} complete, "
        f"{count.pruned} pruned, {count.failed} failed{same}",
        f"evaluation on dev: {plural(int(trained.sum()), 'time')}, once an epoch",
    ]


def measures(stored: Stored) -> Lines:
    """What each score is."""
    tasks = stored.results.tasks
    each = (f"{name}: {METRICS[task.metric].description}" for name, task in tasks.items())
    return [*each, overall_formula(tasks)]


def dev_and_test(tables: Sequence[Table]) -> Lines:
    """Dev beside test, for the configurations that were scored on test rows."""
    table = next((table for table in tables if table.key == "confirmed"), None)
    places = {column.heading: place for place, column in enumerate(table.columns)} if table else {}
    if table is None or "test overall" not in places:
        return ["no test rows were scored: every score is one on dev"]
    return [
        f"{row[0].text}: dev {row[places['confirmed']].text}, test {row[places['test overall']].text}, "
        "overall, mean over fresh seeds"
        for row in table.rows
    ]


def first_config(stored: Stored) -> TrainConfig:
    """The settings of the first arm's first trial, which stand for what all share."""
    spec = stored.study.spec
    done = in_state(stored.results.trials, RunState.COMPLETE)
    if len(done):
        return TrainConfig.model_validate(done.iloc[0]["config"])
    chosen = {name: entry.probes()[0] for name, entry in stored.results.space.items()}
    return stored.study.config(next(iter(spec.arms)), chosen, spec.seeds[0])


def distinct(lines: Iterable[str]) -> list[str]:
    """Each line once, in the order of their first places."""
    return list(dict.fromkeys(lines))
