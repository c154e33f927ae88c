"""What the shipped studies propose on the shipped workloads, against what they proposed before `ranges`.

``shipped_proposals.json`` was written at commit 1b05d77, where a workload's `space` took the place of the
study's: of the first 40 trials of each study on each workload the beginning of the SHA-256 of arm, values,
seed, configuration and fingerprint. All computed in fp32 then, as a machine without bf16 begins them today.
"""

import hashlib
import json
from pathlib import Path

import torch

from sweeper.search.propose import propose
from sweeper.study.load import load_study, study_files
from sweeper.study.precision import resolved
from sweeper.study.study import Study
from sweeper.trial import PastTrial, RunState, TrialSpec

BEFORE: dict[str, str] = json.loads(Path(__file__).with_name("shipped_proposals.json").read_text())
DIFFERENT = {"quickstart@paper", "quickstart@paper-cfimdb", "quickstart@paper-hub"}
"""The quickstart had a range of its own, 1e-5 to 1e-4; by the word it takes the paper's, 1e-6 to 1e-4."""

WITH_RANGES = {"optimizers", "quickstart", "sbert-grid"}


def planted(trial: TrialSpec) -> float:
    """A score that follows from arm, values and seed alone."""
    key = json.dumps([trial.arm, trial.params, trial.seed], sort_keys=True)
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") / 2**32


def proposals(study: Study) -> list[str]:
    found: list[str] = []
    history: list[PastTrial] = []
    while len(found) < 40 and (trial := propose(study, len(found), history)) is not None:
        told = [trial.arm, trial.params, trial.seed, trial.configuration, trial.config.fingerprint()]
        found.append(hashlib.sha256(json.dumps(told).encode()).hexdigest()[:8])
        scores = dict.fromkeys(["overall", *study.tasks], planted(trial))
        place = (trial.number, trial.arm, trial.params, trial.seed, trial.configuration)
        history.append(PastTrial(*place, RunState.COMPLETE, scores))
    return found


def test_each_shipped_study_proposes_on_each_workload_what_it_did() -> None:
    assert {name.split("@")[0] for name in BEFORE} <= study_files().keys()
    now = {name: " ".join(proposals(resolved(load_study(*name.split("@")), "fp32"))) for name in BEFORE}
    other = {name for name, found in BEFORE.items() if now[name] != found}
    if torch.backends.cpu.get_cpu_capability() == "AVX512":
        assert other == DIFFERENT
        return
    # With other vectors NumPy's logarithms differ in the last digit, and with them what TPE draws from a
    # range, which it does after ten trials of chance.
    assert {name.split("@")[0] for name in other} <= WITH_RANGES
    assert {name for name in other if now[name].split()[:10] != BEFORE[name].split()[:10]} == DIFFERENT
