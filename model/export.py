"""A trained trial as a folder that `transformers` and `sentence_transformers` load."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from .config import TrainConfig
from .data.corpus import Corpus
from .data.tokenizer import SPECIAL, loaded_tokenizer
from .evaluation import predictions, scores
from .heads import ACTIVATIONS, HEADS
from .losses import LOSSES
from .network.clslayer import tanh_layer_of
from .network.encoder import SentenceEncoder
from .network.heads import CosineHead, FeatureHead
from .network.layermix import LayerMix
from .network.lora import merge
from .precision import computing
from .predictions import Predictions
from .predictor import Predictor
from .pretrained import minilm_folder
from .tasks import Task

_MODULES = "sentence_transformers.models"


_FLAGS = {"cls": "cls_token", "mean": "mean_tokens", "max": "max_tokens"}
"""What sentence-transformers of every version calls the poolings."""


@dataclass(frozen=True)
class Exported:
    """What was exported.

    Attributes:
        epoch: Epoch of the weights, from 1.
        scores: Its dev scores, computed from the weights: ``overall``, or the mean of the trained tasks in
            its place, and each of these.
        predicted: The dev predictions that they are of.
    """

    epoch: int
    scores: dict[str, float]
    predicted: dict[str, Predictions]


def export(config: TrainConfig, corpus: Corpus, weights: Path, folder: Path) -> Exported:
    """Writes the encoder, its tokenizer and pooling, and the heads; scores them on dev.

    Low-rank adapters are merged into its weights, which are scored as they are written.

    They are scored in fp32, in which those compute who load the folder, whatever the trial was trained in.

    The folder holds ``config.json``, ``model.safetensors`` and the tokenizer's files (transformers),
    ``modules.json`` with its parts (sentence-transformers), and ``heads.safetensors`` with ``heads.json``.

    Args:
        config: The trial.
        corpus: Its data, from which a tiny encoder has its vocabulary.
        weights: What the trainer kept of its best epoch.
        folder: Where the files go; made where it does not exist.

    Raises:
        EncoderError: If the encoder cannot be loaded, or pools in a way of its own; nothing is written then.
    """
    config, objective = config.of_trained(), config.objective
    trained = Predictor(config.model_copy(update={"precision": "fp32"}), corpus.tokenizer, weights)
    model = trained.model
    dense = tanh_layer_of(model.encoder.bert)  # before anything is written, as it may be refused
    if config.encoder.lora.rank:
        merge(model.encoder.bert)
    with computing(trained.device, trained.precision):
        predicted = predictions(model, corpus.dev, corpus.tokenizer.pad_id, trained.device)
    dev = scores(config.tasks, predicted)
    model.to("cpu")
    folder.mkdir(parents=True, exist_ok=True)
    if model.encoder.mix is not None:
        model.encoder.bert.config.output_hidden_states = True
    model.encoder.bert.save_pretrained(folder)
    _tokenizer(config, corpus).save_pretrained(folder)
    _write_modules(folder, config, model.encoder, dense)
    above = model.heads.state_dict()
    if isinstance(model.pair_layer, nn.Sequential):
        above |= {f"pair_layer.{name}": tensor for name, tensor in model.pair_layer[0].state_dict().items()}
    if model.encoder.mix is not None:
        above["layer_weights"] = model.encoder.mix.weights().detach()
    save_file({name: tensor.contiguous() for name, tensor in above.items()}, folder / "heads.safetensors")
    shared = {} if config.pair_layer is None else {"pair_layer": ACTIVATIONS[config.pair_layer].name}
    heads = {
        "embedding_size": model.encoder.embedding_size,
        **shared,
        objective: config.overall.words(config.tasks, objective),
        "tasks": {
            name: task.model_dump(mode="json", exclude={"source"}) | _applied(name, task, model.heads[name])
            for name, task in config.tasks.items()
        },
    }
    _write(folder / "heads.json", heads)
    with safe_open(weights, framework="pt") as file:
        epoch = int(file.metadata()["epoch"])
    return Exported(epoch, {objective: config.overall.score(config.tasks, dev), **dev}, predicted)


_FEATURES = {
    "uv": ["u", "v"],
    "uv_absdiff": ["u", "v", "|u-v|"],
    "uv_absdiff_product": ["u", "v", "|u-v|", "u*v"],
}


def _applied(name: str, task: Task, head: nn.Module) -> dict[str, object]:
    """How a head is applied, for those who load it with torch alone.

    Returns:
        What it sees of the embeddings u and v, times what scale, its linear layers, each with the module of
        torch behind it, and the module that its output goes through, with that one's argument; nothing of a
        head of another kind than ours.
    """
    applied: dict[str, object] = {"class_names": list(task.class_names)}
    output: tuple[object, ...] = ("Softmax", 1)
    loss = LOSSES[task.loss]
    if task.range is not None:
        clamped = "ReLU" if HEADS[task.head].nonnegative else "Identity"
        output = ("Sigmoid" if loss.logits else "Hardsigmoid" if loss.ranks else clamped,)
    if isinstance(head, CosineHead):
        # torch's Hardsigmoid is x / 6 + 1 / 2 between 0 and 1.
        plain = 3.0 if loss.ranks else 1.0
        scale = plain if head.log_scale is None else head.log_scale.exp().item()
        return applied | {"features": ["cos"], "scale": scale, "layers": {}, "output": output}
    if not isinstance(head, FeatureHead):
        return applied
    modules = [(number, one) for number, one in enumerate(head.layers) if not isinstance(one, nn.Dropout)]
    layers = {
        f"{name}.layers.{number}": "Identity" if isinstance(behind, nn.Linear) else type(behind).__name__
        for (number, one), (_, behind) in zip(modules, [*modules[1:], modules[-1]], strict=True)
        if isinstance(one, nn.Linear)
    }
    features = _FEATURES[head.concatenation] if task.columns == 2 else ["u"]
    return applied | {"features": features, "scale": 1.0, "layers": layers, "output": output}


def _tokenizer(config: TrainConfig, corpus: Corpus) -> PreTrainedTokenizerBase:
    encoder = config.encoder
    if encoder.source == "tiny":
        pad, unknown, cls, sep, mask = SPECIAL
        return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
            tokenizer_object=corpus.tokenizer.backend,
            pad_token=pad,
            unk_token=unknown,
            cls_token=cls,
            sep_token=sep,
            mask_token=mask,
            model_max_length=encoder.max_length,
            model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        )
    source = str(minilm_folder()) if encoder.source == "minilm" else encoder.location
    return loaded_tokenizer(source, model_max_length=encoder.max_length)


def _write_modules(
    folder: Path, config: TrainConfig, encoder: SentenceEncoder, dense: nn.Linear | None
) -> None:
    """The chain of sentence-transformers: encoder, mixture of its layers, pooling, BERT's layer on [CLS]."""
    size = encoder.embedding_size
    mixed = [] if encoder.mix is None else [("1_WeightedLayerPooling", "WeightedLayerPooling")]
    modules = [("", "Transformer"), *mixed, ("1_Pooling", "Pooling")]
    if encoder.mix is not None:
        _write_mix(folder / "1_WeightedLayerPooling", encoder.mix, size)
    pooling: dict[str, object] = {
        f"pooling_mode_{flag}": mode == encoder.pooling for mode, flag in _FLAGS.items()
    }
    (folder / "1_Pooling").mkdir()
    _write(folder / "1_Pooling/config.json", {"word_embedding_dimension": size} | pooling)
    if dense is not None:
        modules.append(("2_Dense", "Dense"))
        _write_dense(folder / "2_Dense", dense)
    chain = [
        {"idx": number, "name": str(number), "path": path, "type": f"{_MODULES}.{kind}"}
        for number, (path, kind) in enumerate(modules)
    ]
    (folder / "modules.json").write_text(json.dumps(chain, indent=2) + "\n", encoding="utf-8")
    _write(
        folder / "sentence_bert_config.json",
        {"max_seq_length": config.encoder.max_length, "do_lower_case": False},
    )
    _write(folder / "config_sentence_transformers.json", {"similarity_fn_name": "cosine"})


def _write_mix(folder: Path, mix: LayerMix, size: int) -> None:
    """The learned mixture of the layers, as a module of sentence-transformers."""
    folder.mkdir()
    weights = mix.weights().detach()
    settings = {"word_embedding_dimension": size, "num_hidden_layers": len(weights) - 1, "layer_start": 0}
    _write(folder / "config.json", settings)
    save_file({"layer_weights": weights}, folder / "model.safetensors")


def _write_dense(folder: Path, layer: nn.Linear) -> None:
    """BERT's pooler, a layer and tanh on the vector of [CLS], as a module of sentence-transformers."""
    folder.mkdir()
    settings = {
        "in_features": layer.in_features,
        "out_features": layer.out_features,
        "bias": layer.bias is not None,
        "activation_function": "torch.nn.modules.activation.Tanh",
    }
    _write(folder / "config.json", settings)
    state = {f"linear.{name}": tensor.contiguous() for name, tensor in layer.state_dict().items()}
    save_file(state, folder / "model.safetensors")


def _write(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
