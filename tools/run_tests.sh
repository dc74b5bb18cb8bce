#!/usr/bin/env bash
# Set up the environment, check style and types, run the tests. Arguments go to pytest, e.g. -m slow.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash tools/setup_env.sh
SECONDS=0
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
# two workers with a thread each: tests are many small tensors, where more threads are slower
OMP_NUM_THREADS=1 .venv/bin/python -m pytest -n 2 "$@"
echo "Style, types and tests passed (${SECONDS} s)"
