"""One encoder under the heads of all tasks."""

import torch
from torch import nn

from model.network.multitask import MultitaskEncoder
from tests.model_tests.made import TASKS, TINY, config

NAMES = sorted(
    name for name in dir(nn.ModuleDict()) if name.isidentifier() and name.islower() and name[0] != "_"
)
NAMES.remove("training")  # which a task may not be called


def test_a_task_may_be_called_as_anything_of_pytorch_s() -> None:
    assert {"type", "values", "train", "keys"} <= {*NAMES}
    tasks = dict.fromkeys(NAMES, TASKS["sst"])
    model = MultitaskEncoder(config(tasks=tasks, encoder=TINY), 300, 0).eval()
    ids = torch.ones(2, 3, dtype=torch.long)
    assert all(model(name, 1, ids, torch.ones_like(ids)).shape == (2, 5) for name in NAMES)
    assert {key.split(".")[1] for key in model.state_dict() if key.startswith("heads.")} == {*NAMES}
    other = MultitaskEncoder(config(tasks=tasks, encoder=TINY), 300, 0)
    other.load_state_dict(model.state_dict())
    assert len(list(model.heads.parameters())) == 2 * len(NAMES)
    assert not any(head.training for head in model.heads.children())
