"""A study file that is none, or larger than any study, is one error within a moment."""

import os
import resource
import time
from pathlib import Path

import pytest

from sweeper.errors import InputError
from sweeper.study.load import load_study
from sweeper.study.yamlfile import LARGEST

NAME = "name: mine\n"


def levels(first: str, *, merge: bool) -> str:
    """Nine levels, each ten times the one before."""
    lines = [f"{NAME}base:", f"  k0: &a0 {first}"]
    for level in range(1, 9):
        many = ", ".join([f"*a{level - 1}"] * 10)
        lines.append(f"  k{level}: &a{level} " + (f"{{<<: [{many}]}}" if merge else f"[{many}]"))
    return "\n".join(lines)


def number(digits: int) -> str:
    return "1" + "0" * digits


GRID = f"{NAME}sampler: {{name: grid}}\nspace:\n"
MANY = ", ".join(map(str, range(1, 1001)))
CASES = {
    "aliases": (levels("[1, 2, 3]", merge=False), "3: base.", "more than 50,000 values, aliases counted"),
    "merge keys": (
        levels("{a: 1, b: 2}", merge=True),
        "3: base.",
        "more than 50,000 values, aliases counted",
    ),
    "aliases of a long text": (
        f"{NAME}description: &d {'x' * 300_000}\nenqueue: [{', '.join(['{a: *d}'] * 99)}]\n",
        "3: enqueue[5].a: ",
        "more than 2 MiB of text",
    ),
    "values": (f"{NAME}seeds: [{'1,' * 300_000}]\n", "2: ", "more than 50,000 values"),
    "lists in lists": (f"{NAME}x: {'[' * 100_000}", "2: ", "more than 50 deep"),
    "mappings in mappings": (
        NAME + "".join(f"{' ' * n}x:\n" for n in range(200)),
        "51: ",
        "more than 50 deep",
    ),
    "a long tag": (
        f"%TAG !e! {'x' * 9999}\n---\n{NAME}base:\n" + "".join(f"  k{n}: !e!a 1\n" for n in range(9999)),
        "5: is not valid YAML: the tag 'xxx",
        "means nothing here",
    ),
    "a grid": (
        GRID + "".join(f"  {key}: [{MANY}]\n" for key in ("batch_size", "epochs", "train_sample", "threads")),
        "2: sampler.name = grid: ",
        "more than 1,000,000,000 configurations",
    ),
    "a step": (
        f"{NAME}space: {{dropout: {{low: 0.0, high: 0.9, step: 1.0e-12}}}}\n",
        "2: space.dropout.step = 1.0e-12: ",
        "more than 1,000,000,000 values",
    ),
    "a range": (
        f"{NAME}space: {{batch_size: {{low: 1, high: {2**60}}}}}\n",
        f"2: space.batch_size.high = {2**60}: ",
        f"must be from -{2**53} to {2**53}",
    ),
    "a whole number": (f"{NAME}base: {{epochs: {number(390)}}}\n", "2: base.epochs = 1", f"to {2**63 - 1}"),
    "digits": (f"{NAME}base: {{epochs: {number(5000)}}}\n", "2: ", "is no int that can be read"),
    "hexadecimal digits": (
        f"{NAME}base: {{epochs: 0x{number(5000)}}}\n",
        "2: ",
        "is no int that can be read",
    ),
    "a real number": (
        f"{NAME}base: {{dropout: 1e999}}\n",
        "2: base.dropout = 1e999: ",
        "must be a finite number",
    ),
    "no truth": (f"{NAME}base: {{bf16: !!bool x}}\n", "2: ", "'x' is no bool that can be read"),
    "no number": (f"{NAME}base: {{epochs: !!int ''}}\n", "2: ", "'' is no int that can be read"),
    "half a character": (
        f'{NAME}description: "\\ud800"\n',
        "2: description: ",
        "'\\ud800', which cannot be kept",
    ),
    "half a character in a key": (f'{NAME}arms: {{"\\ud800": {{}}}}\n', "2: arms.", "which cannot be kept"),
    "NUL, written": (f'{NAME}description: "a\\0b"\n', "2: description: ", "'\\x00', which cannot be kept"),
    "NUL": (f"{NAME}description: a\0b\n", "2: is not valid YAML: ", "U+0000 cannot stand in it"),
    "no character": (
        f'{NAME}description: "\\UFFFFFFFF"\n',
        " is not valid YAML: ",
        "number in it is too large",
    ),
    "a version": (
        f"%YAML 1.{number(5000)}\n---\n{NAME}",
        " is not valid YAML: ",
        "number in it is too large",
    ),
    "a key of several parts": (f"{NAME}? !!str {{a: b}}\n: c\n", "2: key of several parts", "must be text"),
}


def refused(path: str) -> str:
    """What is said of a file; it takes no second, and no 200 MB."""
    began, peak = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError) as caught:
        load_study(path)
    assert time.process_time() - began < 20  # one, on a machine that does nothing else
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 200 * 1024
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    return str(caught.value)


pytestmark = pytest.mark.usefixtures("elsewhere")


@pytest.mark.parametrize("case", CASES)
def test_a_file_that_is_no_study_is_one_error_that_names_the_place(case: str) -> None:
    text, place, reason = CASES[case]
    Path("mine.yaml").write_text(text, encoding="utf-8")
    said = refused("mine.yaml")
    assert said.startswith(f"mine.yaml:{place}")
    assert reason in said


@pytest.mark.parametrize("tasks", ["[[1]]", "-1", "x", "{sst: 3}", "{sst: {source: [1]}}", "{'': {}}", ""])
def test_tasks_of_another_kind_are_refused_with_their_line(tasks: str) -> None:
    Path("mine.yaml").write_text(NAME, encoding="utf-8")
    Path("w.yaml").write_text(f"name: w\ntrain:\n  tasks: {tasks}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"\Aw\.yaml:3: train\.tasks"):
        load_study("mine.yaml", "w.yaml")


def test_what_is_no_file_is_not_waited_for() -> None:
    os.mkfifo("pipe.yaml")
    Path("zero.yaml").symlink_to("/dev/zero")
    Path("folder.yaml").mkdir()
    Path("loop.yaml").symlink_to("loop.yaml")
    with Path("large.yaml").open("wb") as file:
        file.truncate(10**9)
    assert "it is a pipe or a device" in refused("pipe.yaml")
    assert "it is a pipe or a device" in refused("zero.yaml")
    assert "cannot be read: Is a directory" in refused("folder.yaml")
    assert "cannot be read: Too many levels" in refused("loop.yaml")
    assert f"more than {LARGEST // 2**20} MiB" in refused("large.yaml")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp500"])
def test_another_encoding_is_refused(encoding: str) -> None:
    Path("mine.yaml").write_text(NAME, encoding=encoding)
    assert refused("mine.yaml").startswith("mine.yaml:")


def test_the_mark_of_utf_8_is_no_part_of_the_text() -> None:
    Path("mine.yaml").write_text(NAME, encoding="utf-8-sig")
    assert load_study("mine.yaml").spec.name == "mine"
