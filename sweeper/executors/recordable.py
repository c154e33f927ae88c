"""What a trainer that is own code tells of a trial, as it can be recorded; what cannot be ends that trial."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from model.errors import PluginError, TrialStoppedError
from model.inputs import Inputs
from model.result import EpochResult, are_scores

T = TypeVar("T", EpochResult, Inputs)


def recordable_epochs(
    name: str, results: Iterable[object], epochs: int, stop: Callable[[], bool]
) -> Iterator[EpochResult]:
    """The epochs of a trial, which may be fewer than it is configured for: it may end early by itself.

    Args:
        name: The trainer.
        results: What it yields.
        epochs: How many it is configured for.
        stop: Whether it was asked to stop.

    Raises:
        PluginError: If they do not come in turn from 1, are more than they should be, one of them is none, or
            their scores are no numbers.
        TrialStoppedError: If it has ended with fewer of them when it was asked to stop: it is not complete.
    """
    before = 0
    for result in results:
        whole = _whole(f"{name}: train must yield an EpochResult", EpochResult, result)
        epoch = whole.epoch
        if epoch != before + 1:
            raise PluginError(f"{name}: train must yield its epochs in turn: {epoch} came after {before}")
        if epoch > epochs:
            raise PluginError(f"{name}: train yields epoch {epoch}, and `epochs` is {epochs}")
        if whole.overall is None or not are_scores({"overall": whole.overall, **whole.dev_scores()}):
            raise PluginError(f"{name}: epoch {epoch}: `overall` and all dev scores must be finite numbers")
        if epoch == 1 and not whole.best:
            raise PluginError(f"{name}: epoch 1 is the best so far: `best` must be true")
        before = epoch
        yield whole
    if before < epochs and stop():
        raise TrialStoppedError
    if not before:
        raise PluginError(f"{name}: train has ended without an epoch")


def recordable_inputs(name: str, inputs: object) -> Inputs:
    """What a trial trains on.

    Args:
        name: The trainer.
        inputs: What it says.

    Raises:
        PluginError: If that is no `Inputs`, or has a field of another kind.
    """
    return _whole(f"{name}: report.loaded takes an Inputs", Inputs, inputs)


def _whole(wanted: str, kind: type[T], given: object) -> T:
    """A record whose fields are of their kinds; numbers of NumPy are Python's from here on."""
    if not isinstance(given, kind):
        raise PluginError(f"{wanted}, not a {type(given).__name__}")
    try:
        return TypeAdapter(kind).validate_python(asdict(given))
    except ValidationError as error:
        wrong = error.errors()[0]
        field = ".".join(map(str, wrong["loc"]))
        raise PluginError(f"{wanted}: its {field} = {wrong['input']!r}: {wrong['msg']}") from error
