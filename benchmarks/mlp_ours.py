"""The same step in autograd-core, as users write it with ``nn`` and ``optim``."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.work_mlp import BETA1, BETA2, EPS, MOMENTUM, NORM_EPS, Array, Engine, Problem


class Ours(Engine):
    """autograd-core eager: a model of ``nn`` and an optimizer of ``optim``."""

    def __init__(self, problem: Problem) -> None:
        import nn
        import optim

        self.model = model(problem)
        self.loss = nn.CrossEntropyLoss()
        super().__init__(problem)
        parameters = self.model.parameters()
        if problem.optimizer == "sgd":
            self.optimizer: Any = optim.SGD(parameters, lr=problem.rate)
        else:
            self.optimizer = optim.Adam(
                parameters, lr=problem.rate, betas=(BETA1, BETA2), eps=EPS, eps_inside_sqrt=False
            )

    def step(self, x: Any, labels: Any) -> Any:
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), labels)
        loss.backward()
        self.optimizer.step()
        return loss

    def weights(self) -> list[Array]:
        return stored(self.model)


class OursCompiled(Ours):
    """autograd-core compiled: `ag.compile` around the whole step."""

    def __init__(self, problem: Problem) -> None:
        import autograd_core as ag

        super().__init__(problem)
        self.step = ag.compile(self.step)


def model(problem: Problem) -> Any:
    """The network of ``nn`` with the problem's weights."""
    import nn

    modules: list[nn.Module] = []
    *hidden, last = problem.layers
    for W, *rest in hidden:
        linear = nn.Linear(*W.shape, bias=not problem.norm, dtype=np.float32)
        modules.append(linear)
        if problem.norm:
            linear.load_state_dict({"W": W})
            norm = nn.BatchNorm(
                W.shape[1], eps=NORM_EPS, momentum=MOMENTUM, eps_inside_sqrt=True
            ).astype(np.float32)
            names = ("G", "B", "running_mean", "running_var")
            norm.load_state_dict(dict(zip(names, rest, strict=True)))
            modules += [norm, nn.ReLU()]
            if problem.dropout:
                modules.append(nn.Dropout(problem.dropout, rng=0))
        else:
            linear.load_state_dict({"W": W, "W0": rest[0]})
            modules.append(nn.ReLU())
    linear = nn.Linear(*last[0].shape, dtype=np.float32)
    linear.load_state_dict({"W": last[0], "W0": last[1]})
    return nn.Sequential(*modules, linear)


def stored(network: Any) -> list[Array]:
    """Parameters and buffers, layer by layer, in the order of `Problem.start`."""
    order = ("W", "W0", "G", "B", "running_mean", "running_var")
    state = network.state_dict()
    keys = sorted(state, key=lambda key: (int(key.split(".")[0]), order.index(key.split(".")[1])))
    return [np.array(state[key]) for key in keys]
