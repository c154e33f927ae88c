"""The reproducibility checklist of NAACL 2021, which goes back to Dodge et al. (2019)."""

from ..read import Stored
from . import facts
from .item import Item


def naacl_items(stored: Stored) -> list[Item]:
    """Its eighteen items for a study, named by what they ask for."""
    return [*_experiments(stored), *_search(stored), *_datasets(stored)]


def _experiments(stored: Stored) -> list[Item]:
    return [
        Item("All experiments: description of the model", {"Setup": facts.setup(stored)}),
        Item(
            "All experiments: source code and dependencies",
            {
                "Commit": facts.commit(stored),
                "Versions": facts.versions(stored),
                "Link": (),  # nobody but the authors knows where it will be
            },
        ),
        Item("All experiments: infrastructure", {"Infrastructure": facts.infrastructure(stored)}),
        Item("All experiments: average run time", {"Run time": facts.run_time(stored)}),
        Item("All experiments: parameters of each model", {"Parameters": facts.parameters(stored)}),
        Item("All experiments: dev score of each test score", {"Dev and test": facts.dev_and_test(stored)}),
        Item("All experiments: definition of the measures", {"Measures": facts.measures(stored)}),
    ]


def _search(stored: Stored) -> list[Item]:
    return [
        Item("Search: number of training and evaluation runs", {"Runs": facts.runs(stored)}),
        Item("Search: bounds of each hyperparameter", {"Bounds": facts.bounds(stored)}),
        Item("Search: settings of the best models", {"Best settings": facts.best(stored)}),
        Item("Search: how values were chosen, and by which criterion", {"Search": facts.search(stored)}),
        Item("Search: summary statistics", {"Scores": facts.statistics(stored)}),
    ]


def _datasets(stored: Stored) -> list[Item]:
    return [
        Item(
            "Datasets: statistics",
            {"Rows": facts.rows(stored), "Labels": facts.labels(stored)},
        ),
        Item("Datasets: splits", {"Splits": facts.splits(stored)}),
        Item(
            "Datasets: what was excluded, preprocessing",
            {"Excluded": facts.excluded(stored), "Text": facts.preprocessing(stored)},
        ),
        Item("Datasets: language", {"Language": ()}),
        Item("Datasets: where to download them", {"Source": facts.download(stored)}),
        Item("Datasets: how new data were collected", {"Collection": ()}),
    ]
