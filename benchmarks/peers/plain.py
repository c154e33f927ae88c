"""The course's plain loop, as the authors of the paper ran it: nothing is spared and nothing is sorted.

Random batches, tokenised and padded to their longest sentence as they come, two passes through BERT for a
pair, AdamW parameter by parameter, evaluation in batches in the order of the file. Network, heads, losses,
learning rates and clipping are those of the trial; only its description and its rows are read with our code.
Gradients of the three losses add up task by task, which takes less memory than one sum of all three.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import pearsonr
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from transformers import AutoTokenizer, BertModel, BertTokenizerFast

from benchmarks.paired import Stretch
from benchmarks.precision import autocast
from model.config import TrainConfig
from model.data.rows import Rows, read
from model.device import pick_device
from model.pretrained import minilm_folder
from model.tasks import Task
from sweeper.paths import data_folder

Example = tuple[tuple[str, ...], float]
Batch = tuple[list[dict[str, Tensor]], Tensor]


class PlainModel(nn.Module):
    """BERT and the heads of the arm S-BERT.

    Args:
        dropout: On embeddings and inside heads.
        folder: Of the weights.
    """

    def __init__(self, dropout: float, folder: Path) -> None:
        super().__init__()
        self.bert = BertModel.from_pretrained(folder, add_pooling_layer=False)
        size = self.bert.config.hidden_size
        self.dropout = nn.Dropout(dropout)
        self.sst_first = nn.Linear(size, size)
        self.sst_second = nn.Linear(size, size)
        self.sst_last = nn.Linear(size, 5)
        self.para = nn.Linear(3 * size, 2)
        self.sts_log_scale = nn.Parameter(torch.tensor(5.0).log())

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Mean of the token vectors of each sentence."""
        inputs = {name: values.to(self.bert.device) for name, values in inputs.items()}
        states = self.bert(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        return (states * mask).sum(1) / mask.sum(1)

    def forward(self, task: str, sentences: list[dict[str, Tensor]]) -> Tensor:
        """Logits of a task; each of the two sentences of a pair goes through BERT by itself."""
        embeddings = [self.embed(inputs) for inputs in sentences]
        if task == "sst":
            hidden = functional.relu(self.sst_first(self.dropout(embeddings[0])))
            hidden = functional.relu(self.sst_second(self.dropout(hidden)))
            return self.sst_last(self.dropout(hidden))
        u, v = embeddings
        if task == "para":
            return self.para(self.dropout(torch.cat([u, v, (u - v).abs()], dim=-1)))
        return functional.cosine_similarity(u, v) * self.sts_log_scale.exp()


def plain(config: TrainConfig) -> Iterator[Stretch]:
    """Trains and evaluates; a stretch has the steps that an epoch of the trial has.

    Args:
        config: The trial: the arm S-BERT on the three tasks, each with as many rows as the others.
    """
    torch.manual_seed(config.seed)
    device = pick_device(config)
    folder = minilm_folder() if config.encoder.source == "minilm" else Path(config.encoder.location)
    model = PlainModel(config.dropout, folder).to(device)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    loaders = {name: _loader(config, name, task, tokenizer, "train") for name, task in config.tasks.items()}
    dev = {name: _loader(config, name, task, tokenizer, "dev") for name, task in config.tasks.items()}
    optimizer = _optimizer(model, config)
    per_pass = len(loaders["sst"])
    stretch = config.steps_per_epoch or per_pass
    total = config.epochs * stretch
    warmup = round(config.warmup * total)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: (step + 1) / warmup if step < warmup else (total - step) / max(1, total - warmup),
    )
    batches = {name: _forever(loader) for name, loader in loaders.items()}
    for _ in range(config.epochs):
        began = time.perf_counter()
        model.train()
        losses = dict.fromkeys(loaders, 0.0)
        for _ in range(stretch):
            optimizer.zero_grad()
            for name, stream in batches.items():
                sentences, labels = next(stream)
                with autocast(config, device):
                    outputs = model(name, sentences)
                loss = _loss(name, outputs.float(), labels.to(device))
                loss.backward()
                losses[name] += loss.item() / stretch
            nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm or float("inf"))
            optimizer.step()
            schedule.step()
        trained = time.perf_counter()
        with autocast(config, device):
            scores = {name: _score(model, name, loader) for name, loader in dev.items()}
        yield Stretch(trained - began, time.perf_counter() - trained, losses, scores)


def _optimizer(model: PlainModel, config: TrainConfig) -> torch.optim.AdamW:
    encoder = list(model.bert.parameters())
    heads = [p for name, p in model.named_parameters() if not name.startswith("bert.")]
    groups = [
        {"params": [p for p in part if (p.ndim >= 2) == decayed], "lr": rate}
        | {"weight_decay": config.weight_decay if decayed else 0.0}
        for part, rate in (
            (encoder, config.learning_rate),
            (heads, config.learning_rate * config.head_learning_rate_scale),
        )
        for decayed in (True, False)
    ]
    return torch.optim.AdamW(groups, foreach=False, fused=False)


def _loader(
    config: TrainConfig, name: str, task: Task, tokenizer: BertTokenizerFast, split: Any
) -> DataLoader[Example]:
    rows: Rows = read(name, task, split, data_folder())
    low, high = task.range or (0, 1)

    def collate(examples: list[Example]) -> Batch:
        columns = zip(*(texts for texts, _ in examples), strict=True)
        sentences = [
            dict(
                tokenizer(
                    list(texts),
                    padding=True,
                    truncation=True,
                    max_length=config.encoder.max_length,
                    return_tensors="pt",
                )
            )
            for texts in columns
        ]
        labels = torch.tensor([label for _, label in examples])
        return sentences, ((labels - low) / (high - low) if task.range else labels.long())

    examples = list(zip(zip(*rows.texts, strict=True), rows.labels, strict=True))
    return DataLoader(examples, batch_size=config.batch_size, shuffle=split == "train", collate_fn=collate)


def _forever(loader: DataLoader[Example]) -> Iterator[Batch]:
    while True:
        yield from loader


def _loss(name: str, outputs: Tensor, labels: Tensor) -> Tensor:
    if name == "sts":
        return functional.binary_cross_entropy_with_logits(outputs, labels)
    return functional.cross_entropy(outputs, labels)


@torch.no_grad()
def _score(model: PlainModel, name: str, loader: DataLoader[Example]) -> float:
    model.eval()
    predicted, truth = [], []
    for sentences, labels in loader:
        outputs = model(name, sentences)
        predicted.append((outputs.float().sigmoid() if name == "sts" else outputs.argmax(dim=-1)).cpu())
        truth.append(labels)
    predictions, labels = torch.cat(predicted).numpy(), torch.cat(truth).numpy()
    if name == "sts":
        return float(pearsonr(predictions, labels).statistic)
    return float(np.mean(predictions == labels))
