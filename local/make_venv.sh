#!/usr/bin/env bash
# Makes the virtual environment named by the first argument and installs what is pinned.
# A name on PATH is not yet a Python: shims of version managers exist without one, and Debian's lacks ensurepip.
set -euo pipefail

venv=$1
usable='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'

if [ ! -x "$venv/bin/python" ]; then
    python=''
    for candidate in ${PYTHON3:-} python3.13 python3.12 python3.11 python3; do
        if "$candidate" -c "$usable" 2>/dev/null; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        echo 'No usable Python 3.11 or later was found (on Debian and Ubuntu, python3-venv is needed too).' >&2
        echo 'Install one, or name it: PYTHON3=/path/to/python3 make run' >&2
        exit 1
    fi
    echo "Python environment: making $venv with $("$python" --version)"
    "$python" -m venv "$venv"
fi

echo 'Python packages: installing what requirements.txt and requirements-dev.txt pin (about a minute)'
"$venv/bin/python" -m pip install --quiet --require-hashes -r requirements-dev.txt
