"""The rows of a study as they go into a bundle."""

from collections.abc import Mapping
from typing import Any

from ...store.events import EventKind
from .standins import StandIns


class Rewriting:
    """Gives each row of a database its stand-ins; counts notes.

    Args:
        stand_ins: Puts them.

    Attributes:
        notes: How many notes of the user's there are.
        changed: In how many of them something was replaced.
    """

    def __init__(self, stand_ins: StandIns) -> None:
        self.notes = 0
        self.changed = 0
        self._stand_ins = stand_ins

    def __call__(self, table: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row with stand-ins."""
        special: dict[str, Any] = {}
        if table == "run":
            special = {name: self._named(name, row[name]) for name in ("owner", "machine") if row[name]}
            special["traceback"] = self._stand_ins.value(row["traceback"], prose=True)
        elif table == "study_change":
            special["description"] = self._stand_ins.text(row["description"], prose=True)
        elif table == "study_event":
            special["description"] = self._event(row["kind"], row["description"])
        elif table == "provenance" and "commit" in row["content"] and "diff" in row["content"]:
            special["content"] = self._working_folder(row["content"])
        rest = {name: self._stand_ins.value(value) for name, value in row.items() if name not in special}
        return {name: special.get(name, rest.get(name)) for name in row}

    def _named(self, column: str, value: str) -> str:
        host = host_of(value)
        machine = self._stand_ins.stand_in("machine", host)
        if column == "owner":
            self._stand_ins.leave_out("process number")
            return f"{machine}:{self._stand_ins.place('owner', value)}:0"
        _, comma, processor = value.rpartition(", ")
        return f"{machine}{comma}{self._stand_ins.text(processor)}" if comma else machine

    def _event(self, kind: str, text: str) -> str:
        put = self._stand_ins.text(text, prose=True)
        if kind == EventKind.NOTE:
            self.notes += 1
            self.changed += put != text
        return put

    def _working_folder(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The state of the user's working folder, whose commit a search engine knows, without its changes."""
        commit = self._stand_ins.stand_in("commit", content["commit"])
        if content["diff"]:
            self._stand_ins.leave_out("difference of the working folder")
        return {**self._stand_ins.value(dict(content)), "commit": commit, "diff": ""}


def host_of(named: str) -> str:
    """The machine in what is recorded of a driver or a machine: without process, container and processor."""
    whole = named.rpartition(", ")[0] if ", " in named else named
    return whole.partition(":")[0].partition("/")[0]
