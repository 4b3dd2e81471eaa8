"""How a record shows itself: SVG, notebooks, while the training runs."""

from __future__ import annotations

import base64
import copy
import pickle
import sys
import types
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import nn
import optim
from optim import TrainingRecord
from optim.recording import live

from .fitting import equal, network, run, state
from .recorded import by_hand, recorded

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<b>&\"'$x$\u202e\x00]]>" + "long" * 40


def texts(svg: str) -> list[str]:
    return [t.text or "" for t in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_the_charts_and_their_words() -> None:
    """Every chart is there, each line with its name, and a description for those who hear it."""
    svg = recorded(every=1).svg()
    shown = texts(svg)
    for words in ("Loss", "Accuracy", "Gradient norm by layer", "Update / weight by layer",
                  "Spread of activations", "Dead units, saturated values", "training",
                  "validation", "0 Linear", "1 ReLU dead", "5 Tanh saturated"):  # fmt: skip
        assert words in shown, words
    assert "Learning rate" not in shown
    tree = ElementTree.fromstring(svg)
    (said,) = [d.text for d in tree.iter(f"{SVG}desc")]
    assert said is not None
    assert "Loss by epoch" in said
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert "prefers-color-scheme:dark" in svg


def test_a_schedule_is_a_chart() -> None:
    """A learning rate that changes."""
    model = network()
    record = TrainingRecord(every=1)
    rate = optim.InverseTime(0.1, decay=0.5)
    run(model, optimizer=optim.SGD(model.parameters(), lr=rate), callbacks=[record])
    assert "Learning rate" in texts(record.svg())
    np.testing.assert_allclose(record.history["lr"], [rate(t) for t in range(1, 7)])


def test_hostile_names_are_harmless() -> None:
    """Of layers, and in the notes."""
    model = nn.ModuleDict({"x": nn.Linear(2, 3, rng=0)})
    record = TrainingRecord(every=1)
    layer = model["x"]

    class Named:
        def named_parameters(self) -> Any:
            yield f"{HOSTILE}.W", layer.W

    for _ in range(3):
        record.step(1.0, Named())
    record.notes.append(HOSTILE)
    svg = record.svg()
    ElementTree.fromstring(svg)
    assert "<b>" not in svg
    html = record._repr_mimebundle_()["text/html"]
    assert "<b>" not in html
    assert html.count("<") == 1


def test_gaps_are_shown_and_said() -> None:
    """A NaN parts the line in two and is told below."""
    record = TrainingRecord(every=1)
    for value in (3.0, 2.0, float("nan"), 2.5, 2.0, float("inf")):
        record.step(value)
    svg = record.svg()
    (path,) = [p for p in ElementTree.fromstring(svg).iter(f"{SVG}path")
               if "ag-curve" in p.get("class", "")]  # fmt: skip
    assert path.get("d", "").count("M") == 2
    assert any("not finite in 2 steps" in words for words in texts(svg))


def test_nothing_yet() -> None:
    """An empty record can be looked at."""
    assert "nothing recorded yet" in texts(TrainingRecord().svg())
    only_nan = TrainingRecord(every=1)
    only_nan.step(float("nan"))
    ElementTree.fromstring(only_nan.svg())


def test_what_a_notebook_shows() -> None:
    """An image that needs no trust, and the words."""
    record = recorded()
    bundle = record._repr_mimebundle_()
    assert bundle["text/plain"] == repr(record)
    data = bundle["text/html"].split("base64,")[1].split('"')[0]
    assert base64.b64decode(data).decode() == record.svg()
    assert set(record._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
    assert set(record._repr_mimebundle_(exclude=["text/html"])) == {"text/plain"}


class Shell:
    """A notebook's front end that notes what it is shown."""

    kernel = True

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []
        self.fails = False

    def display(self, bundle: Any, raw: bool, display_id: bool) -> Shell:
        if self.fails:
            raise OSError("the socket is closed")
        self.shown.append(("new", bundle["text/plain"]))
        return self

    def update(self, bundle: Any, raw: bool) -> None:
        self.shown.append(("again", bundle["text/plain"]))


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    front = Shell()
    ipython: Any = types.ModuleType("IPython")
    ipython.get_ipython = lambda: front
    display: Any = types.ModuleType("IPython.display")
    display.display = front.display
    for name, module in (("IPython", ipython), ("IPython.display", display),
                         ("ipykernel", types.ModuleType("ipykernel"))):  # fmt: skip
        monkeypatch.setitem(sys.modules, name, module)
    return front


def test_in_a_notebook_it_is_renewed_in_one_place(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One picture for each call of `fit`, often renewed without a pause, the last one final."""
    monkeypatch.setattr(live, "PAUSE", 0.0)
    monkeypatch.setattr(live.time, "monotonic", iter(range(0, 10**6, 100)).__next__)
    record = recorded(every=1)
    kinds = [kind for kind, _ in shell.shown]
    assert kinds[0] == "new"
    assert set(kinds[1:]) == {"again"}
    assert shell.shown[-1][1] == repr(record)
    run(network(), callbacks=[record])
    assert [kind for kind, _ in shell.shown].count("new") == 2


def test_a_loop_of_ones_own_is_shown_too(shell: Shell) -> None:
    """From its first number on; `end` shows the last."""
    record = TrainingRecord(every=1)
    by_hand(record, 4)
    assert [kind for kind, _ in shell.shown] == ["new"]
    record.end()
    assert shell.shown[-1] == ("again", repr(record))


def test_it_is_not_renewed_too_often(shell: Shell) -> None:
    """A short training shows its first state and its last."""
    recorded(every=1)
    assert [kind for kind, _ in shell.shown] == ["new", "again"]
    shell.shown.clear()
    recorded(every=1, live=False)
    assert shell.shown == []


def test_a_front_end_that_fails_hinders_nothing(shell: Shell) -> None:
    """The training ends as it would, and the record says so."""
    shell.fails = True
    record = TrainingRecord(every=1)
    models = [network(), network()]
    run(models[0], callbacks=[record])
    run(models[1])
    assert equal(state(models[0]), state(models[1]))
    assert "the socket is closed" in repr(record)


def test_nothing_is_printed_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """In a terminal; with live=True the words are."""
    recorded()
    assert capsys.readouterr() == ("", "")
    recorded(live=True)
    assert "TrainingRecord: " in capsys.readouterr().out


def test_copies_and_pickles() -> None:
    """A record can be stored with a model."""
    record = recorded()
    for again in (copy.deepcopy(record), pickle.loads(pickle.dumps(record))):
        assert repr(again) == repr(record)
        again.step(1.0)
        assert again.steps == record.steps + 1
