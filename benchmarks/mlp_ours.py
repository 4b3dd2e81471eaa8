"""The same step in autograd-core: as users write it with ``nn`` and ``optim``, and without."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.mlp_numpy import UPDATES
from benchmarks.work_mlp import BETA1, BETA2, EPS, Array, Problem


class Ours:
    """autograd-core eager: a model of ``nn`` and an optimizer of ``optim``."""

    def __init__(self, problem: Problem) -> None:
        import nn
        import optim
        from autograd_core import Tensor

        modules: list[nn.Module] = []
        for W, W0 in problem.layers:
            linear = nn.Linear(*W.shape, dtype=np.float32)
            linear.load_state_dict({"W": W, "W0": W0})
            modules += [linear, nn.ReLU()]
        self.model = nn.Sequential(*modules[:-1])
        self.loss = nn.CrossEntropyLoss()
        self.x, self.labels = Tensor(problem.x), problem.labels
        parameters = self.model.parameters()
        if problem.optimizer == "sgd":
            self.optimizer: Any = optim.SGD(parameters, lr=problem.rate)
        else:
            self.optimizer = optim.Adam(
                parameters, lr=problem.rate, betas=(BETA1, BETA2), eps=EPS, eps_inside_sqrt=False
            )

    def __call__(self) -> Any:
        self.optimizer.zero_grad()
        loss = self.loss(self.model(self.x), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss

    def weights(self) -> list[Array]:
        return [p.numpy().copy() for p in self.model.parameters()]


class OursPlain:
    """autograd-core eager: tensors and operators only; the update by hand in NumPy."""

    def __init__(self, problem: Problem) -> None:
        import autograd_core as ag

        self.ag = ag
        self.params = [ag.Tensor(array, requires_grad=True) for array in problem.start]
        self.x = ag.Tensor(problem.x)
        self.rows, self.labels = np.arange(problem.batch), problem.labels
        kind = UPDATES[problem.optimizer]
        self.updates = [kind(p.data.reshape(-1), problem.rate) for p in self.params]

    def __call__(self) -> Any:
        ag, params = self.ag, self.params
        a = self.x
        for W, W0 in zip(params[:-2:2], params[1:-2:2], strict=True):
            a = ag.relu(a @ W + W0)
        scores = ag.log_softmax(a @ params[-2] + params[-1], axis=1)
        loss = -scores[self.rows, self.labels].mean()
        loss.backward()
        for p, update in zip(params, self.updates, strict=True):
            update(p.grad.data.reshape(-1))
            p.touched("the update")
            p.grad = None
        return loss

    def weights(self) -> list[Array]:
        return [p.numpy().copy() for p in self.params]
