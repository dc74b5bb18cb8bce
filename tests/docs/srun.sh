#!/usr/bin/env bash
# Slurm for test_reader.py: one task on this machine.
if [ "$(basename "$0")" = scontrol ]; then
    echo localhost
    exit
fi
while [[ $1 == --* ]]; do shift; done
export SLURM_PROCID=0 SLURM_LOCALID=0 SLURM_NTASKS=1 SLURM_NODELIST=localhost
exec "$@"
