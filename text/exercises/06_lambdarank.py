# %% [markdown]
"""
# Exercises 06: LambdaRank

These tasks go with [lesson 06](../notebooks/06_lambdarank.ipynb). Write your answer where it says `# your code here` or `...`, run the cell, then run the check below it. A check tells you what kind of case goes wrong and shows you the simplest one. If you are stuck, `hint("06.1")` gives three hints, one at a time, and what your last answer looks like. Points are counted case by case, so half an answer is worth something.

| task | what | minutes | objective |
|---|---|---|---|
| 06.0 | three films by hand | 10 | O6.1, O6.2, O6.3 |
| 06.1 | `ranknet_gradient` | 15 | O6.1 |
| 06.2 | `delta_ndcg` | 15 | O6.2 |
| 06.3 | `lambda_gradients` | 10 | O6.3 |
| 06.4 | `softmax_loss` | 10 | O6.5 |
| 06.5 | transfer: lambdas for average precision | 25 | O6.7 |
| 06.6 | a choice: what LambdaRank optimizes | 3 | O6.4 |
| 06.7 | a choice: two signs | 2 | O6.3 |
| 06.8 | a choice: which pairs push | 2 | O6.2, O6.3 |
| 06.9 | a choice: the same leaf from two libraries | 4 | O6.6 |
| 06.10 | the proof of the bound, put in order | 8 | O6.4 |
| 06.11, 06.12 | two listings with a fault: find an input that exposes it | 8 | O6.3 |
| 06.13 | a choice: what a small softmax loss proves | 3 | O6.5 |

All of it takes about two hours. Short of time? 06.0, 06.2, 06.3, 06.6 and 06.12 carry most of the lesson in 45 minutes.

One sign for everything: what the functions return is to be **subtracted** from the scores. A film that should rise has a negative entry.

Two rules hold for every function: it leaves its inputs as they were, and it does not touch the global random generators. It should print nothing and leave no warning behind.
"""

# %%
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_softmax

from recmath_lib.grading import check, hint

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
r"""
## 06.0 Three films by hand

A query has three films, and the slope is 2.

| film | score | grade |
|---|---|---|
| A | 0 | 2 |
| B | 1 | 0 |
| C | 0.5 | 1 |

Compute, for the whole list:

- `probability`: that A should stand above B, Eq. (6.1).
- `gradient`: $\partial C / \partial s_A$ of the pair (A, B) alone, Eq. (6.3).
- `change`: $|\Delta\text{NDCG}|$ of A and B, Eq. (6.5).
- `lambda_AB`: the force in this pair, Eq. (6.6).
- `lambda_C`: all that is to be subtracted from the score of C, Eq. (6.7). C is better than B, and worse than A.

A calculator for e and the logarithms will do. The five numbers count within 0.0005.

As an example, two films with the grades 0 and 1, both with the score 0, in this order, and slope 3:
"""

# %%
gradient = -3 / (1 + np.exp(3 * 0))  # by the score of the second film, which is the better one
change = abs((1 - 0) * (1 / np.log2(3) - 1)) / 1  # ranks 2 and 1; the ideal has the gain 1 at rank 1
print(f"probability {1 / (1 + np.exp(-3 * 0)):.4f}   gradient {gradient:.4f}   change {change:.4f}   lambda {gradient * change:.4f}")

# %%
answer_06_0 = ...  # {"probability": ..., "gradient": ..., "change": ..., "lambda_AB": ..., "lambda_C": ...}
### BEGIN SOLUTION
# ranks: B 1, C 2, A 3; discounts 1, 1 / log2(3), 1 / 2; gains: A 3, B 0, C 1
second = 1 / np.log2(3)
ideal = 3 * 1 + 1 * second
gradient, change = -2 / (1 + np.exp(2 * (0 - 1))), 3 * (1 - 0.5) / ideal
half_apart = -2 / (1 + np.exp(2 * -0.5))  # the pairs (C, B) and (A, C) alike
answer_06_0 = {
    "probability": 1 / (1 + np.exp(-2 * (0 - 1))),
    "gradient": gradient,
    "change": change,
    "lambda_AB": gradient * change,
    "lambda_C": half_apart * 1 * (1 - second) / ideal - half_apart * 2 * (second - 0.5) / ideal,
}
print("   ".join(f"{name} {value:.4f}" for name, value in answer_06_0.items()))
### END SOLUTION

# %%
check("06.0", answer_06_0)
# hint("06.0")

# %% [markdown]
r"""
## 06.1 RankNet's gradient

Write `ranknet_gradient(scores, labels, slope=1.0)`, Eq. (6.4).

- `scores`: an array of shape (n,) of finite numbers. `labels`: an array of shape (n,) of grades 0, 1, 2, ... `slope` is above 0.
- It returns $\partial C / \partial s$, an array of shape (n,). $C$ is the sum of $\ln(1 + e^{-\text{slope}\,(s_i - s_j)})$ over the pairs with $y_i > y_j$, each pair once.
- It is finite, and leaves no warning, when two scores differ by 1000.

Two films with the scores 0.5 and 1, of which the first is better. The derivative from two values of the loss:
"""

# %%
def two_film_loss(first: float) -> float:
    return np.log(1 + np.exp(-(first - 1.0)))

slope_there = (two_film_loss(0.5 + 1e-6) - two_film_loss(0.5 - 1e-6)) / 2e-6
print(f"ranknet_gradient([0.5, 1], [1, 0]) is [{slope_there:.4f}, {-slope_there:.4f}]")

# %%
def ranknet_gradient(scores: np.ndarray, labels: np.ndarray, slope: float = 1.0) -> np.ndarray:
    """The derivative of RankNet's loss by each score."""
    ### BEGIN SOLUTION
    difference = scores[:, None] - scores
    forces = np.where(labels[:, None] > labels, -slope * expit(-slope * difference), 0)
    return forces.sum(axis=1) - forces.sum(axis=0)
    ### END SOLUTION

# %%
check("06.1", ranknet_gradient)
# hint("06.1")

# %% [markdown]
r"""
## 06.2 What a swap changes

Write `delta_ndcg(scores, labels, k=None)`, Eq. (6.5).

- `scores` and `labels` are as in 06.1. `k` is an integer of at least 1; None is the whole list.
- Films are ranked by descending score; equal scores keep their input order.
- It returns an array of shape (n, n). Entry [i, j] is the absolute change of NDCG@k when films i and j swap their places in the ranking and all others stay. i and j count in the order of the input, so the table is symmetric.
- The gain is $2^y - 1$. The discount is $1/\log_2(r + 1)$ at rank r, and 0 beyond rank k. The ideal is over **all** films, cut at k.
- If the ideal is 0, no film has a gain: zeros.

Two films with the scores 1 and 0.5, and the second is the good one:
"""

# %%
before, after = 3 / np.log2(3), 3 / np.log2(2)  # grade 2 at rank 2, then at rank 1, where it is ideal
print(f"delta_ndcg([1, 0.5], [0, 2]) is [[0, {(after - before) / after:.4f}], [{(after - before) / after:.4f}, 0]]")

# %%
def delta_ndcg(scores: np.ndarray, labels: np.ndarray, k: int | None = None) -> np.ndarray:
    """The absolute change of NDCG@k for each swap of two films."""
    ### BEGIN SOLUTION
    by_rank = 1 / np.log2(np.arange(len(scores)) + 2)
    if k is not None:
        by_rank[k:] = 0
    discounts = np.empty(len(scores))
    discounts[np.argsort(-scores, kind="stable")] = by_rank
    gains = 2.0**labels - 1
    ideal = np.sort(gains)[::-1] @ by_rank
    change = np.abs((gains[:, None] - gains) * (discounts[:, None] - discounts))
    return change / ideal if ideal > 0 else np.zeros_like(change)
    ### END SOLUTION

# %%
check("06.2", delta_ndcg)
# hint("06.2")

# %% [markdown]
r"""
## 06.3 LambdaRank's gradients

Write `lambda_gradients(scores, labels, slope=1.0, k=None)`, Eq. (6.7). You may call your `delta_ndcg`.

- The arguments are those of 06.1 and 06.2.
- Each pair with $y_i > y_j$ counts once. Its force is $-\text{slope} / (1 + e^{\text{slope}\,(s_i - s_j)})$ times $|\Delta\text{NDCG@}k|$ of the pair. Film i gets it, film j gets its opposite.
- It returns what is to be **subtracted** from the scores, an array of shape (n,) in the order of the input. It sums to 0. No further normalization.
- If the ideal is 0: zeros. Finite, and without a warning, when two scores differ by 1000.

The two films of 06.2:
"""

# %%
force = -1 / (1 + np.exp(0.5 - 1)) * (after - before) / after
print(f"lambda_gradients([1, 0.5], [0, 2]) is [{-force:.4f}, {force:.4f}]")

# %%
def lambda_gradients(
    scores: np.ndarray, labels: np.ndarray, slope: float = 1.0, k: int | None = None
) -> np.ndarray:
    """What LambdaRank subtracts from each score."""
    ### BEGIN SOLUTION
    difference = scores[:, None] - scores
    forces = np.where(labels[:, None] > labels, -slope * expit(-slope * difference), 0)
    forces = forces * delta_ndcg(scores, labels, k)
    return forces.sum(axis=1) - forces.sum(axis=0)
    ### END SOLUTION

# %%
check("06.3", lambda_gradients)
# hint("06.3")

# %% [markdown]
r"""
## 06.4 The softmax loss

Write `softmax_loss(scores, labels)`, Eq. (6.11): $-\frac{1}{\sum_i y_i} \sum_i y_i \ln \text{softmax}(s)_i$.

- `scores` and `labels` are as in 06.1. The softmax runs over all films; the logarithm is the natural one.
- It returns a number. (Cao's ListNet puts softmax(y) where this loss has $y / \sum y$. That is another loss.)
- No positive label: 0.0.
- Exact, and without a warning, at scores of ±1000.

Two films with the scores 1 and 0, and the second is relevant:
"""

# %%
share = np.exp(0) / (np.exp(1) + np.exp(0))
print(f"softmax_loss([1, 0], [0, 1]) is {-np.log(share):.4f}")

# %%
def softmax_loss(scores: np.ndarray, labels: np.ndarray) -> float:
    """Cross-entropy between the labels' shares and the softmax of the scores."""
    ### BEGIN SOLUTION
    if labels.sum() == 0:
        return 0.0
    return -(labels @ log_softmax(scores)) / labels.sum()
    ### END SOLUTION

# %%
check("06.4", softmax_loss)
# hint("06.4")

# %% [markdown]
r"""
## 06.5 Transfer: lambdas for average precision

LambdaRank asks one thing of a metric: what does a swap of two films change? So the trick should serve average precision too. There the gain of a hit depends on the hits above it, and a swap changes more than two terms. Which ones?

Write `lambda_gradients_ap(scores, labels, slope=1.0)`.

- It returns LambdaRank's gradients as in 06.3, with $|\Delta\text{AP}|$ in place of $|\Delta\text{NDCG}|$: the absolute change of average precision when the two films swap their places in the ranking and all others stay.
- AP is that of the whole list, Eq. (4.5): the mean, over the relevant films, of the precision at their ranks. Relevant is a label above 0, whatever its grade.
- Films are ranked by descending score; equal scores keep their input order.
- No relevant film: zeros. To subtract from the scores; finite, and without a warning, when two scores differ by 1000.

Speed does not matter here. Three films in rank order, of which the second and the third are relevant. The first and the third swap:
"""

# %%
before, after = (1 / 2 + 2 / 3) / 2, (1 / 1 + 2 / 2) / 2
print(f"AP {before:.4f}, after the swap {after:.4f}, so |ΔAP| is {after - before:.4f}")

# %%
def lambda_gradients_ap(scores: np.ndarray, labels: np.ndarray, slope: float = 1.0) -> np.ndarray:
    """What LambdaRank subtracts from each score if average precision is the metric."""
    ### BEGIN SOLUTION
    def average_precision(hits: np.ndarray) -> float:
        return np.sum(hits * np.cumsum(hits) / np.arange(1, len(hits) + 1)) / hits.sum()

    order = np.argsort(-scores, kind="stable")
    hits, gradient = (labels[order] > 0).astype(float), np.zeros(len(scores))
    for a in np.flatnonzero(hits == 1):
        for b in np.flatnonzero(hits == 0):
            swapped = hits.copy()
            swapped[a], swapped[b] = 0, 1
            change = abs(average_precision(swapped) - average_precision(hits))
            push = slope * expit(slope * (scores[order[b]] - scores[order[a]])) * change
            gradient[order[a]] -= push
            gradient[order[b]] += push
    return gradient
    ### END SOLUTION

# %%
check("06.5", lambda_gradients_ap)
# hint("06.5")

# %% [markdown]
"""
## Four choices

Answer with a letter, such as `"a"`. A wrong letter tells you what speaks against it.

### 06.6 What LambdaRank optimizes

You subtract a small multiple of the lambdas from the scores, rank anew, compute new lambdas, and so on. What is proved about NDCG?

- **a** It never falls: the lambdas are the gradient of NDCG.
- **b** It never falls: each step lowers a bound on 1 − NDCG, and the bound falls until training ends.
- **c** Nothing can be said: NDCG is flat between swaps, so no gradient has to do with it.
- **d** At each ranking a loss lies above 1 − NDCG, and the lambdas point along its gradient there. That NDCG rises is not guaranteed.
"""

# %%
answer_06_6 = ...
### BEGIN SOLUTION
answer_06_6 = "d"
### END SOLUTION
check("06.6", answer_06_6)

# %% [markdown]
"""
### 06.7 Two signs

For the same scores and labels Eq. (6.7) gives a film −0.4. A text on LambdaMART gives it +0.4, and fits trees to that. Where do they move the film?

- **a** Both up: one subtracts a gradient, the other adds what is left to be gained.
- **b** Both down: a negative gradient means that the film stands too high.
- **c** The lesson down, the text up: −0.4 is a step down.
- **d** Nowhere for sure: one of them has the sign wrong.
"""

# %%
answer_06_7 = ...
### BEGIN SOLUTION
answer_06_7 = "a"
### END SOLUTION
check("06.7", answer_06_7)

# %% [markdown]
"""
### 06.8 Which pairs push

A query has 1000 films, all with different grades and scores. The metric is NDCG@10, with D = 0 beyond rank 10. Which pairs have a force that is not 0?

- **a** The 45 pairs within the top 10: NDCG@10 sees no other film.
- **b** The 9900 pairs across the line: within the top 10 the same ten films stay.
- **c** The 9945 pairs with at least one film in the top 10.
- **d** All 499,500 pairs: every pair of different grades has a force.
"""

# %%
answer_06_8 = ...
### BEGIN SOLUTION
answer_06_8 = "c"
### END SOLUTION
check("06.8", answer_06_8)

# %% [markdown]
"""
### 06.9 The same leaf from two libraries

With all normalization off and slope 1, LightGBM's lambdarank and XGBoost's rank:ndcg hand the same gradients to their trees. (LightGBM calls the slope `sigmoid`.) LightGBM's second derivatives are those of Eq. (6.8), XGBoost's are twice those. A leaf moves its films by learning_rate · (−ΣG / (ΣH + reg)), Eq. (6.14). LightGBM has learning_rate 0.1 and lambda_l2 = 1. Which settings give XGBoost the same steps in the same leaves?

- **a** learning_rate 0.1 and reg_lambda 1: the gradients are the same.
- **b** learning_rate 0.2 and reg_lambda 1
- **c** learning_rate 0.2 and reg_lambda 2
- **d** learning_rate 0.05 and reg_lambda 1
"""

# %%
answer_06_9 = ...
### BEGIN SOLUTION
answer_06_9 = "c"
### END SOLUTION
check("06.9", answer_06_9)

# %% [markdown]
r"""
## 06.10 The bound

The misordered cost, Eq. (6.9), lies above 1 − NDCG, and the frozen surrogate, Eq. (6.10), lies above the misordered cost. The steps of the proof have been shuffled. Put them into an order in which each step comes after those it uses. Several orders are right. Answer with a list, `["a", "b", ...]`, or with one word, `"ab..."`.

D never rises with the rank. A pair (i, j) with $y_i > y_j$ is *misordered* if j stands above i. The ideal DCG is above 0. $[y \ge t]$ is 1 where it holds and 0 elsewhere.

- **a** Binary labels: the discount differences of the matched pairs add up to ideal DCG − DCG.
- **b** A misordered pair has s_i ≤ s_j, so its log2(1 + e^(−β(s_i − s_j))) is at least 1; every other pair's is above 0.
- **c** Both DCGs are linear in the gains, and one order is ideal for all thresholds: ideal DCG − DCG is the sum over t of c_t times that of the binary labels [y ≥ t].
- **d** Binary labels with R relevant films: match each irrelevant film in the top R with a relevant one below R. There are as many of one as of the other, and each match is a misordered pair.
- **e** Take the inequality of binary labels for each t, times c_t, add up, and divide by the ideal DCG: 1 − NDCG ≤ misordered cost.
- **f** Together: 1 − NDCG ≤ misordered cost ≤ frozen surrogate.
- **g** Write each gain as a sum of steps: 2^y − 1 = Σ_t c_t [y ≥ t], with all c_t > 0.
- **h** The other misordered pairs add differences that are not negative, as D never rises: for binary labels, ideal DCG − DCG ≤ the sum of D(r_j) − D(r_i) over all misordered pairs.
- **i** The gain difference of a pair is the sum of c_t over the t that part it: the misordered cost times the ideal DCG is the sum over t of c_t times that of the binary labels.
- **j** With the weights |ΔNDCG|, summed over all pairs with y_i > y_j: misordered cost ≤ frozen surrogate.

When it is right, one question more, without a check: training takes a step, and two films change places. Which step speaks of the old ranking only?
"""

# %%
answer_06_10 = ...
### BEGIN SOLUTION
answer_06_10 = "gcidahebjf"  # j: its weights are those of one ranking, and the next one has others
### END SOLUTION

# %%
check("06.10", answer_06_10)
# hint("06.10")

# %% [markdown]
"""
## Two listings with a fault

Both listings can be found in the wild, and both run. Each computes LambdaRank's gradients with slope 1, on the whole list, and each has one fault. They call this function, which is right: it finds |ΔNDCG| of Eq. (6.5) by swapping.
"""

# %%
def swap_changes(scores: ArrayLike, labels: ArrayLike) -> np.ndarray:
    """|ΔNDCG| of each pair by trying it: swap the places of two films in the ranking, and measure again."""
    gains = 2.0 ** np.array(labels)
    films = np.argsort(-np.array(scores, dtype=float), kind="stable")
    table = np.zeros((len(films), len(films)))
    worth = 1 / np.log2(np.arange(len(films)) + 2)
    for a, i in enumerate(films):
        for b, j in enumerate(films):
            swapped = films.copy()
            swapped[a], swapped[b] = j, i
            table[i, j] = abs(worth @ (gains[swapped] - gains[films]))
    return table / (worth @ (np.sort(gains)[::-1] - 1))

print(swap_changes([1, 0.5], [0, 2]))  # the example of 06.2

# %% [markdown]
r"""
### 06.11 No push for the worst

This listing puts $\sigma'$ where the slope belongs. Find `scores` and `labels` for which the film that should rise most, by 0.01 or more, gets less than a thousandth of what it is due.

2 to 8 films, scores from −50 to 50, labels 0, 1, 2, 3 or 4, not all equal.
"""

# %%
def shy_lambdas_listing(scores: ArrayLike, labels: ArrayLike) -> np.ndarray:
    """LambdaRank's gradients with slope 1, to subtract from the scores."""
    s, y = np.array(scores, dtype=float), np.array(labels)
    x = s[:, None] - s
    sigma = 1 / (1 + np.exp(-x))
    forces = -sigma * (1 - sigma) / (1 + np.exp(x)) * swap_changes(s, y)
    forces = np.where(y[:, None] > y, forces, 0)
    return forces.sum(axis=1) - forces.sum(axis=0)

print(shy_lambdas_listing([0, 1], [1, 0]))  # too small, but it pushes

# %%
answer_06_11 = ...  # {"scores": ..., "labels": ...}
### BEGIN SOLUTION
answer_06_11 = {"scores": [0, 10], "labels": [1, 0]}
due = swap_changes(**answer_06_11)[0, 1] / (1 + np.exp(-10))
print(f"due {due:.4f}, lifted by {-shy_lambdas_listing(**answer_06_11)[0]:.6f}")
### END SOLUTION

# %%
check("06.11", answer_06_11)
# hint("06.11")

# %% [markdown]
"""
### 06.12 Labels that cancel

This listing sums over all pairs. Find `scores` and `labels` for which a film that should rise is pushed down: its lambda of 06.3 is −0.01 or less, and the listing gives it 0.01 or more.

2 to 8 films, scores from −50 to 50, labels 0, 1, 2, 3 or 4, not all equal. Before you try: will a list in the wrong order show it?
"""

# %%
def all_pairs_listing(scores: ArrayLike, labels: ArrayLike) -> np.ndarray:
    """LambdaRank's gradients with slope 1, to subtract from the scores."""
    s = np.array(scores, dtype=float)
    x = s[:, None] - s
    forces = -1 / (1 + np.exp(x)) * swap_changes(s, labels)
    return forces.sum(axis=1) - forces.sum(axis=0)

print(all_pairs_listing([0, 1], [1, 0]))  # the first film should rise, and does

# %%
answer_06_12 = ...  # {"scores": ..., "labels": ...}
### BEGIN SOLUTION
answer_06_12 = {"scores": [1, 0], "labels": [1, 0]}
print(all_pairs_listing(**answer_06_12))  # whatever stands above is pushed down, good or bad
### END SOLUTION

# %%
check("06.12", answer_06_12)
# hint("06.12")

# %% [markdown]
"""
### 06.13 What a small softmax loss proves

Labels are 0 and 1. One query has the softmax loss 0.8, another one 2. What do you know of NDCG, of the whole list?

- **a** The first query is ranked better: a smaller loss is a higher NDCG.
- **b** The first has at most 0.45, the second at most 0.14.
- **c** The first has at least 0.44, the second at least 0.13, and either may have 1.
- **d** Nothing: the loss does not know the ranks.
"""

# %%
answer_06_13 = ...
### BEGIN SOLUTION
answer_06_13 = "c"
### END SOLUTION
check("06.13", answer_06_13)

# %% [markdown]
"""
Done? Go back to [lesson 06](../notebooks/06_lambdarank.ipynb) and its widget of forces: you can now say of each arrow why it points where it points, and how long it is.
"""
