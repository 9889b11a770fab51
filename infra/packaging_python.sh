#!/usr/bin/env bash
# Print the Lambda runtime's Python: 3.13, otherwise 3.12. Searches PATH and pyenv; PACKAGING_PYTHON overrides it.
set -euo pipefail

managed=${PYENV_ROOT:-$HOME/.pyenv}/versions
usable='import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in ((3, 12), (3, 13)))'

for candidate in ${PACKAGING_PYTHON:-} python3.13 "$managed"/3.13*/bin/python3 python3.12 "$managed"/3.12*/bin/python3; do
    if "$candidate" -c "$usable" 2>/dev/null; then
        echo "$candidate"
        exit 0
    fi
done
echo 'Packaging needs Python 3.13 or 3.12, the versions of the Lambda runtime.' >&2
echo 'Install one, or set its path: PACKAGING_PYTHON=/path/to/python3 make package STAGE=dev' >&2
exit 1
