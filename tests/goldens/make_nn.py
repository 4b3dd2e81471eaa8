"""Freeze what PyTorch computes for the cases of tests/nn/parity.py, as tests/goldens/nn.json.

Run from the root of the repository, with PyTorch installed: ``python -m tests.goldens.make_nn``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from tests.nn.parity import CASES, run_theirs

PATH = Path(__file__).with_name("nn.json")


def main() -> None:
    """Write the file."""
    frozen: dict[str, Any] = {
        name: {key: value.tolist() for key, value in run_theirs(case).items()}
        for name, case in CASES.items()
    }
    head = {"torch": torch.__version__, "cases": frozen}
    lines = json.dumps(head, indent=None, separators=(",", ":")).replace('"},"', '"},\n"')
    PATH.write_text(lines.replace('},"', '},\n"') + "\n", encoding="utf-8")
    print(f"{PATH}: {len(frozen)} cases from PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
