import copy

import pytest
import torch
from torch import nn

from model.config.gradient import GradientStorage
from model.gradients.surgery import GradientSurgery
from model.network.cpu.wordtable import WordTable, sparse_dot

CPU = torch.device("cpu")
# Some words stand in several sentences of a task, some in two tasks, most in none; 0 is padding.
WORDS = {
    "sst": torch.tensor([[3, 5, 3, 0], [7, 2, 5, 5]]),
    "para": torch.tensor([[1, 5, 9, 9], [2, 2, 0, 0]]),
    "sts": torch.tensor([[8, 8, 8, 8]]),
}


class Words(nn.Module):
    """A table of words under a layer that all tasks share."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(12, 6, padding_idx=0)
        self.layer = nn.Linear(6, 3)

    def loss(self, task: str) -> torch.Tensor:
        """Something that has another gradient for each task."""
        outputs: torch.Tensor = self.layer(self.table(WORDS[task])).sin()
        return (outputs * (1 + list(WORDS).index(task))).cos().sum()


def both() -> tuple[Words, Words, WordTable]:
    dense = Words()
    sparse = copy.deepcopy(dense)
    return dense, sparse, WordTable(sparse.table, CPU)


def test_gradient_of_a_step_is_the_dense_one_also_in_memory_that_was_used_before() -> None:
    dense, sparse, words = both()
    for tasks in (("sst", "para", "sts"), ("sts",), ("para", "sst")):
        for network in (dense, sparse):
            network.zero_grad(set_to_none=True)
            for task in tasks:
                network.loss(task).backward()
        words.densify()
        assert sparse.table.weight.grad is not None
        assert not sparse.table.weight.grad.is_sparse
        torch.testing.assert_close(sparse.table.weight.grad, dense.table.weight.grad, rtol=1e-6, atol=1e-6)
        assert sparse.table.weight.grad[0].count_nonzero() == 0
        # What a step does to its gradient shall not be seen in the next.
        nn.utils.clip_grad_norm_(sparse.parameters(), 1e-3)


def test_steps_of_adamw_are_those_of_dense_gradients() -> None:
    dense, sparse, words = both()
    optimizers = [torch.optim.AdamW(network.parameters(), lr=0.1, fused=True) for network in (dense, sparse)]
    for task in ("sst", "para", "sts", "sst"):
        for network, optimizer in zip((dense, sparse), optimizers, strict=True):
            network.loss(task).backward()
            words.densify()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
    # Rows that no word touched are decayed, and moved by their momentum, all the same.
    torch.testing.assert_close(sparse.table.weight, dense.table.weight, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("storage", ["fp32", "bf16"])
@pytest.mark.parametrize("method", ["pcgrad", "gradvac", "mgda"])
def test_surgery_of_sparse_gradients_is_that_of_dense_ones(method: str, storage: GradientStorage) -> None:
    dense, sparse, words = both()
    grams = []
    for network in (dense, sparse):
        torch.manual_seed(1)
        surgery = GradientSurgery(list(network.parameters()), list(WORDS), method, storage)
        for task in WORDS:
            network.loss(task).backward()
            surgery.collect(task)
        grams.append(surgery.combine())
    words.densify()
    close = {"rtol": 1e-5, "atol": 1e-6}
    torch.testing.assert_close(grams[1], grams[0], **close)
    for mine, theirs in zip(sparse.parameters(), dense.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad, **close)


def test_a_task_alone_on_the_table_keeps_its_gradient() -> None:
    dense, sparse, words = both()
    for network in (dense, sparse):
        surgery = GradientSurgery(list(network.parameters()), list(WORDS), "pcgrad")
        network.loss("para").backward()
        surgery.collect("para")
        network.layer(torch.ones(2, 6)).sum().backward()
        surgery.collect("sst")
        surgery.combine()
    words.densify()
    torch.testing.assert_close(sparse.table.weight.grad, dense.table.weight.grad, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("others", [[0, 2, 5], [1, 3], [4, 1]])
def test_dot_product_is_that_of_the_dense_tables(others: list[int]) -> None:
    def rows(numbers: list[int]) -> torch.Tensor:
        return torch.sparse_coo_tensor(
            torch.tensor([numbers]), torch.randn(len(numbers), 3), (6, 3), check_invariants=True
        ).coalesce()

    left, right = rows([2, 0, 4, 2]), rows(others)
    expected = (left.to_dense() * right.to_dense()).sum()
    torch.testing.assert_close(sparse_dot(left, right), expected)


def test_other_devices_and_tables_of_another_kind_stay() -> None:
    table, own = nn.Embedding(4, 2), nn.Linear(2, 2)
    WordTable(table, torch.device("cuda"))
    WordTable(own, CPU).densify()
    assert not table.sparse
