"""The report as one self-contained page: ``render`` writes it, ``explorer`` gathers its trials."""

from .render import page

__all__ = ["page"]
