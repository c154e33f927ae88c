"""Brings the pages' made parts up to date: ``python -m docs``."""

from .reference import FOLDER, filled

for page in sorted(FOLDER.glob("*.md")):
    page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
