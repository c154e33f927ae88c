"""The version of this package, which databases, reports and exported models name."""

__version__ = "0.1.0"
