#!/usr/bin/env bash
# Create the virtual environment for packaging, with the Lambda runtime's Python, in the folder given.
set -euo pipefail

venv=$1
python=$("$(dirname "$0")/packaging_python.sh")

echo "Packaging with $("$python" --version)"
rm -rf "$venv"
"$python" -m venv "$venv"
# Chalice, the pip that it runs, and the packages that app.py imports, at their pinned versions.
grep --extended-regexp '^(chalice|pip|setuptools|wheel|PyYAML)==' requirements-dev.txt > "$venv/tools.txt"
"$venv/bin/python" -m pip install --quiet -r requirements.txt -r "$venv/tools.txt"
