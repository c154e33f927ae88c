"""The own code of a study: that which the study file in the user's hands names, and no other is ever run."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from model.errors import PluginError
from model.plugins.kinds import KINDS, of_class
from model.plugins.load import load
from model.plugins.record import OwnCode, stand_in
from model.plugins.source import PluginSource, find_source

from ..errors import ConflictError, InputError
from ..paths import user_path
from ..trial import StudyRow
from .named import CONFIRM, is_file
from .problem import FieldError, FieldPath
from .pruners import PRUNERS, Pruner
from .samplers import SAMPLERS, Sampler
from .spec import StudySpec
from .yamlfile import YamlFile, read_yaml

KINDS["sampler"] = of_class(SAMPLERS, Sampler, "draws")
KINDS["pruner"] = of_class(PRUNERS, Pruner, "decides", unrecorded=("least_seeds", "reads"))

KEY = "plugins"
"""The key of study and workload files that names own code."""

TRAINER = "trainer"
"""The key that names own code that trains."""


def chain(argument: object, known: Mapping[str, Path]) -> list[YamlFile]:
    """The file of a workload and those that it extends, its own first, as far as they can be told.

    What is wrong with them is for those to say who read them.

    Args:
        argument: Name or path of the workload, or whatever else stands in its place.
        known: Files of workloads by name.
    """
    files: list[YamlFile] = []
    while isinstance(argument, str):
        path = user_path(argument) if is_file(argument) and not files else known.get(argument)
        if path is None or path in [file.path for file in files]:
            break
        try:
            files.append(read_yaml(path))
        except InputError:
            break
        argument = files[-1].data.get("extends")
    return files


def find_code(files: Sequence[YamlFile]) -> tuple[PluginSource, ...]:
    """The own code that files name, in the order in which it is run; none of it is run yet.

    Args:
        files: A study file, then those of its workload: what these name is run first.

    Raises:
        InputError: If there is no such file or module, or a name stands for two files.
    """
    found: dict[str, PluginSource] = {}
    for file in reversed(files):
        for position, name in _named(file):
            source = _source(file, (KEY, position), name)
            if found.setdefault(name, source) != source:
                reason = f"stands for {source.path} here, and for {found[name].path} in the workload"
                raise InputError(file.explain(FieldError((KEY, position), reason, name)))
    for file in files:
        named = file.data.get(TRAINER)
        if isinstance(named, str) and named:
            trainer = _source(file, (TRAINER,), named, trainer=True)
            return (*(source for source in found.values() if source.name != named), trainer)
    return tuple(found.values())


def _source(file: YamlFile, field: FieldPath, name: str, *, trainer: bool = False) -> PluginSource:
    try:
        return find_source(name, file.path.parent, trainer=trainer)
    except PluginError as error:
        raise InputError(file.explain(FieldError(field, str(error), name))) from None


def load_code(files: Sequence[YamlFile]) -> tuple[PluginSource, ...]:
    """Runs the own code that files name, and takes that of other studies out.

    Args:
        files: As in `find_code`.

    Raises:
        InputError: As in `find_code`.
        PluginError: If it cannot be run.
    """
    from .kinds import forget

    sources = find_code(files)
    load(sources)
    forget()
    return sources


def _named(file: YamlFile) -> Iterator[tuple[int, str]]:
    names = file.data.get(KEY, [])
    if not isinstance(names, list):
        reason = "must be a list of files of Python or modules"
        instead = f": write [{names}]" if isinstance(names, str) else ""
        raise InputError(file.explain(FieldError((KEY,), reason + instead, names)))
    for position, name in enumerate(names):
        if isinstance(name, str) and name:  # else it is refused where the file is checked
            yield position, name


def know(row: StudyRow, *, to_read: bool = False) -> OwnCode | None:
    """Lets the names be known that a stored study has of own code, of which none is run.

    Args:
        row: The study.
        to_read: As in `stand_in`.

    Returns:
        What is recorded of its own code; None where it has none.
    """
    study = row.study
    if not study.get("code"):
        return None
    # A damaged record says so when it is read.
    with suppress(ValueError, KeyError, TypeError, AttributeError, NameError):
        code = OwnCode.model_validate(study["code"])
        stand_in(code, to_read=to_read)
        return code
    return None


def code_of(
    row: StudyRow,
    argument: str | None,
    known: Mapping[str, Path],
    workloads: Mapping[str, Path],
    on: str | None = None,
) -> tuple[PluginSource, ...]:
    """The own code of a study that has run, as the user's files have it now; () where it has none.

    Args:
        row: The study.
        argument: Path of its file, or what else the user called it: then its file is looked for by its name.
        known: Files of studies by name.
        workloads: Files of workloads by name.
        on: Path of its workload, or what else the user called that.

    Raises:
        InputError: If its file is not known, or does not name the code that the record names.
    """
    code = know(row)
    if code is None:
        return ()
    names = ", ".join(code.files)
    name, _, workload = row.name.partition("@")
    path = user_path(argument) if argument and is_file(argument) else known.get(name.removesuffix(CONFIRM))
    if path is None:
        raise InputError(
            f"study {row.name!r} runs own code ({names}), and only the file in your hands can name it: "
            "add --code FILE, the study file"
        )
    file = read_yaml(path)
    written = file.data.get("workload", StudySpec.model_fields["workload"].default)
    named = on if on is not None and is_file(on) else workload if workload in workloads else written
    sources = find_code([file, *chain(named, workloads)])
    if lacking := [name for name in code.files if name not in {source.name for source in sources}]:
        unread = "" if named in (on, workload) else f" (workload {workload!r} was not read: name its file)"
        raise InputError(
            f"{path}: names no {lacking[0]} under `{KEY}`, and study {row.name!r} was begun with it{unread}"
        )
    return tuple(source for source in sources if source.name in code.files)


def check_same(row: StudyRow, sources: Sequence[PluginSource]) -> None:
    """Looks whether own code is what it was when a study began.

    Raises:
        ConflictError: If it is not.
    """
    code = know(row)
    for source in sources:
        if code is not None and code.files[source.name] != source.sha256:
            raise ConflictError(
                f"{source.path}: is not what it was when study {row.name!r} began, and its trials would not "
                "compare: undo the change, or run the study under another name with --name NAME"
            )


def check_direction(name: str, code: OwnCode | None, metrics: Collection[str]) -> None:
    """Looks whether new trials would be judged as those before, by own metrics where the lower one is better.

    Earlier versions took `overall` to rise with every own metric.

    Args:
        name: Name of the study.
        code: What is recorded of its own code.
        metrics: The metrics of its tasks.

    Raises:
        ConflictError: If they would not.
    """
    for metric, traits in (code.entries.get("metric", {}) if code else {}).items():
        if metric in metrics and not traits["higher_is_better"] and not traits.get("falls"):
            raise ConflictError(
                f"{traits['plugin']}: metric {metric}: higher_is_better = False: study {name!r} goes by the "
                "record of an earlier version, whose overall rises with it all the same, and new trials "
                "would not compare: run the study under another name with --name NAME"
            )
