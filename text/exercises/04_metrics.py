# %% [markdown]
"""
# Exercises 04: How good is a ranked list?

These tasks go with [lesson 04](../notebooks/04_metrics.ipynb). Write your answer where it says `# your code here` or `...`, run the cell, then run the check below it. A check tells you what kind of case goes wrong and shows you the simplest one. If you are stuck, `hint("04.1")` gives three hints, one at a time, and what your last answer looks like. Points are counted case by case, so half an answer is worth something.

| task | what | minutes | objective |
|---|---|---|---|
| 04.0 | DCG, ideal DCG and NDCG by hand | 8 | O4.3 |
| 04.1 | `dcg_at_k` | 8 | O4.3 |
| 04.2 | `ndcg_at_k` | 10 | O4.3, O4.5 |
| 04.3 | `ndcg_from_scores` | 8 | O4.3, O4.5 |
| 04.4 | `average_precision` | 10 | O4.2 |
| 04.5 | `mean_average_precision` | 6 | O4.2, O4.5 |
| 04.6 | `reciprocal_rank`, the shortest: begin here if your Python is rusty | 4 | O4.1 |
| 04.7 | precision, recall, reciprocal rank and AUC by hand | 6 | O4.1 |
| 04.8–04.12 | five choices: the logarithm, the ideal, AP@K, empty queries, the slope | 10 | O4.2, O4.3, O4.5, O4.6 |
| 04.13 | the bootstrap of three users, by hand | 8 | O4.7 |
| 04.14 | a choice: two intervals overlap | 2 | O4.7 |
| 04.15 | the exchange argument, put in order | 5 | O4.4 |
| 04.16, 04.17 | two listings with a fault: find an input that exposes it | 8 | O4.3, O4.5 |
| 04.18 | transfer: reciprocal rank without luck | 20 | O4.1, O4.5 |

All of it takes about two hours. Short of time? 04.0, 04.1, 04.2, 04.4, 04.12 and 04.14 carry most of the lesson in 40 minutes.

Two rules hold for every function: it leaves its inputs as they were, and it does not touch the global random generators. It returns a number, and should print nothing.
"""

# %%
import numpy as np
from numpy.typing import ArrayLike

from recmath_lib.grading import check, hint

# %% [markdown]
"""
## 04.0 Three numbers by hand

Five films are ranked. Their grades, best rank first, are [3, 2, 3, 0, 1]. A published exercise asks you to verify that the DCG is about 13.35. Is it?

Compute with the gain $2^y - 1$: the **DCG** of the list, the **ideal** DCG and **NDCG@5**, Eq. (4.9) and (4.10). Paper and a calculator for the logarithms will do. The two sums count within 0.005, the ratio within 0.0005.

As an example, the same for a list of two films with the grades [1, 2]:
"""

# %%
example = (2**1 - 1) / np.log2(2) + (2**2 - 1) / np.log2(3)
best_order = (2**2 - 1) / np.log2(2) + (2**1 - 1) / np.log2(3)
print(f"DCG {example:.4f}   ideal {best_order:.4f}   NDCG {example / best_order:.4f}")

# %%
answer_04_0 = ...  # your three numbers: (dcg, ideal, ndcg)
### BEGIN SOLUTION
dcg = 7 / np.log2(2) + 3 / np.log2(3) + 7 / np.log2(4) + 0 / np.log2(5) + 1 / np.log2(6)
ideal = 7 / np.log2(2) + 7 / np.log2(3) + 3 / np.log2(4) + 1 / np.log2(5) + 0 / np.log2(6)
answer_04_0 = (dcg, ideal, dcg / ideal)
print(f"DCG {dcg:.6f}   ideal {ideal:.6f}   NDCG {dcg / ideal:.6f}")
### END SOLUTION

# %%
check("04.0", answer_04_0)
# hint("04.0")

# %% [markdown]
r"""
## 04.1 Discounted cumulative gain

Write `dcg_at_k(rels, k=None, gain="exp")`, Eq. (4.9).

- `rels`: the labels of the ranked films, best rank first. A list or an array, of any numeric type. Labels are at least 0, and fractions are allowed.
- `k`: only the first `k` places count. `None`, or a `k` beyond the end of the list: the whole list.
- `gain`: with `"exp"` a label $y$ is worth $2^y - 1$, with `"linear"` it is worth $y$.
- It returns the sum of gain over $\log_2(\text{rank} + 1)$, as a float. The empty list has DCG 0.0.

For the labels [2, 0, 1], with both gains and then cut at 2:
"""

# %%
exponential = [3 / np.log2(2), 0 / np.log2(3), 1 / np.log2(4)]
linear = [2 / np.log2(2), 0 / np.log2(3), 1 / np.log2(4)]
print(f"exp {sum(exponential):.4f}   linear {sum(linear):.4f}   exp, k=2 {sum(exponential[:2]):.4f}")

# %%
def dcg_at_k(rels: ArrayLike, k: int | None = None, gain: str = "exp") -> float:
    """Gain over log2(rank + 1), summed over the first k places."""
    ### BEGIN SOLUTION
    labels = np.asarray(rels, dtype=float)[:k]
    gains = labels if gain == "linear" else 2**labels - 1
    ranks = np.arange(1, labels.size + 1)
    return float(np.sum(gains / np.log2(ranks + 1)))
    ### END SOLUTION

# %%
check("04.1", dcg_at_k)
# hint("04.1")

# %% [markdown]
"""
## 04.2 NDCG of a ranked list

Write `ndcg_at_k(ranked_rels, k=None, all_rels=None, gain="exp")`, Eq. (4.10). You may call your `dcg_at_k`.

- `ranked_rels`: the labels of the ranked films, best rank first.
- `all_rels`: the labels of **all** judged films, in any order. The ranked films are among them. `None`: the ranked films are all there are.
- `k`: the cut-off, of the list and of the ideal. The ideal has `k` places even if the list is shorter. `None`: no cut, in either.
- `gain`: as in 04.1, in both sums. Labels may be of any numeric type, fractions allowed.
- An ideal of 0, so nothing relevant at all: 0.0.

You show one film of label 1. Another film, of label 2, stays in the drawer. At `k=2`:
"""

# %%
one_film_shown = 1 / np.log2(2)
two_places_filled_best = 3 / np.log2(2) + 1 / np.log2(3)
print(f"ndcg_at_k([1], k=2, all_rels=[1, 2]) is {one_film_shown / two_places_filled_best:.4f}")

# %%
def ndcg_at_k(
    ranked_rels: ArrayLike, k: int | None = None, all_rels: ArrayLike | None = None, gain: str = "exp"
) -> float:
    """DCG as a share of the best DCG that k places could have."""
    ### BEGIN SOLUTION
    judged = ranked_rels if all_rels is None else all_rels
    ideal = dcg_at_k(sorted(judged, reverse=True), k, gain)
    return dcg_at_k(ranked_rels, k, gain) / ideal if ideal > 0 else 0.0
    ### END SOLUTION

# %%
check("04.2", ndcg_at_k)
# hint("04.2")

# %% [markdown]
r"""
## 04.3 NDCG from scores

A model does not hand you a ranked list. It hands you scores. Write `ndcg_from_scores(y_true, y_score, k=None)`, Eq. (4.10) with the gain $2^y - 1$.

- `y_true`: the labels of all judged films. `y_score`: the scores of the same films. Both in any order, of any numeric type (unsigned integers too). A score may be $-\infty$: that film comes last. No score is nan.
- Rank by descending score. **Equal scores keep the input order.**
- `k`: the cut-off, of the list and of the ideal. `None`, or a `k` beyond the list: the whole list.
- An ideal of 0: 0.0.

The labels [1, 3, 2] with the scores [0.2, 0.9, 0.2] rank as 3, 1, 2: the first and the third film have one score, and the first stays ahead.
"""

# %%
ranked = 7 / np.log2(2) + 1 / np.log2(3) + 3 / np.log2(4)
at_best = 7 / np.log2(2) + 3 / np.log2(3) + 1 / np.log2(4)
print(f"ndcg_from_scores([1, 3, 2], [0.2, 0.9, 0.2]) is {ranked / at_best:.4f}")

# %%
def ndcg_from_scores(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
    """NDCG of the films ranked by descending score, equal scores in input order."""
    ### BEGIN SOLUTION
    order = np.argsort(-np.asarray(y_score, dtype=float), kind="stable")
    return ndcg_at_k(np.asarray(y_true)[order], k)
    ### END SOLUTION

# %%
check("04.3", ndcg_from_scores)
# hint("04.3")

# %% [markdown]
"""
## 04.4 Average precision

Write `average_precision(rels, n_relevant=None, k=None)`, Eq. (4.5), with a cut-off Eq. (4.7).

- `rels`: the labels of the ranked films, best rank first, of any numeric type. A film is relevant if its label is above 0.
- `n_relevant`: how many relevant films there are, in the list or not. `None`: those in `rels`, all of it, also what lies beyond `k`.
- `k`: only hits in the first `k` places earn. `None`, or a `k` beyond the list: the whole list.
- It adds up the precision at the rank of every hit and divides by `n_relevant`; with a `k`, by `min(k, n_relevant)`.
- No relevant film: 0.0.

Hits at ranks 1 and 3, four relevant films in all; then the same cut at 2:
"""

# %%
precisions = [1 / 1, 2 / 3]
print(f"whole list {sum(precisions) / 4:.4f}   k=2 {precisions[0] / min(2, 4):.4f}")

# %%
def average_precision(rels: ArrayLike, n_relevant: int | None = None, k: int | None = None) -> float:
    """Precision at the rank of each relevant film, averaged over the relevant films."""
    ### BEGIN SOLUTION
    hits = np.asarray(rels) > 0
    best = hits.sum() if n_relevant is None else n_relevant
    if k is not None:
        hits, best = hits[:k], min(k, best)
    precision = np.cumsum(hits) / np.arange(1, hits.size + 1)
    return float(precision[hits].sum() / best) if best > 0 else 0.0
    ### END SOLUTION

# %%
check("04.4", average_precision)
# hint("04.4")

# %% [markdown]
r"""
## 04.5 Mean average precision

Write `mean_average_precision(ranked_lists, n_relevants=None)`, Eq. (4.8). You may call your `average_precision`.

- `ranked_lists`: one list of labels per query, best rank first. The lengths may differ.
- `n_relevants`: the number of relevant films of each query, in its list or not. `None`: those in its list.
- It returns the mean of the average precision (whole lists, no cut-off) over $\mathcal{Q}^+$, the queries that **have** a relevant film, found or not.
- No such query: 0.0.

Why $\mathcal{Q}^+$? The second of these two queries has nothing to find, so no ranking of it can be good or bad:
"""

# %%
first_query = (1 / 1 + 2 / 3) / 2  # [1, 0, 1]
print(f"mean_average_precision([[1, 0, 1], [0, 0, 0]]) is {first_query / 1:.4f}")
print(f"over both queries it would be {(first_query + 0) / 2:.4f}")

# %%
def mean_average_precision(ranked_lists: list[ArrayLike], n_relevants: list[int] | None = None) -> float:
    """Average precision, averaged over the queries that have a relevant film."""
    ### BEGIN SOLUTION
    if n_relevants is None:
        n_relevants = [np.count_nonzero(rels) for rels in ranked_lists]
    values = [average_precision(rels, n) for rels, n in zip(ranked_lists, n_relevants, strict=True) if n > 0]
    return float(np.mean(values)) if values else 0.0
    ### END SOLUTION

# %%
check("04.5", mean_average_precision)
# hint("04.5")

# %% [markdown]
"""
## 04.6 Reciprocal rank

Write `reciprocal_rank(rels, k=None)`, Eq. (4.3).

- `rels`: the labels of the ranked films, best rank first, of any numeric type. A film is relevant if its label is above 0.
- It returns 1 over the rank of the first relevant film, if that rank is at most `k`; otherwise 0.0. `None`, or a `k` beyond the list: the whole list.
- The empty list: 0.0.

In [0, 2, 1] the wait ends at rank 2:
"""

# %%
print(f"reciprocal_rank([0, 2, 1]) is {1 / 2:.4f}, with k=1 it is {0 / 1:.4f}")

# %%
def reciprocal_rank(rels: ArrayLike, k: int | None = None) -> float:
    """One over the rank of the first relevant film."""
    ### BEGIN SOLUTION
    for rank, label in enumerate(rels[:k], start=1):
        if label > 0:
            return 1 / rank
    return 0.0
    ### END SOLUTION

# %%
check("04.6", reciprocal_rank)
# hint("04.6")

# %% [markdown]
"""
## 04.7 Four numbers by hand

Six films are shown:

| rank | 1 | 2 | 3 | 4 | 5 | 6 |
|---|---|---|---|---|---|---|
| score | 9 | 7 | 7 | 5 | 3 | 2 |
| label | 0 | 0 | 1 | 1 | 0 | 1 |

Two more films are relevant, but they are not in the list: five in all. Compute **precision@4**, **recall@4**, the **reciprocal rank** of the list as shown, and the **AUC** of the six films, a tied pair counting one half. Eq. (4.1) to (4.4). They count within 0.0005.

A smaller AUC as an example: one relevant film with the score 2, three irrelevant ones with the scores 3, 2 and 1.
"""

# %%
lost, tied, won = 0, 1 / 2, 1
print(f"AUC {(lost + tied + won) / 3:.4f}")

# %%
answer_04_7 = ...  # your four numbers: (precision, recall, reciprocal_rank, auc)
### BEGIN SOLUTION
pairs = [0, 1 / 2, 1, 0, 0, 1, 0, 0, 0]  # scores 7, 5, 2 of the relevant films, each against 9, 7, 3
answer_04_7 = (2 / 4, 2 / 5, 1 / 3, sum(pairs) / 9)
### END SOLUTION

# %%
check("04.7", answer_04_7)
# hint("04.7")

# %% [markdown]
r"""
## Five choices

Answer with a letter, such as `"a"`. A wrong letter tells you what speaks against it.

### 04.8 Why a logarithm?

Why does DCG divide the gain at a rank by $\log_2(\text{rank} + 1)$?

- **a** Because it was measured: attention falls with the logarithm of the rank.
- **b** Because only a logarithm makes the order sorted by gain the best one.
- **c** It is a convention: it falls slowly and is 1 at rank 1. Other falling discounts have the same bounds and the same ideal order.
- **d** Because the gain is a power of 2, and the logarithm to base 2 undoes it.
"""

# %%
answer_04_8 = ...
### BEGIN SOLUTION
answer_04_8 = "c"
### END SOLUTION
check("04.8", answer_04_8)

# %% [markdown]
"""
### 04.9 Which ideal?

Five films were judged, with the labels [3, 3, 2, 1, 0]. A recommender shows two of them, with the labels [2, 1], and reports NDCG@2 = 1.0. You compute its DCG, and three ideals:
"""

# %%
grades = [3, 3, 2, 1, 0]
terms = [(2**y - 1) / np.log2(rank + 1) for rank, y in enumerate(grades, start=1)]
shown = 3 / np.log2(2) + 1 / np.log2(3)
print(f"shown {shown:.4f}   shown over shown {shown / shown:.4f}")
print(f"shown over the best two {shown / sum(terms[:2]):.4f}   over all five {shown / sum(terms):.4f}")

# %% [markdown]
"""
What do you say?

- **a** 1.0 is right: the two films stand in the best order.
- **b** The ideal is all five films in their best order.
- **c** It cannot be computed: films nobody judged could be better still.
- **d** The ideal is the best two of the five judged films.
"""

# %%
answer_04_9 = ...
### BEGIN SOLUTION
answer_04_9 = "d"
### END SOLUTION
check("04.9", answer_04_9)

# %% [markdown]
"""
### 04.10 Three values of AP@5

Five films are shown, with hits at ranks 1 and 3. Ten films are relevant in all. Three libraries give three values of AP@5, by the formulas in their code. (The metric zoo of the lesson measures pytrec_eval, which is trec_eval; implicit and torchmetrics are not in it.)
"""

# %%
reported = {"trec_eval": 1 / 6, "implicit": 1 / 3, "torchmetrics": 5 / 6}
print("   ".join(f"{library} {value:.4f}" for library, value in reported.items()))

# %% [markdown]
"""
Why?

- **a** The same sum, 1 + 2/3, is divided by all relevant films (10), by min(K, relevant) (5), by the hits found (2).
- **b** They cut the list at different places.
- **c** One of them is right, the other two have a bug.
- **d** The same sum, 1 + 2/3, is divided by K, by all relevant films, by the hits found, in this order.
"""

# %%
answer_04_10 = ...
### BEGIN SOLUTION
answer_04_10 = "a"
### END SOLUTION
check("04.10", answer_04_10)

# %% [markdown]
"""
### 04.11 Nothing to find

For 4,000 of 10,000 visitors no film is relevant. Over the other 6,000 the mean AP is 0.50. What is MAP?

- **a** 0.30: nothing was found for them, so their AP is 0.
- **b** 0.30, 0.70 or 0.50: their AP is 0/0, and libraries put 0, put 1 or leave them out. A number without this convention says little.
- **c** 0.70: nothing was missed for them, so their AP is 1.
- **d** Any of these: every model has the same visitors, so the convention never matters.
"""

# %%
answer_04_11 = ...
### BEGIN SOLUTION
answer_04_11 = "b"
### END SOLUTION
check("04.11", answer_04_11)

# %% [markdown]
"""
### 04.12 The slope of NDCG

Move the score $s$ of one film and hold all other scores. What is the derivative of NDCG with respect to $s$?

- **a** Undefined everywhere, because ranks are whole numbers.
- **b** Small, but not 0: with a larger learning rate you can train on it.
- **c** Positive for a film that stands below its ideal place, negative for one above it.
- **d** 0 wherever $s$ equals no other score. At an equal score NDCG may jump; where it jumps, it has no derivative.
"""

# %%
answer_04_12 = ...
### BEGIN SOLUTION
answer_04_12 = "d"
### END SOLUTION
check("04.12", answer_04_12)

# %% [markdown]
"""
## 04.13 The bootstrap of three users

Three users have the NDCG 0, 0 and 1. A bootstrap sample draws three users **with replacement**. There are $3^3 = 27$ ordered draws, all equally likely, so you can write down exactly what Eq. (4.12) approximates with random draws. Give

- `all_0` and `all_1`: the probability that the mean of the sample is 0, and that it is 1;
- `low` and `high`: the ends of the 95 % interval. `low` is the smallest mean whose cumulative probability reaches 2.5 %, `high` the smallest whose cumulative probability reaches 97.5 %.

They count within 0.0005. When you have them: what do three users tell you about the mean? The same for two users with the NDCG 0 and 1, as an example:
"""

# %%
means = sorted((one + two) / 2 for one in (0, 1) for two in (0, 1))
print(f"means {means}: all_0 {means.count(0) / 4:.4f}, all_1 {means.count(1) / 4:.4f}")
print(f"low {means[0]:.4f}, high {means[-1]:.4f}")

# %%
answer_04_13 = ...  # {"all_0": ..., "all_1": ..., "low": ..., "high": ...}
### BEGIN SOLUTION
users = (0, 0, 1)
resampled = sorted((one + two + three) / 3 for one in users for two in users for three in users)
cumulative = {mean: sum(other <= mean for other in resampled) / 27 for mean in resampled}
answer_04_13 = {
    "all_0": resampled.count(0) / 27,
    "all_1": resampled.count(1) / 27,
    "low": min(mean for mean, share in cumulative.items() if share >= 0.025),
    "high": min(mean for mean, share in cumulative.items() if share >= 0.975),
}
### END SOLUTION

# %%
check("04.13", answer_04_13)
# hint("04.13")

# %% [markdown]
"""
### 04.14 Two intervals overlap

Two models rank for the same 400 users. Some users are easy for both models, some are hard for both.
"""

# %%
rng = np.random.default_rng(7)
ease = rng.beta(1, 2, 400)
ndcg_a = np.clip(ease + rng.normal(0.02, 0.1, 400), 0, 1)
ndcg_b = np.clip(ease + rng.normal(0.00, 0.1, 400), 0, 1)
drawn = rng.integers(0, 400, (2000, 400))  # 2000 samples of the 400 users
for name, values in (("A", ndcg_a), ("B", ndcg_b), ("A − B", ndcg_a - ndcg_b)):
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    print(f"{name:5}  mean {values.mean():.3f}   95 % interval {low:.3f} to {high:.3f}")
print(f"A is ahead for {np.mean(ndcg_a > ndcg_b):.0%} of the users")

# %% [markdown]
"""
The intervals of A and B overlap. The interval of the difference, taken user by user, lies above 0. What may you say?

- **a** Nothing: the two intervals overlap.
- **b** A is better on average for users like these, as far as the choice of users is concerned.
- **c** A is better for at least 95 % of the users.
- **d** A will also be better next month, on new films.
"""

# %%
answer_04_14 = ...
### BEGIN SOLUTION
answer_04_14 = "b"
### END SOLUTION
check("04.14", answer_04_14)

# %% [markdown]
"""
## 04.15 Why sorting by gain is ideal

The steps of the exchange argument have been shuffled. Put them into an order in which each step comes after those it uses. Several orders are right. $D_i$ is the discount at rank $i$, $g_i$ the gain of the film there. Answer with a list, `["a", "b", ...]`, or with one word, `"ab..."`.

- **a** There are finitely many orders, so at least one of them has the largest DCG.
- **b** The first bracket is positive: of the two films, the lower one has the larger gain.
- **c** Swap the two. Only their two terms change, and DCG changes by $(g_j - g_i)(D_i - D_j)$.
- **d** Gains are not negative, so DCG lies between 0 and this ideal: if the ideal is above 0, NDCG lies between 0 and 1.
- **e** So the swap raises DCG: the order we took was not the best.
- **f** Take an order that is not sorted: there are ranks $i < j$ with $g_i < g_j$.
- **g** So an order with the largest DCG has no such pair: it is sorted by gain.
- **h** The second bracket is positive: the discount falls with the rank.
- **i** Sorted orders differ only among equal gains, so they all have the same DCG: the ideal.

When it is right, one question more, without a check: at a cut-off the discount is 0 beyond rank $K$. Which step changes, and what is left of the proof?
"""

# %%
answer_04_15 = ...
### BEGIN SOLUTION
answer_04_15 = "fcbheagid"  # at a cut-off h says "not negative", so e says "does not lower": sorting is still best
### END SOLUTION

# %%
check("04.15", answer_04_15)
# hint("04.15")

# %% [markdown]
"""
## 04.16 A listing with a fault

Here is an NDCG from somebody's evaluation script. On most inputs it agrees with Eq. (4.10). Find one on which it does not. Labels are at least 0, `k` at least 1, `all_rels` holds the labels of all judged films (the ranked ones among them), at most 20 of them.
"""

# %%
def ndcg_at_k_listing(ranked_rels: list[float], k: int, all_rels: list[float]) -> float:
    """NDCG@k of a ranked list, all_rels being the labels of all judged films."""

    def dcg(rels: list[float]) -> float:
        return float(sum((2**rel - 1) / np.log2(rank + 1) for rank, rel in enumerate(rels, start=1)))

    shown = ranked_rels[:k]
    ideal = sorted(all_rels, reverse=True)[: len(shown)]
    return dcg(shown) / dcg(ideal) if dcg(ideal) > 0 else 0.0

print(f"{ndcg_at_k_listing([2, 0], k=2, all_rels=[0, 1, 2]):.4f}")  # right

# %%
answer_04_16 = ...  # {"ranked_rels": ..., "k": ..., "all_rels": ...}
### BEGIN SOLUTION
answer_04_16 = {"ranked_rels": [1], "k": 2, "all_rels": [1, 1]}
print(f"the listing {ndcg_at_k_listing(**answer_04_16):.4f}, Eq. (4.10) {ndcg_at_k(**answer_04_16):.4f}")
### END SOLUTION

# %%
check("04.16", answer_04_16)
# hint("04.16")

# %% [markdown]
"""
## 04.17 A listing that is too kind

This one ranks by score. Find labels and scores for which its value is not what task 04.3 asks for. Labels are at least 0, at most 20 films.
"""

# %%
def ndcg_of_pairs_listing(y_true: list[float], y_score: list[float]) -> float:
    """NDCG of all films, ranked by descending score."""

    def dcg(rels: list[float]) -> float:
        return float(sum((2**rel - 1) / np.log2(rank + 1) for rank, rel in enumerate(rels, start=1)))

    ranked = [rel for score, rel in sorted(zip(y_score, y_true, strict=True), reverse=True)]
    ideal = sorted(y_true, reverse=True)
    return dcg(ranked) / dcg(ideal) if dcg(ideal) > 0 else 0.0

print(f"{ndcg_of_pairs_listing([0, 2, 1], [0.9, 0.5, 0.1]):.4f}")  # right

# %%
answer_04_17 = ...  # {"y_true": ..., "y_score": ...}
### BEGIN SOLUTION
answer_04_17 = {"y_true": [0, 1], "y_score": [1, 1]}
print(f"the listing {ndcg_of_pairs_listing(**answer_04_17):.4f}, task 04.3 {ndcg_from_scores(**answer_04_17):.4f}")
### END SOLUTION

# %%
check("04.17", answer_04_17)
# hint("04.17")

# %% [markdown]
"""
## 04.18 Transfer: reciprocal rank without luck

Rank films by popularity, and many of them share a score. Whether your one good film comes first among its equals is luck. Eq. (4.11) takes luck out of DCG: each place of a tied block earns the block's mean gain. Reciprocal rank has no such sum over places. Only the first hit earns. So what is its mean over the orders of equal scores?

Write `tie_averaged_reciprocal_rank(y_true, y_score, k=None)`.

- `y_true`: labels, relevant means above 0. `y_score`: scores of the same films, in any order.
- Films rank by descending score. Among films with equal scores, all orders are equally likely.
- It returns the mean of the reciprocal rank (cut at `k`, as in 04.6) over these orders.
- No relevant film, or the empty list: 0.0.
- The lists here have at most 6 films, so going through all orders is a right answer. A formula is shorter, and works for hundreds.

One relevant film among three with the same score stands at rank 1, 2 or 3, each with probability 1/3. With two relevant ones among three, the first hit is at rank 1 with probability 2/3:
"""

# %%
print(f"one of three {(1 / 1 + 1 / 2 + 1 / 3) / 3:.4f}   two of three {2 / 3 * 1 / 1 + 1 / 3 * 1 / 2:.4f}")

# %%
def tie_averaged_reciprocal_rank(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
    """Mean reciprocal rank over all orders of films with equal scores."""
    ### BEGIN SOLUTION
    hits, scores = np.asarray(y_true) > 0, np.asarray(y_score)
    if not hits.any():
        return 0.0
    best = scores[hits].max()  # the first block that holds a relevant film
    above = np.count_nonzero(scores > best)
    block, relevant = np.count_nonzero(scores == best), np.count_nonzero(hits[scores == best])
    total, nothing_yet = 0.0, 1.0
    for place in range(1, block - relevant + 2):
        chance = relevant / (block - place + 1)  # of a hit here, if none stands above
        if k is None or above + place <= k:
            total += nothing_yet * chance / (above + place)
        nothing_yet *= 1 - chance
    return float(total)
    ### END SOLUTION

# %%
check("04.18", tie_averaged_reciprocal_rank)
# hint("04.18")

# %% [markdown]
"""
Done? Go back to [lesson 04](../notebooks/04_metrics.ipynb) and its zoo: for each library there you can now name the gain, the pool of the ideal, the denominator, and what it does with ties and empty queries.
"""
