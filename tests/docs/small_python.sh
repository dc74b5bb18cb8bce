#!/usr/bin/env bash
# Python for test_reader.py: few scenes and, on real datasets, one epoch and nothing downloaded.
arguments=("$@")
case "$*" in
    *instrument_scenes.py*--sizes*) ;;
    *instrument_scenes.py*) arguments+=(--sizes train=96 val=16 test=24 test_shift=12) ;;
    *train.py*openimages*) arguments+=(--cfg-options train_cfg.max_epochs=1) ;;
    *train.py*separation_music*)
        arguments+=(--cfg-options train_cfg.max_epochs=1 train_dataloader.batch_size=2)
        arguments+=(model.localizer.visual_backbone.pretrained=False)
        ;;
    *train.py*_audioset.py* | *train.py*_music.py*)
        arguments+=(--cfg-options train_cfg.max_epochs=1 train_dataloader.batch_size=2)
        arguments+=(model.visual_backbone.pretrained=False)
        ;;
    *test.py*_audioset.py*) arguments+=(--cfg-options model.visual_backbone.pretrained=False) ;;
esac
exec "$READER_PYTHON" "${arguments[@]}"
