"""Tables of the hub, offline: `datasets` loads local folders through the same call as datasets of the hub."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from model.data.rows import Rows, read
from model.errors import DataError
from model.sources import HubSource
from model.tasks import Task


def paraphrases(**source: Any) -> Task:
    return Task.model_validate(
        {
            "kind": "pair",
            "classes": 2,
            "metric": "accuracy",
            "text": ["question1", "question2"],
            "label": "label",
            "source": {"kind": "hub", **source},
        }
    )


@pytest.fixture
def datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module: ModuleType = pytest.importorskip("datasets", reason="the extra hub is not installed")
    monkeypatch.setattr(module.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(module.config, "HF_HUB_OFFLINE", True)
    return module


@pytest.fixture
def glue(datasets: ModuleType, tmp_path: Path) -> Callable[..., Task]:
    """A folder in the manner of GLUE's: parquet, a class label, an `idx`, a test split labelled -1."""
    folder = tmp_path / "glue"
    folder.mkdir()
    features = datasets.Features(
        {
            "question1": datasets.Value("string"),
            "question2": datasets.Value("string"),
            "label": datasets.ClassLabel(names=["not_duplicate", "duplicate"]),
            "idx": datasets.Value("int32"),
        }
    )
    splits = {"train": [1, 0, 1], "validation": [0, 1, -1], "test": [-1, -1, -1]}
    for split, labels in splits.items():
        columns = {
            "question1": ["a ", "b", "c"],
            "question2": ["A", "B", "C"],
            "label": labels,
            "idx": [7, 8, 9],
        }
        datasets.Dataset.from_dict(columns, features=features).to_parquet(folder / f"{split}.parquet")

    return lambda **source: paraphrases(**{"path": str(folder), **source})


def test_a_hub_dataset_is_read_with_class_labels_as_numbers(glue: Callable[..., Task]) -> None:
    expected = Rows(
        texts=(("a", "b", "c"), ("A", "B", "C")), labels=(1.0, 0.0, 1.0), ids=("1", "2", "3"), dropped=0
    )
    assert read("para", glue(), "train", None) == expected


def test_a_hub_label_of_minus_one_is_a_missing_one(glue: Callable[..., Task]) -> None:
    with pytest.raises(DataError, match="split 'validation', row 3, column 'label' has no value"):
        read("para", glue(), "dev", None)
    assert read("para", glue(drop_incomplete=True), "dev", None).dropped == 1
    with pytest.raises(DataError, match="split 'test' has no rows: all 3 were incomplete"):
        read("para", glue(dev="test", drop_incomplete=True), "dev", None)


def test_hub_columns_are_checked_by_name_and_type(glue: Callable[..., Task]) -> None:
    with pytest.raises(DataError, match=r"no column 'question3' \(did you mean 'question2'\?\)"):
        read("para", glue().model_copy(update={"text": ("question1", "question3")}), "train", None)
    with pytest.raises(DataError, match="row 1, column 'idx': 7 is no text"):
        read("para", glue().model_copy(update={"text": ("question1", "idx")}), "train", None)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ({"train": "trian"}, 'Unknown split "trian"'),
        ({"subset": "qqp"}, "subset 'qqp'.*'qqp' not found"),
        ({"path": "no-such-owner/no-such-dataset"}, "no-such-dataset.* on the Hub"),
    ],
)
def test_what_the_hub_cannot_load_is_one_error(
    glue: Callable[..., Task], source: dict[str, str], problem: str
) -> None:
    with pytest.raises(DataError, match=problem) as caught:
        read("para", glue(**source), "train", None)
    assert "cannot be loaded" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["/no/such/folder", "./folder"])
def test_a_folder_that_is_not_there_is_no_matter_of_the_network(
    datasets: ModuleType, tmp_path: Path, path: str
) -> None:
    with pytest.raises(DataError, match=f"dataset '{path}': there is no folder {tmp_path / path}") as caught:
        read("para", paraphrases(path=path), "train", tmp_path)
    assert "network" not in str(caught.value)


def test_a_name_that_may_be_a_folder_is_looked_for_in_both_places(
    datasets: ModuleType, tmp_path: Path
) -> None:
    missing = tmp_path / "hubdir"
    with pytest.raises(DataError, match=rf"'hubdir' on the Hub.*there is no folder {missing}; for one"):
        read("para", paraphrases(path="hubdir"), "train", tmp_path)


def test_a_local_folder_lies_below_the_data_folder(datasets: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "hubdir").mkdir()
    (tmp_path / "hubdir" / "train.csv").write_text("question1,question2,label\nc,d,1\n")
    rows = read("para", paraphrases(path="hubdir"), "train", tmp_path)
    assert (rows.texts, rows.labels) == ((("c",), ("d",)), (1.0,))


def test_why_a_local_file_cannot_be_loaded_stands_in_the_line(
    datasets: ModuleType, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "hubdir").mkdir()
    content = "question1,question2,label\ncafé,d,1\n".encode("latin-1")
    (tmp_path / "hubdir" / "train.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"'utf-8' codec can't decode byte 0xe9.*kind: files") as caught:
        read("para", paraphrases(path="hubdir"), "train", tmp_path)
    assert "network" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not caplog.records


def test_a_score_of_minus_one_is_a_label_where_the_range_allows_it(
    datasets: ModuleType, tmp_path: Path
) -> None:
    rows = {"sentence1": ["a", "b"], "sentence2": ["c", "d"], "similarity": [-1.0, 0.5], "id": [0, 1]}
    (tmp_path / "data").mkdir()
    datasets.Dataset.from_dict(rows).to_parquet(tmp_path / "data" / "train.parquet")
    scores = Task(
        kind="pair",
        range=(-1, 1),
        text=("sentence1", "sentence2"),
        label="similarity",
        metric="pearson",
        source=HubSource(path=str(tmp_path / "data")),
    )
    read_rows = read("s", scores, "train", None)
    assert read_rows.labels == (-1.0, 0.5)
    assert read_rows.ids == ("0", "1")


def test_without_the_datasets_package_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(
        DataError, match=r"needs the package `datasets`; pip install 'sentence-sweeper\[hub\]'"
    ):
        read("para", paraphrases(path="nyu-mll/glue"), "train", None)


def test_the_files_of_a_folder_are_read_again_when_they_are_others(
    datasets: ModuleType, tmp_path: Path
) -> None:
    """Also one of the old size and time."""
    folder = tmp_path / "hubdir"
    folder.mkdir()
    for text, label in (("c", 1), ("e", 0)):
        (folder / "train.csv").write_text(f"question1,question2,label\n{text},d,{label}\n")
        os.utime(folder / "train.csv", (10**9, 10**9))
        rows = read("para", paraphrases(path="hubdir"), "train", tmp_path)
        assert (rows.texts, rows.labels) == (((text,), ("d",)), (label,))


def test_a_text_that_is_not_utf_8_is_told_by_row_and_column(datasets: ModuleType, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    (tmp_path / "hubdir").mkdir()
    texts = pa.array([b"d", b"caf\xe9"], pa.binary()).view(pa.string())
    columns = {"question1": ["a", "b"], "question2": texts, "label": [0, 1]}
    parquet.write_table(pa.table(columns), tmp_path / "hubdir" / "train.parquet")
    with pytest.raises(DataError, match=r"split 'train', row 2, column 'question2': a text is not UTF-8"):
        read("para", paraphrases(path="hubdir"), "train", tmp_path)
