"""The same step in PyTorch, eager and compiled."""

from __future__ import annotations

from typing import Any

from benchmarks.limits import at_most
from benchmarks.work_mlp import MOMENTUM, NORM_EPS, Array, Engine, Problem

#: Seconds that ``torch.compile`` may take for one step.
PATIENCE = 90


class TorchMlp(Engine):
    """PyTorch eager: ``torch.nn`` and ``torch.optim``; `options` go to the optimizer."""

    def __init__(self, problem: Problem, **options: Any) -> None:
        import torch
        from torch import nn

        from benchmarks.machine import threads

        torch.set_num_threads(threads())
        torch.manual_seed(0)
        modules: list[nn.Module] = []
        *hidden, last = problem.layers
        for W, *rest in hidden:
            linear = nn.Linear(*W.shape, bias=not problem.norm)
            modules.append(linear)
            if problem.norm:
                norm = nn.BatchNorm1d(W.shape[1], eps=NORM_EPS, momentum=MOMENTUM)
                put(linear, W)
                put(norm, *rest)
                modules += [norm, nn.ReLU()]
                if problem.dropout:
                    modules.append(nn.Dropout(problem.dropout))
            else:
                put(linear, W, *rest)
                modules.append(nn.ReLU())
        modules.append(nn.Linear(*last[0].shape))
        put(modules[-1], *last)
        self.model = nn.Sequential(*modules)
        self.loss = nn.CrossEntropyLoss()
        kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[problem.optimizer]
        self.optimizer = kind(self.model.parameters(), lr=problem.rate, **options)
        super().__init__(problem)

    def own(self, x: Array, labels: Any) -> Any:
        import torch

        return torch.from_numpy(x), torch.from_numpy(labels)

    def step(self, x: Any, labels: Any) -> Any:
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), labels)
        loss.backward()
        self.optimizer.step()
        return loss

    def weights(self) -> list[Array]:
        state = [a for a in self.model.state_dict().values() if a.is_floating_point()]
        arrays = [a.detach().numpy() for a in state]
        return [a.T.copy() if a.ndim == 2 else a.copy() for a in arrays]


def put(module: Any, *arrays: Array) -> None:
    """Write the arrays into a module's parameters and buffers."""
    import torch

    targets = [t for t in module.state_dict().values() if t.is_floating_point()]
    with torch.no_grad():
        for target, array in zip(targets, arrays, strict=True):
            target.copy_(torch.from_numpy(array.T.copy()))


def torch_fused(problem: Problem) -> TorchMlp:
    """PyTorch eager, the whole update in one kernel."""
    return TorchMlp(problem, fused=True)


class TorchCompiled(TorchMlp):
    """``torch.compile`` of the loss, whose backward pass it compiles too, and of the update."""

    def __init__(self, problem: Problem) -> None:
        import torch

        super().__init__(problem)
        model, loss = self.model, self.loss
        self.forward = torch.compile(lambda x, labels: loss(model(x), labels))
        self.update = torch.compile(self.optimizer.step)
        self.ready = False

    def step(self, x: Any, labels: Any) -> Any:
        if self.ready:
            return self._step(x, labels)
        with at_most(PATIENCE, "torch.compile"):
            loss = self._step(x, labels)
        self.ready = True
        return loss

    def _step(self, x: Any, labels: Any) -> Any:
        self.optimizer.zero_grad()
        loss = self.forward(x, labels)
        loss.backward()
        self.update()
        return loss
