"""Files and cells with something changed in them, by chance: what ``tests/faults/mutations.py`` reads."""

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import sqlalchemy as sa

HUGE = ("1" + "0" * 400, "1e999", "-1e-999", str(2**63), str(2**53 + 1), "0x" + "f" * 5000, "9" * 5000)

YAML = (
    *HUGE,
    *("!!bool x", "!!int ''", "!!float [1]", "!!python/object:os.system {}", "!!set {a}", "!!binary aGk="),
    *("!x y", '"\\ud800"', '"\\ud83d\\ude00"', '"\\0"', '"\\UFFFFFFFF"', '"\\e[31m"', "\x00", "\ufeff"),
    *("\u2028", "\x85", "&a", "*a", "&a [*a, *a]", "{<<: *a}", "<<: [*a, *a]", "? [a]\n: b"),
    *("? !!str {a: b}\n: c", "---", "...", "[" * 2000, "{a: " * 300, "- " * 500, "%YAML 9.9\n---\n"),
    *("%TAG ! x\n---\n", "#", "|\n", ">-\n", "~", "null", "yes", "off", ".inf", ".nan", "010", "1_000"),
    *("-1", "0", "''", "[]", "{}", "[[1]]", "{a: {b: 1}}", "<<", "../../etc/passwd", "a@b", "workload"),
    *("grid", "nsga2", "{low: 0, high: 1.0e+12, step: 1.0e-12}", "{low: 1, high: 1000000000000}"),
    *("{low: 2, high: 1}", "tasks: [[1]]", "tasks: -1", "tasks.sst: 3"),
)
"""What is put into a study file: bombs, anchors, tags, surrogates, huge numbers, and what has a meaning."""

CSV = (
    *HUGE,
    *("nan", "inf", "", '"', '""', "\t", "\t\t", "\r", "\n", "\x00", "\ufeff", "\u2028"),
    *("5", "-1", "1.5", "4", "a" * 5000),
)

CELLS: tuple[object, ...] = (
    *(None, "", "x", "../x", "/abs@tiny", "a@../../b", "\x1b[31mred", "\u00e9" * 300, b"\xff\xfe"),
    *(0, -1, 2**63 - 1, -(2**63), 1e308, float("inf"), "sqlite", "2026-13-45 99:99"),
    *("{}", "[]", "null", '{"a": 1}', "[[1]]", '{"x": NaN}', "{", "NaN"),
)


def bomb(random: Random) -> bytes:
    """A study whose aliases or merge keys stand for more than any memory holds."""
    depth, width = random.randint(3, 12), random.randint(2, 12)
    merge = random.random() < 0.5
    lines = ["name: mine", random.choice(("base:", "arms:", "space:", "x:")), "  k0: &a0 {a: 1, b: 2}"]
    for level in range(1, depth):
        many = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"  k{level}: &a{level} " + (f"{{<<: [{many}]}}" if merge else f"[{many}]"))
    return "\n".join(lines).encode()


def text(content: bytes, words: Sequence[str], random: Random) -> bytes:
    """A text with one to three changes: of a byte, of a line, by one of these words."""
    for _ in range(random.randint(1, 3)):
        word = random.choice(words).encode("utf-8", "surrogatepass")
        content = _bytes(content, word, random) if random.random() < 0.4 else _lines(content, word, random)
    return content


def _bytes(content: bytes, word: bytes, random: Random) -> bytes:
    place = random.randrange(len(content) + 1)
    before, after = content[:place], content[place:]
    return random.choice((
        before + random.randbytes(1) + after[1:],
        before + word + after,
        before + after[random.randint(1, 30) :],
    ))  # fmt: skip


def _lines(content: bytes, word: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    at = random.randrange(len(lines))
    match random.randrange(6):
        case 0:
            lines[at : at + 2] *= 3
        case 1:
            del lines[at]
        case 2:
            random.shuffle(lines)
        case _:  # the value of a key
            key, sign, _ = lines[at].partition(random.choice((b":", b"\t", b"[", b",")))
            lines[at] = key + sign + b" " * (sign == b":") + word
    return b"\n".join(lines)


def study(content: bytes, random: Random) -> bytes:
    """A study or workload file with something changed."""
    match random.randrange(20):
        case 0:
            return bomb(random)
        case 1:
            return content.decode().encode(
                random.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp500"))
            )
    return text(content, YAML, random)


def table(content: bytes, random: Random) -> bytes:
    """A data file with something changed."""
    return text(content, CSV, random)


def binary(content: bytes, random: Random) -> bytes:
    """Any file with some bytes changed, cut out or put in."""
    for _ in range(random.randint(1, 3)):
        place, some = random.randrange(len(content) + 1), random.randbytes(random.randint(1, 8))
        before, after = content[:place], content[place:]
        less = after[len(some) :]
        content = before + random.choice((some + less, some + after, less, b""))
    return content


def predictions(content: bytes, random: Random) -> bytes:
    """A ``predictions.npz`` with bytes changed, or whole and with an array that no trial writes."""
    if random.random() < 0.5:
        return binary(content, random)
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    name = random.choice(list(arrays))
    array = arrays[name]
    match random.randrange(7):
        case 0:
            arrays[name] = np.full(array.shape, random.choice((np.nan, np.inf, 1e308, -1, 2.0**63)))
        case 1:
            arrays[name] = np.array(["a"] * len(array))
        case 2:
            arrays[name] = array[: random.randrange(len(array))]
        case 3:
            arrays[name] = array.reshape(1, -1)
        case 4:
            del arrays[name]
        case 5:
            arrays[random.choice((f"{name}.x", "x", ".label", "\x1b.label", name.upper()))] = array
        case _:
            return _enormous(name, random)
    held = io.BytesIO()
    np.savez(held, allow_pickle=False, **arrays)
    return held.getvalue()


def _enormous(name: str, random: Random) -> bytes:
    """An archive whose one array says that it has more values than any memory holds."""
    head = {"descr": random.choice(("<f8", "<U9", "|O", "<i8")), "fortran_order": False, "shape": (10**12, 7)}
    line = repr(head).encode().ljust(117) + b"\n"
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(f"{name}.npy", b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line)
    return held.getvalue()


def checkpoint(folder: Path, random: Random) -> str:
    """Changes one of the files of a checkpoint; gives its name."""
    file = random.choice(sorted(path for path in folder.rglob("*") if path.is_file()))
    content = file.read_bytes()
    if file.suffix == ".json" and random.random() < 0.5:
        found = json.loads(content)
        found[random.choice(list(found))] = random.choice((None, "x", [], {}, -1, 2**70, 1e308, {"a": [1]}))
        content = json.dumps(found).encode()
    else:
        content = binary(content, random)
    file.write_bytes(content)
    return file.name


def cell(database: Path, random: Random) -> str:
    """Puts a value into one cell of a database; gives its place and the value."""
    engine = sa.create_engine(f"sqlite:///{database}")
    try:
        with engine.begin() as connection:
            tables = [name for name in sa.inspect(connection).get_table_names() if _rows(connection, name)]
            name = random.choice(tables)
            column = random.choice([found["name"] for found in sa.inspect(connection).get_columns(name)])
            value = random.choice(CELLS)
            row = random.randrange(_rows(connection, name))
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = 1")
            where = f'rowid = (SELECT rowid FROM "{name}" LIMIT 1 OFFSET {row})'  # noqa: S608 - no user's
            changed = f'UPDATE OR IGNORE "{name}" SET "{column}" = ? WHERE {where}'  # noqa: S608
            connection.exec_driver_sql(changed, (value,))
    except sa.exc.SQLAlchemyError as error:  # a column that takes no such value
        return str(error.__class__.__name__)
    finally:
        engine.dispose()
    return f"{name}.{column} = {value!r}"


def _rows(connection: sa.Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one())  # noqa: S608
