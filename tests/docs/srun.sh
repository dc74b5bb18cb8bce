#!/usr/bin/env bash
# Slurm for test_reader.py: one task, here, and without the CUDA that --launcher slurm asks for.
while [[ $1 == --* ]]; do shift; done
task=()
for word in "$@"; do
    [ "$word" = slurm ] && word=none
    task+=("$word")
done
exec "${task[@]}"
