"""sentence-transformers' trainer on two data sets: para with its softmax loss, sts with its cosine loss.

`SoftmaxLoss` is a linear layer on (u, v, |u - v|) under cross-entropy and `CosineSimilarityLoss` the squared
error of the cosine: the heads `sbert` (without dropout) and `cosine`. The loader tokenises, pads and takes
turns between the data sets as it comes; the optimizer is the one of transformers' `Trainer`, AdamW, fused.
Rates, warm-up, decay and clipping are those of the trial.
"""

import tempfile
import time
from collections.abc import Iterator
from statistics import mean
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from datasets.utils.logging import disable_progress_bar
from scipy.stats import pearsonr
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss, SoftmaxLoss
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from sentence_transformers.sentence_transformer.training_args import (
    MultiDatasetBatchSamplers,
    SentenceTransformerTrainingArguments,
)
from torch import Tensor
from transformers import PrinterCallback

from benchmarks.paired import Stretch
from benchmarks.precision import in_bf16
from model.config import TrainConfig
from model.data.rows import Rows, read
from model.device import pick_device
from model.pretrained import minilm_folder
from sweeper.paths import data_folder


def sentence_transformers(config: TrainConfig) -> Iterator[Stretch]:
    """Trains all epochs and evaluates once: one stretch.

    Args:
        config: The trial: tasks para and sts in turn.
    """
    disable_progress_bar()
    torch.manual_seed(config.seed)
    folder = str(minilm_folder()) if config.encoder.source == "minilm" else config.encoder.location
    transformer = Transformer(folder, max_seq_length=config.encoder.max_length)
    pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode="mean")
    model = SentenceTransformer(modules=[transformer, pooling], device=str(pick_device(config)))
    losses = {
        "para": SoftmaxLoss(model, pooling.get_embedding_dimension(), num_labels=2),
        "sts": CosineSimilarityLoss(model),
    }
    heard: dict[str, list[float]] = {name: [] for name in losses}
    for name, loss in losses.items():
        loss.register_forward_hook(lambda *call, values=heard[name]: values.append(call[-1].item()))
    with tempfile.TemporaryDirectory() as folder:
        trainer = SentenceTransformerTrainer(
            model=model,
            args=_arguments(config, folder),
            train_dataset={name: _dataset(config, name) for name in losses},
            loss=losses,
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    seconds = next(entry["train_runtime"] for entry in trainer.state.log_history if "train_runtime" in entry)
    began = time.perf_counter()
    scores = _scores(config, model, losses["para"])
    evaluated = time.perf_counter() - began
    yield Stretch(seconds, evaluated, {name: mean(values) for name, values in heard.items()}, scores)


def _arguments(config: TrainConfig, folder: str) -> SentenceTransformerTrainingArguments:
    return SentenceTransformerTrainingArguments(
        output_dir=folder,
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        warmup_steps=config.warmup,
        lr_scheduler_type=config.schedule,
        max_grad_norm=config.max_grad_norm,
        multi_dataset_batch_sampler=MultiDatasetBatchSamplers.ROUND_ROBIN,
        seed=config.seed,
        use_cpu=pick_device(config).type == "cpu",
        bf16=in_bf16(config, pick_device(config)),
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )


def _dataset(config: TrainConfig, name: str) -> Dataset:
    rows = read(name, config.tasks[name], "train", data_folder())
    labels: list[Any] = [int(label) for label in rows.labels]
    if config.tasks[name].range is not None:
        low, high = config.tasks[name].range
        labels = [(label - low) / (high - low) for label in rows.labels]
    return Dataset.from_dict({"sentence1": rows.texts[0], "sentence2": rows.texts[1], "label": labels})


def _scores(config: TrainConfig, model: SentenceTransformer, softmax: SoftmaxLoss) -> dict[str, float]:
    dev = {name: read(name, task, "dev", data_folder()) for name, task in config.tasks.items()}
    embedded = {name: _embedded(config, model, rows) for name, rows in dev.items()}
    u, v = embedded["para"]
    with torch.no_grad():
        classes = softmax.classifier(torch.cat([u, v, (u - v).abs()], dim=-1)).argmax(dim=-1)
    cosines = torch.cosine_similarity(*embedded["sts"])
    return {
        "para": float(np.mean(classes.cpu().numpy() == dev["para"].labels)),
        "sts": float(pearsonr(cosines.clamp(min=0).cpu().numpy(), dev["sts"].labels).statistic),
    }


def _embedded(config: TrainConfig, model: SentenceTransformer, rows: Rows) -> list[Tensor]:
    return [
        model.encode(list(column), batch_size=config.batch_size, convert_to_tensor=True)
        for column in rows.texts
    ]
