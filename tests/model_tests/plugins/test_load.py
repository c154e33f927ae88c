"""Own code runs once, stands beside ours, and leaves nothing behind; what is wrong with it has its line."""

import hashlib
import sys
from collections.abc import Iterator
from importlib import invalidate_caches
from pathlib import Path

import pytest

from model.errors import PluginError
from model.heads import HEADS
from model.losses import LOSSES
from model.metrics import METRICS
from model.plugins.load import load, loaded, place_in
from model.plugins.source import PluginSource, find_source

HEAD = """
from pydantic import BaseModel
from model.heads import HEADS, Head

class Options(BaseModel):
    size: int = 3

def network(task, size, dropout):
    raise KeyError("here")

HEADS.add("mine", Head("mine", network, options=Options))
"""


@pytest.fixture(autouse=True)
def _unloaded() -> Iterator[None]:
    yield
    load(())


def source(folder: Path, text: str, name: str = "own.py") -> PluginSource:
    (folder / name).write_text(text, encoding="utf-8")
    return find_source(name, folder)


def test_what_is_run_is_what_was_hashed(tmp_path: Path) -> None:
    found = source(tmp_path, HEAD)
    assert found.sha256 == hashlib.sha256(HEAD.encode()).hexdigest()
    (tmp_path / "own.py").write_text("raise SystemExit", encoding="utf-8")
    load([found])
    assert "mine" in HEADS
    assert loaded() == (found,)


def test_a_plugin_runs_once_and_is_taken_out_with_all_that_it_added(tmp_path: Path) -> None:
    count = tmp_path / "count"
    text = f"{HEAD}\nwith open({str(count)!r}, 'a') as file: file.write('x')\n"
    first = source(tmp_path, text)
    load([first])
    load([first])
    assert count.read_text(encoding="utf-8") == "x"
    load([source(tmp_path, "", "other.py")])
    assert "mine" not in HEADS
    load([source(tmp_path, HEAD.replace("size: int = 3", "size: int = 4"))])
    assert HEADS["mine"].options.model_fields["size"].default == 4


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("\nraise RuntimeError('no')", 2, "RuntimeError: no"),
        ("import sys\nsys.exit(0)", 2, "SystemExit: 0"),
        ("x = 1\ndef f(:", 2, "SyntaxError"),
        ("import nowhere_at_all", 1, "ModuleNotFoundError"),
        ("from model.heads import HEADS\nHEADS.add('own', 1)", 2, "must be a Head"),
        (
            "from model.heads import HEADS, Head\nHEADS.add('mlp', HEADS['mlp'])",
            2,
            "there is a head 'mlp' al",
        ),
        (
            HEAD.replace("int = 3", "int = Field(3, alias='s')").replace("BaseModel\n", "BaseModel, Field\n"),
            11,
            "head 'mine' has an option size with an alias",
        ),
        (HEAD.replace('"mine", Head', "3, Head"), 11, "head 3 must have a text for its name"),
        (
            HEAD.replace("network, options", "None, options"),
            11,
            "head 'mine' has a network that cannot be called",
        ),
        (HEAD.replace("options=Options", "options=print"), 11, "has options that are no pydantic BaseModel"),
        (
            "from sweeper.study.samplers import SAMPLERS as S, Sampler\nS.add('s', Sampler())",
            2,
            "no function `dr",
        ),
        ("from model.metrics import METRICS as M\nM.add('mine', M['accuracy'])", 2, "an OwnMetric"),
    ],
)
def test_what_is_wrong_has_its_file_and_line_and_adds_nothing(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    before = dict(HEADS), dict(LOSSES)
    with pytest.raises(PluginError) as error:
        load([source(tmp_path, text)])
    assert str(error.value).startswith(f"{tmp_path / 'own.py'}:{line}: ")
    assert said in str(error.value)
    assert (dict(HEADS), dict(LOSSES)) == before
    assert loaded() == ()


def test_an_error_that_comes_about_in_own_code_is_placed_there(tmp_path: Path) -> None:
    found = source(tmp_path, HEAD)
    load([found])
    with pytest.raises(KeyError) as error:
        HEADS["mine"].network(None, 1, 0.1)
    assert place_in(error.value, [found]) == f"{found.path}:9"
    assert place_in(error.value, []) is None
    with pytest.raises(TypeError) as error:
        HEADS["mine"].network(None, 1)
    assert place_in(error.value, [found]) == f"{found.path}: head mine"


def test_a_module_that_is_installed_is_imported_and_its_change_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "own_package"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "heads.py").write_text(HEAD, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = find_source("own_package.heads", tmp_path)
    assert found.sha256 == hashlib.sha256(HEAD.encode()).hexdigest()
    load([found])
    assert "mine" in HEADS
    load(())
    (package / "heads.py").write_text(f"{HEAD}#", encoding="utf-8")
    with pytest.raises(PluginError, match="is not the one that the study began with"):
        load([found])


def test_what_a_package_registers_below_itself_is_there_as_often_as_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "own_below"
    package.mkdir()
    (package / "__init__.py").write_text("from . import heads\nraise RuntimeError", encoding="utf-8")
    (package / "heads.py").write_text(HEAD, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PluginError):
        load([find_source("own_below", tmp_path)])
    (package / "__init__.py").write_text("from . import heads", encoding="utf-8")
    for size in ("14", "135"):  # of other lengths: within a second Python tells files apart by that alone
        changed = HEAD.replace("size: int = 3", f"size: int = {size}")
        (package / "heads.py").write_text(changed, encoding="utf-8")
        invalidate_caches()
        load([find_source("own_below", tmp_path)])
        assert HEADS["mine"].options.model_fields["size"].default == int(size)
        load(())
        assert "mine" not in HEADS


def test_an_entry_point_gives_a_module_a_short_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_module.py").write_text(HEAD, encoding="utf-8")
    about = tmp_path / "own-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: own\nVersion: 1.0\n", encoding="utf-8")
    points = "[sweeper.plugins]\nshort = own_module\n"
    (about / "entry_points.txt").write_text(points, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert "mine" not in HEADS  # nothing is run because it is installed
    found = find_source("short", tmp_path)
    assert (found.name, found.module) == ("short", "own_module")
    load([found])
    assert HEADS.foreign["mine"] == "short"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing.py", "cannot be read: No such file"),
        ("no.such.module", "there is no module 'no.such.module' installed"),
        ("a/b", "must be a file that ends in .py, or the name of a module"),
    ],
)
def test_what_is_not_there_is_said(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        find_source(name, tmp_path)


METRIC = """
from model.metrics import METRICS
from model.metrics.own import OwnMetric

class Mine(OwnMetric):
    description, labels = "mine", "classes"

    def score(self, predictions, labels):
        return 0.5

METRICS.add("NAME", Mine())
"""


@pytest.mark.parametrize("name", ["loss", "padding", "smart_weight", "overall", "raw_accuracy"])
def test_no_metric_is_called_as_another_number_that_trials_record(name: str, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=f"own.py: metric '{name}': trials record other numbers under tha"):
        load([source(tmp_path, METRIC.replace("NAME", name))])
    assert name not in METRICS
    load([source(tmp_path, METRIC.replace("NAME", f"my_{name}"))])
    assert f"my_{name}" in METRICS


def test_what_is_no_module_with_a_file_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)  # as of a program that is run as a file
    with pytest.raises(PluginError, match="there is no module '__main__' installed"):
        find_source("__main__", tmp_path)
    with pytest.raises(PluginError, match=r"^~nobody-of-this-name/own.py: cannot be found"):
        find_source("~nobody-of-this-name/own.py", tmp_path)
