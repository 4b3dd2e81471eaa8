"""Freeze where PyTorch's optimizers get to, as tests/goldens/optim.json.

Run from the root of the repository, with PyTorch installed: ``python -m tests.goldens.make_optim``.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from tests.optim.parity import CASES, run_theirs

PATH = Path(__file__).with_name("optim.json")


def main() -> None:
    """Write the file."""
    rows = [f"{json.dumps(n)}:{json.dumps(run_theirs(c).tolist())}" for n, c in CASES.items()]
    cases = ",\n".join(rows)
    PATH.write_text(f'{{"torch":"{torch.__version__}","cases":{{\n{cases}\n}}}}\n', "utf-8")
    print(f"{PATH}: {len(rows)} cases from PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
