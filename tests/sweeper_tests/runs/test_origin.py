"""What a trial's process says of its files, and what it does with those of another trial."""

import hashlib
import json
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import pytest

from model.checkpoint import epochs_kept
from sweeper.executors.inline import InlineExecutor
from sweeper.executors.protocol import Evaluated, Finished, Noted, Started
from tests.sweeper_tests.executors.story import follow, job, scores, story

OURS, THEIRS = "0d6a1d3b-58a8-4c1e-8a51-0123456789ab", "7f6a1d3b-58a8-4c1e-8a51-0123456789ab"


def test_the_files_of_the_best_epoch_are_signed_before_it_is_told(tmp_path: Path) -> None:
    given = replace(job(tmp_path), study=OURS)
    executor, best = InlineExecutor(), 0
    executor.submit(given)
    for event in takewhile(lambda event: not isinstance(event, Finished), follow(executor)):
        if isinstance(event, Evaluated):
            best = event.result.epoch if event.result.best else best
            said = json.loads((given.rundir / "origin.json").read_text())
            files = {
                name: hashlib.sha256((given.rundir / name).read_bytes()).hexdigest()
                for name in ("predictions.npz", "best.safetensors")
            }
            assert said == {
                "study": OURS,
                "trial": given.number,
                "configuration": given.config.fingerprint(),
                "data": event.result.fingerprint,
                "epoch": best,
                "files": files,
            }
    assert best


@pytest.mark.parametrize("what", ["study", "number", "config"])
def test_what_is_of_another_is_not_gone_on_from(what: str, tmp_path: Path) -> None:
    theirs = replace(job(tmp_path / "one"), study=THEIRS if what == "study" else OURS, number=7)
    other = theirs.config.model_copy(update={"dropout": 0.35})
    changed = {"study": {"study": OURS}, "number": {"number": 8}, "config": {"config": other}}[what]
    ours = replace(theirs, **changed)
    [expected] = story(InlineExecutor(), replace(ours, rundir=tmp_path / "fresh")).values()
    story(InlineExecutor(), theirs)
    assert epochs_kept(theirs.rundir) == theirs.config.epochs

    [told] = story(InlineExecutor(), ours).values()
    of = {
        "study": f"trial 7 of another study ({THEIRS})",
        "number": "trial 7",
        "config": "another configuration of the trial",
    }[what]
    assert told[0] == Noted(ours.number, f"what lay in its folder was of {of}, and is gone: it starts anew")
    assert isinstance(told[1], Started)
    assert told[1].epochs is None
    assert scores(told) == scores(expected)
