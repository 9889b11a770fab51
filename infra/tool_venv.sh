#!/usr/bin/env bash
# Create a virtual environment for tools whose pinned versions conflict with the platform's.
# Arguments: folder, Python, requirements file.
set -euo pipefail

venv=$1 python=$2 list=$3
echo "Python packages: installing $list"
rm -rf "$venv"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --require-hashes -r "$list"
