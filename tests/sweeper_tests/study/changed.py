"""A study that is changed after it was begun."""

import yaml

from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.study.workload import Workload
from tests.sweeper_tests.made import WORKLOAD

OLD = """
name: mine
base: {sst_head: mlp}
arms:
  A: {}
  B: {sts_head: cosine}
space:
  dropout: [0.1, 0.3]
  weight_decay: {low: 0.1, high: 0.3, step: 0.1}
  learning_rate: {low: 1.0e-4, high: 1.0e-2, log: true}
  batch_size: {low: 8, high: 16, step: 4}
enqueue: [{dropout: 0.3}]
seeds: [1, 2]
"""


def study(text: str = OLD, workload: Workload = WORKLOAD) -> Study:
    return Study(StudySpec.model_validate(yaml.safe_load(text)), workload)
