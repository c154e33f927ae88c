"""The methods of surgery against explicit vectors, TorchJD's full engine, and what each promises."""

import pytest
import torch
from torch import Tensor, nn
from torchjd import aggregation, autojac

from model.config.gradient import CAGRAD_RADIUS, METHODS
from model.gradients.surgery import GradientSurgery
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
    parameters,
)
from tests.model_tests.made import TASKS

ENGINES: dict[str, aggregation.GramianWeightedAggregator | aggregation.WeightedAggregator] = {
    "sum": aggregation.Sum(),
    "mean": aggregation.Mean(),
    "pcgrad": aggregation.PCGrad(),
    "gradvac": aggregation.GradVac(),
    "aligned_mtl": aggregation.AlignedMTL(),
    "imtl_g": aggregation.IMTLG(),
}


@pytest.mark.parametrize("tasks", [2, 3, 4, 5])
def test_pcgrad_is_the_paper_s_algorithm(tasks: int) -> None:
    conflicts = 0
    for case in range(300):
        torch.manual_seed(1000 * tasks + case)
        gradients = torch.randn(tasks, sum(SIZES)) * torch.rand(tasks, 1) * 10
        torch.manual_seed(case)
        expected = explicit_pcgrad(gradients)
        torch.manual_seed(case)
        found = joined(gradients, "pcgrad")
        assert (found - expected).norm() <= 1e-5 * expected.norm()
        conflicts += bool((expected - gradients.double().sum(dim=0)).norm() > 1e-3 * expected.norm())
    assert conflicts > 100


@pytest.mark.parametrize("method", ENGINES)
def test_equals_torchjd_s_engine_on_bert(method: str) -> None:
    model = bert()
    surgery = GradientSurgery(list(model.parameters()), list(TASKS), method)
    shared = [p for p in model.encoder.parameters() if p.requires_grad]
    engine = ENGINES[method]
    for step in range(3):
        torch.manual_seed(step)
        conflict = (operate(model, surgery, step) < 0).any()
        found = all_gradients(model)
        model.zero_grad()

        torch.manual_seed(step)
        features: list[Tensor] = []
        hook = model.encoder.register_forward_hook(lambda *call, kept=features: kept.append(call[-1]))
        values = list(losses(model, step).values())
        hook.remove()
        autojac.mtl_backward(values, features, shared_params=shared, parallel_chunk_size=1)
        autojac.jac_to_grad(shared, engine)
        # An inverse or an eigenvalue of the matrix magnifies the rounding of its fp32 products.
        assert_close(found, all_gradients(model), 1e-4 if method in ("aligned_mtl", "imtl_g") else 1e-5)
        assert conflict
        model.zero_grad()


def test_gradvac_goes_on_from_its_state() -> None:
    steps = torch.randn(6, 3, sum(SIZES), generator=torch.Generator().manual_seed(4))

    def run(numbers: range, state: dict[str, Tensor] | None = None) -> tuple[Tensor, dict[str, Tensor]]:
        network = parameters()
        surgery = GradientSurgery(network, "abc", "gradvac")
        if state is not None:
            surgery.load_state_dict(state)
        for number in numbers:
            torch.manual_seed(number)
            apply(surgery, network, dict(zip("abc", steps[number], strict=True)))
        return flat(network), surgery.state_dict()

    whole, _ = run(range(6))
    _, state = run(range(3))
    resumed, _ = run(range(3, 6), state)
    forgetful, _ = run(range(3, 6))
    assert torch.equal(resumed, whole)
    assert not torch.equal(forgetful, whole)


def test_gradvac_keeps_the_averages_of_omitted_tasks() -> None:
    gradients = torch.randn(3, sum(SIZES), generator=torch.Generator().manual_seed(4))
    network = parameters()
    surgery = GradientSurgery(network, "abc", "gradvac")
    apply(surgery, network, dict(zip("abc", gradients, strict=True)))
    before = surgery.state_dict()["targets"]
    apply(surgery, network, {"a": gradients[0], "b": gradients[1]})
    after = surgery.state_dict()["targets"]
    assert torch.equal(after[2], before[2])
    assert torch.equal(after[:, 2], before[:, 2])
    assert not torch.equal(after, before)


@pytest.mark.parametrize("method", METHODS)
def test_degenerate_gradients_stay_finite(method: str) -> None:
    g = torch.randn(sum(SIZES), generator=torch.Generator().manual_seed(6))
    zero = torch.zeros_like(g)
    for rows in ((zero, zero, zero), (g, zero, -2 * g), (g, g, g), (g, -g, zero), (1e-12 * g, g, 1e6 * g)):
        gradients = torch.stack(rows)
        result = joined(gradients, method)
        assert result.isfinite().all()
        assert result.norm() <= 3.01 * gradients.norm(dim=1).sum()


@pytest.mark.parametrize("method", METHODS)
def test_the_size_of_the_gradients_changes_only_that_of_the_result(method: str) -> None:
    gradients = torch.randn(3, sum(SIZES), generator=torch.Generator().manual_seed(7))
    results = []
    for scale in (1.0, 1e-6, 1e6):
        torch.manual_seed(0)
        results.append(joined(scale * gradients, method) / scale)
    for result in results[1:]:
        torch.testing.assert_close(result, results[0], rtol=1e-4, atol=1e-5)


def test_imtl_g_serves_a_gradient_that_is_3000_times_shorter() -> None:
    for case in range(20):
        torch.manual_seed(case)
        gradients = torch.randn(3, sum(SIZES)) * torch.tensor([[3000.0], [1.0], [50.0]])
        projections = gradients @ joined(gradients, "imtl_g") / gradients.norm(dim=1)
        torch.testing.assert_close(projections, projections.mean().expand(3), rtol=1e-3, atol=0.0)


def test_what_each_method_promises() -> None:
    for case in range(50):
        torch.manual_seed(case)
        gradients = torch.randn(3, sum(SIZES)) * torch.tensor([[1.0], [3.0], [0.3]])
        norms = gradients.norm(dim=1)
        slack = 1e-5 * norms * norms.max()
        # No task's loss goes up, to the first order.
        assert (gradients @ joined(gradients, "upgrad") >= -slack).all()
        assert (gradients @ joined(gradients, "mgda") >= -slack).all()
        projections = gradients @ joined(gradients, "imtl_g") / norms
        torch.testing.assert_close(projections, projections.mean().expand(3), rtol=1e-3, atol=1e-4)
        assert joined(gradients, "mgda").norm() <= norms.min() * (1 + 1e-5)
        # Of all vectors that near to the mean, CAGrad's serves the worst-off task best.
        mean, conflict_averse = gradients.mean(dim=0), joined(gradients, "cagrad")
        assert (conflict_averse - mean).norm() <= CAGRAD_RADIUS * mean.norm() * (1 + 1e-5)
        near = nn.functional.normalize(torch.randn(1000, 3) @ gradients, dim=1)
        others = mean + CAGRAD_RADIUS * mean.norm() * near
        assert (gradients @ conflict_averse).min() >= (others @ gradients.T).amin(dim=1).max() - slack.min()
        # Where nothing conflicts, PCGrad is the sum.
        agreeing = gradients.abs()
        torch.testing.assert_close(joined(agreeing, "pcgrad"), agreeing.sum(dim=0))
