"""The moons demo in engines of scalars, and by hand on arrays, which says what is right."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.work_moons import ALPHA, RATE, SIZES, Moons


class NumpyMoons:
    """Hand-written NumPy on whole arrays: no scalar nodes, only a yardstick for the results."""

    def __init__(self, problem: Moons) -> None:
        self.x, self.y = problem.x, problem.y[:, None]
        neurons = iter(problem.start)
        layers = [np.array([next(neurons) for _ in range(n)]).T for n in SIZES[1:]]
        self.layers = [(rows[:-1].copy(), rows[-1].copy()) for rows in layers]

    def __call__(self) -> float:
        activations = [self.x]
        for i, (W, W0) in enumerate(self.layers):
            z = activations[-1] @ W + W0
            activations.append(np.maximum(z, 0) if i < len(self.layers) - 1 else z)
        margin = 1 - self.y * activations.pop()
        loss = np.maximum(margin, 0).mean()
        g = -self.y * (margin > 0) / len(self.y)
        for W, W0 in reversed(self.layers):
            a = activations.pop()
            loss += ALPHA * ((W * W).sum() + (W0 * W0).sum())
            dW, dW0 = a.T @ g + 2 * ALPHA * W, g.sum(axis=0) + 2 * ALPHA * W0
            g = (g @ W.T) * (a > 0)
            W -= RATE * dW
            W0 -= RATE * dW0
        return float(loss)

    def weights(self) -> list[float]:
        rows = [np.vstack([W, W0]).T for W, W0 in self.layers]
        return [float(w) for layer in rows for w in layer.reshape(-1)]


class Scalars:
    """The demo's own program; what differs between the engines are the four methods below."""

    def __init__(self, problem: Moons) -> None:
        self.x = problem.x.tolist()
        self.y = problem.y.tolist()
        neurons = iter([[self.parameter(w) for w in neuron] for neuron in problem.start])
        self.layers = [[next(neurons) for _ in range(n)] for n in SIZES[1:]]
        self.parameters = [p for layer in self.layers for neuron in layer for p in neuron]

    def parameter(self, number: float) -> Any:
        raise NotImplementedError

    def constant(self, number: float) -> Any:
        raise NotImplementedError

    def relu(self, x: Any) -> Any:
        raise NotImplementedError

    def update(self) -> None:
        """``p -= RATE · gradient`` for all parameters, and their gradients are reset."""
        raise NotImplementedError

    def network(self, x: list[Any]) -> Any:
        last = len(self.layers) - 1
        for i, layer in enumerate(self.layers):
            z = [sum((w * a for w, a in zip(n, x, strict=False)), n[-1]) for n in layer]
            x = z if i == last else [self.relu(a) for a in z]
        return x[0]

    def __call__(self) -> Any:
        inputs = [[self.constant(v) for v in row] for row in self.x]
        scores = [self.network(row) for row in inputs]
        losses = [self.relu(1 + -y * s) for y, s in zip(self.y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        penalty = ALPHA * sum(p * p for p in self.parameters)
        loss = data_loss + penalty
        loss.backward()
        self.update()
        return loss

    def weights(self) -> list[float]:
        return [float(p.data) for p in self.parameters]


class MicrogradMoons(Scalars):
    """micrograd."""

    def __init__(self, problem: Moons) -> None:
        from micrograd.engine import Value

        self.parameter = self.constant = Value
        self.relu = Value.relu
        super().__init__(problem)

    def update(self) -> None:
        for p in self.parameters:
            p.data -= RATE * p.grad
            p.grad = 0


class OursMoons(Scalars):
    """autograd-core with scalar tensors; the update by ``optim.SGD``."""

    def __init__(self, problem: Moons) -> None:
        import autograd_core as ag
        import optim

        self.parameter = lambda w: ag.Tensor(w, requires_grad=True)
        self.constant = ag.Tensor
        self.relu = ag.relu
        super().__init__(problem)
        self.optimizer = optim.SGD(self.parameters, lr=RATE)

    def update(self) -> None:
        self.optimizer.step()
        self.optimizer.zero_grad()


class OursCompiledMoons(OursMoons):
    """autograd-core compiled: `ag.compile` around the whole step, the graph of scalars included."""

    def __init__(self, problem: Moons) -> None:
        import autograd_core as ag

        super().__init__(problem)
        self.step = ag.compile(super().__call__)

    def __call__(self) -> Any:
        return self.step()


class TorchMoons(Scalars):
    """PyTorch eager with scalar tensors of float64; the update by hand, as the demo has it."""

    def __init__(self, problem: Moons) -> None:
        import torch

        torch.set_num_threads(1)
        number = {"dtype": torch.float64}
        self.parameter = lambda w: torch.tensor(w, requires_grad=True, **number)
        self.constant = lambda v: torch.tensor(v, **number)
        self.relu = torch.relu
        super().__init__(problem)

    def update(self) -> None:
        for p in self.parameters:
            p.data -= RATE * p.grad
            p.grad = None
