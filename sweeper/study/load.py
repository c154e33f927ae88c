"""Finding and loading studies: their files, and those that a database holds."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from model.config.trainers import in_force, settings_in_force
from model.plugins.load import loaded
from model.plugins.record import record_of
from model.plugins.source import PluginSource

from ..errors import DatabaseError, InputError
from ..paths import NAME, check_name, shipped_studies, user_path
from ..text import nearest
from ..trial import StudyRow
from ..version import __version__
from .changes import still_forced
from .checks import arm_problems, file_problems, task_problems
from .conditional import plain
from .extremes import check_extremes
from .formerly import with_ranges
from .idle import idle
from .judged import check_judged, judged_apart
from .kinds import of_their_kinds
from .named import is_file, misnamed, other_suffix, way_on
from .owncode import chain, check_same, code_of, know, load_code
from .problem import FieldError, SettingError, first_problem
from .recommended import outside
from .rules import check_rules
from .setter import setter_of
from .settings import field_at, field_path, names_at, nested
from .space import WORKLOAD
from .spec import StudySpec
from .study import Study
from .workload import Workload, WorkloadFile
from .written import Written
from .yamlfile import YamlFile, read_yaml

Model = TypeVar("Model", bound=BaseModel)

PUBLISHED = "published.yaml"
"""The file beside study files in which a user can write down what others have published."""


def study_files() -> dict[str, Path]:
    """Every study by name: those in ``./studies`` first, then those that come with sweeper."""
    found = _files(Path("studies"), shipped_studies())
    return {name: path for name, path in found.items() if path.name != PUBLISHED}


def workload_files() -> dict[str, Path]:
    """Every workload by name: those in ``./studies/workloads`` first, then those that come with sweeper."""
    return _files(Path("studies/workloads"), shipped_studies() / "workloads")


def load_study(
    name_or_path: str,
    workload: str | None = None,
    say: Callable[[str], object] = lambda line: None,
    begun: Callable[[str], Study | None] = lambda name: None,
) -> Study:
    """Loads a study on a workload.

    Args:
        name_or_path: Name of a study, or path of a file that ends in .yaml or .yml.
        workload: The same for the workload; by default the one that the study names.
        say: Is told, a line each, what in the files is read otherwise than it stands there, or may surprise.
        begun: Gives the study of a name, ``<study>@<workload>``, as it was begun. Where a workload then took
            the place of the study's own ranges, a file that says what it said is read so once more.

    Raises:
        InputError: If there is no such file, or something in it is wrong: the message names the file, the
            line, the field, the value and the nearest valid name.
    """
    study_file = read_yaml(_find(name_or_path, "study", study_files()))
    known = workload_files()
    default = StudySpec.model_fields["workload"].default
    asked = workload or study_file.data.get("workload", default)
    with way_on(begun, f"{study_file.data.get('name')}@{Path(str(asked)).stem}"):
        sources = load_code([study_file, *chain(asked, known)])
        spec = _validate(StudySpec, study_file, say)
        if not is_file(name_or_path) and spec.name != name_or_path:
            say(misnamed(study_file.place(("name",)), spec.name, name_or_path, study_files()))
        for arm, problem in arm_problems(spec.arms):
            raise InputError(study_file.explain(problem, ("arms", arm)))
        for problem in file_problems(spec):
            raise InputError(study_file.explain(problem))
        if workload is None and spec.workload not in known:
            problem = FieldError(("workload",), _unknown(spec.workload, "workload", known), spec.workload)
            raise InputError(study_file.explain(problem))
        files, on = _read_workload(_find(workload or spec.workload, "workload", known), (), say)
        return replace(_loaded(study_file, spec, files, on, say=say, begun=begun), sources=sources)


def is_workload(argument: str) -> bool:
    """Whether a name, or the path of a file, is that of a workload and not of a study."""
    if is_file(argument):
        own, studies = WorkloadFile.model_fields.keys(), StudySpec.model_fields.keys()
        keys = read_yaml(user_path(argument)).data.keys()
        return bool(keys & (own - studies)) and not keys & (studies - own)
    return argument not in study_files() and argument in workload_files()


def load_workload(argument: str, say: Callable[[str], object] = lambda line: None) -> Study:
    """A workload by itself, as a study of one arm in which nothing varies.

    Args:
        argument: Name of a workload, or path of its file.
        say: As in `load_study`.

    Raises:
        InputError: As in `load_study`.
    """
    known = workload_files()
    path = _find(argument, "workload", known)
    load_code(chain(argument, known))
    files, on = _read_workload(path, (), say)
    spec = StudySpec(name=on.name, workload=on.name)
    return _loaded(files[0], spec, files, on, say=say, begun=lambda name: None)


def _loaded(
    study_file: YamlFile,
    spec: StudySpec,
    files: list[YamlFile],
    on: Workload,
    *,
    say: Callable[[str], object],
    begun: Callable[[str], Study | None],
) -> Study:
    """The study on its workload, in which all settings go together.

    Raises:
        InputError: As in `load_study`.
    """
    # First: a configuration would blame the task's settings for its name.
    declared = nested(on.train).get("tasks")
    _check_names(files, declared if isinstance(declared, Mapping) else (), spec)
    try:
        study = _built(spec, on, Written.of(study_file, files), begun)
        study.check_space()
        study.check_dropout()
        check_extremes(study)
        check_rules(study)
        check_judged(study)
    except SettingError as error:
        setter, written = study_file, error.problem.path
        if error.document == "workload":
            setter, written = setter_of(files, written)
        names = ", ".join(str(file.path) for file in files)
        also = f" (read: {names})" if error.problem.value == WORKLOAD else ""
        raise InputError(setter.explain(error.problem, written) + also) from None
    _check_names(files, study.tasks, spec)
    for place, line in (*outside(study), *study.searched.uneven(), *judged_apart(study), *idle(study)):
        say(f"{study_file.place(place)}: {line}")
    return study


def _built(spec: StudySpec, on: Workload, written: Written, begun: Callable[[str], Study | None]) -> Study:
    """The study, with its own code on record, and the ranges that its workload forced on it when it began."""
    recommended = {field_path(key) for key in on.ranges}
    own = [
        key
        for key, entry in spec.space.items()
        if plain(entry) != WORKLOAD and field_path(key) in recommended
    ]
    spec = spec.model_copy(update={"code": record_of(loaded())}) if loaded() else spec
    old = begun(f"{spec.name}@{on.name}") if own else None
    if old is not None:
        on = on.model_copy(update={"space": still_forced(old, spec)})
    return Study(spec, on, written)


def own_code(row: StudyRow, argument: str | None, workload: str | None = None) -> tuple[PluginSource, ...]:
    """The own code of a study that has run, from the user's own files; errors as in `code_of`.

    Args:
        row: The study.
        argument: Path of its file, or its name.
        workload: Path of its workload, or the name of that.
    """
    return code_of(row, argument, study_files(), workload_files(), workload)


def unchanged_code(
    row: StudyRow, argument: str | None, workload: str | None = None
) -> tuple[PluginSource, ...]:
    """What `own_code` gives, unless it has changed since the study began; errors also as in `check_same`."""
    sources = own_code(row, argument, workload)
    check_same(row, sources)
    return sources


def study_folder(argument: str) -> Path:
    """The folder in which the user works: that of the study file if a path was given, else the current one.

    Args:
        argument: What `load_study` was given.
    """
    return user_path(argument).parent if is_file(argument) else Path()


def stored_study(row: StudyRow, files: Mapping[str, Any] | None = None) -> Study:
    """The study as it was begun, from the database: its file may have moved or changed.

    Args:
        row: Its row.
        files: What is kept of its files, where that is of use.

    Raises:
        DatabaseError: If this version of sweeper cannot read what was stored.
        InputError: If it was imported.
    """
    if row.origin is not None:
        raise InputError(f"{row.name} is the name of an imported study: run this one under another name")
    know(row)
    try:
        written = Written.from_json(files) if files else None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise DatabaseError(f"study {row.name!r}: what is kept of its files is damaged") from None
    try:
        with in_force(row.study.get("trainer") or row.workload.get("trainer")):
            return Study(StudySpec.model_validate(row.study), Workload.model_validate(row.workload), written)
    except (ValidationError, InputError) as error:
        reason = first_problem(error, lambda path: ()) if isinstance(error, ValidationError) else error
        raise DatabaseError(
            f"study {row.name!r} was begun by sweeper {row.version}; {__version__} cannot read it: {reason}"
        ) from error


def _files(*folders: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.yaml"), key=lambda path: path.stem):
            if NAME.fullmatch(path.stem):
                found.setdefault(path.stem, path)
    return found


def _find(argument: str, what: str, files: Mapping[str, Path]) -> Path:
    if is_file(argument):
        return user_path(argument)
    if check_name(argument, what) not in files:
        raise InputError(_unknown(argument, what, files))
    return files[argument]


def _unknown(name: str, what: str, known: Mapping[str, Path]) -> str:
    if is_file(name):
        return f"is a file: put it into studies/workloads and write its name, or name it with --{what}"
    near = other_suffix(name, Path("studies" if what == "study" else "studies/workloads"))
    near = near or nearest(name, known)
    if "did you mean" in near:
        near += f" Known: {', '.join(known)}"
    return f"there is no {what} {name!r}{near}"


def _validate(model: type[Model], file: YamlFile, say: Callable[[str], object]) -> Model:
    try:
        return model.model_validate(of_their_kinds(file, model, say))
    except ValidationError as error:
        problem = first_problem(error, lambda path: names_at(model, path))
        if problem.path[:-1] == () and field_at(settings_in_force(), field_path(str(problem.path[-1]))):
            group = "base" if model is StudySpec else "train"
            reason = f"is a setting of trials: it stands, indented, under `{group}`"
            problem = FieldError(problem.path, reason)
        raise InputError(file.explain(problem)) from None


def _check_names(files: list[YamlFile], tasks: Collection[str], spec: StudySpec) -> None:
    for problem in task_problems(tasks, spec.varied):
        setter, written = setter_of(files, problem.path)
        raise InputError(setter.explain(problem, written))


def _read_workload(
    path: Path, above: tuple[Path, ...], say: Callable[[str], object]
) -> tuple[list[YamlFile], Workload]:
    """Reads a workload and those that it extends: their files, its own first, and the merged whole."""
    file = with_ranges(read_yaml(path), say)
    own = _validate(WorkloadFile, file, say)
    if own.name != path.stem:
        say(
            f"{file.place(('name',))}: results are stored as …@{own.name}, the name that stands here; "
            f"`--workload {own.name}` finds a file of that name alone, which this is not"
        )
    if own.extends is None:
        return [file], own.over(Workload(name=own.name))
    known = workload_files()
    reason = None if own.extends in known else _unknown(own.extends, "workload", known)
    if known.get(own.extends) in (*above, path):
        reason = "the workload would extend itself"
    if reason:
        raise InputError(file.explain(FieldError(("extends",), reason, own.extends)))
    files, parent = _read_workload(known[own.extends], (*above, path), say)
    return [file, *files], own.over(parent)
