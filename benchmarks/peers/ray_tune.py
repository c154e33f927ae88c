"""A whole sweep with Ray Tune and its OptunaSearch, over a plain training function, as a user would write it.

The network and the rows are those of `hf_search`; the loop is the one that everybody writes. One trial after
the other on both cores or two side by side, as the plan says.

Example: python -m benchmarks.peers.ray_tune PLAN RESULT
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import ray
import torch
from ray import tune
from ray.tune.search.optuna import OptunaSearch

NAMES = ("learning_rate", "dropout", "weight_decay")


def train(config: dict[str, Any], plan: dict[str, Any]) -> None:
    """One trial; reports `overall` after every epoch.

    Args:
        config: Learning rate, dropout and weight decay.
        plan: See `search`.
    """
    from torch.utils.data import DataLoader
    from transformers import get_linear_schedule_with_warmup

    from benchmarks.peers.hf_search import Examples, Multitask, overall, score

    torch.set_num_threads(plan["cpus"])
    torch.manual_seed(plan["seed"])
    examples = Examples(plan["data"])
    model = Multitask(config["dropout"])
    parameters = list(model.named_parameters())
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for _, p in parameters if p.ndim >= 2], "weight_decay": config["weight_decay"]},
            {"params": [p for _, p in parameters if p.ndim < 2], "weight_decay": 0.0},
        ],
        lr=config["learning_rate"],
    )
    size = plan["batch_size"]
    batches = DataLoader(examples.train, size, shuffle=True, collate_fn=examples.collate)
    steps = len(batches) * plan["epochs"]
    schedule = get_linear_schedule_with_warmup(optimizer, 0, steps)
    for _ in range(plan["epochs"]):
        model.train()
        for batch in batches:
            model(**batch)["loss"].backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
        model.eval()
        scores = {}
        with torch.no_grad():
            for task, rows in examples.dev.items():
                outputs, labels = [], []
                for batch in DataLoader(rows, size, collate_fn=examples.collate):
                    outputs.append(model(**batch)["logits"][task].numpy())
                    labels.append(batch["labels"][task].numpy())
                scores[task] = score(task, np.concatenate(outputs), np.concatenate(labels))
        tune.report({"overall": overall(scores)})


def search(plan: dict[str, Any]) -> list[dict[str, float]]:
    """Runs the plan's trials; each with its settings and the `overall` of its best epoch.

    Args:
        plan: ``data`` (folder), ``space`` (choices of each setting), ``configurations``, ``epochs``,
            ``batch_size``, ``seed``, ``output`` (folder), ``cpus`` (of a trial, of two in all).
    """
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
        _node_ip_address="127.0.0.1",
        runtime_env={"env_vars": {"PYTHONPATH": str(Path(__file__).parents[2])}},
    )
    tuner = tune.Tuner(
        tune.with_resources(tune.with_parameters(train, plan=plan), {"cpu": plan["cpus"]}),
        param_space={name: tune.choice(choices) for name, choices in plan["space"].items()},
        tune_config=tune.TuneConfig(
            metric="overall",
            mode="max",
            search_alg=OptunaSearch(points_to_evaluate=plan["configurations"]),
            num_samples=plan["trials"],
            reuse_actors=True,  # else every trial would load torch and transformers again
        ),
        run_config=tune.RunConfig(storage_path=plan["output"], verbose=0),
    )
    found = []
    for result in tuner.fit():
        if result.error is not None:
            raise result.error
        curve = result.metrics_dataframe
        found.append(
            {name: result.config[name] for name in NAMES} | {"overall": float(curve["overall"].max())}
        )
    return found


if __name__ == "__main__":
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    results = search(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    Path(sys.argv[2]).write_text(json.dumps(results), encoding="utf-8")
