"""What of a configuration enters its fingerprint, so that work of earlier versions stays valid."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

FIRST = {
    "TrainConfig": (
        *("tasks", "encoder", "dropout", "learning_rate", "head_learning_rate_scale", "weight_decay"),
        *("optimizer", "batch_size", "accumulation", "sampling", "gradient", "gradient_storage"),
        *("gradient_checkpointing", "smart", "mask_words", "remove_dev_rows", "bf16", "epochs"),
        *("steps_per_epoch", "warmup", "schedule", "max_grad_norm", "train_sample", "score_test", "device"),
        *("threads", "seed"),
    ),
    "EncoderConfig": (
        *("source", "name", "pooling", "dropout", "max_length", "layers", "hidden_size", "attention_heads"),
        "vocabulary",
    ),
    "SmartConfig": (
        *("enabled", "mode", "tasks", "strength", "weight", "target_gap", "epsilon", "sigma", "step_size"),
        *("steps", "bregman", "bregman_decays"),
    ),
    "Task": (
        *("kind", "classes", "range", "source", "text", "label", "groups", "metric", "head"),
        *("concatenation", "head_layers", "activation", "loss", "weight", "train_rows", "dev_rows"),
    ),
    "DemoSource": ("kind", "task", "seed"),
    "FilesSource": ("kind", "train", "dev", "test", "drop_incomplete"),
    "HubSource": ("kind", "path", "subset", "train", "dev", "test", "drop_incomplete"),
}
"""The fields of the first fingerprints, in their order. Nothing is ever added, moved or taken out here."""

TOLD = {"TrainConfig": ("precision",)}
"""Fields of today whose value `FIRST` has under another name, which is a property of the settings."""


def canonical(settings: BaseModel) -> dict[str, Any]:
    """The fields that tell a configuration from others, whatever fields later versions add.

    A field of `FIRST` is always among them; a later one only where it is not at its default. So a new field
    leaves every fingerprint as it is that a database or a checkpoint holds, if its default means what was
    done before there was the field, and keeps that meaning for ever.

    Args:
        settings: A configuration, or a part of one.

    Returns:
        The fields by name: those of `FIRST` in its order, then the others by name.
    """
    fields = type(settings).model_fields
    # Without its kind a source of a later version might pass for one of another kind.
    name = type(settings).__name__
    first = FIRST.get(name, ("kind",) if "kind" in fields else ())
    later = (
        name
        for name in sorted(fields.keys() - {*first, *TOLD.get(name, ())})
        if getattr(settings, name) != fields[name].get_default(call_default_factory=True)
    )
    return {name: _plain(getattr(settings, name)) for name in (*first, *later)}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return canonical(value)
    if isinstance(value, Mapping):
        return {key: _plain(below) for key, below in value.items()}
    return value
