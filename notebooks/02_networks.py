# %% [markdown]
# # 2 · Networks
#
# One neuron draws one straight line. Put several side by side and they form a **layer**; feed the
# outputs of one layer into the next and they form a **network**. In this notebook we take a
# layer apart, see why a single one is not enough, and watch a second one make the difference.
# At the end stand networks that are no stack of layers at all.

# %%
import lab
import numpy as np
from lab import section_2

import autograd_core as ag
import nn
import optim

# %% [markdown]
# ## A layer: neurons side by side
#
# The data are the 150 irises that R. A. Fisher made famous in 1936: length and width of sepal and
# petal, for three species. All columns are standardized. Here is a layer of three units
# that see all four measurements: it is *fully connected*.

# %%
X, species = section_2.iris()
layer = nn.Linear(4, 3, rng=0)
f = nn.Tanh()
ag.draw(nn.Sequential(layer, f), X[:1], level="units")

# %% [markdown]
# Each unit has four weights and one offset of its own. The weights of the whole layer fit into a
# matrix $W$ with a column for each unit, and the offsets into a vector $W_0$:
#
# $$Z = W^T X + W_0, \qquad A = f(Z).$$
#
# $Z$ is called the pre-activation, $A$ the activation. The book writes one example as a column;
# the code takes any number of examples as rows, here all 150.

# %%
section_2.shapes(layer, X)

# %% [markdown]
# The two layouts say the same. Below, the book's version: a column at a time, $W^T x + W_0$,
# and the columns set side by side. Transposed, it is what the layer returned for all the rows.

# %%
W, W0 = layer.W.data, layer.W0.data[:, None]  # W0 as a column, n × 1
columns = [np.tanh(W.T @ row[:, None] + W0) for row in X]
lab.compare("A = f(W^T X + W_0)", np.hstack(columns).T, f(layer(X)))

# %% [markdown]
# And a layer is nothing but its neurons. Unit 2 alone, with its own column of $W$:

# %%
unit = nn.Sequential(nn.Linear(4, 1), nn.Tanh())
unit[0].W.data, unit[0].W0.data = layer.W.data[:, 1:2], layer.W0.data[1:2]
lab.compare(r"a_2 = f(w_2^T x + w_{0,2})", unit(X), f(layer(X))[:, 1:2])

# %%
section_2.layer_outputs


# %%
def layer_outputs(X, W, W0): ...  # A


section_2.layer_outputs(layer_outputs)

# %%
# section_2.layer_outputs.hint()
# section_2.layer_outputs.show_solution()

# %% [markdown]
# ## A layer learns as its neurons do
#
# The units of a layer are not connected to each other, so $\partial J/\partial W$ has in its
# column $j$ what neuron $j$ would have found alone. Here three linear units guess the three
# species as one-hot rows, with squared loss summed over units and flowers.

# %%
Y = optim.one_hot(species, 3)
together = nn.Linear(4, 3, rng=1)
nn.SquaredLoss("sum")(together(X), Y).backward()

alone = []
for j in range(3):
    neuron = nn.Linear(4, 1)
    neuron.W.data, neuron.W0.data = together.W.data[:, [j]], together.W0.data[[j]]
    nn.SquaredLoss("sum")(neuron(X), Y[:, [j]]).backward()
    alone.append(neuron.W.grad.data)

lab.compare(
    r"\frac{\partial J}{\partial W} = \begin{bmatrix} \frac{\partial J}{\partial w_1} & "
    r"\frac{\partial J}{\partial w_2} & \frac{\partial J}{\partial w_3} \end{bmatrix}",
    np.hstack(alone),
    together.W.grad,
)

# %%
section_2.weight_gradient


# %%
def weight_gradient(X, W, W0, Y): ...  # ∂J/∂W


section_2.weight_gradient(weight_gradient)

# %%
# section_2.weight_gradient.hint()
# section_2.weight_gradient.show_solution()

# %% [markdown]
# ## What a single layer can do
#
# Two measurements are enough for a picture: length and width of the petal. A single layer with
# three units, one for each species; the unit with the largest output names the flower.

# %%
X2, species = section_2.iris(slice(2, 4))
single = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Softmax())
adam = optim.Adam(single.parameters(), lr=0.1)
optim.fit(single, nn.NLLM(), adam, X2, species, epochs=100, rng=0, progress=False)
print(f"right: {optim.accuracy(single(X2), species):.1%}")
section_2.regions(single, X2, species, section_2.SPECIES)

# %% [markdown]
# The species lie along a strip, and straight borders do well. They have to be straight: two
# units tie where $w_j^T x + w_{0j} = w_k^T x + w_{0k}$, and that is the equation of a line. A
# step or a sigmoid behind it changes the output but not the line: the separator of a single
# layer is linear.
#
# Now a harder question for one unit: *is it versicolor or not?* Versicolor is the middle one.

# %%
X2, y = section_2.petals()
one = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Sigmoid())
section_2.trained(one, X2, y, [300])
print(f"right: {optim.accuracy(one(X2), y, threshold=0.5):.1%}")
print(f"right if it always says no: {np.mean(y == 0):.1%}")

# %% [markdown]
# No line has the middle on one side and both ends on the other. The neuron has learnt as well as
# it can, in the sense of its loss, and does worse than one that always says no.
#
# ## Many layers
#
# So we stack layers. Layer $l$ has $m^l$ inputs and $n^l$ units, takes the activations of the layer
# before it, and $A^0$ is the input $X$:
#
# $$Z^l = (W^l)^T A^{l-1} + W_0^l, \qquad A^l = f^l(Z^l), \qquad m^l = n^{l-1}.$$
#
# Each layer is two blocks, a linear one and an activation. Forward, values go from left to right;
# the arrows back are what section 4 is about.

# %%
network = nn.Sequential(
    linear1=nn.Linear(2, 4, rng=0),
    f1=nn.Tanh(),
    linear2=nn.Linear(4, 3, rng=1),
    f2=nn.ReLU(),
    linear3=nn.Linear(3, 1, rng=2),
    f3=nn.Sigmoid(),
)
ag.draw(network, X2, loss=nn.NLL(), target=y, level="modules")

# %% [markdown]
# By hand, in columns, on one flower. The shapes are printed on the way. (The chapter prints
# $m^l \times n^{l-1}$ for $W^l$, a slip: it is $m^l \times n^l$, as the loop shows.)

# %%
A = X2[:1].T  # A⁰, m¹ × 1
functions = [np.tanh, lambda z: np.maximum(z, 0), lambda z: 1 / (1 + np.exp(-z))]
for number, (linear, f_l) in enumerate(zip(network[::2], functions, strict=True), start=1):
    Z = linear.W.data.T @ A + linear.W0.data[:, None]
    A = f_l(Z)
    print(f"layer {number}: W is {linear.W.shape}, Z and A are {Z.shape}")
lab.compare(r"A^L = f^L(Z^L),\; L = 3", A.T, network(X2[:1]))

# %%
section_2.parameters

# %%
parameters = ...  # a number

section_2.parameters(parameters)

# %%
# section_2.parameters.hint()
# section_2.parameters.show_solution()

# %% [markdown]
# ## What a hidden layer buys
#
# The question that was too hard for one neuron, for the same neuron and for a network with one
# hidden layer of two units. Both are trained alike; the pictures are taken along the way.

# %%
epochs = [0, 10, 20, 50, 300]
one = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Sigmoid())
two = nn.Sequential(
    nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh()),  # the hidden layer
    nn.Sequential(nn.Linear(2, 1, rng=50), nn.Sigmoid()),  # the output
)
rows = {
    "one neuron": section_2.trained(one, X2, y, epochs),
    "hidden layer of two": section_2.trained(two, X2, y, epochs),
}
section_2.moving(rows, X2, y, ["other species", "versicolor"])

# %% [markdown]
# The black line is where the model is undecided. In the upper row it turns and shifts, and no
# position helps. In the lower row it starts as straight as the other, then bends around the middle
# species.
#
# How do two neurons manage that? Look at what they hand to the last one, here after 50 epochs:

# %%
_, two_at_50 = rows["hidden layer of two"][3]
section_2.features(two_at_50[0], two_at_50[1], X2, y, ["other species", "versicolor"])

# %% [markdown]
# Left: each hidden unit has drawn a straight line of its own (dashed), one at each end of
# versicolor. Right: the same 150 flowers as points $(a_1, a_2)$, which is all that the output
# neuron gets to see. There one straight line is enough for the same 96%. So the last layer is
# still a linear classifier; the layer before it has learnt the features $\varphi(x)$ in which a
# linear classifier works.

# %% [markdown]
# ## Different activations in one layer
#
# Nothing forces the units of a layer to share one $f$. `UnitGroups` hands them out in order:
# here two ReLUs, a tanh and two sigmoids.

# %%
groups = nn.UnitGroups((nn.ReLU(), 2), (nn.Tanh(), 1), (nn.Sigmoid(), 2))
mixed = nn.Sequential(nn.Linear(4, 5, rng=0), groups)

Z = mixed[0](X).data
by_hand = np.hstack([np.maximum(Z[:, :2], 0), np.tanh(Z[:, 2:3]), 1 / (1 + np.exp(-Z[:, 3:]))])
lab.compare(r"A_j = f_j(Z_j)", by_hand, mixed(X))

# %% [markdown]
# ## Any shape without a cycle
#
# Layers are a convenience. All that *feed-forward* asks is that no neuron's input depends on its
# own output; then the network is a composition of its neurons, in some order. `nn.Graph` takes
# any such network: each node names what it gets. In this one the output unit sees the inputs and
# every unit behind them, so that $x$ reaches it by three ways of different lengths.

# %%
graph = nn.Graph(
    {
        "z1": (nn.Linear(2, 3, rng=0), "x"),
        "a1": (nn.Tanh(), "z1"),
        "z2": (nn.Linear(3, 2, rng=1), "a1"),
        "a2": (nn.Sigmoid(), "z2"),
        "all": (nn.Concat(), "x", "a1", "a2"),
        "out": (nn.Linear(7, 1, rng=2), "all"),
    }
)
ag.draw(graph, X2, level="modules")

# %%
a1 = np.tanh(X2 @ graph["z1"].W.data + graph["z1"].W0.data)
a2 = 1 / (1 + np.exp(-(a1 @ graph["z2"].W.data + graph["z2"].W0.data)))
out = np.hstack([X2, a1, a2]) @ graph["out"].W.data + graph["out"].W0.data
lab.compare(r"\mathrm{out} = W_{\mathrm{out}}^T [x;\, a_1;\, a_2] + W_{0}", out, graph(X2))

# %% [markdown]
# A cycle is refused when the network is built, and the message shows the way around:

# %%
try:
    nn.Graph({"a": (nn.Add(), "x", "b"), "b": (nn.Tanh(), "a"), "out": (nn.Tanh(), "b")})
except ag.GraphError as error:
    print(error)

# %% [markdown]
# The best-known way around a layer is the *skip connection*, $v = x + f(W^T x + W_0)$. It makes the
# blame come back to $x$ by two ways, which add up.

# %%
skip = nn.Residual(nn.Linear(2, 2, rng=0), nn.Tanh())
x = ag.tensor(X2[:1], requires_grad=True, name="x")
out = skip(x).sum()
out.backward()

W, W0 = skip[0].W.data, skip[0].W0.data[:, None]
column = X2[:1].T
slope = 1 - np.tanh(W.T @ column + W0) ** 2  # n × 1
lab.compare(
    r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial v} + "
    r"W \left(f'(Z) \odot \frac{\partial L}{\partial v}\right)",
    (np.ones((2, 1)) + W @ slope).T,
    x.grad,
)

# %% [markdown]
# Which of the two ways brings more? The engine follows both, and says what share each has:

# %%
ag.explain(out, x)

# %%
section_2.skip_gradient


# %%
def skip_gradient(X, W, G): ...  # ∂L/∂x


section_2.skip_gradient(skip_gradient)

# %%
# section_2.skip_gradient.hint()
# section_2.skip_gradient.show_solution()

# %% [markdown]
# ## What the engine derived
#
# The network with a hidden layer of two, on a versicolor that it takes for another species. The
# book writes what it computes as a composition,
#
# $$A^2 = \sigma\big((W^2)^T \tanh\big((W^1)^T x + W_0^1\big) + W_0^2\big),$$
#
# and the engine saw a chain of modules. Blue is the way forward, red the way back:

# %%
two.zero_grad()
flower = ag.tensor(X2[70:71], name="x")
ag.draw(two, flower, loss=nn.NLL("sum"), target=y[70:71], level="modules")

# %% [markdown]
# Its gradient for the weights of the hidden layer. The part called "Forward" is the composition
# above, from the inside to the outside; the part called "Backward" is what section 4 is about.

# %%
loss = nn.NLL("sum")(two(flower), y[70:71])
loss.backward()
ag.derive(loss, two[0][0].W)

# %% [markdown]
# Blame hardly gets through the first hidden unit: its tanh is at 1, as flat as it can be, so the
# first column of the gradient is nearly zero. The drawing marks this as well. Each operation is a
# box here, to be walked through step by step; a frame is a module, and folds with a click.

# %%
for block, number in zip(two, "¹²", strict=True):
    block[0].W.name, block[0].W0.name = f"W{number}", f"W₀{number}"
loss.name = "loss"
ag.draw(loss)
