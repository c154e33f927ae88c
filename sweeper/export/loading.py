"""The lines of Python that load an exported model without sweeper, as its README has them."""

from model.config import TrainConfig
from model.heads import ACTIVATIONS

_POOLED = {
    "mean": """\
    states, mask = encoder(**tokens).last_hidden_state, tokens["attention_mask"].unsqueeze(-1)
    return (states * mask).sum(1) / mask.sum(1)""",
    "max": """\
    states, mask = encoder(**tokens).last_hidden_state, tokens["attention_mask"].unsqueeze(-1)
    return states.masked_fill(mask == 0, float("-inf")).amax(1)""",
    "cls": """\
    return encoder(**tokens).last_hidden_state[:, 0]""",
    "pooler": """\
    return encoder(**tokens).pooler_output""",
}

_LAST, _BEHIND = "encoder(**tokens).last_hidden_state", "encoder(**tokens).pooler_output"
_MIXED = "mixed(encoder(**tokens).hidden_states)"

_MIX = """\
def mixed(states):
    return sum(weight * state for weight, state in zip(weights["layer_weights"], states))

"""

_LINES = """\
import json, pathlib, torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer

folder = pathlib.Path("path/to/this/folder")
tokenizer, encoder = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
heads = json.loads((folder / "heads.json").read_text(encoding="utf-8"))["tasks"]
weights = load_file(folder / "heads.safetensors")

def embed(texts):
    tokens = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
POOLED

@torch.inference_mode()
def predict(task, *columns):
    head, (u, v) = heads[task], [embed(texts) for texts in (*columns, *columns[-1:])[:2]]
    parts = {"u": u, "v": v, "|u-v|": abs(u - v), "u*v": u * v, "cos": torch.cosine_similarity(u, v)[:, None]}
    x = torch.cat([parts[name] for name in head["features"]], dim=1) * head["scale"]
    for layer, function in head["layers"].items():
        x = getattr(torch.nn, function)()(x @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"])
    (low, high), (output, *dim) = head["range"] or (0, 1), head["output"]
    return low + (high - low) * getattr(torch.nn, output)(*dim)(x)
"""

SENTENCE_TRANSFORMERS = """\
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder", device="cpu")

def embed(texts):
    return torch.from_numpy(model.encode(texts))
"""
"""What may stand for the ``embed`` of those lines."""


_EMBED = "def embed(texts):\n"

_PAIR = """\
    head, (u, v) = heads[task], [embed(texts) for texts in (*columns, *columns[-1:])[:2]]
"""

_JOINT = """\
    head, texts = heads[task], [*zip(*columns)] if heads[task]["pair_encoding"] == "joint" else columns[0]
    u, v = [embed(one) for one in (texts, texts if head["features"] == ["u"] else columns[1])]
"""
"""The same where a task has its pairs in one sequence: both libraries take a list of tuples as pairs."""

_SHARED = """\
    if head["features"] != ["u"]:
        layer, bias = weights["pair_layer.weight"], weights["pair_layer.bias"]
        u, v = (torch.nn.ACTIVATION()(x @ layer.T + bias) for x in (u, v))
"""


def loading_lines(config: TrainConfig, *, pooler: bool) -> str:
    """Python that needs torch, transformers and safetensors, and defines ``predict``.

    ``predict(task, texts)``, or ``predict(task, texts, others)`` for pairs, gives probabilities
    ``[rows, classes]`` or scores ``[rows, 1]``.

    Args:
        config: The trial, of whose settings the lines have the pooling, the mixture of
            the layers and the layer of the pairs.
        pooler: Whether its [CLS] goes through a layer of BERT's own.
    """
    pooling = config.encoder.pooling
    pooled = _POOLED["pooler" if pooling == "cls" and pooler else pooling]
    shared = ""
    if config.pair_layer is not None:
        shared = _SHARED.replace("ACTIVATION", ACTIVATIONS[config.pair_layer].name)
    joint = any(task.pair_encoding == "joint" for task in config.tasks.values())
    embedded = _JOINT if joint else _PAIR
    mix = ""
    if config.encoder.layer_pooling == "weighted":
        mix = _MIX
        pooled = pooled.replace(_LAST, _MIXED).replace(_BEHIND, f"encoder.pooler({_MIXED})")
    return _LINES.replace("POOLED", pooled).replace(_PAIR, embedded + shared).replace(_EMBED, mix + _EMBED)
