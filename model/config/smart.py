"""The settings of SMART. Imports no torch."""

from typing import Literal

from pydantic import Field

from ..frozen import Frozen


class SmartConfig(Frozen):
    """Smoothness-inducing adversarial regularisation and Bregman proximal term (model/smart.py)."""

    enabled: bool = Field(False, description="Whether to regularise at all.")
    mode: Literal["paper", "released"] = Field(
        "paper",
        description="paper: Algorithm 1 of arXiv 1911.03437, with the gradient normalised and one dropout "
        "mask for all passes of a batch. released: what mt-dnn and smart-pytorch compute, for comparison.",
    )
    tasks: tuple[str, ...] | None = Field(
        None, min_length=1, description="Tasks that are regularised; null: all. The paper took sst and sts."
    )
    strength: float = Field(
        1.0, ge=0, description="Factor λ of the adversarial divergence. Jiang et al. tried 1, 3 and 5."
    )
    weight: Literal["static", "dynamic"] = Field(
        "static",
        description="static: λ. dynamic: λ · clip(train score - dev score, 0, 1) / target_gap, by task, anew "
        "after each epoch; 0 in the first one.",
    )
    target_gap: float = Field(
        0.1, gt=0, le=1, description="Gap of train and dev score at which the dynamic weight is λ."
    )
    epsilon: float = Field(
        1e-2,
        ge=0,
        description="Largest size of any coordinate of the noise, mode paper. Jiang et al. took 1e-5, where "
        "in fp32 the divergence is rounding noise. Mode released has no such bound.",
    )
    sigma: float | None = Field(
        None,
        ge=0,
        description="Standard deviation of the noise that the ascent begins from; null: a tenth of epsilon "
        "in mode paper (Jiang et al.: 1e-5, as epsilon), 1e-5 in mode released. So small, it gives hardly "
        "more than rounding in bf16: take it near epsilon.",
    )
    step_size: float | None = Field(
        None,
        ge=0,
        description="Size η of an ascent step. Mode paper: root mean square of the step over the coordinates "
        "of a sentence; null: epsilon. Mode released: factor of the gradient; null: 1e-3.",
    )
    steps: int = Field(1, ge=0, le=10, description="Ascent steps.")
    bregman: float | None = Field(
        None,
        ge=0,
        description="Factor μ of the divergence from the averaged weights; null: 1 in mode paper, as Jiang "
        "et al., and 0 in mode released, which has no such term.",
    )
    bregman_decays: tuple[float, float] = Field(
        (0.99, 0.999),
        description="Decay β of the averaged weights in the first tenth of all steps, and thereafter.",
    )

    @property
    def initial_sigma(self) -> float:
        """Standard deviation of the noise that the ascent begins from."""
        if self.sigma is not None:
            return self.sigma
        return 0.1 * self.epsilon if self.mode == "paper" else 1e-5

    @property
    def ascent_step(self) -> float:
        """Size of an ascent step."""
        if self.step_size is not None:
            return self.step_size
        return self.epsilon if self.mode == "paper" else 1e-3

    @property
    def bregman_weight(self) -> float:
        """Factor of the divergence from the averaged weights."""
        if self.bregman is not None:
            return self.bregman
        return 1.0 if self.mode == "paper" else 0.0


def task_weight(config: SmartConfig, train_score: float, dev_score: float) -> float:
    """Factor of a task's adversarial divergence, by how far the task overfits.

    Args:
        config: Gives the rule.
        train_score: The task's score on training rows, in the units of its metric; on 0-1 where a
            lower one is better.
        dev_score: The same on dev rows.
    """
    if config.weight == "static":
        return config.strength
    return config.strength * min(max(train_score - dev_score, 0.0), 1.0) / config.target_gap
