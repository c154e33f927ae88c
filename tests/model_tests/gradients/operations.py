"""Networks whose tasks pull them their own ways, and steps of surgery on them."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from model.config import TrainConfig
from model.config.gradient import GradientStorage
from model.gradients.surgery import GradientSurgery
from model.network.multitask import MultitaskEncoder
from tests.model_tests.made import TASKS

SHAPES = ((3, 4), (5,), (2, 2, 2))
SIZES = [torch.Size(shape).numel() for shape in SHAPES]


def parameters(shapes: Sequence[tuple[int, ...]] = SHAPES) -> list[nn.Parameter]:
    return [nn.Parameter(torch.zeros(shape)) for shape in shapes]


def apply(surgery: GradientSurgery, network: Sequence[nn.Parameter], rows: Mapping[str, Tensor]) -> Tensor:
    """One step in which the tasks' gradients are the rows, all parameters laid end to end."""
    for name, row in rows.items():
        for parameter, part in zip(network, row.split(SIZES), strict=True):
            parameter.grad = part.clone().view_as(parameter)
        surgery.collect(name)
    return surgery.combine()


def joined(gradients: Tensor, method: str, storage: GradientStorage = "fp32") -> Tensor:
    """The joined gradient of tasks whose gradients are the rows, as one vector."""
    network = parameters()
    rows = {str(number): row for number, row in enumerate(gradients)}
    apply(GradientSurgery(network, list(rows), method, storage), network, rows)
    return flat(network)


def flat(network: Sequence[nn.Parameter]) -> Tensor:
    return torch.cat([p.grad.reshape(-1) for p in network if p.grad is not None])


def explicit_pcgrad(gradients: Tensor) -> Tensor:
    """Algorithm 1 of Yu et al. 2020 on whole vectors, in double precision."""
    original = gradients.double()
    projected = original.clone()
    for i in range(len(original)):
        for j in torch.randperm(len(original)).tolist():
            product = projected[i] @ original[j]
            if j != i and product < 0:
                projected[i] -= product / original[j].square().sum() * original[j]
    return projected.sum(dim=0)


def bert(**settings: object) -> MultitaskEncoder:
    torch.manual_seed(0)
    encoder = {"layers": 2, "hidden_size": 32, "dropout": 0.0}
    config = TrainConfig.model_validate({"tasks": TASKS, "encoder": encoder, "dropout": 0.0} | settings)
    return MultitaskEncoder(config, vocabulary_size=50, pad_id=0)


def outputs(model: MultitaskEncoder, task: str, rows: int = 4, step: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(list(TASKS).index(task) + 10 * step)
    columns = len(TASKS[task].text)
    ids = torch.randint(1, 50, (columns * rows, 7), generator=generator)
    result: Tensor = model(task, columns, ids, torch.ones_like(ids))
    return result


def losses(model: MultitaskEncoder, step: int = 0) -> dict[str, Tensor]:
    # Each pulls the shared network its own way, with a size of its own.
    return {
        task: scale * (outputs(model, task, step=step) - scale).square().mean()
        for task, scale in zip(TASKS, (1.0, -3.0, 0.5), strict=True)
    }


def operate(model: MultitaskEncoder, surgery: GradientSurgery, step: int = 0) -> Tensor:
    for task, loss in losses(model, step).items():
        loss.backward()
        surgery.collect(task)
    return surgery.combine()


def all_gradients(model: nn.Module) -> dict[str, Tensor]:
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def assert_close(found: dict[str, Tensor], expected: dict[str, Tensor], relative: float = 1e-5) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        scale = max(1e-3, float(tensor.norm()))
        assert float((found[name] - tensor).norm()) <= relative * scale, name
