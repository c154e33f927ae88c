from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sweeper.paths import shipped_studies
from sweeper.study.schema import study_schema
from sweeper.study.yamlfile import read_yaml

SCHEMA = study_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
STUDIES = sorted(shipped_studies().glob("*.yaml"))


def valid(study: dict[str, Any]) -> bool:
    return bool(VALIDATOR.is_valid(study))


def test_the_schema_is_one() -> None:
    VALIDATOR.check_schema(SCHEMA)


def test_every_reference_leads_somewhere() -> None:
    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return own.union(*(references(below) for below in node.values()))
        return set().union(*(references(below) for below in node)) if isinstance(node, list) else set()

    assert references(SCHEMA) == {f"#/$defs/{name}" for name in SCHEMA["$defs"]}


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_shipped_study_fits(path: Path) -> None:
    assert len(STUDIES) == 15
    VALIDATOR.validate(read_yaml(path).data)


FITS = [
    {"space": {"learning_rate": "workload", "sts_loss": "workload"}},
    {"space": {"learning_rate": {"low": 0.1, "high": 0.2, "step": None}, "encoder.dropout": [None, 0.1]}},
    {"base": {"tasks.sst": {"source.seed": 3}, "tasks.sts.source": {"kind": "files", "train": "a.tsv"}}},
    {"base": {"encoder.lora": {"rank": 8}}, "space": {"encoder.lora.dropout": [0.0, 0.1]}},
    {"base": {"encoder": {"lora": {"alpha": 8}}}, "space": {"encoder.lora.rank": {"low": 2, "high": 8}}},
    {"base": {"encoder": {"pooling": "mean"}, "tasks.sts": {"head": "cosine"}, "tasks.sst.head": "mlp"}},
    {"base": {"tasks.sst.source.seed": 3, "max_grad_norm": None}},
    {"space": {"batch_size": {"low": 8, "high": 64, "step": 8}, "max_grad_norm": [None, 1.0]}},
    {"objective": ["sst", "sts"], "sampler": {"name": "nsga2", "startup": 8}},
    {"objective": "sts", "pruner": {"name": "asha", "min_epochs": 2, "patience": 1}},
    {"space": {"dropout": [0.1, 0.3]}, "enqueue": [{"dropout": 0.3}, {}]},
    {"space": {"dropout": {"low": 0.1, "high": 0.3, "prior": 0.2, "when": {"optimizer": "adamw"}}}},
    {"space": {"dropout": {"values": [0.1, 0.3], "when": {"epochs": "> 3", "optimizer": ["adamw", "sgd"]}}}},
    {"space": {"dropout": {"values": "workload", "when": {"tasks.sst.loss": "ce"}}}},
    {"arms": {"A": {"dropout": 0.1, "space": {"smart.strength": {"low": 1, "high": 2}, "epochs": [1, 2]}}}},
    {"space": {"epochs": [1, 2]}, "constraints": ["epochs < batch_size"]},
    {"arms": {"A": {}, "B": {"sts_head": "cosine"}}, "seeds": [1, 2], "sampler": {"name": "grid"}},
]
FITS_NOT = [
    {"space": {"dropout": {"low": 0.1, "high": 0.3, "when": {}}}},
    {"space": {"dropout": {"low": 0.1, "high": 0.3, "when": {"optimiser": "adamw"}}}},
    {"space": {"dropout": {"low": 0.1, "high": 0.3, "when": {"optimizer": "adma"}}}},
    {"space": {"dropout": {"low": 0.1, "high": 0.3, "when": {"optimizer": []}}}},
    {"space": {"dropout": {"low": 0.1, "high": 0.3, "when": {"epochs": "three"}}}},
    {"space": {"dropout": {"values": [0.1, 0.3]}}},
    {"space": {"dropout": {"values": [0.1, 2.0], "when": {"epochs": 1}}}},
    {"arms": {"A": {"space": {"dropot": [0.1]}}}},
    {"base": {"space": {"dropout": [0.1]}}},
    {"constraints": "epochs < 3"},
    {"base": {"encoder.lora.rank": "8"}},
    {"base": {"tasks.sst.source": 3}},
    {"base": {"tasks.sst.source": {"seed": "3"}}},
    {"base": {"tasks.sst": {"source": {"seed": True}}}},
    {"base": {"tasks.sst.source.seed": "yes"}},
    {"base": {"tasks.sst.source.drop_incomplete": "yes"}},
    {"base": {"tasks.sst.source.drop": True}},
    {"enqueue": [{"encoder": {"dropout": 0.1}}]},
    {"space": {"smart.bregman_decays": [[0.1, 0.9]]}},
    {"space": {"learning_rate": "workloads"}},
    {"baseline": 3},
    {"compare": [["A", True]]},
    {"objective": 3},
    {"objective": ["sst"]},
    {"objective": ["sst", "sst"]},
    {"enqueue": {"dropout": 0.3}},
    {"enqueue": [{"dropout": [0.3]}]},
    {"enqueue": [{"dropot": 0.3}]},
    {"enqueue": [{"dropout": 1.5}]},
    {"pruner": {"name": "asha", "rungs": 2}},
    {"pruner": {"name": "asha", "min_epochs": 0}},
    {"sampler": {"name": "tpe", "startup": 1}},
    {"bse": {}},
    {"base": {"sst_hed": "mlp"}},
    {"base": {"sst_head": "mpl"}},
    {"base": {"dropout": 1.5}},
    {"base": {"seed": 1}},
    {"base": {"tasks": {}}},
    {"base": {"encoder": {"poolin": "mean"}}},
    {"base": {"tasks.sst.hed": "mlp"}},
    {"arms": {}},
    {"arms": {"A": {"sst_hed": "mlp"}}},
    {"space": {"dropout": []}},
    {"space": {"dropout": 0.1}},
    {"space": {"dropout": {"low": 0.1}}},
    {"space": {"dropout": [0.1, 1.5]}},
    {"space": {"encoder": [1]}},
    {"space": {"sts_loss": {"low": 1, "high": 2}}},
    {"sampler": {"name": "tpee"}},
    {"tables": ["table9"]},
]


@pytest.mark.parametrize("study", FITS, ids=str)
def test_what_a_study_may_say_fits(study: dict[str, Any]) -> None:
    assert valid({"name": "mine"} | study)


@pytest.mark.parametrize("study", FITS_NOT, ids=str)
def test_what_it_may_not_say_does_not(study: dict[str, Any]) -> None:
    assert not valid({"name": "mine"} | study)
