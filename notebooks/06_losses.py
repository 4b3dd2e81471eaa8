# %% [markdown]
# # 6 · Loss functions and activation functions
#
# The loss says what a good guess is, the last activation says what guesses there can be. They
# have to fit: a loss that takes the logarithm of a guess needs guesses that are probabilities. This
# notebook shows the four pairs of the textbook's table at work, the separator that the hinge
# loss finds, and what goes wrong with a pair that does not match.

# %%
import lab
import numpy as np
from lab import section_6

import autograd_core as ag
import nn
import optim

# %% [markdown]
# ## The table, live
#
# Each row is computed: the pre-activation $Z^L$ of one example goes through $f^L$ into the loss,
# and the engine comes back with $\partial\text{loss}/\partial Z^L$. Beside it stands the formula by
# hand, and the difference. Change the numbers and run the cell again.

# %%
PAIRS = [
    section_6.Pair("squared", nn.SquaredLoss("sum"), nn.Identity(),
                   z=np.array([[0.5]]), y=np.array([[2.0]]),
                   formula=r"2(a - y)", by_hand=lambda a, y: 2 * (a - y)),
    section_6.Pair("hinge", nn.HingeLoss("sum"), nn.Identity(),
                   z=np.array([[0.5]]), y=np.array([[-1.0]]),
                   formula=r"-y \text{ if } ya < 1, \text{ else } 0",
                   by_hand=lambda a, y: np.where(y * a < 1, -y, 0)),
    section_6.Pair("NLL", nn.NLL("sum"), nn.Sigmoid(),
                   z=np.array([[0.5]]), y=np.array([[1.0]]),
                   formula=r"a - y", by_hand=lambda a, y: a - y),
    section_6.Pair("NLLM", nn.NLLM("sum"), nn.Softmax(),
                   z=np.array([[0.5, -1.0, 2.0]]), y=np.array([[1.0, 0.0, 0.0]]),
                   formula=r"a - y", by_hand=lambda a, y: a - y),
]  # fmt: skip
section_6.table(PAIRS)

# %% [markdown]
# Three of the four have the same simple gradient, guess minus actual, but for a factor 2. This
# is what "matched" means: the logarithm in the loss undoes the exponential in the activation, and
# the gradient is flat nowhere but where the guess is right. The picture shows the losses as
# functions of the guess, and below each its slope.

# %%
section_6.by_guess()

# %% [markdown]
# Squared: the further off, the harder the pull. Hinge: a constant pull until the guess is past 1 on
# the right side, then none. NLL: the surer the wrong guess, the higher the loss and the harder the
# pull, both without bound; it lives between 0 and 1 only.
#
# ## Two classes: 0-1, hinge, NLL
#
# Give the classes the labels ±1 and call $y \cdot z$ the margin of a point: positive if the sign of
# $z$ is right, large if it is safely right. The losses here are functions of it. For NLL
# with a sigmoid it is $\log(1 + e^{-yz})$.

# %%
section_6.by_margin(
    {
        "0-1": lambda m: nn.ZeroOneLoss("none", threshold=0.0)(m, np.ones(m.shape)),
        "hinge": lambda m: nn.HingeLoss("none")(m, np.ones(m.shape)),
        "NLL of the sigmoid": lambda m: nn.BCEWithLogitsLoss("none")(m, np.ones(m.shape)),
        "squared": lambda m: nn.SquaredLoss("none")(m, np.ones(m.shape)),
    }
)

# %%
z = ag.Tensor([[-0.3]], requires_grad=True)
for loss in (nn.ZeroOneLoss(threshold=0.0), nn.HingeLoss(), nn.SquaredLoss()):
    value = loss(z, [[1.0]])
    print(f"{type(loss).__name__:12} {value.item():.2f}, can be trained: {value.requires_grad}")

# %% [markdown]
# The 0-1 loss is what we want to make small, and it is flat: slope 0 wherever it has one. So the
# engine treats it as a constant. Hinge and NLL have a slope wherever a point is wrong, and even
# where it is right but not by much. The squared loss blames points for being *too* right: beyond
# $yz = 1$ it rises again.
#
# ## Hinge and norm: the widest street
#
# Setosa and versicolor, told apart by sepal width and petal length. Many lines separate them
# without a single mistake. The hinge loss alone is content with any line that leaves all points
# outside a margin of $yz = 1$, and that is only a matter of making $w$ longer. With
# $\frac{\lambda}{2} \|w\|^2$ added, long weights cost, and a short $w$ with $yz \ge 1$ for all
# points means a wide street: its half width is $1/\|w\|$.
#
# We train one linear unit on $\frac{\lambda}{2}\|w\|^2 + \sum_i \mathcal{L}_h$ by plain gradient
# descent and compare with the support vector machine of scikit-learn.

# %%
from sklearn.svm import SVC

X, y, names = section_6.two_species()
hard = SVC(kernel="linear", C=1e6, tol=1e-8).fit(X, y[:, 0])
w, w0 = hard.coef_[0], float(hard.intercept_[0])
best = section_6.margin(X, y, w[:, None], w0)
unit, margins = section_6.descent(X, y, decay=0.5)
others = [section_6.descent(X, y, decay=0.0, rng=seed) for seed in range(8)]
section_6.separators(X, y, names, (w, w0), (unit, margins), others, best)

# %% [markdown]
# Left: in blue our unit and its two margins, dotted in black the machine's separator, in grey what
# hinge alone ends at from eight random starts. The ringed points lie on the margins; they alone
# hold the separator where it is. Right: the margin during training. Grey runs stop as soon as
# the hinge loss is 0; the blue one goes on to the largest margin there is.

# %%
print(f"            {'w':>18}  {'w0':>8}  margin in cm")
print(f"SVC, hard   {w[0]:9.4f}{w[1]:9.4f}  {w0:8.4f}  {best:.4f}")
print(f"engine      {unit.W.data[0, 0]:9.4f}{unit.W.data[1, 0]:9.4f}  {unit.W0.item():8.4f}"
      f"  {margins[-1]:.4f} = {100 * margins[-1] / best:.2f} % of the SVC's")  # fmt: skip
ends = [run[-1] for _, run in others]
print(f"hinge alone: eight runs end between {min(ends):.3f} and {max(ends):.3f}")
print(f"1/λ is {1 / 0.5}, the largest dual coefficient {np.abs(hard.dual_coef_).max():.3f}")

# %% [markdown]
# The last line says why λ = 0.5 is small enough: an SVC with $C = 1/\lambda$ solves the same
# problem, and finds the hard margin once $C$ is above its largest dual coefficient. With a larger
# λ the street gets wider and points may stand on it, a soft margin. There, too, both agree:

# %%
for decay in (10.0, 3.0, 1.5, 0.5):
    soft = SVC(kernel="linear", C=1 / decay, tol=1e-8).fit(X, y[:, 0])
    ours, _ = section_6.descent(X, y, decay=decay)
    wide, ours_wide = (1 / np.linalg.norm(v) for v in (soft.coef_, ours.W.data))
    inside = int((y * (X @ ours.W.data + ours.W0.data) < 0.99).sum())
    print(f"λ = {decay:4}: half width {ours_wide:.4f} cm (SVC {wide:.4f}), {inside} points inside")

# %% [markdown]
# ## Several classes: NLLM
#
# A label is one-hot, a guess is a probability for each class. The product of the probabilities of
# the true classes over all flowers is the likelihood of the labels; NLLM is minus its logarithm.
# The product is soon too small to be looked at, its logarithm never is:

# %%
X, species = section_6.iris()
Y = np.eye(3)[species]
net = nn.Sequential(nn.Linear(4, 3, rng=0), nn.Softmax())
a = net(X).numpy()
by_product = -np.log(np.prod(a**Y))
print(f"likelihood of 150 labels {np.prod(a**Y):.2e}")
lab.compare(
    r"\sum_i \mathcal{L}_{\text{nllm}} = -\log \prod_i \prod_k \left(a^{(i)}_k\right)^{y^{(i)}_k}",
    by_product,
    nn.NLLM("sum")(a, Y),
)

# %% [markdown]
# The three probabilities of a flower are a point in a triangle, each corner one species. Training
# pulls each flower towards its corner.

# %%
guesses = list(section_6.learning(net, nn.NLLM(), X, Y, epochs=500))
section_6.simplex(
    {
        "before": guesses[0],
        "after 10 steps": guesses[10],
        "after 500 steps": guesses[500],
    },
    species,
)

# %% [markdown]
# Setosa (lower left) is soon sure; versicolor and virginica stay in touch along the edge between
# their corners. The grey lines are where two classes are equally probable.
#
# The same pair reads digits: one layer of ten softmax units.

# %%
(X_train, y_train), (X_held, y_held) = section_6.digits()
reader = nn.Linear(64, 10, rng=0)
history = optim.fit(
    reader,
    nn.CrossEntropyLoss(),  # softmax and NLLM in one
    optim.SGD(reader.parameters(), lr=0.5, weight_decay=1e-3),
    X_train,
    y_train,
    epochs=30,
    validation=(X_held, y_held),
    rng=0,
    progress=False,
)
print(f"{100 * history.validation_accuracy[-1]:.1f} % of {len(y_held)} unseen digits read rightly")
section_6.templates(reader.W.numpy())

# %% [markdown]
# The weights into each output, as a picture: orange where ink speaks for the digit, purple where it
# speaks against it. Ink in the middle speaks against a 0.
#
# ## Study question: NLLM with $K = 2$ is NLL
#
# Say $p$ is the probability of class 1 and $q$ its label. As a guess over two classes
# this is $(p, 1 - p)$, as a one-hot label $(q, 1 - q)$. We put many guesses in both:

# %%
p = np.linspace(0.001, 0.999, 999)[:, None]
for q in (0.0, 1.0):
    labels = np.full(p.shape, q)
    nll = nn.NLL("none")(p, labels).numpy()[:, 0]
    nllm = nn.NLLM("none")(np.hstack([p, 1 - p]), np.hstack([labels, 1 - labels])).numpy()
    print(f"label {q:.0f}: 999 guesses, largest difference {np.abs(nll - nllm).max():.1e}")

# %% [markdown]
# The proof takes two lines. Write out the sum of two terms, and it is NLL:
#
# $$-\sum_{k=1}^{2} y_k \log a_k = -\left(q \log p + (1 - q) \log (1 - p)\right) .$$
#
# And a softmax over $(z, 0)$ is a sigmoid: $\dfrac{e^z}{e^z + e^0} = \dfrac{1}{1 + e^{-z}}$. So the
# two networks also have the same gradients by $z$; the engine, asked for both, agrees:

# %%
z, q = np.linspace(-8, 8, 200)[:, None], np.tile([[0.0], [1.0]], (100, 1))
one = ag.grad(lambda z: nn.NLL("sum")(ag.sigmoid(z), q))(z)
two = ag.grad(
    lambda z: nn.NLLM("sum")(
        ag.softmax(ag.concatenate([z, np.zeros_like(z)], axis=1)), np.hstack([q, 1 - q])
    )
)(z)
print(f"engine, NLL and NLLM: largest difference {np.abs(one.data - two.data).max():.1e}")
lab.compare(
    r"\frac{\partial \mathcal{L}_{\text{nllm}}}{\partial z}"
    r" = \frac{\partial \mathcal{L}_{\text{nll}}}{\partial z} = \sigma(z) - q",
    1 / (1 + np.exp(-z)) - q,
    two,
)

# %% [markdown]
# ## When they do not match
#
# **Squared loss after a sigmoid.** Its gradient by $z$ is $2(a - y)\,a(1 - a)$. A unit that is sure
# and wrong has $a(1-a)$ near 0: it learns nothing just when it has most to learn. How many steps of
# size 1 does a single $z$ need to come from far on the wrong side to 0?

# %%
squared = nn.SquaredLoss("sum")
matched = nn.BCEWithLogitsLoss("sum")  # sigmoid and NLL in one
for start in (-2.0, -4.0, -6.0, -8.0):
    slow = section_6.steps_to_learn(lambda z, y: squared(ag.sigmoid(z), y), start, 10_000)
    fast = section_6.steps_to_learn(matched, start, 10_000)
    print(f"from z = {start}: NLL {fast:3} steps, squared {slow:5} steps")

# %%
ones = np.ones(301)
shares = section_6.relearn(
    {
        "NLL, sigmoid": nn.BCEWithLogitsLoss(),
        "squared, sigmoid": lambda z, y: nn.SquaredLoss()(ag.sigmoid(z), y),
    }
)
section_6.pairs_by_z(
    {
        "NLL, sigmoid": lambda z: nn.BCEWithLogitsLoss("none")(z, ones),
        "squared, sigmoid": lambda z: nn.SquaredLoss("none")(ag.sigmoid(z), ones),
        "hinge, linear": lambda z: nn.HingeLoss("none")(z, ones),
        "hinge, sigmoid": lambda z: nn.HingeLoss("none")(ag.sigmoid(z), ones),
    },
    shares,
)

# %%
for name, values in shares.items():
    print(f"{name:17}", *[f"{100 * v:3.0f}" for v in values[::5]], "% after 0, 5, 10, … epochs")

# %% [markdown]
# Left: on the far left, where $z$ is surely wrong, the matched pairs pull with force 1, the
# mismatched ones with none. Right: a unit that tells benign from malignant tumours (569 of them,
# 30 measurements) has learnt it the wrong way round and is retrained, once with each loss.
#
# **Hinge after a sigmoid.** The guess stays between 0 and 1, but the labels are ±1. A point of
# class −1 can never cost less than 1, and one of class +1 never quite 0:

# %%
z = np.array([[-20.0], [0.0], [20.0]])
for label in (-1.0, 1.0):
    cost = nn.HingeLoss("none")(ag.sigmoid(z), np.full(z.shape, label)).numpy()[:, 0]
    print(f"actual {label:+.0f}: hinge of σ(−20), σ(0), σ(20) =", cost.round(3))

# %% [markdown]
# **NLL after a linear unit.** The guess may be 3, or −1, and has no logarithm as a probability. The
# engine does not go on with NaN, it says so:

# %%
try:
    nn.NLL()(nn.Identity()([[3.0]]), [[1.0]])
except ag.ArgumentError as error:
    print(error)

# %% [markdown]
# **NLLM after sigmoids.** Three sigmoids are three numbers between 0 and 1, but they need not
# sum to 1. NLLM looks at the true class only, and its cheapest answer is "all of them":

# %%
runs = {}
for name, f in (("softmax", nn.Softmax()), ("sigmoid", nn.Sigmoid())):
    net = nn.Sequential(nn.Linear(4, 3, rng=0), f)
    runs[name] = list(section_6.learning(net, nn.NLLM(), X, Y, epochs=500))
    a = runs[name][-1]
    right, total = 100 * optim.accuracy(a, species), a.sum(1).mean()
    print(f"{name}: loss {nn.NLLM()(a, Y).item():.3f}, {right:.0f} % right, sum {total:.2f}")
section_6.sums(runs, species)

# %% [markdown]
# The loss of the sigmoids is lower, and their answers are worse. A small loss is worth
# something only if the activation makes it mean something.
#
# ## Exercises

# %%
section_6.hinge_gradient


# %%
def hinge_gradient(X, y, W): ...  # write it here


section_6.hinge_gradient(hinge_gradient)

# %%
# section_6.hinge_gradient.hint()
# section_6.hinge_gradient.show_solution()

# %%
section_6.nllm_gradient


# %%
def nllm_gradient(X, Y, W): ...  # write it here


section_6.nllm_gradient(nllm_gradient)

# %%
# section_6.nllm_gradient.hint()
# section_6.nllm_gradient.show_solution()

# %%
section_6.one_of_two


# %%
def one_of_two(Z): ...  # write it here


section_6.one_of_two(one_of_two)

# %%
# section_6.one_of_two.hint()
# section_6.one_of_two.show_solution()

# %%
section_6.margin_of


# %%
def margin_of(X, y, w, w0): ...  # write it here


section_6.margin_of(margin_of)

# %%
# section_6.margin_of.hint()
# section_6.margin_of.show_solution()

# %% [markdown]
# ## What the engine derived
#
# First the table of this section once more. Losses and activations write down what they compute;
# `latex()` finds it by running them on symbols. An example is a column, ⊙ goes entry by entry.

# %%
pairs = {
    "squared": (nn.SquaredLoss("sum"), nn.Identity()),
    "hinge": (nn.HingeLoss("sum"), nn.Identity()),
    "NLL": (nn.NLL("sum"), nn.Sigmoid()),
    "NLLM": (nn.NLLM("sum"), nn.Softmax()),
}
lab.equations({name: rf"{f.latex()}, \qquad {loss.latex()}" for name, (loss, f) in pairs.items()})

# %% [markdown]
# The textbook says of softmax and NLLM that
#
# $$\frac{\partial \mathcal{L}_{\text{nllm}}}{\partial Z^L} = A^L - Y ,$$
#
# which nobody has told the engine. It knows how to differentiate exp, a sum, a quotient and a
# logarithm. Watch what becomes of $\partial\text{loss}/\partial Z^1$:

# %%
x = ag.Tensor(np.array([[0.4, -1.2]]), name="x")
net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Softmax())
loss = nn.NLLM("sum")(net(x), [[1.0, 0.0, 0.0]])
loss.name = "loss"
loss.backward()
ag.derive(loss, net[0].W)

# %% [markdown]
# The $Y/A$ of the loss has cancelled. The last line of all is what had to be assumed for it: the
# labels of an example sum to 1, and these do. In the two-class pair nothing has to be assumed:

# %%
net2 = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Sigmoid())
loss2 = nn.NLL("sum")(net2(x), [[1.0]])
loss2.name = "loss"
ag.derive(loss2, net2[0].W, numbers=False)

# %% [markdown]
# To see the same with numbers, step through it (buttons, or → and ←): forward, then backward. What
# the logarithm hands on is large, $-1/a$; what comes out of softmax is never more than 1.

# %%
ag.draw(loss)

# %% [markdown]
# ### What went wrong, in words
#
# A sigmoid with the squared loss, sure and wrong:

# %%
f, squared_loss = nn.Sigmoid(), nn.SquaredLoss("sum")
z = ag.Tensor([[-40.0]], requires_grad=True, name="z")
ag.explain(squared_loss(f(z), [[1.0]]), z)

# %% [markdown]
# ### The widest street
#
# The objective is a sum, so that two gradients meet at $w$:
# $\lambda w - \sum_{y^{(i)} z^{(i)} < 1} y^{(i)} x^{(i)}$. Two flowers, and λ = 0.5. In the
# engine's equation the condition under the sum is a factor in brackets, 1 or 0 for each point:

# %%
X, y, _ = section_6.two_species()
X, y = ag.Tensor(X[[0, 60]], name="X"), y[[0, 60]]
unit, hinge = nn.Linear(2, 1, rng=0), nn.HingeLoss("sum")
J = 0.25 * (unit.W**2).sum() + hinge(unit(X), y)
J.name = "J"
J.backward()
street = ag.derive(J, unit.W, numbers=False)
street

# %%
inside = y * (X.data @ unit.W.data + unit.W0.data) < 1
by_hand = 0.5 * unit.W.data - X.data.T @ (y * inside)
print(f"by hand and derived differ by  {np.abs(by_hand - street.result).max():.1e}")
print(f"derived and backward differ by {np.abs(street.result - unit.W.grad.data).max():.1e}")
ag.explain(J, unit.W)

# %% [markdown]
# Now the points pull almost alone. They stop once they are outside of the street; the norm never
# does.
