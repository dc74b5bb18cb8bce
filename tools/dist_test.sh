#!/usr/bin/env bash
# Test with several processes: dist_test.sh CONFIG CHECKPOINT PROCESSES [arguments of test.py]
# On several machines set NNODES, NODE_RANK, MASTER_ADDR and PORT alike on each.
set -euo pipefail

if [ $# -lt 3 ]; then
    echo "usage: bash $0 CONFIG CHECKPOINT PROCESSES [arguments of test.py]" >&2
    exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
machines=()
if [ "${NNODES:-1}" != 1 ]; then
    machines=(--nnodes "$NNODES" --node-rank "$NODE_RANK"
        --master-addr "$MASTER_ADDR" --master-port "${PORT:-29500}")
fi
exec "${PYTHON:-python}" -m mmavl.engine.processes ${machines[@]+"${machines[@]}"} --nproc-per-node "$3" \
    "$here/test.py" "$1" "$2" --launcher pytorch "${@:4}"
