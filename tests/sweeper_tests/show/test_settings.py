"""Settings and where they came from, in lines."""

import json
from dataclasses import replace
from pathlib import Path

from sweeper.show.origins import Origin, Setting
from sweeper.show.settings import settings_lines
from sweeper.study.load import load_study
from sweeper.sweep.order import Places
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.show.originated import LENT, LENT_FILE, OWN, OWN_FILE, STUDY, told
from tests.sweeper_tests.typed import Command, write


def test_settings_stand_whole_in_a_width() -> None:
    from_file = Origin("base", None, "studies/a long name of a study.yaml", 7, "base.learning_rate")
    settings = [
        Setting("epochs", 2, Origin("default")),
        Setting("encoder.name", "a\x1b[31mb\nc", replace(from_file, line=8)),
        Setting("learning_rate", 3.0000000000000004e-05, from_file),
        Setting("encoder.dropout", None, Origin("default")),
        Setting("optimizer", "null", Origin("arm", "A", "x.yaml", 1, "arms.A.optimizer")),
    ]
    assert settings_lines(settings, 100) == [
        "Settings:",
        'optimizer      "null"                  x.yaml:1 arms.A',
        r"encoder.name   a\x1b[31mb c            studies/a long name of a study.yaml:8 base",
        "learning_rate  3.0000000000000004e-05  studies/a long name of a study.yaml:7 base",
        "",
        "By default, 2:",
        "    epochs 2, encoder.dropout null",
    ]
    assert settings_lines(settings, 40)[-6:] == [
        "learning_rate  3.0000000000000004e-05",
        "    studies/a long name of a",
        "    study.yaml:7 base",
        "",
        "By default, 2:",
        "    epochs 2, encoder.dropout null",
    ]


def test_the_command(place: Path, places: Places, sweeper: Command) -> None:
    write(Path("studies/mine.yaml"), STUDY)
    for path, text in ((OWN_FILE, OWN), (LENT_FILE, LENT)):
        write(Path(path), text)
    sweep(load_study("mine"), places, 4)
    said = sweeper("show", "mine", "3", "--storage", places.storage)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert "smart.enabled            true" in lines
    assert (
        lines[lines.index("smart.enabled            true") + 1]
        == "    studies/mine.yaml:9 arms.S-BERT + SMART"
    )
    assert json.loads(sweeper("show", "mine", "3", "--json", "--storage", places.storage).out) == told(
        places.storage, 3
    )
