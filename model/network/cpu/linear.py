"""Linear layers through oneDNN, which many CPUs run faster than the BLAS behind torch's own."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from transformers.activations import GELUActivation
from transformers.models.bert.modeling_bert import BertIntermediate

AVAILABLE: bool = torch.backends.mkldnn.is_available() and hasattr(  # type: ignore[no-untyped-call]
    torch.ops.mkldnn, "_linear_pointwise"
)


WIDE = torch.backends.cpu.get_cpu_capability() == "AVX512"
"""Whether torch runs on 512-bit vectors here."""


class Linear(nn.Linear):
    """`torch.nn.Linear`; on a CPU in single precision oneDNN multiplies."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """Applies the layer: ``[…, in_features]`` to ``[…, out_features]``."""
        if not _suits(input, self.weight):
            return super().forward(input)
        result: Tensor = _Linear.apply(input, self.weight, self.bias)  # type: ignore[no-untyped-call]
        return result


class Intermediate(BertIntermediate):
    """BERT's widening layer; where no gradient is wanted, oneDNN applies GELU as it writes the product."""

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Applies the layer and GELU: ``[…, hidden_size]`` to ``[…, intermediate_size]``."""
        weight = self.dense.weight
        if torch.is_grad_enabled() or not _suits(hidden_states, weight):
            result: Tensor = super().forward(hidden_states)
            return result
        return _multiplied(hidden_states, weight, self.dense.bias, "gelu")


def replace_linear(network: nn.Module) -> None:
    """Puts `Linear` and `Intermediate` in the place of the layers that they extend; parameters are shared."""
    for module in network.modules():
        if type(module) is nn.Linear:
            module.__class__ = Linear
        elif type(module) is BertIntermediate and _is_gelu(module.intermediate_act_fn):
            module.__class__ = Intermediate


def _is_gelu(activation: nn.Module) -> bool:
    return isinstance(activation, GELUActivation) and activation.act is nn.functional.gelu


def _suits(values: Tensor, weight: Tensor) -> bool:
    single = values.dtype == weight.dtype == torch.float32
    return AVAILABLE and single and values.device.type == "cpu" and not torch.is_autocast_enabled("cpu")


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(values, weight)
        return _multiplied(values, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        values, weight = ctx.saved_tensors
        rows = gradient.reshape(-1, weight.shape[0])
        wanted = ctx.needs_input_grad
        return (
            _multiplied(gradient, weight.t(), None) if wanted[0] else None,
            _outer(rows, values.reshape(-1, weight.shape[1])) if wanted[1] else None,
            rows.sum(dim=0) if wanted[2] else None,
        )


def _outer(left: Tensor, right: Tensor) -> Tensor:
    """The sum of the outer products of the rows, ``[left's width, right's width]``."""
    # Measured: for this shape the BLAS is the faster, but on AVX-512, which MKL leaves idle on AMD's CPUs.
    return _multiplied(left.t(), right.t(), None) if WIDE else left.t() @ right


def _multiplied(values: Tensor, weight: Tensor, bias: Tensor | None, then: str = "none") -> Tensor:
    product: Tensor = torch.ops.mkldnn._linear_pointwise(values, weight, bias, then, [], "none")
    return product
