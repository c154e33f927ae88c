#!/bin/sh
# What one CUDA device does with sweeper, in less than eight minutes: prints a table, writes gpu.json.
# Its arguments are those of `python -m benchmarks.gpu`; SWEEPER_DATA names the course's files, if they are there.
set -eu
cd "$(dirname "$0")/.."
exec "${PYTHON:-python}" -m benchmarks.gpu "$@"
