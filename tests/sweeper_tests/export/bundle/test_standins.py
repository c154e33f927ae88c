"""What is replaced, by what it is, and what only looks like it and stays."""

import platform
from time import process_time

import pytest

from sweeper.export.bundle.identity import WhoAndWhere, identity_of
from sweeper.export.bundle.standins import StandIns

KNOWN = WhoAndWhere(
    names=(("machine", "kestrel9"), ("user", "zoe")),
    paths=("/srv/z h", "/job"),
    remotes=("git@git.example.org:zoe/sweeps.git",),
)

REPLACED = {
    "/home/zoe/a.csv": "path-1.csv",
    "'/srv/z h/b/c.py', /job": "'path-1/c.py', path-2",
    "read ~/data/x.tsv or ~zoe/y": "read path-1.tsv or path-2",
    r"C:\Users\zoe\x and \\server\share\x": "path-1 and path-2",
    "sqlite:////srv/x.db": "url-1",
    "postgresql://zoe@db/x": "url-1",
    "http://kestrel9:80/x": "url-1",
    "9http://kestrel9:80/x": "9url-1",
    "https://github.com/a/b": "remote-1",
    "git@git.example.org:zoe/sweeps.git": "remote-1",
    "ssh: bob@far:work/x": "ssh: remote-1",
    "bob.b@far.example.com!": "email-1!",
    "zoe-grid@demo": "user-1-grid@demo",
    "zoe.grid@demo.io": "user-1.grid@demo.io",
    "on kestrel9, Kestrel9.": "on machine-1, machine-1.",
    "my_kestrel92x or kestrel9": "my_machine-1x or machine-2",
    '{"zoe": "/nfs/a/b"}': '{"user-1": "path-1"}',
}

STAYS = (
    *("3/4 of a/b", "yes and/or no", "</b> <br/>", "10 /20 rows", "nyu-mll/glue", "data/train.csv", "../x/y"),
    *(
        "https://nlp.stanford.edu/sentiment/x",
        "zoeology",
        "kestrel",
        "$\\frac{1}{2}$ ~^\\ #1",
        "grid@demo: 3",
    ),
    *("lr 1e-3", "S-BERT_{100 %} costs $5 | `a` #1", "numpy 2.1.3.4", "x@y", "process 12", "5 % / 6 %"),
)


@pytest.mark.parametrize(("text", "put"), REPLACED.items())
def test_what_names_somebody_has_a_stand_in(text: str, put: str) -> None:
    stand_ins = StandIns(KNOWN, kept=["zoe.grid@demo.io"])
    assert stand_ins.text(text) == put
    assert stand_ins.taken_out.total() == put.count("-1") + put.count("-2")


def test_a_long_word_takes_no_longer_than_as_many_short_ones() -> None:
    begun = process_time()
    assert StandIns(KNOWN).text("a" * 200_000) == "a" * 200_000
    assert process_time() - begun < 20  # where each letter is a beginning, a minute


@pytest.mark.parametrize("text", STAYS)
def test_what_only_looks_like_it_stays(text: str) -> None:
    stand_ins = StandIns(KNOWN)
    assert stand_ins.value([{text: text}]) == [{text: text}]
    assert not stand_ins.taken_out


def test_a_name_is_found_however_its_letters_are_written() -> None:
    """The Turkish capital İ is an i to a pattern, and i with a dot above to `str.lower`."""
    stand_ins = StandIns(WhoAndWhere(names=(("user", "ibrahim"), ("user", "Smithers"))))
    assert stand_ins.text("İbrahim, IBRAHIM, ibrahim7, ſmithers") == "user-1, user-1, user-2, user-3"


def test_a_value_has_one_stand_in_and_each_place_counts() -> None:
    stand_ins = StandIns(KNOWN)
    assert stand_ins.value({"a": "/a/b", "c": ["/a/c", "/a/b", 1, None]}) == {
        "a": "path-1",
        "c": ["path-2", "path-1", 1, None],
    }
    assert stand_ins.taken_out == {"path": 3}
    said = stand_ins.text("PID 7, pid=7, 10.0.0.1 not 127.0.0.1", prose=True)
    assert said == "PID 1, pid=1, address-1 not 127.0.0.1"


def test_a_name_that_every_report_has_as_a_word_is_said_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "node", lambda: "max")
    found = identity_of(["osprey3.example.org", "mean"], "sqlite:////x/y.db")
    assert {"max", "mean"} <= set(found.ordinary)
    assert ("machine", "osprey3") in found.names
    assert ("machine", "osprey3.example.org") in found.names
    assert not {name for _, name in found.names} & {"max", "mean"}
