"""An exported encoder by other libraries: its layer on [CLS], wherever its activation stands."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedTokenizerFast

from model.config import EncoderConfig, TrainConfig
from model.data.keptcorpus import kept_corpus
from model.data.rows import read
from model.data.tokenizer import SPECIAL, build_tokenizer
from model.errors import EncoderError
from model.export import export
from model.files import RunFolder
from model.trainer import train
from tests.model_tests.made import DEMO, config

TEXTS = list(read("sst", DEMO["sst"], "dev", None).texts[0])
KINDS: dict[str, dict[str, Any]] = {
    "albert": {"embedding_size": 8, "num_hidden_groups": 1},
    "big_bird": {"attention_type": "original_full", "sep_token_id": 3},
    "mobilebert": {"embedding_size": 8, "intra_bottleneck_size": 16},
    "mpnet": {},
}


def trial(kind: str, folder: Path) -> TrainConfig:
    """One of a small encoder of a kind, which it leaves in a folder with its tokenizer."""
    ours = build_tokenizer(EncoderConfig(vocabulary=300, max_length=16), TEXTS)
    pad, unknown, cls, sep, mask = SPECIAL
    PreTrainedTokenizerFast(
        tokenizer_object=ours.backend,
        pad_token=pad,
        unk_token=unknown,
        cls_token=cls,
        sep_token=sep,
        mask_token=mask,
    ).save_pretrained(folder)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    rest = {"vocab_size": ours.vocabulary_size, "max_position_embeddings": 40, "pad_token_id": 0}
    torch.manual_seed(0)
    model = AutoModel.from_config(AutoConfig.for_model(kind, **sizes | rest | KINDS[kind]))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3)  # embeddings that differ
    model.save_pretrained(folder)
    encoder = {"source": "hub", "name": str(folder), "pooling": "cls", "max_length": 16}
    return config(tasks={"sst": DEMO["sst"]}, encoder=encoder, epochs=1, steps_per_epoch=1)


def exported(kind: str, folder: Path) -> Path:
    """Where the trial's model is exported to."""
    given, cache = trial(kind, folder / kind), folder / "cache"
    list(train(given, folder / "run", data=None, cache=cache))
    corpus = kept_corpus(given, None, cache)
    export(given, corpus, RunFolder(folder / "run").weights, folder / "exported")
    return folder / "exported"


@pytest.mark.parametrize("kind", ["albert", "big_bird", "mpnet"])
def test_a_layer_on_cls_embeds_as_the_encoder_s_own(kind: str, tmp_path: Path) -> None:
    library = pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    folder = exported(kind, tmp_path)
    embedded = library.SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    tokenizer, plain = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        expected = [
            plain(**tokenizer(text, truncation=True, return_tensors="pt")).pooler_output[0] for text in TEXTS
        ]
    np.testing.assert_allclose(embedded, torch.stack(expected).numpy(), atol=2e-5)


def test_nothing_is_written_of_a_layer_that_others_cannot_compute(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="MobileBertPooler is not known to be BERT's layer with tanh"):
        exported("mobilebert", tmp_path)
    assert not (tmp_path / "exported").exists()
