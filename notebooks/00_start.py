# %% [markdown]
# # Start here
#
# These notebooks go with a textbook's chapter on neural networks, section by section. All that
# the chapter defines can be run, drawn, changed and checked here. Three packages do the work, in
# plain Python on NumPy:
#
# - `autograd_core` (we write `ag`) records what is computed from a `Tensor` and finds every
#   derivative from the record;
# - `nn` has layers, activations and losses, made of those operations. No derivative is written
#   down in it;
# - `optim` has the training methods, and helpers for data.

# %%
import lab
import numpy as np
from lab import section_0

import autograd_core as ag
import nn
import optim

# %% [markdown]
# ## A first graph and its gradient
#
# A line through the origin, $g = w\,x$, is to guess three values $y$. How wrong it is, is the sum
# of the squares of its errors.

# %%
x = ag.tensor([1.0, 2.0, 3.0], name="x")
y = ag.tensor([2.0, 3.0, 7.0], name="y")
w = ag.tensor(1.5, requires_grad=True, name="w")

loss = ((w * x - y) ** 2).sum()
loss

# %% [markdown]
# Nothing unusual so far: numbers went in, a number came out. But the tensor remembers how it was
# made. `backward()` walks that memory from the end to the beginning, by the chain rule, and
# leaves in `w.grad` how the loss changes with `w`.

# %%
loss.backward()
w.grad

# %% [markdown]
# By hand it is $\sum_i 2\,(w\,x_i - y_i)\,x_i$:

# %%
by_hand = np.sum(2 * (1.5 * x.data - y.data) * x.data)
lab.compare(
    r"\frac{\mathrm{d}}{\mathrm{d}w} \sum_i (w\,x_i - y_i)^2 = \sum_i 2\,(w\,x_i - y_i)\,x_i",
    by_hand,
    w.grad,
)

# %% [markdown]
# The engine can write its own way to that number down: forward, then backward, one link of the
# chain at a time.

# %%
ag.derive(loss, w)

# %% [markdown]
# And the memory can be looked at. Each box is a step, with its value and with the derivative of the
# loss by that value. The picture is live: the buttons below it, or the arrow keys, walk forward
# and then backward, and beside it stands what happens at the step at hand: what blame arrives,
# the local derivative, what is handed on, and a finite difference that checks it.

# %%
loss.name = "loss"
ag.draw(loss)

# %% [markdown]
# Too coarse? The same graph with one box for each number: the three points have a branch each,
# and the three parts of the gradient meet in `w`.

# %%
ag.draw(loss, level="scalars")

# %% [markdown]
# And when something goes wrong, it can be asked why. The entropy of three probabilities, one of
# which is 0, has a gradient that is not a number. Where did it come in, and what helps?

# %%
p = ag.tensor([0.0, 0.25, 0.75], requires_grad=True, name="p")
ag.explain(lambda: -(p * ag.log(p)).sum(), p)

# %% [markdown]
# Now step against the gradient a few times. The line gets as good as a line through the origin can
# be; the best slope is $\sum_i x_i y_i / \sum_i x_i^2 = 29/14 \approx 2.0714$. Networks learn in
# the same way, with more weights, and with bends in between.

# %%
for _ in range(6):
    loss = ((w * x - y) ** 2).sum()
    w.grad = None  # backward adds to what is there
    loss.backward()
    print(f"w = {w.item():.4f}   loss = {loss.item():.4f}")
    w.data -= 0.02 * w.grad.data

# %% [markdown]
# ### The same with a network
#
# A layer of 32 units with a bend, another one behind it, and 1,797 real handwritten digits of
# 8 × 8 pixels, a quarter of which are kept apart for the test.

# %%
digits, labels = optim.load_digits()
train, test = optim.train_validation_split(digits / 16, labels, 0.25, rng=0)

network = nn.Sequential(nn.Linear(64, 32, rng=0), nn.Tanh(), nn.Linear(32, 10, rng=1))
adam = optim.Adam(network.parameters(), lr=0.01)
optim.fit(network, nn.CrossEntropyLoss(), adam, *train, epochs=20, rng=0, progress=False)
print(f"{optim.accuracy(network(test[0]), test[1]):.1%} of {len(test[1])} unseen digits are right")

# %% [markdown]
# ## How the notebooks go
#
# Each one takes a section of the chapter: the idea in a few lines, the code that does it, a
# picture, **every study question of the section answered by computing it**, exercises for you, and
# at the end what the engine derived, beside the chapter's equation, with the graph to walk through.
# Each runs on its own, from top to bottom, in a few seconds. Change anything and run it again.
#
# | notebook | about | study questions that it answers |
# |---|---|---|
# | [1 · The neuron](01_the_neuron.ipynb) | $f(w^T x + w_0)$, its objective, its gradient; logistic and linear regression as single units | **1** the update with $f(z) = e^z$ and squared loss |
# | [2 · Networks](02_networks.ipynb) | layers, their matrices and shapes; what a hidden layer buys; networks of any shape without a cycle | it has none: exercises instead |
# | [3 · Activations](03_activations.ipynb) | why there must be an $f$; step, ReLU, sigmoid, tanh, softmax | **2** linear layers are one layer · **3** which $f$ is most like a step, and a slope for the sigmoid · **4** the derivative of ReLU, and where it vanishes |
# | [4 · Back-propagation](04_back_propagation.ipynb) | the chain rule with shapes; modules with `forward`, `backward` and `weight_grad` | **5** the gradient for $W_0$ |
# | [5 · Training](05_training.ipynb) | the pseudo-code, line by line; how weights should start | **6** $\partial Z/\partial W$ · **7** what depends on $f^L$ · **8** the expected $z$ for an input of ones |
# | [6 · Losses](06_losses.ipynb) | losses and the last activation that goes with each | **9** NLLM of two classes is NLL |
# | [7 · Optimization](07_optimization.ipynb) | batches; step sizes; momentum, adadelta, Adam | **10** $k$ for stochastic and for batch descent · **11** $\gamma_t = (t-1)/t$ gives the mean · **12** two forms of momentum · **13** $\gamma = 0.1$ or $0.9$ · **14** Adam's $\hat m$ as a moving average |
# | [8 · Regularization](08_regularization.ipynb) | early stopping, weight decay, noise, dropout, batch normalization | **15** a dropped unit gets no update |

# %% [markdown]
# ## What you can ask the engine
#
# | to see | write |
# |---|---|
# | the graph, live; coarser or finer | `ag.draw(loss)`; `level="modules"`, `"operations"`, `"scalars"` |
# | how a gradient follows from the chain rule | `ag.derive(loss, w)`, by layers or by operations |
# | why it is zero, tiny, huge or not a number | `ag.explain(loss, w)` |
# | which operation has a wrong derivative | `ag.bisect_gradient(f, x)` |
# | how a training goes, layer by layer | `optim.fit(…, callbacks=[optim.TrainingRecord()])` |
#
# ## Exercises check themselves
#
# An exercise asks for a function, or for a number. Each is compared with what the engine finds on
# random inputs. Look at one:

# %%
section_0.slope_of_J

# %% [markdown]
# You find the question followed by a cell like the next one. Write your answer in place of the
# dots and run it. As long as the dots are there, nobody complains:


# %%
def slope_of_J(w, x, y): ...  # your answer


section_0.slope_of_J(slope_of_J)


# %% [markdown]
# A wrong answer is told what is wrong with it, as far as that can be seen. Here somebody forgot
# the sum over the points:


# %%
def without_the_sum(w, x, y):
    return 2 * (w * x - y) * x


section_0.slope_of_J(without_the_sum)


# %% [markdown]
# And here the sign is the other way round:


# %%
def other_way_round(w, x, y):
    return np.sum(2 * (y - w * x) * x)


section_0.slope_of_J(other_way_round)


# %% [markdown]
# A right one:


# %%
def with_the_sum(w, x, y):
    return np.sum(2 * (w * x - y) * x)


section_0.slope_of_J(with_the_sum)

# %% [markdown]
# If you are stuck there is a nudge, and at last the solution. In the notebooks both wait in a cell
# of comments: take the `#` away.

# %%
section_0.slope_of_J.hint()

# %%
section_0.slope_of_J.show_solution()

# %% [markdown]
# ## From the chapter's symbols to the code
#
# In the chapter an example is a column, as vectors usually are in formulas. In the code an example
# is a row, as in every table of data, and many rows are a batch. So a formula appears transposed in
# the code; the matrices $W$ have the same shape in both.
#
# | in the chapter | shape there | in the code | shape here |
# |---|---|---|---|
# | $x$, $X$ | $m \times 1$ | `x` | (batch, m) |
# | $W^l$ | $m^l \times n^l$ | `Linear(m, n).W` | (m, n) |
# | $W_0^l$ | $n^l \times 1$ | `Linear(m, n).W0` | (n,) |
# | $Z = W^T X + W_0$ | $n \times 1$ | `x @ W + W0`, or `layer(x)` | (batch, n) |
# | $A = f(Z)$ | $n \times 1$ | `nn.ReLU()(z)`, `ag.relu(z)`, … | (batch, n) |
# | $L(\text{guess}, \text{actual})$ | number | `nn.SquaredLoss()(guess, actual)`, … | () |
# | $J = \sum_i L(\dots)$ | number | the same with `"sum"`; without it the mean | () |
# | $\partial\text{loss}/\partial W$ | $m \times n$ | `W.grad`, after `loss.backward()` | (m, n) |
# | $u \to v$ | | `module.forward(u)` | arrays |
# | $u, v, \partial L/\partial v \to \partial L/\partial u$ | | `module.backward(u, v, dL_dv)` | arrays |
# | $u, \partial L/\partial v \to \partial L/\partial W$ | | `module.weight_grad(u, dL_dv)` | dict of arrays |
# | SGD-NEURAL-NET, MINI-BATCH-SGD | | `optim.sgd_neural_net`, `optim.mini_batch_sgd` | |
# | $\eta$, $\eta(t)$ | | `lr`: a number, or a function of t | |
# | $\gamma$ of momentum | | `optim.SGD(…, momentum=γ)` | |
# | $B_1$, $B_2$, $\epsilon$ of Adam | | `optim.Adam(…, betas=(B₁, B₂), eps=ε)` | |
# | $\lambda$ of weight decay | | `weight_decay=λ` of an optimizer | |
# | $p$ of dropout | | `nn.Dropout(p)` | |
# | $G$, $B$ of batch normalization | $n \times 1$ | `nn.BatchNorm(n).G`, `.B` | (n,) |
#
# ## Where to look further
#
# - [docs/differences.md](../docs/differences.md) lists each place where the chapter leaves something
#   open, has a slip of print, or does what is done otherwise today: what it says, what is usual,
#   and which argument chooses.
# - [README.md](../README.md) has an overview of the packages.
# - `help(nn.Linear)`, or `nn.Linear?` in a cell, says what a class does, which formula it
#   computes and where that formula comes from.
# - `tests/chapter/` has the chapter's equations written out by hand, beside the engine's results.
#
# Next: [1 · The neuron](01_the_neuron.ipynb).
