"""The reproducibility checklist of NAACL 2021, which goes back to Dodge et al. (2019)."""

from collections.abc import Sequence

from ..document import Table
from ..read import Stored
from . import datasets, experiments
from .item import Item
from .setup import preprocessing, setup


def naacl_items(stored: Stored, tables: Sequence[Table]) -> list[Item]:
    """Its eighteen items for a study, named by what they ask for."""
    return [*_experiments(stored, tables), *_search(stored), *_datasets(stored)]


def _experiments(stored: Stored, tables: Sequence[Table]) -> list[Item]:
    return [
        Item("All experiments: description of the model", {"Setup": setup(stored.study)}),
        Item(
            "All experiments: source code and dependencies",
            {
                "Commit": experiments.commit(stored),
                "Versions": experiments.versions(stored),
                "Link": (),  # nobody but the authors knows where it will be
            },
        ),
        Item("All experiments: infrastructure", {"Infrastructure": experiments.infrastructure(stored)}),
        Item("All experiments: average run time", {"Run time": experiments.run_time(stored)}),
        Item("All experiments: parameters of each model", {"Parameters": experiments.parameters(stored)}),
        Item(
            "All experiments: dev beside test scores",
            {"Dev and test": experiments.dev_and_test(stored, tables)},
        ),
        Item("All experiments: definition of the measures", {"Measures": experiments.measures(stored)}),
    ]


def _search(stored: Stored) -> list[Item]:
    return [
        Item("Search: number of training and evaluation runs", {"Runs": experiments.runs(stored)}),
        Item("Search: bounds of each hyperparameter", {"Bounds": experiments.bounds(stored)}),
        Item("Search: settings of the best models", {"Best settings": experiments.best(stored)}),
        Item("Search: method and criterion of the choice", {"Search": experiments.search(stored)}),
        Item("Search: summary statistics", {"Scores": experiments.statistics(stored)}),
    ]


def _datasets(stored: Stored) -> list[Item]:
    return [
        Item(
            "Datasets: statistics",
            {"Rows": datasets.rows(stored), "Labels": datasets.labels(stored)},
        ),
        Item("Datasets: splits", {"Splits": datasets.splits(stored)}),
        Item(
            "Datasets: what was excluded, preprocessing",
            {
                "Excluded": datasets.excluded(stored),
                "Repeated": datasets.repeated(stored),
                "Text": preprocessing(stored.study),
            },
        ),
        Item("Datasets: language", {"Language": datasets.language(stored)}),
        Item("Datasets: where to download them", {"Source": datasets.download(stored)}),
        Item("Datasets: how new data were collected", {"Collection": datasets.collection(stored)}),
    ]
