"""Runs own code, so that what it registers stands beside ours."""

import hashlib
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from ..config.trainers import TRAINERS, Trainer, put_in_force
from ..errors import PluginError
from ..metrics import METRICS
from ..registry import REGISTRIES, Registry, adding
from ..result import RAW, RECORDED
from .kinds import discard
from .source import PluginSource, find_source

_loaded: dict[str, PluginSource] = {}

_users: list[None] = []
"""One for each sweep that trains in this process, with the code that is loaded."""


def loaded() -> tuple[PluginSource, ...]:
    """The plug-ins whose code was run in this process, and is in force."""
    return tuple(_loaded.values())


def load(sources: Sequence[PluginSource]) -> None:
    """Runs plug-ins, each once; those of before that are not among them are taken out.

    Studies are then read with the settings of the trainer among them, if there is one.

    Args:
        sources: All plug-ins that are to be in force, in the order in which they are run.

    Raises:
        PluginError: If one cannot be run, or registers what there is already: the message names its file and
            line.
    """
    wanted = {source.name: source for source in sources}
    for source in [source for name, source in _loaded.items() if wanted.get(name) != source]:
        _unload(source)
    for registry in REGISTRIES:  # what stands in the place of code
        for owner in {*registry.foreign.values()} - _loaded.keys():
            discard(owner)
    for source in sources:
        if source.name not in _loaded:
            try:
                with adding(source.name):
                    _run(source)
                    _check_metrics(source)
                    if source.trainer:
                        _add_trainer(source)
            except BaseException:
                _unload(source)
                raise
            _loaded[source.name] = source
    put_in_force(next((source.name for source in sources if source.trainer), None))


@contextmanager
def in_use() -> Iterator[None]:
    """While it lasts, `withdraw` takes out no code."""
    _users.append(None)
    try:
        yield
    finally:
        _users.pop()


def withdraw(name: str) -> bool:
    """Takes out the plug-in of a name, which is run again when it is loaded again; False where it is in use.

    Args:
        name: As the study file writes it.
    """
    if _users:
        return False
    if _loaded[name].trainer:
        put_in_force(None)
    _unload(_loaded[name])
    return True


def _unload(source: PluginSource) -> None:
    discard(source.name)
    _loaded.pop(source.name, None)
    module, kept = module_name(source), {module_name(other) for other in _loaded.values()}
    # What a package has registered stands in the modules below it, which Python would not run again.
    for one in [one for one in sys.modules if f"{one}.".startswith(f"{module}.") and one not in kept]:
        del sys.modules[one]


def module_name(source: PluginSource) -> str:
    """The name of the module that a plug-in is: of a file one that no package has."""
    return source.module or f"plugin_{source.sha256[:16]}"


def _run(source: PluginSource) -> None:
    name = module_name(source)
    if source.text is None:
        _check_same(source)
        with PluginCode(source):
            import_module(name)
        return
    if hashlib.sha256(source.text.encode()).hexdigest() != source.sha256:
        raise PluginError(f"{source.path}: its text is not that of its hash")
    module = ModuleType(name)
    module.__file__ = source.path
    sys.modules[name] = module  # pydantic and dataclasses look there for what an annotation names
    with PluginCode(source):
        exec(compile(source.text, source.path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102


def _check_metrics(source: PluginSource) -> None:
    """A PluginError if a trial would record other numbers under the name of a metric."""
    own = (name for name, owner in METRICS.foreign.items() if owner == source.name)
    for name in own:
        if name in RECORDED or name.startswith(RAW):
            raise PluginError(
                f"{source.path}: metric {name!r}: trials record other numbers under that name; choose another"
            )


def _add_trainer(source: PluginSource) -> None:
    module = sys.modules[module_name(source)]
    lacking = [name for name in ("Config", "train") if not hasattr(module, name)]
    if lacking:
        raise PluginError(f"{source.path}: has no {lacking[0]}: a trainer has a Config and a function train")
    try:
        TRAINERS.add(source.name, Trainer(module.Config, module.train))
    except TypeError as error:
        raise PluginError(f"{source.path}: {error}") from None


def _check_same(source: PluginSource) -> None:
    """Looks whether a module that is installed is still the one that was found."""
    now = find_source(source.name, Path())
    if now.sha256 != source.sha256:
        raise PluginError(f"{now.path}: module {source.name} is not the one that the study began with")


class PluginCode:
    """Makes of what own code raises one line with its file and line.

    Args:
        source: The plug-in.
    """

    def __init__(self, source: PluginSource) -> None:
        self._source = source

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception | SystemExit):  # code that ends Python would end a sweep in silence
            place = place_in(error, [self._source]) or self._source.path
            said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise PluginError(f"{place}: {said}") from error


def source_of(registry: Registry[Any], name: str) -> PluginSource | None:
    """The plug-in whose an entry is; None of one of ours, or where it is not loaded."""
    return _loaded.get(registry.foreign.get(name, ""))


def errors_of_entry(registry: Registry[Any], name: str) -> AbstractContextManager[None]:
    """While it lasts, what the code of an entry raises is one line with file and line, a PluginError."""
    source = source_of(registry, name)
    return nullcontext() if source is None else PluginCode(source)


def place_in(error: BaseException, sources: Sequence[PluginSource]) -> str | None:
    """``file:line`` of own code at which an error came about; None if it did not come about in any.

    Of code that was called with arguments that it does not take, the file and the entry.

    Args:
        error: The error.
        sources: The plug-ins.
    """
    paths = [source.path for source in sources]
    if isinstance(error, SyntaxError) and error.filename in paths:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if any(frame.filename == path or frame.filename.startswith(f"{path}/") for path in paths):
            return f"{frame.filename}:{frame.lineno}"
    return _miscalled(error, sources) if isinstance(error, TypeError) else None


def _miscalled(error: TypeError, sources: Sequence[PluginSource]) -> str | None:
    """The entry whose function or class the message begins with, as in ``Head.__init__() takes 2``."""
    paths = {source.name: source.path for source in sources}
    for registry in REGISTRIES:
        for name, owner in registry.foreign.items():
            for code in (type(registry[name]), *getattr(registry[name], "__dict__", {}).values()):
                called = getattr(code, "__qualname__", None)
                if owner in paths and called and re.match(rf"{re.escape(called)}(\.\w+)?\(\)", str(error)):
                    return f"{paths[owner]}: {registry.kind} {name}"
    return None
