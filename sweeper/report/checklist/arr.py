"""Section C of the Responsible NLP checklist of ACL Rolling Review (version of 2024)."""

from ..read import Stored
from . import facts
from .item import Item


def arr_items(stored: Stored) -> list[Item]:
    """Its four items for a study, named by what they ask for."""
    return [
        Item(
            "C1 Size of the models, budget, infrastructure",
            {
                "Parameters": facts.parameters(stored),
                "Wall time": facts.wall_time(stored),
                "Processor time": facts.processor_time(stored),
                "Infrastructure": facts.infrastructure(stored),
            },
        ),
        Item(
            "C2 Experimental setup, search, best settings",
            {
                "Setup": facts.setup(stored),
                "Search": facts.search(stored),
                "Bounds": facts.bounds(stored),
                "Best settings": facts.best(stored),
            },
        ),
        Item(
            "C3 Descriptive statistics",
            {"Scores": facts.statistics(stored), "What is reported": facts.reported(stored)},
        ),
        Item(
            "C4 Packages and their settings",
            {"Versions": facts.versions(stored), "Text": facts.preprocessing(stored)},
        ),
    ]
