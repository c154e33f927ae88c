"""The last results as a table, each beside what it should reach, for ``benchmarks/README.md``."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- results: begin -->\n", "<!-- results: end -->\n"
VECTORS = {"AVX512": "AVX-512", "AVX2": "AVX2 alone"}
"""The machines of which figures are shown, by the vectors of their CPUs, as torch names them."""


@dataclass(frozen=True)
class Goal:
    """One figure of a benchmark and what it should reach.

    Attributes:
        benchmark: Its name.
        path: Where the figure stands among those of the benchmark, parted by ``/``.
        title: What it says.
        sign: ``≤`` or ``≥``.
        limit: What it should reach.
        scale: Factor of the figure as it is shown.
        narrow: What it should reach where a CPU has AVX2 alone; None: the same.
    """

    benchmark: str
    path: str
    title: str
    sign: str
    limit: float
    scale: float = 1.0
    narrow: float | None = None

    @property
    def wanted(self) -> str:
        """What it should reach, in words."""
        return f"{self.sign} {self.limit:g}" + ("" if self.narrow is None else f", AVX2 {self.narrow:g}")

    def reached(self, value: float, vectors: str) -> bool:
        """Whether a figure of a CPU with such vectors is what it should be."""
        limit = self.narrow if vectors == "AVX2" and self.narrow is not None else self.limit
        return {"≤": operator.le, "≥": operator.ge}[self.sign](value, limit)


GOALS = (
    Goal(
        "training",
        "plain_loop/training_ratio",
        "training, times as fast as the plain loop",
        "≥",
        4.5,
        narrow=2.7,
    ),
    Goal("training", "plain_loop/evaluation_ratio", "dev evaluation, times as fast", "≥", 5, narrow=3),
    Goal(
        "training",
        "sentence_transformers/training_ratio",
        "training, times as fast as sentence-transformers",
        "≥",
        4.5,
        narrow=2.7,
    ),
    Goal("training", "memory/ratio", "peak memory over the plain loop's", "≤", 1.0),
    Goal(
        "limit",
        "step_percent/oneDNN",
        "joint step, % of oneDNN's rate of products",
        "≥",
        70,
        narrow=62,
    ),
    Goal("limit", "step_percent/torch.mm", "joint step, % of torch.mm's rate of products", "≥", 70),
    Goal("steps", "ratios/PCGrad | summed loss", "PCGrad step over summed-loss step", "≤", 1.10),
    Goal("steps", "ratios/PCGrad | TorchJD PCGrad", "PCGrad step over TorchJD's", "≤", 1.0),
    Goal("steps", "ratios/SMART, sst and sts | summed loss", "SMART step (sst, sts) over plain", "≤", 3.0),
    Goal("steps", "ratios/SMART, all tasks | summed loss", "SMART step (all tasks) over plain", "≤", 3.0),
    Goal(
        "steps",
        "ratios/SMART, all tasks, no Bregman term | smart-pytorch, all tasks",
        "SMART step without Bregman term, which smart-pytorch lacks, over its",
        "≤",
        1.0,
    ),
    Goal("packed", "step", "all-mpnet-base-v2, packed step over padded", "≤", 0.60),
    Goal("bf16", "step", "MiniLM, step in bf16 over fp32", "≤", 0.45),
    Goal("bf16", "evaluation", "MiniLM, evaluation in bf16 over fp32", "≤", 0.45),
    Goal("bf16", "apart", "mean overall of three seeds, bf16 from fp32", "≤", 0.003),
    Goal("frozen", "later_s", "trial of heads on a frozen encoder after the first, seconds", "≤", 20),
    Goal("frozen", "apart", "cached embeddings from uncached ones", "≤", 1e-6),
    Goal("demo_trial", "S-BERT/start", "demo trial, seconds from launch to first step", "≤", 0.5),
    Goal("demo_trial", "S-BERT/outside", "demo trial, % outside training and evaluation", "≤", 10, 100),
    Goal("sweeps", "ratio/ours | Trainer + Optuna", "12 trials, time over transformers' search", "≤", 0.33),
    Goal("sweeps", "ratio/ours | Ray Tune", "12 trials, time over Ray Tune", "≤", 0.33),
    Goal("sweeps", "ratio/ours, ASHA | Trainer + Optuna", "with ASHA, over transformers' search", "≤", 0.25),
    Goal("sweeps", "ratio/ours, ASHA | Ray Tune", "with ASHA, over Ray Tune", "≤", 0.25),
    Goal("sweeps", "best_apart", "best overall with ASHA, from that of all trials", "≤", 0.005),
    Goal(
        "search",
        "demo-frozen/shown/of random, none",
        "epochs until a good configuration is found, TPE with ASHA (not the default) over random",
        "≤",
        1 / 3,
    ),
    Goal(
        "search",
        "demo-frozen/shown/of Optuna, TPE + Hyperband",
        "the same over Optuna's TPE with Hyperband",
        "≤",
        0.5,
    ),
    Goal(
        "search",
        "demo-frozen/shown/rank beside random, none",
        "rank of its winner less that of random's, at equal epochs",
        "≤",
        0,
    ),
    Goal(
        "search",
        "demo-frozen/shown/rank beside Optuna, TPE + Hyperband",
        "the same less that of Optuna's",
        "≤",
        0,
    ),
    Goal("scaling", "rows/ratio", "cost of a row of 16,000 over one of 2,000", "≤", 1.15),
    Goal("scaling", "memory_mib/growth", "driver's growth over 100 trials, MiB", "≤", 30),
    Goal("scaling", "work/ratio", "orchestration at 10,000 trials over that at 100", "≤", 2.0),
    Goal("simulate", "200/200/efficiency", "200 simulated workers with failures, % efficiency", "≥", 95),
    Goal(
        "raytable",
        "10,000 x 1 s/virtual/overhead",
        "10,000 trials of 1 s, 16 at once, % overhead",
        "≤",
        14,
        100,
    ),
    Goal("raytable", "worst/ratio", "overhead over Ray Tune's in the worst row of its table", "≤", 1.0),
    Goal("orchestration", "ratio", "orchestration of 1,000 trials over plain Optuna's", "≤", 1.0),
    Goal("report", "1000/seconds", "report of 1,000 trials, seconds", "≤", 6),
    Goal("report", "10000/seconds", "report of 10,000 trials, seconds", "≤", 20),
    Goal("largefile", "validate/wall", "`validate` of 1 GB of TSV, seconds", "≤", 60),
    Goal("largefile", "validate/memory", "its memory, MiB", "≤", 400),
    Goal("largefile", "second trial/of files", "a second trial on it, seconds beside its labels", "≤", 2),
    Goal("predicting", "speed", "`predict` on 100,000 pairs, % of evaluation's speed", "≥", 90, 100),
    Goal("claims", "worst at one seed", "false verdicts on identical arms, one seed, %", "≤", 0, 100),
    Goal("claims", "worst at several seeds", "the same, 3, 5 and 10 seeds, the worst, %", "≤", 7, 100),
    Goal("claims", "power, 0.020 at 5 seeds", "a true .020 found at 5 seeds, %", "≥", 75, 100),
    Goal("claims", "power, 0.010 at 14 seeds", "a true .010 found at 14 seeds, %", "≥", 75, 100),
    Goal("chance", "worst", "bars of noise above the level of chance, farthest from 5 %, %", "≤", 7, 100),
)


def table(results: Mapping[str, Any]) -> str:
    """A Markdown table of the goals whose benchmark has been run.

    Args:
        results: What ``results.json`` holds: figures by benchmark and vectors.
    """
    lines = [
        f"| Measured | by | goal | {' | '.join(VECTORS.values())} |",
        "|---|---|---|" + "---|" * len(VECTORS),
    ]
    for goal in GOALS:
        entries = {vectors: results.get(goal.benchmark, {}).get(vectors) for vectors in VECTORS}
        if any(entries.values()):
            cells = (_cell(goal, entry, vectors) for vectors, entry in entries.items())
            lines.append(f"| {goal.title} | `{goal.benchmark}` | {goal.wanted} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(goal: Goal, entry: Mapping[str, Any] | None, vectors: str) -> str:
    """The figure, bold where it misses its goal, with its day and commit."""
    if entry is None:
        return "—"
    value = entry["figures"]
    for key in goal.path.split("/"):
        # Ratios are named "one / other".
        value = value[key.replace(" | ", " / ")]
    value *= goal.scale
    shown = f"{value:.3g}" if goal.reached(value, vectors) else f"**{value:.3g}**"
    # What is older says less.
    where = filter(None, (entry["measured"]["when"][:10], entry["measured"].get("commit")))
    return f"{shown} ({', '.join(where)})"


def write(results: Mapping[str, Any]) -> None:
    """Puts the table into the README in the place of the one before."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}{table(results)}{END}{after}", encoding="utf-8")
