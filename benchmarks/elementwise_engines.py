"""sum(tanh(x) · exp(−x²)) with its gradient, by hand and in the engines."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.limits import at_most
from benchmarks.machine import clang, threads
from benchmarks.work_elementwise import Array, Numbers

#: Floats in a block: the five arrays that a block takes part in stay in a cache of about 1 MB.
BLOCK = 2**16

ONE = np.array(1, np.float32)


class Engine:
    """What the engines share."""

    def __init__(self, problem: Numbers) -> None:
        self.x: Any = problem.x

    def array(self, gradient: Any) -> Array:
        return np.asarray(gradient)


class NumpyElementwise(Engine):
    """Hand-written NumPy, block by block: e·(1 − t·(t + 2x)) with t = tanh(x), e = exp(−x²)."""

    def __init__(self, problem: Numbers) -> None:
        super().__init__(problem)
        size = min(BLOCK, problem.x.size)
        self.e, self.t = np.empty((2, size), np.float32)
        self.cuts = [slice(i, i + size) for i in range(0, problem.x.size, size)]

    def __call__(self) -> tuple[float, Array]:
        gradient = np.empty_like(self.x)
        total = 0.0
        for cut in self.cuts:
            x, g = self.x[cut], gradient[cut]
            e, t = self.e[: x.size], self.t[: x.size]
            np.multiply(x, x, e)
            np.negative(e, e)
            np.exp(e, e)
            np.tanh(x, t)
            total += float(np.dot(e, t))
            np.add(x, x, g)
            np.add(g, t, g)
            np.multiply(g, t, g)
            np.subtract(ONE, g, g)
            np.multiply(g, e, g)
        return total, gradient


class OursElementwise(Engine):
    """autograd-core eager: ``ag.value_and_grad``."""

    def __init__(self, problem: Numbers) -> None:
        import autograd_core as ag

        super().__init__(problem)
        self.call = ag.value_and_grad(lambda x: (ag.tanh(x) * ag.exp(-(x**2))).sum())

    def __call__(self) -> tuple[Any, Any]:
        total, gradient = self.call(self.x)
        return total.item(), gradient

    def array(self, gradient: Any) -> Array:
        return np.asarray(gradient.data)


class OursCompiledElementwise(OursElementwise):
    """autograd-core compiled: ``ag.compile(ag.value_and_grad(f))``."""

    def __init__(self, problem: Numbers) -> None:
        import autograd_core as ag

        super().__init__(problem)
        self.call = ag.compile(self.call)


class TorchElementwise(Engine):
    """PyTorch eager."""

    def __init__(self, problem: Numbers) -> None:
        import torch

        torch.set_num_threads(threads())
        self.x = torch.from_numpy(problem.x.copy()).requires_grad_()
        self.forward = lambda x: (torch.tanh(x) * torch.exp(-(x**2))).sum()

    def __call__(self) -> tuple[Any, Any]:
        self.x.grad = None
        total = self.forward(self.x)
        total.backward()
        return total.item(), self.x.grad


class TorchCompiledElementwise(TorchElementwise):
    """``torch.compile``, of the function and so of its backward pass."""

    def __init__(self, problem: Numbers) -> None:
        import torch

        super().__init__(problem)
        self.forward = torch.compile(self.forward)
        with at_most(90, "torch.compile"):
            self()


class JaxElementwise(Engine):
    """JAX: ``jit(value_and_grad(f))``."""

    def __init__(self, problem: Numbers) -> None:
        import jax
        import jax.numpy as jnp

        def f(x: Any) -> Any:
            return (jnp.tanh(x) * jnp.exp(-(x**2))).sum()

        self.x = jnp.array(problem.x)
        self.call = jax.jit(jax.value_and_grad(f))

    def __call__(self) -> tuple[Any, Any]:
        total, gradient = self.call(self.x)
        return float(total), gradient.block_until_ready()


class TinyElementwise(Engine):
    """tinygrad's JIT; its result is copied, as the next call overwrites it."""

    def __init__(self, problem: Numbers) -> None:
        clang()
        from tinygrad import Tensor, TinyJit

        def both(x: Any) -> Any:
            total = (x.tanh() * (-(x**2)).exp()).sum()
            (gradient,) = total.gradient(x)
            return total.realize(gradient), gradient

        self.x = Tensor(problem.x).realize()
        self.call = TinyJit(both)
        with at_most(90, "tinygrad's compiler"):
            for _ in range(3):
                self()

    def __call__(self) -> tuple[Any, Any]:
        total, gradient = self.call(self.x)
        return total.item(), gradient.numpy()


class AutogradElementwise(Engine):
    """HIPS autograd."""

    def __init__(self, problem: Numbers) -> None:
        import autograd.numpy as anp
        from autograd import value_and_grad

        super().__init__(problem)
        self.call = value_and_grad(lambda x: anp.sum(anp.tanh(x) * anp.exp(-(x**2))))

    def __call__(self) -> tuple[Any, Any]:
        total, gradient = self.call(self.x)
        return total, gradient


class MygradElementwise(Engine):
    """MyGrad, its memory guard off."""

    def __init__(self, problem: Numbers) -> None:
        import mygrad

        mygrad.turn_memory_guarding_off()
        self.mygrad = mygrad
        self.x = mygrad.tensor(problem.x)

    def __call__(self) -> tuple[Any, Any]:
        self.x.null_grad()
        total = (self.mygrad.tanh(self.x) * self.mygrad.exp(-(self.x**2))).sum()
        total.backward()
        return total.item(), self.x.grad
