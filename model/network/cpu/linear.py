"""Linear layers through oneDNN, which runs faster on some CPUs than the BLAS behind torch's own."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from transformers.activations import GELUActivation
from transformers.models.bert.modeling_bert import BertIntermediate

AVAILABLE: bool = torch.backends.mkldnn.is_available() and hasattr(  # type: ignore[no-untyped-call]
    torch.ops.mkldnn, "_linear_pointwise"
)


BRIEF = AVAILABLE and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
"""Whether oneDNN multiplies bf16 here."""

FASTER = AVAILABLE and torch.backends.cpu.get_cpu_capability() == "AVX512"
"""Whether oneDNN multiplies in single precision here.

Measured: MKL, the BLAS of most builds, leaves the 512-bit vectors of AMD's CPUs idle, and oneDNN is twice as
fast. With AVX2 alone MKL is the faster (an AMD EPYC): a joint step of MiniLM takes .85 of its time, an
evaluation .94.
"""


class Linear(nn.Linear):
    """`torch.nn.Linear`; where oneDNN is faster it multiplies, in single precision or bf16 of autocast."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """Applies the layer: ``[…, in_features]`` to ``[…, out_features]``."""
        dtype = _dtype(input, self.weight)
        if dtype is None:
            return super().forward(input)
        result: Tensor = _Linear.apply(  # type: ignore[no-untyped-call]
            input, self.weight, self.bias, dtype
        )
        return result


class Intermediate(BertIntermediate):
    """BERT's widening layer; where oneDNN multiplies and no gradient is wanted, it applies GELU too."""

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Applies the layer and GELU: ``[…, hidden_size]`` to ``[…, intermediate_size]``."""
        weight, bias = self.dense.weight, self.dense.bias
        dtype = _dtype(hidden_states, weight)
        if torch.is_grad_enabled() or dtype is None:
            result: Tensor = super().forward(hidden_states)
            return result
        return _multiplied(hidden_states.to(dtype), weight.to(dtype), bias.to(dtype), "gelu")


def replace_linear(network: nn.Module) -> None:
    """Puts `Linear` and `Intermediate` in the place of the layers that they extend; parameters are shared."""
    for module in network.modules():
        if type(module) is nn.Linear:
            module.__class__ = Linear
        elif type(module) is BertIntermediate and _is_plain(module):
            module.__class__ = Intermediate


def _is_plain(module: BertIntermediate) -> bool:
    """Whether it is a product and GELU; a layer with an adapter is more than its weight and its bias."""
    activation = module.intermediate_act_fn
    gelu = isinstance(activation, GELUActivation) and activation.act is nn.functional.gelu
    return gelu and isinstance(module.dense, nn.Linear)


def _dtype(values: Tensor, weight: Tensor) -> torch.dtype | None:
    """In what oneDNN multiplies here; None: it does not."""
    # torch.compile makes its own of torch's layer, and nothing of ours.
    known = (
        not torch.compiler.is_compiling() and values.device.type == "cpu" and weight.dtype == torch.float32
    )
    if not torch.is_autocast_enabled("cpu"):
        return torch.float32 if known and FASTER and values.dtype == torch.float32 else None
    brief = BRIEF and torch.get_autocast_dtype("cpu") == torch.bfloat16
    return torch.bfloat16 if known and brief and values.dtype in (torch.float32, torch.bfloat16) else None


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> Tensor:
        # In bf16 what is kept for the backward pass is half as large, and is turned once.
        ctx.given = values.dtype
        values, weight = values.to(dtype), weight.to(dtype)
        ctx.save_for_backward(values, weight)
        return _multiplied(values, weight, None if bias is None else bias.to(dtype))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None]:
        values, weight = ctx.saved_tensors
        gradient = gradient.to(values.dtype)
        rows = gradient.reshape(-1, weight.shape[0])
        wanted = ctx.needs_input_grad
        return (
            _multiplied(gradient, weight.t(), None).to(ctx.given) if wanted[0] else None,
            _outer(rows, values.reshape(-1, weight.shape[1])).float() if wanted[1] else None,
            rows.sum(dim=0).float() if wanted[2] else None,
            None,
        )


def _outer(left: Tensor, right: Tensor) -> Tensor:
    """The sum of the outer products of the rows, ``[left's width, right's width]``."""
    # In bf16 torch's own product is oneDNN's too, and asks for no other order in memory.
    return _multiplied(left.t(), right.t(), None) if left.dtype == torch.float32 else left.t() @ right


def _multiplied(values: Tensor, weight: Tensor, bias: Tensor | None, then: str = "none") -> Tensor:
    product: Tensor = torch.ops.mkldnn._linear_pointwise(values, weight, bias, then, [], "none")
    return product
