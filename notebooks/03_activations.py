# %% [markdown]
# # 3 · Activation functions
#
# A unit adds up its weighted inputs and then bends the sum: $a = f(z)$. This notebook is about
# $f$. First we leave it out, and find that a deep network without it is one layer in disguise.
# Then we meet the usual choices: step, ReLU, sigmoid, tanh and softmax. What matters most about
# each is its slope, because training can only move a weight where there is one.

# %%
import lab
import numpy as np
from lab import section_3

import autograd_core as ag
import nn
import optim

# %% [markdown]
# ## Do we need an $f$ at all?
#
# **Study question.** Show that whatever a stack of linear layers computes, a single linear layer
# can compute too.
#
# Take three layers with $f(z) = z$, and all 1,797 digits that ship with the library as inputs.
# `nn.Identity` is that $f$. Each layer has an offset as well.

# %%
digits, labels = optim.load_digits()
X = digits / 16
deep = section_3.stack((64, 40, 20, 10), nn.Identity)
deep

# %% [markdown]
# Here points are rows, so a layer is $Z = X W + W_0$, the transpose of the textbook's
# $W^T X + W_0$. Multiply out three of them:
#
# $$((X W^1 + W_0^1) W^2 + W_0^2) W^3 + W_0^3
# = X \underbrace{W^1 W^2 W^3}_{\text{one matrix}}
# + \underbrace{W_0^1 W^2 W^3 + W_0^2 W^3 + W_0^3}_{\text{one offset}}.$$
#
# In columns the one layer reads $A^L = W^{LT} \cdots W^{1T} X$, so the textbook's
# $W^{\text{total}}$ is the transpose of our $W^1 W^2 W^3$. Now the same with numbers: build the one
# layer and send all digits through both.

# %%
W1, W2, W3 = (deep[i].W.numpy() for i in (0, 2, 4))
W01, W02, W03 = (deep[i].W0.numpy() for i in (0, 2, 4))
one = nn.Linear(64, 10)
one.W.data = W1 @ W2 @ W3
one.W0.data = W01 @ W2 @ W3 + W02 @ W3 + W03
lab.compare(r"A^L = W^{\text{total}} X + W_0^{\text{total}}", one(X), deep(X))

# %% [markdown]
# One layer of 650 numbers does what three layers of 3,630 do, up to rounding.
#
# For any number of layers: suppose the first $l - 1$ layers are one layer with $W, W_0$. Then with
# layer $l$ on top they are one layer with $W W^l$ and $W_0 W^l + W_0^l$. That is a proof by
# induction, and also a loop:


# %%
def one_layer(net):
    W, W0 = np.eye(net[0].m), np.zeros(net[0].m)
    for layer in net[::2]:
        W, W0 = W @ layer.W.numpy(), W0 @ layer.W.numpy() + layer.W0.numpy()
    return W, W0


for L in (1, 2, 5, 20):
    net = section_3.stack((64, *[30] * (L - 1), 10), nn.Identity)
    W, W0 = one_layer(net)
    far = np.max(np.abs(X @ W + W0 - net(X).data))
    print(f"{L:2} layers: largest output {np.max(np.abs(net(X).data)):4.1f}, difference {far:.1e}")

# %% [markdown]
# Nothing was gained. Something may even be lost: a narrow layer in the middle lets only so many
# numbers through, and the rank of $W^{\text{total}}$ is at most the width of the narrowest layer.

# %%
rows = []
for width in (1, 2, 5, 10, 40):
    net = section_3.stack((64, width, 10), nn.Identity)
    W, W0 = one_layer(net)
    rows.append((width, W.shape, int(np.linalg.matrix_rank(W))))
section_3.table(["width in the middle", "shape of the product", "its rank"], rows)

# %% [markdown]
# What this means for learning shows on 150 irises with two measurements of their petals. Versicolor
# lies between the two other species, so no straight line sets it apart. One layer, five linear
# layers, and three layers with tanh, each after 300 steps:

# %%
petals, is_versicolor = section_3.versicolor()
nets = {
    "1 linear layer": section_3.stack((2, 1), nn.Identity),
    "5 linear layers": section_3.stack((2, 8, 8, 8, 8, 1), nn.Identity),
    "3 layers with tanh": section_3.stack((2, 8, 8, 1), nn.Tanh),
}
for net in nets.values():
    section_3.trained(net, petals, is_versicolor)
section_3.boundaries(nets, petals, is_versicolor)

# %% [markdown]
# *The black line is where the network is undecided. It is straight for one linear layer and
# straight for five; only the network with an $f$ bends it around the species in the middle. Always
# to guess "other" would be right for 67 %, so here no line is any good.*
#
# The two linear networks do not only look alike. Training leads both to the lowest loss that any
# line can have; the first still lacks the fifth digit of it:

# %%
nll = nn.BCEWithLogitsLoss()
for name, net in nets.items():
    print(f"{name:20} loss {nll(net(petals), is_versicolor).item():.6f}")

# %% [markdown]
# ### Your turn

# %%
section_3.offset_total


# %%
def offset_total(W_1, W_2, W_3, W0_1, W0_2, W0_3): ...  # write it here, in rows


section_3.offset_total(offset_total)

# %%
# section_3.offset_total.hint()
# section_3.offset_total.show_solution()

# %% [markdown]
# ## The usual choices, and their slopes
#
# | | value | slope |
# |---|---|---|
# | step | $0$ for $z < 0$, else $1$ | $0$, and none at $0$ |
# | ReLU | $\max(0, z)$ | $0$ for $z < 0$, $1$ for $z > 0$ |
# | sigmoid | $\sigma(z) = 1/(1 + e^{-z})$ | $\sigma(z)(1 - \sigma(z))$ |
# | tanh | $(e^z - e^{-z})/(e^z + e^{-z})$ | $1 - \tanh^2 z$ |
# | softmax | $e^{z_i} / \sum_k e^{z_k}$ | $\partial a_i/\partial z_j = a_i(\delta_{ij} - a_j)$ |
#
# The library's modules hold only the values. The slopes in the second row are what the engine
# makes of them: `backward` with a blame of 1 for every output.

# %%
units = {"step": nn.Step().eval(), "ReLU": nn.ReLU(), "sigmoid": nn.Sigmoid(), "tanh": nn.Tanh()}
section_3.activations(units)

# %% [markdown]
# *Sigmoid's slope never exceeds ¼, tanh's reaches 1; both fade on either side. Step's slope is 0
# on both sides, with nothing to show that there is a jump. Softmax is different: when $z_1$ grows,
# $a_1$ grows and the other outputs shrink, so it has a slope for each pair.*
#
# The same against the formulas, by hand:

# %%
z = np.linspace(-6, 6, 1001)
sigmoid, tanh = 1 / (1 + np.exp(-z)), (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))
slopes = {"ReLU": 1.0 * (z > 0), "sigmoid": sigmoid * (1 - sigmoid), "tanh": 1 - tanh**2}
for name, by_hand in slopes.items():
    f = units[name]
    engine = f.backward(z, f.forward(z), np.ones_like(z))
    far = np.max(np.abs(engine - by_hand))
    print(f"{name:8} largest slope {engine.max():.2f}   by hand off by {far:.1e}")

# %% [markdown]
# ## Step cannot be trained
#
# The first neurons had a step. A network of them can be evaluated, but its loss, seen as a function
# of a weight in front of a step, is made of flat pieces: move the weight a little and not one of
# the hidden units changes its mind. Here is the loss of a trained iris network along its first
# weight. The two networks have the same weights; only the hidden $f$ differs.

# %%
net = section_3.trained(section_3.stack((2, 6, 1), nn.Sigmoid), petals, is_versicolor)
hidden = {"step": nn.Step(), "sigmoid": nn.Sigmoid()}
section_3.one_weight(
    lambda name: nn.Sequential(net[0], hidden[name], net[2]),
    petals,
    is_versicolor,
    np.linspace(-6, 8, 701),
)

# %% [markdown]
# *On the left every piece is level: the slope is 0 wherever there is one, and gradient descent
# would not move. On the right the curve leads down to its lowest point.*
#
# Texts often blame the discontinuous derivative. But ReLU's derivative is discontinuous too, and
# ReLU trains well. What hurts is that the derivative is zero. Weights in front of a step would
# silently learn nothing, and so `nn.Step` refuses to be trained through:

# %%
stepped = nn.Sequential(nn.Linear(2, 6, rng=0), nn.Step(), nn.Linear(6, 1, rng=1))
try:
    stepped(petals)
except ag.AutogradError as error:
    print(error)

# %% [markdown]
# To evaluate is fine, and the slope that the module interface reports is what it must be:

# %%
print("outputs in evaluation:", stepped.eval()(petals).shape)
step = nn.Step().eval()
far_from_0 = z[z != 0]
slopes = step.backward(far_from_0, step.forward(far_from_0), np.ones_like(far_from_0))
print("largest slope of step, away from 0:", abs(slopes).max())

# %% [markdown]
# ## Which one is most like a step?
#
# **Study question.** Of sigmoid, ReLU and tanh, which comes closest to a step? And which extra
# parameter would bring the sigmoid closer still?
#
# "Closest" needs a distance. Let us measure on $-5 \le z \le 5$, in two ways. The *sup* distance is
# the largest gap. The $L^2$ distance is $\sqrt{\int (f(z) - \text{step}(z))^2\,dz}$, all gaps
# together. And let us be fair: the layer behind can multiply an activation and add an offset. So
# besides $f$ itself look at the best $k f(z) + c$, found by least squares.

# %%
z = np.linspace(-5, 5, 20_001)
step = (z >= 0).astype(float)


def distances(a):
    return np.max(np.abs(a - step)), np.sqrt(np.trapezoid((a - step) ** 2, z))


rows, fits = [], {}
for name in ("sigmoid", "tanh", "ReLU"):
    a = units[name].forward(z)
    (k, c), *_ = np.linalg.lstsq(np.column_stack([a, np.ones_like(a)]), step)
    fits[name] = k * a + c
    rows.append((name, *distances(a), f"{k:.3f} f {c:+.3f}", *distances(fits[name])))
header = ["", "sup", "L²", "best fit", "its sup", "its L²"]
section_3.table(header, rows)

# %%
section_3.step_fits(z, fits)

# %% [markdown]
# *The best that each can do. Sigmoid and tanh level off on both sides, as a step does; ReLU, which
# keeps growing, has to compromise.*
#
# So the answer depends on what may be adjusted:
#
# - **As they are**, the sigmoid is the closest: it alone goes from 0 to 1. Tanh goes from −1 to 1,
#   and ReLU has no upper limit.
# - **With a scale and an offset for the output**, tanh is closer than the sigmoid. It is the same
#   curve, only twice as steep: $\tanh(z) = 2\sigma(2z) - 1$.
# - **ReLU is the farthest** either way.
#
# The sup distance says little: if a continuous function stays within $d$ of 0 on the left and
# within $d$ of 1 on the right, then at $z = 0$ it is within $d$ of both, and $d \ge \tfrac12$. The
# sigmoid's ½ is the best there is.

# %%
lab.compare(r"\tanh(z) = 2\,\sigma(2z) - 1", 2 * nn.Sigmoid()(2 * z).data - 1, nn.Tanh()(z))

# %% [markdown]
# ### A slope for the sigmoid
#
# The extra parameter is a factor inside: $\sigma(\beta z)$. As a module it takes four lines, and
# $\beta$ can be learned like any weight; the engine finds its gradient.


# %%
class SlopedSigmoid(nn.Module):
    def __init__(self, beta):
        self.beta = nn.Parameter(beta)

    def forward(self, z):
        return ag.sigmoid(self.beta * z)


section_3.steep_sigmoids({beta: SlopedSigmoid(float(beta)) for beta in (0.5, 1, 2, 5, 20)})

# %% [markdown]
# *The larger $\beta$, the more the curve is a step. The price is on the right: the slope grows to
# $\beta/4$ at 0, and outside an ever narrower strip it is gone.*
#
# How fast does it come closer? By integrating, the squared $L^2$ distance over the whole line is
# $2(\ln 2 - \tfrac12)/\beta$: it goes to 0. For ReLU the same trick does nothing, because
# $\mathrm{ReLU}(\beta z) = \beta\,\mathrm{ReLU}(z)$ is only a scale again.

# %%
rows = []
for beta in (1.0, 2.0, 5.0, 20.0, 100.0):
    measured = distances(SlopedSigmoid(beta).forward(z))[1]
    rows.append((f"{beta:g}", measured, np.sqrt(2 * (np.log(2) - 0.5) / beta)))
section_3.table(["β", "L² measured on −5…5", "√(2(ln 2 − ½)/β)"], rows)

# %% [markdown]
# A pair of ReLUs can do it, though: $\mathrm{ReLU}(\beta z + \tfrac12) - \mathrm{ReLU}(\beta z -
# \tfrac12)$ is a ramp from 0 to 1, of width $1/\beta$.

# %%
relu = nn.ReLU()
for beta in (1.0, 5.0, 20.0):
    ramp = relu.forward(beta * z + 0.5) - relu.forward(beta * z - 0.5)
    print(f"β = {beta:4g}   L² {distances(ramp)[1]:.4f}   by hand {np.sqrt(1 / (12 * beta)):.4f}")

# %% [markdown]
# Do networks need $\beta$? No: $\sigma(\beta(w^T x + w_0))$ is a sigmoid whose weights and offset
# are $\beta w$ and $\beta w_0$. A unit that wants to be steep lets its weights grow. Watch it: the
# petals of setosa can be told from the others without an error, and so the loss falls for ever as
# $\|w\|$ grows.

# %%
setosa = 1.0 - (np.arange(150) >= 50)[:, None]
unit = nn.Linear(2, 1, rng=0)
steps = optim.SGD(unit.parameters(), lr=2.0)
for count in (10, 90, 900):
    section_3.descended(unit, nll, steps, petals, setosa, count)
    size, a = np.linalg.norm(unit.W.data), nn.Sigmoid()(unit(petals)).data
    worst = np.max(np.abs(a - setosa))
    print(f"{count:4} more steps: ‖w‖ = {size:5.2f}, largest |a − y| = {worst:.4f}")

# %% [markdown]
# ### Your turn

# %%
section_3.beta_gradient


# %%
def beta_gradient(z, y, beta): ...  # write it here


section_3.beta_gradient(beta_gradient)

# %%
# section_3.beta_gradient.hint()
# section_3.beta_gradient.show_solution()

# %% [markdown]
# ## ReLU's derivative
#
# **Study question.** What is the derivative of ReLU, and for which inputs does it vanish?
#
# For $z > 0$ ReLU is $z$, with slope 1. For $z < 0$ it is constant, with slope 0: there the
# derivative vanishes. At $z = 0$ the difference quotients from the two sides disagree, so there is
# no derivative, and software has to choose. The engine takes 0.

# %%
z = np.array([-3.0, -1e-9, 0.0, 1e-9, 3.0])
engine = relu.backward(z, relu.forward(z), np.ones_like(z))
h = 1e-10
left = (np.maximum(0, z) - np.maximum(0, z - h)) / h
right = (np.maximum(0, z + h) - np.maximum(0, z)) / h
rows = list(zip(z, left, right, engine, strict=True))
section_3.table(["z", "quotient from the left", "from the right", "engine"], rows)

# %% [markdown]
# Any number between 0 and 1 would do as well at the kink: each is the slope of a line through the
# origin that stays below the curve (a *subgradient*). `ag.maximum(0, z)` has the same values, and
# shares the slope between its two equal sides:

# %%
print("ReLU at 0:         ", ag.grad(nn.ReLU())(0.0).item())
print("maximum(0, z) at 0:", ag.grad(lambda z: ag.maximum(0.0, z))(0.0).item())

# %% [markdown]
# A slope of 0 on half of the line is no small thing. For an input that gives $z < 0$ the unit's
# weights get no gradient at all. As long as other inputs switch it on, that does no harm. If no
# input does, the unit is dead, and gradient descent cannot bring it back. Let us train a network
# with 100 ReLUs on the digits twice: with a good step size, and with one that is too large.

# %%
runs = {}
for lr in (0.5, 2.0):
    net = nn.Sequential(nn.Linear(64, 100, rng=0), nn.ReLU(), nn.Linear(100, 10, rng=1))
    runs.setdefault("before training", np.mean(net[0](X).data > 0, axis=0))  # the same for both
    steps = optim.SGD(net.parameters(), lr=lr)
    loss = nn.CrossEntropyLoss()
    history = optim.fit(net, loss, steps, X, labels, epochs=5, rng=0, progress=False)
    active = np.mean(net[0](X).data > 0, axis=0)
    runs[f"trained with η = {lr:g}"] = active
    print(f"η = {lr:g}: loss {history.train_loss[-1]:.3f}")
for name, active in runs.items():
    print(f"{name}: {np.sum(active == 0)} of 100 units dead")
section_3.active_units(runs)

# %% [markdown]
# *The large steps threw nearly all units to the side where ReLU is flat. With no gradient left they
# stay there, and the loss stays near $\ln 10 = 2.303$, which is guessing.*
#
# The engine sees it too, when it is asked why so much of the first layer's gradient is zero:

# %%
ag.explain(loss(net(X), labels), net[0].W, most=3)

# %%
section_3.relu_backward


# %%
def relu_backward(z, g): ...  # write it here


section_3.relu_backward(relu_backward)

# %%
# section_3.relu_backward.hint()
# section_3.relu_backward.show_solution()

# %% [markdown]
# ## Softmax
#
# Softmax takes a whole vector and turns it into a probability for each class: positive numbers that
# sum to 1. A constant added to all of $Z$ cancels, so only differences count; the library uses this
# to stay clear of overflow. Here it is over the outputs of a small network for the digits.

# %%
reader = nn.Sequential(nn.Linear(64, 24, rng=0), nn.Tanh(), nn.Linear(24, 10, rng=1))
steps = optim.Adam(reader.parameters(), lr=0.005)
optim.fit(reader, nn.CrossEntropyLoss(), steps, X, labels, epochs=4, rng=0, progress=False)
Z = reader(X).data
A = nn.Softmax()(Z).data
moved = nn.Softmax()(Z + 1000).data
print(f"smallest probability {A.min():.1e}, largest {A.max():.4f}")
print(f"the sums of the rows differ from 1 by at most {np.max(np.abs(A.sum(axis=1) - 1)):.1e}")
print(f"1,000 added to Z changes A by at most {np.max(np.abs(moved - A)):.1e}")

# %% [markdown]
# The textbook calls activations element-wise and $\partial A/\partial Z$ a diagonal matrix. That is
# true of all the others, but not of softmax, since each output depends on every $z_j$:
#
# $$\frac{\partial a_i}{\partial z_j} = a_i(\delta_{ij} - a_j), \qquad
# \frac{\partial A}{\partial Z} = \mathrm{diag}(A) - A A^T.$$
#
# Take the digit about which the network is least sure, and let the engine compute the matrix.

# %%
unsure = A.max(axis=1).argmin()
a = A[unsure]
J = ag.jacobian(nn.Softmax())(ag.Tensor(Z[unsure])).data
by_hand = np.diag(a) - np.outer(a, a)
lab.compare(r"\frac{\partial A}{\partial Z} = \mathrm{diag}(A) - A A^T", by_hand, J)

# %%
likely = np.argsort(a)[::-1][:3]
print(f"is {labels[unsure]}; read as", ", ".join(f"{k} ({a[k]:.2f})" for k in likely))
section_3.jacobians(Z[unsure], {"sigmoid": nn.Sigmoid(), "softmax": nn.Softmax()}, X[unsure])

# %% [markdown]
# *Sigmoid's matrix is a diagonal: each output minds its own input. Softmax has entries off the
# diagonal, all negative: what one class gains the others lose, most of all its closest rivals.*
#
# Two consequences. Each row and column sums to 0, because the outputs always sum to 1. And so the
# matrix is not invertible; its rank is 9 for 10 classes.

# %%
print(f"largest sum of a row {np.max(np.abs(J.sum(axis=1))):.1e}")
print(f"largest sum of a column {np.max(np.abs(J.sum(axis=0))):.1e}")
print("rank:", np.linalg.matrix_rank(J))

# %%
section_3.softmax_backward


# %%
def softmax_backward(z, g): ...  # write it here; an example is a row


section_3.softmax_backward(softmax_backward)

# %%
# section_3.softmax_backward.hint()
# section_3.softmax_backward.show_solution()

# %% [markdown]
# Which one to take? ReLU is the common choice for hidden layers. At the output the question
# decides: sigmoid for one probability, softmax for one of several classes, no activation for a
# number.
#
# ## What the engine derived
#
# Finally a layer of three tanh units and a sigmoid on top, on one flower. On paper blame for
# $Z^1$ is blame for $A^1$ times tanh's slope, and blame for $Z^2$ is $A^2 - Y$, once the sigmoid's
# $a(1 - a)$ has cancelled against the loss:
#
# $$\frac{\partial\,\text{loss}}{\partial Z^1} = \frac{\partial\,\text{loss}}{\partial A^1}
# \odot (1 - \tanh^2 Z^1), \qquad
# \frac{\partial\,\text{loss}}{\partial A^1} = W^2 (A^2 - Y).$$
#
# The engine finds the same, slopes and cancelling included:

# %%
small = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 1, rng=1), nn.Sigmoid())
loss = nn.NLL("sum")(small(petals[:1]), is_versicolor[:1])
loss.name = "loss"
loss.backward()
ag.derive(loss, small[0].W)

# %% [markdown]
# One level closer, each operation has an equation, with its own slope behind "with". Here
# without numbers:

# %%
ag.derive(loss, small[0].W, level="operations", numbers=False)

# %% [markdown]
# And all of it to walk through. Stop on the way back at tanh and at the sigmoid: the blame that
# they hand on is the blame that arrives, times the slope at this $z$.

# %%
ag.draw(loss)
