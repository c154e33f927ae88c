"""TorchJD's own engine: one graph of all tasks, their Jacobian, and an aggregator on it."""

from functools import partial

from torch import Tensor
from torchjd.aggregation import Aggregator, PCGrad, UPGrad
from torchjd.autojac import jac_to_grad, mtl_backward
from torchjd.linalg import DualConeProjector, PSDMatrix

from model.data.minibatch import MiniBatch
from model.gradients.activesets import normalised
from model.gradients.dualcone import cone_excess

from .joint import Gradients, Joint


class _Projector(DualConeProjector):
    """Our solver in the place of TorchJD's own, which is an extra."""

    def __call__(self, U: Tensor, G: PSDMatrix) -> Tensor:  # noqa: N803 - the names of the base class
        cosines, norms = normalised(G)
        return U + (cone_excess(cosines, (U * norms).T) / norms.unsqueeze(1)).T


def pcgrad() -> Gradients:
    """PCGrad as TorchJD has it."""
    return partial(_gradients, PCGrad())


def upgrad() -> Gradients:
    """UPGrad as TorchJD has it, but for the solver."""
    return partial(_gradients, UPGrad(projector=_Projector()))


def _gradients(aggregator: Aggregator, joint: Joint, batches: dict[str, MiniBatch]) -> dict[str, float]:
    features: list[Tensor] = []
    hook = joint.model.encoder.register_forward_hook(lambda *call: features.append(call[-1]))
    losses = {name: joint.loss(name, joint.outputs(name, batch), batch) for name, batch in batches.items()}
    hook.remove()
    shared = list(joint.model.encoder.parameters())
    # One task at a time: side by side, its default, some operations of our encoder have no fast form.
    mtl_backward(list(losses.values()), features, shared_params=shared, parallel_chunk_size=1)
    jac_to_grad(shared, aggregator)
    return {name: loss.item() for name, loss in losses.items()}
