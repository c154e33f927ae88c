"""Draws the values of one configuration, by the sampler that the study names."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pkgutil import resolve_name
from typing import Any

from model.errors import PluginError
from model.plugins.load import errors_of_entry

from ..study.armspace import ArmSpace
from ..study.problem import FieldError
from ..study.samplers import SAMPLERS, Sampler, SamplerSpec
from ..study.space import Space
from .history import Tried
from .priors import near


@dataclass(frozen=True)
class Request:
    """What a sampler is asked: the values of a configuration.

    Attributes:
        spec: The sampler as the study sets it.
        space: The space.
        configuration: Number of the configuration, from which the random state follows.
        tried: The earlier configurations of its arm, in order.
        objectives: Number of objectives, all to be raised.
        attempt: How many draws for it were of no use before.
        arm: What says which values apply beside which; None where all do.
    """

    spec: SamplerSpec
    space: Mapping[str, Space]
    configuration: int
    tried: Sequence[Tried]
    objectives: int
    attempt: int = 0
    arm: ArmSpace | None = None

    @property
    def seed(self) -> int:
        """Seed of this draw's random state."""
        # Not hash(): it differs from process to process.
        again = f"/{self.attempt}" if self.attempt else ""
        digest = hashlib.sha256(f"{self.spec.seed}/{self.configuration}{again}".encode()).digest()
        return int.from_bytes(digest[:4], "big")

    def applying(self, params: dict[str, Any]) -> dict[str, Any]:
        """Those of some values that apply beside one another."""
        return params if self.arm is None else self.arm.applying(params)

    def allows(self, params: Mapping[str, Any]) -> bool:
        """Whether the study's constraints allow some values."""
        return self.arm is None or self.arm.allows(params)


def draw(request: Request) -> dict[str, Any]:
    """Values that the study's sampler draws.

    A configuration that has no result, because it still runs or has failed, is one to keep away from: tpe
    counts it as a bad one; gp expects nothing new there. One that was pruned at all seeds counts for tpe as
    worse than any with a result; its epochs before do not matter. The other samplers leave both out.
    """
    return request.applying(_drawn(request.spec.name, request))


def draw_blindly(request: Request) -> dict[str, Any]:
    """Values that depend on no result: the sampler's own if it is blind itself, random ones otherwise.

    Near the priors of the space, where there are some and the sampler heeds them.
    """
    if request.arm is not None:
        # Drawn for all arms at once, so that they have the same values of what they share.
        joint = replace(request, space=request.arm.joint, arm=None)
        return request.arm.drawn(draw_blindly(joint))
    method = request.spec.method
    drawn = _drawn("random" if method.learns else request.spec.name, request)
    if not method.priors:
        return drawn
    return drawn | near(request.space, request.configuration, request.attempt, request.seed)


def _drawn(name: str, request: Request) -> dict[str, Any]:
    """What a sampler draws; of own code what it may draw, or a PluginError."""
    with errors_of_entry(SAMPLERS, name):
        drawn = _drawing(SAMPLERS[name])(request)
    if name not in SAMPLERS.foreign:
        return drawn
    try:
        return _checked(drawn, request)
    except FieldError as problem:
        where = "".join(f": {key}" for key in problem.path)
        said = f"{SAMPLERS.foreign[name]}: sampler {name} gives {problem.value!r}{where}: {problem.reason}"
        raise PluginError(said) from None


def _checked(drawn: object, request: Request) -> dict[str, Any]:
    """Values of own code as the space has them, numbers of NumPy as Python's; a FieldError of others."""
    import numpy as np  # for own code alone

    if not isinstance(drawn, Mapping):
        raise FieldError((), "must be a value for each key of the space", drawn)
    read: dict[str, Any] = {}
    for key, value in drawn.items():
        if key not in request.space:
            raise FieldError((key,), "is no key of the space", value)
        plain = value.item() if isinstance(value, np.generic) else value
        try:
            read[key] = request.space[key].read(plain)
        except FieldError as problem:
            raise FieldError((key,), problem.reason, plain) from None
        except TypeError:  # what cannot be looked up, as a list
            raise FieldError((key,), "must be one value", plain) from None
    missing = request.applying({**dict.fromkeys(request.space), **read}).keys() - read.keys()
    if missing:
        raise FieldError((min(missing),), "has no value", dict(drawn))
    return read


def _drawing(method: Sampler) -> Callable[[Request], dict[str, Any]]:
    """The function of a sampler, imported where only its place is known: most of them take Optuna."""
    found: Callable[[Request], dict[str, Any]] = (
        resolve_name(method.draws) if isinstance(method.draws, str) else method.draws
    )
    return found
