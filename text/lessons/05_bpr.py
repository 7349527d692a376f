# %% [markdown]
"""
# Lesson 05: Clicks: BPR and implicit ALS

**Three quick questions from before.** Answer in your head, then open.

<details><summary>A rating table has 9 of 10 cells empty. What may you conclude from an empty cell?</summary>Nothing about taste: it is unknown, not zero. The sums of lessons 01 and 02 run over stored ratings only. (Lesson 01, section 1.)</details>
<details><summary>SGD shrinks the two vectors of each rating it visits. Which objective does that minimize: the plain or the weighted one?</summary>The weighted one. A row is shrunk as often as it is visited. (Lesson 01, section 5.)</details>
<details><summary>What share does AUC count?</summary>Of all pairs of a relevant and an irrelevant film, the share in which the relevant one has the higher score. (Lesson 04, section 1.)</details>

**When you have finished, you can**

- **O5.1** say what a click tells and what a missing click does not, and count the triples;
- **O5.2** derive BPR's loss as minus a log posterior, and name what it assumes;
- **O5.3** derive its three gradients, take one step at the old values, and expose the paper's two misprints;
- **O5.4** compute loss and gradient without overflow;
- **O5.5** prove that the loss bounds 1 − AUC;
- **O5.6** say what sampling does: the weighted penalty, and which other films are drawn;
- **O5.7** derive the update of implicit ALS with the Gram trick, and tell the conventions of confidence apart.

You need lessons 01, 02 and 04, and [card 7](00_start_here.ipynb#Card-7:-Logistic-likelihood) and [card 8](00_start_here.ipynb#Card-8:-MAP) of the primer. Reading the core and moving its widgets takes about 85 minutes, 100 if you follow every step with a pencil; what is folded away under *Deeper* can wait. The tasks are in [the exercises of this lesson](../exercises/05_bpr.ipynb), an hour and three quarters for all of them. Tasks 05.1 to 05.4 ask you to write the functions of this lesson: do each before you read ours.
"""

# %%
import json
from importlib.resources import files

import numpy as np
from scipy.special import expit

from recmath_lib import als, bpr, kernels, kernels_bpr, metrics, plots, ratings, widgets
from recmath_lib.datasets import LIKING, load_cinema, load_movielens
from recmath_lib.teaching import predict, show_source

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
r"""
## 1 From stars to clicks

Most people never give stars. They watch, buy, click. What do you know then? Three users and four films: user 0 clicked films 0 and 1, user 1 only film 0, user 2 films 0, 1 and 2.

A click says: of all films, this one was worth the effort. It does not say how good the film was. A missing click says less. The user may dislike the film, may not know it, may watch it tomorrow. All of that looks the same. So a model that predicts each cell, 1 for a click and 0 for none, has to believe that every empty cell is a "no".

**BPR** (Bayesian personalized ranking) believes less: a film that you clicked *ranks above* a film that you did not. Its data are **triples** $(u, i, j)$: user $u$ clicked $i$ and did not click $j$. Their set is called $D_S$. Of two films that $u$ clicked, it says nothing, and of two that she did not click, nothing either. It is still a belief: the film you would love and never heard of counts as $j$.

Write $\Omega_u$ for the films that $u$ clicked, $n_u$ for how many, $n$ for all films. Each click meets each film without one, so user $u$ has $n_u(n - n_u)$ triples. Her share of all triples, and so of every sum over $D_S$, is

$$\frac{n_u\,(n - n_u)}{\sum_{v} n_v\,(n - n_v)} \tag{5.1}$$

In the cinema of this course a click will be a film that a person *watched*. On MovieLens nobody recorded clicks, so there it will be a rating of 3.5 stars or more. *Before you run the cell:* on MovieLens, take the tenth of the people who have most triples. How much of $D_S$ is theirs: about 10 %, 20 % or 40 %?
"""

# %%
toy = ratings.from_triplets([0, 0, 1, 2, 2, 2], [0, 1, 0, 0, 1, 2], np.ones(6), shape=(3, 4))
clicked = toy.toarray() > 0
triples = [(u, i, j) for u in range(3) for i in range(4) for j in range(4) if clicked[u, i] and not clicked[u, j]]
print(f"|D_S| = 2·2 + 1·3 + 3·1 = {len(triples)}, shares by Eq. (5.1):", bpr.triple_shares(toy))
assert len(triples) == 10 and np.allclose(np.bincount([u for u, _, _ in triples]) / 10, bpr.triple_shares(toy))

cinema, movielens = load_cinema(), load_movielens()
watched = cinema.plays.astype(float)  # stored: how often a person watched a film
liked = movielens.ratings.data >= 3.5
who, what = ratings.rows_of(movielens.ratings)[liked], movielens.ratings.indices[liked]
real = ratings.from_triplets(who, what, np.ones(liked.sum()), shape=movielens.ratings.shape)
for name, clicks in {"cinema": watched, "MovieLens": real}.items():
    counts, shares = np.diff(clicks.indptr), np.sort(bpr.triple_shares(clicks))
    size, tenth = counts @ (clicks.shape[1] - counts), len(shares) // 10
    print(f"{name:9} {clicks.nnz:,} clicks, {size:,} triples; the tenth with most has {shares[-tenth:].sum():.0%}, "
          f"the tenth with fewest {shares[:tenth].sum():.0%}")
assert f"{shares[-tenth:].sum():.0%} {shares[:tenth].sum():.0%}" == "41% 1%" and size > 500e6

# %% [markdown]
r"""
It depends on the data, and on real data it is much: on MovieLens one tenth of the people has 41 % of the triples, and another tenth has 1 %. A user with few clicks hardly counts in a sum over $D_S$. AUC, averaged over users, gives each the same weight. (Someone who clicked nearly everything has few triples too: $n_u(n-n_u)$ is largest at $n_u = n/2$.)

## 2 One triple

Every user has a vector $p_u$ and every film a vector $q_i$, as before. The score of a film is $p_u\cdot q_i$. A triple asks for one number only, the **margin**:

$$x_{uij} = p_u\cdot q_i - p_u\cdot q_j = p_u\cdot(q_i - q_j) \tag{5.2}$$

Above 0, the films are in the right order. Our example, from here to section 5: $p_u = (1, 2)$, $q_i = (1, 0)$, $q_j = (0, 1)$. The margin is $1\cdot 1 + 2\cdot(-1) = -1$, the wrong order.

BPR reads the margin as evidence. It lets the order of the two films be a coin toss, a **Bernoulli** variable, and the coin is bent by the margin:

$$\Pr(i >_u j) = \sigma(x_{uij}) = \frac{1}{1 + e^{-x_{uij}}} \tag{5.3}$$

At margin 0 the order is open, at 2 it is 0.88 to 0.12, and our example has 0.27 to 0.73. Turn the pair round and $x$ changes its sign: $\sigma(-x) = 1 - \sigma(x)$, so the two chances add up to 1, as they should.

The likelihood of all triples is then taken as the *product* over $D_S$. That assumes that the triples are **independent**, given $P$ and $Q$. They cannot be. A ranking has no circles, and independent coins make some. Take user 0 of the toy. She clicked films 0 and 1, not 2 and 3, and so has four triples. *Before you run the cell:* all margins are 0. What is the chance that four independent coins put film 0 over 2, 2 over 1, 1 over 3 and 3 over 0, or the same circle the other way round?
"""

# %%
p, q_i, q_j, x = np.array([1.0, 2.0]), np.array([1.0, 0.0]), np.array([0.0, 1.0]), 1 * (1 - 0) + 2 * (0 - 1)
print(f"margin {x}, chance of the right order {bpr.order_probability(x):.4f}")
assert bpr.margins([p], [q_i, q_j], [[0, 0, 1]]) == x and np.allclose(bpr.order_probability([x, 2]), [0.2689, 0.8808], atol=5e-5)
circle = 2 * bpr.order_probability(np.zeros(4)).prod()
print(f"two circles, each with chance 1/16: {circle:.4f}")
assert circle == 0.125 and triples[:4] == [(0, 0, 2), (0, 0, 3), (0, 1, 2), (0, 1, 3)]

# %% [markdown] tags=["derivation"]
r"""
An eighth of the chance goes to orders that no ranking has. So the product is no likelihood of rankings. It is a **composite** likelihood: pieces that are each reasonable, multiplied as if they were independent. The point where it is highest is a useful fit. How *sure* it seems of that point means nothing.

## 3 From the posterior to the loss

Before any click, let the numbers in $P$ and $Q$ be independent of each other, each normal with mean 0 and variance $\tau^2$: the **prior**. Bayes' rule says that posterior = likelihood × prior / constant. Take logarithms. A number $\theta$ of the tables adds $\ln\big(e^{-\theta^2/2\tau^2}/\sqrt{2\pi\tau^2}\big) = -\theta^2/2\tau^2 - \tfrac12\ln 2\pi\tau^2$, and $\theta$ does not occur in the second part. So

$$\ln \Pr(P, Q \mid D_S) = \sum_{(u,i,j)} \ln\sigma(x_{uij}) - \frac{1}{2\tau^2}\big(\lVert P\rVert^2 + \lVert Q\rVert^2\big) + \text{const}.$$

Turn the sign round, because this course minimizes, and drop the constant:

$$L(P, Q) = -\sum_{(u,i,j) \in D_S} \ln\sigma(x_{uij}) + \lambda\big(\lVert P\rVert^2 + \lVert Q\rVert^2\big),\qquad \lambda = \frac{1}{2\tau^2} \tag{5.4}$$

Minus the log posterior and $L$ are equal **up to a constant**. They are not proportional. And the paper writes $\lambda$ for the variance of the prior, which it is not: the more spread you allow, the smaller the penalty. Check it at five random points, with $\tau = 0.7$. Add log likelihood and log prior to $L$: what is left should be the same number each time. The toy's tables hold 14 numbers, so it is $14\cdot\tfrac12\ln 2\pi\tau^2$, with the sign turned.
"""

# %%
tau, left = 0.7, []
for seed in range(5):
    P, Q = (np.random.default_rng(seed).normal(size=(rows, 2)) for rows in (3, 4))
    numbers = np.concatenate([P.ravel(), Q.ravel()])
    prior = np.log(np.exp(-(numbers**2) / (2 * tau**2)) / np.sqrt(2 * np.pi * tau**2)).sum()
    likelihood = np.log([1 / (1 + np.exp(-P[u] @ (Q[i] - Q[j]))) for u, i, j in triples]).sum()
    left.append(bpr.loss(P, Q, triples, reg=1 / (2 * tau**2)) + likelihood + prior)
    print(f"log likelihood {likelihood:8.4f}   log prior {prior:9.4f}   loss + both {left[-1]:.4f}")
print(f"-7 ln(2 pi tau^2) = {-7 * np.log(2 * np.pi * tau**2):.4f}")
assert np.allclose(left, -7 * np.log(2 * np.pi * tau**2))

# %% [markdown]
r"""
## 4 Three gradients

Start with the logarithm. $\ln\sigma(x) = -\ln(1 + e^{-x})$, so by the chain rule its slope is $e^{-x}/(1 + e^{-x})$. Multiply above and below by $e^{x}$:

$$\frac{d\ln\sigma(x)}{dx} = \frac{e^{-x}}{1 + e^{-x}} = \frac{1}{1 + e^{x}} = \sigma(-x) = 1 - \sigma(x) \tag{5.5}$$

Call it the **push** of the triple. In the wrong order by far it is nearly 1, settled it is nearly 0. (It is not $\sigma'(x) = \sigma(1-\sigma)$, which would give the worst triples no push at all.)

The margin is a product of two things that both move. By $p_u$ its gradient is $q_i - q_j$, by $q_i$ it is $p_u$, by $q_j$ it is $-p_u$. Let each triple bring a penalty of its own. The loss of one triple is then $\ell_{uij} = -\ln\sigma(x_{uij}) + \lambda\big(\lVert p_u\rVert^2 + \lVert q_i\rVert^2 + \lVert q_j\rVert^2\big)$. (Equation (5.4) has the penalty once, outside the sum. What that changes is section 7.) So

$$\frac{\partial \ell}{\partial p_u} = -\big(1 - \sigma(x)\big)\,(q_i - q_j) + 2\lambda\, p_u \tag{5.6}$$

$$\frac{\partial \ell}{\partial q_i} = -\big(1 - \sigma(x)\big)\, p_u + 2\lambda\, q_i \tag{5.7}$$

$$\frac{\partial \ell}{\partial q_j} = +\big(1 - \sigma(x)\big)\, p_u + 2\lambda\, q_j \tag{5.8}$$

A text that prints only the first of the three trains users and leaves the films where they are. In our example $x = -1$, and the push is 0.7311. With $\lambda = 0$ the gradients are $-0.7311\,(1, -1)$, $-0.7311\,(1, 2)$ and $+0.7311\,(1, 2)$.

**And floating point.** Take a triple in the wrong order by far, $x = -800$. *Before you run the next cell:* what does $e^{-x}/(1 + e^{-x})$ give there? And what does a program report as the loss of that triple if it guards its logarithm with $\ln(\sigma + 10^{-10})$? The last two lines that it prints have both without overflow.

**Your turn.** After that, do [tasks 05.0 to 05.2](../exercises/05_bpr.ipynb): the numbers of a triple by hand, then loss and gradient as functions. Then run the cell after the next and open its output with a click on the dots. It compares ours with finite differences, and with what torch's automatic differentiation found for six triples. Two of them have margins of 800 and −800.
"""

# %%
predict("05.q1", None, ["push 0, loss 800", "push 1, loss 800", "push not a number, loss 23", "push 1, loss infinity"])
with np.errstate(all="ignore"):
    x, printed = -800.0, np.exp(800.0) / (1 + np.exp(800.0))
    guarded, by_log = -np.log(expit(x) + 1e-10), -np.log(expit(x))
print(f"printed push {printed}; loss: guarded {guarded:.2f}, plain logarithm {by_log}")
print(f"push as expit(-x): {expit(-x):.1f}       because 1 - sigma(x) = sigma(-x), and expit is sigma without overflow")
print(f"loss as logaddexp(0, -x): {np.logaddexp(0, -x):.1f}   because -ln sigma(x) = ln(e^0 + e^-x)")
assert np.isnan(printed) and np.isclose(guarded, 23.03, atol=0.005) and np.isinf(by_log) and bpr.push(x) == 1

# %% jupyter={"outputs_hidden": true}
print("Your own functions pass their checks? Then open this.\n")
found = bpr.gradient(p, q_i, q_j, reg=0.0)
assert np.allclose(found, [[-0.7311, 0.7311], [-0.7311, -1.4621], [0.7311, 1.4621]], atol=5e-5)

def one_triple(place, values):
    """Loss of the triple with one of its vectors replaced."""
    three = [p, q_i, q_j]
    three[place] = values
    return np.log(1 + np.exp(-three[0] @ (three[1] - three[2]))) + 0.05 * sum(vector @ vector for vector in three)

for place, (name, ours) in enumerate(zip(("p_u", "q_i", "q_j"), bpr.gradient(p, q_i, q_j, reg=0.05), strict=True)):
    at, h = (p, q_i, q_j)[place], 1e-6
    slopes = [(one_triple(place, at + h * e) - one_triple(place, at - h * e)) / (2 * h) for e in np.eye(2)]
    print(f"by {name}: formula {ours}   finite differences {np.array(slopes)}")
    assert np.allclose(ours, slopes, atol=1e-8)
torch = json.loads(files("recmath_lib").joinpath("data/ranking_peers.json").read_text(encoding="utf-8"))["torch"]["triples"]
three = [np.array(torch[f"{side}_factors"]) for side in ("user", "positive", "negative")]
theirs = [torch[f"by_{side}"] for side in ("user", "positive", "negative")]
print("margins:", np.array(torch["margins"]), "  largest difference from torch below 1e-12")
assert np.allclose(bpr.gradient(*three, torch["reg"]), theirs, rtol=1e-12, atol=1e-12)
show_source(bpr.loss)
show_source(bpr.gradient)

# %% [markdown]
r"""
$e^{800}$ is infinity in floating point, so the printed push is infinity over infinity: not a number. One such triple makes the whole table `nan`. The guard with $10^{-10}$ is quieter and also wrong. No triple can cost more than 23.03, so beyond that the reported loss does not move when the model gets better or worse. `expit` and `logaddexp` remove both.

## 5 One step

Stochastic gradient descent takes a triple, or a small batch of them, and subtracts the gradients:

$$p_u^{+} = p_u - \eta\,\frac{\partial \ell}{\partial p_u},\qquad q_i^{+} = q_i - \eta\,\frac{\partial \ell}{\partial q_i},\qquad q_j^{+} = q_j - \eta\,\frac{\partial \ell}{\partial q_j} \tag{5.9}$$

with the learning rate $\eta$. All three gradients are taken at the **old** values. Update $p_u$ first and use the new one for $q_i$, and the three moves no longer belong to one point: the result is not Eq. (5.9), and it depends on the order. (In NumPy it happens by accident: `p = P[u]` is a view, and changes when you write to `P[u]`. [Task 05.3](../exercises/05_bpr.ipynb).)

**Two misprints.** The paper that introduced BPR maximizes, so the step of its listing adds. In its formula of the gradient it prints a minus in front of the push $e^{-x}/(1 + e^{-x})$: the data with the wrong sign. In its listing the step adds $+\lambda\theta$: the penalty with the wrong sign. Both are asked about wherever people compare code with the paper (implicit's issue 716 is one such place). The next cell takes 60 steps, each on all ten triples of the toy. It does so three times: by Eq. (5.9), with the wrong sign before the push, and with the wrong sign before the penalty. *Before you run the cell:* what does each misprint do to the order of the films?
"""

# %%
predict("05.q2", None, ["both end with wrong orders", "one of them ends with wrong orders", "both end with right orders"])

def walk(data_sign, penalty_sign, reg=0.05, lr=0.1):
    """Loss without penalty, triples in the right order, and length of all vectors after 60 steps."""
    tables = np.random.default_rng(0).normal(0, 0.5, (7, 2))  # three users, then four films
    u, i, j = (np.array(triples) + np.array([0, 3, 3])).T
    for _ in range(60):
        parts = bpr.gradient(tables[u], tables[i], tables[j], reg=0.0)
        change = np.zeros_like(tables)
        for rows, part in zip((u, i, j), parts, strict=True):
            np.add.at(change, rows, data_sign * part + penalty_sign * 2 * reg * tables[rows])
        tables -= lr * change
    x = bpr.margins(tables[:3], tables[3:], triples)
    return np.logaddexp(0, -x).sum(), np.mean(x > 0), np.linalg.norm(tables)

print(f"at the start a loss of about 10 ln 2 = {10 * np.log(2):.2f} without penalty")
for name, signs in {"as in Eq. (5.9)": (1, 1), "push turned round": (-1, 1), "penalty turned round": (1, -1)}.items():
    cost, right, length = walk(*signs)
    print(f"{name:20} loss without penalty {cost:7.2g}   right order {right:4.0%}   length of all vectors {length:7.2g}")

# %% [markdown]
r"""
The push turned round walks uphill: it ends with no triple in the right order. The penalty turned round is harder to see. The order comes out right, and the loss without penalty looks *better* than with the right sign. But nothing holds the vectors, and their length explodes. Held-out films would pay for it.

[Tasks 05.11 to 05.13](../exercises/05_bpr.ipynb) give you three such listings; find inputs that expose them.

**The widget.** Below is our example as three arrows, with the margin and its push on the curve of $\sigma$. It starts in the wrong order, at $x = -1$. The buttons make steps with $\lambda = 0$. *Before you run the cell:* the push shrinks from step to step. Does the triple ever stop moving?
"""

# %%
predict("05.w1", None, ["it stops when the order is right", "it stops when σ is 1", "it never stops, only slows down"])
signs = [walk(1, 1), walk(-1, 1), walk(1, -1)]
assert signs[0][1] == 1 and signs[1][1] == 0 and signs[2][1] == 1 and signs[2][2] > 10 * signs[0][2]
assert signs[2][0] < signs[0][0] < 10 * np.log(2) < signs[1][0]
starts = {
    "wrong order": (p, q_i, q_j),
    "films alike": ([1.0, 0.0], [0.0, 1.0], [0.1, 1.0]),
    "right order": ([1.0, 1.0], [1.5, 0.5], [-0.5, 0.0]),
}
plots.triple_step(bpr.gradient, starts, lr=0.2)

# %% tags=["nbval-ignore-output"]
one_step = [part - 0.2 * by for part, by in zip((p, q_i, q_j), bpr.gradient(p, q_i, q_j, 0.0), strict=True)]
by_library = bpr.sgd_step([p], [q_i, q_j], [[0, 0, 1]], lr=0.2, reg=0.0)
assert np.allclose(one_step[0], by_library[0]) and np.allclose(one_step[1:], by_library[1])
def walked(reg, lr):
    """The example's three vectors after 1,500 steps, and the least sum of their squared lengths on the way."""
    three, least = (p, q_i, q_j), np.inf
    for _ in range(1500):
        three = [part - lr * by for part, by in zip(three, bpr.gradient(*three, reg), strict=True)]
        least = min(least, np.sum(np.square(three)))
    return three, least

(free, least), (held, _), (gone, _) = walked(0.0, 0.01), walked(0.1, 0.1), walked(0.5, 0.1)
assert least < 7 < np.sum(np.square(free)) and np.allclose(gone, 0)
assert np.isclose(bpr.push(held[0] @ (held[1] - held[2])), np.sqrt(2) * 0.1)
widgets.triple_step(bpr.gradient, starts, lr=0.2)

# %% [markdown]
r"""
It never stops. The push $\sigma(-x)$ is above 0 at every margin. While the order is wrong, the three squared lengths together shrink (small steps change their sum with $4\sigma(-x)\,x$). From then on they grow for ever, more and more slowly. With $\lambda > 0$ this triple comes to rest where its push is $\sqrt2\,\lambda$. But at rest its margin is not below 0, so its push is at most ½. A $\lambda$ above $1/(2\sqrt2) = 0.35$ is too strong for that, and all three vectors end at 0.

## 6 What the loss promises

What has $-\ln\sigma$ to do with a ranking? Take a triple with margin $x$ and divide its loss by $\ln 2$: that is $\log_2(1 + e^{-x})$. Compare it with the bracket $[x < 0]$, which is 1 for a wrong order and else 0.

- If $x < 0$, then $e^{-x} > 1$, so $1 + e^{-x} > 2$ and the logarithm is above 1.
- If $x > 0$, the logarithm is above 0, because $1 + e^{-x} > 1$.
- At $x = 0$ it is exactly 1. AUC counts a tie as one half.

So a triple never counts more among the wrong ones than its loss over $\ln 2$. Average over the triples of one user who has some, $0 < n_u < n$. The share in the wrong order is $1 - \mathrm{AUC}_u$, by Eq. (4.4) with the clicked films as the relevant ones:

$$1 - \mathrm{AUC}_u \;\le\; \frac{1}{n_u(n-n_u)}\sum_{i \in \Omega_u}\sum_{j \notin \Omega_u} \frac{-\ln\sigma(x_{uij})}{\ln 2} \tag{5.10}$$

Push the loss down, and the ceiling of $1 - \mathrm{AUC}_u$ comes down. [Task 05.10](../exercises/05_bpr.ipynb) lets you put the proof together. It promises no more than it says. And it is about one user. The mean over all of $D_S$ counts triples, not people: put that on the right, and on the left each $1 - \mathrm{AUC}_u$ has the share (5.1) of its user. The bound is about the films you trained on. It is about AUC, where a mistake at the bottom of the list costs as much as one at the top: NDCG is not in it. And it can be empty: at $P = Q = 0$ every term is 1, and $1 - \mathrm{AUC} \le 1$ you knew before.

*Before you run the cell:* a user has two triples. Model A gives them the margins 0.1 and 0.1, model B gives 5 and −0.1. Which has the lower loss, and which the higher AUC?
"""

# %%
predict("05.q3", None, ["A has both", "B has both", "A the lower loss, B the higher AUC", "B the lower loss, A the higher AUC"])
for name, x in {"A": [0.1, 0.1], "B": [5.0, -0.1]}.items():
    print(f"model {name}: loss / ln 2 = {bpr.misordered_bound(x):.2f}, AUC {np.mean(np.array(x) > 0):.1f}")
assert bpr.misordered_bound([5.0, -0.1]) < 0.55 and 0.92 < bpr.misordered_bound([0.1, 0.1]) < 0.94
rng, gaps = np.random.default_rng(0), []
for _ in range(500):  # random scores of 12 films, 4 of them clicked
    scores, labels = rng.normal(0, rng.uniform(0.1, 5), 12), np.arange(12) < 4
    x = (scores[labels][:, None] - scores[~labels]).ravel()
    gaps.append(bpr.misordered_bound(x) - (1 - metrics.auc(labels, scores)))
print(f"500 random rankings: the bound is above 1 - AUC by at least {min(gaps):.4f}, at most {max(gaps):.2f}")
scores = rng.normal(size=(3, 4))
wrong = [1 - metrics.auc(*of_user) for of_user in zip(clicked, scores, strict=True)]
x = [scores[u, i] - scores[u, j] for u, i, j in triples]
assert min(gaps) > 0 and bpr.triple_shares(toy) @ wrong <= bpr.misordered_bound(x)
assert np.isclose(bpr.triple_shares(toy) @ wrong, np.mean(np.array(x) < 0))
plots.cost_and_step(bpr.misordered_bound, margin=-1.0)

# %% [markdown] tags=["derivation"]
r"""
Model B has the lower loss, and half of its triples in the wrong order. A's triples are right by a little, and cost 0.93 each. B's margin of 5 costs nearly nothing, and that pays for the wrong one. A lower ceiling is not a lower $1 - \mathrm{AUC}$.

## 7 What sampling does

Nobody visits nine million triples to make one step. SGD draws them: a click $(u, i)$ with all clicks alike, then another film $j$. Three things come in with the draw.

**The user has a law.** With all clicks alike, $u$ is drawn with the share $n_u / \sum_v n_v$. Now draw $j$ among *all* films, all alike, and let it be one that $u$ clicked. Skip the step, and every triple of $D_S$ has the same chance: user $u$ has the share (5.1). Draw $j$ again, as we do, and she keeps $n_u / \sum_v n_v$: each of her triples weighs $1/(n - n_u)$. In the toy, user 2 has 3 of 10 triples and half of the clicks.

**The penalty is weighted.** A step shrinks the three vectors of *its* triple. So over $T$ drawn triples SGD minimizes, on average,

$$\frac{1}{T}\sum_{(u,i,j)}\Big[-\ln\sigma(x_{uij}) + \lambda\big(\lVert p_u\rVert^2 + \lVert q_i\rVert^2 + \lVert q_j\rVert^2\big)\Big] \tag{5.11}$$

Count how often a row is in the sum. If user $u$ is in $T_u$ triples and film $i$ in $T_i$, on either side, the penalty adds up to $\frac{\lambda}{T}\big(\sum_u T_u\lVert p_u\rVert^2 + \sum_i T_i\lVert q_i\rVert^2\big)$: the *weighted* penalty of lessons 01 and 02, with triples in place of ratings. Equation (5.4) has the plain one. A $\lambda$ of one is no $\lambda$ of the other.

**The other film has a law.** Which films can be $j$, and how likely is each? With $\mathcal N_u$ the films that may be drawn and $w_j$ their weights,

$$d_{uj} = \frac{w_j}{\sum_{l \in \mathcal N_u} w_l}\quad\text{for } j \in \mathcal N_u \tag{5.12}$$

`"uniform"`: films that $u$ has not clicked, all alike. `"popular"`: the same films, in proportion to their clicks. `"unchecked"`: all films alike, without looking whether $u$ clicked them, which is quicker.

Does the law change what is learned? Let one score per film be all there is, and let each user click film $i$ with chance $a_i$. A film must be free for her, and then be drawn: let $d_j$ be how often that happens, up to a factor. The pair $\{i, j\}$ comes in the order $(i, j)$ with weight $a_i d_j$, the other way round with $a_j d_i$. The loss of this pair is least where $\sigma(x)$ is the share of the first (set the slope $a_i d_j\,\sigma(-x) - a_j d_i\,\sigma(x)$ to 0), that is where

$$x_{ij} = \ln\frac{a_i d_j}{a_j d_i} = \ln\frac{a_i}{d_i} - \ln\frac{a_j}{d_j}.$$

All pairs agree on that with the scores $s_i = \ln a_i - \ln d_i$, and with no others, up to one number added to all. (The loss is convex in the scores, so a slope of 0 is its minimum.) `"unchecked"` has $d = 1$ and leaves $\ln a$. `"uniform"` has $d = 1 - a$ and leaves $\ln\frac{a}{1-a}$, the log odds of a click. `"popular"` has $d = (1 - a)\,a$ and leaves $-\ln(1-a)$, which is next to 0 for a film that few have clicked: the popularity is divided out. The last two differ by exactly $\ln a$. *Before you run the cell:* train on the cinema with each law, and look for the films that were hidden. How far does the AUC fall with `"popular"`, compared with `"uniform"`?
"""

# %%
a, left = np.array([0.5, 0.3, 0.15, 0.05]), {}
for law, d in {"unchecked": np.ones(4), "uniform": 1 - a, "popular": (1 - a) * a}.items():
    s = left[law] = np.log(a / d)
    slope = [sum(a[j] * d[i] * expit(s[i] - s[j]) - a[i] * d[j] * expit(s[j] - s[i]) for j in range(4)) for i in range(4)]
    print(f"{law:9} scores {s}, where every slope of the loss is {abs(np.max(np.abs(slope))):.4f}")
    assert np.allclose(slope, 0, atol=1e-15)
assert np.allclose(left["popular"], -np.log(1 - a)) and np.allclose(left["uniform"] - left["popular"], np.log(a))
drawn = np.bincount(bpr.draw_triples(toy, 30_000, seed=0)[:, 0]) / 30_000
of_clicks = np.diff(toy.indptr) / 6
print("the toy's users drawn:", drawn.round(2), "  share of clicks", of_clicks, "  of triples", bpr.triple_shares(toy))
assert np.allclose(drawn, of_clicks, atol=0.01)
P, Q = (np.random.default_rng(1).normal(size=(rows, 2)) for rows in (3, 4))
in_triples = np.bincount(np.array(triples)[:, 0]), np.bincount(np.array(triples)[:, 1:].ravel())
penalty = 0.1 * sum(count @ np.sum(table**2, axis=1) for count, table in zip(in_triples, (P, Q), strict=True))
total = 10 * bpr.sampled_objective(P, Q, triples, reg=0.1)
print(f"ten triples: Eq. (5.11) {total:.4f} = loss {total - penalty:.4f} + weighted penalty {penalty:.4f}")
assert np.isclose(total, bpr.loss(P, Q, triples, reg=0.0) + penalty)

predict("05.q4", None, ["it stays the same", "by about 0.1", "to 0.5, no better than a coin"])
train, test = ratings.split(watched, test=0.2, by="user", seed=0)
popularity = np.bincount(train.indices, minlength=240)

def means(scores, seen=train, hidden=test):
    """AUC and NDCG@10 of the hidden films, averaged over people."""
    return [values.mean() for values in bpr.held_out_scores(scores, seen, hidden).values()]

tried = {"popularity alone": popularity}
for name, reg in {"uniform": 0.03, "unchecked": 0.03, "popular": 0.03, "popular, a tenth of λ": 0.003}.items():
    law = name.split(",")[0]
    state = bpr.fit(train, n_factors=8, reg=reg, lr=0.05, n_epochs=20, seed=0, negatives=law)
    tried[name] = state.user_factors @ state.item_factors.T
tried["popular, + ln popularity"] = tried["popular"] + np.log(popularity)
by_law = {name: means(scores) for name, scores in tried.items()}
spread = {name: np.atleast_2d(scores).mean(axis=0).std() for name, scores in tried.items()}
for name, (area, ndcg) in by_law.items():
    told = f"   films' mean scores spread by {spread[name]:.2f}" if tried[name].ndim == 2 else ""
    print(f"{name:25} AUC {area:.3f}   NDCG@10 {ndcg:.3f}{told}")
last, first = (bpr.held_out_scores(tried[name], train, test)["NDCG@10"] for name in (name, "uniform"))
print("last line minus uniform, NDCG@10: {:+.3f} to {:+.3f}".format(*metrics.bootstrap_interval(last - first)))
assert max(by_law, key=lambda name: by_law[name][1]) == name and metrics.bootstrap_interval(last - first)[0] > 0
assert 0.08 < by_law["uniform"][0] - by_law["popular"][0] < 0.12 and by_law["popular"] < by_law["popularity alone"]
a = popularity / 800
print(f"spread of ln a/(1 - a) in the cinema {np.log(a / (1 - a)).std():.2f}, of -ln(1 - a) {np.log(1 - a).std():.2f}")
own = tried["popular, a tenth of λ"] - tried["popular, a tenth of λ"].mean(axis=0)
own -= own.mean(axis=1, keepdims=True)
print(f"with a tenth of λ, a person's scores differ from the films' means by {own.std():.2f}")
assert np.isclose(own.std(), 0.79, atol=0.02) and spread["popular"] < 0.05 < 0.15 < spread["popular, a tenth of λ"] < 0.25 and spread["uniform"] > 0.4

# %% [markdown]
r"""
By about 0.1, far below popularity alone. The films' mean scores say why. Where the log odds differ from film to film by 0.74 (their standard deviation), $-\ln(1-a)$ differs by 0.17: less than a quarter of the popularity is left, in the right order, but small. And that little the penalty has pressed flat, to 0.03. A tenth of the penalty leaves 0.20. That is still small beside the taste of each person, 0.79, which orders the list: the AUC is no better. What the model has learned is taste, with the popularity divided out. That is no use to somebody who wants to find what people will watch, and popular films are watched. But you know what was divided out, so you can put it back: add $\ln$ of the popularity to the scores. The same model now has the best numbers of the table: ahead of `"uniform"`, and the interval of the difference does not reach 0. (One explanation: its factors need not carry the popularity.)

`"unchecked"` takes clicked films for unclicked ones. In the cinema nearly a quarter of these triples is wrong, and it costs. On MovieLens, with 9,066 films, it would be one in forty (*Deeper*). (Factors, $\lambda$ and epochs were chosen for `"uniform"`, on clicks held out of train.)

**The widget.** BPR again with a tenth of that penalty. A quarter of train is held out, and after every epoch three numbers are taken: the loss by Eq. (5.11), on triples of the training part, and AUC and NDCG@10 of the held-out films. *Before you run the cell:* after which of the twenty epochs is NDCG@10 at its best?
"""

# %%
predict("05.w2", None, ["about epoch 3", "about epoch 10", "epoch 20, the last"])
part, valid = ratings.split(train, test=0.25, by="user", seed=1)
states = list(bpr.epochs(part, n_factors=8, reg=0.003, lr=0.05, n_epochs=20, seed=0))
judged = [means(state.user_factors @ state.item_factors.T, part, valid) for state in states]
curves = {"loss": [state.objective for state in states], "AUC": [a for a, _ in judged], "NDCG@10": [g for _, g in judged]}
shown = ["Exploding Helicopter", "Goodbye to the River", "Honeymoon at the Flower Stall",
         "The Bleeding Scarecrow", "Beyond the Glass Nebula"]  # the five films of lesson 00
labelled, maps = [cinema.titles.index(title) for title in shown], [state.item_factors for state in states]
plots.ranking_epochs(maps, curves, cinema.titles, labelled)

# %% tags=["nbval-ignore-output"]
loss, area, ndcg = curves.values()
assert np.argmax(ndcg) == 10 and np.argmin(loss) == 20 and np.isclose(ndcg[10] - ndcg[20], 0.02, atol=0.005)
assert max(area) - area[20] < 0.005
spread = np.linalg.svd(maps[5] - maps[5].mean(axis=0), compute_uv=False)
assert spread[0] > 2.5 * spread[1]
widgets.ranking_epochs(maps, curves, cinema.titles, labelled)

# %% [markdown]
r"""
After epoch 10. In the ten epochs that follow it loses a tenth of its best value, 0.02. Meanwhile the loss falls. AUC stays where it is, to half a hundredth. The training loss bounds the AUC of the *training* triples; what happens at the top of a list of held-out films it does not know. So stop by what you want, on held-out clicks. And slide back to the start: for three epochs the films lie in a heap, because at $P = Q = 0$ all gradients are 0 and the way out of it begins slowly. Then they spread, along one direction first.

## 8 Implicit ALS: all cells, but not equally sure

There is another way to read clicks. It dates from the same years and *does* predict each cell (Hu, Koren and Volinsky, 2008). The trick is to say how sure one is. Every cell has a **preference** $\pi_{ui}$: 1 for a click, 0 for none. And a **confidence**. With $r_{ui} \ge 0$ how often or how much $u$ used $i$,

$$c_{ui} = 1 + \alpha\, r_{ui} \tag{5.13}$$

A cell without a click has confidence 1: a weak "no". A film watched once, at $\alpha = 1$, has 2. The objective is a sum over **all** cells:

$$J(P, Q) = \sum_{u=1}^{m}\sum_{i=1}^{n} c_{ui}\,(\pi_{ui} - p_u\cdot q_i)^2 + \lambda\big(\lVert P\rVert^2 + \lVert Q\rVert^2\big) \tag{5.14}$$

While $Q$ stands still, user $u$ has a weighted ridge regression. With her confidences on the diagonal of $C_u$, the gradient $-2Q^\top C_u(\pi_u - Q\,p) + 2\lambda p$ is 0 at

$$p_u = \big(Q^\top C_u\, Q + \lambda I\big)^{-1} Q^\top C_u\,\pi_u \tag{5.15}$$

Now count. $Q^\top C_u Q$ is a sum over all $n$ films, for each of $m$ users: $mn$ cells where lesson 02 had ratings only. The cinema has three and a half cells for each click, MovieLens about a hundred.

**The Gram trick.** Write the sum out, take 1 away from each confidence and add it again:

$$Q^\top C_u\, Q = \sum_{i=1}^{n} q_i q_i^\top + \sum_{i=1}^{n} (c_{ui} - 1)\, q_i q_i^\top = Q^\top Q + Q_u^\top (C_u - I)\, Q_u \tag{5.16}$$

The first sum is the same for everybody: make it once. In the second, every film without a click has $c_{ui} - 1 = 0$. Only her own films are left, the rows of $Q_u$. On the right-hand side of the system $\pi_{ui} = 0$ does the same: $Q^\top C_u\,\pi_u = \sum_{i \in \Omega_u} c_{ui}\, q_i$. So a half-step over all $mn$ cells costs about what one over the clicks costs.

**Your turn:** [task 05.4](../exercises/05_bpr.ipynb). Then open the output of the next cell.
"""

# %% jupyter={"outputs_hidden": true}
print("Your own function passes its check? Then open this.\n")
Q = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, -1.0]])
preference, sure = np.array([1.0, 0.0, 1.0, 0.0]), np.array([2.0, 1.0, 5.0, 1.0])  # two clicks, alpha 1, r = 1 and 4
own = sure > 1
by_hand = Q.T @ Q + Q[own].T @ np.diag(sure[own] - 1) @ Q[own]
print("all four films:  ", (Q.T @ np.diag(sure) @ Q).tolist(), "\nby the Gram trick:", by_hand.tolist())
assert np.allclose(Q.T @ np.diag(sure) @ Q, by_hand) and round(watched.shape[0] * watched.shape[1] / watched.nnz, 1) == 3.5
all_cells = als.implicit_update_row(Q, preference, sure, reg=0.5)
confidence = ratings.from_triplets([0, 0], [0, 2], sure[own], shape=(1, 4))
print("p_u from all cells", all_cells, "  from her clicks and the Gram matrix", als.implicit_half_step(confidence, Q, 0.5)[0])
assert np.allclose(all_cells, als.implicit_half_step(confidence, Q, reg=0.5)[0])
large = als.confidence(train, alpha=1.0)
Q_start = np.random.default_rng(0).normal(size=(240, 4))
assert np.allclose(als.implicit_half_step(large, Q_start, 10.0), als.implicit_half_step_loop(large, Q_start, 10.0))
show_source(als.implicit_update_row)
show_source(als.implicit_half_step_loop)

# %% [markdown]
r"""
A half-step cannot raise its objective, for the reason of lesson 02: it finds the least value over all $P$. (The tests of the course take a thousand random ones.) `als.implicit_half_step` runs on the same buckets as lesson 02's.

## 9 Which one finds the hidden films?

Three tables. The first two are about the cinema, where the chance of every click is known: the cinema drew them, 800 × 240 coins. Rank by that chance, the **propensity**, and no model can be expected to do better: it is the ceiling. In the first table a click is a film that a person *watched*. In the second it is a film that she *rated*. Same people, same films, same models.

All settings were chosen for NDCG@10 on clicks held out of train. One line keeps everything and changes only $\alpha$, to 40, the value that the paper recommends for its data. The next chooses $\lambda$ again for it. The interval is the bootstrap of lesson 04; the second one, of the *difference* from popularity, asks each person about both. *Before you run the cell:* which wins on the watched films? And how far below the ceiling will popularity be?
"""

# %%
predict("05.q5", None, ["BPR", "implicit ALS", "popularity"])

def compare(models, seen, hidden):
    """AUC, and NDCG@10 with its 95 % interval and that of its difference from popularity."""
    values = {name: bpr.held_out_scores(scores, seen, hidden) for name, scores in models.items()}
    base, ends = values["popularity"]["NDCG@10"], {}
    for name, value in values.items():
        ndcg, ends[name] = value["NDCG@10"], metrics.bootstrap_interval(value["NDCG@10"] - base)
        (low, high), told = metrics.bootstrap_interval(ndcg), "minus popularity {:+.3f} to {:+.3f}".format(*ends[name])
        print(f"{name:20} AUC {value['AUC'].mean():.3f}   NDCG@10 {ndcg.mean():.3f} ({low:.3f} to {high:.3f})   "
              f"{told if ndcg is not base else ''}".rstrip())
    return values, ends

def implicit(clicks, alpha, n_factors, reg):
    """Scores of implicit ALS after six sweeps."""
    state = als.implicit_fit(als.confidence(clicks, alpha), n_factors, reg, n_sweeps=6, seed=0)
    return state.user_factors @ state.item_factors.T

keen = expit(-2.5 + cinema.popularity + 1.5 * (cinema.would_rate - 3))  # watches it without rating it
truth = 1 - (1 - cinema.propensities) * (1 - keen)
print(f"1 watched: {watched.nnz / truth.size:.3f} of all cells, by the true chances {truth.mean():.3f}")
on_watched, gain = compare({
    "popularity": popularity, "BPR": tried["uniform"], "implicit ALS": implicit(train, 1.0, 4, 20.0),
    "the same, alpha 40": implicit(train, 40.0, 4, 20.0), "alpha 40, lambda 150": implicit(train, 40.0, 4, 150.0),
    "known propensity": truth,
}, train, test)
rated = ratings.with_data(cinema.ratings, np.ones(cinema.ratings.nnz))
train_rated, test_rated = ratings.split(rated, test=0.2, by="user", seed=0)
print(f"\n2 rated: {rated.nnz / truth.size:.3f} of all cells, by the true chances {cinema.propensities.mean():.3f}")
state = bpr.fit(train_rated, 1, reg=0.01, lr=0.05, n_epochs=30, seed=0)
on_rated, gain_rated = compare({
    "popularity": np.bincount(train_rated.indices, minlength=240), "BPR": state.user_factors @ state.item_factors.T,
    "implicit ALS": implicit(train_rated, 1.0, 1, 1.0), "known propensity": cinema.propensities,
}, train_rated, test_rated)

# %% [markdown]
r"""
**Watched.** Both models beat popularity, and implicit ALS leads with 0.325. (The popular draws of section 7, with their popularity put back, had 0.31.) The ceiling is 0.42: much is left to find. With $\alpha = 40$ the same implicit ALS falls *below* popularity. A film watched once now weighs 41 times an empty cell, the fit bends to the clicks it has seen, and $\lambda = 20$ is too weak to hold it: $\lambda = 150$ brings it back above popularity. $\alpha$ and $\lambda$ belong together: choose both, on held-out clicks.

**Rated.** Nobody beats popularity. For both models the best number of factors was *one*, and with one factor a model can say little more than how popular a film is. Are the models bad? Look at the ceiling: not even the true chances are clearly ahead of popularity. There is next to nothing to find. In this cinema one more star adds 1.5 to the log odds of watching a film without rating it, and only 0.2 to those of rating it. Before you ask which model is best, ask what a click depends on.

**Real films.** On MovieLens nobody knows the ceiling. Of each person's clicks the last fifth in time is hidden, as it would be in use. The settings were chosen the same way, on the last fifth of what remained. *Before you run the cell:* implicit ALS led on the watched films, in AUC and in NDCG@10. Will it here?
"""

# %%
predict("05.q6", None, ["it leads in both", "in AUC only", "in NDCG@10 only", "in neither"])
times = ratings.from_triplets(who, what, movielens.times.data[liked], shape=real.shape)
early, late = ratings.split(real, test=0.2, by="time", times=times)
state = bpr.fit(early, 16, reg=0.01, lr=0.05, n_epochs=30, seed=0)
on_real, gain_real = compare({
    "popularity": np.bincount(early.indices, minlength=early.shape[1]),
    "BPR": state.user_factors @ state.item_factors.T, "implicit ALS": implicit(early, 1.0, 32, 10.0),
}, early, late)
assert min(gain[name][0] for name in ("BPR", "implicit ALS", "alpha 40, lambda 150")) > 0 > gain["the same, alpha 40"][1]
assert LIKING == 0.2
assert f"{on_watched['implicit ALS']['NDCG@10'].mean():.3f} {by_law['popular, + ln popularity'][1]:.2f}" == "0.325 0.31"
assert all(gain_rated[name][0] < 0 < gain_rated[name][1] for name in ("BPR", "implicit ALS"))
assert round(on_watched["known propensity"]["NDCG@10"].mean(), 2) == 0.42 and gain_rated["known propensity"][0] < 0
assert min(gain_real["BPR"][0], gain_real["implicit ALS"][0]) > 0 and real.shape[0] * real.shape[1] // real.nnz == 97
best = {name: max(on_real, key=lambda model: on_real[model][name].mean()) for name in ("AUC", "NDCG@10")}
assert best == {"AUC": "BPR", "NDCG@10": "implicit ALS"}
areas = [on_real[model]["AUC"] for model in ("BPR", "implicit ALS")]
low, high = metrics.bootstrap_interval(areas[0] - areas[1])
print(f"AUC of BPR minus that of implicit ALS: {low:+.3f} to {high:+.3f}")
assert low > 0 and on_watched["implicit ALS"]["AUC"].mean() > on_watched["BPR"]["AUC"].mean()
values = {name: value["NDCG@10"] for name, value in on_real.items()}
lows, highs = zip(*map(metrics.bootstrap_interval, values.values()), strict=True)
plots.intervals(list(values), [value.mean() for value in values.values()], lows, highs, "NDCG@10")

# %% [markdown]
r"""
In NDCG@10 only, where it has half as much again as popularity. BPR has the best AUC, and the interval of the difference lies above 0. On the watched films implicit ALS was ahead in both. So this is one data set with one choice of settings, and no law. The bound of section 6 does not decide it either: it is about the films trained on. But if a list of ten is what you show, a high AUC is not what you need.

**How libraries do it.** Read in the sources of LightFM 1.17 (in the fork rectools-lightfm), of cornac 3.0 and of implicit (for its BPR in the public repository, whose version may not be yours):

| library | model ($b$: biases) | other film $j$ | what its `reg` is here |
|---|---|---|---|
| implicit `BayesianPersonalizedRanking` | $b_i + p_u\cdot q_i$ | the film of a random click: `"popular"`; clicked by $u$: no step (`verify_negative_samples`, on by default) | $2\lambda$ |
| LightFM `loss="bpr"` | $b_u + b_i + p_u\cdot q_i$ | the film of a random click: `"popular"`; clicked by $u$: draws again | `user_alpha` and `item_alpha`, 0 unless set |
| cornac `BPR` | $b_i + p_u\cdot q_i$ | `"uniform"`; clicked by $u$: no step | $2\lambda$ |
| cornac `WBPR` | $b_i + p_u\cdot q_i$ | `"popular"`; clicked by $u$: no step | $2\lambda$ |
| implicit `AlternatingLeastSquares` | $p_u\cdot q_i$ | all cells | $\lambda$ |

"No step" with `"uniform"` is what makes every triple alike, as the paper has it; "draws again" is our way (section 7). implicit and LightFM draw `"popular"`: if such a model recommends strange films, this is the first thing to look at. (Item biases are [task 05.5](../exercises/05_bpr.ipynb).)

The confidence differs too. The paper's is $1 + \alpha r$. implicit takes the stored number itself, times its `alpha`: $\alpha r$. With clicks of $r = 1$ and its default `alpha=1.0`, a click has confidence 1, like an empty cell. To have the paper's $1 + \alpha r$ there, store $1 + \alpha r$. Below 1 a click would count *less* than an empty cell; our `implicit_half_step` refuses such numbers.

## Summary

| you want | use | watch |
|---|---|---|
| an order out of clicks | triples and the margin, Eq. (5.2) | who has most of them, Eq. (5.1) |
| the loss | $-\sum\ln\sigma$, Eq. (5.4), by `logaddexp` | $\lambda = 1/2\tau^2$; a composite likelihood |
| the gradient | push $1 - \sigma(x)$, Eq. (5.5) to (5.8) | three of them; subtract; `expit(-x)` |
| a step | Eq. (5.9), at the old values | views of NumPy arrays |
| a promise | Eq. (5.10): AUC of the training triples | nothing about NDCG or held-out films |
| to know what SGD minimizes | Eq. (5.11), the weighted penalty | $\lambda$ is not that of Eq. (5.4) |
| other films | a law, Eq. (5.12) | scores learn $\ln a - \ln d$; after `"popular"` put $\ln a$ back |
| all cells, cheaply | implicit ALS, Eq. (5.13) to (5.16) | $1 + \alpha r$ or $\alpha r$; choose $\alpha$ and $\lambda$ together |

**Notation of this lesson.** $\Omega_u$: the films that $u$ clicked, $n_u$ of $n$; $D_S$: all triples $(u, i, j)$; $x_{uij}$: the margin; $\Pr$: a probability; $\sigma$: the logistic function; $\tau^2$: variance of the prior; $\ell_{uij}$, $L$: loss of one triple and of all; $\eta$: the learning rate (`lr`); $T$: how many triples were drawn, $T_u$ and $T_i$ with $u$ or $i$ in them; $\mathcal N_u$: the films that may be drawn for $u$, $w_j$: their weights, $d_{uj}$: the chance that $j$ is drawn; $a_i$: the chance that $i$ is clicked; $r_{ui}$: how much $u$ used $i$; $\alpha$: weight of a use; $\pi_{ui}$: preference; $c_{ui}$: confidence; $C_u$: the confidences of a user on a diagonal; $J$: objective of implicit ALS. Which of these letters mean something else in other lessons, [the page of lesson 00](00_start_here.ipynb#7-Notation) lists.

**Papers.** Rendle, Freudenthaler, Gantner and Schmidt-Thieme (2009), *BPR: Bayesian personalized ranking from implicit feedback*. Hu, Koren and Volinsky (2008), *Collaborative filtering for implicit feedback datasets*. Rendle, Krichene, Zhang and Koren (2022), *Revisiting the performance of iALS on item recommendation benchmarks*.

**Next.** Do [the exercises](../exercises/05_bpr.ipynb). BPR looks at pairs and does not see the top of the list. [Lesson 06](06_lambdarank.ipynb) gives each pair the weight that it has in NDCG.
"""

# %% [markdown] tags=["deeper"]
"""
## Deeper: spot the error

Two sentences from texts on BPR. What is wrong with each? Decide, then open.

1. "The log posterior is proportional to the log likelihood minus the penalty."
2. "The gradient of a triple is 1 − σ(x) times the difference of the two films."

<details><summary>Answers</summary>1: equal up to an added constant, not proportional. Multiply the prior by a number and the two differ by another constant, but the best tables stay. (The posterior itself is proportional to likelihood times prior. Its logarithm is not.) 2: that is one third of it, and without the penalty. The two films have gradients too, and a model that leaves them out never moves a film. The next cell trains that way.</details>
"""

# %% tags=["deeper"]
whole = users_only = tuple(np.random.default_rng(0).normal(0, 0.5, (rows, 2)) for rows in (3, 4))
for _ in range(300):
    moved = bpr.sgd_step(*users_only, triples, 0.1, 0.0)[0]
    whole, users_only = bpr.sgd_step(*whole, triples, 0.1, 0.0), (moved, users_only[1])
by_all, by_users = (bpr.loss(*tables, triples, reg=0.0) for tables in (whole, users_only))
assert by_users > 10 * by_all
print(f"loss after 300 steps: all three gradients {by_all:.2f}, that of the user alone {by_users:.2f}")

# %% [markdown] tags=["deeper"]
"""
## Deeper: a click counts once, or a person counts once

Of all triples of MovieLens' hidden films, which share does popularity put in the right order? And what is the mean of the same share over people? The first is dominated by those with many hidden films.
"""

# %% tags=["deeper"]
areas, hidden = on_real["popularity"]["AUC"], np.diff(late.indptr)
weights = (hidden * (early.shape[1] - np.diff(early.indptr) - hidden))[hidden > 0]
pooled = weights @ areas / weights.sum()
print(f"every person alike {areas.mean():.3f}, every triple alike {pooled:.3f}")
assert len(weights) == len(areas)

# %% [markdown] tags=["deeper"]
"""
## Deeper: when looking first is not worth it

How many of the `"unchecked"` films has the user clicked in fact? It is the share of clicked cells, weighed by clicks.
"""

# %% tags=["deeper"]
wrong = {}
for name, clicks in {"cinema": train, "MovieLens": early}.items():
    counts = np.diff(clicks.indptr)
    wrong[name] = counts @ counts / counts.sum() / clicks.shape[1]
    print(f"{name:9} {wrong[name]:.1%} of the triples have a clicked film on both sides")
assert 0.22 < wrong["cinema"] < 0.25 and round(1 / wrong["MovieLens"]) in (40, 41, 42) and early.shape[1] == 9_066

# %% [markdown] tags=["deeper"]
"""
## Deeper: drawing without trying

A film that the user has not clicked can be drawn by trying: draw any, look, draw again. `bpr.draw_negatives` does it in one go for `"uniform"`. It draws a place among the free films, and finds which film that is by one binary search for all users.
"""

# %% tags=["deeper"]
show_source(bpr.draw_negatives)

# %% tags=["deeper"]
show_source(bpr._nth_free)

# %% tags=["deeper"]
drawn = bpr.draw_triples(toy, 30_000, seed=0)
free = np.bincount(drawn[drawn[:, 0] == 1, 2], minlength=4) / np.count_nonzero(drawn[:, 0] == 1)
print("user 1, film 0 to 3:", np.round(free, 2), "  by Eq. (5.12):", bpr.negative_probabilities(toy, 1))
assert np.allclose(free, bpr.negative_probabilities(toy, 1), atol=0.02) and free[0] == 0

# %% [markdown] tags=["deeper"]
"""
## Deeper: the trainer, in code

`sgd_step` is Eq. (5.9) for a batch: all gradients at the old tables, and a row that is in several triples moves by the sum.
"""

# %% tags=["deeper"]
show_source(bpr.sgd_step)

# %% [markdown] tags=["deeper"]
"""
The trainer goes through all clicks in a new random order each epoch, 1,024 at a time.
"""

# %% tags=["deeper"]
show_source(bpr._epochs)

# %% [markdown] tags=["deeper"]
"""
Its step touches only the rows of the batch. It changes its tables in place, so it stands in a file of its own. Same numbers:
"""

# %% tags=["deeper"]
P, Q = (np.random.default_rng(2).normal(size=(rows, 2)) for rows in (3, 4))
expected = bpr.sgd_step(P, Q, triples, lr=0.1, reg=0.05)
kernels_bpr.step_in_place(P, Q, *np.array(triples).T, 0.1, 0.05)
assert np.allclose(P, expected[0]) and np.allclose(Q, expected[1])

# %% tags=["deeper"]
show_source(kernels_bpr.step_in_place)

# %% [markdown] tags=["deeper"]
r"""
## Deeper: other films that hurt, WARP

A film far down the list gives no push: $1 - \sigma(x)$ is nearly 0, and with thousands of films most draws are such. **WARP** (Weston, Bengio and Usunier, 2011; LightFM's `loss="warp"`) draws films until one scores too high, less than 1 below the clicked one. If that took $t$ draws of $n - 1$ films, about $(n-1)/t$ films score too high. So $\lfloor (n-1)/t \rfloor$ is an estimate of the rank, and the step is weighed by a slowly growing function of it: a mistake near the top gets many draws and a small rank, a mistake deep down few draws and a large one. How good is the estimate? With $v$ violators each draw hits one with chance $v/(n-1)$.
"""

# %% tags=["deeper"]
films = 1000
for v in (1, 10, 100):
    t = np.arange(1, 20_000)
    chance = v / films * (1 - v / films) ** (t - 1)
    print(f"{v:3} violators: {chance @ t:6.1f} draws on average, rank estimated {chance @ (films // t):6.1f} on average")
    assert np.isclose(chance @ t, films / v, rtol=1e-3)

# %% [markdown] tags=["deeper"]
"""
It is too high, more so near the top: one draw in a thousand hits at once and takes the film for the thousandth. LightFM uses the logarithm of the estimate, which tames that.
"""

# %% [markdown] tags=["deeper"]
"""
## Deeper: the mean of the epochs

The last steps of an epoch leave their mark on the tables, the more so the longer the steps. `average=True` leaves the steps alone and yields a running mean of the tables, in which later epochs weigh more (Shamir and Zhang, 2013). Take steps four times as long as in section 7, on the same films of the cinema. Both runs have the same seed, and so the same steps. How far does NDCG@10 jump from one epoch to the next?
"""

# %% tags=["deeper"]
told = {}
for name, average in {"single epochs": False, "their mean": True}.items():
    run = list(bpr.epochs(train, 8, reg=0.03, lr=0.2, n_epochs=16, seed=0, average=average))[9:]
    told[name] = np.array([means(state.user_factors @ state.item_factors.T)[1] for state in run])
jumps = {name: np.abs(np.diff(values)).max() / values.mean() for name, values in told.items()}

# %% tags=["deeper"]
for name, values in told.items():
    print(f"{name:14} after epochs 9 to 16: {values.round(2)}   largest jump {jumps[name]:.0%} of the level")
assert jumps["single epochs"] > 0.07 and jumps["their mean"] < 0.03
assert told["their mean"].min() > told["single epochs"].max()

# %% [markdown] tags=["deeper"]
"""
The single epochs jump by about a tenth. The mean does not, and after each of these epochs it is ahead. `benchmarks/bpr.py` uses it on MovieLens, and shows NDCG@10 by the seconds of training beside implicit, LightFM and cornac.
"""

# %% [markdown] tags=["deeper"]
"""
## Deeper: implicit ALS, sweep by sweep

`als.implicit_sweeps` is a trainer like the others: it yields a state per sweep. So the picture of section 7 shows it too, on the same part and held-out films. *Before you run the cell:* BPR took ten epochs to its best NDCG@10. How many sweeps until implicit ALS stays within 0.005 of its own best?
"""

# %% tags=["deeper"]
predict("05.q7", None, ["2 or 3", "4 or 5", "6 or more"])
sweeps = list(als.implicit_sweeps(als.confidence(part, 1.0), 4, 20.0, n_sweeps=8, seed=0))
numbers = [means(state.user_factors @ state.item_factors.T, part, valid) for state in sweeps]
by_sweep = {"objective / 1000": [state.objective / 1000 for state in sweeps],
            "AUC": [area for area, _ in numbers], "NDCG@10": [ndcg for _, ndcg in numbers]}
of_films = [state.item_factors for state in sweeps]
plots.ranking_epochs(of_films, by_sweep, cinema.titles, labelled, unit="sweep", first=1)

# %% tags=["deeper"]
lost = max(by_sweep["NDCG@10"]) - np.array(by_sweep["NDCG@10"])
assert 1 + np.argmax(lost < 0.005) == 4 and (lost[3:] < 0.005).all()
assert (np.diff([state.objective for state in sweeps]) < 0).all()

# %% [markdown] tags=["deeper"]
r"""
Four sweeps, and it stays there: each half-step is exact, and with these $\alpha$ and $\lambda$ more sweeps do no harm. The objective falls in every sweep, because no exact half-step can raise it (lesson 02).
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
## Deeper: the sum over all cells, without the cells

How does `implicit_objective` sum $mn$ squares without visiting $mn$ cells? Take every cell as an unclicked one first: its part is $(p_u\cdot q_i)^2$. Summed over all cells that is the squared length of the table $PQ^\top$, and a trace may be turned round:

$$\lVert PQ^\top\rVert^2 = \operatorname{tr}(PQ^\top QP^\top) = \operatorname{tr}(P^\top P\; Q^\top Q).$$

Two $k \times k$ matrices. Each clicked cell then adds $c_{ui}(1 - p_u\cdot q_i)^2$ and gives back its $(p_u\cdot q_i)^2$.
"""

# %% tags=["deeper"]
P, Q = (np.random.default_rng(3).normal(size=(rows, 2)) for rows in (3, 4))
sure = als.confidence(toy, alpha=2.0)
dense = np.where(clicked, sure.toarray(), 1) * (clicked - P @ Q.T) ** 2
assert np.isclose(als.implicit_objective(sure, P, Q, reg=0.0), dense.sum())

# %% tags=["deeper"]
show_source(als.implicit_objective)

# %% [markdown] tags=["deeper", "derivation"]
r"""
## Deeper: fewer clicks than factors

Write $G = Q^\top Q + \lambda I$, the matrix of everybody, and $D = C_u - I$ for the clicked films alone. A user with three clicks changes $G$ by a matrix of rank 3. **Woodbury's identity** inverts the sum from the inverse of $G$, which is made once, and a $3 \times 3$ system:

$$\big(G + Q_u^\top D\, Q_u\big)^{-1} = G^{-1} - G^{-1}Q_u^\top\big(D^{-1} + Q_u G^{-1} Q_u^\top\big)^{-1} Q_u G^{-1}.$$

(Multiply by $G + Q_u^\top D\,Q_u$ to see it. $D^{-1}$ needs confidences above 1; a click of confidence 1 adds nothing to the matrix and is left out here.) It is the dual of lesson 02 again: it pays where a user has clearly fewer clicks than there are factors.
"""

# %% tags=["deeper"]
Q = np.random.default_rng(4).normal(size=(50, 16))
own, D, G = Q[:3], np.diag([1.0, 2.0, 5.0]), Q.T @ Q + 0.5 * np.eye(16)
inner = np.linalg.inv(np.linalg.inv(D) + own @ np.linalg.inv(G) @ own.T)
woodbury = np.linalg.inv(G) - np.linalg.inv(G) @ own.T @ inner @ own @ np.linalg.inv(G)
assert np.allclose(woodbury, np.linalg.inv(G + own.T @ D @ own))

# %% [markdown] tags=["deeper"]
"""
The fast half-step, for all users at once:
"""

# %% tags=["deeper"]
show_source(kernels.solve_confident_rows)
