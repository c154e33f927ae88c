"""What a browser makes of figures: marks on axes, signs in legends, and the drawing as a file."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from .conftest import Visit
from .contrast import contrast, parse

INK = "(all) => all.map((each) => getComputedStyle(each).fill)"


def marks(page: Any, drawing: str) -> list[float]:
    """The numbers that stand along a horizontal axis."""
    page.locator(drawing).scroll_into_view_if_needed()
    page.locator(f"{drawing} .xtick text").first.wait_for()
    texts = page.locator(f"{drawing} .xtick text").all_text_contents()
    return [float(text.replace("\u2212", "-")) for text in texts]


def test_an_axis_of_logarithms_has_several_marks_in_full(visit: Visit) -> None:
    page = visit("armful")
    few = [1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3]
    assert marks(page, "#plot-slice-learning_rate") == pytest.approx(few)
    assert marks(page, "#plot-slice-weight_decay") == pytest.approx([10.0**power for power in range(-6, 0)])


def test_arms_of_one_colour_have_their_own_sign_in_the_legend(visit: Visit) -> None:
    page = visit("armful", "#figure-history")
    legend = page.locator("#figure-history .legend li")
    assert legend.all_text_contents() == [f"arm {n}" for n in range(8)]
    colours = legend.locator("path").evaluate_all(INK)
    signs = [path.get_attribute("d") for path in legend.locator("path").all()]
    assert colours[0] == colours[6]
    assert len(set(zip(colours, signs, strict=True))) == 8
    assert len(set(signs)) == 6
    page.locator("#plot-history .point").first.wait_for()
    assert page.locator("#plot-history .point").evaluate_all(INK) == colours
    drawn = [point.get_attribute("d") for point in page.locator("#plot-history .point").all()]
    assert [drawn.index(sign) for sign in drawn] == [signs.index(sign) for sign in signs]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_figure_is_saved_as_svg_dark_on_white_with_its_legend(
    scheme: str, visit: Visit, tmp_path: Path
) -> None:
    page = visit("armful", color_scheme=scheme)
    with page.expect_download() as caught:
        page.get_by_role("button", name="Save SVG: Overall by epoch, every trial").click()
    assert caught.value.suggested_filename == "made@demo-curves.svg"
    caught.value.save_as(tmp_path / "curves.svg")
    root = ElementTree.parse(tmp_path / "curves.svg").getroot()  # noqa: S314
    assert root.tag.endswith("}svg")
    written = [each for each in root.iter() if each.tag.endswith("}text")]
    texts = {"".join(each.itertext()) for each in written}
    assert {"epoch", "overall", *(f"arm {n}" for n in range(8))} <= texts
    page.set_content((tmp_path / "curves.svg").read_text(encoding="utf-8"))
    inks = page.locator("svg text").evaluate_all(INK)
    assert min(contrast(parse(ink), parse("rgb(255, 255, 255)")) for ink in inks) > 7
    assert page.locator("svg > rect").first.evaluate("(each) => getComputedStyle(each).fill") == (
        "rgb(255, 255, 255)"
    )
    signs = page.locator("svg .legendpoints path").evaluate_all(
        "(all) => all.map((each) => [each.getAttribute('d'), getComputedStyle(each).fill].join())"
    )
    assert len(set(signs)) >= 8
