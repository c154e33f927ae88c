"""Section C of the Responsible NLP checklist of ACL Rolling Review (version of 2024)."""

from ..read import Stored
from . import datasets, experiments
from .item import Item


def arr_items(stored: Stored) -> list[Item]:
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
                "Setup": experiments.setup(stored),
                "Search": experiments.search(stored),
                "Bounds": experiments.bounds(stored),
                "Best settings": experiments.best(stored),
            },
        ),
        Item(
            "C3 Descriptive statistics",
            {"Scores": experiments.statistics(stored), "What is reported": experiments.reported(stored)},
        ),
        Item(
            "C4 Packages and their settings",
            {"Versions": experiments.versions(stored), "Text": datasets.preprocessing(stored)},
        ),
    ]
