"""Delimited text: read as it is written, and one clear error where quotation marks swallow rows."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from model.data.files import file_table
from model.data.table import DataTable
from model.errors import DataError
from model.sources import FilesSource
from tests.model_tests.data.differential import Written, compare, tables

Rows = list[tuple[object, ...]]
Write = Callable[..., DataTable]

VERSES = (
    "id\tsentence\tlabel\n"
    '1\t"Quoted start of a verse,\t0\n'
    "2\ta second row\t1\n"
    "3\tanother row\t0\n"
    '4\tand here it ends."\t1\n'
)
PARAPHRASES = (
    "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n"
    '0\t390614\t390727\tIt got up , " he said .\t" It got up on his radar .\n'
    '1\t17\t18\tHe said "no" .\t"No" , he said .\n'
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_table(content: str, name: str = "t.tsv", **source: Any) -> DataTable:
        (tmp_path / name).write_bytes(content.encode())
        return file_table(FilesSource(train=name, dev=name, **source), "train", tmp_path)

    return write_table


def rows_of(table: DataTable, *columns: str | int) -> Rows:
    chunks = table.chunks(columns or range(1, len(table.names) + 1))
    return [row for chunk in chunks for row in zip(*chunk.columns, strict=True)]


def test_a_quotation_mark_that_takes_in_rows_is_an_error(write: Write) -> None:
    with pytest.raises(DataError) as caught:
        rows_of(write(VERSES))
    message = str(caught.value)
    assert "t.tsv, lines 2 to 5 make one row, though each looks like a row" in message
    assert "opens field 2 ('sentence') on line 2 takes in the lines up to 5" in message
    assert "quoting: none" in message


def test_without_quoting_every_line_is_a_row_with_its_marks(write: Write) -> None:
    assert rows_of(write(VERSES, quoting="none"), "sentence", "label") == [
        ('"Quoted start of a verse,', "0"),
        ("a second row", "1"),
        ("another row", "0"),
        ('and here it ends."', "1"),
    ]


def test_quoting_that_the_source_declares_is_believed(write: Write) -> None:
    verse = "Quoted start of a verse,\t0\n2\ta second row\t1\n3\tanother row\t0\n4\tand here it ends."
    assert rows_of(write(VERSES, quoting="minimal"), "sentence", "label") == [(verse, "1")]


def test_a_mark_that_makes_a_row_too_long_is_named_rather_than_a_tab(write: Write) -> None:
    with pytest.raises(DataError) as caught:
        rows_of(write(PARAPHRASES))
    message = str(caught.value)
    assert "lines 2 to 3 make one row of 6 fields, the header 5" in message
    assert "opens field 5 ('#2 String') on line 2 takes in the lines up to 3" in message
    assert "quoting: none" in message
    assert "put a text" not in message
    assert rows_of(write(PARAPHRASES, quoting="none"), 1, 4, 5) == [
        ("0", 'It got up , " he said .', '" It got up on his radar .'),
        ("1", 'He said "no" .', '"No" , he said .'),
    ]


def test_a_text_may_run_over_lines_and_hold_commas(write: Write) -> None:
    text = 'review,stars\n"Good, all in all\nand cheap, too",4\n1,"one, two\n\nthree"\n'
    assert rows_of(write(text, "t.csv")) == [
        ("Good, all in all\nand cheap, too", "4"),
        ("1", "one, two\n\nthree"),
    ]


def test_commas_can_be_swallowed_too(write: Write) -> None:
    with pytest.raises(
        DataError, match=r"lines 2 to 4 make one row.*opens field 2 \('text'\).*quoting: none"
    ):
        rows_of(write('id,text,label\n1,"Quoted,0\n2,second,1\n3,last",1\n', "t.csv"))


OPEN = [
    ('a\tb\n"x\t1\ny\t2\n', "line 2: the quotation mark that opens field 1 ('a') on line 2 takes"),
    ('a\tb\nx\t1\ny\t"2', "line 3: the quotation mark that opens field 2 ('b') on line 3 takes in the rest"),
    ('"a\tb\nx\t1\n', "line 1: the quotation mark that opens field 1 on line 1 takes in the rest"),
    ('a\tb\nx\t"' + "y \n" * 50_000, "line 2: the quotation mark that opens field 2 ('b') on line 2"),
    ('a\tb\tc\nx\t"y\t1\n2\tz"\n', "lines 2 to 3 make one row of 2 fields, the header 3: the quotation mark"),
    ('a\tb\tc\nx\t"y\t1" z\n', "line 2 has 2 fields, the header 3: the quotation mark that opens field 2"),
    ('a\tb\nx\t"' + "y" * (2 << 22 | 1) + '"\n', "field larger than field limit (8388608)"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "problem"), OPEN)
def test_a_mark_that_is_not_closed_where_it_should_be_is_named(
    write: Write, content: str, problem: str
) -> None:
    with pytest.raises(DataError, match=re.escape(problem)) as caught:
        rows_of(write(content))
    assert "quoting: none" in str(caught.value)


def test_a_column_that_is_there_twice_must_be_named_by_position(write: Write) -> None:
    table = write("sentence\tlabel\tlabel\nx\t1\t2\n")
    assert rows_of(table, "sentence") == [("x",)]
    with pytest.raises(DataError, match="has 2 columns 'label', at positions 2 and 3; name the one"):
        table.position("label")
    assert rows_of(table, "sentence", 2) == [("x", "1")]
    with pytest.raises(DataError, match="has no column 4; it has 3"):
        table.position(4)


@pytest.mark.parametrize(
    ("name", "content", "source"),
    [
        ("t.csv", "a,b\n1,2\n", {}),
        ("t.csv", "a\tb\n1\t2\n", {}),
        ("t.txt", "a;b\n1;2\n", {}),
        ("t.tsv", "a|b\n1|2\n", {"delimiter": "|"}),
        ("t.tsv", "a,b\n1,2\n", {"format": "csv"}),
        ("t.csv", "a\tb\n1\t2\n", {"format": "tsv"}),
        ("t.csv", "# made by hand\n\na,b\n1,2\n", {"skip": 2}),
        ("t.csv", "1,2\n", {"columns": ["a", "b"]}),
        ("t.csv", "x,y\n1,2\n", {"columns": ["a", "b"], "skip": 1}),
        ("t.tsv", "a\tb\r\n1\t2\r\n", {}),
        ("t.tsv", "a\tb\r1\t2\r", {}),
        ("t.tsv", "a\tb\n\n1\t2", {}),
    ],
)
def test_a_file_is_read_as_what_it_is(write: Write, name: str, content: str, source: dict[str, Any]) -> None:
    table = write(content, name, **source)
    assert table.names == ("a", "b")
    assert rows_of(table, "b", "a") == [("2", "1")]


def test_a_carriage_return_inside_a_line_is_part_of_the_text(write: Write) -> None:
    table = write('a\tb\nwith\rreturn\t1\n"quoted\r\n\rtoo"\t2\nlast\rone\t3')
    assert rows_of(table) == [("with\rreturn", "1"), ("quoted\r\n\rtoo", "2"), ("last\rone", "3")]


def test_a_text_may_be_long(write: Write) -> None:
    assert rows_of(write(f"a\tb\n{'x' * 200_000}\t1\n")) == [("x" * 200_000, "1")]


@pytest.mark.parametrize(
    ("content", "source", "column", "problem"),
    [
        ("good,1\nbad,0\n", {}, "text", "looks like a row: name the columns with columns: [...]"),
        ("good,1\nbad,0\n", {}, 2, "the first line looks like a row, with '1' in column 2; name the columns"),
        ("a film that one may well see,pos\n", {}, "text", "looks like a row: name the columns"),
        ("text,label\ngood,1\n", {"columns": ["text", "label"]}, "text", "line 1 names the columns"),
        ("good,1,x\n", {"columns": ["text", "label"]}, "text", "line 1 has 3 fields, columns 2"),
        ("labels,title\n1,x\n", {}, "label",
         "no column 'label' (did you mean 'labels'?); it has 'labels', 'title'"),
        ("label|title\n1|x\n", {}, "label",
         "it has 'label|title'; the columns must be separated by commas, or by the sign that delimiter"),
        ("", {}, "text", "has no header line; its line 1 must name the columns, or set columns: [...]"),
        ("a,b\n", {"skip": 3}, "a", "has no header line; its line 4"),
    ],
)  # fmt: skip
def test_a_header_that_is_not_there_or_another_is_one_error(
    write: Write, content: str, source: dict[str, Any], column: str | int, problem: str
) -> None:
    with pytest.raises(DataError, match=re.escape(problem)):
        rows_of(write(content, "t.csv", **source), column)


def test_the_columns_that_pandas_numbers_are_a_header(write: Write) -> None:
    assert rows_of(write(",0,1\n0,x,2\n", "t.csv"), 2, "1") == [("x", "2")]


def test_each_row_has_the_number_of_its_first_line(write: Write) -> None:
    table = write('a,b\n"x\ny",1\n\nz,2\n', "t.csv", skip=0)
    assert [place for chunk in table.chunks(["a"]) for place in chunk.places] == [2, 5]
    assert table.unit == "line"


def test_rows_come_in_chunks_and_more_than_once(write: Write) -> None:
    table = write("a\tb\n" + "".join(f"{i}\t{i}\n" for i in range(10_000)))
    for _ in range(2):
        chunks = list(table.chunks(["b"]))
        assert [value for chunk in chunks for value in chunk.columns[0]] == [str(i) for i in range(10_000)]
        assert max(len(chunk.places) for chunk in chunks) < 5000


@pytest.mark.parametrize("delimiter", ["\n", '"', "::", ""])
def test_what_is_no_delimiter_is_refused(delimiter: str) -> None:
    with pytest.raises(ValueError, match="delimiter"):
        FilesSource(train="a", dev="b", delimiter=delimiter)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables())
def test_what_is_read_is_what_csv_and_pandas_read(tmp_path: Path, made: Written) -> None:
    compare(made, tmp_path)


BLANKS = [
    ('id,text\n1, "a, b"\n', "line 2: a blank stands before the quotation mark that opens '\"a, b\"'"),
    ('id,text\n1,"x\ny"\n2,  "a b"\n', "line 4: a blank stands before the quotation mark that opens"),
    ('"id", "text"\n1,x\n', "line 1: a blank stands before"),
    (' "id",text\n1,x\n', "line 1: a blank stands before"),
    ('id;text\r\n1; "say ""a"" b"\r\n', "line 2: a blank stands before"),
]


@pytest.mark.parametrize(("content", "problem"), BLANKS)
def test_a_blank_before_a_quotation_mark_is_named(write: Write, content: str, problem: str) -> None:
    with pytest.raises(DataError, match=re.escape(problem)) as caught:
        rows_of(write(content, "t.csv"))
    assert re.search("set quoting: none in .* a study that has begun .* with --name NAME", str(caught.value))
    assert rows_of(write('1, "a b"\n', "t.csv", quoting="none", columns=["a", "b"])) == [("1", ' "a b"')]


def test_marks_of_a_text_stand_behind_blanks(write: Write) -> None:
    text = 'id,text\n1," ""a"" b"\n2,"He said, ""no"", and left, "\n3,"so, ",","\n4,"x\n ""y"" z"\n'
    rows = [("1", ' "a" b'), ("2", 'He said, "no", and left, '), ("4", 'x\n "y" z')]
    assert rows_of(write(text.replace('3,"so, ",","\n', ""), "t.csv")) == rows
    wide = write('a,b,c\n3,"so, ",","\n', "t.csv")
    assert rows_of(wide) == [("3", "so, ", ",")]
    assert rows_of(write('a\tb\n1\t "a b"\n')) == [("1", ' "a b"')]


TORN = [
    ("t.tsv", 'a\tb\n"Yes" , he said .\t1\n', 2),
    ("t.tsv", 'a\tb\nx\t1\n2\t"15" laptop"\n', 3),
    ("t.csv", 'a,b\n"15" laptop",1\n', 2),
    ("t.csv", 'a,b\n"he said \\"hi\\" to me",1\n', 2),
    ("t.csv", 'a,b\n"x\n""y""",1\n"a b" c,1\n', 4),
    ("t.csv", '"a" c,b\nx,1\n', 1),
    ("t.csv", 'a,b\r\r\n1,"x"\r\r\n"Yes" he,1\r\r\n', 3),
]


@pytest.mark.parametrize("quoting", [None, "minimal"])
@pytest.mark.parametrize(("name", "content", "line"), TORN)
def test_text_behind_a_mark_that_ends_a_field_is_named(
    write: Write, name: str, content: str, line: int, quoting: str | None
) -> None:
    with pytest.raises(DataError, match=f"line {line}: text follows a quotation mark that ends") as caught:
        rows_of(write(content, name, quoting=quoting))
    assert re.search("set quoting: none in .* backslash; a study that has begun .*--name", str(caught.value))
    plain = rows_of(write('a,b\n"Yes" , he\\"\n', "t.csv", quoting="none"))
    assert plain == [('"Yes" ', ' he\\"')]


def test_blanks_behind_a_mark_that_ends_a_field_are_no_text(write: Write) -> None:
    assert rows_of(write('a,b\n"a, b" ,x\n"d",y\n', "t.csv")) == [("a, b ", "x"), ("d", "y")]
    assert rows_of(write('a,b\r\n"a ""b"" , c","x" \r\n', "t.csv")) == [('a "b" , c', "x ")]
    with pytest.raises(DataError, match="line 3: text follows a quotation mark"):
        rows_of(write('a,b\n"c" ,x\n"d" e ,y\n', "t.csv"))


def test_a_mark_may_end_a_line_or_stand_in_a_field(write: Write) -> None:
    text = 'a,b\r\n"x\r\n""y"" z",1\r\n2" x ""y,"3"\r\n,""\r\n'
    assert rows_of(write(text, "t.csv")) == [('x\r\n"y" z', "1"), ('2" x ""y', "3"), ("", "")]
    assert rows_of(write('a,b\r\r\n1,"x"\r\r\n"y",2\r\r\n', "t.csv")) == [("1", "x\r"), ("y", "2\r")]


def test_the_line_that_tells_excel_the_delimiter_is_to_be_skipped(write: Write) -> None:
    text = "sep=;\r\na;b\r\n1;2\r\n"
    with pytest.raises(DataError, match=r"line 1 is 'sep=;', which tells Excel the .*; set skip: 1 in"):
        write(text, "t.csv")
    assert rows_of(write(text, "t.csv", skip=1)) == [("1", "2")]


def test_a_name_that_is_spelt_otherwise_in_unicode_is_told_from_its_twin(write: Write) -> None:
    with pytest.raises(DataError, match=r"no column 'caf\\xe9' but 'cafe\\u0301', which looks the same"):
        rows_of(write("cafe\u0301,b\n1,2\n", "t.csv"), "caf\u00e9")
