"""Gradient surgery: what is collected, shared, kept and written, and where it lies."""

from typing import get_args

import pytest
import torch

from model.config.gradient import METHODS, GradientMethod, GradientStorage
from model.errors import NonFiniteLossError, PluginError
from model.gradients.surgery import PIECE, GradientSurgery, cosines
from model.registry import adding
from tests.model_tests.gradients.operations import (
    SIZES,
    all_gradients,
    apply,
    assert_close,
    bert,
    explicit_pcgrad,
    flat,
    joined,
    losses,
    operate,
    outputs,
    parameters,
)
from tests.model_tests.made import TASKS


def test_sum_is_the_gradient_of_the_summed_losses() -> None:
    model = bert()
    operate(model, GradientSurgery(list(model.parameters()), list(TASKS), "sum"))
    found = all_gradients(model)
    model.zero_grad()
    torch.stack(list(losses(model).values())).sum().backward()
    assert_close(found, all_gradients(model))


def test_mean_divides_the_shared_gradients_only() -> None:
    model = bert()
    operate(model, GradientSurgery(list(model.parameters()), list(TASKS), "mean"))
    found = all_gradients(model)
    model.zero_grad()
    torch.stack(list(losses(model).values())).sum().backward()
    expected = {name: g if "heads" in name else g / 3 for name, g in all_gradients(model).items()}
    assert_close(found, expected)


def test_micro_batches_accumulate_before_the_surgery() -> None:
    model = bert()
    results = []
    for parts in (1, 2):
        surgery = GradientSurgery(list(model.parameters()), list(TASKS), "pcgrad")
        for task in TASKS:
            for part in range(parts):
                rows = outputs(model, task).square()[part * 4 // parts : (part + 1) * 4 // parts]
                (rows.mean() / parts).backward()
            surgery.collect(task)
        torch.manual_seed(0)
        surgery.combine()
        results.append(all_gradients(model))
        model.zero_grad()
    assert_close(*results)


@pytest.mark.parametrize("storage", get_args(GradientStorage))
@pytest.mark.parametrize("method", ["sum", "pcgrad"])
def test_parameters_touched_by_some_tasks(method: str, storage: GradientStorage) -> None:
    """A missing gradient is a zero; one task's own stays as it is; no task's stays None."""
    all_three, first_two, first_and_last, own, none = network = parameters(((4,), (3,), (2,), (5,), (6,)))
    touched = (
        (all_three, first_two, first_and_last, own),
        (all_three, first_two),
        (all_three, first_and_last),
    )
    surgery = GradientSurgery(network, "abc", method, storage)
    # Small whole numbers, so that bf16 rounds nothing.
    whole = torch.randint(-8, 9, (3, 14), generator=torch.Generator().manual_seed(5)).float()
    dense = torch.zeros(3, 9)
    for row, (name, some) in enumerate(zip("abc", touched, strict=True)):
        for parameter, part in zip(network, whole[row].split([4, 3, 2, 5]), strict=False):
            parameter.grad = part.clone() if any(parameter is p for p in some) else None
        dense[row] = torch.cat([torch.zeros_like(p) if p.grad is None else p.grad for p in network[:3]])
        surgery.collect(name)
        assert all(parameter.grad is None for parameter in network)
    torch.manual_seed(3)
    expected = explicit_pcgrad(dense) if method == "pcgrad" else dense.double().sum(dim=0)
    torch.manual_seed(3)
    gram = surgery.combine()
    assert (expected - dense.sum(dim=0)).any() == (method == "pcgrad")
    torch.testing.assert_close(flat(network[:3]).double(), expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(gram, (dense @ dense.T).double())
    assert own.grad is not None
    assert torch.equal(own.grad, whole[0, 9:])
    assert none.grad is None


def test_one_task_alone_keeps_its_gradient() -> None:
    for method in METHODS:
        gradient = torch.randn(1, sum(SIZES))
        assert torch.equal(joined(gradient, method), gradient[0])


@pytest.mark.parametrize("storage", get_args(GradientStorage))
@pytest.mark.parametrize("method", METHODS)
def test_a_step_may_omit_tasks(method: str, storage: GradientStorage) -> None:
    pair = torch.randint(-8, 9, (2, sum(SIZES)), generator=torch.Generator().manual_seed(1)).float()
    network = parameters()
    surgery = GradientSurgery(network, ["0", "absent", "1"], method, storage)
    torch.manual_seed(0)
    gram = apply(surgery, network, {"0": pair[0], "1": pair[1]})
    torch.manual_seed(0)
    torch.testing.assert_close(flat(network), joined(pair, method))
    assert gram[1].tolist() == gram[:, 1].tolist() == [0.0] * 3


def test_bf16_is_close_and_cpu_is_equal() -> None:
    gradients = torch.randn(3, sum(SIZES), generator=torch.Generator().manual_seed(2))
    for method in METHODS:
        results = {}
        for storage in get_args(GradientStorage):
            torch.manual_seed(0)
            results[storage] = joined(gradients, method, storage)
        assert torch.equal(results["cpu"], results["fp32"])
        difference = (results["bf16"] - results["fp32"]).norm() / results["fp32"].norm()
        assert 0 < difference < 0.02, method


def test_nothing_is_copied() -> None:
    """The result lies in the last task's tensors, pieces of a large one included."""
    network = parameters(((PIECE + 7,), (2, PIECE)))
    surgery = GradientSurgery(network, "ab", "sum")
    for name, value in (("a", 1.0), ("b", 2.0)):
        for parameter in network:
            parameter.grad = torch.full_like(parameter, value)
        last = [parameter.grad.data_ptr() for parameter in network if parameter.grad is not None]
        surgery.collect(name)
    surgery.combine()
    assert [parameter.grad.data_ptr() for parameter in network if parameter.grad is not None] == last
    assert all((parameter.grad == 3.0).all() for parameter in network)


def test_a_state_of_another_kind_is_refused() -> None:
    vaccine = GradientSurgery(parameters(), "abc", "gradvac")
    projection = GradientSurgery(parameters(), "abc", "pcgrad")
    assert projection.state_dict() == {}
    projection.load_state_dict({})
    with pytest.raises(ValueError, match="targets"):
        projection.load_state_dict(vaccine.state_dict())
    with pytest.raises(ValueError, match="expected"):
        vaccine.load_state_dict(GradientSurgery(parameters(), "ab", "gradvac").state_dict())


def test_infinite_gradients_name_their_task() -> None:
    network = parameters()
    for method in METHODS:
        surgery = GradientSurgery(network, ["sst", "sts"], method)
        for name, value in (("sst", 1.0), ("sts", float("nan"))):
            for parameter in network:
                parameter.grad = torch.full_like(parameter, value)
            surgery.collect(name)
        with pytest.raises(NonFiniteLossError, match="gradients of sts"):
            surgery.combine()


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (torch.ones(7), PluginError, r"gives a tensor \[7\], expected a tensor \[3\]"),
        ([1.0, 1.0, 1.0], PluginError, r"gives a list, expected a tensor \[3\]"),
        (torch.full((3,), torch.nan), NonFiniteLossError, r"odd are not finite numbers"),
    ],
)
def test_coefficients_that_own_code_does_not_give_are_named(
    given: object, error: type[Exception], said: str
) -> None:
    with adding("odd.py"):
        METHODS.add("odd", GradientMethod(lambda: lambda gram: given))
    try:
        parameter = torch.nn.Parameter(torch.ones(4))
        surgery = GradientSurgery([parameter], list(TASKS), "odd")
        for scale, name in enumerate(TASKS, 1):
            parameter.grad = torch.full((4,), float(scale))
            surgery.collect(name)
        with pytest.raises(error, match=said):
            surgery.combine()
    finally:
        METHODS.remove("odd")


def test_unknown_and_repeated_tasks_are_refused() -> None:
    surgery = GradientSurgery(parameters(), ["sst", "sts"], "sum")
    surgery.collect("sst")
    for name in ("sst", "para"):
        with pytest.raises(ValueError, match=name):
            surgery.collect(name)


def test_cosines_of_pairs() -> None:
    g = torch.tensor([[3.0, 4.0], [-6.0, -8.0], [4.0, -3.0], [0.0, 0.0]], dtype=torch.float64)
    expected = torch.tensor([[1, -1, 0, 0], [-1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]).double()
    torch.testing.assert_close(cosines(g @ g.T), expected)
