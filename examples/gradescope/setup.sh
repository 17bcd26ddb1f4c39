#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds the autograder's image.
set -euo pipefail

apt-get update
apt-get install --yes software-properties-common python3 python3-venv bubblewrap

python=python3
if ! python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
    add-apt-repository --yes ppa:deadsnakes/ppa
    apt-get install --yes python3.12 python3.12-venv
    python=python3.12
fi

cd /autograder/source/gradient-clinic
"$python" -m venv .venv
.venv/bin/pip install --constraint constraints.txt --editable .
.venv/bin/python -m grader env
