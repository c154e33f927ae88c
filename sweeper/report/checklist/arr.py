"""Section C of the Responsible NLP checklist of ACL Rolling Review (version of 2024)."""

from collections.abc import Sequence

from ..document import Table
from ..read import Stored
from . import experiments
from .item import Item
from .setup import preprocessing, setup


def arr_items(stored: Stored, tables: Sequence[Table]) -> list[Item]:
    """Its four items for a study, named by what they ask for."""
    return [
        Item(
            "C1 Size of the models, budget, infrastructure",
            {
                "Parameters": experiments.parameters(stored),
                "Wall time": experiments.wall_time(stored),
                "Processor time": experiments.processor_time(stored),
                "Infrastructure": experiments.infrastructure(stored),
            },
        ),
        Item(
            "C2 Experimental setup, search, best settings",
            {
                "Setup": setup(stored.study),
                "Search": experiments.search(stored),
                "Bounds": experiments.bounds(stored),
                "Best settings": experiments.best(stored),
            },
        ),
        Item(
            "C3 Descriptive statistics",
            {
                "Scores": experiments.statistics(stored),
                "What is reported": experiments.reported(stored, tables),
            },
        ),
        Item(
            "C4 Packages and their settings",
            {"Versions": experiments.versions(stored), "Text": preprocessing(stored.study)},
        ),
    ]
