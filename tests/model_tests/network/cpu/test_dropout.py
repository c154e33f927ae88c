import torch

from model.network.cpu.dropout import Dropout, dropout, remembered

VALUES = torch.ones(64, 33)


def drawn(seed: int, p: float = 0.3) -> torch.Tensor:
    torch.manual_seed(seed)
    return dropout(VALUES, p)


def test_remembered_choices_are_those_that_would_be_drawn() -> None:
    alone = [drawn(seed, p) for seed in (1, 2) for p in (0.1, 0.3)]
    with remembered():
        twice = [[drawn(seed, p) for seed in (1, 2) for p in (0.1, 0.3)] for _ in range(2)]
    for found in twice:
        assert all(torch.equal(one, other) for one, other in zip(alone, found, strict=True))
    assert not torch.equal(alone[1], alone[3])


def test_random_state_goes_on_as_if_nothing_were_remembered() -> None:
    drawn(1)
    after = torch.get_rng_state()
    with remembered():
        for _ in range(2):
            drawn(1)
            assert torch.equal(torch.get_rng_state(), after)


def test_gradient_passes_where_values_stay() -> None:
    layer = Dropout(0.3)
    with remembered():
        for _ in range(2):
            torch.manual_seed(1)
            values = VALUES.clone().requires_grad_()
            outputs = layer(values)
            outputs.sum().backward()
            assert values.grad is not None
            # Ones went in: what came out is the slope.
            assert torch.equal(values.grad, outputs.detach())
            assert 0 < int((outputs == 0).sum()) < outputs.numel()
