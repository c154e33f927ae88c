"""Gradient surgery: one task's gradients at a time, joined by coefficients from their Gram matrix.

The result of PCGrad and its relatives is a combination of the tasks' gradients whose coefficients depend on
their dot products alone. So nothing is flattened, stacked or copied: each task's ``.grad`` tensors are put
aside as they are, their dot products are summed, the method turns the matrix of those into coefficients, and
the combination is written into the tensors of the last task. Word embeddings may have sparse gradients: of
those only the rows that a task touched wait and are multiplied.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import combinations_with_replacement

import torch
from torch import Tensor, nn

from ..config.gradient import METHODS, GradientStorage
from ..errors import NonFiniteLossError, PluginError
from ..network.cpu.wordtable import sparse_dot
from ..network.ownnetwork import described

PIECE = 1 << 17
"""Elements that are worked on at once: three tasks' pieces stay in a core's cache between their products."""


class GradientSurgery:
    """Joins the gradients of the tasks of a step.

    For each task in turn: backward (as often as micro-batches want), then `collect`; after the last one,
    `combine`, which leaves the result in ``.grad`` for clipping and the optimizer. A step may omit tasks:
    the method then sees only those that were collected. Losses are weighted by the caller, before backward.
    The random order of `pcgrad` and `gradvac` comes from torch's global generator.

    Args:
        parameters: All parameters of the network; those that no task touches keep ``.grad`` None.
        tasks: Names of all tasks, in the order of the Gram matrix.
        method: What becomes of gradients of parameters that two tasks or more touch.
        storage: Where gradients wait for those of the last task.
    """

    def __init__(
        self,
        parameters: Sequence[nn.Parameter],
        tasks: Sequence[str],
        method: str,
        storage: GradientStorage = "fp32",
    ) -> None:
        self._parameters = tuple(parameters)
        self._tasks = tuple(tasks)
        self._storage = storage
        self._name, self._method = method, METHODS[method]
        self._weighting = self._method.weighting(*((len(tasks),) if self._method.carries else ()))
        self._held: dict[str, list[Tensor | None]] = {}

    def collect(self, task: str) -> None:
        """Takes every parameter's ``.grad`` away, which leaves None, and keeps it for the task.

        Args:
            task: Whose gradients they are.

        Raises:
            ValueError: If the task is unknown, or was collected in this step before.
        """
        if task not in self._tasks or task in self._held:
            raise ValueError(f"task {task!r} is unknown or was collected twice; tasks: {list(self._tasks)}")
        last = len(self._held) == len(self._tasks) - 1
        held: list[Tensor | None] = []
        for parameter in self._parameters:
            gradient, parameter.grad = parameter.grad, None
            held.append(None if gradient is None else self._waiting(gradient, last))
        self._held[task] = held

    @torch.no_grad()
    def combine(self) -> Tensor:
        """Writes the joined gradient into ``.grad`` and lets go of everything that was collected.

        A parameter that two collected tasks or more touched gets the method's combination, in which a task
        without a gradient counts with zero. A parameter that one task touched keeps that task's gradient,
        unscaled and outside the Gram matrix, whatever the method.

        Returns:
            Gram matrix of the tasks' gradients over the parameters that two or more touched,
            ``[tasks, tasks]``, float64, on the CPU; zero for tasks that were not collected.

        Raises:
            NonFiniteLossError: If a gradient that enters the Gram matrix is infinite or not a number, or what
                the method makes of that.
            PluginError: If a method of own code gives no coefficients.
        """
        present = [number for number, task in enumerate(self._tasks) if task in self._held]
        held = [self._held.pop(self._tasks[number]) for number in present]
        gram = _gram(self._parameters, held)
        if not gram.isfinite().all():
            bad = [
                self._tasks[n]
                for n, norm in zip(present, gram.diagonal(), strict=True)
                if not norm.isfinite()
            ]
            raise NonFiniteLossError(
                f"the gradients of {', '.join(bad) or 'the tasks'} are not finite numbers"
            )
        coefficients = self._coefficients(gram, present) if gram.any() else [1.0] * len(present)
        for number, parameter in enumerate(self._parameters):
            terms = []
            for coefficient, gradients in zip(coefficients, held, strict=True):
                gradient, gradients[number] = gradients[number], None
                if gradient is not None:
                    terms.append((coefficient, gradient))
            parameter.grad = _combination(parameter, terms)
        full = torch.zeros(len(self._tasks), len(self._tasks), dtype=torch.float64)
        rows = torch.tensor(present)
        full[rows.unsqueeze(1), rows] = gram
        return full

    def state_dict(self) -> dict[str, Tensor]:
        """What the method carries from step to step: GradVac's moving averages, nothing for the others."""
        return dict(self._weighting.state_dict()) if self._method.carries else {}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from a `state_dict` of the same tasks and method.

        Raises:
            ValueError: If the state is another method's, or of another number of tasks.
        """
        own = {name: tensor.shape for name, tensor in self.state_dict().items()}
        if own != (given := {name: tensor.shape for name, tensor in state.items()}):
            raise ValueError(f"state of gradient surgery has {given}, expected {own}")
        if state:
            self._weighting.load_state_dict(state)

    def _waiting(self, gradient: Tensor, last: bool) -> Tensor:
        gradient = gradient.coalesce() if gradient.is_sparse else gradient
        if not last and self._storage != "fp32":
            gradient = gradient.to(torch.bfloat16 if self._storage == "bf16" else "cpu")
        return gradient if gradient.is_sparse else gradient.contiguous()

    def _coefficients(self, gram: Tensor, present: list[int]) -> list[float]:
        # Coefficients do not depend on the size of the gradients, but TorchJD takes small ones for zero.
        gram = gram / gram.trace()
        gram = gram.float() if self._method.by_rank else gram
        taking_part = (present,) if self._method.carries else ()
        given: object = self._weighting(gram, *taking_part)
        if not isinstance(given, Tensor) or given.shape != (len(gram),):
            raise PluginError(
                f"gradient method {self._name} gives {described(given)}, expected a tensor [{len(gram)}]"
            )
        if not given.isfinite().all():
            raise NonFiniteLossError(
                f"the coefficients of gradient method {self._name} are not finite numbers"
            )
        coefficients: list[float] = given.tolist()
        return coefficients


def cosines(gram: Tensor) -> Tensor:
    """Cosine of each pair of tasks, ``[tasks, tasks]``; 0 where a gradient is zero.

    Args:
        gram: Gram matrix as `GradientSurgery.combine` returns it.
    """
    norms = gram.diagonal().sqrt()
    scale = torch.outer(norms, norms)
    return torch.where(scale > 0, gram / scale, 0.0).clamp(-1, 1)


def _gram(parameters: Sequence[nn.Parameter], held: Sequence[Sequence[Tensor | None]]) -> Tensor:
    """Dot products of the tasks' gradients, ``[m, m]``, over the parameters that two of them touch."""
    products: dict[tuple[int, int], list[Tensor]] = {}
    # One place for all pieces: between new ones the products would lie scattered, and the gaps add up.
    scratch = parameters[0].new_empty(len(held), PIECE)
    for parameter, *gradients in zip(parameters, *held, strict=True):
        touching = [task for task, gradient in enumerate(gradients) if gradient is not None]
        if len(touching) < 2:
            continue
        if gradients[touching[0]].is_sparse:
            for i, j in combinations_with_replacement(touching, 2):
                left, right = (gradients[task].to(parameter.dtype) for task in (i, j))
                products.setdefault((i, j), []).append(sparse_dot(left, right))
            continue
        for pieces in _pieces([gradients[task] for task in touching]):
            ready = [
                row[: len(piece)].copy_(piece) if _elsewhere(piece, parameter) else piece
                for piece, row in zip(pieces, scratch, strict=False)
            ]
            for (i, left), (j, right) in combinations_with_replacement(zip(touching, ready, strict=True), 2):
                products.setdefault((i, j), []).append(torch.dot(left, right))
    gram = torch.zeros(len(held), len(held), dtype=torch.float64)
    for (i, j), values in products.items():
        gram[i, j] = gram[j, i] = torch.stack(values).cpu().double().sum()
    return gram


def _combination(parameter: nn.Parameter, terms: list[tuple[float, Tensor]]) -> Tensor | None:
    """The sum of gradients by their coefficients, in the memory of one of them; a single one as it is."""
    if len(terms) < 2:
        return terms[0][1].to(parameter) if terms else None
    if terms[0][1].is_sparse:
        scaled = [coefficient * gradient.to(parameter.dtype) for coefficient, gradient in terms]
        return reduce(torch.add, scaled)
    ready = [n for n, (_, gradient) in enumerate(terms) if not _elsewhere(gradient, parameter)]
    # Without a tensor of the right kind to write into, the last task of the step left this parameter out.
    scale, result = terms.pop(ready[-1]) if ready else (1.0, torch.zeros_like(parameter))
    for target, *others in _pieces([result, *(gradient for _, gradient in terms)]):
        target.mul_(scale)
        for (coefficient, _), piece in zip(terms, others, strict=True):
            target.add_(piece.to(target.device), alpha=coefficient)
    return result


def _elsewhere(gradient: Tensor, parameter: Tensor) -> bool:
    """Whether a gradient waits in another type, or on another device, than its parameter."""
    return (gradient.dtype, gradient.device) != (parameter.dtype, parameter.device)


def _pieces(gradients: Sequence[Tensor]) -> Iterator[tuple[Tensor, ...]]:
    """Cuts tensors of one shape into the same pieces, flat."""
    yield from zip(*(torch.split(gradient.view(-1), PIECE) for gradient in gradients), strict=True)
