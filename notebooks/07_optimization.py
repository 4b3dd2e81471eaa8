# %% [markdown]
# # 7 · Optimizing the weights
#
# The engine says which way is downhill. It does not say how many points to ask before a step, nor
# how far to go. This section is about these two questions: batches, and step sizes that adapt. We
# follow each method down the loss surface of a real neuron, and then let all of them read digits.

# %%
import lab
import numpy as np
from lab import section_7

import autograd_core as ag
import nn
import optim

# %% [markdown]
# ## A surface to walk on
#
# One neuron, one input. It tells malignant tumours from benign ones by their radius (569 tumours
# from scikit-learn's collection; the input is counted in steps of 2 mm from 10 mm on). A sigmoid
# with NLL has two numbers to learn, $w$ and $w_0$, so its objective $J(w, w_0)$ can be seen.
#
# In this notebook $J$ is the *mean* of the losses where the textbook has their sum. The surface is
# the same but for its height, and a step size η here is $n$ times what it is there ($k$ times for a
# mini-batch of $k$). Sizes of steps can then be compared between batches of different sizes.

# %%
best = section_7.lowest()
print(f"lowest at w = {best[0]:.3f}, w0 = {best[1]:.3f}: J = {section_7.surface(*best):.4f}")
curvature, direction = np.linalg.eigh(ag.hessian(section_7.objective)(best).data)
print("curvature there:", curvature.round(4), "so the ratio is", round(curvature[1] / curvature[0]))
section_7.relief(best)

# %% [markdown]
# A long valley, lying askew: across it $J$ bends 59 times as much as along it. Nothing is contrived
# here, and yet this is the shape that makes plain gradient descent slow.
#
# ## Batch, stochastic, mini-batch
#
# The three differ in one number, how many points make up the gradient of a step:

# %%
X, y = section_7.tumours()
n = len(X)


def descend(k, eta, epochs):
    unit = section_7.neuron()
    update, rng = optim.SGD(unit.parameters(), lr=eta), np.random.default_rng(0)
    for _ in range(epochs):
        order = rng.permutation(n)
        for i in range(0, n, k):
            chosen = order[i : i + k]
            update.zero_grad()
            nn.BCEWithLogitsLoss()(unit(X[chosen]), y[chosen]).backward()
            update.step()
    return unit.W.item(), unit.W0.item()


for k, name in ((n, "batch"), (16, "mini-batch"), (1, "stochastic")):
    w, w0 = descend(k, 0.3, epochs=2)
    J = section_7.surface(np.array(w), np.array(w0))
    print(f"{name:10}: {2 * -(-n // k):4} steps in two epochs, J = {J:.3f}")

# %% [markdown]
# Two passes over the data are two steps for batch descent, which has hardly left its place. The
# others have made 72 and 1,138 steps for the same work. The price is that each step follows an
# estimate. At one place of the surface, here are the gradients of 400 mini-batches, and their
# scatter beside what statistics says: $\sigma \sqrt{(n - k)/(k(n - 1))}$ for $k$ distinct points,
# with σ the scatter of single points.

# %%
place = (0.5, -1.0)
full = ag.grad(section_7.objective)(np.array(place)).data
sigma = section_7.single(place).std(axis=0)
clouds = {k: section_7.estimates(place, k, 400) for k in (1, 10, 100)}
for k, g in clouds.items():
    expected = sigma * np.sqrt((n - k) / (k * (n - 1)))
    print(f"k = {k:3}: scatter {g.std(0).round(3)}, expected {expected.round(3)}")
section_7.clouds(clouds, full)

# %% [markdown]
# The cross is the gradient over all tumours. Single tumours contradict each other: the malignant
# ones (lower arc) pull one way and the benign ones the other. Mini-batches of 100 nearly all agree.
# But the scatter falls with $\sqrt k$ and the work grows with $k$.
#
# ### Study question: which $k$ gives SGD, which gives batch descent?
#
# $k = 1$: the sum has one term, which is the update of stochastic descent. $k = n$: the $n$
# distinct points are all the points, in whatever order. The engine, run in each of the modes, ends
# at the same weights, and so does a loop by hand over gradients derived on paper:


# %%
def by_hand(k, eta, epochs):
    w, rng = np.array(section_7.START), np.random.default_rng(3)
    inputs = np.hstack([X, np.ones((n, 1))])
    for _ in range(epochs):
        order = rng.permutation(n)
        for i in range(0, n, k):
            chosen = order[i : i + k]
            a = 1 / (1 + np.exp(-inputs[chosen] @ w))
            w = w - eta * inputs[chosen].T @ (a - y[chosen, 0]) / len(chosen)
    return w


for k, mode in ((1, "stochastic"), (n, "batch")):
    ends = {"by hand": by_hand(k, 0.3, 4)}
    for name, setting in ((f"batch_size={k}", {"batch_size": k}), (mode, {"mode": mode})):
        unit = section_7.neuron()
        update = optim.SGD(unit.parameters(), lr=0.3)
        optim.fit(unit, nn.BCEWithLogitsLoss(), update, X, y, epochs=4, rng=3, progress=False,
                  accuracy=False, **setting)  # fmt: skip
        ends[name] = np.array([unit.W.item(), unit.W0.item()])
    far = max(np.abs(end - ends["by hand"]).max() for end in ends.values())
    print(" = ".join(ends), "at", ends["by hand"].round(4), f"differing by {far:.0e} at most")

# %% [markdown]
# ## MINI-BATCH-SGD: each point once an epoch
#
# The textbook's loop, line by line, on `optim.batch_gradient_update`. It uses sums, so the step
# size is small.


# %%
def mini_batch_sgd(net, X, y, k, eta, epochs, rng):
    n = len(X)  # 1
    update = optim.SGD(net.parameters(), lr=eta)
    for _ in range(epochs):  # 2
        order = rng.permutation(n)  # 3
        for i in range(1, n // k + 1):  # 4
            chosen = order[(i - 1) * k : i * k]
            batch = X[chosen], y[chosen]
            optim.batch_gradient_update(net, batch, nn.BCEWithLogitsLoss("sum"), update)  # 5
    return [p.numpy() for p in net.parameters()]


ours = mini_batch_sgd(section_7.neuron(), X, y, 25, 0.02, 8, np.random.default_rng(0))
theirs = optim.mini_batch_sgd(
    section_7.neuron(), (X, y), 25, Loss=nn.BCEWithLogitsLoss(), eta=0.02, epochs=8, rng=0
)
print("the same as optim.mini_batch_sgd:", all(map(np.array_equal, ours, theirs)))
print(f"{n // 25} steps an epoch; {n % 25} of {n} points wait for the next shuffle")

# %% [markdown]
# If $k$ divides $n$, nobody waits. Here are 60 tumours in batches of 6, over five epochs. We hide
# the number of each tumour in the labels, so that we see who comes when. Beside it: what would have
# happened if each step had drawn its points anew.

# %%
turns = np.zeros((5, 60), int)
batches = optim.MiniBatches(X[:60], np.arange(60), 6, rng=0)
for epoch in range(5):
    for i, (_, who) in enumerate(batches, 1):
        turns[epoch, who] += i
met = np.bincount(np.random.default_rng(0).integers(60, size=5 * 60), minlength=60)
print("points in each batch:", np.unique([np.bincount(row)[1:] for row in turns]))
print("drawn anew, some tumour is met", met.min(), "times and another", met.max(), "times")
section_7.once_an_epoch(turns, met)

# %% [markdown]
# Each row on the left holds the batches 1 to 10, six points each: every point has exactly one
# colour in an epoch, and mostly another one in the next. Drawn anew, only 13 of the 60 points are
# met exactly five times.
#
# ### How large a batch?
#
# The digits, and a network of 32 hidden units. For each $k$ a step size that suits it; the loss
# over all 1,438 training digits, against the work and against the steps.

# %%
found = section_7.by_batch_size({1: 0.03, 16: 0.3, 128: 0.5, 1438: 0.5}, epochs=6, parts=8)
for k, rows in found.items():
    print(f"k = {k:4}: {int(rows[-1, 1]):5} steps in 6 epochs, loss {rows[-1, 2]:.3f}")
section_7.costs(found)

# %% [markdown]
# By work done, small batches win: their steps are cheap, and many. By steps, large batches win, but
# only up to a point: the curves of 128 and of all digits lie on each other, so that most of the
# work for the full gradient is wasted. And a computer does 16 points in hardly more time than one.
#
# A trap: take $k = 1437$, one less than $n$. Each epoch then ends with a batch of a single digit,
# and as losses are averaged here, this one digit gets a step as long as all the others together:

# %%
for drop_last in (False, True):
    net = section_7.reader()
    update = optim.SGD(net.parameters(), lr=0.5)
    history = optim.fit(net, nn.CrossEntropyLoss(), update, *section_7.digits()[0], epochs=6,
                        batch_size=1437, drop_last=drop_last, rng=0, progress=False)  # fmt: skip
    loss, _ = optim.evaluate(net, nn.CrossEntropyLoss(), *section_7.digits()[0])
    print(f"drop_last={drop_last!s:5}: {update.t:2} steps, loss {loss:.2f}")

# %% [markdown]
# ## The step size
#
# Back to the valley, with batch descent, forty steps each.

# %%
ways = {eta: section_7.path(lambda p, eta=eta: optim.SGD(p, lr=eta), n, 40) for eta in (0.02, 1, 5)}
section_7.step_sizes(ways, best)

# %% [markdown]
# η = 0.02 crawls. η = 1 zigzags a little at first and then goes down the valley. η = 5 is thrown
# from wall to wall and never settles. A step is stable while η times the curvature stays below 2,
# and at the lowest point that is $\eta < 2/0.517 = 3.9$, set by the steepest direction alone.
#
# ### A step size that decreases
#
# A stochastic step has noise in it, and a constant η keeps the noise alive for ever. For the
# guarantee η has to fall, not too fast and not too slowly: $\sum \eta_t = \infty$, so that any
# distance can be covered, and $\sum \eta_t^2 < \infty$, so that the noise dies out. The smallest
# problem shows it: $w$ is to find the mean radius, from 0 mm, one tumour at a time, with the loss
# $\frac12 (w - x)^2$. We look at 40 runs at once.

# %%
schedules = {
    "0.3": optim.Constant(0.3),
    "0.01": optim.Constant(0.01),
    "0.5/√t": lambda t: 0.5 / t**0.5,
    "1/t": optim.InverseTime(1.0),
    "0.5/t²": lambda t: 0.5 / t**2,
}
errors = section_7.wandering(schedules, 4000)
for name, error in errors.items():
    print(f"η = {name:7}: error {error[-1]:.3f} mm after 4,000 steps")
section_7.conditions(schedules, errors)

# %% [markdown]
# Constant steps stop getting better at a level of their own. $0.5/t^2$ has a finite sum, 0.82, and
# gets stuck 5 mm from the goal. $1/t$ meets both conditions and gets ever closer. $0.5/\sqrt t$
# breaks the second one; here it does get closer, only more slowly: the conditions suffice, they are
# not all that works.
#
# ## Running averages
#
# $A_t = \gamma_t A_{t-1} + (1 - \gamma_t) a_t$, from $A_0 = 0$. Everything in the rest of this
# section is made of it. How much does each $a_t$ count in $A_T$? Let the sequence be the rows of
# the identity matrix: then $A_T$ *is* the list of weights.


# %%
def weights_of(average, T=50):
    for row in np.eye(T):
        average.update(row)
    return average.value


weights = {f"γ = {g}": weights_of(optim.MovingAverage(g)) for g in (0.5, 0.9, 0.99)}
weights["γₜ = (t − 1)/t"] = weights_of(optim.RunningAverage(lambda t: (t - 1) / t))
for name, share in weights.items():
    print(f"{name:14}: the weights add up to {share.sum():.4f}")
section_7.shares(weights)

# %%
gamma, T = 0.9, 50
lab.compare(
    r"A_T = \sum_{t=1}^T \gamma^{T-t} (1 - \gamma)\, a_t",
    gamma ** (T - np.arange(1, T + 1)) * (1 - gamma),
    weights["γ = 0.9"],
)

# %% [markdown]
# With constant γ the past fades by a factor γ a step: straight lines, as the axis is logarithmic.
# The weights add up to $1 - \gamma^T$, which for γ = 0.99 is far from 1: after 50 steps 60 % of the
# average is still the zero it began with. That will be Adam's bias. (The textbook's sum begins at
# $t = 0$; there is no $a_0$.)
#
# ### Study question: $\gamma_t = (t-1)/t$ gives the mean
#
# The last curve above is flat: each weight is 1/50. The proof is one line and induction. If $(t-1)
# A_{t-1} = a_1 + \dots + a_{t-1}$, then $t A_t = (t - 1) A_{t-1} + a_t = a_1 + \dots + a_t$; and $1
# \cdot A_1 = 0 + a_1$. On real numbers, the radii one by one:

# %%
mean, far = optim.RunningAverage(lambda t: (t - 1) / t), []
for t, x in enumerate(X[:, 0], 1):
    far.append(abs(mean.update(x) - X[:t, 0].mean()))
print(
    f"after each of {n} radii, the running average is off from the mean by {max(far):.0e} at most"
)

# %% [markdown]
# What averages are good for: the losses of mini-batches while the digits are learnt. The dots are
# noise and trend together.

# %%
(X_train, y_train), held = section_7.digits()
net, losses = section_7.reader(), []


class Note(optim.Callback):
    def on_batch_end(self, training):
        losses.append(training.batch_loss)


optim.fit(
    net,
    nn.CrossEntropyLoss(),
    optim.SGD(net.parameters(), lr=0.1),
    X_train,
    y_train,
    epochs=2,
    batch_size=8,
    rng=0,
    progress=False,
    callbacks=[Note()],
)
running = {"γ = 0.9": optim.MovingAverage(0.9), "γ = 0.99": optim.MovingAverage(0.99)}
running["mean so far"] = optim.RunningAverage()
averages = {name: np.array([a.update(v) for v in losses]) for name, a in running.items()}
section_7.smoothed(np.array(losses), averages)

# %% [markdown]
# γ = 0.9 follows closely, and shakes. γ = 0.99 is smooth, and late; both begin near 0, which is the
# bias. The mean does not forget the bad beginning.
#
# ## Momentum
#
# $V_t = \gamma V_{t-1} + \eta\, g_t$ and $W_t = W_{t-1} - V_t$: the step is a running sum of
# gradients. What agrees adds up, what alternates cancels.
#
# ### Study question: the two forms are equivalent
#
# The other form averages, $M_t = \gamma M_{t-1} + (1 - \gamma) g_t$, and steps by $\eta' M_t$.
# Proof: $V_0 = \eta' M_0 = 0$, and if $V_{t-1} = \eta' M_{t-1}$ then with $\eta = \eta'(1 -
# \gamma)$ we get $V_t = \gamma\, \eta' M_{t-1} + \eta'(1 - \gamma) g_t = \eta' M_t$. The proof
# pulls one η' through all steps. So let us also try it with a step size that changes.


# %%
def both_forms(rate, gamma=0.9):
    def slower(t):
        return rate(t) * (1 - gamma)

    V = section_7.path(lambda p: optim.SGD(p, lr=slower, momentum=gamma), 16, 1000)
    M = section_7.path(
        lambda p: optim.SGD(p, lr=rate, momentum=gamma, momentum_form="average"), 16, 1000
    )
    return np.abs(V - M).max(axis=1)


apart = {
    "η' = 0.3": both_forms(optim.Constant(0.3)),
    "η' = 2/(1 + 0.01 (t − 1))": both_forms(optim.InverseTime(2.0, decay=0.01)),
}
for name, far in apart.items():
    print(f"{name}: largest difference in 1,000 steps {far.max():.1e}")
section_7.apart(apart)

# %% [markdown]
# With constant η' the two ways are the same to rounding. When η' falls they part, as $V$ still
# holds old gradients at their old, larger rates, and $M$ takes all at the new one.
#
# ### Study question: γ of 0.1 against 0.9
#
# More γ, more effect. We feed an optimizer with a gradient of two entries: one says 1 at each step,
# the other bounces between 1 and −1.

# %%
gradients = np.array([[1.0, (-1.0) ** t] for t in range(24)])
steps = {}
for gamma in (0.0, 0.1, 0.9):
    places = section_7.fed(lambda p, g=gamma: optim.SGD(p, lr=1.0, momentum=g), gradients)
    steps[f"γ = {gamma}"] = -np.diff(places, axis=0)
section_7.bouncing(steps)

# %%
print("             same sign:  1/(1 − γ)     bouncing:  1/(1 + γ)    their ratio")
long = np.array([[1.0, (-1.0) ** t] for t in range(400)])
for gamma in (0.0, 0.1, 0.9):
    V = np.abs(np.diff(section_7.fed(
        lambda p, g=gamma: optim.SGD(p, lr=1.0, momentum=g), long), axis=0))[-1]  # fmt: skip
    print(f"γ = {gamma}:    {V[0]:7.4f}    {1 / (1 - gamma):7.4f}      {V[1]:7.4f}"
          f"    {1 / (1 + gamma):7.4f}      {V[0] / V[1]:7.2f}")  # fmt: skip

# %% [markdown]
# γ = 0.1 hardly changes anything: agreement is rewarded by 1.1, bouncing damped to 0.91. γ = 0.9
# makes the agreeing step grow to 10 and damps the bouncing one to 0.53, a ratio of 19. On the
# valley, batch descent with the step size of $M$ at η' = 4, where plain descent bounces:

# %%
ways = {}
for gamma in (0.0, 0.1, 0.9):
    way = section_7.path(
        lambda p, g=gamma: optim.SGD(p, lr=4.0, momentum=g, momentum_form="average"), n, 60
    )
    ways[f"γ = {gamma}"] = way
    across, along = np.abs(np.diff(way, axis=0) @ direction[:, ::-1]).sum(axis=0)
    print(f"γ = {gamma}: way across the valley {across:5.1f}, along it {along:4.1f}")
section_7.paths(ways, best=best, wide=True)

# %% [markdown]
# Across the valley the steps alternate, and 0.9 takes nearly all of this motion out. Along it they
# agree, and all three get there. γ = 0.9 goes past the lowest point and turns round only then: it
# needs about ten steps to forget a direction.
#
# ## Adadelta and Adam: a step size for each weight
#
# In a deep network one η cannot fit all. Below, five layers, four of them sigmoids. How large are
# the gradients by layer, and how well does each method learn in 200 steps of 64 digits?

# %%
makers = {
    "SGD, η = 0.1": lambda p: optim.SGD(p, lr=0.1),
    "SGD, η = 1": lambda p: optim.SGD(p, lr=1.0),
    "adadelta, ε = 1e-6": lambda p: optim.Adadelta(p, lr=0.003, eps=1e-6),
    "adadelta, ε = 1e-12": lambda p: optim.Adadelta(p, lr=0.003, eps=1e-12),
    "Adam": lambda p: optim.Adam(p, lr=0.003),
}
layers, optimizers = {}, {}
for name, make in makers.items():
    net = section_7.deep()
    optimizers[name] = make(net.parameters())
    layers[name] = section_7.layer_by_layer(net, optimizers[name], 200)
    sizes = "  ".join(f"{np.sqrt((section_7.slope(W) ** 2).mean()):.0e}" for W in layers[name])
    loss, share = optim.evaluate(net, nn.CrossEntropyLoss(), *held)
    print(f"{name:19}: |g| by layer {sizes}   loss {loss:.2f}, {100 * share:.0f} % read")

# %% [markdown]
# With SGD the first layer's gradient is hundreds of times smaller than the last one's: the first
# layer stands still, and nothing is learnt. Adadelta divides each weight's gradient by
# $\sqrt{G_{t,j} + \epsilon}$, the root of its own average square. Adam does the same with $\hat v$
# and puts $\hat m$ in the place of the gradient. The *effective step sizes*, from the memory of the
# optimizers, weight by weight:


# %%
def of_adadelta(name, eps):
    state = optimizers[name].state
    return lambda W: 0.003 / np.sqrt(state[W]["G"] + eps)


def of_adam(W):
    return 0.003 / np.sqrt(optimizers["Adam"].state[W]["v"] / (1 - 0.999**200) + 1e-8)


effective = {
    "adadelta, ε = 1e-6": of_adadelta("adadelta, ε = 1e-6", 1e-6),
    "adadelta, ε = 1e-12": of_adadelta("adadelta, ε = 1e-12", 1e-12),
    "Adam": of_adam,
}
for name, size in effective.items():
    middle = "  ".join(f"{np.median(size(W)):7.3f}" for W in layers[name])
    print(f"{name:19}: median step size by layer {middle}")
section_7.sizes({name: layers[name] for name in effective}, effective)

# %% [markdown]
# Above, on the left, where nothing is learnt: the further from the loss a layer is, the smaller its
# gradients. Below: the smaller the gradients, the larger the step sizes, which is the point of both
# methods. It also shows what ε does. Where $g^2$ is far below ε the step size ends at
# $\eta/\sqrt\epsilon$ = 3 and the first layers are held back; with a smaller ε, or Adam, they are
# not. (Adam's first layer has a peak of its own at $\eta/\sqrt\epsilon$ = 30: weights of pixels
# that are always or nearly always blank, whose gradients are 0.)
#
# Dividing by the size of the gradient makes the *first* step independent of it. Adadelta begins
# with $G_1 = (1 - \gamma) g^2$, so it steps $\eta/\sqrt{1 - \gamma} = 3.16\,\eta$; Adam corrects
# its bias, and steps η:

# %%
g = np.array([[1e-3, -1.0, 50.0, 4000.0]])
for name, make in {
    "adadelta": lambda p: optim.Adadelta(p, lr=1.0, rho=0.9, eps=0.0),
    "Adam": lambda p: optim.Adam(p, lr=1.0, eps=0.0),
}.items():
    print(f"{name:8}: gradients {g[0]} make steps", section_7.fed(make, g)[1].round(4))

# %% [markdown]
# ### Adam's bias
#
# $m_t$ is a moving average that starts at 0, and so it is too small at first. We record the
# gradients of 60 mini-batches on the way into the valley.

# %%
B1 = 0.9
g = section_7.recorded(60)[:, 1]
moving = optim.MovingAverage(B1)
m, corrected = np.array([(moving.update(each), moving.corrected) for each in g]).T
gammas = np.array([B1 * (1 - B1 ** (t - 1)) / (1 - B1**t) for t in range(1, 61)])
section_7.biased(g, m, corrected, gammas)

# %% [markdown]
# Left: after 10 steps the orange average is still a third too small, as $1 - 0.9^{10} = 0.65$. The
# blue one is divided by that number, and is a fair average from the first step on, when it is
# $g_1$.
#
# ### Study question: $\hat m$ as a moving average
#
# Write $c_t = 1 - B_1^t$, so $m_t = c_t \hat m_t$. Put it in the recurrence and divide by $c_t$:
#
# $$\hat m_t = \frac{B_1 c_{t-1}}{c_t}\, \hat m_{t-1} + \frac{1 - B_1}{c_t}\, g_t .$$
#
# The two factors add up to 1, as $B_1 c_{t-1} + 1 - B_1 = c_t$. So $\hat m$ is a running average
# with $\gamma_t = B_1 (1 - B_1^{t-1})/(1 - B_1^t)$. It is 0 for $t = 1$, the start at 0 is
# forgotten at once, and grows to $B_1$ (the picture on the right). Over 1,000 recorded gradients:

# %%
g = section_7.recorded(1000)
for B1 in (0.5, 0.9, 0.99):
    running = optim.RunningAverage(lambda t, B=B1: B * (1 - B ** (t - 1)) / (1 - B**t))
    moving, far = optim.MovingAverage(B1), 0.0
    for each in g:
        moving.update(each)
        far = max(far, np.abs(running.update(each) - moving.corrected).max())
    print(f"B₁ = {B1}: the two differ by {far:.1e} at most, of {np.abs(g).max():.2f}")

# %% [markdown]
# ## All of them on the surface
#
# From the same place, 150 steps each. All but the first two see mini-batches of 16.

# %%
ways = {
    "batch": section_7.path(lambda p: optim.SGD(p, lr=1.0), n, 150),
    "SGD, k = 1": section_7.path(lambda p: optim.SGD(p, lr=0.2), 1, 150),
    "mini-batch": section_7.path(lambda p: optim.SGD(p, lr=1.0), 16, 150),
    "momentum": section_7.path(lambda p: optim.SGD(p, lr=0.1, momentum=0.9), 16, 150),
    "adadelta": section_7.path(lambda p: optim.Adadelta(p, lr=0.1), 16, 150),
    "Adam": section_7.path(lambda p: optim.Adam(p, lr=0.2), 16, 150),
}
for name, way in ways.items():
    J = section_7.surface(*way.T)
    below = np.flatnonzero(J < 0.3)
    first = f"from step {below[0]}" if below.size else "not"
    print(f"{name:10}: way of {np.linalg.norm(np.diff(way, axis=0), axis=1).sum():5.1f}, "
          f"below J = 0.3 {first}")  # fmt: skip
names = list(ways)
section_7.paths(
    {name: ways[name] for name in names[:3]}, {name: ways[name] for name in names[3:]}, best=best
)

# %% [markdown]
# Batch descent takes the walls in a few zigzags and then creeps along the floor; each of its steps
# costs 569 gradients. A single tumour is a bad guide: SGD has a fifth of the step size, and has not
# come as far. Mini-batches are below 0.3 as soon as batch descent, for a 36th of the work, and go
# on trembling about the floor, as η does not fall. Momentum gets there first, on a third of their
# way.
#
# Adadelta and Adam set out diagonally: both weights get steps of the same size, whatever their
# gradients. This evens out differences between *weights*. A valley that lies askew is a difference
# between *directions*, and no step size for each weight can even that out. What helps Adam here is
# its average of the gradients, which adadelta does not have.
#
# ## The race on the digits
#
# Now 2,410 weights in the place of two. Each optimizer gets six step sizes, the same start and the
# same shuffles, and ten epochs.

# %%
races = section_7.race(
    {
        "SGD": lambda p, eta: optim.SGD(p, lr=eta),
        "momentum": lambda p, eta: optim.SGD(p, lr=eta, momentum=0.9),
        "adadelta": lambda p, eta: optim.Adadelta(p, lr=eta),
        "Adam": lambda p, eta: optim.Adam(p, lr=eta),
    },
    {
        "SGD": (0.01, 0.03, 0.1, 0.3, 1, 3),
        "momentum": (0.003, 0.01, 0.03, 0.1, 0.3, 1),
        "adadelta": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1),
        "Adam": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1),
    },
    epochs=10,
)
for name, runs in races.items():
    rate = section_7.fastest(runs)
    history = runs[rate]
    print(f"{name:8} η = {rate:<5g} training loss {history.train_loss[-1]:.4f}, "
          f"{100 * history.validation_accuracy[-1]:.1f} % of the held-out digits read")  # fmt: skip
section_7.finish(races)

# %% [markdown]
# Adam is the fastest here and momentum next, each at the step size that was best for it. On digits
# that they never saw the four hardly differ: one digit is 0.28 %. The right picture tells more. The
# best step sizes are far apart, and SGD and momentum get better up to an edge beyond which they
# learn nothing at all. Adadelta and Adam are more patient with a step size that is too large.
#
# A surface over 2,410 weights cannot be drawn. A slice of it can, and if it goes through the two
# directions in which the trainings went furthest, their ways can be seen on it. A record keeps the
# weights of each on its way:

# %%
records = {}
for name, make in {
    "SGD": lambda p: optim.SGD(p, lr=1.0),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "adadelta": lambda p: optim.Adadelta(p, lr=0.01),
    "Adam": lambda p: optim.Adam(p, lr=0.01),
}.items():
    net = section_7.reader()
    records[name] = optim.TrainingRecord(every=4, keep_weights=True, live=False)
    optim.fit(net, nn.CrossEntropyLoss(), make(net.parameters()), X_train, y_train, epochs=5, rng=0,
              progress=False, callbacks=[records[name]])  # fmt: skip
_, ax = lab.subplots(1, 1, width=7, height=4.8)
ax = optim.plots.plot_loss_slice(net, nn.CrossEntropyLoss(), X_train, y_train, directions="path",
                                 paths=records, points=25, ax=ax)  # fmt: skip

# %% [markdown]
# One start, four ends, all of them low. SGD and momentum go one way; adadelta and Adam, which give
# each weight a step size of its own, go another. The line at the bottom says how much of each way
# lies in this plane. And here is all else that a record holds, Adam's:

# %%
records["Adam"]

# %% [markdown]
# On the right in the middle: the first steps change the weights by several per cent, the last ones
# by less than half a per cent, at the same η. The mini-batches agree less and less, and what they
# do not agree on cancels in $\hat m$.
#
# ## Exercises
#
# Write your function in place of the dots and run the cell. The check says what is wrong. When you
# are stuck, there are a hint and a solution below.

# %%
section_7.batch_gradient


# %%
def batch_gradient(X, Y, W): ...  # write it here


section_7.batch_gradient(batch_gradient)

# %%
# section_7.batch_gradient.hint()
# section_7.batch_gradient.show_solution()

# %%
section_7.average_weights


# %%
def average_weights(gamma, T): ...  # write it here


section_7.average_weights(average_weights)

# %%
# section_7.average_weights.hint()
# section_7.average_weights.show_solution()

# %%
section_7.momentum_move


# %%
def momentum_move(gradients, eta, gamma): ...  # write it here


section_7.momentum_move(momentum_move)

# %%
# section_7.momentum_move.hint()
# section_7.momentum_move.show_solution()

# %%
section_7.adam_step


# %%
def adam_step(gradients, eta, B1, B2, eps): ...  # write it here


section_7.adam_step(adam_step)

# %%
# section_7.adam_step.hint()
# section_7.adam_step.show_solution()

# %% [markdown]
# ## What the engine derived
#
# The textbook adds the gradients of the points of a mini-batch,
#
# $$\sum_{i=1}^k \nabla_W \mathcal{L}(h(x^{(i)}; W), y^{(i)}) .$$
#
# The engine never sees this sum. It sees one product of matrices, with the points as columns; five
# tumours:

# %%
five = [0, 100, 200, 300, 400]
net = nn.Sequential(section_7.neuron(), nn.Sigmoid())
loss = nn.NLL("sum")(net(X[five]), y[five])
loss.name = "loss"
loss.backward()
derived = ag.derive(loss, net[0].W)
derived

# %%
one_by_one = sum(X[[i]].T @ (1 / (1 + np.exp(-(X[[i]] * -0.7 + 1.5))) - y[[i]]) for i in five)
print(f"sum by hand and derived differ by {np.abs(one_by_one - derived.result).max():.1e}")
print(f"derived and backward differ by    {np.abs(derived.result - net[0].W.grad.data).max():.1e}")

# %% [markdown]
# ### Every optimizer, in its own words
#
# The rules of `optim` are functions of the engine too. Run on symbols, they say what they do:
# nobody has typed the equations below. The textbook's Adam steps by
#
# $$W_t = W_{t-1} - \frac{\eta}{\sqrt{\hat v_t + \epsilon}}\, \hat m_t, \qquad
# \hat m_t = \frac{m_t}{1 - B_1^t}, \quad \hat v_t = \frac{v_t}{1 - B_2^t} .$$


# %%
def fresh():
    return section_7.neuron().parameters()


all_of_them = {
    "SGD": optim.SGD(fresh(), lr=0.1),
    "with momentum": optim.SGD(fresh(), lr=0.1, momentum=0.9),
    "as an average": optim.SGD(fresh(), lr=0.1, momentum=0.9, momentum_form="average"),
    "adadelta": optim.Adadelta(fresh(), lr=0.1),
    "Adam": optim.Adam(fresh(), lr=0.003),
}
lab.equations(all_of_them)

# %% [markdown]
# In Adam's last line both corrections of the bias stand in one fraction; put the hats in, and they
# are the same. And with their numbers, those of the step that comes next: for the optimizers above
# the first, for the Adam that trained the deep network step 201.

# %%
lab.equations(all_of_them | {"Adam, step 201": optimizers["Adam"]}, numbers=True)

# %% [markdown]
# At step 201 there is nothing left of the correction by $B_1$. That by $B_2$ is still far from
# done: the factor is 0.0013 and not yet η = 0.003, as $v_t$ is still as much too small.
#
# A step can be differentiated like anything else. Adadelta's for one weight: $g$ goes in as the
# gradient, and twice more in the $g^2$ of $G$. These ways pull against the first.

# %%
rule = optim.Adadelta([ag.Tensor(0.0, requires_grad=True)], rho=0.9, eps=1e-6).param_groups[0].rule
g = ag.Tensor(2.0, requires_grad=True, name="g")
G = ag.Tensor(5.0, requires_grad=True, name="G")
step, _ = rule.update(0.0, g, G, t=1, lr=0.1, **rule.settings)
step.backward()
ag.explain(step, g)

# %%
ag.draw(step)
