# %% [markdown]
# # 4 · Error back-propagation
#
# A network is a chain of blocks. Going forward, each block turns its input into an output. Going
# backward, each block is told how much its output is to blame for the loss, and works out how much
# of that blame its input deserves, and its weights. That is the whole method. Here we write it out
# in NumPy, with the shape of every factor, and hold each formula against the engine. At the end we
# see what becomes of blame on a long way back.

# %%
import lab
import numpy as np
from lab import section_4

import autograd_core as ag
import nn
import optim

# %% [markdown]
# ## Forward, block by block
#
# The data are 178 wines: 13 measurements, and which of three growers made the wine. The network has
# three layers, each a linear block and an activation. Sizes 13, 6, 4, 3 are all different, so that
# every shape tells what it belongs to.

# %%
X, Y = section_4.wines()
rng = np.random.default_rng(0)
net = nn.Sequential(
    *(nn.Linear(13, 6, rng=rng), nn.Tanh()),
    *(nn.Linear(6, 4, rng=rng), nn.Sigmoid()),
    *(nn.Linear(4, 3, rng=rng), nn.Softmax()),
)
loss = nn.NLLM("sum")
x, y = X[:1], Y[:1]

# %%
values = [x]
for block in net:
    values.append(block.forward(values[-1]))
    print(f"{type(block).__name__:8} {values[-2].shape!s:8} → {values[-1].shape}")
print(f"loss = {loss.forward(values[-1], y):.4f}")

# %% [markdown]
# The textbook has a point as a column and the engine has it as a row, so all of the chapter's
# matrices appear transposed here. For the formulas let us be faithful to the book: columns,
# numbered as there, in plain NumPy.


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    return np.exp(z) / np.sum(np.exp(z))


# %%
f = {1: np.tanh, 2: sigmoid, 3: softmax}
W = {ell: net[2 * ell - 2].W.numpy() for ell in (1, 2, 3)}
W0 = {ell: net[2 * ell - 2].W0.numpy()[:, None] for ell in (1, 2, 3)}

A, Z = {0: x.T}, {}
for ell in (1, 2, 3):
    Z[ell] = W[ell].T @ A[ell - 1] + W0[ell]
    A[ell] = f[ell](Z[ell])
lab.compare(r"A^l = f^l(W^{lT} A^{l-1} + W_0^l) \text{ for } l = 1, 2, 3", A[3].T, net(x))

# %% [markdown]
# The engine goes forward too, keeps every $Z^l$ and $A^l$, and goes back with one call. What it
# finds is what our formulas have to match.

# %%
engine_Z, engine_A = section_4.recorded(net, x)
engine_loss = loss(engine_A[3], y)
engine_loss.backward()

# %% [markdown]
# ## The factors
#
# The chain rule wants four kinds of factors. Of each we write down what it is, and ask the engine
# for the same. A Jacobian of `ag.jacobian` has a row for each output; the book has a row for each
# input, hence the `.T`.

# %%
dloss_dA = -y.T / A[3]
dA_dZ = {
    1: np.diagflat(1 - A[1] ** 2),
    2: np.diagflat(A[2] * (1 - A[2])),
    3: np.diagflat(A[3]) - A[3] @ A[3].T,
}

print("∂loss/∂A³:", dloss_dA.shape, section_4.far(dloss_dA.T, engine_A[3].grad))
section_4.factor_table(net, Z, A, dA_dZ, W)

# %% [markdown]
# Two of these deserve a look. $\partial A^l/\partial Z^l$ is diagonal for tanh and sigmoid, since
# each unit minds its own $z$; for softmax, in the last layer, it is full. And
# $\partial Z^l/\partial A^{l-1}$ is just $W^l$: as $z_i = \sum_j W_{ji} a_j + W_{0i}$, the
# derivative of $z_i$ by $a_j$ is $W_{ji}$, row $j$, column $i$.

# %%
nudged = A[1].copy()
nudged[4] += 1.0  # a₅ grows by 1 …
moved = W[2].T @ nudged + W0[2] - Z[2]
print(f"… and z₂ by {moved[1, 0]:.6f};  W[4, 1] = {W[2][4, 1]:.6f}")

# %% [markdown]
# ## Equations (8.3) and (8.2): blame for $Z^l$
#
# Multiply the factors in the order in which blame travels: start with
# $\partial\,\text{loss}/\partial A^L$ and put each further factor in front. (In the print of (8.3)
# the first superscripts read $L$ where $l$ is meant.)
#
# $$\frac{\partial\,\text{loss}}{\partial Z^l} = \frac{\partial A^l}{\partial Z^l} \cdot W^{l+1}
# \cdot \frac{\partial A^{l+1}}{\partial Z^{l+1}} \cdots W^L \cdot \frac{\partial A^L}{\partial Z^L}
# \cdot \frac{\partial\,\text{loss}}{\partial A^L} \tag{8.3}$$

# %%
dZ = {
    3: dA_dZ[3] @ dloss_dA,
    2: dA_dZ[2] @ W[3] @ dA_dZ[3] @ dloss_dA,
    1: dA_dZ[1] @ W[2] @ dA_dZ[2] @ W[3] @ dA_dZ[3] @ dloss_dA,
}
sup = "⁰¹²³"
rows = [
    (f"∂loss/∂Z{sup[ell]}", dZ[ell].shape, section_4.far(dZ[ell].T, engine_Z[ell].grad))
    for ell in (3, 2, 1)
]
section_4.table(["", "shape", "largest difference from the engine"], rows)

# %% [markdown]
# Equation (8.2) says the same, in the order in which one applies the chain rule: blame first. With
# the book's columns that cannot be multiplied, which is why the book goes on to (8.3):

# %%
try:
    dloss_dA @ dA_dZ[3]
except ValueError as error:
    print(f"{dloss_dA.shape} times {dA_dZ[3].shape}:", error)

# %% [markdown]
# In rows it can. Every factor is transposed, and (8.2) is right as it stands, from left to right.
# All factors together are $\partial\,\text{loss}/\partial Z^1$; the brace in the book belongs
# around all but the last one, which are $\partial\,\text{loss}/\partial A^1$.

# %%
dloss_dA1 = dloss_dA.T @ dA_dZ[3].T @ W[3].T @ dA_dZ[2].T @ W[2].T
lab.compare(
    r"\frac{\partial\,\text{loss}}{\partial A^1} = \frac{\partial\,\text{loss}}{\partial A^3}\cdot"
    r"\frac{\partial A^3}{\partial Z^3}\cdot\frac{\partial Z^3}{\partial A^2}\cdot"
    r"\frac{\partial A^2}{\partial Z^2}\cdot\frac{\partial Z^2}{\partial A^1}",
    dloss_dA1,
    engine_A[1].grad,
)

# %%
lab.compare(
    r"\frac{\partial\,\text{loss}}{\partial Z^1} = \frac{\partial\,\text{loss}}{\partial A^1}\cdot"
    r"\frac{\partial A^1}{\partial Z^1}",
    dloss_dA1 @ dA_dZ[1].T,
    engine_Z[1].grad,
)

# %% [markdown]
# Why backward at all? A product may be evaluated from either end, and the result is the same. The
# work is not. From the loss backward every step is a matrix times a vector. From layer 1 towards
# the loss, matrices are multiplied with matrices. And the partial products from the loss are just
# the blames for the other layers, which we need anyhow. The multiplications, without the slopes:

# %%
rows = []
for sizes in ((13, 6, 4, 3), (64, 100, 100, 10), (784, 256, 256, 256, 10)):
    left, right = section_4.multiplications(sizes)
    rows.append(("–".join(map(str, sizes)), left, right, f"{left / right:.1f}"))
section_4.table(["network", "from layer 1", "from the loss", "times as many"], rows)

# %% [markdown]
# ## Equation (8.1): blame for the weights
#
# $$\underbrace{\frac{\partial\,\text{loss}}{\partial W^l}}_{m^l \times n^l} =
# \underbrace{A^{l-1}}_{m^l \times 1}
# \underbrace{\Big(\frac{\partial\,\text{loss}}{\partial Z^l}\Big)^T}_{1 \times n^l} \tag{8.1}$$
#
# A weight leads from one unit to another. Its gradient is what came in at its start, times the
# blame at its end.

# %%
rows = []
for ell in (1, 2, 3):
    by_hand, engine = A[ell - 1] @ dZ[ell].T, net[2 * ell - 2].W.grad.data
    shapes = (A[ell - 1].shape, dZ[ell].T.shape, engine.shape)
    rows.append((f"W{sup[ell]}", *shapes, section_4.far(by_hand, engine)))
section_4.table(["", "A of the layer before", "blame, transposed", "W.grad", "difference"], rows)

# %% [markdown]
# **Study question.** In the same way, what is the gradient of the loss by the offsets $W_0^L$?
#
# $Z^L = W^{LT} A^{L-1} + W_0^L$, so $\partial Z^L/\partial W_0^L$ is the identity matrix, and
# $\partial\,\text{loss}/\partial W_0^L = \partial\,\text{loss}/\partial Z^L$: an offset is a weight
# whose input is always 1. The same holds for every layer. Three ways to compute it:

# %%
identity = ag.jacobian(lambda w0: ag.Tensor(A[2].T) @ W[3] + w0)(ag.Tensor(W0[3][:, 0])).data[0]
h = 1e-6
quotients = []
for k in range(3):
    e = h * np.eye(3)[:, [k]]
    up, down = (-np.log(softmax(Z[3] + s * e)[y[0] == 1]).item() for s in (1, -1))
    quotients.append((up - down) / (2 * h))
print("∂Z/∂W0 is the identity:  ", np.array_equal(identity, np.eye(3)))
print("by hand, ∂loss/∂Z:       ", dZ[3][:, 0])
print("difference quotients:    ", np.array(quotients))
print("engine, W0.grad:         ", net[4].W0.grad.data)

# %%
for ell in (1, 2, 3):
    far = section_4.far(dZ[ell][:, 0], net[2 * ell - 2].W0.grad)
    print(f"layer {ell}: ∂loss/∂W0 {W0[ell].shape}, largest difference {far}")

# %% [markdown]
# ### Your turn
#
# With a batch, each example has its own blame, and a weight collects all of them.

# %%
section_4.weight_gradient


# %%
def weight_gradient(A, dZ): ...  # write it here


section_4.weight_gradient(weight_gradient)

# %%
# section_4.weight_gradient.hint()
# section_4.weight_gradient.show_solution()

# %%
section_4.offset_gradient


# %%
def offset_gradient(A, dZ): ...  # write it here


section_4.offset_gradient(offset_gradient)

# %%
# section_4.offset_gradient.hint()
# section_4.offset_gradient.show_solution()

# %%
section_4.pass_blame


# %%
def pass_blame(Z, W_next, dZ_next): ...  # write it here


section_4.pass_blame(pass_blame)

# %%
# section_4.pass_blame.hint()
# section_4.pass_blame.show_solution()

# %% [markdown]
# ## Blame, module by module
#
# None of the blocks has to know the others. It is enough that each can do three things:
#
# - `forward(u)` gives its output $v$;
# - `backward(u, v, dL_dv)` turns the blame for $v$ into the blame for $u$;
# - `weight_grad(u, dL_dv)` turns it into the blame for the weights, if there are any.
#
# Every module of the library has these methods, on plain arrays. The loss begins, with a blame of 1
# for itself. Then each block takes its blame from the block behind it. In this loop there is no
# formula left. (The drawing is of this network on this wine: blue goes forward with values, red
# goes backward with blame, and each linear block keeps some for its weights.)

# %%
ag.draw(net, x, loss=nn.NLLM("sum"), target=y, level="modules")

# %%
blame, _ = loss.backward((values[-1], y), loss.forward(values[-1], y), 1.0)
found = {}
for i in reversed(range(len(net))):
    found[i] = net[i].weight_grad(values[i], blame)
    blame = net[i].backward(values[i], values[i + 1], blame)
    print(f"{type(net[i]).__name__:8} passes on {blame.shape!s:8} and keeps", list(found[i]))

# %%
for i, kept in found.items():
    far = [section_4.far(g, getattr(net[i], name).grad) for name, g in kept.items()]
    if far:
        print(f"layer {i // 2 + 1}: W differs from the engine by {far[0]}, W0 by {far[1]}")
print(f"input: differs by {section_4.far(blame, engine_A[0].grad)}")

# %% [markdown]
# The last blame is that for the input $x$ itself. There is no weight to correct, but it tells which
# inputs the loss depends on. Here is a network that reads digits, one that it gets wrong, and the
# blame on the whole way back.

# %%
pixels, labels = section_4.digits()
reader = nn.Sequential(
    *(nn.Linear(64, 32, rng=0), nn.Tanh(), nn.Linear(32, 16, rng=1), nn.Tanh()),
    nn.Linear(16, 10, rng=2),
)
nllm, adam = nn.CrossEntropyLoss("mean"), optim.Adam(reader.parameters(), lr=0.005)
optim.fit(reader, nllm, adam, pixels, labels, epochs=3, rng=0, progress=False)
guesses = nn.Softmax()(reader(pixels)).data
worst = np.argmin(guesses[np.arange(len(labels)), labels])

# %%
inside, on_pixels = section_4.passed_back(reader, nllm, pixels[[worst]], labels[[worst]])
print(f"this is a {labels[worst]}; probability given to that: {guesses[worst, labels[worst]]:.4f}")
section_4.blame(optim.load_digits()[0][worst], on_pixels, inside, guesses[worst])

# %% [markdown]
# *Middle: each row is coloured up to its own largest entry, which stands beside it. At the top two
# classes stand out: 9, which got too much, and 5, which got too little. Right: orange is where more
# ink raises the loss. It is strongest at the upper right, where ink makes a 9 of a 5.*

# %% [markdown]
# ## Modules of your own
#
# Now write two of them in plain NumPy: a ReLU and a linear layer. Rows are examples, so `u` has
# shape (batch, m). `nn.check_module` runs them on random inputs beside the engine, and says in
# words what it finds. Fill in the dots; as long as they are there, it says that nothing comes back.


# %%
class MyReLU:
    def forward(self, u): ...  # u → v

    def backward(self, u, v, dL_dv): ...  # blame for v → blame for u


nn.check_module(MyReLU(), like=nn.ReLU())


# %%
class MyLinear:
    def __init__(self, m, n):
        self.W = np.random.default_rng(0).normal(size=(m, n)) / np.sqrt(m)
        self.W0 = np.zeros(n)

    def forward(self, u): ...

    def backward(self, u, v, dL_dv): ...

    def weight_grad(self, u, dL_dv): ...  # a dict: {"W": …, "W0": …}


nn.check_module(MyLinear(4, 3), like=nn.Linear(4, 3))

# %%
# section_4.source(section_4.WrittenReLU, section_4.WrittenLinear)  # one way to do it

# %% [markdown]
# A check is worth what it says about mistakes. Here is a linear layer with two slips that NumPy
# does not mind at all, since the matrix happens to be square: both calls return something.


# %%
class Slipped(section_4.WrittenLinear):
    def backward(self, u, v, dL_dv):
        return dL_dv @ self.W

    def weight_grad(self, u, dL_dv):
        return {"W": u.T @ dL_dv, "W0": dL_dv}


nn.check_module(Slipped(4, 4), like=nn.Linear(4, 4))

# %% [markdown]
# And the two classes that the solution shows:

# %%
print(nn.check_module(section_4.WrittenReLU(), like=nn.ReLU()))
print(nn.check_module(section_4.WrittenLinear(4, 3), like=nn.Linear(4, 3)))

# %% [markdown]
# A module that passes can stand in a network among ours. `nn.Sequential` wraps it (in an
# `nn.HandWritten`), so that the optimizer finds its weights and its own `backward` is called when
# its turn comes. Train such a network on the digits, and beside it the same one made of the
# library's modules, from the same first weights. (Put your own classes in once they pass.)

# %%
hand = nn.Sequential(
    section_4.WrittenLinear(64, 32),
    section_4.WrittenReLU(),
    nn.Linear(32, 10, rng=1),
)
ours = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10, rng=1))
for mine, its in zip(ours.parameters(), hand.parameters(), strict=True):
    mine.data = its.data

for name, model in {"by hand": hand, "library": ours}.items():
    sgd = optim.SGD(model.parameters(), lr=0.1)
    losses = optim.fit(model, nllm, sgd, pixels, labels, epochs=6, rng=0, progress=False).train_loss
    right = section_4.predicted_right(model, pixels, labels)
    print(f"{name}: loss {losses[0]:.6f} … {losses[-1]:.6f}, {right:.1%} of the digits right")
for mine, its in zip(ours.parameters(), hand.parameters(), strict=True):
    print(f"weights {mine.shape} differ by at most {section_4.far(mine, its)}")

# %% [markdown]
# ## The loss and the last activation together
#
# The last link of the chain goes from the loss through $f^L$ to $Z^L$. For the pairs of loss and
# activation that belong together, its two factors melt into one short formula:
#
# | loss | $f^L$ | $\partial\,\text{loss}/\partial A^L$ | $\partial\,\text{loss}/\partial Z^L$ |
# |---|---|---|---|
# | squared | linear | $2(A - Y)$ | $2(A - Y)$ |
# | NLL | sigmoid | $(A - Y)/(A(1 - A))$ | $A - Y$ |
# | NLLM | softmax | $-Y/A$ | $A - Y$ |
# | hinge | linear | $-Y$ where $YA < 1$, else $0$ | the same |
#
# For NLL the sigmoid's slope $A(1 - A)$ is the denominator. For NLLM,
# $(\mathrm{diag}(A) - AA^T)(-Y/A) = -Y + A \sum_k Y_k = A - Y$. Blame is guess minus truth. Check
# both, on all wines and by both ways:

# %%
logits = net[:5](X).data
P = nn.Softmax()(logits).data
two = np.array([(np.diag(p) - np.outer(p, p)) @ (-t / p) for p, t in zip(P, Y, strict=True)])
print("softmax and NLLM, two factors and A − Y differ by", section_4.far(two, P - Y))
engine = ag.grad(lambda z: nn.NLLM("sum")(ag.softmax(z), Y))(ag.Tensor(logits))
lab.compare(r"\frac{\partial J}{\partial Z^L} = A - Y", P - Y, engine)

# %%
z, t = logits[:, :1], Y[:, :1]
p = sigmoid(z)
two = p * (1 - p) * ((p - t) / (p * (1 - p)))
print("sigmoid and NLL, two factors and A − Y differ by", section_4.far(two, p - t))
engine = ag.grad(lambda z: nn.NLL("sum")(ag.sigmoid(z), t))(ag.Tensor(z))
lab.compare(r"\frac{\partial J}{\partial Z^L} = A - Y", p - t, engine)

# %% [markdown]
# The two with a linear output have nothing to melt, as $\partial A/\partial Z = 1$:

# %%
signs = 2 * t - 1  # the hinge wants labels ±1
engine = ag.grad(lambda z: nn.SquaredLoss("sum")(z, t))(ag.Tensor(z))
print("squared, 2(A − Y):               ", section_4.far(2 * (z - t), engine))
engine = ag.grad(lambda z: nn.HingeLoss("sum")(z, signs))(ag.Tensor(z))
by_hand = np.where(signs * z < 1, -signs, 0.0)
print("hinge, −Y inside of the margin:  ", section_4.far(by_hand, engine))

# %% [markdown]
# The short formula does more than save work. When the guess is sure and wrong, $A(1 - A)$ rounds to
# 0 and the other factor to infinity; their product is not a number. Taken together there is no such
# trouble, and so `nn.BCEWithLogitsLoss` and `nn.CrossEntropyLoss` take $Z$ itself. With $Y = 0$:

# %%
rows = []
for z in (2.0, 20.0, 40.0, 800.0):
    with np.errstate(all="ignore"):
        p = sigmoid(z)
        separate = (p * (1 - p)) * (p / (p * (1 - p)))
    together = ag.grad(lambda z: nn.BCEWithLogitsLoss("sum")(z, [0]))(ag.Tensor([z])).data[0]
    rows.append((f"{z:g}", separate, together))
section_4.table(["z", "factor times factor", "∂loss/∂z at once"], rows)

# %%
section_4.last_blame


# %%
def last_blame(Z, Y): ...  # write it here


section_4.last_blame(last_blame)

# %%
# section_4.last_blame.hint()
# section_4.last_blame.show_solution()

# %% [markdown]
# ## A long way back: vanishing and exploding gradients
#
# Look at (8.3) once more. On its way from layer 20 to layer 1 blame is multiplied 19 times by a
# weight matrix and by a slope. If the two together shrink it a little each time, next to nothing
# arrives; if they stretch it, it explodes. The textbook's section 7.2 says that this is so. Let us
# measure: 20 hidden layers of 64 units, the first 200 digits, and first weights of variance
# $s^2/m$ for several scales $s$. With $s = 1$ it is the textbook's own initialization.

# %%
scales = (0.5, 1.0, 2**0.5, 2.0, 4.0)
measured, slopes = {}, {}
for name, f in {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "ReLU": nn.ReLU}.items():
    measured[name] = {}
    for s in scales:
        found = section_4.gradients(section_4.deep(f, s), pixels[:200], labels[:200])
        measured[name][s], slopes[name, s] = found[:2], found[2]
section_4.by_layer(measured)

# %% [markdown]
# *Read it from right to left, as blame travels. In the upper row the lines are nearly straight on a
# logarithmic axis: every layer multiplies the blame by about the same factor. Sigmoid loses blame
# at all of these scales; tanh and ReLU lose it or stretch it, as the scale decides.*
#
# How large is the factor? Going back one layer, blame meets $W^{l+1}$ and then $f'(Z^l)$. Weights
# of variance $s^2/m$ stretch a vector by about $s$, and the slopes multiply it by about their root
# mean square. So the guess is $s \cdot \sqrt{\text{mean of } f'(Z^l)^2}$. Every point below is one
# network of the picture above, with the factors averaged over its layers (geometrically).

# %%
rows = []
for (name, s), rms in slopes.items():
    Z_sizes = measured[name][s][1]
    factor = (Z_sizes[0] / Z_sizes[19]) ** (1 / 19)
    rows.append((name, s, s * np.exp(np.mean(np.log(rms[:19]))), factor))
section_4.factors(rows)

# %%
header = ["", "scale s", "s · rms of f'", "factor measured", "after 19 layers"]
section_4.table(header, [(*row, f"{row[3] ** 19:.1g}") for row in rows if row[1] in (1.0, 2**0.5)])

# %% [markdown]
# *All points are on the diagonal: (8.3) explains the sizes entirely.* Sigmoid's slope is at most ¼,
# so with $s = 1$ less than a quarter of the blame survives each layer. Tanh's slope is near 1 for
# small $z$. ReLU's is 1 for half of the units and 0 for the others, so its root mean square is
# $\sqrt{1/2}$, and $s = \sqrt 2$ keeps blame at its size. That is the idea behind
# `init="he_normal"`.
#
# Now the lower row, the gradients of the weights. For sigmoid they vanish, and for tanh with
# $s = 4$ they explode, as blame does. But for ReLU they are flat, at every scale! By (8.1) the
# gradient of $W^l$ is blame times the input $A^{l-1}$, and here inputs grow or shrink going forward
# as blame does going backward. In one respect this is exact. ReLU passes on a positive factor, so
# without offsets it makes no difference to the output which layer's weights we multiply by $c$.
# Then $J$ has the same derivative by $c$ for all layers, and at $c = 1$ this is
# $\sum_{ij} W^l_{ij}\, \partial J/\partial W^l_{ij}$:

# %%
relus = section_4.deep(nn.ReLU, 1.0)
section_4.gradients(relus, pixels[:200], labels[:200])
products = [np.sum(block.W.data * block.W.grad.data) for block in relus[::2]]
print("layers 1, 2, 3 … 21:", *(f"{p:.10f}" for p in products[:3]), "…", f"{products[-1]:.10f}")

# %% [markdown]
# Flat is not the same as useful: with $s = \tfrac12$ all of ReLU's gradients are tiny, and with
# $s = 4$ all are enormous. One step size for every weight cannot suit them all; this is where the
# textbook's section 7.2 begins.
#
# The engine has words for this, too. Sigmoid, with $s = 1$, asked about the first layer:

# %%
sigmoids = section_4.deep(nn.Sigmoid, 1.0)
ag.explain(nllm(sigmoids(pixels[:200]), labels[:200]), sigmoids[0].W)

# %% [markdown]
# What does it do to learning? Eight hidden layers, stochastic gradient descent with the same step
# size for all:

# %%
curves, rows = {}, []
cases = {"sigmoid, s = 1": (nn.Sigmoid, 1.0), "sigmoid, s = 8": (nn.Sigmoid, 8.0)}
cases |= {"tanh, s = 1": (nn.Tanh, 1.0), "ReLU, s = √2": (nn.ReLU, 2**0.5)}
for name, (f, s) in cases.items():
    model = section_4.deep(f, s, L=8, width=32)
    first = model[0].W.numpy().copy()
    sgd = optim.SGD(model.parameters(), lr=0.1)
    history = optim.fit(model, nllm, sgd, pixels, labels, epochs=8, rng=0, progress=False)
    curves[name] = history.train_loss
    moved = section_4.norm(model[0].W.data - first) / section_4.norm(first)
    rows.append((name, f"{moved:.1g}", history.train_loss[-1]))
section_4.learning(curves)

# %%
section_4.table(["", "first layer moved, relative", "loss at the end"], rows)

# %% [markdown]
# *Tanh and ReLU learn. The sigmoid network with the usual weights does not leave the line of pure
# guessing: its first layer has hardly moved. With weights eight times as large, enough blame comes
# through for it to begin.*
#
# At the other end, the explosion. The library stops at the first loss that is no number, says where
# it happened, and puts the weights back.

# %%
model = section_4.deep(nn.ReLU, 2.0, L=8, width=32)
sgd = optim.SGD(model.parameters(), lr=0.1)
try:
    optim.fit(model, nllm, sgd, pixels, labels, epochs=1, rng=0, progress=False)
except ag.AnomalyError as error:
    print(error)

# %% [markdown]
# ## What the engine derived
#
# Back to one wine. The book's way to the first layer is (8.1) with (8.3) in it:
#
# $$\frac{\partial\,\text{loss}}{\partial W^1} = A^0 \Big(\frac{\partial\,\text{loss}}
# {\partial Z^1}\Big)^T, \qquad
# \frac{\partial\,\text{loss}}{\partial Z^1} = \frac{\partial A^1}{\partial Z^1} \cdot W^2 \cdot
# \frac{\partial A^2}{\partial Z^2} \cdot W^3 \cdot \frac{\partial A^3}{\partial Z^3} \cdot
# \frac{\partial\,\text{loss}}{\partial A^3}.$$
#
# The engine's, in the same letters and in columns. A diagonal matrix is written as a product ⊙ of
# entries, and softmax with NLLM melts to $A^3 - Y$, under the condition at the end.

# %%
net.zero_grad()
one_loss = loss(net(x), y)
one_loss.name = "loss"
one_loss.backward()
derived = ag.derive(one_loss, net[0].W)
derived

# %%
by_hand = section_4.far(A[0] @ dZ[1].T, derived.result)
print("derived, and by hand above:  differ by", by_hand)
print("derived, and after backward: differ by", section_4.far(derived.result, net[0].W.grad))

# %% [markdown]
# For all 178 wines the columns stand side by side, and the study question's answer becomes a sum
# over them:

# %%
ag.derive(loss(net(X), Y), net[4].W0, numbers=False)

# %% [markdown]
# Now walk the way of blame yourself: play, or the arrow keys. At each box stands what arrives,
# what it is multiplied by, and what is handed on. A frame is a module, and folds with a click.

# %%
ag.draw(one_loss)

# %% [markdown]
# ### A gradient of zero
#
# A network that does not learn, since somebody set its offsets far below zero. Nothing fails, and
# nothing moves either. Why?

# %%
mute = nn.Sequential(nn.Linear(13, 6, rng=0), nn.ReLU(), nn.Linear(6, 3, rng=1), nn.Softmax())
mute[0].W0.data -= 20.0
ag.explain(lambda: loss(mute(X), Y), mute[0].W)

# %% [markdown]
# ### A wrong rule
#
# Suppose that a hand-written layer went into a network without `nn.check_module`, and has one
# transpose too few. Its matrix is square, so nothing fails here either. Only the gradients of
# what is in front of it are wrong. The engine compares with differences, then goes through the
# operations, and names the first one that is wrong.


# %%
class Untransposed(section_4.WrittenLinear):
    def backward(self, u, v, dL_dv):
        return dL_dv @ self.W


doubtful = nn.Sequential(
    *(nn.Linear(13, 4, rng=0), nn.Tanh()),
    *(Untransposed(4, 4), nn.Tanh()),
    *(nn.Linear(4, 3, rng=1), nn.Softmax()),
)
ag.bisect_gradient(lambda u: loss(doubtful(u), Y[:8]), X[:8])
