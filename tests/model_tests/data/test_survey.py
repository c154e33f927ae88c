"""What files hold, counted in one pass, against pandas."""

import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from model.config import EncoderConfig
from model.data import survey as module
from model.data.rows import read_splits
from model.data.survey import cut_shares, survey
from model.errors import DataError
from model.result import SPLITS
from model.tasks import Task

PAIR = {"kind": "pair", "text": ["one", "other"], "label": "y", "metric": "accuracy"}


def task(**settings: Any) -> Task:
    source = {"kind": "files", **{split: f"{split}.tsv" for split in SPLITS}}
    return Task.model_validate({**PAIR, "classes": 3, "source": source, **settings})


def write(folder: Path, split: str, seed: int, rows: int) -> pd.DataFrame:
    rng = random.Random(seed)  # noqa: S311
    words = ["Red", "red", "blue", "green", "grey", "pink"]
    frame = pd.DataFrame(
        {
            "one": [f"{rng.choice(words)} {rng.randint(0, 9)}" for _ in range(rows)],
            "other": [f"{rng.choice(words)} {rng.randint(0, 9)}" for _ in range(rows)],
            "y": [rng.randint(0, 2) for _ in range(rows)],
        }
    )
    frame.to_csv(folder / f"{split}.tsv", sep="\t", index=False)
    return frame


def test_counts_are_those_of_pandas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = {split: write(tmp_path, split, seed, 3000 + seed) for seed, split in enumerate(SPLITS)}
    keys = {
        split: frame[["one", "other"]].map(str.lower).apply(lambda row: "|".join(sorted(row)), axis=1)
        for split, frame in frames.items()
    }
    monkeypatch.setattr(module, "SAMPLE", 100)
    found = survey("x", task(), SPLITS, tmp_path)
    for split, frame in frames.items():
        counts = frame["y"].value_counts().to_dict()
        assert found[split].labels == counts  # type: ignore[index]
        assert found[split].doubles == keys[split].duplicated().sum()  # type: ignore[index]
        assert len(found[split].sample) == 100  # type: ignore[index]
    assert found["train"].also_in == {}
    assert found["dev"].also_in == {"train": keys["dev"].isin(keys["train"]).sum()}
    assert found["test"].also_in == {
        "train": keys["test"].isin(keys["train"]).sum(),
        "dev": keys["test"].isin(keys["dev"]).sum(),
    }
    first = found["dev"].sample[0]
    assert (*first.texts, first.label) == tuple(frames["dev"].iloc[first.number])


def test_the_sample_is_the_same_wherever_its_rows_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = write(tmp_path, "train", 1, 500)
    monkeypatch.setattr(module, "SAMPLE", 20)
    before = {row.texts for row in survey("x", task(), ("train",), tmp_path)["train"].sample}
    frame[::-1].to_csv(tmp_path / "train.tsv", sep="\t", index=False)
    assert {row.texts for row in survey("x", task(), ("train",), tmp_path)["train"].sample} == before


def test_what_is_left_out_is_counted_by_its_reason(tmp_path: Path) -> None:
    lines = ["a\tb\t1", " \tb\t1", "a\t\t0", "a\tc\t", "a\td\t-", "e\tf\t2"]
    (tmp_path / "train.tsv").write_text("one\tother\ty\n" + "\n".join(lines) + "\n")
    source = {"kind": "files", "train": "train.tsv", "dev": "train.tsv", "drop_incomplete": True}
    found = survey("x", task(missing=["-"], source=source), ("train",), tmp_path)["train"]
    assert (found.rows, found.labels) == (2, {0: 0, 1: 1, 2: 1})
    assert found.why == {"empty text": 2, "empty label": 1, "label declared missing": 1}


def test_the_share_of_texts_that_are_cut_is_known(tmp_path: Path) -> None:
    short, long = "a dog runs", " ".join(["dog"] * 30)
    rows = [f"{long if i % 4 == 0 else short} \t{short}\t1" for i in range(40)]
    (tmp_path / "train.tsv").write_text("one\tother\ty\n" + "\n".join(rows) + "\n")
    found = {"x": survey("x", task(), ("train",), tmp_path)}
    assert cut_shares(EncoderConfig(max_length=8), {"x": task()}, found) == {"x": {"train": 0.25}}
    assert cut_shares(EncoderConfig(max_length=32), {"x": task()}, found) == {"x": {"train": 0.0}}


def test_a_split_by_share_is_counted_as_it_is_read(tmp_path: Path) -> None:
    write(tmp_path, "train", 4, 2000)
    source = {"kind": "files", "train": "train.tsv", "dev": {"share": 0.2, "grouped_by": "one"}}
    found = survey("x", task(source=source), ("train", "dev"), tmp_path)
    assert found["dev"].rows + found["train"].rows == 2000
    assert abs(found["dev"].rows - 400) <= 25
    assert {row.texts[0] for row in found["dev"].sample}.isdisjoint(
        row.texts[0] for row in found["train"].sample
    )


def test_an_error_names_the_task(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"task 'x': file .*train.tsv is missing"):
        survey("x", task(), ("train",), tmp_path)


def test_training_rows_need_no_column_of_groups(tmp_path: Path) -> None:
    """As none is read of them."""
    for split in SPLITS:
        frame = write(tmp_path, split, 1, 30)
        if split != "train":
            frame["topic"] = "a"
            frame.to_csv(tmp_path / f"{split}.tsv", sep="\t", index=False)
    declared = task(groups=["topic"])
    assert {part.rows for part in survey("x", declared, SPLITS, tmp_path).values()} == {30}
    assert read_splits("x", declared, SPLITS, tmp_path)["dev"].groups == {"topic": ("a",) * 30}
    shared = task(groups=["topic"], source={"kind": "files", "train": "train.tsv", "dev": {"share": 0.5}})
    for look in (survey, read_splits):  # of which a part are dev rows
        with pytest.raises(DataError, match=r"train\.tsv has no column 'topic'"):
            look("x", shared, ("train", "dev"), tmp_path)
