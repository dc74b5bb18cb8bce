#!/usr/bin/env bash
# Python for test_reader.py: few scenes and, on real datasets, one epoch.
arguments=("$@")
case "$*" in
    *instrument_scenes.py*--sizes*) ;;
    *instrument_scenes.py*) arguments+=(--sizes train=96 val=16 test=24 test_shift=12) ;;
    *compose_scenes.py*) arguments+=(--sizes train=48 val=6 test=8) ;;
    *train.py*openimages*) arguments+=(--cfg-options train_cfg.max_epochs=1) ;;
    *train.py*_audioset.py* | *train.py*_music.py*)
        arguments+=(--cfg-options train_cfg.max_epochs=1 train_dataloader.batch_size=2)
        ;;
    *train.py\ configs/own_clips/stage?_mine.py) arguments+=(--cfg-options train_dataloader.batch_size=2) ;;
esac
exec "$READER_PYTHON" "${arguments[@]}"
