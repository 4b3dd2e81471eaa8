"""`Module.observed`: calls can be watched, and leave no trace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn


def test_every_call_goes_through() -> None:
    """Outer modules first; what `around` returns is the output; calls by name count too."""
    seen: list[str] = []

    class Net(nn.Module):
        def __init__(self) -> None:
            self.a, self.b = nn.Linear(2, 2, rng=0), nn.ReLU()

        def forward(self, x: Any) -> Any:
            return self.b.forward(self.a(x))

    def around(module: nn.Module, forward: Any, inputs: Any, options: Any) -> Any:
        seen.append(type(module).__name__)
        y = forward(*inputs, **options)
        return y + 1.0 if isinstance(module, nn.ReLU) else y

    net = Net()
    plain = net(np.ones((1, 2))).numpy()
    with net.observed(around):
        watched = net(np.ones((1, 2))).numpy()
    assert seen == ["Net", "Linear", "ReLU"]
    assert np.array_equal(watched, plain + 1.0)
    assert np.array_equal(net(np.ones((1, 2))).numpy(), plain)
    assert len(seen) == 3


def test_it_leaves_no_trace() -> None:
    """Buffers, generators, modes and a forward of an instance are as before, after errors too."""
    net = nn.Sequential(nn.BatchNorm(2), nn.Dropout(0.5, rng=0), nn.ReLU())
    net[2].forward = lambda x: x * 2.0
    own = net[2].forward
    state = {name: value.copy() for name, value in net.state_dict().items()}
    generator = net[1].rng.bit_generator.state

    def around(module: nn.Module, forward: Any, inputs: Any, options: Any) -> Any:
        module.training = module.training and not isinstance(module, nn.ReLU)
        if isinstance(module, nn.ReLU):
            raise RuntimeError("stop")
        return forward(*inputs, **options)

    with pytest.raises(RuntimeError, match="stop"), net.observed(around):
        net(np.ones((3, 2)))
    assert all(np.array_equal(value, state[name]) for name, value in net.state_dict().items())
    assert net[1].rng.bit_generator.state == generator
    assert net[2].forward is own
    assert net[2].training
    assert not {"forward", "_nn_forward"} & set(vars(net[0]))
