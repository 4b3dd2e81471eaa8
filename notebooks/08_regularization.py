# %% [markdown]
# # 8 · Regularization
#
# A network with enough weights can learn its training data by heart. What we want is that it does
# well on data it has never seen. This section shows the gap between the two, and the usual means
# against it: stop early, keep the weights small, shake the data, shake the network. Batch
# normalization is here too: it has some of this effect, and it makes deep networks easier to train.

# %%
import lab
import numpy as np
from lab import section_8

import autograd_core as ag
import nn
import optim

# %% [markdown]
# ## Early stopping
#
# We need a network that overfits. 150 digits to train with, as a bad scanner would see them, with
# noise on every pixel; 100 hidden units, so 7,510 weights. The other 1,647 digits, just as noisy,
# tell the truth.

# %%
train, held = section_8.noisy_digits()
whole = section_8.learnt(section_8.reader(), train, held, epochs=60)

net = section_8.reader()
stopped = section_8.learnt(net, train, held, early_stopping=optim.EarlyStopping(patience=10))
print(f"stopped after epoch {len(stopped)}, kept epoch {stopped.best_epoch}")
axes = optim.plots.plot_learning_curves(whole)
axes[0].set(yscale="linear", ylim=(0, 1.6))
axes[0].annotate("stops here", (len(stopped), 1.4), xytext=(4, 0), textcoords="offset points")
for ax in axes:
    ax.axvline(len(stopped), color="0.3", lw=1)

# %% [markdown]
# The training loss goes down to almost nothing. The validation loss turns round. The share of
# digits read rightly stays where it is: the network does not make more mistakes, it gets surer of
# those it makes, and the loss counts that.
#
# `fit` cannot know that a minimum was one until some epochs have passed without a better one; this
# is `patience`. Then it gives back the weights of the best epoch. Are they really those?

# %%
again = section_8.reader()
section_8.learnt(again, train, held, epochs=stopped.best_epoch)
same = all(map(np.array_equal, section_8.matrices(net), section_8.matrices(again)))
loss, share = optim.evaluate(net, nn.CrossEntropyLoss(), *held)
print(f"the same weights as after exactly {stopped.best_epoch} epochs: {same}")
print(f"validation loss {loss:.4f}; the lowest of all 60 epochs {min(whole.validation_loss):.4f}; "
      f"without stopping {whole.validation_loss[-1]:.4f}")  # fmt: skip

# %% [markdown]
# ## Weight decay
#
# Add a penalty on the squared weights to $J$, and its gradient pulls each weight towards 0. Written
# out, $W_t = W_{t-1}(1 - \lambda\eta) - \eta \nabla$: first decay, then step. Three ways to do the
# same, 200 steps each: the penalty in the loss, left to the engine; the optimizer's `weight_decay`;
# and the textbook's line by hand.

# %%
lam, eta, steps = 0.03, 0.1, 200
X, y = train
loss = nn.CrossEntropyLoss()


def trained(way):
    net = section_8.reader()
    update = optim.SGD(net.parameters(), lr=eta, weight_decay=lam if way == "optimizer" else 0.0)
    for _ in range(steps):
        J = loss(net(X), y)
        if way == "penalty":
            J = J + lam / 2 * sum((p**2).sum() for p in net.parameters())
        update.zero_grad()
        J.backward()
        if way == "by hand":
            for p in net.parameters():
                p.data = p.data * (1 - lam * eta) - eta * p.grad.data
        else:
            update.step()
    return section_8.matrices(net)


ends = {way: trained(way) for way in ("penalty", "optimizer", "by hand")}
for way in ("penalty", "optimizer"):
    far = max(np.abs(a - b).max() for a, b in zip(ends[way], ends["by hand"], strict=True))
    print(f"{way:9} against decay-then-step by hand: largest difference of a weight {far:.0e}")

# %% [markdown]
# Note the $\lambda/2$ in the penalty. With $\lambda \|W\|^2$, as the textbook's $J$ has it, the
# gradient is $2\lambda W$; the update belongs to half of that:

# %%
W = ag.Tensor(np.arange(6.0).reshape(3, 2), requires_grad=True, name="W")
penalty = 0.03 * (W**2).sum()
penalty.backward()
lab.compare(r"\nabla_W\, \lambda \|W\|^2 = 2 \lambda W", 2 * 0.03 * W.data, W.grad)

# %% [markdown]
# What decay does to a network, for four values of λ:

# %%
records, nets = {}, {}
for lam in (0, 0.003, 0.01, 0.03):
    nets[lam], records[lam] = section_8.reader(), optim.TrainingRecord(every=6, live=False)
    h = section_8.learnt(nets[lam], train, held, decay=lam, callbacks=[records[lam]])
    print(f"λ = {lam:<5}: norm of W¹ {np.linalg.norm(nets[lam][0].W.numpy()):5.2f}, loss in "
          f"training {h.train_loss[-1]:.3f}, validation {h.validation_loss[-1]:.3f}")  # fmt: skip
section_8.decays(records)

# %% [markdown]
# Left: with λ = 0 the weights grow and grow. With decay they shrink to a size of their own, the
# smaller the larger λ. Middle: the data can no longer be learnt by heart. Right: the validation
# loss rises far less, and λ = 0.03 is too much of it. Here are the weights of ten hidden units, and
# how much of them lies on the left and right margins of the picture, where digits have hardly any
# ink:

# %%
margin = np.arange(64).reshape(8, 8)[:, [0, 7]].ravel()
for lam in (0, 0.03):
    W = nets[lam][0].W.numpy()
    print(f"λ = {lam:<4}: {100 * (W[margin] ** 2).sum() / (W**2).sum():.0f} % of ‖W¹‖² "
          f"on the margins")  # fmt: skip
section_8.features({f"λ = {lam:g}": nets[lam][0].W.numpy() for lam in (0, 0.03)})

# %% [markdown]
# The margins show nothing but noise. Without decay the weights there stay what chance made them;
# with decay they fade, as all weights do that the data do not ask for.
#
# ## Noise on the inputs
#
# The third member of the family: at each step, add new zero-mean noise of standard deviation $s$ to
# the inputs. For a linear unit with squared loss one can say exactly what this does. With noise
# $e$, $E(w^T(x + e) - y)^2 = (w^T x - y)^2 + s^2 \|w\|^2$: on the average over the noise, the
# objective is that of ridge regression with $\lambda = n s^2$. So let a unit learn how diabetes
# goes on in 442 patients, by 2,000 noisy steps of batch descent, take its mean weights, and put
# them beside scikit-learn's ridge regression.

# %%
from sklearn.linear_model import Ridge

X, y, names = section_8.diabetes()
n = len(X)


def ridge(s):
    return Ridge(alpha=n * s**2, fit_intercept=False).fit(X, y[:, 0]).coef_


noisy = {
    s: section_8.descended(2000, 2e-4, noise=s, mean_from=700)[:, 0] for s in (0.2, 0.5, 1.0, 2.0)
}
for s, w in noisy.items():
    far = np.abs(w - ridge(s)).max()
    print(f"s = {s}: λ = {n * s**2:7.1f}, largest difference {far:.4f} of {np.abs(w).max():.3f}")
scales = np.geomspace(0.03, 2.2, 80)
section_8.ridge_paths(scales, np.array([ridge(s) for s in scales]), noisy, names)

# %% [markdown]
# Each line is a coefficient of ridge regression, each point one learnt with noise: they agree. The
# noise never penalizes a weight; it makes large weights a bad bet.
#
# ### Three ways, one effect
#
# In which weights do they all save? The eigenvectors of $X^T X$ are directions of the data, and its
# eigenvalues $h$ say how strongly the data speak there. In each direction ridge leaves the share
# $h/(h + \lambda)$ of the least squares weight, and $t$ steps of descent from 0 leave $1 - (1 -
# 2\eta h)^t$. All three below come out of the training loop.

# %%
at, lam, eta, t = section_8.directions(), 50.0, 2e-4, 50
found = {
    "weight decay": section_8.descended(1000, eta, decay=2 * lam),
    "noise on the inputs": section_8.descended(2000, eta, noise=(lam / n) ** 0.5, mean_from=700),
    f"stopped after {t} steps": section_8.descended(t, eta),
}
shares = {name: (at.axes.T @ w)[:, 0] / (at.axes.T @ at.weights)[:, 0] for name, w in found.items()}
for name, expected in (
    ("weight decay", at.curvature / (at.curvature + lam)),
    ("noise on the inputs", at.curvature / (at.curvature + lam)),
    (f"stopped after {t} steps", 1 - (1 - 2 * eta * at.curvature) ** t),
):
    print(f"{name:23}: off from its formula by {np.abs(shares[name] - expected).max():.1e}")
section_8.left_over(at, found, lam, t, eta)

# %% [markdown]
# Decay and noise do the same thing (noise is off by more, as its mean is over 1,300 steps only).
# Stopping early does a similar one: directions on which the data say much are learnt, directions on
# which they say little stay near 0. Its curve is steeper.
#
# ## Dropout
#
# In training each hidden unit of each example is set to 0 with probability $p$: $a = f(z) * d$.
#
# ### Study question: why does a dropped unit get no update?
#
# Twelve hidden units, one digit, one step of SGD. `moved` is by how much each weight changed.

# %%
(X, y), held_digits = section_8.digits()
first, tanh, last = section_8.reader(hidden=12, rng=1)
net = nn.Sequential(first, tanh, nn.Dropout(0.5, rng=3), last)
dropped = np.random.default_rng(3).random(12) < 0.5  # the draws that Dropout will make
moved = section_8.one_digit_updates(net, X[:1], y[:1], optim.SGD(net.parameters(), lr=0.1))
W1, W01, W2, W02 = moved.values()
print("dropped units:", np.flatnonzero(dropped) + 1)
print("weights into them, moved:  ", np.count_nonzero(W1[:, dropped]), "of", W1[:, dropped].size)
print("their offsets, moved:      ", np.count_nonzero(W01[dropped]), "of", W01[dropped].size)
print("weights out of them, moved:", np.count_nonzero(W2[dropped]), "of", W2[dropped].size)
print("weights of the others:     ", np.count_nonzero(W2[~dropped]), "of", W2[~dropped].size)
section_8.updates({"W¹, into the unit": W1.T, "W², out of the unit": W2}, dropped)

# %% [markdown]
# White is exactly 0, not small. (The white columns are the pixels without ink in this digit; their
# weights do not move for any unit.) Two lines prove it. Weights *out of* unit $j$:
# $\partial\text{loss}/\partial W^{l+1}_{jk} = a_j\, \partial\text{loss}/\partial z_k$, and $a_j =
# 0$. Weights *into* it: $\partial\text{loss}/\partial z_j = \partial\text{loss}/\partial a_j \cdot
# f'(z_j)\, d_j$, and $d_j = 0$. The second needs the mask: from $a_j = 0$ alone one might take the
# slope of tanh to be $1 - 0^2 = 1$.
#
# The sentence is about SGD and one point. With momentum the past goes on moving the unit, with
# decay it shrinks, and in a batch some other point keeps it:


# %%
def moves(update, x, actual):
    """How many weights into the units dropped for the first point move, in the second step."""
    first, tanh, last = section_8.reader(hidden=12, rng=1)
    drop = nn.Dropout(0.5, rng=3)
    net = nn.Sequential(first, tanh, drop, last)
    optimizer = update(net.parameters())
    drop.training = False
    section_8.one_digit_updates(net, X[1:2], y[1:2], optimizer)  # a step without dropout before
    drop.training = True
    moved = section_8.one_digit_updates(net, x, actual, optimizer)
    into = next(iter(moved.values()))[:, dropped]
    return f"{np.count_nonzero(into)} of {into.size}"


print("SGD, one point:     ", moves(lambda p: optim.SGD(p, lr=0.1), X[:1], y[:1]))
print("with momentum:      ", moves(lambda p: optim.SGD(p, lr=0.1, momentum=0.9), X[:1], y[:1]))
print("with weight decay:  ", moves(lambda p: optim.SGD(p, lr=0.1, weight_decay=0.1), X[:1], y[:1]))
print("a batch of 20 points:", moves(lambda p: optim.SGD(p, lr=0.1), X[:20], y[:20]))

# %% [markdown]
# ### The right size afterwards
#
# With $p$ of the units gone, the next layer gets less than it will get when all are back. The
# textbook makes up for it afterwards and multiplies the weights by the share that was kept, $1 -
# p$. (It writes "by $p$", with $p$ the probability to keep.) Usual today is to divide by $1 - p$ in
# training, so that nothing is left to do later. Below, $p = 0.5$, one digit, 4,000 masks.

# %%
net = section_8.reader(hidden=50)
section_8.learnt(net, (X, y), held_digits, epochs=3, lr=0.02)
a = np.tanh(held_digits[0][:1] @ net[0].W.numpy() + net[0].W0.numpy())
many, hidden, z = np.tile(a, (4000, 1)), {}, {}
for scaling, name in (("train", "÷ (1 − p) in training"), ("test", "as in the textbook")):
    drop = nn.Dropout(0.5, rng=0, scaling=scaling)
    masked = drop(many).numpy()
    then = net[2](drop.eval()(a)).numpy()[0]
    now = net[2](masked).numpy()
    worst = np.abs(now.mean(0) - then).max()
    print(f"{name:21}: mean z over the masks off from that in evaluation by {worst:.3f} at most")
    hidden[name], z[name] = masked, now[:, 3]
hidden["no dropout"] = a
as_they_are = net[2](a).numpy()[0, 3]
halved = ((1 - 0.5) * a @ net[2].W.numpy() + net[2].W0.numpy())[0, 3]
section_8.dropped_activations(
    hidden,
    z,
    {"evaluation, weights as they are": as_they_are, "evaluation, weights × (1 − p)": halved},
)

# %% [markdown]
# Left: half of all activations are 0; the others are doubled, or left as they are. Right: each form
# of training is centred at its own form of evaluation. With the textbook's masks and unscaled
# weights the next layer would meet values that it has hardly ever seen.
#
# The mean of $z$ is right: exactly over all masks, and nearly over 4,000 of them. Behind the next
# $f$ it is not, since $E f(z) \ne f(E z)$:

# %%
print(f"mean of z:       {now[:, 3].mean():7.3f}   in evaluation {halved:7.3f}")
print(f"mean of tanh(z): {np.tanh(now[:, 3]).mean():7.3f}   in evaluation {np.tanh(halved):7.3f}")

# %% [markdown]
# ### No unit is indispensable
#
# The idea of dropout is that no unit can rely on another. We train three networks on all digits,
# then take hidden units out at random and see how many digits they still read.

# %%
shares = (0, 0.2, 0.4, 0.6, 0.8, 0.9)
found = {}
for p in (0, 0.5, 0.8):
    net = section_8.reader(p=p)
    section_8.learnt(net, (X, y), held_digits, epochs=15, lr=0.02)
    found[f"p = {p}"] = section_8.without_units(net, held_digits, shares)
    print(f"p = {p:3}:", "  ".join(f"{100 * v:.1f} %" for v in found[f"p = {p}"]))
section_8.robust(shares, found)

# %% [markdown]
# All of them have many units to spare, and hardly notice when half are gone. With nine tenths gone
# the networks that were trained with dropout read clearly more.
#
# ### All together, on the noisy digits

# %%
runs = {
    "nothing": section_8.learnt(section_8.reader(), train, held, epochs=100, lr=0.02),
    "decay, λ = 0.003": section_8.learnt(
        section_8.reader(), train, held, epochs=100, lr=0.02, decay=0.003
    ),
    "noise, s = 0.5": section_8.learnt(
        section_8.reader(), train, held, epochs=100, lr=0.02, input_noise=0.5
    ),
    "dropout, p = 0.5": section_8.learnt(section_8.reader(p=0.5), train, held, epochs=100, lr=0.02),
}
for name, h in runs.items():
    print(f"{name:17} lowest {min(h.validation_loss):.3f} in epoch {h.best_epoch:3}, last "
          f"{h.validation_loss[-1]:.3f}, {100 * h.validation_accuracy[-1]:.1f} % read")  # fmt: skip
section_8.together(runs)

# %% [markdown]
# The dots are the epochs that early stopping would keep. It costs nothing and gets most of what
# there is to get. Decay nearly stops the rise. Noise does best here, and no wonder: these digits
# differ from each other by noise of that very kind. Dropout lowers the minimum by a hair, and is
# worse than nothing in the end. No method is best everywhere; the validation data decide.
#
# ## Batch normalization
#
# A module between $z$ and $f$: each unit's $z$ is standardized over the mini-batch, then scaled by
# $G$ and shifted by $B$, which are learnt.

# %%
block = nn.Sequential(
    nn.Linear(64, 12, bias=False, rng=0), nn.BatchNorm(12), nn.Tanh(), nn.Linear(12, 10, rng=1)
)
ag.draw(block, X[:8], loss=nn.CrossEntropyLoss(), target=y[:8])

# %% [markdown]
# ### Forward, by hand
#
# In the textbook $Z$ is $n \times K$, a unit a row and a point a column. We write it so, and
# transpose for the engine, which has points in rows. Real pre-activations: three units, seven
# digits.

# %%
rng = np.random.default_rng(0)
K, eps = 7, 0.0
Z = (X[:K] @ nn.Linear(64, 3, rng=2).W.numpy()).T  # n × K
G, B = rng.uniform(0.5, 2, (3, 1)), rng.normal(size=(3, 1))
dL_dZhat = rng.normal(size=(3, K))

mu = Z.sum(axis=1, keepdims=True) / K
sigma = np.sqrt(((Z - mu) ** 2).sum(axis=1, keepdims=True) / K)
Z_bar = (Z - mu) / (sigma + eps)
Z_hat = G * Z_bar + B

layer = nn.BatchNorm(3, eps=eps)
layer.G.data, layer.B.data = G[:, 0], B[:, 0]
z = ag.Tensor(Z.T, requires_grad=True, name="Z")
z_hat = layer(z)
z_hat.backward(dL_dZhat.T)
lab.compare(
    r"\hat Z_{ij} = G_i \frac{Z_{ij} - \mu_i}{\sigma_i + \epsilon} + B_i", Z_hat, z_hat.data.T
)

# %% [markdown]
# ### Backward
#
# $B_i$ and $G_i$ reach every point of the batch, so their gradients are sums over it.

# %%
lab.compare(
    r"\frac{\partial L}{\partial B_i} = \sum_j \frac{\partial L}{\partial \hat Z_{ij}}",
    dL_dZhat.sum(axis=1),
    layer.B.grad,
)

# %%
lab.compare(
    r"\frac{\partial L}{\partial G_i} ="
    r" \sum_j \frac{\partial L}{\partial \hat Z_{ij}} \bar Z_{ij}",
    (dL_dZhat * Z_bar).sum(axis=1),
    layer.G.grad,
)


# %% [markdown]
# And the long one, written out term by term, as it is printed for ε = 0. The engine has never seen
# this formula; it has a mean, a standard deviation, a subtraction and a division.


# %%
def printed_formula(Z, dL_dZhat, G, eps):
    n, K = Z.shape
    mu, sigma = Z.mean(axis=1), Z.std(axis=1)
    dZ = np.zeros((n, K))
    for i, j, k in np.ndindex(n, K, K):
        product = (Z[i, k] - mu[i]) * (Z[i, j] - mu[i]) / (sigma[i] * (sigma[i] + eps))
        factor = G[i, 0] / (K * (sigma[i] + eps))
        dZ[i, j] += dL_dZhat[i, k] * factor * ((j == k) * K - 1 - product)
    return dZ


lab.compare(
    r"\frac{\partial L}{\partial Z_{ij}} = \sum_{k=1}^K"
    r" \frac{\partial L}{\partial \hat Z_{ik}}\, G_i\, \frac{1}{K \sigma_i}"
    r" \left(\delta_{jk} K - 1 - \frac{(Z_{ik} - \mu_i)(Z_{ij} - \mu_i)}{\sigma_i^2}\right)",
    printed_formula(Z, dL_dZhat, G, 0.0),
    z.grad.data.T,
)

# %% [markdown]
# With ε > 0, which the forward formula has and the printed backward one has not, one $\sigma$ of
# each product becomes $\sigma + \epsilon$. A large ε, to make it count:

# %%
layer = nn.BatchNorm(3, eps=0.1)
layer.G.data, layer.B.data = G[:, 0], B[:, 0]
z = ag.Tensor(Z.T, requires_grad=True)
layer(z).backward(dL_dZhat.T)
off = np.abs(printed_formula(Z, dL_dZhat, G, 0.0) - z.grad.data.T).max()
print(f"σ: {Z.std(axis=1).round(2)}; the formula without ε would be off by {off:.2f}, "
      f"the largest entry is {np.abs(z.grad.data).max():.2f}")  # fmt: skip
lab.compare(
    r"\frac{\partial L}{\partial Z_{ij}} = \sum_{k=1}^K"
    r" \frac{\partial L}{\partial \hat Z_{ik}} \frac{G_i}{K (\sigma_i + \epsilon)}"
    r" \left(\delta_{jk} K - 1 -"
    r" \frac{(Z_{ik} - \mu_i)(Z_{ij} - \mu_i)}{\sigma_i (\sigma_i + \epsilon)}\right)",
    printed_formula(Z, dL_dZhat, G, 0.1),
    z.grad.data.T,
)

# %% [markdown]
# What is unusual about this layer: points are no longer apart. Here is $\partial \hat Z_k/\partial
# Z_j$ of one unit over the seven digits. Off the diagonal it is not 0.

# %%
J = ag.jacobian(nn.BatchNorm(3, eps=0.0))(Z.T).data[:, 0, :, 0]
print("sum of each row:", np.abs(J.sum(axis=1)).max().round(15))
print("row times Z:    ", np.abs(J @ Z[0]).max().round(15))
section_8.across_the_batch(J)

# %% [markdown]
# The rows sum to 0: add a constant to all $Z$ and nothing happens. Multiplied by $Z$ they give 0 as
# well: nor does a common factor matter. For the first reason an offset before this layer is of no
# use, and gets no gradient:

# %%
first = nn.Linear(64, 12, rng=0)
net = nn.Sequential(first, nn.BatchNorm(12), nn.Tanh(), nn.Linear(12, 10, rng=1))
nn.CrossEntropyLoss()(net(X[:50]), y[:50]).backward()
print(f"|∂loss/∂W₀|: {np.abs(first.W0.grad.data).max():.0e}, |∂loss/∂B|: "
      f"{np.abs(net[1].B.grad.data).max():.0e}")  # fmt: skip

# %% [markdown]
# And a digit's $\hat Z$ depends on the company it keeps, which is the mild noise that regularizes:

# %%
z = X @ first.W.numpy()
for k in (4, 16, 64, 256):
    company = [np.r_[0, 1 + rng.permutation(len(z) - 1)[: k - 1]] for _ in range(200)]
    same_digit = np.array([nn.BatchNorm(12)(z[who]).numpy()[0] for who in company])
    print(f"batches of {k:3}: one digit's Ẑ scatters by {same_digit.std(axis=0).mean():.3f}")

# %% [markdown]
# In evaluation there is no batch to rely on. The layer then uses running averages of mean and
# variance, which it has kept in training, and a digit's answer no longer depends on others.
#
# ### Inputs that grow
#
# The textbook's thought experiment: the inputs of a layer get larger and larger while it learns. We
# do it. The ink of the digits is multiplied by a factor that grows from 1 to 1,000 over 600 steps.

# %%
section_8.growth(section_8.growing(False), section_8.growing(True))

# %% [markdown]
# Without normalization the tanh units saturate, their slopes vanish, and with them all that a
# gradient could do; the loss rises, at first slowly. With it a factor on the inputs is taken out
# again, and training goes on as if nothing had happened.
#
# ### What it does to activations
#
# A network of four tanh layers before any training, with first weights that are too small, right,
# and too large, on 300 digits.

# %%
shown = {}
for name, norm in (("without", False), ("with", True)):
    shown[name] = {}
    for scale in (0.3, 1, 3):
        shown[name][scale] = section_8.by_layer(
            section_8.deep(norm, nn.Tanh, scale), X[:300], nn.Tanh
        )
        spread = "  ".join(f"{a.std():.3f}" for a in shown[name][scale])
        print(f"{name:7}, weights × {scale:<3}: standard deviation by layer {spread}")
section_8.layers(shown)

# %% [markdown]
# Without: × 0.3 dies out, layer by layer; × 3 piles up at ±1. With: all three are the same, in each
# layer, since the layer takes the factor out.
#
# ### What it does to training
#
# Four layers of sigmoids, the network on which SGD failed in section 7. Eight epochs at each step
# size:

# %%
runs = {}
for name, norm in (("without batch normalization", False), ("with batch normalization", True)):
    runs[name] = {}
    for rate in (0.03, 0.1, 0.3, 1.0):
        net = section_8.deep(norm, nn.Sigmoid)
        history = optim.fit(net, nn.CrossEntropyLoss(), optim.SGD(net.parameters(), lr=rate), X, y,
                            epochs=8, validation=held_digits, rng=0, progress=False)  # fmt: skip
        runs[name][rate] = history
        print(f"{name}, η = {rate:<4}: {100 * history.validation_accuracy[-1]:.1f} % read")
section_8.trained(runs)

# %% [markdown]
# The dotted line is the loss of pure guessing, $\log 10$. Without normalization no step size gets
# below it: the gradients of the first layers are too small. With it every one of them learns. A
# record of each training looks at the gradients, layer by layer (the numbers are the places of the
# modules in the network):

# %%
figure, axes = lab.subplots(1, 2, sharey=True)
for ax, norm, name in zip(axes, (False, True), ("without", "with"), strict=True):
    net, record = section_8.deep(norm, nn.Sigmoid), optim.TrainingRecord(live=False)
    optim.fit(net, nn.CrossEntropyLoss(), optim.SGD(net.parameters(), lr=0.3), X, y, epochs=8,
              rng=0, progress=False, callbacks=[record])  # fmt: skip
    linear = [path for path in record.layers if record.kinds[path] == "Linear"]
    means = [record.series("gradient_norm", path)[1].mean() for path in linear]
    print(f"{name:7}: mean norm of the gradient by layer", "  ".join(f"{g:.4f}" for g in means))
    record.plot("gradients", ax=ax, layers=linear)
    ax.set_title(f"{name.capitalize()} batch normalization", loc="left")
    ax.set(ylim=(1e-3, 2), ylabel="gradient norm")

# %% [markdown]
# Without, each layer gets about a quarter of the gradient of the next one, and so the first of the
# five hardly one 200th of that of the last. With it all of them are of a size.
#
# ## Exercises
#
# Write your function in place of the dots and run the cell. The check says what is wrong. When you
# are stuck, there are a hint and a solution below.

# %%
section_8.penalized_gradient


# %%
def penalized_gradient(X, Y, W, lam): ...  # write it here


section_8.penalized_gradient(penalized_gradient)

# %%
# section_8.penalized_gradient.hint()
# section_8.penalized_gradient.show_solution()

# %%
section_8.dropout_gradient


# %%
def dropout_gradient(X, W, d, dL_dA): ...  # write it here


section_8.dropout_gradient(dropout_gradient)

# %%
# section_8.dropout_gradient.hint()
# section_8.dropout_gradient.show_solution()

# %%
section_8.gain_gradient


# %%
def gain_gradient(Z, dL_dZhat): ...  # write it here


section_8.gain_gradient(gain_gradient)

# %%
# section_8.gain_gradient.hint()
# section_8.gain_gradient.show_solution()

# %%
section_8.through_batch_norm


# %%
def through_batch_norm(Z, dL_dZhat, G): ...  # write it here


section_8.through_batch_norm(through_batch_norm)

# %%
# section_8.through_batch_norm.hint()
# section_8.through_batch_norm.show_solution()

# %% [markdown]
# ## What the engine derived
#
# ### Batch normalization
#
# The textbook ends with one sum over the batch:
#
# $$\frac{\partial L}{\partial Z_{ij}} = \sum_{k=1}^K
# \frac{\partial L}{\partial \hat Z_{ik}}\, G_i\, \frac{1}{K \sigma_i}
# \left(\delta_{jk} K - 1 - \frac{(Z_{ik} - \mu_i)(Z_{ij} - \mu_i)}{\sigma_i^2}\right) .$$
#
# Multiply it out, and $\delta_{jk}$ leaves one term of its sum; the two others stay sums. These
# three terms are what the engine finds in the way back through a mean, a standard deviation, a
# difference and a quotient. $K = 3$ points, one unit, a squared loss:

# %%
K = 3
net = nn.Sequential(nn.Linear(2, 1, bias=False, rng=0), nn.BatchNorm(1, eps=0.0))
points, target = np.array([[1.0, 0.5], [2.0, -1.0], [4.0, 0.3]]), np.array([[0.0], [1.0], [0.0]])
loss = nn.SquaredLoss("sum")(net(points), target)
loss.name = "L"
derived = ag.derive(loss, net[0].W)
derived

# %%
Z = (points @ net[0].W.numpy()).T
dL_dZhat = 2 * ((Z - Z.mean()) / Z.std() - target.T)
dL_dZ = derived.steps[-2].value
by_hand = printed_formula(Z, dL_dZhat, np.ones((1, 1)), 0.0)
print(f"the book's equation and the derived one differ by {np.abs(by_hand - dL_dZ).max():.1e}")

# %% [markdown]
# The first term alone would be the way back through a plain factor. The second takes the mean out
# of the blame, the third what goes along with $Z$: the two directions in which nothing changes.
# By which path does how much arrive? There are three, one for each term.

# %%
z = ag.Tensor(Z.T, requires_grad=True, name="Z")
norm, squared = nn.BatchNorm(1, eps=0.0), nn.SquaredLoss("sum")
ag.explain(squared(norm(z), target), z)

# %% [markdown]
# And what the layers of this section do, as they say it themselves, tried on four points. The mode
# counts: in evaluation $\mu$ and $\sigma^2$ are the running averages.

# %%
lab.equations(
    {
        "batch normalization": nn.BatchNorm(3, eps=0.001),
        "in evaluation": nn.BatchNorm(3, eps=0.001).eval(),
        "dropout, mask D": nn.Dropout(0.5, rng=0),
        "decay, λ = 0.3": optim.SGD(net.parameters(), lr=0.1, weight_decay=0.3).latex(numbers=True),
    }
)

# %% [markdown]
# The last one is the textbook's $W_{t-1}(1 - \lambda\eta) - \eta\nabla$, with $g_t$ for $\nabla$
# and not yet multiplied out. (In its code $\lambda W$ is added to the gradient.)
#
# ### A dropped unit and a dead one
#
# Three ReLU units with dropout, and two points. The draw drops the third unit for both. Step
# through, or look at the gradients on the way back: where do the zeros begin?

# %%
net = nn.Sequential(
    *(nn.Linear(1, 3, bias=False, rng=3), nn.ReLU(), nn.Dropout(0.5, rng=41)),
    *(nn.Linear(3, 1, bias=False, rng=13), nn.Sigmoid()),
)
nll = nn.NLL("sum")
loss = nll(net([[0.5], [1.5]]), [[1.0], [0.0]])
loss.name = "loss"
loss.backward()
ag.draw(loss)

# %% [markdown]
# The sign ∅ at the ReLU marks a unit that is closed for every point, the zeros of the mask are in
# the constant beside the product. In the gradient of the weights both look the same. Ask for the
# reasons:

# %%
ag.explain(loss, net[0].W)

# %% [markdown]
# The second unit (the engine counts from 0) is dead: below 0 a ReLU has slope 0, and for these
# points it stays so. The third was dropped: its weights get no update by this batch, and the next
# draw may let it back in.
