"""The recurrence in scalars, by hand and in the engines that record scalars."""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.work_recurrence import START, B, Recurrence, W

Result = tuple[float, float, float]


class PythonRecurrence:
    """By hand: Python floats, a list of the states for the way back."""

    def __init__(self, problem: Recurrence) -> None:
        self.steps = problem.steps

    def __call__(self) -> Result:
        h, states = START, []
        for _ in range(self.steps):
            states.append(h)
            h = W * h + B
            if h < 0:
                h = 0.0
        last = h
        g, by_w, by_b = 1.0, 0.0, 0.0
        for state in reversed(states):
            if h > 0:
                by_w += g * state
                by_b += g
                g *= W
            else:
                g = 0.0
            h = state
        return last, by_w, by_b


class OursRecurrence:
    """autograd-core eager."""

    def __init__(self, problem: Recurrence) -> None:
        import autograd_core as ag

        self.steps, self.ag = problem.steps, ag

    def __call__(self) -> Result:
        ag = self.ag
        w, b = ag.Tensor(W, requires_grad=True), ag.Tensor(B, requires_grad=True)
        h: Any = START
        for _ in range(self.steps):
            h = ag.relu(w * h + b)
        h.backward()
        return h.item(), w.grad.item(), b.grad.item()


class MicrogradRecurrence:
    """micrograd, whose walk is recursive: the limit of the recursion is raised."""

    def __init__(self, problem: Recurrence) -> None:
        from micrograd.engine import Value

        self.steps, self.value = problem.steps, Value
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 4 * problem.steps + 1000))

    def __call__(self) -> Result:
        w, b, h = self.value(W), self.value(B), self.value(START)
        for _ in range(self.steps):
            h = (w * h + b).relu()
        h.backward()
        return h.data, w.grad, b.grad


class TorchRecurrence:
    """PyTorch eager with scalar tensors of float64."""

    def __init__(self, problem: Recurrence) -> None:
        import torch

        torch.set_num_threads(1)
        self.steps, self.torch = problem.steps, torch

    def __call__(self) -> Result:
        torch = self.torch
        w = torch.tensor(W, dtype=torch.float64, requires_grad=True)
        b = torch.tensor(B, dtype=torch.float64, requires_grad=True)
        h = torch.tensor(START, dtype=torch.float64)
        for _ in range(self.steps):
            h = torch.relu(w * h + b)
        h.backward()
        return h.item(), w.grad.item(), b.grad.item()
