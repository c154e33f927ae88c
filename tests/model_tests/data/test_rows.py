"""Reading and checking rows: demo and files, every kind of damage, one clear error each."""

import codecs
from pathlib import Path
from typing import Any

import pytest

from model.config import TrainConfig
from model.data.demo import corpus as demo
from model.data.rows import Rows, check, read
from model.errors import DataError
from model.tasks import Task

HEADER = "\tid\tsentence\tsentiment\n"
GOOD = HEADER + "0\ta1\t A fine film . \t3\n1\tb2\tA dull film .\t1.0\n"
GRADES = {"kind": "single", "classes": 5, "text": ["sentence"], "label": "sentiment", "metric": "accuracy"}
PAIRS = {"kind": "pair", "text": ["sentence1", "sentence2"], "label": "similarity", "metric": "pearson"}


def task(source: dict[str, Any], **settings: Any) -> Task:
    return Task.model_validate({**GRADES, "source": source, **settings})


def files(**settings: Any) -> Task:
    return task({"kind": "files", "train": "train.csv", "dev": "dev.csv", **settings})


def read_text(folder: Path, content: str | bytes, of: Task | None = None) -> Rows:
    (folder / "train.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    return read("sst", of or files(), "train", folder)


def test_a_file_is_read_stripped_and_numbered(tmp_path: Path) -> None:
    assert read_text(tmp_path, GOOD) == Rows(
        texts=(("A fine film .", "A dull film ."),), labels=(3.0, 1.0), ids=("a1", "b2"), dropped=0
    )


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_data(tmp_path: Path) -> None:
    plain = read_text(tmp_path, GOOD)
    assert read_text(tmp_path, codecs.BOM_UTF8 + GOOD.replace("\n", "\r\n").encode()) == plain


def test_quoting_is_that_of_the_csv_module(tmp_path: Path) -> None:
    text = HEADER + '0\ta\t"He said ""no"",\n\ttwice"\t3\n\n1\tb\t5\'9" tall "or" so\t2\n'
    assert read_text(tmp_path, text).texts == (('He said "no",\n\ttwice', '5\'9" tall "or" so'),)


def test_without_an_id_the_row_number_stands_in(tmp_path: Path) -> None:
    rows = read_text(tmp_path, "sentence\tsentiment\nx\t0\n\t1\ny\t2\n", files(drop_incomplete=True))
    assert rows.ids == ("1", "3")
    assert read_text(tmp_path, "id\tsentence\tsentiment\n\tx\t0\n").ids == ("1",)


def test_incomplete_rows_are_dropped_and_counted_on_request(tmp_path: Path) -> None:
    text = GOOD + "2\tc\t   \t2\n3\td\tno label\t\n4\te\tshort row\n5\tf\tlast\t4\n"
    rows = read_text(tmp_path, text, files(drop_incomplete=True))
    assert (rows.ids, rows.dropped) == (("a1", "b2", "f"), 3)


DAMAGED: list[tuple[str, str | bytes, str, list[str]]] = [
    ("no label", GOOD + "2\tc\tgood\t\n", "line 4, column 'sentiment' has no value", ["drop_incomplete"]),
    ("short row", GOOD + "2\tc\tgood\n", "line 4, column 'sentiment' has no value", ["drop_incomplete"]),
    ("empty text", GOOD + "2\tc\t  \t1\n", "line 4, column 'sentence' has no value", ["drop_incomplete"]),
    ("word", GOOD + "2\tc\tgood\tgreat\n", "line 4, column 'sentiment': label 'great' is not a number",
     ["0 to 4"]),
    ("fraction", GOOD + "2\tc\tgood\t2.5\n", "line 4, column 'sentiment': label '2.5' is not a whole",
     ["0 to 4"]),
    ("too high", GOOD + "2\tc\tgood\t5\n", "line 4, column 'sentiment': label '5' is out of range",
     ["0 to 4"]),
    ("too low", GOOD + "2\tc\tgood\t-1\n", "line 4, column 'sentiment': label '-1' is out of range",
     ["0 to 4"]),
    ("nan", GOOD + "2\tc\tgood\tnan\n", "line 4, column 'sentiment': label 'nan' is not finite", ["0 to 4"]),
    ("infinite", GOOD + "2\tc\tgood\t1e999\n", "line 4, column 'sentiment': label '1e999' is not finite", []),
    ("line after a long row", HEADER + '0\ta\t"x\ny"\t1\n1\tb\tz\t9\n', "line 4, column 'sentiment'",
     ["'9'"]),
    ("long id", f"{GOOD}2\t{1001 * 'c'}\tgood\t1\n", "line 4, column 'id': 'ccc",
     ["has 1,001 signs", "may have 1,000"]),
    ("extra tab", GOOD + "2\tc\tgood\tfilm\t3\n", "line 4 has 5 fields, the header 4", ["tab"]),
    ("wrong column", GOOD.replace("sentiment", "sentimant"), "no column 'sentiment'",
     ["did you mean 'sentimant'"]),
    ("latin-1", (GOOD + "2\tc\tcafé\t1\n").encode("latin-1"), "line 4: byte 76 (0xe9) is not UTF-8",
     ["save"]),
    ("nul byte", GOOD + "2\tc\tgo\0od\t1\n", "line 4: NUL byte at 75", ["damaged"]),
    ("empty file", "", "has no header line", []),
    ("blank first line", "\n" + GOOD, "has no header line", []),
    ("no rows", HEADER, "has no rows", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "problem", "hints"), [row[1:] for row in DAMAGED], ids=[row[0] for row in DAMAGED]
)
def test_damage_is_one_error_with_file_place_and_way_out(
    tmp_path: Path, content: str | bytes, problem: str, hints: list[str]
) -> None:
    with pytest.raises(DataError) as caught:
        read_text(tmp_path, content)
    message = str(caught.value)
    assert message.startswith(f"task 'sst': file {tmp_path / 'train.csv'}")
    for part in [problem, *hints]:
        assert part in message
    assert "\n" not in message


def test_a_group_has_a_name_of_some_signs(tmp_path: Path) -> None:
    """As an array every row takes as much as the longest: one cell would fill the memory."""
    (tmp_path / "dev.csv").write_text(f"sentence\tsentiment\ttopic\nx\t0\ta\ny\t1\t{'b' * 1001}\n")
    source = {"kind": "files", "train": "train.csv", "dev": "dev.csv"}
    with pytest.raises(
        DataError, match=r"dev\.csv, line 3, column 'topic': .* 1,001 signs; the name of a group"
    ):
        read("sst", task(source, groups=["topic"]), "dev", tmp_path)
    assert read("sst", task(source), "dev", tmp_path).labels == (0.0, 1.0)


@pytest.mark.parametrize("label", ["nan", "7", "great"])
def test_a_wrong_label_is_never_dropped(tmp_path: Path, label: str) -> None:
    with pytest.raises(DataError, match="line 4"):
        read_text(tmp_path, GOOD + f"2\tc\tgood\t{label}\n", files(drop_incomplete=True))


def test_nothing_left_after_dropping_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no rows: all 2 were incomplete and dropped"):
        read_text(tmp_path, HEADER + "0\ta\tx\t\n1\tb\t\t1\n", files(drop_incomplete=True))


def test_scores_may_be_any_number_of_the_range(tmp_path: Path) -> None:
    source = {"kind": "files", "train": "train.csv", "dev": "dev.csv"}
    pairs = Task.model_validate({**PAIRS, "range": [-1, 5], "source": source})
    header = "sentence1\tsentence2\tsimilarity\n"
    rows = read_text(tmp_path, header + "a\tb\t4.75\nc\td\t-1\n", pairs)
    assert rows.texts == (("a", "c"), ("b", "d"))
    assert rows.labels == (4.75, -1.0)
    with pytest.raises(DataError, match=r"line 2, column 'similarity': label '5.1' .* range is -1 to 5"):
        read_text(tmp_path, header + "a\tb\t5.1\n", pairs)


def test_the_data_folder_must_be_set_and_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no data folder is set for file 'train.csv'; set SWEEPER_DATA"):
        read("sst", files(), "train", None)
    for folder in (tmp_path / "none", tmp_path / "f"):
        (tmp_path / "f").touch()
        with pytest.raises(DataError, match=rf"{folder} \(SWEEPER_DATA\) is not a folder"):
            read("sst", files(), "train", folder)


def test_a_missing_file_is_named_with_its_nearest_neighbour(tmp_path: Path) -> None:
    (tmp_path / "trian.csv").touch()
    with pytest.raises(DataError, match=r"train.csv is missing \(did you mean 'trian.csv'\?\)"):
        read("sst", files(), "train", tmp_path)
    with pytest.raises(DataError, match=r"dev.csv is missing"):
        read("sst", files(), "dev", tmp_path)


@pytest.mark.parametrize("name", ["../train.csv", "a/../../train.csv", "/etc/hostname", "a\0b"])
def test_a_path_that_leaves_the_data_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "train.csv").write_text(GOOD)
    (tmp_path / "data" / "a").mkdir(parents=True)
    with pytest.raises(DataError, match="outside the data folder"):
        read("sst", task({"kind": "files", "train": name, "dev": name}), "train", tmp_path / "data")


def test_a_path_into_the_data_folder_is_written_below_it(tmp_path: Path) -> None:
    whole = str(tmp_path / "a" / "train.csv")
    with pytest.raises(DataError, match=r"train.csv': write 'a/train.csv', its path below"):
        read("sst", task({"kind": "files", "train": whole, "dev": whole}), "train", tmp_path)


def test_a_name_that_the_system_refuses_is_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read("sst", task({"kind": "files", "train": "x" * 5000, "dev": "y"}), "train", tmp_path)


def test_a_file_in_a_subfolder_is_fine(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "t.csv").write_text(GOOD)
    assert len(read("sst", task({"kind": "files", "train": "sub/t.csv", "dev": "d"}), "train", tmp_path)) == 2


def test_the_demo_corpus_is_read_with_its_noisy_labels() -> None:
    rows = read("x", task({"kind": "demo", "task": "sst", "seed": 3}), "dev", None)
    expected = demo.examples("sst", "dev", 3)
    assert rows.texts == (tuple(row.texts[0] for row in expected),)
    assert rows.labels == tuple(row.label for row in expected)
    assert rows.ids[:2] == ("1", "2")


def test_demo_columns_and_labels_are_checked_like_any_other() -> None:
    with pytest.raises(DataError, match="the demo corpus 'para' has no column 'sentence'"):
        read("x", task({"kind": "demo", "task": "para"}), "train", None)
    with pytest.raises(DataError, match=r"label [34] is out of range; the task has classes 0 to 2"):
        read("x", task({"kind": "demo", "task": "sst"}, classes=3), "train", None)


def test_a_subset_is_fixed_ordered_and_part_of_every_larger_one() -> None:
    source = {"kind": "demo", "task": "sst"}
    whole = read("sst", task(source), "train", None)

    def ids(count: int, name: str = "sst") -> list[int]:
        rows = read(name, task(source, train_rows=count), "train", None)
        assert rows.texts[0] == tuple(whole.texts[0][int(i) - 1] for i in rows.ids)
        assert rows.labels == tuple(whole.labels[int(i) - 1] for i in rows.ids)
        return [int(i) for i in rows.ids]

    assert len(ids(100)) == 100
    assert ids(100) == sorted(ids(100)) == ids(100)
    assert set(ids(100)) < set(ids(300))
    assert ids(100, name="other") != ids(100)
    assert read("sst", task(source, train_rows=10**6), "train", None) == whole
    assert len(read("sst", task(source, train_rows=5, dev_rows=7), "dev", None)) == 7


def test_check_reads_every_split_of_every_task(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(GOOD)
    (tmp_path / "dev.csv").write_text(GOOD + "2\tc\t\t1\n")
    config = TrainConfig(tasks={"a": task({"kind": "demo", "task": "sst"}), "b": files()})
    with pytest.raises(DataError, match=r"task 'b': file .*dev.csv, line 4"):
        check(config, tmp_path)
    config = TrainConfig(tasks={"b": files(drop_incomplete=True)})
    assert check(config, tmp_path)["b"]["dev"].dropped == 1


# The course's own files, where they are at hand.


@pytest.fixture
def course_files() -> Path:
    beside = Path(__file__).parents[4] / "shared" / "data" / "cs224n"
    if not beside.is_dir():
        pytest.skip(f"the CS224N files are not at {beside}")
    return beside


@pytest.mark.parametrize(
    ("stem", "declared", "sizes"),
    [
        ("ids-sst", GRADES, (8544, 1101)),
        ("sts", {**PAIRS, "range": [0, 5]}, (6040, 863)),
        ("quora", {**PAIRS, "classes": 2, "label": "is_duplicate", "metric": "accuracy"}, (14000, 4200)),
    ],
)  # fmt: skip
def test_the_course_files_are_read_whole(
    course_files: Path, stem: str, declared: dict[str, Any], sizes: tuple[int, int]
) -> None:
    source = {"kind": "files", "train": f"{stem}-train.csv", "dev": f"{stem}-dev.csv"}
    config = TrainConfig(tasks={"task": Task.model_validate({**declared, "source": source})})
    rows = check(config, course_files)["task"]
    assert (len(rows["train"]), len(rows["dev"])) == sizes
    assert rows["train"].dropped == rows["dev"].dropped == 0
    assert all(len(set(split.ids)) == len(split) for split in rows.values())
