#!/usr/bin/env bash
# Makes the virtual environment, named by the first argument, of the Python that the functions run with.
set -euo pipefail

venv=$1
python=$("$(dirname "$0")/packaging_python.sh")

echo "Packaging with $("$python" --version)"
rm -rf "$venv"
"$python" -m venv "$venv"
# Chalice, the pip that it drives, and what app.py imports: at the versions that the project pins.
grep --extended-regexp '^(chalice|pip|setuptools|wheel|PyYAML)==' requirements-dev.txt > "$venv/tools.txt"
"$venv/bin/python" -m pip install --quiet -r requirements.txt -r "$venv/tools.txt"
