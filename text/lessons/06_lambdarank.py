# %% [markdown]
"""
# Lesson 06: LambdaRank

**Three quick questions from before.** Answer in your head, then open.

<details><summary>A score moves a little and no film changes its place. By how much does NDCG change?</summary>Not at all. NDCG is a staircase: flat almost everywhere, with jumps where two scores meet. (Lesson 04, section 5.)</details>
<details><summary>Which ideal does NDCG@K divide by?</summary>The DCG of the K largest labels of <em>all</em> judged films. (Lesson 04, section 3.)</details>
<details><summary>BPR's loss of a triple is −ln σ(x). What is its derivative by the margin x?</summary>−(1 − σ(x)) = −σ(−x): almost −1 for a pair in the wrong order, almost 0 for one in the right order. (Lesson 05, section 4.)</details>

**When you have finished, you can**

- **O6.1** derive RankNet's gradient from cross-entropy, and gather it per film;
- **O6.2** derive |ΔNDCG| in closed form, with a cut-off;
- **O6.3** write LambdaRank's lambda with the right slope, sign and pairs, and expose the misprints;
- **O6.4** say what LambdaRank optimizes and what it does not, and prove the bound;
- **O6.5** derive the softmax loss, its gradient and its bound;
- **O6.6** turn lambdas into trees, and read the options of LightGBM and XGBoost;
- **O6.7** carry the trick over to average precision.

You need lessons 04 and 05, and [card 7 of the primer](00_start_here.ipynb#Card-7:-Logistic-likelihood). Reading the core and moving its widgets takes about 90 minutes, or 100 with a pencil; what is folded away under *Deeper* can wait. The tasks are in [the exercises of this lesson](../exercises/06_lambdarank.ipynb), about two hours for all of them. Tasks 06.1 to 06.4 ask you to write the functions of this lesson: do each before you read ours.
"""

# %%
import json
from importlib.resources import files
from itertools import combinations
from math import comb

import numpy as np

from recmath_lib import graded, lambdarank, metrics, plots, widgets
from recmath_lib.datasets import load_cinema
from recmath_lib.teaching import predict, show_source

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
r"""
## 1 Two films: RankNet

Film Z is better for you than film A. A model gives them the scores $s_Z = \ln 2$ and $s_A = 0$. How sure is the model that Z belongs above A?

BPR had one answer, the logistic function $\sigma$ of the difference. **RankNet** has the same one, for graded labels and any scorer, with a slope $\beta > 0$ to choose:

$$P_{ij} = \sigma\big(\beta(s_i - s_j)\big) = \frac{1}{1 + e^{-\beta(s_i - s_j)}} \tag{6.1}$$

(Burges writes $\sigma$ for the slope. Here $\sigma$ is the logistic function and nothing else.)

Now take a pair with labels $y_i > y_j$. The wanted probability is $\bar P = 1$. The cross-entropy between wanted and given is $-\bar P \ln P_{ij} - (1 - \bar P)\ln(1 - P_{ij})$. Its second term is 0, and $-\ln P_{ij} = \ln\big(1 + e^{-\beta(s_i - s_j)}\big)$ is left. Add up the pairs, **each pair once, with the better film first**:

$$C = \sum_{(i,j)\,:\,y_i > y_j} \ln\big(1 + e^{-\beta(s_i - s_j)}\big) \tag{6.2}$$

Here films with equal labels make no pair. (Burges' RankNet may keep them, with $\bar P = \frac12$.) Write $C_{ij}$ for the loss of one pair, one term of the sum. How does it change with $s_i$? Let $x = s_i - s_j$. By the chain rule $\frac{d}{dx}\ln(1 + e^{-\beta x}) = \frac{-\beta e^{-\beta x}}{1 + e^{-\beta x}}$. Multiply above and below by $e^{\beta x}$:

$$\frac{\partial C_{ij}}{\partial s_i} = \frac{-\beta}{1 + e^{\beta(s_i - s_j)}} = -\frac{\partial C_{ij}}{\partial s_j} \tag{6.3}$$

The slope stands in front *and* in the exponent. In front comes from the chain rule. The loss sees only the difference, so what one film gets, the other gets with the opposite sign. *Before you run the cell:* compute $P_{ZA}$ and the derivative by $s_Z$ for $\beta = 2$.
"""

# %%
x, beta = np.log(2), 2.0  # e^(beta x) = 4
print(f"P {lambdarank.order_probability(x, beta):.4f}   dC/ds_Z {lambdarank.pair_gradient(x, beta):.4f}")
assert np.isclose(lambdarank.order_probability(x, beta), 4 / 5) and np.isclose(lambdarank.pair_gradient(x, beta), -2 / 5)
by_difference = (np.log1p(np.exp(-beta * (x + 1e-6))) - np.log1p(np.exp(-beta * (x - 1e-6)))) / 2e-6
assert np.isclose(by_difference, -2 / 5)
print("at differences of -1000, 0 and 1000:", lambdarank.pair_gradient([-1000, 0, 1000], beta) + 0.0)  # -0. becomes 0.
plots.pair_push(lambda s: lambdarank.ranknet_loss([s, 0], [1, 0], beta), lambda s: lambdarank.pair_gradient(s, beta), x)

# %% [markdown]
r"""
Four to one, and a push of $-2/5$. A pair that is far in the wrong order gets the whole slope, $-\beta$; a pair far in the right order gets nothing.

**The sign, once and for all.** Look at the picture. The loss falls to the right, so its derivative at $s_Z$ is *negative*. You *subtract* it: $s_Z \leftarrow s_Z - \eta\,\partial C/\partial s_Z$, with a learning rate $\eta$. Minus a negative number: the film goes *up*, as the arrow shows. Texts that draw arrows draw minus the gradient, and some call *that* $\lambda$. In this course $\lambda$ is what you subtract, and every arrow shows where a film goes. (Task 06.7 shows you both.)

**Three films.** Now also a film B that you do not want. In the order A, B, Z the labels are $y = (1, 0, 2)$ and the scores $s = (0, \ln 4, \ln 2)$: B stands first, wrongly. The pairs, better film first, are (A, B), (Z, A) and (Z, B). With $\beta = 2$ their derivatives by the better film's score are

- (A, B): $e^{2(0 - \ln 4)} = \frac{1}{16}$, so $-2/(1 + \frac{1}{16}) = -\frac{32}{17}$;
- (Z, A): $e^{2(\ln 2 - 0)} = 4$, so $-\frac25$;
- (Z, B): $e^{2(\ln 2 - \ln 4)} = \frac14$, so $-2/(1 + \frac14) = -\frac85$.

Gather them film by film. A film takes what its pairs say: with its sign where it is the better one, with the opposite sign where it is the other one. Write $g_{ij}$ for Eq. (6.3):

$$\frac{\partial C}{\partial s_i} = \sum_{j\,:\,y_i > y_j} g_{ij} \;-\; \sum_{j\,:\,y_j > y_i} g_{ji} \tag{6.4}$$

So A gets $-\frac{32}{17} + \frac25$, B gets $\frac{32}{17} + \frac85$, Z gets $-\frac25 - \frac85$. Each $g$ is counted once with each sign, so the sum over the films is 0.

**Your turn.** Do [task 06.1](../exercises/06_lambdarank.ipynb), and of task 06.0 the first two numbers; its other three need section 3. Then run the next cell and open its output with a click on the dots.
"""

# %% jupyter={"outputs_hidden": true}
print("Your own function passes its check? Then open this.\n")
y, s = np.array([1.0, 0.0, 2.0]), np.array([0.0, np.log(4), np.log(2)])  # A, B, Z
gathered = lambdarank.ranknet_gradient(s, y, slope=2.0)
print("dC/ds of A, B, Z:", gathered, f"  sum {abs(gathered.sum()):.4f}")
assert np.allclose(gathered, [-32 / 17 + 2 / 5, 32 / 17 + 8 / 5, -2 / 5 - 8 / 5])
for film, e in enumerate(np.eye(3) * 1e-6):
    rise = lambdarank.ranknet_loss(s + e, y, 2.0) - lambdarank.ranknet_loss(s - e, y, 2.0)
    assert np.isclose(rise / 2e-6, gathered[film])
show_source(lambdarank.ranknet_gradient)
show_source(lambdarank._gathered)

# %% [markdown] tags=["derivation"]
r"""
## 2 What is a swap worth?

RankNet counts pairs. To it, a mistake at ranks 1 and 2 is as bad as one at ranks 101 and 102. NDCG looks at the top. You cannot descend on NDCG. But you can ask how much it would change if two films *swapped their places* and all others stayed.

Write $G_i = 2^{y_i} - 1$ for the gain, $r_i$ for the rank, and $D(r) = 1/\log_2(1 + r)$ for the discount. Only two terms of DCG change. Before the swap they are $G_i D(r_i) + G_j D(r_j)$, after it $G_i D(r_j) + G_j D(r_i)$. Subtract and sort by gains:

$$\text{after} - \text{before} = G_i\big(D(r_j) - D(r_i)\big) - G_j\big(D(r_j) - D(r_i)\big) = (G_i - G_j)\big(D(r_j) - D(r_i)\big).$$

The ideal DCG does not depend on the order. So divide by it, and take the size without the sign; who should go up, the labels already say:

$$|\Delta\mathrm{NDCG}_{ij}| = \frac{\big|(G_i - G_j)\,(D(r_i) - D(r_j))\big|}{\mathrm{IDCG}} \tag{6.5}$$

For the three films: the order is B, Z, A, the gains of A, B, Z are 1, 0, 3. *Before you run the cell:* which of the three swaps changes NDCG most?
"""

# %%
third = 1 / np.log2(3)  # D(2); D(1) = 1 and D(3) = 1/2
ideal = 3 * 1 + 1 * third
by_hand = {"AB": 1 * (1 - 1 / 2) / ideal, "AZ": 2 * (third - 1 / 2) / ideal, "BZ": 3 * (1 - third) / ideal}
swaps, brute = lambdarank.delta_ndcg(s, y), []
order = np.argsort(-s, kind="stable")
for pair, (i, j) in zip(by_hand, combinations(range(3), 2), strict=True):
    swapped = [{i: j, j: i}.get(film, film) for film in order]  # really swap them, and measure
    brute.append(abs(metrics.ndcg_at_k(y[swapped]) - metrics.ndcg_at_k(y[order])))
    print(f"{pair}: by hand {by_hand[pair]:.4f}   by swapping {brute[-1]:.4f}   by Eq. (6.5) {swaps[i, j]:.4f}")
assert np.allclose(list(by_hand.values()), brute) and np.allclose(swaps[np.triu_indices(3, 1)], brute)

# %% [markdown]
r"""
B and Z: the unwanted film at the top and the best one just below it.

**With a cut-off K**, places beyond $K$ earn nothing: put $D(r) = 0$ for $r > K$, and cut the ideal at $K$ too. Then a swap of two films below $K$ changes nothing. Of the $n(n-1)/2$ pairs only those with a film in the top $K$ are left, fewer than $K \times n$. With 1,000 films and $K = 10$ that is 2 % of the pairs (the cell counts them). This is where the fast code gets its speed, and it is exact. (`benchmarks/lambdarank.py` times it beside the double loop over all pairs.) (Equal scores keep their input order here, as in lesson 04, so every film has one rank.)

**Your turn:** [task 06.2](../exercises/06_lambdarank.ipynb), `delta_ndcg`. Then meet person 377 of the cinema and eight of their candidate films. Scores come from the films' mean stars, grades 0 to 4 from the person. The map shows Eq. (6.5) for every pair, films in rank order. *Before you move the slider:* set $K = 3$. What happens to the swap of ranks 3 and 4, compared with the whole list?
"""

# %%
print(f"pairs with a film in the top 10 of 1,000: {1 - comb(990, 2) / comb(1000, 2):.1%}")
cinema = load_cinema()
data = graded.cinema_queries(cinema)
rows = data.queries[np.flatnonzero(data.users == 377)[0]] + np.arange(8)
grades, scores = data.labels[rows], np.round(2 * (data.features[rows, 0] - 3), 1)  # column 0: mean stars of the film
titles = [cinema.titles[film] for film in data.items[rows]]
predict("06.w2", None, ["it becomes 0", "it becomes smaller", "it becomes larger"])

# %% tags=["nbval-ignore-output"]
widgets.swap_heat_map(scores, grades, titles, lambdarank.delta_ndcg, cuts=range(1, 9), k=8)

# %% jupyter={"outputs_hidden": true}
by_rank = np.argsort(-scores, kind="stable")
whole, at_3 = (lambdarank.delta_ndcg(scores, grades, k)[np.ix_(by_rank, by_rank)] for k in (None, 3))
print(f"swap of ranks 3 and 4: whole list {whole[2, 3]:.3f}, K = 3 {at_3[2, 3]:.3f}, {at_3[2, 3] / whole[2, 3]:.1f} times")
plots.swap_heat_map(scores, grades, titles, lambdarank.delta_ndcg, k=3)

# %% [markdown]
r"""
It becomes larger, almost eight times as large. On the whole list ranks 3 and 4 differ by $D(3) - D(4) = 0.069$. With $K = 3$ rank 4 is worth nothing, and they differ by $D(3) = 0.5$. (The ideal shrinks a little, too.) Swaps below the cut are worth nothing.

## 3 LambdaRank

Take RankNet's force in each pair, and multiply it by what the pair is worth. That is **LambdaRank**:

$$\lambda_{ij} = \frac{-\beta}{1 + e^{\beta(s_i - s_j)}}\;|\Delta\mathrm{NDCG}_{ij}|\qquad\text{for } y_i > y_j \tag{6.6}$$

Gather them as before:

$$\lambda_i = \sum_{j\,:\,y_i > y_j}\lambda_{ij} \;-\; \sum_{j\,:\,y_j > y_i}\lambda_{ji} \tag{6.7}$$

Nobody wrote down a loss here and took its derivative. Burges and colleagues wrote down the *gradient*. If you hold the weights $|\Delta\mathrm{NDCG}_{ij}|$ fixed, it is the gradient of the weighted RankNet loss, and it has a second derivative. Write $\rho = 1/(1 + e^{\beta(s_i - s_j)})$. Then $d\rho/ds_i = -\beta\rho(1 - \rho)$, so the derivative of $-\beta\rho$ is $\beta^2\rho(1 - \rho)$. For $s_j$ both signs turn, and it is the same:

$$h_i = \sum_{j\,:\,y_j \neq y_i} \beta^2\rho_{ij}(1 - \rho_{ij})\,|\Delta\mathrm{NDCG}_{ij}| \tag{6.8}$$

($\rho_{ij}(1-\rho_{ij})$ does not care which of the two films comes first.) Trees will need it in section 7.

For the three films: A gets $-\frac{32}{17}$ times the worth of (A, B), plus $\frac25$ times that of (Z, A). *Before you run the cell:* RankNet pulls on Z 1.35 times as hard as on A. Will LambdaRank's ratio be larger or smaller?

**Your turn:** [task 06.3](../exercises/06_lambdarank.ipynb), `lambda_gradients`, and the other three numbers of task 06.0. Then open the output of the next cell.
"""

# %% jupyter={"outputs_hidden": true}
lambdas = lambdarank.lambda_gradients(s, y, slope=2.0)
a_by_hand = -32 / 17 * by_hand["AB"] + 2 / 5 * by_hand["AZ"]
z_by_hand = -2 / 5 * by_hand["AZ"] - 8 / 5 * by_hand["BZ"]
print("lambda of A, B, Z:", lambdas)
print(f"Z over A: RankNet {gathered[2] / gathered[0]:.2f}, LambdaRank {lambdas[2] / lambdas[0]:.2f}")
assert np.allclose(lambdas, [a_by_hand, -a_by_hand - z_by_hand, z_by_hand])
assert round(gathered[2] / gathered[0], 2) == 1.35
pairs = y[:, None] > y
e = np.array([0, 0, 1e-3])
frozen = [np.sum(swaps[pairs] * np.logaddexp(0, -2 * (now[:, None] - now)[pairs])) for now in (s - e, s, s + e)]
bends, by_differences = lambdarank.lambda_hessians(s, y, slope=2.0), np.diff(frozen, 2)[0] / 1e-6
print(f"second derivative by s_Z: Eq. (6.8) {bends[2]:.4f}, by differences {by_differences:.4f}")
assert np.isclose(bends[2], by_differences, rtol=1e-4)
show_source(lambdarank.delta_ndcg)
show_source(lambdarank.pair_lambdas)
show_source(lambdarank.lambda_gradients)

# %% [markdown]
r"""
Larger, 2.24. Z's strongest pair is the one with B, and that swap is worth 0.30. A's strongest pair is with B too, but its swap is worth 0.14.

Now the eight films again, with their forces as arrows. To the left RankNet, in the middle LambdaRank with $K = 3$. An arrow shows where a film goes: four times its next step. Compare arrows *within* a panel. The learning rates differ (they stand above the panels), since $|\Delta\mathrm{NDCG}|$ makes LambdaRank's forces small. Step, and watch NDCG@3. *Before you look:* three films have grade 4, at ranks 2, 3 and 6. Which one does LambdaRank lift most?
"""

# %% tags=["nbval-ignore-output"]
predict("06.w1", None, ["the one at rank 2", "the one at rank 3", "the one at rank 6"])
ndcg_of = lambda s, y, k: metrics.ndcg_from_scores(y, s, k)
ranknet = lambda s, y, slope, k: lambdarank.ranknet_gradient(s, y, slope)
forces = {"RankNet": ranknet, "LambdaRank": lambdarank.lambda_gradients}
stops = {"slopes": [0.25, 0.5, 1.0, 2.0, 4.0], "cuts": [1, 3, 5, 8]}
widgets.ranking_forces(scores, grades, titles, forces, ndcg_of, **stops, slope=1.0, k=3, n_steps=10)

# %% jupyter={"outputs_hidden": true}
lift = -lambdarank.pair_lambdas(scores, grades, k=3)[np.ix_(by_rank, by_rank)]
for place in (2, 6):
    print(f"rank {place}: all {lift[place - 1].sum():.2f}; with the film at rank 1, 2, ..., 8:", lift[place - 1] + 0.0)
in_order = lift[1, 2:].sum() / lift[1].sum()
print(f"rank 2: {in_order:.0%} from pairs that are in the right order already")

# %% [markdown]
r"""
The one at rank 2, and not because of the film above it. From the pair with rank 1, rank 6 gets three times as much (0.28 against 0.08): its swap is worth more. But rank 6 has no other pair that counts, because its other partners are beyond $K$ as it is itself. The film at rank 2 has four worse films beyond the cut, and a swap with any of them would cost it the whole $D(2)$. So 82 % of its lift comes from pairs that are *in the right order*. LambdaRank defends the top as well as storming it.

RankNet lifts the one at rank 6 most: three films of lower grade stand above it. Move $K$ to 5: with which film does LambdaRank agree then, and why? Move the slope. With a small one every pair pulls, also those in the right order. With a large one only the wrong ones pull.

## 4 Two misprints

Both stand in one text that is read a lot, *Recommendation & Ranking Mathematics*. **Spot the error** in each, then open the lines below.

1. $\lambda_{ij} = \dfrac{-\sigma'(x_{ij})}{1 + e^{x_{ij}}}\,|\Delta\mathrm{NDCG}_{ij}|$, with $x_{ij} = s_i - s_j$ and $\sigma'$ the derivative of the logistic function.
2. $\dfrac{\partial C}{\partial s_i} = \sum_{j \ne i}\big(\lambda_{ij} - \lambda_{ji}\big)$, over all other films $j$.

<details><summary>The errors</summary>The first reads Burges' slope σ as the function σ, and it gains a prime on the way. The second forgot y<sub>i</sub> &gt; y<sub>j</sub>.</details>

*Before you run the cell:* 50 lists of eight random films, scores free to move, are trained with Eq. (6.7). Then the second misprint takes over for as many steps. What does it do to NDCG?
"""

# %%
predict("06.q1", None, ["it stays", "it falls a little", "the whole gain is lost"])
misprint = lambda x: lambdarank.pair_gradient(x) * lambdarank.order_probability(x) * lambdarank.order_probability(-x)
for x in (0.0, -5.0, -10.0):
    print(f"x = {x:5.1f}: slope in front {lambdarank.pair_gradient(x):8.5f}   sigma' in front {misprint(x):8.5f}")

def over_all(s, y, weights=None):
    """The sum over all other films."""
    pair = lambdarank.pair_gradient(s[:, None] - s) * (lambdarank.delta_ndcg(s, y) if weights is None else weights)
    return (pair - pair.T).sum(axis=1)

def forty_steps(free, rule, lr=0.5):
    """Scores after 40 steps, each list for itself."""
    for _ in range(40):
        free = free - lr * np.array([rule(*query) for query in zip(free, labels, strict=True)])
    return free

rng = np.random.default_rng(0)
labels, free = rng.integers(0, 4, (50, 8)), rng.normal(size=(50, 8))
trained = forty_steps(free, lambdarank.lambda_gradients)
equal = forty_steps(trained, lambda s, y: over_all(s, y, weights=1.0), lr=0.05)
seen = {"random scores": free, "40 steps over y_i > y_j": trained, "then 40 over all j": forty_steps(trained, over_all),
        "or with equal weights": equal}
ends = {}
for name, now in seen.items():
    best_first = labels[np.arange(50), now.argmax(axis=1)] == labels.max(axis=1)
    ends[name] = metrics.ndcg_scores(labels, now).mean(), now.std(), best_first.mean()
    print(f"{name:23}: NDCG {ends[name][0]:.2f}, spread {ends[name][1]:.2f}, a best film first in {ends[name][2]:.0%}")

# %% [markdown]
r"""
**The first misprint** goes to sleep where it matters. At $x = 0$ it pushes with a quarter of the force. At $x = -10$, the worst mistake, it pushes with 0.00005 and the right one with 0.99995. It pushes hardest at $x = -\ln 2$, with $4/27$. It does push the right way, so a short training run may not show it. [Task 06.11](../exercises/06_lambdarank.ipynb) asks for an input that does.

**The second loses the whole gain, and more.** Why? Write out one term. Let $\Delta$ stand for $|\Delta\mathrm{NDCG}_{ij}|$, which is the same for $(i, j)$ and $(j, i)$. Then $\lambda_{ij} - \lambda_{ji} = \beta\Delta\,\big(\frac{1}{1 + e^{-\beta x}} - \frac{1}{1 + e^{\beta x}}\big) = \beta\Delta \tanh(\beta x/2)$. **The labels have canceled.** They are left in $\Delta$ alone, and $\Delta$ does not know who is better. What stays is a spring between every two films of different grade: subtract it, and the higher one goes down, the lower one up, good or bad.

Equal springs would shrink the list and keep its order: the last line of the cell has them, and NDCG stays where it was. These are not equal. $\Delta$ is largest for a film of high gain at the top. So the best film in the best place is pulled down hardest, and films that matter less pass it: a best film stood first in all lists, and then in one of ten. [Task 06.12](../exercises/06_lambdarank.ipynb) has it as a listing.

## 5 What LambdaRank optimizes

"LambdaRank directly optimizes NDCG." Does it? NDCG has no gradient to follow, and LambdaRank was not derived from a loss. What is known is of three kinds.

**A proof: a bound.** Call a pair *misordered* if $y_i > y_j$ but $r_i > r_j$. (By rank, so $s_i \le s_j$: equal scores can be misordered.) If any film has a gain, then

$$1 - \mathrm{NDCG} \;\le\; \sum_{\text{misordered}} |\Delta\mathrm{NDCG}_{ij}| \tag{6.9}$$

$$\sum_{\text{misordered}} |\Delta\mathrm{NDCG}_{ij}| \;\le\; \sum_{y_i > y_j} |\Delta\mathrm{NDCG}_{ij}|\,\log_2\!\big(1 + e^{-\beta(s_i - s_j)}\big) \tag{6.10}$$

The right side of Eq. (6.10) with its weights held fixed is the **frozen surrogate**. Its gradient, at the scores where it was frozen, is $\lambda_i / \ln 2$. So a surrogate near 0 proves a good ranking.

**Your turn:** [task 06.10](../exercises/06_lambdarank.ipynb) has the steps of the proof, shuffled. Put them in order, then open ours.

<details><summary>The proof of Eq. (6.9) and (6.10), in five steps</summary>

1. *From grades to yes and no.* A gain is a sum of steps: with thresholds $t$ and heights $c_t > 0$, $G_i = \sum_t c_t\,[y_i \ge t]$. Both $\mathrm{IDCG} - \mathrm{DCG}$ and $\sum_{\text{misordered}}(G_i - G_j)(D(r_j) - D(r_i))$ are sums over these steps, and one ideal order serves all of them. So it is enough to look at labels 0 and 1.
2. *What is missing.* Let $R$ films be relevant. The ideal fills the ranks 1 to $R$. Relevant films within the top $R$ are in both sums and cancel. What is left: $m$ places of the top $R$ that hold irrelevant films, and $m$ relevant films below. The numbers are equal, because $R$ places hold $R - m$ relevant films.
3. *Match them,* one irrelevant film $j$ of the top with one relevant film $i$ from below. Then $\mathrm{IDCG} - \mathrm{DCG} = \sum_{\text{matches}} \big(D(r_j) - D(r_i)\big)$. Every match is a misordered pair, and its term is what its swap is worth.
4. *The other misordered pairs* add nothing negative, because $D$ never rises. Divide by IDCG: Eq. (6.9).
5. *From the bracket to the logarithm.* A misordered pair has $s_i \le s_j$, so $e^{-\beta(s_i - s_j)} \ge 1$ and $\log_2(1 + \dots) \ge 1$. For the others it is above 0. That is Eq. (6.10).

Steps 2 and 4 used no more of $D$ than that it never rises. So both hold with a cut-off too.

</details>
"""

# %%
missing, cost = 1 - metrics.ndcg_from_scores(y, s), lambdarank.misordered_cost(s, y)
surrogate = lambdarank.frozen_surrogate(s, y)
print(f"A, B, Z: 1 - NDCG {missing:.4f} <= misordered {cost:.4f} <= surrogate {surrogate:.4f}")
up, down = (lambdarank.frozen_surrogate(s + e, y, at=s) for e in np.array([[0, 0, 1e-6], [0, 0, -1e-6]]))
assert np.isclose((up - down) / 2e-6, lambdarank.lambda_gradients(s, y)[2] / np.log(2))
rng, gaps = np.random.default_rng(0), []
for _ in range(10_000):
    labels, free = rng.integers(0, 5, 8), rng.normal(size=8)
    better, x, weights = labels[:, None] > labels, free[:, None] - free, lambdarank.delta_ndcg(free, labels, 5)
    missing, cost = 1 - metrics.ndcg_from_scores(labels, free, 5), weights[better & (x < 0)].sum()
    gaps.append((cost - missing, (weights * np.logaddexp(0, -x))[better].sum() / np.log(2) - cost))
smallest = np.min(gaps, axis=0)
print(f"10,000 random rankings at K = 5: smallest gaps {abs(smallest[0]):.3f} and {smallest[1]:.3f}")
assert smallest[0] > -1e-12 and smallest[1] > 0

# sections 2 to 4, checked here so that no cell tells its answer
assert round(at_3[2, 3] / whole[2, 3], 1) == 7.9 and not at_3[3:, 3:].any() and whole[3:, 3:].any()
assert round(1 / np.log2(4) - 1 / np.log2(5), 3) == 0.069 and np.isclose(1 / np.log2(4), 0.5)
assert round(lambdas[2] / lambdas[0], 2) == 2.24 and f"{swaps[1, 2]:.2f} {swaps[0, 1]:.2f}" == "0.30 0.14"
graded_4, lifted = metrics.ranks(scores)[grades == 4], {}
for name, force in forces.items():
    lifted[name] = [metrics.ranks(scores)[np.argmin(force(scores, grades, 1.0, k))] for k in (3, 5)]
assert sorted(graded_4) == [2, 3, 6] and grades[by_rank[0]] == 1 and np.sum(grades[by_rank[:5]] < 4) == 3
assert lifted == {"RankNet": [6, 6], "LambdaRank": [2, 6]}
assert f"{lift[5, 0]:.2f} {lift[1, 0]:.2f} {in_order:.2f}" == "0.28 0.08 0.82" and not lift[5, 1:].any()
assert np.sum(lift[1, 2:] > 0) == 4 and not lift[1, 1:3].any()
delta, x = lambdarank.delta_ndcg(s, y), s[:, None] - s
assert np.allclose(over_all(s, y), (delta * np.tanh(x / 2)).sum(axis=1))
(begun, *_), (top, wide, firsts), (lost, narrow, few), (kept, *_) = ends.values()
assert lost < begun < 0.8 < 0.98 < top and narrow < 0.5 < wide and np.isclose(kept, top) and firsts == 1 and few < 0.15
line = np.linspace(-5, 5, 100001)
assert abs(line[np.argmin(misprint(line))] + np.log(2)) < 1e-3 and np.isclose(misprint(-np.log(2)), -4 / 27)
assert np.allclose([misprint(-10.0), lambdarank.pair_gradient(-10.0)], [-0.00005, -0.99995], atol=5e-6)

# %% [markdown]
r"""
No ranking of the 10,000 breaks either bound. But a bound is no promise that LambdaRank *finds* a good ranking. After the step the ranks are others, so are the weights, and the surrogate is another function. The objective that the trainer reports may rise (*Deeper* shows it).

**An observation: local optimality.** Donmez, Svore and Burges (2009) trained with LambdaRank, then moved the parameters of the scorer in many random directions and measured NDCG on the training queries. Nowhere nearby was it better. That is a test with a confidence level, on their data. It is no theorem.

**And a small test.** Two features and a linear scorer $s = Xw$: the order depends only on the direction of $w$, so you can try all directions, and know the best NDCG there is. Twenty sets of six queries, labels with noise, so no direction is perfect. *Before you run the cell:* in how many of the 20 does LambdaRank come within 0.005 of the best?
"""

# %%
predict("06.q2", None, ["in all", "in most", "in less than half"])

def small_set(seed):
    """Six queries of eight films with two features; labels are a noisy line."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(48, 2))
    return X, np.clip(np.round(X @ [1, 0.5] + 1.2 * rng.normal(size=48) + 1), 0, 4)

def mean_ndcg(labels, scores):
    return metrics.ndcg_scores(labels.reshape(-1, 8), scores.reshape(-1, 8)).reshape(-1, 6).mean(axis=1)

angles, offsets, ends = np.linspace(0, 2 * np.pi, 720, endpoint=False), np.arange(0, 49, 8), []
for seed in range(20):
    X, labels = small_set(seed)
    directions = np.column_stack([np.cos(angles), np.sin(angles)])
    every = mean_ndcg(np.tile(labels, 720), (directions @ X.T).ravel())
    rates = ("lambdarank", 0.5), ("ranknet", 0.02)
    fits = [lambdarank.fit(X, labels, offsets, loss=loss, lr=lr, n_epochs=100) for loss, lr in rates]
    ends.append([every.max(), *(mean_ndcg(labels, fit.predict(X))[0] for fit in fits)])
best, by_lambda, by_ranknet = np.array(ends).T
close = np.sum(best - by_lambda < 0.005)
wins, losses = np.sum(by_lambda > by_ranknet + 1e-9), np.sum(by_lambda < by_ranknet - 1e-9)
print(f"mean NDCG: best {best.mean():.3f}, LambdaRank {by_lambda.mean():.3f}, RankNet {by_ranknet.mean():.3f}")
print(f"LambdaRank within 0.005 of the best in {close} of 20; above RankNet in {wins}, below in {losses}")

# %% [markdown] tags=["derivation"]
r"""
In less than half: it misses the best direction in most of the sets. That is a counter-example. And it is above RankNet, on NDCG, in no more than half of them. So what does LambdaRank optimize? *Nothing simple.* It follows a force field that puts weight where NDCG is decided. It often works well, as section 8 shows. It promises no optimum. ([Task 06.6](../exercises/06_lambdarank.ipynb) asks you again.)

## 6 The softmax loss

A second way to look at a list: all films at once. Turn scores into shares, $p_i = e^{s_i}/\sum_j e^{s_j}$, and labels into shares, $y_i/\sum_j y_j$. The cross-entropy between the two is the **softmax loss**:

$$L = -\sum_i \frac{y_i}{\sum_j y_j}\,\ln p_i \tag{6.11}$$

(Without a positive label it is 0. Cao's ListNet takes the softmax of the labels in place of $y_i/\sum y$; both go by that name, so look twice.) Its gradient: $\ln p_i = s_i - \ln\sum_j e^{s_j}$, and the derivative of $\ln\sum_j e^{s_j}$ by $s_l$ is $p_l$. The shares of the labels sum to 1, so

$$\frac{\partial L}{\partial s_l} = p_l - \frac{y_l}{\sum_j y_j} \tag{6.12}$$

No ranks, no pairs. Is it blind to the top? Take the *whole list*, and labels 0 and 1 with $R \ge 1$ ones. Every film at rank $r_i$ or above it has $s_j \ge s_i$. So

$$r_i \;\le\; \sum_j e^{s_j - s_i} = \frac{1}{p_i}.$$

And $D(r) = 1/\log_2(1 + r) \ge 1/r$, because $\log_2(1 + r) \le r$ for whole $r \ge 1$. So DCG is at least the sum of the $p_i$ of the relevant films. The ideal is at most $R$. And a mean is at least the geometric mean (Jensen, [card 9](00_start_here.ipynb#Card-9:-Jensen)): $\mathrm{NDCG} \ge \frac1R\sum_{\text{rel}} p_i \ge \exp\big(\frac1R\sum_{\text{rel}}\ln p_i\big) = e^{-L}$. The reciprocal rank is at least the *largest* of these $p_i$, and that is no less than their mean:

$$e^{-L} \le \mathrm{NDCG},\qquad e^{-L} \le \mathrm{RR} \tag{6.13}$$

Not with a cut-off: beyond $K$ the discount is 0, and $D(r) \ge 1/r$ fails (the cell has such a list). And not without a relevant film, whose NDCG is 0 here.

The frozen surrogate is a bound at one ranking. This one holds at all scores at once: descent on $L$ pulls down a bound of $-\ln\mathrm{NDCG}$. **Your turn:** [task 06.4](../exercises/06_lambdarank.ipynb), `softmax_loss`.
"""

# %%
liked = np.array([1.0, 0.0, 1.0])  # A and Z; the shares of A, B, Z are 1/7, 4/7, 2/7
loss, slopes = lambdarank.softmax_loss(s, liked), lambdarank.softmax_gradient(s, liked)
floor, ndcg = lambdarank.ndcg_floor(s, liked), metrics.ndcg_from_scores(liked, s)
print(f"L {loss:.4f}   gradient {slopes}   exp(-L) {floor:.4f}   NDCG {ndcg:.4f}")
assert np.isclose(loss, -(np.log(1 / 7) + np.log(2 / 7)) / 2)
assert np.allclose(slopes, [1 / 7 - 1 / 2, 4 / 7, 2 / 7 - 1 / 2])
assert lambdarank.softmax_loss([-1000, 1000], [1, 0]) == 2000  # without overflow
rng = np.random.default_rng(0)
for _ in range(1000):
    labels, free = np.append(rng.integers(0, 2, 7), 1), rng.normal(size=8)
    floor, top = lambdarank.ndcg_floor(free, labels), metrics.reciprocal_rank(labels[np.argsort(-free)])
    assert floor < min(top, metrics.ndcg_from_scores(labels, free))
assert (metrics.ranks(s) <= np.exp(s).sum() / np.exp(s)).all()
below, only_third = [1.0, 0.9, 0.8], [0, 0, 1]  # a relevant film beyond the cut
cut_off = lambdarank.ndcg_floor(below, only_third), metrics.ndcg_from_scores(only_third, below, 2)
print(f"with a cut-off at 2 it fails: exp(-L) {cut_off[0]:.2f}, NDCG@2 {cut_off[1]:.2f}")
assert cut_off[0] > cut_off[1]
assert close < 10 and wins <= 10  # section 5, checked here so that no cell tells its answer

# %% [markdown]
r"""
## 7 From scores to a scorer

So far each film had a score of its own. A recommender computes it from features. What the score does with a gradient is then the chain rule.

**A line.** $s = Xw$, so the gradient by $w$ is $X^\top\lambda$. `lambdarank.epochs` does that for four losses: *pointwise* (squared error of the grade), *ranknet*, *lambdarank*, *softmax*. It is a generator of states, as all trainers here.

**Trees: LambdaMART.** Add up many small regression trees. Each tree sorts the films into leaves by their features, so that films with like $\lambda_i$ fall together. All films of a leaf get the same value $v$ added to their score. Which $v$? Hold the weights fixed. By the first and second derivatives, Eq. (6.7) and (6.8), adding $v$ to the scores of a leaf changes the loss by about $v\sum\lambda_i + \frac12 v^2\sum h_i$, sums over the films of the leaf (a Taylor polynomial, one film at a time).

"About", because it leaves out the *mixed* second derivatives. Two films of one leaf move together, so their pair's loss does not change at all. But $\sum h_i$ counts that pair twice. So for a leaf that moves alone the parabola never bends too little at $v = 0$.

Add a penalty $\frac12\lambda v^2$, with the role of `reg` in lesson 01, there without the $\frac12$. (This $\lambda$ has no index.) The parabola is lowest where its derivative $\sum\lambda_i + (\sum h_i + \lambda)v$ is 0. That is one **Newton step**:

$$v = -\frac{\sum_{i \in \text{leaf}}\lambda_i}{\sum_{i \in \text{leaf}} h_i + \lambda} \tag{6.14}$$

The score of a film is the sum of the leaves it falls into, each shortened by the learning rate $\eta$:

$$s_i = \sum_{t} \eta\,v_{t,\,\text{leaf}_t(i)} \tag{6.15}$$

The trees are scikit-learn's; all the rest is here.
"""

# %%
X, labels = np.array([[0.0], [1.0], [1.0]]), y  # one feature: B and Z look alike
state = lambdarank.fit_trees(X, labels, [0, 3], n_trees=1, n_leaves=2, min_leaf=1, lr=0.5)
force, bend = lambdarank.lambda_gradients(np.zeros(3), y), lambdarank.lambda_hessians(np.zeros(3), y)
a, bz = -0.5 * force[0] / (bend[0] + 1), -0.5 * (force[1] + force[2]) / (bend[1] + bend[2] + 1)  # penalty 1, lr 0.5
print("scores after one tree", state.predict(X), f"  by hand {a:.4f} and {bz:.4f}")
assert np.allclose(state.predict(X), [a, bz, bz]) and np.isclose(lambdarank.newton_leaf(force[:1], bend[:1]), 2 * a)
show_source(lambdarank._newton_tree)

# %% [markdown]
r"""
## 8 Real queries

The cinema has 500 queries: a person, 40 candidate films, a grade from 0 to 4 for each. The features are made of the history only: how many stars and plays a film got, how the person liked its genres and the films near it. 300 queries to learn from, 100 to choose settings on, 100 to test on. Twenty steps for every method. Each line takes the best of four learning rates on the middle part; the cell tries them. The trees take 0.2 untried. *Before you run the cell:* how much does LambdaRank's NDCG@10 win over *pointwise*, which fits the grade by least squares?
"""

# %%
predict("06.q3", None, ["more than 0.05", "between 0.005 and 0.05", "less than 0.005"])
splits = graded.split_queries(data, seed=0)
train, validation, test = (part.standardized(splits[0]) for part in splits)
learn = train.features, train.labels, train.queries
near, draw = data.feature_names.index("liking of films near it"), np.random.default_rng(0)
values = {"random": test.ndcg(draw.random(test.labels.size)), "best feature": test.ndcg(test.features[:, near])}
first_rates, rates = {"pointwise": 0.001, "ranknet": 0.002, "softmax": 0.1, "lambdarank": 0.1}, {}
for loss, first in first_rates.items():
    tried = {lr: lambdarank.fit(*learn, loss=loss, lr=lr, k=10, n_epochs=20) for lr in first * np.array([1, 2, 4, 8])}
    rates[loss] = max(tried, key=lambda lr: validation.ndcg(tried[lr].predict(validation.features)).mean())
    values[loss] = test.ndcg(tried[rates[loss]].predict(test.features))
    print(f"{loss:10} learning rates {first} to {8 * first}: best on the middle part {rates[loss]:g}")
values["LambdaMART"] = test.ndcg(lambdarank.fit_trees(*learn, n_trees=20, k=10, lr=0.2).predict(test.features))
def line(name, mean, apart, interval):
    print(f"  {name:13} {mean:.3f}   {apart:+.3f}, 95 % {interval[0]:+.3f} to {interval[1]:+.3f}")

print("100 test queries: NDCG@10, and the difference to lambdarank")
for name, found in values.items():
    apart = found - values["lambdarank"]
    line(name, found.mean(), apart.mean(), metrics.bootstrap_interval(apart))
budget = graded.recorded_ranking()["budget"]
for name in ("cinema", "movielens"):
    print(f"recorded, {name}: {budget['folds']} folds; each method {budget['settings']} settings, {budget['steps']} steps")
    for row in graded.ranking_table(name):
        line(row.method, row.mean, row.difference, row.difference_interval)

# %% [markdown]
r"""
Between. On these 100 people LambdaRank is 0.010 above least squares and above RankNet, and the intervals of the differences stay above 0. Against the softmax loss and against twenty trees it holds 0: not decided. Each best rate has a worse one on both sides.

The recorded rows are made by `benchmarks/ranking.py`. They give every method the same number of settings and of steps, chosen on queries that it does not learn from. LightGBM and XGBoost ran with their own normalizations. On the cinema LambdaRank is above least squares, RankNet and the softmax loss, by about half a hundredth, and against the trees it is not decided. (There all three sets of trees chose the largest learning rate on offer, 0.3, in all folds. With larger ones or more trees they might do better.) **On MovieLens LambdaRank does not win:** against the three other losses the interval of the difference holds 0. All three sets of trees are below this line, and the best single feature, a film's mean stars, is 0.018 behind. So the loss is one choice among several, and you have to measure what it brings.

## 9 How libraries do it

| here | LightGBM `lambdarank` | XGBoost `rank:ndcg` |
|---|---|---|
| slope $\beta$ | `sigmoid`, default 1 | always 1 |
| gain $2^y - 1$ | `label_gain`, a table of gains | `ndcg_exp_gain=True`; `False` takes $y$ |
| cut $K$ | `lambdarank_truncation_level`, default 30; another rule: *Deeper* | `lambdarank_num_pair_per_sample`, 32 if not set, with `lambdarank_pair_method="topk"`, the default; the same other rule |
| Hessian $h_i$ | $h_i$ | $2 h_i$ |
| penalty of a leaf | `lambda_l2`, default 0 | `reg_lambda`, default 1 |
| learning rate $\eta$ | `learning_rate`, default 0.1 | `eta`, default 0.3 |
| RankNet | – | `rank:pairwise` |
| $\lvert\Delta\mathrm{AP}\rvert$ in place of $\lvert\Delta\mathrm{NDCG}\rvert$ | – | `rank:map` |
| softmax loss | a relative: `rank_xendcg` | – |
| not in these equations | `lambdarank_norm`, on by default | `lambdarank_normalization` and `lambdarank_score_normalization`, on by default |

The last row is why "my own LambdaRank does not match": both libraries normalize by default. Switch it off, and their first gradients are Eq. (6.7), to the digits that float32 and a table of sigmoids leave. *Deeper: the digits of the libraries* checks it on gradients recorded from both at fixed scores (`benchmarks/record_ranking.py` recorded them). *Before you open the line:* XGBoost's Hessian is twice ours. Are its leaves then twice as large, half as large or the same?

<details><summary>The leaves of XGBoost</summary>About half as large, by Eq. (6.14), if the penalty is small. For a pair alone that is the better step, as <em>Deeper</em> shows. So a learning rate of 0.1 is not the same in the two libraries.</details>

**Questions that users have asked**, for years, and where you now have the answer:

| asked at | question | answer |
|---|---|---|
| LightGBM #4357 | why do both documents of a pair get the same lambda? | the loss sees $s_i - s_j$ only: Eq. (6.3), one gets it with the opposite sign |
| LightGBM #2255 | which sign has the gap of the gains? | pairs are taken with $y_i > y_j$, so it is positive; Eq. (6.5) takes the size |
| LightGBM #2322 | is the slope missing? what is the factor of 2? | $\beta$ in front and in the exponent, $\beta^2$ in the Hessian, Eq. (6.8). A 2 in the exponent doubles the slope, so it must stand in front too; the pull request took it out |
| allRank #19 | is the $\sigma$ in the lambda a function or a number? | a number, here $\beta$: the first misprint of section 4 |
| LightGBM #1950, #2331 | what are the extra normalizations? | not in the papers. Each $\lvert\Delta\mathrm{NDCG}\rvert$ is divided by $0.01 + \lvert s_i - s_j\rvert$ (unless all scores are equal); then all lambdas of a query are multiplied by $\log_2(1 + S)/S$, where $S$ is twice the sum of its $\lvert\lambda_{ij}\rvert$ |
| LightGBM #3420, #2792 | which pairs does the truncation keep? | those with at least one film in the top $K$: *Deeper* |
| LightGBM #5735 | why does my own objective not match the built-in one? | slope, Hessian, normalization, truncation: the four lines above |
| XGBoost #4694 | what is the delta of `rank:pairwise`? | 1: it is RankNet, Eq. (6.4) |

The trick serves other metrics too: put another $|\Delta|$ into Eq. (6.6). [Task 06.5](../exercises/06_lambdarank.ipynb) asks you to do it for average precision, which the course has not done for you.

## Summary

| you want | use | watch |
|---|---|---|
| pairs in the right order | RankNet, Eq. (6.2) to (6.4) | each pair once, better film first |
| weight at the top | LambdaRank, Eq. (6.5) to (6.7) | $\beta$ twice, $y_i > y_j$, subtract |
| trees | LambdaMART, Eq. (6.8), (6.14), (6.15) | $h_i$ or $2h_i$ |
| a loss you can write down | softmax, Eq. (6.11) to (6.13) | $y/\sum y$ or softmax of $y$ |
| to know how good a ranking is | NDCG, lesson 04 | Eq. (6.9) and (6.10) bound it at one ranking; nothing promises the best |

**Notation of this lesson.**

| letter | meaning |
|---|---|
| $s_i$, $y_i$, $r_i$ | score, grade and rank of film $i$; A, B and Z are films |
| $\beta$ | the slope (`slope`; Burges writes $\sigma$) |
| $P_{ij}$, $\bar P$ | probability that $i$ belongs above $j$, given and wanted; no table of factors here |
| $C$, $C_{ij}$ | RankNet's loss, and one pair's part of it |
| $G_i = 2^{y_i} - 1$ | gain; in the proof a sum of heights $c_t$ at thresholds $t$ |
| $D(r) = 1/\log_2(1 + r)$ | discount, 0 beyond $K$ |
| $\lambda_{ij}$, $\lambda_i$ | what is subtracted; $\lambda$ without an index is the penalty of a leaf, in Eq. (6.14) alone |
| $\rho_{ij}$, $h_i$ | $1/(1 + e^{\beta(s_i - s_j)})$; the second derivative, Eq. (6.8) |
| $\Delta$ | $\lvert\Delta\mathrm{NDCG}_{ij}\rvert$ where one pair is meant |
| $R$, $m$ | relevant films; places of the top $R$ without one, in the proof. In *LambdaLoss* $m$ counts the irrelevant films above one |
| $L$, $p_i$ | the softmax loss; a film's share of the softmax, no vector of a user |
| $X$, $w$; $w_{ij}$ | features and weights of a line; a pair's weight in Eq. (6.16) |
| $v$, $\eta$, $t$ | value of a leaf, learning rate, number of a tree in Eq. (6.15) |

**Papers.** Burges et al. (2005), *Learning to rank using gradient descent*. Burges, Ragno and Le (2006), *Learning to rank with nonsmooth cost functions*. Burges (2010), *From RankNet to LambdaRank to LambdaMART: an overview*. Donmez, Svore and Burges (2009), *On the local optimality of LambdaRank*. Cao et al. (2007), *Learning to rank: from pairwise approach to listwise approach*. Wang et al. (2018), *The LambdaLoss framework for ranking metric optimization*. Bruch et al. (2019), *An analysis of the softmax cost function for learning to rank*.

**Next.** Do [the exercises](../exercises/06_lambdarank.ipynb). Lesson 07 asks whether you may believe the table of section 8: splits, significance, and data that is missing for a reason.
"""

# %% [markdown] tags=["deeper"]
r"""
## Deeper: the lambdas are no gradient

If $\lambda$ were the gradient of some function $F$ of the scores, then the sum of $\lambda \cdot ds$ along a way would be $F(\text{end}) - F(\text{start})$. Along a closed loop it would be 0. Walk around a rectangle: move $s_A$ from 0 to 2, then $s_B$ from 0 to 1, then $s_A$ back, then $s_B$, with Z at 0.5. On the way films swap.
"""

# %% tags=["deeper"]
def around(corners, rule, n=400):
    """Sum of rule · ds along the closed loop through the corners."""
    steps = (np.roll(corners, -1, axis=0) - corners) / n
    points = [corner + (m + 0.5) * step for corner, step in zip(corners, steps, strict=True) for m in range(n)]
    return sum(rule(point, y) @ step for point, step in zip(points, np.repeat(steps, n, axis=0), strict=True))

# %% tags=["deeper"]
wide = np.array([[0, 0, 0.5], [2, 0, 0.5], [2, 1, 0.5], [0, 1, 0.5]])
small = np.array([[0.1, 0, 0.5], [0.4, 0, 0.5], [0.4, -0.3, 0.5], [0.1, -0.3, 0.5]])  # the order stays Z, A, B
by_ranknet, swapping, still = (around(wide, lambdarank.ranknet_gradient),
    around(wide, lambdarank.lambda_gradients), around(small, lambdarank.lambda_gradients))
print(f"RankNet {abs(by_ranknet):.3f}   LambdaRank {swapping:.3f}, in a small loop without a swap {abs(still):.3f}")
assert abs(by_ranknet) < 1e-4 and abs(still) < 1e-4 and swapping < -0.05

# %% tags=["deeper"]
off_swaps = np.array([0.1, 0.9, 0.5])
anew = [lambdarank.frozen_surrogate(off_swaps + e, y) - lambdarank.frozen_surrogate(off_swaps - e, y) for e in np.eye(3) * 1e-6]
print("surrogate frozen anew, times ln 2, by differences:", np.log(2) * np.array(anew) / 2e-6)
print("lambdas:", lambdarank.lambda_gradients(off_swaps, y))
assert np.allclose(np.log(2) * np.array(anew) / 2e-6, lambdarank.lambda_gradients(off_swaps, y))

# %% [markdown] tags=["deeper"]
r"""
Not 0. So no *continuous* function has the lambdas as its gradient. Between the swaps the frozen surrogate, frozen anew at each state and times $\ln 2$, does: the last two lines agree. But at a swap the weights change and it jumps. Around the loop it comes back to where it was, so the loop's sum is what the jumps add up to, with the opposite sign.

## Deeper: the surrogate may rise

So the objective that `epochs` reports for LambdaRank, the surrogate frozen anew at each state, need not fall. On the 20 small sets of section 5:
"""

# %% tags=["deeper"]
runs = [lambdarank.epochs(*small_set(seed), offsets, lr=0.5, n_epochs=30) for seed in range(20)]
curves = np.array([[state.objective for state in run] for run in runs])

# %% tags=["deeper"]
rising = np.diff(curves).max(axis=1) > 1e-6
print("rises somewhere, in most runs:", rising.mean() > 0.5)
print("ends below its start, in all:", (curves[:, -1] < curves[:, 0]).all())
assert rising.mean() > 0.5

# %% tags=["deeper"]
for lr in (0.25, 1.0):
    again = [lambdarank.fit(*small_set(seed), offsets, lr=lr, n_epochs=100).predict(small_set(seed)[0]) for seed in range(20)]
    found = np.array([mean_ndcg(small_set(seed)[1], scored)[0] for seed, scored in enumerate(again)])
    print(f"learning rate {lr}: within 0.005 of the best in {np.sum(best - found < 0.005)} of 20")
    assert np.sum(best - found < 0.005) < 10

# %% [markdown] tags=["deeper"]
r"""
Half and twice the learning rate of section 5 do not change its result: in most sets the best direction is missed.

Meanwhile, what happens to NDCG@10? The queries of section 8 once more, with LambdaRank on a line (20 epochs) and on trees (20 trees). The curves show $1 - \mathrm{NDCG@10}$, so lower is better; they begin after the first step. *Before you look:* which of the two still gains on its training queries at the end?
"""

# %% tags=["deeper"]
def curve(states, part):
    """1 − NDCG@10 after each step but the start."""
    return [1 - part.ndcg(state.predict(part.features)).mean() for state in states[1:]]

# %% tags=["deeper"]
line_states = list(lambdarank.epochs(*learn, lr=rates["lambdarank"], k=10, n_epochs=20))
tree_states = list(lambdarank.boosting_rounds(*learn, n_trees=20, k=10, lr=0.2))

# %% tags=["deeper"]
curves = {"trees, training": curve(tree_states, train), "trees, validation": curve(tree_states, validation),
    "line, training": curve(line_states, train), "line, validation": curve(line_states, validation)}
shown = {"label": "1 − NDCG@10", "watched": "trees, validation", "unit": "step", "first": 1}
plots.training_curves(curves, **shown)

# %% tags=["deeper", "nbval-ignore-output"]
widgets.training_curves(curves, **shown, widget_id="06.w3")

# %% tags=["deeper"]
for name, values_seen in curves.items():
    print(f"{name:17}: step 1 {values_seen[0]:.2f}, step 10 {values_seen[9]:.2f}, step 20 {values_seen[19]:.2f}")
assert all(curves[name][9] - curves[name][19] > 0.005 for name in ("trees, training", "trees, validation"))
assert abs(curves["line, training"][9] - curves["line, training"][19]) < 0.003
assert all(curves[f"{name}, validation"][19] < curves[f"{name}, training"][19] for name in ("line", "trees"))

# %% [markdown] tags=["deeper"]
r"""
The trees. A line has few parameters and is done after about ten epochs. The trees start worse and still gain, on the training and on the validation queries. Validation lies below training for both: these 100 people are easier to rank than those 300. So look at the *shape* of a validation curve, and at its lowest point, not at its height.

## Deeper: what LambdaRank pays

LambdaRank gives up pairs at the bottom for the top. Count the pairs in the right order on the test queries of section 8, all 40 films.
"""

# %% tags=["deeper"]
def pairs_in_order(scores, labels):
    """Share of the pairs with different grades that stand in the right order."""
    better = labels[:, None] > labels
    return np.mean((scores[:, None] > scores)[better])

# %% tags=["deeper"]
shares = {}
for loss, lr in reversed(rates.items()):  # lambdarank first
    scored = lambdarank.fit(*learn, loss=loss, lr=lr, k=10, n_epochs=20).predict(test.features)
    parts = zip(np.split(scored, 100), np.split(test.labels, 100), strict=True)
    shares[loss] = np.array([pairs_in_order(*query) for query in parts])
    low, high = metrics.bootstrap_interval(shares[loss] - shares["lambdarank"])
    print(f"{loss:11} NDCG@10 {test.ndcg(scored).mean():.3f}   pairs in order {shares[loss].mean():.3f}"
          f"   over lambdarank, 95 %: {low:+.4f} to {high:+.4f}")
    assert (low > 0) == (loss in ("pointwise", "ranknet"))

# %% tags=["deeper"]
# section 8, checked here so that no cell tells its answer
last = {name: metrics.bootstrap_interval(values["lambdarank"] - values[name]) for name in values}  # section 8
assert last["pointwise"][0] > 0 < last["ranknet"][0] and all(last[name][0] < 0 < last[name][1] for name in ("softmax", "LambdaMART"))
assert all(round(values["lambdarank"].mean() - values[name].mean(), 3) == 0.010 for name in ("pointwise", "ranknet"))
sets = "cinema", "movielens"
tables = {name: {row.method: row.difference_interval for row in graded.ranking_table(name)} for name in sets}
losses, ensembles = ("pointwise", "RankNet", "softmax"), ("LambdaMART", "LightGBM", "XGBoost")
assert all(tables["cinema"][loss][1] < 0 for loss in losses)
assert all(low < 0 < high for low, high in [tables["cinema"][name] for name in ensembles])
assert all(low < 0 < high for low, high in [tables["movielens"][loss] for loss in losses])
assert all(tables["movielens"][name][1] < 0 for name in ensembles)
alone = graded.ranking_table("movielens")[1]
assert {fold["settings"]["feature"] for fold in alone.folds} == {"film mean"} and round(alone.difference, 3) == -0.018
assert all(first < rates[loss] < 8 * first for loss, first in first_rates.items())
ensemble_rows = [row for row in graded.ranking_table("cinema") if row.method in ensembles]
chosen_rates = {rate for row in ensemble_rows for fold in row.folds for rate in [fold["settings"][key] for key in ("lr", "learning_rate", "eta") if key in fold["settings"]]}
assert len(ensemble_rows) == 3 and chosen_rates == {0.3}
assert all(-0.008 < apart < -0.003 for apart in [row.difference for row in graded.ranking_table("cinema") if row.method in losses])

# %% [markdown] tags=["deeper"]
r"""
A little more of the pairs for RankNet, a little more of NDCG@10 for LambdaRank. But least squares has more of the pairs as well. So it is not RankNet's merit: LambdaRank *pays* for the top.

## Deeper: LambdaLoss

Wang and colleagues (2018) asked for weights that come from a loss. How much does a film lose by its rank? $G_i(1 - D(r_i))$. Split it over the films above it. Those stand 1, 2, ..., $r_i - 1$ places away, and $\sum_{d=1}^{r-1}\big(D(d) - D(d + 1)\big) = D(1) - D(r) = 1 - D(r)$: the sum telescopes. So each pair has a share of the loss that depends on the *distance* of its ranks. For a pair of films the gap of their gains takes the place of $G_i$. As a weight in place of $|\Delta\mathrm{NDCG}|$ it is called NDCG-Loss2:

$$w_{ij} = \frac{\big(D(|r_i - r_j|) - D(|r_i - r_j| + 1)\big)\,|G_i - G_j|}{\mathrm{IDCG}} \tag{6.16}$$

With these weights, too, the misordered pairs cost at least $1 - \mathrm{NDCG}$ of the whole list. Step 1 of the proof in section 5 holds as it stands, so take labels 0 and 1. Let a relevant film stand at rank $r$, with $m$ irrelevant films above it. In the ideal order it stands at $r - m$, if relevant films keep their order. So $\mathrm{IDCG} - \mathrm{DCG}$ is the sum of $D(r - m) - D(r)$ over the relevant films.

Its misordered pairs are those with the $m$ films above it. $D$ is *convex*: $D(d) - D(d + 1)$ shrinks as $d$ grows. So they weigh least if they are the $m$ farthest ones, at distances $r - m$ to $r - 1$. And then their sum telescopes to $D(r - m) - D(r)$, which is all that is missing. With a cut-off $D$ is no longer convex, and the bound fails.
"""

# %% tags=["deeper"]
alone = np.eye(8)[7]  # one relevant film, at rank 8
shares = lambdarank.ndcg_loss2_weights(-np.arange(8.0), alone)[7, :7]
print("weights to the films above it:", shares, f"  sum {shares.sum():.4f}, lost {1 - 1 / np.log2(9):.4f}")
assert np.isclose(shares.sum(), 1 - 1 / np.log2(9))

# %% tags=["deeper"]
rng, least = np.random.default_rng(0), np.inf
for _ in range(1000):
    labels, free = rng.integers(0, 5, 8), rng.normal(size=8)
    wrong, missing = (labels[:, None] > labels) & (free[:, None] < free), 1 - metrics.ndcg_from_scores(labels, free)
    least = min(least, lambdarank.ndcg_loss2_weights(free, labels)[wrong].sum() - missing)
print(f"1,000 random rankings: smallest gap {abs(least):.3f}")
assert least > -1e-12

# %% tags=["deeper"]
D = np.array([1, third, 0, 0, 0])  # D(1) to D(5), cut at K = 2; ranks 2 and 4 are relevant, 1 and 3 are not
weighed, lost = D[0] - D[1] + D[0] - D[1] + D[2] - D[3], D[0] - D[3]  # distances 1; 1 and 3; DCG has D(2), the ideal both
print(f"cut at 2: pairs {weighed:.2f}, missing {lost:.2f}")
assert weighed < lost

# %% [markdown] tags=["deeper"]
r"""
Two neighbours weigh the same at ranks 1 and 2 as at ranks 101 and 102. That is the price of the derivation; the authors recommend a mix of both weights.

## Deeper: the digits of the libraries

Neither library shows the gradients of its own objectives. They were recorded by a trick, which `benchmarks/record_ranking.py` tells, with the normalizations off and a cut that keeps the whole list. The queries hold up to 30 films.
"""

# %% tags=["deeper"]
peers = json.loads(files("recmath_lib").joinpath("data/ranking_peers.json").read_text(encoding="utf-8"))
lists = peers["queries"]
parts = (np.split(np.array(lists[part]), lists["offsets"][1:-1]) for part in ("scores", "labels"))
each = list(zip(*parts, strict=True))
recorded = [case for case in peers["lightgbm"] + peers["xgboost"] if case["options"].get("ndcg_exp_gain", True)]
whole_lists = [case for case in recorded if 30 in case["options"].values()]  # no list is longer, so nothing is cut
for case in whole_lists:
    options, slope = case["options"], case["options"].get("sigmoid", 1.0)
    rule = lambdarank.ranknet_gradient if options["objective"] == "rank:pairwise" else lambdarank.lambda_gradients
    far = np.abs(np.concatenate([rule(*query, slope) for query in each]) - case["gradients"]).max()
    print(f"{options['objective']:13} slope {slope}: gradients equal to 5e-5: {far < 5e-5}")
    assert far < 5e-5
bends = np.concatenate([lambdarank.lambda_hessians(*query) for query in each])
for case, times in ((whole_lists[1], 1), (whole_lists[3], 2)):  # slope 1
    print(f"{case['options']['objective']:13} Hessian over ours: {np.sum(case['hessians']) / bends.sum():.3f}")
    assert np.allclose(case["hessians"], times * bends, atol=5e-5)
print("LightGBM", peers["versions"]["lightgbm"], "and XGBoost", peers["versions"]["xgboost"])

# %% [markdown] tags=["deeper"]
r"""
Equal within 0.00005, for slopes 0.5, 1 and 2, for LambdaRank and for RankNet; and XGBoost's second derivative is twice Eq. (6.8).

## Deeper: the other rule for the cut

LightGBM and XGBoost keep each pair with *at least one* film in the top $K$, and discount both films by their true ranks; only the ideal stops at $K$. So a swap across the cut is worth $D(r_i) - D(r_j)$ to them. To NDCG@K it is worth $D(r_i) - 0$. (allRank keeps pairs with *both* films in the top $K$.) How many pairs is that? One film within and one beyond: $K(n - K)$. Both within: $K(K - 1)/2$. Together $Kn - K(K + 1)/2$, a little less than $Kn$: [task 06.8](../exercises/06_lambdarank.ipynb).
"""

# %% tags=["deeper"]
def their_cut(s, y, K):
    """Lambdas by the rule of LightGBM and XGBoost, slope 1."""
    place, best = metrics.ranks(s), np.sort(y)[::-1]
    kept = lambdarank.pair_lambdas(s, y) * (np.minimum.outer(place, place) <= K)
    return (kept - kept.T).sum(axis=1) * metrics.dcg_at_k(best) / metrics.dcg_at_k(best, K)

# %% tags=["deeper"]
chosen = [case for case in peers["lightgbm"] if case["options"]["sigmoid"] == 1] + peers["xgboost"][:2]
for case in chosen:
    K = case["options"].get("lambdarank_truncation_level", case["options"].get("lambdarank_num_pair_per_sample"))
    ours = np.concatenate([lambdarank.lambda_gradients(*query, k=K) for query in each])
    rule = np.concatenate([their_cut(*query, K) for query in each])
    gaps = np.abs(np.array([rule, ours]) - case["gradients"]).max(axis=1)
    name = case["options"]["objective"]
    print(f"{name:11} K = {K:2}: their rule within 5e-5 {gaps[0] < 5e-5}   Eq. (6.7) off by {gaps[1]:.3f}")
    assert gaps[0] < 5e-5

# %% [markdown] tags=["deeper"]
r"""
At $K = 30$ the longest list is whole and the rules agree.

## Deeper: why twice the Hessian

One pair, equal scores, $\beta = 1$: the derivatives are $\mp\frac12$ and $h = \frac14$ for both films. Let each film have a leaf of its own, without a penalty. With $h$ the two leaves are $+2$ and $-2$: their difference moves by 4. But Newton's step for the *difference* $x$, from $\ln(1 + e^{-x})$, is $\frac12 / \frac14 = 2$. Both films move at once, and the diagonal does not know it. The full second derivative is $h\begin{pmatrix}1 & -1\\ -1 & 1\end{pmatrix}$. Its largest bend is $2h$, in the direction of $(1, -1)$.
"""

# %% tags=["deeper"]
pair = lambdarank.ranknet_gradient([0, 0], [1, 0])
full = 0.25 * np.array([[1, -1], [-1, 1]])
print("bends of the full matrix:", np.abs(np.linalg.eigvalsh(full)))
print("leaves with h", -pair / 0.25, "  with 2h", -pair / 0.5)
assert np.isclose(np.linalg.eigvalsh(full).max(), 2 * 0.25) and np.allclose(np.diff(-pair / 0.5), -2)

# %% [markdown] tags=["deeper"]
r"""
With $2h$ the two films together make Newton's step. Now a whole list, with all films moving at once by $v_1, \dots, v_n$. With the weights held fixed, let $h_{ij}$ be one pair's part of Eq. (6.8). The pair sees only $v_i - v_j$. And $(v_i - v_j)^2 \le 2v_i^2 + 2v_j^2$, since the gap between the two sides is $(v_i + v_j)^2$. Add up the pairs: the full second derivative along $v$ is $\sum h_{ij}(v_i - v_j)^2 \le \sum_i 2h_i v_i^2$. So $2h_i$ bounds the bend at these scores in whatever direction the films move, and $h_i$ does not. That is our reading of the 2; XGBoost does not say why.
"""

# %% tags=["deeper"]
rng, bounds = np.random.default_rng(0), {1: [], 2: []}
for _ in range(200):
    labels, free = rng.integers(0, 4, 8), rng.normal(size=8)
    x, h = free[:, None] - free, lambdarank.lambda_hessians(free, labels)
    between = lambdarank.order_probability(x) * lambdarank.order_probability(-x) * lambdarank.delta_ndcg(free, labels)
    for times, found in bounds.items():
        found.append(np.linalg.eigvalsh(times * np.diag(h) - (np.diag(h) - between)).min())  # below 0: no bound
print("200 lists where 2h bounds every direction:", np.sum(np.array(bounds[2]) > -1e-12))
print("200 lists where h does:", np.sum(np.array(bounds[1]) > -1e-12))
assert min(bounds[2]) > -1e-12 and max(bounds[1]) < 0

# %% [markdown] tags=["deeper"]
r"""
For a leaf that moves alone $h_i$ is enough (section 7). But all leaves of a tree move at once. The price of $2h_i$ is a step about half as long, so $\eta$ is not comparable.

## Deeper: equal scores, and the first tree

At the start all scores are 0, so the order is the order of the file, and the first lambdas depend on it. Four films of grades 0 to 3, once with the best film last in the file, once with it first:
"""

# %% tags=["deeper"]
start, graded_up = np.zeros(4), np.array([0.0, 1.0, 2.0, 3.0])
up, down = lambdarank.lambda_gradients(start, graded_up), lambdarank.lambda_gradients(start, graded_up[::-1])[::-1]
print("the best film last:   ", up, "  first:", down)
assert down[3] < up[3] < 0
print("RankNet, both ways:   ", lambdarank.ranknet_gradient(start, graded_up))

# %% [markdown] tags=["deeper"]
"""
The best film is pulled harder when it stands first already. RankNet does not look at ranks, so it does not care. If the order of a file tells the grades, shuffle it before you train.

## Deeper: the fast sums and the trainers, in code

`pairs.py` lays many queries side by side and looks only at the pairs that count. Its results are those of the loop, up to rounding. After it come the loss of task 06.4 and the two trainers.
"""

# %% tags=["deeper"]
fast = lambdarank.lambda_gradients_batch(test.features[:, near], test.labels, test.queries, k=10)
parts = zip(np.split(test.features[:, near], 100), np.split(test.labels, 100), strict=True)
assert np.allclose(fast, np.concatenate([lambdarank.lambda_gradients(*query, k=10) for query in parts]))

# %% tags=["deeper"]
show_source(lambdarank.pairs.pair_sums)

# %% tags=["deeper"]
show_source(lambdarank.softmax_loss)
show_source(lambdarank._epochs)
show_source(lambdarank._boosting)
