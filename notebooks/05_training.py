# %% [markdown]
# # 5 · Training
#
# Everything is ready: a network that computes (section 2), a way to find every gradient
# (section 4). Training puts them in a loop. Draw first weights. Then, again and again: pick one
# point, go forward, go backward, move every weight a little downhill. The textbook writes this
# loop out as SGD-NEURAL-NET, 21 lines. Here we write it ourselves, hold it against the engine's
# version digit for digit, and see what its first three lines are for.

# %%
import lab
import numpy as np
from lab import section_5

import autograd_core as ag
import nn
import optim

# %% [markdown]
# ## The 21 lines
#
# Below is our own transcription in plain NumPy. The number behind a line is that of the line in
# the textbook; as there, points, activations and offsets are columns. `F` holds each activation
# and its matrix $\partial A/\partial Z$, derived by hand.

# %%
section_5.source(section_5.sgd_by_hand)

# %% [markdown]
# `optim.sgd_neural_net` runs the same lines. It has rows where the textbook has columns, and it
# holds no derivative at all: the engine finds them.
#
# | lines | by hand, in columns | `optim.sgd_neural_net`, in rows |
# |---|---|---|
# | 2 | `rng.standard_normal((m, n)) / np.sqrt(m)` | the same |
# | 3 | `rng.standard_normal((n, 1))` | `generator.standard_normal(outputs)` |
# | 5 | `int(rng.integers(X.shape[1]))` | `int(generator.integers(n))` |
# | 9 | `W[ell].T @ A[ell - 1] + W0[ell]` | `A @ W + W0` |
# | 10 | `F[f[ell - 1]][0](Z[ell])` | `activation(Z)` |
# | 11 | not needed for the update | `Loss(neural_net(X[i : i + 1], weights, f), Y[i : i + 1])` |
# | 12–18 | four formulas | `loss.backward()` |
# | 20–21 | two updates, layer by layer | `update.step()`, all layers at once |
#
# Here is its source, without the docstring.

# %%
section_5.source(optim.sgd_neural_net)

# %% [markdown]
# Both draw the same random numbers in the same order. So after any number of steps the weights
# must agree. The data are real: 150 irises, four measurements, three species; three layers.

# %%
X, species, _ = section_5.iris()
Y = np.eye(3)[species]
f = (ag.tanh, ag.sigmoid, ag.softmax)
f_by_hand, dloss_dA = ("tanh", "sigmoid", "softmax"), lambda a, y: -y / a
m, sizes = (4, 6, 5), (4, 6, 5, 3)


def eta(t):
    return 0.3 / (1 + 0.01 * t)


for T in (0, 1, 10, 100, 1000):
    engine = optim.sgd_neural_net((X, Y), T, 3, m, f, Loss=nn.NLLM("sum"), eta=eta, rng=0)
    hand = section_5.sgd_by_hand(
        X.T, Y.T, T, sizes, f_by_hand, dloss_dA, eta, np.random.default_rng(0)
    )
    print(f"T = {T:5}: largest difference of any weight {section_5.farthest(engine, hand):.1e}")

# %% [markdown]
# The two trainings stay together to the last digits of a float64. A thousand steps through
# hand-derived matrices, and through derivatives that nobody wrote down, end at the same weights.
#
# ## One pass, live
#
# One flower, forwards and backwards, with the three methods of section 4. `forward` says what
# each module makes of its input. `backward` turns the blame for a module's output into the blame
# for its input; `weight_grad` says which part of the blame the weights take. Change the flower's
# number and run the cell again.

# %%
flower = 60
x, y = X[[flower]], Y[[flower]]
net = nn.Sequential(nn.Linear(4, 3, rng=0), nn.Tanh(), nn.Linear(3, 3, rng=1), nn.Softmax())
loss = nn.NLLM("sum")
u = [x]
for module in net:  # lines 6 to 10
    u.append(module.forward(u[-1]))
    print(f"{type(module).__name__:8} → {u[-1].round(3)[0]}")
v = loss.forward(u[-1], y)  # line 11
print(f"loss     = {v:.3f}   (the flower is a {section_5.SPECIES[species[flower]]})")

# %%
blame, _ = loss.backward((u[-1], y), v, 1.0)  # line 14, l = L
print(f"NLLM     ← {blame.round(3)[0]}")
for module, before, after in reversed(list(zip(net, u, u[1:], strict=False))):
    for name, gradient in module.weight_grad(before, blame).items():  # lines 17 and 18
        print(f"{'':9}∂loss/∂{name}: shape {gradient.shape}, norm {np.linalg.norm(gradient):.3f}")
    blame = module.backward(before, after, blame)  # lines 14 and 15
    print(f"{type(module).__name__:8} ← {blame.round(3)[0]}")

# %% [markdown]
# The same pass as a picture: blue arrows forwards, red arrows backwards. The norms in red are those
# of the gradients printed above.

# %%
ag.draw(net, x, loss=loss, target=y)

# %% [markdown]
# ## When is line 20 carried out?
#
# Line 20 changes $W^l$ inside the loop that still runs down to layer 1. Line 14, one turn later,
# asks for $\partial Z^{l}/\partial A^{l-1}$, and this *is* $W^l$. Read to the letter, the new
# weights are used: not the ones that made the loss. The gradient of the loss needs the old ones.
# So `optim.sgd_neural_net` updates after all gradients, and so does our transcription, unless
# it is told `literal=True`.
#
# For the layer below the last the error has a short formula. With
# $W_{\text{new}} = W^L - \eta A^{L-1} (\partial\text{loss}/\partial Z^L)^T$,
#
# $$W_{\text{new}} \frac{\partial\text{loss}}{\partial Z^L}
# = \frac{\partial\text{loss}}{\partial A^{L-1}}
# - \eta \left\| \frac{\partial\text{loss}}{\partial Z^L} \right\|^2 A^{L-1} .$$
#
# The engine confirms it on the pass above, in rows:

# %%
h = ag.Tensor(u[2], requires_grad=True)  # A¹
W, W0 = net[2].W.numpy(), net[2].W0.numpy()
z = h @ W + W0
z.retain_grad()
nn.CrossEntropyLoss("sum")(z, y).backward()
dZ, W_new = z.grad.data, W - 0.3 * u[2].T @ z.grad.data
lab.compare(
    r"W_{\text{new}}\,\partial\text{loss}/\partial Z^L = \partial\text{loss}/\partial A^{L-1}"
    r" - \eta \|\partial\text{loss}/\partial Z^L\|^2 A^{L-1}",
    dZ @ W_new.T,
    h.grad.data - 0.3 * (dZ**2).sum() * u[2],
)


# %%
def trained_by_hand(T, eta, literal):
    rng = np.random.default_rng(0)
    return section_5.sgd_by_hand(
        X.T, Y.T, T, sizes, f_by_hand, dloss_dA, lambda t: eta, rng, literal
    )


def error_of_first_gradient(eta):
    start = trained_by_hand(0, eta, False)[0][0]
    right, read = (start - trained_by_hand(1, eta, literal)[0][0] for literal in (False, True))
    return np.linalg.norm(read - right) / np.linalg.norm(right)


rates = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
errors = [error_of_first_gradient(eta) for eta in rates]
for rate, error in zip(rates, errors, strict=True):
    print(f"η = {rate:5}: ∂loss/∂W¹ of the first step is wrong by {100 * error:6.2f} %")

# %%
lengths = (1, 3, 10, 30, 100, 300)
apart = {
    f"{eta}": [
        section_5.farthest(trained_by_hand(T, eta, False), trained_by_hand(T, eta, True))
        for T in lengths
    ]
    for eta in (0.001, 0.01, 0.1)
}
section_5.literal_reading(rates, errors, lengths, apart)

# %%
for literal in (False, True):
    layers = [(W, W0[:, 0]) for W, W0 in trained_by_hand(3000, 0.1, literal)]
    A = optim.neural_net(X, layers, f)
    print(f"literal={literal!s:5}: loss {nn.NLLM()(A, Y).item():.4f} after 3,000 steps at η = 0.1")

# %% [markdown]
# Left: the error of the first gradient is proportional to η, as the formula says. Right: the
# two trainings drift apart, the sooner the larger the step. Yet both learn, because for small steps
# both go downhill. The literal reading is no disaster; its steps are just not along the gradient.
#
# ## Study question: what is $\partial Z^l/\partial W^l$?
#
# $Z^l$ has one index and $W^l$ has two, so the derivative has three. We ask the engine for all of
# it: `T[k, i, j]` is $\partial Z_k/\partial W_{ij}$.

# %%
A = np.array([0.5, -1.2, 2.0, 0.7])  # four inputs, three units
T = ag.jacobian(lambda W: A @ W)(np.ones((4, 3))).data
print("shape", T.shape, "·", np.count_nonzero(T), "of", T.size, "entries are not zero")
section_5.three_indices(T, A)

# %% [markdown]
# Unit $k$ depends on column $k$ of $W$ and on nothing else, and there each weight's slope is its
# input: $\partial Z_k/\partial W_{ij} = A_i$ if $j = k$, else 0. All that the object contains
# is $A^{l-1}$, written once for each unit. That is why the textbook may write $A^{l-1}$ for
# it. Line 17 multiplies it by $\partial\text{loss}/\partial Z^l$, a sum over $k$ that has one
# term left, and the three indices collapse to an outer product:

# %%
dZ = np.array([0.3, -0.1, 2.0])
lab.compare(
    r"\sum_k \frac{\partial\text{loss}}{\partial Z^l_k} \frac{\partial Z^l_k}{\partial W^l}"
    r" = A^{l-1} \left(\frac{\partial\text{loss}}{\partial Z^l}\right)^T",
    np.outer(A, dZ),
    np.einsum("k,kij->ij", dZ, T),
)

# %% [markdown]
# ## Study question: what depends on $f^L$?
#
# Try it. We take a network of three layers and one flower, change nothing but the last
# activation, and record every quantity of lines 6 to 18, with the same weights. What differs
# depends on $f^L$. (The loss is the squared loss each time, so that it does not change too.)

# %%
weights = optim.sgd_neural_net((X, Y), 0, 3, m, f, Loss=nn.NLLM("sum"), eta=eta, rng=0)
passes = {
    name: section_5.one_pass(x, y, weights, (ag.tanh, ag.tanh, f_L))
    for name, f_L in (("linear", lambda z: z), ("sigmoid", ag.sigmoid), ("softmax", ag.softmax))
}
section_5.dependence(passes)

# %% [markdown]
# In the table, numbers are the largest change of an entry. By name, $f^L$ stands in two places
# only: line 10 and line 15, both for $l = L$. But its value travels. Forwards it reaches the output
# $A^L$ and the loss. Backwards it reaches every $\partial\text{loss}/\partial A^l$,
# $\partial\text{loss}/\partial Z^l$, and so every gradient of lines 17 and 18 and every update of
# lines 20 and 21. What it does not touch: the whole forward pass up to $Z^L$, and the local
# factors $\partial Z^l/\partial W^l = A^{l-1}$, $\partial Z^{l+1}/\partial A^l = W^{l+1}$ and
# $\partial A^l/\partial Z^l$ for $l < L$. That holds for one step; from the second step on the
# weights differ, and with them all the rest but the draws of line 5.
#
# ## Lines 2 and 3: the first weights
#
# ### Study question: the expected $z$ for an input of ones
#
# $z = \sum_i 1 \cdot w_i + w_0$ is a sum of $m + 1$ random numbers whose mean is 0. So its
# expected value is 0, for every $m$. Its *variance* tells more. The variances add up:
# $m \cdot \frac1m = 1$ if $1/m$ is a weight's variance, as Gaussian(0, 1/m) is usually read, and
# $m \cdot \frac1{m^2} = \frac1m$ if it is the standard deviation, as the textbook's sentence
# has it. The offset, drawn from Gaussian(0, 1), adds 1 to either. `nn` has both readings, and
# 20,000 units for each row show it:

# %%
print(f"{'':6}{'variance 1/m':>19}{'std 1/m':>25}{'variance 1/m, and offset':>29}")
print(f"{'m':>6}" + f"{'mean':>9}{'variance':>9}{'exact':>7}" * 3)
for k in (1, 4, 16, 64, 256):
    row = ""
    for init, offset, exact in (
        ("chapter", "zeros", 1.0),
        ("chapter_std", "zeros", 1 / k),
        ("chapter", "normal", 2.0),
    ):
        mean, variance = section_5.spread(k, init, offset=offset)
        row += f"{mean:9.3f}{variance:9.4f}{exact:7.4f}"
    print(f"{k:6}{row}")

# %%
section_5.ones_in((1, 4, 16, 64, 256))

# %% [markdown]
# With variance $1/m$ a unit's $z$ has the same size whatever the number of its inputs: neither lost
# nor flooded. With standard deviation $1/m$ the sum of many inputs is almost the same for every
# unit: almost 0.
#
# ### Equal weights stay equal
#
# Why random numbers at all? Four tanh units are to tell versicolor from the other irises, by
# the two petal measurements. Versicolor lies between the two others, so that one
# straight line is not enough. Three starts: all weights 1; random; all weights 1 but with the
# random offsets of line 3.

# %%
trained = {
    "ones": section_5.twins("ones"),
    "Gaussian(0, 1/m)": section_5.twins("chapter"),
    "ones, random offsets": section_5.twins("ones", "normal"),
}
for title, (_, path, losses) in trained.items():
    apart = np.abs(path[-1] - path[-1, :, :1]).max()
    print(f"{title:20}: loss {losses[-1]:.3f}, units differ by up to {apart:.3g}")
section_5.symmetry(trained)

# %% [markdown]
# On the left four curves lie on top of each other: the units see the same input, send it on with
# the same weight, get the same blame, and so make the same step, forever. Four such units are
# worth one, and one draws one straight line: versicolor and virginica remain undecided. Random
# weights, or just random offsets, break the tie, and a band for versicolor appears.
#
# ### Large weights saturate
#
# If random is good, is larger better? A tanh is flat away from 0. We multiply the first weights of
# a network for the digits by 0.1, 1 and 10 and look at its two hidden layers, before any
# training. The slopes are the engine's.

# %%
(X_train, y_train), (X_held, y_held) = section_5.digits()
layers = (64, 50, 30, 10)
found = {
    s: section_5.activations_and_slopes(section_5.net_of(layers, s), X_held) for s in (0.1, 1, 10)
}
for s, pairs in found.items():
    medians = ", ".join(f"{np.median(slope):.3g}" for _, slope in pairs)
    print(f"weights × {s:<4}: median slope in layers 1 and 2: {medians}")
section_5.saturation(found)

# %% [markdown]
# Weights × 10: most activations are nearly ±1, most slopes nearly 0, and line 15 multiplies
# by these slopes in each layer. Weights × 0.1: all slopes are nearly 1, but the activations of
# layer 2 are nearly 0: little of the image arrives. Does that hurt? We train each for twelve
# epochs.

# %%
curves = {}
for s in (0, 0.1, 1, 3, 10, 30):
    net = section_5.net_of(layers, s)
    history = optim.fit(
        net,
        nn.CrossEntropyLoss(),
        optim.SGD(net.parameters(), lr=0.1),
        X_train,
        y_train,
        epochs=12,
        validation=(X_held, y_held),
        rng=0,
        progress=False,
    )
    curves[s] = history.train_loss, history.validation_accuracy
    share = history.validation_accuracy[-1]
    print(f"× {s:<4} loss {history.train_loss[-1]:5.2f}, {100 * share:.0f} % read")
section_5.scales(curves)

# %% [markdown]
# Zero never leaves the loss of pure guessing: it is the most symmetric start of all, and with
# zeros behind them the hidden units get no blame. × 0.1 loses many epochs before it moves. × 10
# and × 30 begin with a loss far above guessing, as they are sure of wrong answers, and their flat
# units are slow to change their mind. Near × 1 it just works.
#
# Look inside. `optim.TrainingRecord` is a callback that draws itself while `fit` runs, and changes
# nothing. Here is × 10 again:

# %%
net = section_5.net_of(layers, 10)
record = optim.TrainingRecord()
history = optim.fit(
    net,
    nn.CrossEntropyLoss(),
    optim.SGD(net.parameters(), lr=0.1),
    X_train,
    y_train,
    epochs=12,
    validation=(X_held, y_held),
    rng=0,
    progress=False,
    callbacks=[record],
)

# %% [markdown]
# At the bottom on the right: of the first tanh layer over 60 % of the values are saturated at once,
# and at the end three quarters; of the second nine in ten. Training pushes the units further out,
# to where they are flat, and what gradient there is arrives through the few others. (The numbers
# before the names are the places of the modules in the network.)
#
# Why does a start like this learn so slowly? Ask. First × 30, one digit, the offsets of the first
# layer; then the start with zeros:

# %%
net = section_5.net_of(layers, 30)
ag.explain(nn.CrossEntropyLoss()(net(X_train[:1]), y_train[:1]), net[0].W0)

# %%
net = section_5.net_of(layers, 0)
ag.explain(nn.CrossEntropyLoss()(net(X_train[:1]), y_train[:1]), net[0].W0)

# %% [markdown]
# Two different faults with the same symptom, a gradient of zero. In the first the slopes of tanh
# are 0 to the last digit, so that a fifth of these offsets hear nothing of this digit. In the
# second the slopes are all 1, and the blame is stopped behind them, by the zeros of the last
# matrix.
#
# ## $\partial\text{loss}/\partial Z^L$ in one go
#
# Softmax followed by NLLM: $\partial\text{loss}/\partial A^L$ holds $1/a$, the matrix
# $\partial A^L/\partial Z^L$ is full, and their product is simply $A^L - y$. `nn.CrossEntropyLoss`
# is the loss of $Z^L$, so that its `backward` gives the product directly.

# %%
z, y = np.array([[2.0, -1.0, 0.5]]), np.array([[0.0, 0.0, 1.0]])
a = nn.Softmax().forward(z)
nllm, direct = nn.NLLM("sum"), nn.CrossEntropyLoss("sum")
dA, _ = nllm.backward((a, y), nllm.forward(a, y), 1.0)
dZ, _ = direct.backward((z, y), direct.forward(z, y), 1.0)
slope = ag.jacobian(ag.softmax)(z[0]).data
print("∂loss/∂A^L         ", dA[0].round(4))
print("∂A^L/∂Z^L          ", str(slope.round(4)).replace("\n", "\n" + " " * 21))
print("their product      ", (slope @ dA[0]).round(4))
print("∂loss/∂Z^L directly", dZ[0].round(4))
lab.compare(r"\frac{\partial\text{loss}}{\partial Z^L} = A^L - y", a - y, dZ)

# %% [markdown]
# It is not only shorter. When the network is badly wrong, $a$ of the true class is rounded to 0,
# its logarithm is lost, and with it the gradient. The direct form has all its digits:

# %%
z = np.array([[800.0, 0.0, 0.0]])
a = nn.Softmax().forward(z)
with np.errstate(all="ignore"):
    v = nllm.forward(a, y)
    dA, _ = nllm.backward((a, y), v, 1.0)
    through_A = nn.Softmax().backward(z, a, dA)
print(f"in two steps: loss {v}, ∂loss/∂Z^L {through_A[0]}")
v = direct.forward(z, y)
print(f"directly:     loss {v}, ∂loss/∂Z^L {direct.backward((z, y), v, 1.0)[0][0]}")

# %% [markdown]
# ## Watching it learn
#
# The textbook's algorithm on three kinds of iris and two measurements. The same seed makes the same
# draws, so that a short run is the beginning of a long one: four snapshots of one training.

# %%
petals, species, _ = section_5.iris(2, 3)


def outputs_after(T):
    layers = optim.sgd_neural_net(
        (petals, Y), T, 2, (2, 6), (ag.tanh, ag.softmax), Loss=nn.NLLM("sum"), eta=0.1, rng=4
    )
    return lambda X: optim.neural_net(X, layers, (ag.tanh, ag.softmax)).numpy()


section_5.boundaries({T: outputs_after(T) for T in (0, 30, 300, 5000)})

# %% [markdown]
# The colour says which species the network names, the title how many flowers it names rightly.
# Random weights give random regions; then the borders wander between the clouds.
#
# And the digits. `Loss` may be any function, so ours writes down what line 11 finds.

# %%
losses = []


def noted(A, y):
    loss = nn.NLLM("sum")(A, y)
    losses.append(loss.item())
    return loss


f_digits = (ag.tanh, ag.softmax)
digits = (X_train, np.eye(10)[y_train])
trained = optim.sgd_neural_net(digits, 12_000, 2, (64, 32), f_digits, Loss=noted, eta=0.05, rng=0)
section_5.learning_curve(losses)

# %% [markdown]
# Each dot is the loss of one digit at one step. The mean falls fast and then slowly, and hard
# digits still cost a lot near the end: each step improves on one digit, and may do harm to another.

# %%
probabilities = optim.neural_net(X_held, trained, f_digits).numpy()
share = optim.accuracy(probabilities, y_held)
print(f"{100 * share:.1f} % of {len(y_held)} digits that it never saw are read rightly")
section_5.misread(X_held, y_held, probabilities)

# %% [markdown]
# The digits that it got wrong, the surest mistakes first: most are hard for us too.
#
# ## Exercises
#
# Write your function in place of the dots and run the cell. The check says what is wrong. When
# you are stuck, there are a hint and a solution below.

# %%
section_5.weight_gradient


# %%
def weight_gradient(A, dZ): ...  # write it here


section_5.weight_gradient(weight_gradient)

# %%
# section_5.weight_gradient.hint()
# section_5.weight_gradient.show_solution()

# %%
section_5.one_update


# %%
def one_update(x, y, W1, W2, eta): ...  # write it here


section_5.one_update(one_update)

# %%
# section_5.one_update.hint()
# section_5.one_update.show_solution()

# %%
section_5.variance_of_z


# %%
def variance_of_z(x): ...  # write it here


section_5.variance_of_z(variance_of_z)

# %%
# section_5.variance_of_z.hint()
# section_5.variance_of_z.show_solution()

# %% [markdown]
# ## What the engine derived
#
# One flower once more, from line 6 to line 18. For the first matrix the textbook's lines say
#
# $$\frac{\partial\text{loss}}{\partial W^1} = A^0
# \left(\frac{\partial\text{loss}}{\partial Z^1}\right)^T, \qquad
# \frac{\partial\text{loss}}{\partial Z^1} = \frac{\partial A^1}{\partial Z^1}\, W^2\,
# \frac{\partial\text{loss}}{\partial Z^2} .$$
#
# The engine's derivation is in columns too. Lines 14 and 15 alternate, and line 17 ends it. In
# the last layer stands what line 15 gives, and under it what is left of it: $A^2 - Y$.

# %%
X, species, _ = section_5.iris()
x, y = X[[60]], Y[[60]]
net = nn.Sequential(nn.Linear(4, 3, rng=1), nn.Tanh(), nn.Linear(3, 3, rng=2), nn.Softmax())
loss = nn.NLLM("sum")(net(x), y)
loss.name = "loss"
loss.backward()
derived = ag.derive(loss, net[0].W)
derived

# %%
A1, A2 = net[:2](x).data.T, net(x).data.T
dZ1 = (1 - A1**2) * (net[2].W.data @ (A2 - y.T))  # by hand, in columns
print(f"by hand and derived differ by  {np.abs(x.T @ dZ1.T - derived.result).max():.1e}")
print(f"derived and backward differ by {np.abs(derived.result - net[0].W.grad.data).max():.1e}")

# %% [markdown]
# The same, to walk through: play, or the arrow keys. Forward it is lines 6 to 11, backward lines
# 12 to 18. At each box stands the blame that arrives, what it is multiplied by, what is handed on,
# and a finite difference that checks it.

# %%
ag.draw(loss)
