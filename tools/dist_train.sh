#!/usr/bin/env bash
# Train with several processes: dist_train.sh CONFIG PROCESSES [arguments of train.py]
# On several machines set NNODES, NODE_RANK, MASTER_ADDR and PORT alike on each.
set -euo pipefail

if [ $# -lt 2 ]; then
    echo "usage: bash $0 CONFIG PROCESSES [arguments of train.py]" >&2
    exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
machines=()
if [ "${NNODES:-1}" != 1 ]; then
    machines=(--nnodes "$NNODES" --node-rank "$NODE_RANK"
        --master-addr "$MASTER_ADDR" --master-port "${PORT:-29500}")
fi
exec "${PYTHON:-python}" -m mmavl.engine.processes ${machines[@]+"${machines[@]}"} --nproc-per-node "$2" \
    "$here/train.py" "$1" --launcher pytorch "${@:3}"
