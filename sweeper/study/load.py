"""Finding and loading studies: their files, and those that a database holds."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import DatabaseError, InputError
from ..paths import NAME, check_name, shipped_studies
from ..text import nearest
from ..trial import StudyRow
from ..version import __version__
from .checks import task_problems
from .problem import FieldPath, first_problem
from .rules import check_rules
from .settings import field_path, names_at
from .spec import StudySpec, Workload, WorkloadFile
from .study import SettingError, Study
from .yamlfile import YamlFile, read_yaml

Model = TypeVar("Model", bound=BaseModel)

_SUFFIXES = (".yaml", ".yml")


def study_files() -> dict[str, Path]:
    """Every study by name: those in ``./studies`` first, then those that come with sweeper."""
    return _files(Path("studies"), shipped_studies())


def workload_files() -> dict[str, Path]:
    """Every workload by name: those in ``./studies/workloads`` first, then those that come with sweeper."""
    return _files(Path("studies/workloads"), shipped_studies() / "workloads")


def load_study(name_or_path: str, workload: str | None = None) -> Study:
    """Loads a study on a workload.

    Args:
        name_or_path: Name of a study, or path of a file that ends in .yaml or .yml.
        workload: The same for the workload; by default the one that the study names.

    Raises:
        InputError: If there is no such file, or something in it is wrong: the message names the file, the
            line, the field, the value and the nearest valid name.
    """
    study_file = read_yaml(_find(name_or_path, "study", study_files()))
    spec = _validate(StudySpec, study_file)
    known = workload_files()
    if workload is None and spec.workload not in known:
        place = study_file.place(("workload",))
        raise InputError(
            f"{place}: workload = {spec.workload!r}: {_unknown(spec.workload, 'workload', known)}"
        )
    files, on = _read_workload(_find(workload or spec.workload, "workload", known), ())
    try:
        study = Study(spec, on)
        study.check_dropout()
        check_rules(study)
    except SettingError as error:
        field = error.problem.path
        place = study_file.place(field) if error.document == "study" else _place(files, field)
        raise InputError(f"{place}: {error.problem}") from None
    for problem in task_problems(study.tasks):
        raise InputError(f"{_place(files, problem.path)}: {problem}")
    return study


def study_folder(argument: str) -> Path:
    """The user's working folder: that of the study file if a path was given, else the current one.

    Args:
        argument: What `load_study` was given.
    """
    return Path(argument).parent if argument.endswith(_SUFFIXES) else Path()


def stored_study(row: StudyRow) -> Study:
    """The study as it was begun, from the database: its file may have moved or changed.

    Raises:
        DatabaseError: If this version of sweeper cannot read what was stored.
    """
    try:
        return Study(StudySpec.model_validate(row.study), Workload.model_validate(row.workload))
    except (ValidationError, InputError) as error:
        reason = " ".join(str(error).split())
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
    if argument.endswith(_SUFFIXES):
        return Path(argument)
    if check_name(argument, what) not in files:
        raise InputError(_unknown(argument, what, files))
    return files[argument]


def _unknown(name: str, what: str, known: Mapping[str, Path]) -> str:
    near = nearest(name, known)
    if "did you mean" in near:
        near += f" Known: {', '.join(known)}"
    return f"there is no {what} {name!r}{near}"


def _validate(model: type[Model], file: YamlFile) -> Model:
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        problem = first_problem(error, lambda path: names_at(model, path))
        raise InputError(f"{file.place(problem.path)}: {problem}") from None


def _read_workload(path: Path, above: tuple[Path, ...]) -> tuple[list[YamlFile], Workload]:
    """Reads a workload and those that it extends: their files, its own first, and the merged whole."""
    file = read_yaml(path)
    own = _validate(WorkloadFile, file)
    if own.extends is None:
        return [file], own.over(Workload(name=own.name))
    place = file.place(("extends",))
    known = workload_files()
    if own.extends not in known:
        raise InputError(f"{place}: extends = {own.extends!r}: {_unknown(own.extends, 'workload', known)}")
    if known[own.extends] in (*above, path):
        raise InputError(f"{place}: extends = {own.extends!r}: the workload would extend itself")
    files, parent = _read_workload(known[own.extends], (*above, path))
    return [file, *files], own.over(parent)


def _place(files: list[YamlFile], field: FieldPath) -> str:
    """``file:line`` of a field in the first of a workload's files that sets it or the group around it."""
    for length in range(len(field), 0, -1):
        for file in files:
            for written in file.lines:
                if _unfolded(written) == field[:length]:
                    return file.place(written)
    return files[0].place(())


def _unfolded(written: FieldPath) -> FieldPath:
    if written[:1] != ("train",) or len(written) == 1:
        return written
    return ("train", *field_path(str(written[1])), *(n for part in written[2:] for n in str(part).split(".")))
