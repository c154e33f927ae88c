"""Draws the values of one configuration, by the sampler that the study names."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pkgutil import resolve_name
from typing import Any

from ..study.armspace import ArmSpace
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
    return request.applying(_drawing(request.spec.method)(request))


def draw_blindly(request: Request) -> dict[str, Any]:
    """Values that depend on no result: the sampler's own if it is blind itself, random ones otherwise.

    Near the priors of the space, where there are some and the sampler heeds them.
    """
    if request.arm is not None:
        # Drawn for all arms at once, so that they have the same values of what they share.
        joint = replace(request, space=request.arm.joint, arm=None)
        return request.arm.drawn(draw_blindly(joint))
    method = request.spec.method
    drawn = _drawing(SAMPLERS["random"] if method.learns else method)(request)
    if not method.priors:
        return drawn
    return drawn | near(request.space, request.configuration, request.attempt, request.seed)


def _drawing(method: Sampler) -> Callable[[Request], dict[str, Any]]:
    """The function of a sampler, imported where only its place is known: most of them take Optuna."""
    found: Callable[[Request], dict[str, Any]] = (
        resolve_name(method.draws) if isinstance(method.draws, str) else method.draws
    )
    return found
