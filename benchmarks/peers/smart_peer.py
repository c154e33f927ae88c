"""smart-pytorch's `SMARTLoss` beside the loss of each regularised task, as its README shows it."""

from collections.abc import Collection
from functools import partial
from itertools import count

import torch
from smart_pytorch import SMARTLoss, kl_loss, sym_kl_loss
from torch import Tensor
from torch.nn import functional

from model.data.minibatch import MiniBatch

from .joint import Gradients, Joint

STEPS = 1
"""Of the ascent, as its default and ours."""


def smart(tasks: Collection[str]) -> Gradients:
    """The regulariser of the released code, with weight 1.

    Args:
        tasks: Those that are regularised.
    """
    return partial(_gradients, tasks)


def _gradients(tasks: Collection[str], joint: Joint, batches: dict[str, MiniBatch]) -> dict[str, float]:
    losses = {}
    for name, batch in batches.items():
        outputs = joint.outputs(name, batch)
        loss = joint.loss(name, outputs, batch)
        penalty = _penalty(joint, name, batch, outputs) if name in tasks else 0.0
        (loss + penalty).backward()
        losses[name] = loss.item()
    return losses


def _penalty(joint: Joint, name: str, batch: MiniBatch, outputs: Tensor) -> Tensor:
    passes = count()

    def perturbed(noise: Tensor) -> Tensor:
        # Its ascent asks for the noise's gradient alone. Our linear layers would compute the weights' too, as
        # torch's own do not: the peer shall not pay for that.
        joint.model.requires_grad_(next(passes) == STEPS)
        outputs = joint.outputs(name, batch, noise)
        joint.model.requires_grad_(True)
        return outputs

    if joint.config.tasks[name].range is None:
        regulariser = SMARTLoss(eval_fn=perturbed, loss_fn=kl_loss, loss_last_fn=sym_kl_loss, num_steps=STEPS)
    else:
        regulariser = SMARTLoss(eval_fn=perturbed, loss_fn=functional.mse_loss, num_steps=STEPS)
    # Our network adds the noise to the embeddings by itself; what SMARTLoss adds it to is nothing.
    nothing = torch.zeros(*batch.input_ids.shape, joint.model.encoder.word_embedding_size)
    penalty: Tensor = regulariser(nothing, outputs)
    return penalty
