#!/usr/bin/env bash
# Create the virtual environment for packaging, with the Lambda runtime's Python, in the folder given.
set -euo pipefail

venv=$1
python=$("$(dirname "$0")/packaging_python.sh")

echo "Packaging with $("$python" --version)"
rm -rf "$venv"
"$python" -m venv "$venv"
# Chalice, the pip that it runs, and the packages that app.py imports, at their pinned versions.
# Chalice's own dependencies are pinned in requirements-dev.txt too: of that file, only these are installed.
"$python" - > "$venv/tools.txt" <<'PYTHON'
import re

wanted = ("chalice", "pip", "setuptools", "wheel", "packaging", "PyYAML", "click", "inquirer", "blessed", "wcwidth",
          "jinxed", "editor", "readchar", "runs", "xmod")
text = open("requirements-dev.txt", encoding="utf-8").read()
for name in wanted:
    print(re.search(rf"^{name}==.*(\n    --hash=.*)+", text, re.MULTILINE)[0])
PYTHON
"$venv/bin/python" -m pip install --quiet --require-hashes -r requirements.txt -r "$venv/tools.txt"
