"""`sweeper archive` and `sweeper note`: who names an archived study finds it, and nobody else."""

import json
from pathlib import Path

from sweeper.version import __version__
from tests.sweeper_tests.typed import Command, refused

RUN = ("--executor", "inline", "--trials", "1")


def test_who_names_no_study_finds_none_that_is_archived(sweeper: Command, folder: Path) -> None:
    for name in ("first", "second"):
        assert sweeper("run", "mine", *RUN, "--name", name).code == 0
    assert sweeper("status").out.startswith("second@small: ")
    said = sweeper("archive", "second")
    assert said.out == "second@small: archived; back again with: sweeper archive second@small --undo\n"
    assert sweeper("archive", "second").out == "second@small: is archived already\n"
    assert sweeper("archive", "first", "--undo").out == "first@small: is not archived\n"
    for command in (("status",), ("report",), ("show", "0"), ("best",)):
        assert "first@small" in sweeper(*command).out, command
    listed = sweeper("list").out
    assert "second@small" not in listed
    assert listed.endswith("Archived: 1; see: sweeper list --archived\n")
    assert "\nsecond@small: 1 of 1 trials" in sweeper("list", "--archived").out
    assert sweeper("status", "second").code == 0
    assert sweeper("run", "mine", "--executor", "inline", "--trials", "2", "--name", "second").code == 0
    assert sweeper("archive", "first").code == 0
    assert refused(sweeper, "status").startswith(
        "Error: every study here is archived: name one of: first@small ("
    )
    assert sweeper("archive", "second", "--undo").out == "second@small: is listed again\n"
    assert sweeper("status").out.startswith("second@small: 2 of 2 trials")


def test_notes_stand_in_the_history_that_show_prints(sweeper: Command) -> None:
    assert sweeper("run", "mine", *RUN).code == 0
    assert sweeper("note", "mine", "on the old server").out == "mine@small: noted\n"
    assert sweeper("note", "12").out == "mine@small: noted\n"
    assert sweeper("archive", "mine").code == 0
    assert sweeper("rename", "mine", "other").code == 0
    lines = sweeper("show", "other").out.splitlines()
    told = [line.strip()[17:] for line in lines[lines.index("History (UTC):") + 1 :]]
    assert told == [
        f"begun: by sweeper {__version__}",
        *("note: on the old server", "note: 12", "archived: put away"),
        "renamed: from mine@small to other@small",
    ]
    found = json.loads(sweeper("show", "other", "--json").out)
    assert [one["kind"] for one in found["history"]] == ["begun", "note", "note", "archived", "renamed"]
    assert (found["study"], found["folder"], found["trials"]) == (
        "other@small",
        "mine@small",
        {"complete": 1},
    )
    assert found["archived"] == found["history"][3]["moment"]
    assert sweeper("show", "other", "0").out.startswith("other@small trial 0: complete\n")
