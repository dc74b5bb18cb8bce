#!/usr/bin/env bash
# Train with several processes: dist_train.sh CONFIG PROCESSES [arguments of train.py]
# On several machines set NNODES, NODE_RANK, MASTER_ADDR and PORT alike on each.
# With MAX_RESTARTS=N, on one machine, all start again with --resume after one was killed, up to N times.
set -euo pipefail

if [ $# -lt 2 ]; then
    echo "usage: bash $0 CONFIG PROCESSES [arguments of train.py]" >&2
    exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
machines=()
restarts=${MAX_RESTARTS:-0}
if [ "${NNODES:-1}" != 1 ]; then
    if [ "$restarts" != 0 ]; then
        echo "error: MAX_RESTARTS works on one machine: on several, let the scheduler start again with --resume" >&2
        exit 2
    fi
    machines=(--nnodes "$NNODES" --node-rank "$NODE_RANK"
        --master-addr "$MASTER_ADDR" --master-port "${PORT:-29500}")
fi
exec "${PYTHON:-python}" -m mmavl.engine.processes ${machines[@]+"${machines[@]}"} --nproc-per-node "$2" --max-restarts "$restarts" \
    "$here/train.py" "$1" --launcher pytorch "${@:3}"
