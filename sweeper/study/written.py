"""The files of a study as they were read: which line said what, whatever becomes of them later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from .problem import FieldPath
from .yamlfile import YamlFile


@dataclass(frozen=True)
class WrittenFile:
    """One file.

    Attributes:
        path: As it was given, or found.
        text: All that stood in it.
        data: What it held.
        lines: Line of every field, by path.
    """

    path: str
    text: str
    data: Mapping[str, Any]
    lines: Mapping[FieldPath, int]

    @classmethod
    def of(cls, file: YamlFile) -> Self:
        """A file that has just been read."""
        return cls(str(file.path), file.text, file.data, file.lines)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """A file as `json` wrote it."""
        lines = {tuple(path): line for path, line in content["lines"]}
        return cls(content["path"], content["text"], content["data"], lines)

    def json(self) -> dict[str, Any]:
        """It, fit for JSON: the lines as pairs."""
        lines = [[list(path), line] for path, line in self.lines.items()]
        return {"path": self.path, "text": self.text, "data": dict(self.data), "lines": lines}

    def line(self, field: FieldPath) -> int:
        """Line of a field, or of the innermost group around it that stands in the file."""
        while field and field not in self.lines:
            field = field[:-1]
        return self.lines.get(field, 1)


@dataclass(frozen=True)
class Written:
    """All files of a study.

    Attributes:
        study: The study's own.
        workloads: The workload's own, then that of the workload which it extends, and so on.
        confirms: Name of the search whose files they are, if the study is the confirmation of one.
    """

    study: WrittenFile
    workloads: Sequence[WrittenFile]
    confirms: str | None = None

    @classmethod
    def of(cls, study: YamlFile, workloads: Sequence[YamlFile]) -> Self:
        """Files that have just been read."""
        return cls(WrittenFile.of(study), [WrittenFile.of(file) for file in workloads])

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Files as `json` wrote them."""
        workloads = [WrittenFile.from_json(file) for file in content["workloads"]]
        return cls(WrittenFile.from_json(content["study"]), workloads, content["confirms"])

    def json(self) -> dict[str, Any]:
        """They, fit for JSON."""
        workloads = [file.json() for file in self.workloads]
        return {"study": self.study.json(), "workloads": workloads, "confirms": self.confirms}
