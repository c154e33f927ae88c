"""A whole sweep with `Trainer.hyperparameter_search(backend="optuna")` of transformers, as a user writes it.

One network for all tasks: MiniLM under three heads, the same as in `benchmarks.sweeps`. A step takes a batch
of every task, random rows, padded to the longest sentence of the batch, and each sentence of a pair in a pass
of its own. `ray_tune` trains this network too. Example: python -m benchmarks.peers.hf_search PLAN RESULT
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer, BatchEncoding

from model.pretrained import minilm_folder

Row = tuple[tuple[list[int], ...], float]
"""Token ids of the sentence or of both, and the label."""

FILES = {
    "sst": ("ids-sst", ["sentence"], "sentiment"),
    "para": ("quora", ["sentence1", "sentence2"], "is_duplicate"),
    "sts": ("sts", ["sentence1", "sentence2"], "similarity"),
}


class Multitask(nn.Module):
    """MiniLM and a head for each task: linear for SST, S-BERT's for Quora, the cosine for STS."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(str(minilm_folder()), dtype=torch.float32)
        self.encoder.pooler = None
        size = self.encoder.config.hidden_size
        self.sst = nn.Sequential(nn.Dropout(dropout), nn.Linear(size, 5))
        self.para = nn.Sequential(nn.Dropout(dropout), nn.Linear(3 * size, 2))

    def embed(self, sentences: BatchEncoding) -> Tensor:
        """Mean of the token vectors."""
        states = self.encoder(**sentences).last_hidden_state
        mask = sentences["attention_mask"].unsqueeze(-1)
        return (states * mask).sum(dim=1) / mask.sum(dim=1)

    def forward(self, texts: dict[str, list[BatchEncoding]], labels: dict[str, Tensor]) -> dict[str, Any]:
        """Sum of the losses, and the raw outputs of each task."""
        losses, outputs = [], {}
        for task, columns in texts.items():
            embedded = [self.embed(column) for column in columns]
            if task == "sst":
                outputs[task] = self.sst(embedded[0])
            elif task == "para":
                u, v = embedded
                outputs[task] = self.para(torch.cat([u, v, (u - v).abs()], dim=-1))
            else:
                outputs[task] = functional.cosine_similarity(*embedded).unsqueeze(-1)
            if task == "sts":
                losses.append(functional.mse_loss(outputs[task].squeeze(-1), labels[task] / 5))
            else:
                losses.append(functional.cross_entropy(outputs[task], labels[task].long()))
        return {"loss": torch.stack(losses).sum(), "logits": outputs}


class Examples:
    """The rows of the plan's files as token ids, and how some of them become a batch.

    Args:
        folder: Holds the course's files.

    Attributes:
        train: One row of each task, side by side.
        dev: For each task its rows.
    """

    def __init__(self, folder: str) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(str(minilm_folder()))
        rows = {task: self._read(Path(folder), task, "train") for task in FILES}
        self.train = [dict(zip(rows, joined, strict=True)) for joined in zip(*rows.values(), strict=True)]
        self.dev = {task: [{task: row} for row in self._read(Path(folder), task, "dev")] for task in FILES}

    def collate(self, items: list[dict[str, Row]]) -> dict[str, Any]:
        """A batch of each task that the items have."""
        tasks = list(items[0])
        texts = {}
        for task in tasks:
            columns = zip(*(item[task][0] for item in items), strict=True)
            texts[task] = [
                self._tokenizer.pad({"input_ids": list(column)}, return_tensors="pt") for column in columns
            ]
        labels = {task: torch.tensor([item[task][1] for item in items]) for task in tasks}
        return {"texts": texts, "labels": labels}

    def _read(self, folder: Path, task: str, split: str) -> list[Row]:
        stem, columns, label = FILES[task]
        table = pd.read_csv(folder / f"{stem}-{split}.csv", sep="\t", keep_default_na=False)
        ids = [
            self._tokenizer(table[column].tolist(), truncation=True, max_length=128)["input_ids"]
            for column in columns
        ]
        return list(zip(zip(*ids, strict=True), table[label].astype(float).tolist(), strict=True))


def score(task: str, outputs: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy, or Pearson's r of the similarity."""
    if task == "sts":
        return float(np.corrcoef(outputs[:, 0].clip(min=0), labels)[0, 1])
    return float((outputs.argmax(axis=1) == labels).mean())


def overall(scores: dict[str, float]) -> float:
    """The paper's mean of the three."""
    return (scores["sst"] + scores["para"] + (scores["sts"] + 1) / 2) / 3


def search(plan: dict[str, Any]) -> list[dict[str, float]]:
    """Runs the plan's trials; each with its settings and the `overall` of its best epoch.

    Args:
        plan: ``data`` (folder), ``space`` (choices of each setting), ``epochs``, ``batch_size``, ``seed``.
    """
    import optuna
    from transformers import EvalPrediction, Trainer, TrainingArguments

    examples, space, studies = Examples(plan["data"]), plan["space"], []

    def compute_metrics(prediction: EvalPrediction) -> dict[str, float]:
        [(task, outputs)] = prediction.predictions.items()
        return {"score": score(task, outputs, prediction.label_ids[task])}

    def compute_objective(metrics: dict[str, float]) -> float:
        return overall({task: metrics[f"eval_{task}_score"] for task in FILES})

    def hp_space(trial: optuna.Trial) -> dict[str, Any]:
        studies.append(trial.study)
        return {
            name: trial.suggest_categorical(name, space[name]) for name in ("learning_rate", "weight_decay")
        }

    def model_init(trial: optuna.Trial | None) -> Multitask:
        return Multitask(trial.suggest_categorical("dropout", space["dropout"]) if trial else 0.1)

    trainer = Trainer(
        model_init=model_init,
        args=TrainingArguments(
            output_dir=plan["output"],
            num_train_epochs=plan["epochs"],
            per_device_train_batch_size=plan["batch_size"],
            per_device_eval_batch_size=plan["batch_size"],
            eval_strategy="epoch",
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            seed=plan["seed"],
            use_cpu=True,
            disable_tqdm=True,
            remove_unused_columns=False,
            label_names=["labels"],
        ),
        data_collator=examples.collate,
        train_dataset=examples.train,
        eval_dataset=examples.dev,
        compute_metrics=compute_metrics,
    )
    trainer.hyperparameter_search(
        hp_space=hp_space,
        compute_objective=compute_objective,
        n_trials=plan["trials"],
        direction="maximize",
        backend="optuna",
        sampler=optuna.samplers.GridSampler(space, seed=plan["seed"]),
    )
    return [
        trial.params | {"overall": max(trial.intermediate_values.values())} for trial in studies[0].trials
    ]


if __name__ == "__main__":
    found = search(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")
