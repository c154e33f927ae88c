"""The precision of a study's trials on this machine: what ``auto`` is here, and what is refused."""

from model.config import TrainConfig
from model.config.trainers import AnyConfig
from model.errors import ModelError

from ..errors import InputError
from ..observers.terminal import say
from ..study.precision import BY_MACHINE, configurations, precision_as_begun, precisions, resolved, says_auto
from ..study.study import Study
from .order import Order


def auto_here(study: Study) -> str:
    """The precision that ``auto`` is on this machine: bf16 where it computes all arms in it."""
    from model.device import pick_device
    from model.precision import computes_bf16

    devices = map(pick_device, configurations(study))
    return "bf16" if all(map(computes_bf16, devices)) else "fp32"


def with_precision(order: Order, stored: Study | None, *, here: bool) -> Study:
    """The study of an order with one precision in the place of ``auto``; says which.

    Args:
        order: What is to be done.
        stored: The study as it was begun, whose precision holds; None: it begins here.
        here: Whether its trials compute on this machine.

    Raises:
        InputError: If they do, and it does not compute the precision.
    """
    study = now = order.study
    if says_auto(study):
        now = resolved(study, auto_here(study)) if stored is None else precision_as_begun(stored, study)
    if here:
        check_precision(now)
    if now is study:
        return study
    pairs = zip(configurations(study), configurations(now), strict=True)
    became = dict.fromkeys(after.precision for before, after in pairs if before.precision == BY_MACHINE)
    if became:
        since = "as this machine computes, for good" if stored is None else "as it was begun"
        say(order.console, f"{study.name}: precision auto is {' or '.join(became)}, {since}")
    return now


def precision_line(study: Study) -> str | None:
    """What is to be said of a study's precision before it begins; nothing where it is fp32."""
    found = precisions(study)
    if BY_MACHINE in found:
        return f"Precision: auto, which is {auto_here(study)} for a study that begins on this machine"
    return None if found in ([], ["fp32"]) else f"Precision: {', '.join(found)}"


def check_precision(study: Study) -> None:
    """Looks whether this machine computes the precisions of a study's trials.

    Raises:
        InputError: If not.
    """
    for config in configurations(study):
        check_computes(config, f"study {study.name!r}")


def check_computes(config: AnyConfig, whose: str) -> None:
    """Looks whether this machine computes a trial's precision; ``auto`` is what it can.

    Args:
        config: The trial.
        whose: What is to be said of it, such as ``study 'mine@minilm'``.

    Raises:
        InputError: If not.
    """
    if not isinstance(config, TrainConfig) or config.precision != "bf16":
        return  # torch takes long to import
    from model import precision
    from model.device import pick_device

    try:
        precision.resolved(config.precision, pick_device(config))
    except ModelError as error:
        raise InputError(f"{whose} is not for this machine: {error}") from None
