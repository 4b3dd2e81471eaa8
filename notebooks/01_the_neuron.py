# %% [markdown]
# # 1 · The neuron
#
# A neuron does three things with its inputs: it weighs them, adds an offset, and passes the sum
# through a function,
#
# $$a = f(z) = f\Big(\sum_{j=1}^m x_j w_j + w_0\Big) = f(w^T x + w_0).$$
#
# Everything later is made of this. Here we build one, look at what its $f$ can and cannot do,
# write down what it should minimize, and let it learn. Two well-known models turn out to be
# single neurons: logistic classification and linear regression.

# %%
import lab
import numpy as np
from lab import section_1

import autograd_core as ag
import nn
import optim

# %% [markdown]
# ## A neuron, built and drawn
#
# The inputs are real: three measurements of 569 breast tumours, taken from images of their cells.
# Each column is standardized (mean 0, standard deviation 1), so that "1.0" means one standard
# deviation above the average tumour. The label is 1 for a malignant tumour.

# %%
X, y = section_1.tumours("mean radius", "mean texture", "mean smoothness")
neuron = nn.Sequential(linear=nn.Linear(3, 1, rng=0), f=nn.Sigmoid())
neuron

# %% [markdown]
# `Linear(3, 1)` holds the weights `W`, one column for our one neuron, and the offset `W0`.
# The picture is made from this very object, and the numbers are those of the first tumour.

# %%
ag.draw(neuron, X[:1], level="units")

# %% [markdown]
# The formula can be followed with a pencil: a sum, a multiplication of vectors, or the engine.
# The three lines below give one number.

# %%
x, w, w0 = X[0], neuron.linear.W.data[:, 0], neuron.linear.W0.data[0]

z = sum(x[j] * w[j] for j in range(3)) + w0
print("as a sum     ", 1 / (1 + np.exp(-z)))
print("as vectors   ", 1 / (1 + np.exp(-(w @ x + w0))))
print("by the engine", neuron(X[:1]).item())

# %% [markdown]
# **Columns in the book, rows here.** The textbook's $x$ is a column, and $w^T x$ is one number.
# Data comes as a table with an example a row, so code writes `X @ w + w0` and gets the outputs of
# all examples at once. It is the same formula, transposed.

# %%
neuron(X).shape, neuron(X).data[:4, 0]

# %% [markdown]
# ### What $f$ changes, and what it does not
#
# Four neurons with the same $w$ and $w_0$ and a different $f$ each, over two of the measurements.

# %%
X2, y = section_1.tumours("mean radius", "mean texture")
linear = nn.Linear(2, 1, rng=3)
functions = {
    "identity": nn.Identity(),
    "step": nn.Step(),
    "ReLU": nn.ReLU(),
    "sigmoid": nn.Sigmoid(),
}
units = {name: nn.Sequential(linear, f) for name, f in functions.items()}
section_1.bent(units, X2, ["mean radius (std)", "mean texture (std)"])

# %% [markdown]
# Brighter is larger. $f$ changes the heights, but every line of equal output stays a straight
# line, at a right angle to $w$: all four look at $x$ only through the one number $w^T x + w_0$.
# The step neuron fires where $w^T x \ge -w_0$. That is why $w_0$ is also called a threshold, though
# strictly the threshold is $-w_0$.

# %%
section_1.outputs


# %%
def outputs(X, w, w0): ...  # the outputs of the batch


section_1.outputs(outputs)

# %%
# section_1.outputs.hint()
# section_1.outputs.show_solution()

# %% [markdown]
# ## What a neuron should minimize
#
# Given a loss $L(\text{guess}, \text{actual})$ and a data set, a good neuron makes
#
# $$J(w, w_0) = \sum_i L\big(\mathrm{NN}(x^{(i)}; w, w_0),\, y^{(i)}\big)$$
#
# small. Here $f = \sigma$, and $L$ is the negative log likelihood (NLL),
# $-\big(y \log a + (1 - y)\log(1 - a)\big)$: the pair that makes a **linear logistic
# classifier**. Note the plain sum; libraries often take the mean, and `nn` does too unless it
# is told `"sum"`.


# %%
def J(w, w0):
    a = ag.sigmoid(X2 @ w + w0)
    return nn.functional.nll(a, y, "sum")


w, w0 = ag.tensor([[0.5], [-0.2]], requires_grad=True), ag.tensor([0.1], requires_grad=True)
loss = J(w, w0)
loss.backward()
print("J     ", loss.item())
print("∂J/∂w ", w.grad.data[:, 0])
print("∂J/∂w0", w0.grad.data)

# %% [markdown]
# Nobody told the engine these derivatives. Written out by hand, in the book's columns, a point at
# a time, the gradient is $\partial J/\partial w = \sum_i (a^{(i)} - y^{(i)})\, x^{(i)}$:

# %%
dw = np.zeros((2, 1))
for row, label in zip(X2, y[:, 0], strict=True):
    column = row[:, None]  # m × 1, as in the book
    a = 1 / (1 + np.exp(-(w.data.T @ column + w0.data)))
    dw += (a - label) * column

lab.compare(r"\frac{\partial J}{\partial w} = \sum_i (a^{(i)} - y^{(i)})\,x^{(i)}", dw, w.grad)

# %% [markdown]
# What is such a derivative? The slope of $J$ when one number moves and all others stand still.

# %%
first, second = np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]])
J_and_slope = ag.value_and_grad(lambda w1: J(w1 * first + 0.9 * second, -0.7))
section_1.along_one_weight(J_and_slope, [-1.0, 2.0, 8.0])

# %% [markdown]
# The orange lines have exactly the slopes that the engine computed, and they touch the curve.
# Where the slope is negative, a larger weight lowers $J$; where it is positive, a smaller one
# does. So: step against the slope.
#
# ### Gradient descent
#
# $$w := w - \eta\,\frac{\partial J}{\partial w}, \qquad
#   w_0 := w_0 - \eta\,\frac{\partial J}{\partial w_0}$$
#
# Written out, this is a few lines. `backward()` *adds* to what `.grad` holds, so each step clears
# it first.

# %%
eta = 0.005
for step in range(201):
    loss = J(w, w0)
    w.grad = w0.grad = None
    loss.backward()
    for parameter in (w, w0):
        parameter.data -= eta * parameter.grad.data
    if step in (0, 1, 2, 5, 10, 50, 200):
        print(f"step {step:3}   J = {loss.item():8.4f}   w = {w.data[:, 0].round(4)}")

# %% [markdown]
# ## Two old friends are single neurons
#
# ### The linear logistic classifier: $f = \sigma$, with NLL
#
# The same neuron as a module, trained by *stochastic* gradient descent: one point at a time, in
# random order. We keep a copy of it before training, after 60 points, and after ten times through
# all of them.

# %%
import copy

classifier = nn.Sequential(nn.Linear(2, 1, rng=1), nn.Sigmoid())
snapshots = {"before": copy.deepcopy(classifier)}


def keep(X, y, epochs, title):
    sgd = optim.SGD(classifier.parameters(), lr=0.05)
    how = {"epochs": epochs, "mode": "stochastic", "rng": 0, "progress": False}
    optim.fit(classifier, nn.NLL("sum"), sgd, X, y, **how)
    snapshots[title] = copy.deepcopy(classifier)


keep(X2[:60], y[:60], 1, "after 60 points")
keep(X2, y, 10, "after ten epochs")
section_1.separators(
    snapshots, X2, y, ["benign", "malignant"], ["mean radius (std)", "mean texture (std)"]
)

# %% [markdown]
# Red is where the neuron says "malignant" with a probability above one half, blue below; the black
# line is $w^T x + w_0 = 0$, where it is undecided. Training turns and shifts the line, and makes
# the change from blue to red sharper. It stays a straight line throughout.
#
# Is that the best line? $J$ has only one valley here, so any method that gets to the bottom must
# agree. scikit-learn has a quite different method.

# %%
from sklearn.linear_model import LogisticRegression

sgd = optim.SGD(classifier.parameters(), lr=3.0)
optim.fit(classifier, nn.NLL(), sgd, X2, y, epochs=1500, mode="batch", progress=False)
theirs = LogisticRegression(C=1e12, tol=1e-10).fit(X2, y[:, 0])  # C: almost no regularization
print("ours        ", classifier[0].W.data[:, 0], classifier[0].W0.data)
print("scikit-learn", theirs.coef_[0], theirs.intercept_)
print("accuracy    ", optim.accuracy(classifier(X2), y, threshold=0.5))

# %%
section_1.llc_gradient


# %%
def llc_gradient(X, w, w0, y): ...  # ∂J/∂w


section_1.llc_gradient(llc_gradient)

# %%
# section_1.llc_gradient.hint()
# section_1.llc_gradient.show_solution()

# %% [markdown]
# ### The linear regressor: $f(z) = z$, with squared loss
#
# Ten measurements of 442 diabetes patients, and how far the disease went on in the year after.
# A neuron without a bend and with the loss $(a - y)^2$ is linear regression. That can also be
# solved at one stroke, by least squares; gradient descent arrives at the same weights.

# %%
X10, progression, names = section_1.patients()
regressor = nn.Linear(10, 1, rng=0)
path = []
optim.fit(
    regressor,
    nn.SquaredLoss(),
    optim.SGD(regressor.parameters(), lr=0.2),
    X10,
    progression,
    epochs=8000,
    mode="batch",
    progress=False,
    callbacks=[lambda training: path.append(regressor.W.data[:, 0].copy())],
)
extended = np.hstack([X10, np.ones((442, 1))])  # a column of ones is the offset's input
best = np.linalg.lstsq(extended, progression, rcond=None)[0]
lab.compare(
    r"\begin{bmatrix} w \\ w_0 \end{bmatrix} = \arg\min \sum_i (w^T x^{(i)} + w_0 - y^{(i)})^2",
    best[:, 0],
    np.append(regressor.W.data, regressor.W0.data),
)

# %%
section_1.arriving(np.array(path), best[:10, 0], names)

# %% [markdown]
# Each line is a weight on its way (the axis of steps is logarithmic), each diamond where least
# squares puts it. Age, sex, bmi, bp and s6 are almost there after 20 steps. The blood values s1 to
# s5 need more than a thousand: they are strongly correlated, so that along some directions $J$
# hardly changes, and a small slope means small steps. Section 7 is about what can be done.

# %% [markdown]
# ## Study question: $f(z) = e^z$ with squared loss
#
# Suppose that a single neuron has the exponential as its activation and $L(g, a) = (g - a)^2$ as
# its loss, where $g$ is the guess and $a$ the truth. What is the update of gradient descent for $w$
# and $w_0$?
#
# Try it before you read on. To keep the letters of the rest, we write $a$ for the output and $y$
# for the truth.

# %%
section_1.exponential_update


# %%
def exponential_update(w, w0, x, y, eta): ...  # the weights after the step


section_1.exponential_update(exponential_update)

# %%
# section_1.exponential_update.hint()
# section_1.exponential_update.show_solution()

# %% [markdown]
# ### The answer, derived
#
# With $z = w^T x + w_0$, $a = e^z$ and $L = (a - y)^2$ the chain has three links:
#
# $$\frac{\partial L}{\partial a} = 2(a - y), \qquad
#   \frac{\partial a}{\partial z} = e^z = a, \qquad
#   \frac{\partial z}{\partial w} = x, \quad \frac{\partial z}{\partial w_0} = 1.$$
#
# Their product, and a step against it:
#
# $$w := w - \eta\; 2\,(e^z - y)\,e^z\,x, \qquad w_0 := w_0 - \eta\; 2\,(e^z - y)\,e^z.$$
#
# For batch gradient descent the right-hand factors are summed over all points.
#
# ### The answer, executed
#
# One patient, with the body mass index as the only input and the progression in hundreds as target.
# The engine takes the step (its `SGD` knows nothing of $e^z$), and we take it by hand.

# %%
bmi, target = X10[:, 2:3], progression / 100
unit = nn.Linear(1, 1, rng=0)
before = unit.W.item(), unit.W0.item()

loss = nn.SquaredLoss("sum")(ag.exp(unit(bmi[:1])), target[:1])
loss.backward()
optim.SGD(unit.parameters(), lr=0.05).step()

w, w0 = before
x1, y1 = bmi[0, 0], target[0, 0]
a = np.exp(w * x1 + w0)
lab.compare(r"w := w - \eta\,2(e^z - y)\,e^z\,x", [[w - 0.05 * 2 * (a - y1) * a * x1]], unit.W)

# %%
lab.compare(r"w_0 := w_0 - \eta\,2(e^z - y)\,e^z", [w0 - 0.05 * 2 * (a - y1) * a], unit.W0)

# %% [markdown]
# And the sum over all patients, for batch gradient descent:

# %%
unit.zero_grad()
nn.SquaredLoss("sum")(ag.exp(unit(bmi)), target).backward()

w, w0 = unit.W.item(), unit.W0.item()
a = np.exp(w * bmi + w0)
lab.compare(
    r"\frac{\partial J}{\partial w} = \sum_i 2\,(a^{(i)} - y^{(i)})\,a^{(i)}\,x^{(i)}",
    np.sum(2 * (a - target) * a * bmi, axis=0, keepdims=True),
    unit.W.grad,
)

# %% [markdown]
# The same update, again and again, for all patients: the neuron learns a curve. Beside it the
# straight line of $f(z) = z$, trained the same way.


# %%
def trained(f):
    unit = nn.Sequential(nn.Linear(1, 1, rng=0), f)
    sgd = optim.SGD(unit.parameters(), lr=0.1)
    how = {"epochs": 300, "mode": "batch", "progress": False}
    history = optim.fit(unit, nn.SquaredLoss(), sgd, bmi, target, **how)
    return unit, history.train_loss[-1]


exponential, loss_exponential = trained(ag.exp)
straight, loss_straight = trained(nn.Identity())
print(f"mean squared loss: {loss_exponential:.4f} with f = exp, {loss_straight:.4f} with f = z")

# %%
raw = section_1.body_mass()
section_1.curve_and_line(
    raw, target, {"$f(z) = e^z$": exponential, "$f(z) = z$": straight}, optim.standardize(raw)
)

# %% [markdown]
# On these data the two are about equally good. They differ at the ends: below the range of the
# patients (18 to 42) the straight line crosses zero, which no progression can do, and the
# exponential never does; above it the exponential climbs faster. An $f$ is also a statement about
# which outputs make sense.
#
# A warning comes with the factor $e^z$: for large outputs the gradient grows with their square.

# %%
z = ag.tensor([0.0, 2.0, 4.0, 6.0, 8.0], requires_grad=True)
nn.SquaredLoss("sum")(ag.exp(z), np.ones(5)).backward()
for value, slope in zip(z.data, z.grad.data, strict=True):
    print(f"z = {value:.0f}   a = {np.exp(value):7.1f}   ∂L/∂z = {slope:12,.1f}")

# %% [markdown]
# One badly placed point is enough for a step that ruins the weights, so $\eta$ must be small. That
# is a good reason why $e^z$ is rarely seen as an activation.

# %%
section_1.exponential_offset


# %%
def exponential_offset(X, w, w0, y): ...  # ∂J/∂w0


section_1.exponential_offset(exponential_offset)

# %%
# section_1.exponential_offset.hint()
# section_1.exponential_offset.show_solution()

# %% [markdown]
# ## What the engine derived
#
# The exponential neuron on its first patient once more. On paper the chain has three links for
# $w$, and for $w_0$ the last one is 1:
#
# $$\frac{\partial L}{\partial w} = 2\,(e^z - y)\cdot e^z\cdot x, \qquad
#   \frac{\partial L}{\partial w_0} = 2\,(e^z - y)\cdot e^z\cdot 1.$$
#
# The engine's own derivation, with the numbers of this patient. Its $W^1$ and $W_0^1$ are our $w$
# and $w_0$: the weights of layer 1, the only one.

# %%
unit.zero_grad()
x1 = ag.tensor(bmi[:1], name="x")
loss = nn.SquaredLoss("sum")(ag.exp(unit(x1)), target[:1])
loss.name = "loss"
loss.backward()
ag.derive(loss, unit.W)

# %%
ag.derive(loss, unit.W0, numbers=False)

# %% [markdown]
# The same as a graph to walk through. Press play, or use the arrow keys: first values go
# forward, then blame comes back, and each box shows which factor of the formula it puts in.

# %%
ag.draw(loss)

# %% [markdown]
# And the neuron that this page began with, opened into its weights: every product
# $x_j w_j$ has a box of its own, they meet in the sum, and blame for $z$ goes back to each of
# them. `grad` in a box is how strongly the loss of the first tumour depends on it.

# %%
ag.draw(neuron, X[:1], loss=nn.NLL("sum"), target=y[:1], level="scalars")
