"""What is recorded of the experiments: lines of text, none where something was not recorded. Pure."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from model.result import TRAINED

from ...show.made import precision_words
from ...study.conditional import condition_of, when_words
from ...study.space import Space, words
from ...study.study import Study
from ...text import NONE, aims, duration, one_line, plural, score, setting_line, trial_names
from ..counts import count_trials, scored
from ..document import Table
from ..read import Stored
from ..results import Results, leaders, mean_and_deviation
from ..tables.cost import processor_seconds

Lines = Sequence[str]


def parameters(stored: Stored) -> Lines:
    """The weights of the network, arm by arm where they differ."""
    found: dict[int, dict[str, None]] = {}
    for run in stored.trials:
        if run.inputs and run.inputs in stored.provenance:
            found.setdefault(stored.provenance[run.inputs]["parameters"], {})[run.arm] = None
    if len(found) == 1:
        return [f"{size:,}" for size in found]
    return [f"{size:,}: {', '.join(arms)}" for size, arms in found.items()]


def wall_time(stored: Stored) -> Lines:
    """All time of all trials that were trained, those of the confirmation apart."""
    said = []
    for which, part in _parts(stored).items():
        seconds = part.trials.loc[part.trials["reused_from"].isna(), "seconds"].dropna()
        if len(seconds):
            said.append(f"{which}{duration(float(seconds.sum()))} in {plural(len(seconds), 'trial')}")
    return said


def processor_time(stored: Stored) -> Lines:
    """All processor time of all trials, those of the confirmation apart; nothing where a trial lacks it."""
    times = {which: processor_seconds(part.trials) for which, part in _parts(stored).items()}
    known = {which: seconds for which, seconds in times.items() if seconds is not None}
    if len(known) < len(times):
        return []
    return [f"{which}{seconds / 3600:.3g} processor hours" for which, seconds in known.items()]


def infrastructure(stored: Stored) -> Lines:
    """Each kind of processor and device, and the threads of a trial; of own trainers no device is known."""
    kinds = {
        f"{run.processor}; trials {f'on {run.device}, ' if run.device else 'with '}"
        f"{plural(run.threads, 'CPU thread')} each{precision_words(run)}"
        for one in studies(stored)
        for run in one.trials
        if run.processor and run.threads and run.reused_from is None
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


def search(stored: Stored) -> Lines:
    """How settings were proposed, and by what they were judged."""
    spec = stored.study.spec
    pruned = "" if spec.pruner.name == "none" else f"; stopped early by {spec.pruner.name}"
    seeds = f"training seeds {', '.join(map(str, spec.seeds))}"
    again = _parts(stored).get("confirmation: ")
    fresh = "" if again is None else f"; those of the confirmation, which chose nothing, {_seeds(again)}"
    aim = aims(spec.objectives, "raise dev", "lower")
    return [
        f"{spec.sampler.name}, seed {spec.sampler.seed}, to {aim}{pruned}",
        f"each trial counts with its best epoch on dev; {seeds}{fresh}",
    ]


def bounds(stored: Stored) -> Lines:
    """The range or the choices of each setting that varied within an arm."""
    study = stored.study
    said = [
        f"{name}{f' (arm {arm} alone)' if arm else ''}: {_words(stored.study, arm, name, entry)}"
        for _, arm, name, entry in study.searched.entries()
    ]
    said += [f"only configurations with {one}" for one in study.spec.constraints]
    return said or ["no setting varied within an arm"]


def _words(study: Study, arm: str | None, name: str, entry: Space) -> str:
    written = (study.spec.space if arm is None else study.spec.own(arm))[name]
    when = when_words(condition_of(written))
    return f"{words(entry)}, {when}" if when else words(entry)


def best(stored: Stored) -> Lines:
    """The best configuration of each arm."""
    where = " in the search" if stored.results.confirmation else ""
    return [
        f"{one.arm}: {setting_line(one.params) or 'as the study file says'} (dev {one.judged_by}{where} "
        f"{score(one.mean)}, {trial_names(one.numbers)})"
        for one in leaders(stored.results)
    ]


def statistics(stored: Stored) -> Lines:
    """Mean, standard deviation, variance and range of overall over the complete trials of each arm.

    A result that was reused is the one that it was taken from.
    """
    return [
        f"{which}{line}"
        for which, part in _parts(stored).items()
        for arm in part.arms
        for line in _describe(arm, part.observations, TRAINED if arm in part.trained else "overall")
    ]


def _describe(arm: str, observations: pd.DataFrame, called: str) -> Lines:
    own = observations["arm"] == arm
    overall = observations.loc[own, called] if own.any() else observations.loc[own, "overall"]
    mean, deviation = mean_and_deviation(overall)
    if mean is None:
        return []
    spread = "" if deviation is None else f", sd {score(deviation)}, variance {deviation**2:.2g}"
    ends = f"lowest {score(float(overall.min()))}, highest {score(float(overall.max()))}"
    known = plural(len(overall), "complete trial")
    return [f"{arm}: dev {called} over {known}: mean {score(mean)}{spread}, {ends}"]


def reported(stored: Stored, tables: Sequence[Table]) -> Lines:
    """What a headline figure is: a confirmed mean, or else the mean of the best of how many."""
    tried = scored(stored.results)
    confirmed = []
    whole = {one_line(arm) for arm in stored.results.arms if arm not in stored.results.trained}
    for row in _confirmed(tables):
        spread = "" if row["sd"] == NONE else f", sd {row['sd']},"
        seeds = plural(int(row["fresh seeds"]), "fresh training seed")
        what = "" if row["arm"] in whole else " of its trained tasks"
        confirmed.append(f"{row['arm']}: confirmed mean {row['confirmed']}{what}{spread} over {seeds}")
    known = {row["arm"] for row in _confirmed(tables)}
    searched = [
        f"{one.arm}: best of {plural(tried[one.arm], 'configuration')}, mean over "
        f"{plural(len(one.numbers), 'training seed')}{'; not confirmed' if confirmed else ''}"
        for one in leaders(stored.results)
        if one_line(one.arm) not in known
    ]
    chosen = [
        f"what was confirmed was chosen from {plural(sum(tried.values()), 'configuration')}, on dev rows"
    ]
    return [*confirmed, *(chosen if confirmed else []), *searched]


def versions(stored: Stored) -> Lines:
    """The packages on which the numbers depend."""
    runs = [run for one in studies(stored) for run in one.trials]
    found = {f"{name} {version}" for run in runs for name, version in (run.versions or {}).items()}
    return [", ".join(sorted(found))] if found else []


def commit(stored: Stored) -> Lines:
    """The commits of the user's working folder."""
    kept = (
        one.provenance[run.working_folder]
        for one in studies(stored)
        for run in one.trials
        if run.working_folder and run.working_folder in one.provenance
    )
    return list(dict.fromkeys(f"{one['commit']}{', changed' if one['changed'] else ''}" for one in kept))


def runs(stored: Stored) -> Lines:
    """How many trials were begun and how they ended, and how often they were scored on dev and test."""
    parts = _parts(stored)
    return [line for which, part in parts.items() for line in _count(which, part, seeds=len(parts) > 1)]


def _count(which: str, part: Results, *, seeds: bool) -> Iterator[str]:
    trials = part.trials
    count = count_trials(trials, part.wanted)
    reused = int(trials["reused_from"].notna().sum())
    yield (
        f"{which}training: {plural(len(trials), 'trial')}, of which {count.complete} complete, "
        f"{count.pruned} pruned, {count.failed} failed"
        + (f"; {reused} of them took the result of an identical one" if reused else "")
        + (f"; seeds {_seeds(part)}" if seeds else "")
    )
    trained = trials.loc[trials["reused_from"].isna(), "epochs"]
    yield f"{which}evaluation on dev: {plural(int(trained.sum()), 'time')}, once an epoch"
    own = part.epochs["number"].isin(trials.loc[trials["reused_from"].isna(), "number"])
    tests = part.epochs.loc[own & (part.epochs["split"] == "test"), ["number", "epoch"]].drop_duplicates()
    if len(tests):
        yield f"{which}evaluation on test: {plural(len(tests), 'time')}, at each best epoch so far"


def measures(stored: Stored) -> Lines:
    """What each score is."""
    tasks = stored.results.tasks
    each = (f"{name}: {task.scorer.description}" for name, task in tasks.items())
    return [*each, stored.results.formula]


def dev_and_test(stored: Stored, tables: Sequence[Table]) -> Lines:
    """Dev beside test, for the configurations that were scored on test rows."""
    said = [line for row in _confirmed(tables) if (line := _dev_beside_test(row))]
    if said:
        return said
    if any((part.epochs["split"] == "test").any() for part in _parts(stored).values()):
        return ["test rows were scored, but every score of this report is one on dev"]
    return ["no test rows were scored: every score is one on dev"]


def _dev_beside_test(row: Mapping[str, str]) -> str | None:
    """A row of the table of confirmed scores; of an arm without `overall` the tasks that it trains."""
    tests = {name: text for name, text in row.items() if name.startswith("test ") and text != NONE}
    dev = f"{row['arm']}: dev {row['confirmed']}"
    if "test overall" in tests:
        return f"{dev}, test {tests['test overall']}, overall, mean over fresh seeds"
    scores = ", ".join(f"{name} {text}" for name, text in tests.items())
    return f"{dev}, of its trained tasks; {scores}; means over fresh seeds" if tests else None


def _confirmed(tables: Sequence[Table]) -> list[dict[str, str]]:
    """The rows of the table of confirmed scores, by its headings; none where there is no such table."""
    return [
        {column.heading: cell.text for column, cell in zip(table.columns, row, strict=True)}
        for table in tables
        if table.key == "confirmed"
        for row in table.rows
    ]


def _parts(stored: Stored) -> dict[str, Results]:
    """The study, and its confirmation if that has trials, by what a line about one of them begins with."""
    again = stored.results.confirmation
    if again is None or again.trials.empty:
        return {"": stored.results}
    return {"search: ": stored.results, "confirmation: ": again}


def _seeds(part: Results) -> str:
    return ", ".join(str(seed) for seed in sorted(set(part.trials["seed"])))


def studies(stored: Stored) -> list[Stored]:
    """The study, and its confirmation if there is one."""
    return [stored, stored.confirmation] if stored.confirmation else [stored]
