"""The same step in tinygrad, the whole of it under its JIT."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.limits import at_most
from benchmarks.machine import clang
from benchmarks.work_mlp import BETA1, BETA2, EPS, MOMENTUM, NORM_EPS, Array, Engine, Problem

#: Seconds that its first three steps may take: it writes the step down, compiles it, and runs it.
PATIENCE = 90


class TinyMlp(Engine):
    """tinygrad's JIT on the CPU, which needs clang."""

    def __init__(self, problem: Problem) -> None:
        clang()
        from tinygrad import Tensor, TinyJit
        from tinygrad.helpers import TRAINING
        from tinygrad.nn import BatchNorm, optim

        TRAINING.value = 1
        Tensor.manual_seed(0)
        self.layers: list[tuple[Any, ...]] = []
        trained = []
        for arrays in problem.layers:
            W, *rest = [Tensor(a).contiguous().realize() for a in arrays]
            if len(rest) == 4:
                norm = BatchNorm(W.shape[1], eps=NORM_EPS, momentum=MOMENTUM)
                norm.weight, norm.bias, norm.running_mean, norm.running_var = rest
                self.layers.append((W, norm))
                trained += [W, norm.weight, norm.bias]
            else:
                self.layers.append((W, rest[0]))
                trained += [W, rest[0]]
        for p in trained:
            p.requires_grad = True
        if problem.optimizer == "sgd":
            self.optimizer: Any = optim.SGD(trained, lr=problem.rate)
        else:
            self.optimizer = optim.Adam(trained, lr=problem.rate, b1=BETA1, b2=BETA2, eps=EPS)
        self.dropout = problem.dropout
        self.jitted = TinyJit(self.traced)
        self.ran = 0
        super().__init__(problem)

    def own(self, x: Array, labels: Any) -> Any:
        from tinygrad import Tensor

        return Tensor(x).realize(), Tensor(labels.astype(np.int32)).realize()

    def traced(self, x: Any, labels: Any) -> Any:
        """What the JIT records."""
        self.optimizer.zero_grad()
        a = x
        for W, rest in self.layers[:-1]:
            a = a @ W
            a = (rest(a) if callable(rest) else a + rest).relu()
            if self.dropout:
                a = a.dropout(self.dropout)
        W, W0 = self.layers[-1]
        loss = (a @ W + W0).sparse_categorical_crossentropy(labels).backward()
        norms = [rest for _, rest in self.layers if callable(rest)]
        running = [state for norm in norms for state in (norm.running_mean, norm.running_var)]
        return loss.realize(*self.optimizer.schedule_step(), *running)

    def step(self, x: Any, labels: Any) -> Any:
        from tinygrad import Device

        if self.ran < 3:
            self.ran += 1
            with at_most(PATIENCE, "tinygrad's compiler"):
                loss = self.jitted(x, labels)
        else:
            loss = self.jitted(x, labels)
        Device["CPU"].synchronize()
        return loss

    def weights(self) -> list[Array]:
        arrays: list[Any] = []
        for W, rest in self.layers:
            if callable(rest):
                arrays += [W, rest.weight, rest.bias, rest.running_mean, rest.running_var]
            else:
                arrays += [W, rest]
        return [a.numpy().copy() for a in arrays]
