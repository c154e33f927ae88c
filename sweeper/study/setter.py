"""Which of a workload's files sets a field."""

from collections.abc import Sequence

from .problem import FieldPath
from .settings import field_path
from .yamlfile import YamlFile


def setter_of(files: Sequence[YamlFile], field: FieldPath) -> tuple[YamlFile, FieldPath]:
    """The first of a workload's files that sets a field or the group around it, and its path there."""
    for length in range(len(field), 0, -1):
        for file in files:
            for written in file.lines:
                if _unfolded(written) == field[:length]:
                    return file, written
    return files[0], ()


def _unfolded(written: FieldPath) -> FieldPath:
    if written[:1] != ("train",) or len(written) == 1:
        return written
    return ("train", *field_path(str(written[1])), *(n for part in written[2:] for n in str(part).split(".")))
