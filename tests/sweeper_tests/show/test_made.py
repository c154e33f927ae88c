"""What a trial was made from, in lines, as it is recorded now and as it was before."""

from sweeper.show.made import row_lines

PART = {"read": 10, "dropped": 3, "used": 6, "file": None, "sha256": None, "labels": {}}


def test_rows_are_told_with_why_some_are_left_out() -> None:
    new = PART | {"why": {"empty text": 2, "of no split": 1}, "doubles": 4, "also_in": {}, "cut": 0.0312}
    test = PART | {"dropped": 0, "why": {}, "doubles": 0, "also_in": {"train": 1, "dev": 0}, "cut": 0.0}
    lines = row_lines({"rows": {"sst": {"train": new, "test": test}}, "dev_in_train": {"sst": 0}})
    assert lines == [
        "sst train: 6 of 10 rows, 3 left out (2 empty text, 1 of no split), 1 not in the subset, 4 repeat an "
        "earlier row, 3.1% with a text cut at max_length",
        "sst test: 6 of 10 rows, 4 not in the subset, 1 also in train",
    ]


def test_what_was_recorded_before_is_told_as_far_as_it_goes() -> None:
    lines = row_lines({"rows": {"sst": {"dev": PART}}, "dev_in_train": {"sst": 2}})
    assert lines == ["sst dev: 6 of 10 rows, 3 incomplete and left out, 1 not in the subset, 2 also in train"]
