#!/bin/sh
# make_venv.sh PYTHON FOLDER: a virtual environment with pip, made with PYTHON.
# One that works stays, with what is in it; a half-made or broken one is made anew.
set -eu
python=$1
folder=$2

version=$("$python" -c 'import platform; print(platform.python_version())' 2>/dev/null) || {
    echo "'$python' is not a Python that runs. Install Python 3.11 or newer," \
        "or name it: make PYTHON=/path/to/python3" >&2
    exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "'$python' is Python $version; this project needs 3.11 or newer." \
        "Name a newer one: make PYTHON=python3.12" >&2
    exit 1
}
"$python" -c 'import ensurepip, venv' 2>/dev/null || {
    echo "'$python' lacks the venv module. On Debian and Ubuntu: apt install python3-venv;" \
        "or name another Python: make PYTHON=/path/to/python3" >&2
    exit 1
}

works() {
    "$folder/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
        "$folder/bin/python" -m pip --version >/dev/null 2>&1
}

works || {
    echo "Making a virtual environment in $folder ..."
    "$python" -m venv --clear "$folder"
}
