"""Images of figures, where kaleido and a browser are."""

import os
import shutil
import struct
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sweeper.errors import InputError
from sweeper.report.figures import Figure, study_figures
from sweeper.report.figures.image import HEIGHT, WIDTH, printed, write_images
from sweeper.report.formats import IMAGES
from tests.sweeper_tests.made import results, row, study

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def figures() -> list[Figure]:
    of = study()
    runs = [row(of, n, arm, (0.4, 0.7, 0.5)) for n, arm in enumerate(["Baseline", "S-BERT"])]
    return study_figures(results(of, runs))[:1]


def need_browser() -> None:
    pytest.importorskip("kaleido")
    if not os.environ.get("BROWSER_PATH") and not any(map(shutil.which, BROWSERS)):
        pytest.skip("no browser")


@pytest.mark.parametrize("image_format", IMAGES)
def test_every_panel_becomes_an_image(tmp_path: Path, image_format: str) -> None:
    need_browser()
    (path,) = write_images(figures(), tmp_path / "images", image_format, IMAGES[image_format])
    assert path == tmp_path / "images" / f"history.{image_format}"
    content = path.read_bytes()
    if image_format == "png":
        assert content.startswith(b"\x89PNG")
        assert struct.unpack(">II", content[16:24]) == (2 * WIDTH, 2 * HEIGHT)
    elif image_format == "pdf":
        assert content.startswith(b"%PDF-")
    else:
        texts = {element.text for element in ElementTree.fromstring(content).iter() if element.text}  # noqa: S314
        assert {"Baseline", "S-BERT", "best so far", "trial", "overall"} <= texts


def test_print_is_dark_on_white_and_leaves_the_drawing_as_it_is() -> None:
    (panel,) = figures()[0].panels
    before = panel.drawing.to_json()
    layout = printed(panel.drawing).layout
    assert (layout.paper_bgcolor, layout.font.color, layout.showlegend) == ("#ffffff", "#000000", True)
    assert panel.drawing.to_json() == before


def test_without_kaleido_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kaleido", None)
    with pytest.raises(InputError, match=r"pip install 'sweeper\[images\]'$"):
        write_images(figures(), tmp_path, "svg")


def test_without_a_browser_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("kaleido")
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match=r"install one .* BROWSER_PATH$"):
        write_images(figures(), tmp_path, "svg")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    pytest.importorskip("kaleido")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="file/images"):
        write_images(figures(), tmp_path / "file" / "images", "svg")
