"""The course of a check: forward, the weights, the truth, then the two gradients."""

from __future__ import annotations

import numpy as np

from autograd_core import UnsupportedError

from ..module import Module
from . import forward
from .calls import kind_and_message, parameters
from .gradients import Answers, Gradients, in_place, same
from .mistakes import Point
from .reference import compared as compared_with
from .report import Finding, ModuleReport
from .student import Array, attributes, has
from .subject import ModuleSubject, Subject
from .truth import Known, Truth


class Course:
    """One check; its findings gather in it."""

    def __init__(self, subject: Subject, like: Module | None, rng: np.random.Generator) -> None:
        self.subject = subject
        self.like = like
        self.rng = rng
        self.known = Known(subject, rng)
        self.findings: list[Finding] = []
        self.notes: list[str] = []
        self.skipped: dict[str, str] = {}

    def report(self) -> ModuleReport:
        return ModuleReport(
            self.subject.name, tuple(self.findings), self.skipped, tuple(self.notes)
        )

    def add(self, method: str, what: str, hint: str) -> None:
        self.findings.append(Finding(method, what, hint))

    def run(self, u: Array | None, batch: int) -> None:
        self.subject.vary(self.rng)
        tried = forward.inputs(self.subject, u, batch, self.rng, self.like)
        passed = forward.check(self.subject, tried)
        self.findings += passed.findings
        self.notes += passed.notes
        if passed.given is None or not passed.steady:
            self.skip("not checked, as forward has to work first")
        else:
            self.gradients(passed, passed.given)

    def skip(self, why: str) -> None:
        self.skipped.update(backward=why, weight_grad=why)

    def gradients(self, passed: forward.Forward, given: forward.Input) -> None:
        v = passed.v
        g = self.rng.standard_normal(v.shape)
        with_weights = has(self.subject.original, "weight_grad")
        answers = Answers(self.subject, given.u, v, g, with_weights)
        keys = self.add_named(answers)
        truth = self.truth(given.u, v, g)
        if truth is None:
            return
        idle = [
            name
            for name, right in zip(self.subject.weights, truth.pull(g)[1:], strict=True)
            if name not in keys and not right.any()
        ]
        if idle:  # buffers, and what forward kept of an earlier call
            self.subject.keep([name for name in self.subject.weights if name not in idle])
            truth = self.truth(given.u, v, g) or truth
        self.forward_owes(passed, given)
        at = Point(
            given.u, v, g, self.subject.weights, truth.pull, self.known.pull_at, self.known.at_input
        )
        compared = Gradients(at, truth, given.axis)
        other = None
        if not passed.replayed:
            between = 0.9 * np.flip(given.u)
            other = Answers(self.subject, given.u, v, g, with_weights, between)
        self.check_backward(answers, other, compared)
        self.check_weight_grad(answers, other, compared, with_weights)
        if truth.reason:
            self.notes.append(
                "The right gradients were measured with central differences of your forward, to "
                f"about five digits, as the engine could not follow it: {truth.reason}"
            )
        else:
            self.notes.append(
                "The right gradients are the engine's, which differentiated your forward."
            )

    def add_named(self, answers: Answers) -> list[str]:
        """The keys that weight_grad used; its names for numbers that are no arrays of floats."""
        value = answers.weight_grad.value
        keys = [key for key in value if isinstance(key, str)] if isinstance(value, dict) else []
        if isinstance(self.subject, ModuleSubject):
            return keys
        numeric = self.subject.numeric()
        for name in keys:
            if name in numeric and numeric[name].dtype.kind == "f" and not numeric[name].ndim:
                if not isinstance(attributes(self.subject.original)[name], np.ndarray):
                    self.add(
                        "weight_grad",
                        f"The weight {name} is a plain number, which no optimizer can change in "
                        f"its place.",
                        f"Make it an array: self.{name} = np.array({float(numeric[name]):g}).",
                    )
            elif name in numeric and numeric[name].dtype.kind != "f":
                self.add(
                    "weight_grad",
                    f"The weight {name} holds integers ({numeric[name].dtype}), so that steps of "
                    f"training would be cut off.",
                    f"Make it an array of floats: self.{name} = np.array(…, float).",
                )
        named = [name for name in keys if name in numeric]
        self.subject.keep([*self.subject.weights, *named])
        return keys

    def truth(self, u: Array, v: Array, g: Array) -> Truth | None:
        """The right gradients at `u`; None, with a finding, if there are none to be had."""
        try:
            return self.known.found(u, v, g)
        except UnsupportedError as error:
            what, hint = str(error), "Check a smaller module of the same class."
        except Exception as error:
            what = f"forward fails close to an input that it takes: {kind_and_message(error)}"
            hint = "Give check_module another u."
        self.skip("not checked")
        self.add("forward", what, hint)
        return None

    def weights_among(self, names: list[str]) -> list[str]:
        """Without what a method may keep in self, such as the gradients."""
        return [name for name in names if name in self.subject.weights]

    # -- the methods -------------------------------------------------------------------------

    def forward_owes(self, passed: forward.Forward, given: forward.Input) -> None:
        for name in passed.moved:
            if name in self.subject.weights:
                hint = "Only the optimizer changes weights."
                self.add("forward", f"forward changes the weight {name}.", hint)
        if self.like is not None:
            self.findings += compared_with(self.subject, self.like, given, passed.v)
            self.notes.append(f"forward was compared with {type(self.like).__name__}.")

    def check_backward(self, answers: Answers, other: Answers | None, compared: Gradients) -> None:
        outcome = answers.backward
        if outcome.failure is not None:
            self.findings.append(outcome.failure)
            return
        self.findings += in_place(outcome, "backward")
        for name in self.weights_among(answers.moved):
            hint = "Only the optimizer changes weights."
            self.add("backward", f"backward changes the weight {name}.", hint)
        found = compared.slip(outcome.value, 0, "backward", "dL_du")
        if found is not None and other is not None and compared.unnamed(found):
            found = self.alone(compared) or found
        if found is not None and parameters(self.subject.original.backward)[:2] == ["v", "u"]:
            hint = "Write def backward(self, u, v, dL_dv)."
            self.add("backward", "backward has its parameters u and v exchanged.", hint)
        elif found is not None:
            drawn = "backward has to use what forward drew, which can be kept in self."
            self.findings.append(found if other else found._replace(hint=drawn))
        elif other is not None:
            again = other.backward
            if again.failure is not None or not same(again.value, outcome.value):
                self.hidden("backward", "u, v and dL_dv")

    def alone(self, compared: Gradients) -> Finding | None:
        """Words for a backward that is right for one example, and wrong for several."""
        at, axis = compared.at, compared.axis
        if axis is None or at.v.ndim <= axis or at.v.shape[axis] != at.u.shape[axis]:
            return None
        u, v, g, right = [np.take(x, [0], axis) for x in (at.u, at.v, at.g, compared.right[0])]
        value = Answers(self.subject, u, v, g, False, u).backward.value
        if not same(value, right):
            return None
        return Finding(
            "backward",
            "dL_du is right for a batch of one example, and wrong for several.",
            "Does a sum run over the whole batch? Give it an axis, and keepdims=True.",
        )

    def hidden(self, method: str, arguments: str) -> None:
        self.add(
            method,
            f"{method} is right only directly behind the forward of the same u: after a forward "
            f"of another input its answer changes, as it uses what the latest forward kept in "
            f"self.",
            f"Compute from the arguments {arguments}, which belong together.",
        )

    def check_weight_grad(
        self, answers: Answers, other: Answers | None, compared: Gradients, defined: bool
    ) -> None:
        names = ", ".join(self.subject.weights)
        if not defined and names:
            self.add(
                "weight_grad",
                f"There is no method weight_grad, though there are weights: {names}.",
                "Define weight_grad(u, dL_dv), which returns a dict of their gradients. Let the "
                "names of arrays that are no weights begin with _.",
            )
        if defined:
            self.defined_weight_grad(answers, other, compared)
        if not names and all(f.method != "weight_grad" for f in self.findings):
            self.skipped["weight_grad"] = "there are no weights"

    def defined_weight_grad(
        self, answers: Answers, other: Answers | None, compared: Gradients
    ) -> None:
        outcome = answers.weight_grad
        if outcome.failure is not None:
            self.findings.append(outcome.failure)
            return
        if not self.subject.weights and outcome.value is None:
            return
        self.findings += in_place(outcome, "weight_grad")
        changed = self.weights_among(answers.changed)
        for name in changed:
            hint = "Return the gradient; the optimizer makes the step."
            self.add("weight_grad", f"weight_grad changes the weight {name} itself.", hint)
        found = list(compared.weights(outcome.value))
        self.findings += found
        again = answers.again
        if not changed and not compared.same_weights(again.value, outcome.value):
            self.add(
                "weight_grad",
                "weight_grad gives another answer when it is called a second time with the same "
                "arguments: it adds to what the call before left in self.",
                "Start from zero in each call.",
            )
        elif found or changed:
            return
        elif answers.alone.failure or not compared.same_weights(answers.alone.value, outcome.value):
            self.add(
                "weight_grad",
                "weight_grad is right only behind backward: without a call of backward before it "
                "its answer changes, as it uses what backward kept in self. The first layer of a "
                "network is not asked for backward.",
                "Compute from the arguments u and dL_dv, which belong together.",
            )
        elif other is not None:
            value = other.weight_grad.value
            if other.weight_grad.failure or not compared.same_weights(value, outcome.value):
                self.hidden("weight_grad", "u and dL_dv")
