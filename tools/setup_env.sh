#!/usr/bin/env bash
# Make .venv with the versions of requirements/*.txt and mmavl itself, editable.
# Quick where that is done already; run again after an interruption, it goes on. Of several at once,
# one installs and the others wait.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# macOS has no flock. The lock is freed when this process and those it started have ended.
if command -v flock >/dev/null; then
    exec 9>.venv.lock
    flock --nonblock 9 || {
        echo 'Another process makes .venv: waiting for it'
        flock 9
    }
fi

find_python() {
    local python
    for python in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3.10; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            command -v "$python"
            return
        fi
    done
    echo 'error: no Python >= 3.10 found. Install one, e.g.: sudo apt-get install python3' >&2
    return 1
}

make_venv() {
    local python version place=.venv
    python=$(find_python)
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [[ $PWD == *:* ]]; then # separates the folders of PATH: Python refuses to make it here
        place=${XDG_DATA_HOME:-$HOME/.local/share}/mmavl/venv-$(cksum <<<"$PWD" | cut -d ' ' -f 1)
        rm -rf .venv
        ln -s "$place" .venv
        echo "The path of this folder has a colon: .venv is a link to $place"
    fi
    echo "Making .venv with Python $version ($python)"
    if ! "$python" -m venv "$place" >.venv.log 2>&1; then
        cat .venv.log >&2
        rm -rf "$place" .venv .venv.log
        echo "error: $python cannot make virtual environments." \
            "Run: sudo apt-get install python$version-venv" >&2
        return 1
    fi
    rm .venv.log
}

[ -x .venv/bin/pip ] || make_venv # pip comes last: a killed one has left none

requirements=(
    requirements/{runtime,scenes,pseudo_labels,onnx_export,detection,hub,demo,tests,docs}.txt
)
wanted=$(cat "${requirements[@]}" requirements/no_deps.txt setup.cfg | sha256sum)
stamp=.venv/mmavl-requirements
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit
fi

echo 'Installing PyTorch and the other packages into .venv (the first time, some minutes and 6 GB)'
SECONDS=0
# by its real path, which the first lines of installed programs will name
pip=("$(cd .venv && pwd -P)/bin/python" -m pip --disable-pip-version-check install --quiet)
"${pip[@]}" "${requirements[@]/#/-r}"
"${pip[@]}" --no-deps -r requirements/no_deps.txt
"${pip[@]}" --no-deps --no-build-isolation --editable .
echo "$wanted" >"$stamp"
echo "The environment is ready (${SECONDS} s)"
