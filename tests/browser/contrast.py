"""How well the texts of a page stand out from what is behind them, from the colours as computed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Colour = tuple[float, float, float, float]
"""Red, green, blue and opacity, from 0 to 1."""

COLLECT = """(root) => {
  const found = [];
  const opacity = (node) => {
    let product = 1;
    for (let each = node; each; each = each.parentElement) product *= Number(getComputedStyle(each).opacity);
    return product;
  };
  const shape = (node) => {
    const style = getComputedStyle(node);
    return { colour: style.fill, opacity: Number(style.fillOpacity) * opacity(node) };
  };
  const inSvg = (node) => node instanceof SVGElement && node.localName !== "svg";

  function behind(node, box) {
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const layers = [];
    for (let each = node; each; each = each.parentElement) {
      if (inSvg(each)) {
        for (let other = each.previousElementSibling; other; other = other.previousElementSibling) {
          const around = other.getBoundingClientRect();
          const under = x > around.left && x < around.right && y > around.top && y < around.bottom;
          if (under && ["rect", "path"].includes(other.localName)) layers.push(shape(other));
        }
      } else layers.push({ colour: getComputedStyle(each).backgroundColor, opacity: opacity(each) });
    }
    return layers;
  }

  function note(node, box, text, colour = getComputedStyle(node).color) {
    const front = inSvg(node) ? shape(node) : { colour, opacity: opacity(node) };
    if (!text || !box.width || !opacity(node) || node.closest(".unseen, option")) return;
    if (!node.checkVisibility({ visibilityProperty: true })) return;
    const names = [];
    for (let at = node; at; at = at.parentElement) names.push(...at.classList, at.localName, at.id);
    found.push({ text, names: names.join(" "), front, layers: behind(node, box) });
  }

  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    note(walker.currentNode.parentElement, range.getBoundingClientRect(), walker.currentNode.data.trim());
  }
  for (const node of root.querySelectorAll("select, input, .modebar-btn path")) {
    const box = node.getBoundingClientRect();
    note(node, box, node.value || node.localName);
    note(node, box, node.placeholder, getComputedStyle(node, "::placeholder").color);
  }
  return found;
}"""
"""Every text that is seen inside an element: its colour, and what is drawn behind it, the nearest first."""


@dataclass(frozen=True)
class Reading:
    """A text as it is drawn: the classes, names and ids of all that it is in, and its contrast."""

    text: str
    where: frozenset[str]
    contrast: float


def read(page: Any, selector: str = "body") -> list[Reading]:
    """The readings of all texts in the first element of a selector."""
    found = page.locator(selector).first.evaluate(COLLECT)
    return [
        Reading(each["text"], frozenset(each["names"].split()), _contrast(each["front"], each["layers"]))
        for each in found
    ]


def _contrast(front: Any, layers: Sequence[Any]) -> float:
    ground: Colour = (1.0, 1.0, 1.0, 1.0)
    for layer in reversed(layers):
        ground = over(_colour(layer), ground)
    return contrast(over(_colour(front), ground), ground)


def _colour(layer: Any) -> Colour:
    red, green, blue, alpha = parse(layer["colour"])
    return red, green, blue, alpha * layer["opacity"]


def parse(text: str) -> Colour:
    """A colour as a browser writes computed ones: ``rgb(r, g, b)``, ``rgba(r, g, b, a)`` or ``none``."""
    if text == "none":
        return 0.0, 0.0, 0.0, 0.0
    name, *parts = re.findall(r"[a-z]+|[\d.e-]+", text)
    if name not in ("rgb", "rgba"):
        raise ValueError(text)
    red, green, blue, *alpha = map(float, parts)
    return red / 255, green / 255, blue / 255, alpha[0] if alpha else 1.0


def over(front: Colour, ground: Colour) -> Colour:
    """A colour laid over an opaque one."""
    alpha = front[3]
    red, green, blue = (
        alpha * one + (1 - alpha) * other for one, other in zip(front[:3], ground[:3], strict=True)
    )
    return red, green, blue, 1.0


def luminance(colour: Colour) -> float:
    """Relative luminance of an opaque colour, as WCAG 2.2 defines it."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(text: Colour, ground: Colour) -> float:
    """Contrast of two opaque colours, from 1 to 21, as WCAG 2.2 defines it."""
    dark, light = sorted((luminance(text), luminance(ground)))
    return (light + 0.05) / (dark + 0.05)
