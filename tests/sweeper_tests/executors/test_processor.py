"""The processor as Linux describes it, from descriptions of three kinds."""

from pathlib import Path

import pytest

from sweeper.executors.processor import processor


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "model name\t: Chip 9\nflags\t\t: fpu avx avx2\n\nmodel name\t: Other\nflags: amx_bf16",
            "Chip 9; AVX2",
        ),
        (
            "model name : Xeon\nflags : avx2 avx512f avx512_bf16 amx_bf16 amx_tile",
            "Xeon; AVX2, AVX-512, AVX-512 bf16, AMX bf16",
        ),
        ("model name : Old\nflags : sse2", "Old"),
        ("model name : Arm\nFeatures : fp asimd sve bf16", "Arm; NEON, SVE, bf16"),
    ],
)
def test_the_model_and_its_vectors(tmp_path: Path, written: str, expected: str) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(written)
    assert processor(file) == expected


def test_elsewhere_python_knows_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.processor", lambda: "arm")
    assert processor(tmp_path / "none") == "arm"
