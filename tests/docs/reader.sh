# What readers of the documentation have before they come to a page, made once and small.
# Sourced by test_reader.py in a copy of the repository whose python is small_python.sh.

quickstart=work_dirs/quickstart_seed0

scenes() {
    [ -f data/instrument_scenes/test.json ] || python tools/dataset_converters/instrument_scenes.py
}

quickstart() {
    [ -f "$quickstart/report.html" ] || bash tools/quickstart.sh --dtype float32
}

class_localizer() {
    scenes
    [ -f work_dirs/stage2_scenes_class/epoch_16.pth ] && return
    python tools/train.py configs/ablations/stage1_scenes_class.py
    python tools/train.py configs/ablations/stage2_scenes_class.py
}

separators() { # CONFIG...
    class_localizer
    python tools/dataset_converters/make_mixtures.py data/instrument_scenes/test.json \
        mmavl/datasets/mixture_lists/scenes_test.json --count 6
    python tools/dataset_converters/make_mixtures.py data/instrument_scenes/val.json \
        mmavl/datasets/mixture_lists/scenes_val.json --count 3
    local config
    for config in "$@"; do
        [ -f "work_dirs/$(basename "$config")/last_checkpoint" ] ||
            python tools/train.py "configs/$config.py"
    done
}

detector() {
    scenes
    local name=faster-rcnn_lite0_fpn_scenes
    [ -f "work_dirs/$name/epoch_2.pth" ] && return
    python tools/dataset_converters/manifest_to_coco.py data/instrument_scenes/{train,val,test}.json
    python tools/train.py "configs/detection/$name.py"
    python tools/detect_boxes.py "configs/detection/$name.py" "work_dirs/$name/epoch_2.pth" \
        data/instrument_scenes/test.json
}

for_seeds_too() { # the quickstart of seed 0, in place of the others as well
    quickstart
    local seed
    for seed in 1 2; do
        [ -e work_dirs/quickstart_seed$seed ] || ln -s quickstart_seed0 work_dirs/quickstart_seed$seed
    done
}

dumps() {
    cp "$quickstart/stage2_scenes/predictions.npz" test.npz
    python tools/test.py configs/stage2_scenes.py "$quickstart/stage2_scenes/epoch_16.pth" \
        --out val.npz --cfg-options test_dataloader.dataset.ann_file=val.json
}

stages() { # the runs of both stages in work_dirs itself
    mkdir -p work_dirs
    local name
    for name in stage1 stage2; do
        [ -e work_dirs/${name}_scenes ] || cp -r "$quickstart/${name}_scenes" work_dirs/
    done
}

# Real datasets, with a few videos of a grey picture and a tone in place of their media. One epoch
# is trained in place of sixty.
audioset() {
    [ -f work_dirs/stage2_audioset/epoch_60.pth ] && return
    python tools/dataset_converters/audioset_instrument.py --release original_release \
        --train-segments unbalanced_train_segments.csv \
        --test-segments balanced_train_segments.csv --media downloads
    python tools/train.py configs/stage1_audioset.py
    mv work_dirs/stage1_audioset/epoch_{1,60}.pth
    python tools/train.py configs/stage2_audioset.py
    mv work_dirs/stage2_audioset/epoch_{1,60}.pth
}

music() {
    [ -f data/music/train.json ] || python tools/dataset_converters/music.py \
        --solo MUSIC_solo_videos.json --duet MUSIC_duet_videos.json --media downloads
    mkdir -p work_dirs/stage{1,2}_music
    ln -sf epoch_1.pth work_dirs/stage1_music/epoch_60.pth
    ln -sf epoch_1.pth work_dirs/stage2_music/epoch_60.pth
}

flickr() {
    [ -f data/soundnet_flickr/test.json ] || python tools/dataset_converters/soundnet_flickr.py \
        --release original_release --media Data
}

# A command that serves until it is stopped: it must still be there after a minute.
serves() {
    local code=0
    timeout 60 "$@" || code=$?
    [ "$code" = 124 ]
}
