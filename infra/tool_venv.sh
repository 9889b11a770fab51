#!/usr/bin/env bash
# Makes a virtual environment for tools whose pins collide with the platform's own: its folder, a Python, a list.
set -euo pipefail

venv=$1 python=$2 list=$3
echo "Python packages: installing what $list pins"
rm -rf "$venv"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet -r "$list"
