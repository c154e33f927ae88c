"""The notebook `examples/tour.ipynb`, run from its first cell to its last in a kernel of its own."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
TOUR = ROOT / "examples/tour.ipynb"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_notebook_runs_and_shows_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    for name in ("SWEEPER_HOME", "SWEEPER_STORAGE"):
        monkeypatch.delenv(name, raising=False)
    shutil.copy(TOUR, tmp_path)
    book = nbformat.read(TOUR, as_version=4)
    NotebookClient(book, timeout=240, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = {cell.source.splitlines()[-1]: cell.outputs for cell in book.cells if cell.cell_type == "code"}

    # The bar of the sweep was redrawn in place: one output, at its end.
    bar, *_, final = shown["study"]
    said = [output for output in shown["study"] if "<progress" in output.get("data", {}).get("text/html", "")]
    assert len(said) == 1, bar
    assert 'value="8" max="8"' in said[0].data["text/html"]
    assert "tour@demo" in final.data["text/html"]
    assert "<table>" in _html(shown['study.table("arms")'])
    assert "Baseline" in _html(shown["compared"])
    assert "application/vnd.plotly.v1+json" in shown["figure.update_layout(width=700)"][0].data
    assert "probability.1" in _html(shown['best.predict(pairs, "para")'])
    assert (tmp_path / "reports/tour@demo/index.html").exists()


def test_it_is_kept_without_what_it_showed() -> None:
    book = nbformat.read(TOUR, as_version=4)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert code
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def _html(outputs: list[nbformat.NotebookNode]) -> str:
    return str(outputs[0].data["text/html"])
