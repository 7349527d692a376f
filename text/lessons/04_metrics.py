# %% [markdown]
"""
# Lesson 04: How good is a ranked list?

**Three quick questions from before.** Answer in your head, then open.

<details><summary>You score six films. What do you need besides the scores to say how good the ranking is?</summary>Labels: which films were wanted, and how much. A score says what the model believes, a label says what came true.</details>
<details><summary>A squared error of 0 on every rating: is the ranking perfect?</summary>Yes. Equal numbers sort equally. The converse fails: add 10 to every score and the ranking is still perfect.</details>
<details><summary>What does the gradient of a function tell you?</summary>How much the function changes for a small step, per unit of step. (See <a href="00_start_here.ipynb#Card-4:-Gradient">primer card 4</a>.)</details>

**When you have finished, you can**

- **O4.1** compute precision, recall, reciprocal rank and AUC of a ranked list, by hand and in code;
- **O4.2** derive AP as the area under the precision-recall steps, and name the three denominators of AP@K;
- **O4.3** compute DCG and NDCG, and say where the ideal comes from and how it is cut;
- **O4.4** prove the bounds of NDCG by an exchange argument;
- **O4.5** say what a metric does with ties, cut-offs and empty queries, and find out which convention a library uses;
- **O4.6** explain why NDCG and AP have no useful gradient;
- **O4.7** put an interval on a mean of per-user values, and read it.

You need sums, fractions and a little Python. Reading the core and moving its widgets takes about 60 minutes; what is folded away under *Deeper* can wait. The tasks are in [the exercises of this lesson](../exercises/04_metrics.ipynb), about two hours for all of them, 40 minutes for the ones that matter most. Tasks 04.1 to 04.6 ask you to write the functions of this lesson: do each before you read ours.
"""

# %%
from itertools import permutations

import numpy as np

from recmath_lib import metrics, plots, ratings, zoo
from recmath_lib.datasets import load_cinema, load_movielens
from recmath_lib.teaching import predict, show_source
from recmath_lib.widgets import metric_staircase, ranking_playground

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
r"""
## 1 Six films, four questions

Four films in the catalogue would please you tonight. Two recommenders show you six films each, and each of them finds three of your four. List A has them at ranks 1, 3 and 6, list B at 4, 5 and 6. Which list is better?

Write $y_i$ for the label of the film at rank $i$: 1 if it is relevant, else 0. The list has $n$ films, and $R$ films of the whole catalogue are relevant. The bracket $[y_i > 0]$ is 1 if the statement in it holds, else 0. A place beyond the end of the list holds nothing, so its bracket is 0. **Precision** asks how much of what you were shown was good. **Recall** asks how much of the good you were shown.

$$\mathrm{P@}K = \frac{1}{K}\sum_{i=1}^{K}[y_i > 0] \tag{4.1}$$

$$\mathrm{R@}K = \frac{1}{R}\sum_{i=1}^{K}[y_i > 0] \tag{4.2}$$

**Reciprocal rank** asks how long you waited for the first good film. It is 0 if there is none among the first $K$.

$$\mathrm{RR@}K = \frac{1}{\min\{i \le K : y_i > 0\}} \tag{4.3}$$

**AUC**, the *area under the ROC curve*, is a share of pairs. It takes every pair of one relevant and one irrelevant film of the list, and asks how often the relevant one has the higher score $s$. An equal score counts one half.

$$\mathrm{AUC} = \frac{1}{|\mathcal{P}|\,|\mathcal{N}|}\sum_{i \in \mathcal{P}}\sum_{j \in \mathcal{N}}\Big([s_i > s_j] + \tfrac12[s_i = s_j]\Big),\qquad \mathcal{P} = \{i : y_i > 0\},\ \mathcal{N} = \{j : y_j = 0\} \tag{4.4}$$
"""

# %%
list_a, list_b = [1, 0, 1, 0, 0, 1], [0, 0, 0, 1, 1, 1]
scores = [6, 5, 4, 3, 2, 1]  # any falling numbers: only their order counts
for name, rels in (("A", list_a), ("B", list_b)):
    precision, recall = metrics.precision_at_k(rels, 6), metrics.recall_at_k(rels, 6, n_relevant=4)
    rr, auc = metrics.reciprocal_rank(rels), metrics.auc(rels, scores)
    print(f"{name}  P@6 {precision:.4f}  R@6 {recall:.4f}  RR {rr:.4f}  AUC {auc:.4f}")
assert np.isclose(metrics.auc(list_a, scores), (3 + 2 + 0) / 9)  # the hits at 1, 3, 6 beat 3, 2, 0 of the misses

# %% [markdown]
r"""
Precision@6 and recall@6 call it a draw: they count hits and never look where a hit stands. Reciprocal rank sees the first hit and nothing after it. AUC sees every place, and all places alike: a hit that climbs from 1001 to 1000 earns as much as one that climbs from 2 to 1. You look at the top of a list, so you want a measure that does too.

## 2 Average precision: stop at every hit

Walk down the list. At each hit, note the precision so far. The average of these notes, with a 0 for each relevant film that never came, is **average precision**.

$$\mathrm{AP} = \frac{1}{R}\sum_{i=1}^{n} \mathrm{P@}i\;[y_i > 0] \tag{4.5}$$

It is also an area. Recall stands still at a miss and rises by $1/R$ at a hit, so precision drawn over recall is a staircase, and AP is the area under it. The $j$-th hit, at rank $r_j$, has precision $j / r_j$:

$$\mathrm{AP} = \sum_{i=1}^{n} \big(\mathrm{R@}i - \mathrm{R@}(i-1)\big)\,\mathrm{P@}i = \frac{1}{R}\sum_{j} \frac{j}{r_j} \tag{4.6}$$
"""

# %%
by_hand = (1 / 1 + 2 / 3 + 3 / 6 + 0) / 4  # the fourth film never came
ap_b = metrics.average_precision(list_b, n_relevant=4)
print(f"A {by_hand:.4f}   B {ap_b:.4f}")
assert np.isclose(metrics.average_precision(list_a, n_relevant=4), by_hand) and 1.8 < by_hand / ap_b < 2
plots.precision_recall_steps(list_a, n_relevant=4)

# %% [markdown]
r"""
List A is worth almost twice list B. Both found three films.

**Cut at K, and three answers appear.** With ten relevant films and a list of five, even a perfect list could collect only five hits. So the sum stops at $K$, and the question is what to divide by. The course divides by the most hits that $K$ places allow:

$$\mathrm{AP@}K = \frac{1}{\min(K, R)}\sum_{i=1}^{K} \mathrm{P@}i\;[y_i > 0] \tag{4.7}$$

Others divide by $R$ (then a perfect list of five scores 0.5), or by the hits they found (then one hit at rank 1 and nothing else scores 1).

**The mean over queries** has a trap of its own. A query without a relevant film has $R = 0$ and no AP. The course averages over $\mathcal{Q}^+$, the queries that have a relevant film:

$$\mathrm{MAP} = \frac{1}{|\mathcal{Q}^+|}\sum_{q \in \mathcal{Q}^+} \mathrm{AP}(q) \tag{4.8}$$

A mean over all queries mixes two things: how well you rank, and how often there was nothing to find.
"""

# %%
hits = [1, 0, 1, 0, 0]  # 10 relevant films in all, 5 places
total = sum(metrics.precision_at_k(hits, i) for i in (1, 3))
print(f"AP@5  /R {total / 10:.4f}   /min(K, R) {total / 5:.4f}   /hits {total / 2:.4f}")
assert np.isclose(metrics.average_precision(hits, n_relevant=10, k=5), total / 5)
assert metrics.average_precision([1] * 5, n_relevant=10) == 0.5  # a perfect list of five, divided by R
queries = [[1, 0, 1], [0, 0, 0]]  # the second has nothing to find
over_both = np.mean([metrics.average_precision(rels) for rels in queries])
over_one = metrics.mean_average_precision(queries)
print(f"MAP   over the query with a relevant film {over_one:.4f}   over both {over_both:.4f}")
assert np.isclose(over_one, 2 * over_both)

# %% [markdown]
r"""
## 3 DCG: grades, and a discount for depth

Relevance is rarely yes or no. Let $y_i$ be a grade, 0 to 3 say, and let $g(y)$ be its gain: $2^y - 1$ (each grade is worth more than twice the one below) or $y$ itself. A film further down is worth less, because fewer people get there. **Discounted cumulative gain** divides by the logarithm of the place:

$$\mathrm{DCG@}K = \sum_{i=1}^{\min(K, n)} \frac{g(y_i)}{\log_2(i+1)},\qquad g(y) = 2^y - 1 \ \text{ or }\ g(y) = y \tag{4.9}$$

Why $\log_2$? No law demands it. The discount $1/\log_2(i+1)$ is 1 at rank 1 and falls slowly, and it became the custom. Other curves stand under *Deeper: other discounts*.

**Your turn.** A list has the grades [3, 2, 3, 0, 1], best rank first. A published exercise asks you to verify that its DCG is about 13.35. Take paper and do [task 04.0](../exercises/04_metrics.ipynb). Then run the next cell and open its output with a click on the dots.
"""

# %% jupyter={"outputs_hidden": true}
grades = [3, 2, 3, 0, 1]
terms = [(2**y - 1) / np.log2(i + 1) for i, y in enumerate(grades, start=1)]
print("Your own numbers are on paper? Then open this.\n")
print(" + ".join(f"{term:.4f}" for term in terms), f"= {sum(terms):.4f}")
assert np.isclose(metrics.dcg_at_k(grades), sum(terms)) and round(sum(terms), 2) == 12.78
show_source(metrics.dcg_at_k)

# %% [markdown] tags=["derivation"]
r"""
The sum is 12.78. So what is 13.35? To see it, ask which order of these five films has the largest DCG.

**The exchange argument.** Take any list and two places $i < j$ where the lower place holds the better film, $y_i < y_j$. Write $D_i = 1/\log_2(i+1)$. Swap the two films. Every other term stays, and DCG changes by

$$g(y_j)D_i + g(y_i)D_j - g(y_i)D_i - g(y_j)D_j = \big(g(y_j) - g(y_i)\big)\big(D_i - D_j\big) > 0.$$

Both brackets are positive: the gain rises with the grade, the discount falls with the place. So a list that is not sorted can be improved. There are finitely many orders, so a best one exists, and it can only be the sorted one. The best DCG is the **ideal**, IDCG.

At a cut-off $K$ put $D_i = 0$ for $i > K$. Two places beyond $K$ now have the same discount, so a swap may change nothing, but it never lowers DCG. Swap until the list is sorted: sorted is still *a* best order, if no longer the only one.
"""

# %%
dcgs = {order: metrics.dcg_at_k(order) for order in set(permutations(grades))}
better = sum(value > dcgs[tuple(grades)] + 1e-9 for value in dcgs.values())
print(f"{len(dcgs)} orders. Given: {dcgs[tuple(grades)]:.4f}. Better: {better}. Best: {max(dcgs.values()):.4f}")
assert [order for order, value in dcgs.items() if round(value, 2) == 13.35] == [(3, 3, 2, 1, 0)] and better == 7
swapped = metrics.dcg_at_k([3, 3, 2, 0, 1]) - metrics.dcg_at_k(grades)  # ranks 2 and 3 change places
assert np.isclose(swapped, (7 - 3) * (1 / np.log2(3) - 1 / np.log2(4)))

# %% [markdown]
r"""
The published number is the ideal's: of the 60 orders only [3, 3, 2, 1, 0] rounds to 13.35. The given list has 12.78. Divide the two, and you have *normalized* DCG, **NDCG**, a share of the best that was possible:

$$\mathrm{NDCG@}K = \frac{\mathrm{DCG@}K}{\mathrm{IDCG@}K},\qquad \mathrm{IDCG@}K = \max_{\text{orders of all judged films}} \mathrm{DCG@}K \tag{4.10}$$

Gains are never negative, and no order beats the ideal, so NDCG lies between 0 and 1, as long as the ideal is above 0.

**Three conventions hide in this line.**

*Which films may the ideal use?* All judged films, cut at $K$. A library that sorts only the list you retrieved calls every list in falling order perfect, whatever it left out.

*What if nothing is relevant?* Then 0 is divided by 0. The course says 0.0; others say 1, or leave the query out.

*What do equal scores mean?* The scores no longer fix an order. Keep the input order, or take the mean over all orders of the tied films. A tied block of films then earns its mean gain at each of its places:

$$\mathrm{E}[\mathrm{DCG@}K] = \sum_{i=1}^{\min(K, n)} \bar g_{B(i)}\,D_i,\qquad \bar g_{B} = \frac{1}{|B|}\sum_{j \in B} g(y_j) \tag{4.11}$$

where $B(i)$ is the block of films whose scores equal that of the film at rank $i$.
"""

# %%
of_all, of_shown = metrics.ndcg_at_k(grades[:2], 2, grades), metrics.ndcg_at_k(grades[:2], 2)
print(f"NDCG@5 {metrics.ndcg_at_k(grades):.4f}. NDCG@2: ideal of all five {of_all:.4f}, of the two shown {of_shown:.4f}")
assert round(of_all, 2) == 0.78
in_order, tied = (metrics.ndcg_from_scores(grades, [1] * 5, ties=ties) for ties in ("order", "average"))
print(f"NDCG@5 if all scores are equal: input order {in_order:.4f}, mean over all orders {tied:.4f}")
assert np.isclose(tied, np.mean([metrics.ndcg_at_k(order) for order in permutations(grades)]))

# %% [markdown]
"""
A list cut after two films looks perfect if the ideal is cut from the same two. With the ideal of all five it has 0.78. If your NDCG does not match another program's, look here first.

## 4 Move a film

Seven films of the course's cinema, graded 0 to 4 for one visitor. Take them as all the judged films there are: the ideal is made of these seven. (The visitor has 40 candidates. With the ideal of all 40, the same list has NDCG@7 of 0.28, not 0.66.) The bars are gain × discount at each place, beside the ideal's.

*Before you move anything:* lift the film at rank 2 one place up, or lift the film at rank 6 one place up. How much more does the first earn, in NDCG@7? Put your answer in place of `None`.
"""

# %%
predict("04.w1", None, ["about the same", "about 3 times as much", "more than 10 times as much"])
cinema = load_cinema()
listed, judged = cinema.candidates[46, :7], cinema.relevance[46]  # the visitor's list and all grades
films, film_grades = [cinema.titles[item] for item in listed], judged[:7]
assert round(metrics.ndcg_at_k(film_grades, 7, judged), 2) == 0.28
plots.gain_bars(films, film_grades, k=7)

# %% tags=["nbval-ignore-output"]
ranking_playground(films, film_grades, k=7)

# %% [markdown]
"""
Lifting rank 2 earns 45 times as much as lifting rank 6 (the next cell computes it). The two films it exchanges differ more (grades 4 and 0, against 3 and 2), and so do the discounts of their places. Set $K$ to 5 and the ratio falls below 4: at this edge the swap counts the whole discount of rank 5, not only its difference to that of rank 6.

## 5 Move a score: why there is no gradient

A model does not move films, it moves scores. So ask what a learning step would ask: if this film's score rises by a little, by how much does NDCG rise?

*Before you go on:* the best film of the seven has the score 2.50, the film above it 3.00, the film below it 1.90. Raise the best film's score to 2.55. What does NDCG@5 do? Put your answer in place of `None`.
"""

# %%
def earned(rank, k):
    """DCG@k won by lifting the film at this rank one place."""
    after = [*film_grades[: rank - 2], film_grades[rank - 1], film_grades[rank - 2], *film_grades[rank:]]
    return metrics.dcg_at_k(after, k) - metrics.dcg_at_k(film_grades, k)

ratios = [earned(2, k) / earned(6, k) for k in (7, 5)]
print(f"rank 2 against rank 6: {ratios[0]:.1f} times at K = 7, {ratios[1]:.1f} times at K = 5")
assert round(ratios[0]) == 45 and 3 < ratios[1] < 4
predict("04.w2", None, ["it rises a little", "it falls a little", "it stays"])

# %%
film_scores = [3.0, 2.5, 1.9, 1.6, 1.0, 0.7, 0.2]
plots.staircase(films, film_grades, film_scores, moving=1, k=5)

# %% tags=["nbval-ignore-output"]
metric_staircase(films, film_grades, film_scores, moving=1, k=5)

# %% [markdown]
"""
The curve is flat, then it jumps, then it is flat again. NDCG and AP read only the order, and a small step changes no order. So the derivative exists at every score that no other film has, and it is **0**. At the score of another film the curve may jump, and where it jumps there is no derivative. Gradient descent on NDCG stands still on its first step. That is why lesson 05 and lesson 06 replace the metric by a smooth loss, and why you will ask what that loss has to do with the metric.

## 6 One list, six libraries

*Does your NDCG not match?* Six libraries judged the same lists. The first number in each line was recorded from the library, the second is ours under that library's convention. Look for the gain (first block), the denominator (second), the empty query (third) and the ties (last).
"""

# %%
questions = (
    ("exercise", "NDCG@2"),
    ("binary", "AP@2"),
    ("nothing relevant", "NDCG@2"),
    ("exercise, all tied", "NDCG@2"),
)
for list_name, metric in questions:
    print(f"{metric}, {list_name}: labels {zoo.load().lists[list_name].labels}")
    for row in zoo.load().select(list_name, metric):
        says = zoo.CONVENTIONS[row.convention].says
        print(f"   {row.library:12} {row.call:28} {row.value:.4f}  {zoo.explain(row):.4f}  {says}")
        assert np.isclose(zoo.explain(row), row.value)

# %% [markdown]
r"""
## 7 Real people, real films

MovieLens holds 100,004 ratings by 671 people for 9,066 films. Hide one fifth of each person's ratings. Rank all the films that the person has not rated in the rest, and see where the hidden ones come. The label of a film is its hidden rating in stars, with the gain $2^y - 1$; for AP a film is relevant if it has 4 stars or more. Three rankings need no model: **random**, **popularity** (number of ratings) and **item mean** (average rating).

A table of means invites a question: is one ranking better, or did it get the easier people? Ask how much a mean would move with other people. You have only these. The **bootstrap** draws $N$ of your $N$ people with replacement, takes the mean of their values, and does that $B$ times. The middle 95 % of the $B$ means are an interval. With $x_n$ the value of person $n$, $b_1, \dots, b_N$ the people drawn in round $b$, and $\bar x^{(\alpha)}$ the $\alpha$-quantile of the $B$ means:

$$\bar x_b = \frac1N\sum_{n=1}^{N} x_{b_n},\qquad \big[\,\bar x^{((1-c)/2)},\ \bar x^{((1+c)/2)}\,\big]\quad\text{at level } c \tag{4.12}$$

*Before you run it:* which ranking puts the hidden films highest?
"""

# %%
predict("04.q1", None, ["random", "popularity", "item mean"])
movielens = load_movielens()
assert (movielens.ratings.nnz, *movielens.ratings.shape, movielens.ratings.data.min()) == (100_004, 671, 9_066, 0.5)
train, test = ratings.split(movielens.ratings, test=0.2, by="user", seed=0)
seen, labels = train.toarray() > 0, test.toarray()  # no rating is 0: the lowest is half a star
counts, totals = seen.sum(axis=0), train.sum(axis=0)
rankings = {
    "random": np.random.default_rng(0).random(labels.shape),
    "popularity": counts,
    "item mean": np.where(counts > 0, totals / np.maximum(counts, 1), train.data.mean()),
}

# %%
def judge(score, candidates):
    """NDCG@10 of every person, and AP of those who liked a hidden film (4 stars or more)."""
    ranked = np.where(candidates, score, -np.inf)  # a film at -inf is never ahead of a candidate
    liked = labels >= 4
    ap = metrics.average_precision_scores(liked, ranked)
    return {"NDCG@10": metrics.ndcg_scores(labels, ranked, k=10), "MAP": ap[liked.any(axis=1)]}

def report(name, values):
    """Print each metric's mean with its 95 % interval."""
    ends = {metric: metrics.bootstrap_interval(each) for metric, each in values.items()}
    print(f"{name:11}", "   ".join(f"{m} {values[m].mean():.4f} [{a:.4f}, {b:.4f}]" for m, (a, b) in ends.items()))

# %%
among_all = {name: judge(score, ~seen) for name, score in rankings.items()}
for name, values in among_all.items():
    report(name, values)
random, popular, mean = (among_all[name]["NDCG@10"].mean() for name in rankings)
best = rankings["item mean"] == 5
print(f"{best.sum()} films average 5 stars; {(counts[best] == 1).sum()} of them were rated by one person")
assert popular > 50 * random > 50 * mean and best.sum() > 200 and (counts[best] == 1).mean() > 0.9
assert abs(among_all["item mean"]["MAP"].mean() - among_all["random"]["MAP"].mean()) < 0.001

# %% [markdown]
"""
By NDCG@10 popularity is fifty times better than random, and item mean is *worse* than random. (By MAP item mean is about level with random.) Surely the best-loved films are the ones to show? Look at what it puts first. Hundreds of films average 5 stars, and nearly all of them have a single rating. A mean of one number is noise, and the largest of thousands of noisy means is mostly noise. And there is exposure: people rate what they have heard of, and only a film they rated can count as a hit.

Now change one thing. Rank only the films that the person did rate, the hidden ones, against each other. Same scores, same people, same metric. And compare two rankings fairly: take the difference person by person, and resample that. What makes a person easy for both then cancels.
"""

# %%
among_rated = {name: judge(score, labels > 0)["NDCG@10"] for name, score in rankings.items()}
gap = among_rated["item mean"] - among_rated["popularity"]
low, high = metrics.bootstrap_interval(gap)
print(f"item mean minus popularity, person by person: {gap.mean():.4f} [{low:.4f}, {high:.4f}]")
hidden = labels[labels > 0]
share, median = (hidden >= 4).mean(), np.median((labels > 0).sum(axis=1))
print(f"{share:.0%} of all hidden films have 4 stars or more; the median person has {median:.0f} hidden films")
assert low > 0 and 0.65 < among_rated["random"].mean() < 0.75 and 0.45 < share < 0.55 and median == 14
means, ends = [each.mean() for each in among_rated.values()], map(metrics.bootstrap_interval, among_rated.values())
plots.intervals(list(rankings), means, *zip(*ends, strict=True), label="NDCG@10 among the hidden films of each person")

# %% [markdown]
r"""
The verdict is reversed. Among films that people chose to watch, the mean rating says which they liked; among all films, popularity says which they watched. Even the random order has NDCG@10 near 0.7 here: half of the people have at most 14 hidden films, and about half of all hidden films have 4 stars or more, so there is little to get wrong. **A metric value means nothing without its list of candidates.**

## Summary

| you want | use | it needs |
|---|---|---|
| one answer, found fast | RR@K, Eq. (4.3) | the first hit |
| all good films, near the top | AP, Eq. (4.5), MAP, Eq. (4.8) | yes or no per film, the number of relevant films |
| graded films, near the top | NDCG@K, Eq. (4.10) | a gain, all judged films |
| order over the whole list | AUC, Eq. (4.4) | scores or ranks |

State with every number: the gain, the cut-off, the pool of the ideal, the denominator of AP@K, what ties and empty queries earn, the candidates, and an interval.

**Notation of this lesson.** $y_i$ is the label of the film at rank $i$, $R$ the number of relevant films, $K$ the cut-off (`k` in code), $g$ the gain, $D_i = 1/\log_2(i+1)$ the discount, $s$ a score.

**Papers.** Järvelin and Kekäläinen (2002), *Cumulated gain-based evaluation of IR techniques*. Burges et al. (2005), *Learning to rank using gradient descent* (the exponential gain). Buckley and Voorhees (2000), *Evaluating evaluation measure stability*. McSherry and Najork (2008), *Computing information retrieval performance measures efficiently in the presence of tied scores*. Efron and Tibshirani (1993), *An introduction to the bootstrap*.

**Next.** Do [the exercises](../exercises/04_metrics.ipynb). Lessons [05](05_bpr.ipynb) and [06](06_lambdarank.ipynb) build losses with a gradient, and ask how they bound 1 − AUC and 1 − NDCG.
"""

# %% [markdown] tags=["deeper"]
"""
## Deeper: other discounts, other logarithms

The base of the logarithm does not matter for NDCG. It does for DCG.
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
A change of base multiplies every discount by the same number, and so DCG and IDCG alike:

$$\log_b(i+1) = \frac{\ln(i+1)}{\ln b}\quad\Rightarrow\quad \mathrm{DCG}_b = \ln b\,\sum_i \frac{g(y_i)}{\ln(i+1)}.$$
"""

# %% tags=["deeper"]
def dcg_by(discount, rels):
    """Sum of gain times any discount."""
    return sum((2.0**y - 1) * discount(i) for i, y in enumerate(rels, start=1))


natural = dcg_by(lambda i: 1 / np.log(i + 1), grades)
print(f"DCG with the natural logarithm {natural:.4f}, with base 2 {metrics.dcg_at_k(grades):.4f}")
assert np.isclose(natural * np.log(2), metrics.dcg_at_k(grades))

# %% [markdown] tags=["deeper"]
r"""
Järvelin and Kekäläinen's own discount is 1 up to rank $b$ and $1/\log_b i$ from there. Other curves come from a story about the reader: $1/i$, or a reader who goes on with probability 0.8. They disagree about what rank 10 is worth, and so about which of two lists is better.
"""

# %% tags=["deeper"]
discounts = {
    "log2": lambda i: 1 / np.log2(i + 1),
    "Järvelin-Kekäläinen": lambda i: 1 / max(1, np.log2(i)),
    "1/rank": lambda i: 1 / i,
    "reader, 0.8": lambda i: 0.8 ** (i - 1),
}
for name, discount in discounts.items():
    print(f"{name:20} NDCG {dcg_by(discount, grades) / dcg_by(discount, sorted(grades, reverse=True)):.4f}")
assert np.isclose(dcg_by(discounts["log2"], grades), metrics.dcg_at_k(grades))
plots.discount_curves({name: [discount(i) for i in range(1, 11)] for name, discount in discounts.items()})

# %% [markdown] tags=["deeper"]
"""
## Deeper: repair the item mean

Give every film five invented ratings of the average value before you take its mean. A film with one rating then says little, a film with 300 says what it said. This is *damping*; [lesson 01](01_factorization.ipynb) gets it from a penalty.
"""

# %% tags=["deeper"]
rankings["damped mean"] = (totals + 5 * train.data.mean()) / (counts + 5)
for name in ("item mean", "damped mean"):
    report(name, judge(rankings[name], ~seen))
damped = judge(rankings["damped mean"], ~seen)["NDCG@10"].mean()
assert 10 * random < damped < popular

# %% [markdown] tags=["deeper"]
"""
## Deeper: how low can NDCG fall?

The exchange argument runs backwards too: the worst order is the rising one. On the whole list it still earns something, so NDCG cannot reach 0 once a film is relevant. It can at a cut-off, when the first $K$ places are all irrelevant.
"""

# %% tags=["deeper"]
worst = metrics.ndcg_at_k(sorted(grades))
print(f"the worst order of [3, 2, 3, 0, 1] has NDCG {worst:.4f}, at K = 1 {metrics.ndcg_at_k(sorted(grades), 1):.4f}")
assert np.isclose(worst, min(metrics.ndcg_at_k(order) for order in permutations(grades)))

# %% [markdown] tags=["deeper"]
"""
## Deeper: what the 95 % promises

First, how does the width depend on the number of users?
"""

# %% tags=["deeper"]
five = np.array([0.0, 0.1, 0.2, 0.9, 1.0])  # NDCG of five users
few, many = metrics.bootstrap_interval(five), metrics.bootstrap_interval(np.tile(five, 80))
print(f"mean {five.mean():.2f} of 5 users: {few[0]:.2f} to {few[1]:.2f}")
print(f"of 400 users with the same spread: {many[0]:.2f} to {many[1]:.2f}")
assert 7 < (few[1] - few[0]) / (many[1] - many[0]) < 11  # 80 times the users; the square root of 80 is about 9

# %% [markdown] tags=["deeper"]
"""
Now take the 671 values of popularity as if they were all the people there are. Draw 50 of them, make an interval, see whether it covers the true mean, and repeat 400 times. A 95 % interval should cover in about 380.
"""

# %% tags=["deeper"]
population, rng = among_all["popularity"]["NDCG@10"], np.random.default_rng(1)
samples = [rng.choice(population, 50) for _ in range(400)]
intervals = [metrics.bootstrap_interval(sample, n_resamples=300, seed=rng) for sample in samples]
covered = sum(low <= population.mean() <= high for low, high in intervals)
print(f"covered {covered} of 400, {covered / 400:.3f}")
assert 0.85 < covered / 400 < 0.95

# %% [markdown] tags=["deeper"]
"""
A little less than promised: the percentile interval is too narrow for few users and skewed values. It also answers one question only, what other *users* would change. Another split, another year, other films are not in it.
"""

# %% [markdown] tags=["deeper"]
"""
## Deeper: spot the error

Two sentences from reports. What is wrong with each? Decide, then open.

1. "NDCG@2 is 1.0, so the two films shown first are the best two we have."
2. "We added 500 visitors who clicked nothing. MAP fell from 0.83 to 0.42, so the ranking got worse."

<details><summary>Answers</summary>1: true only if the ideal was cut from all judged films. With the ideal of the two retrieved films every such list scores 1.0. 2: the ranking did not change. The mean now runs over queries with nothing to find, which count as 0; over the others it is what it was.</details>
"""

# %% tags=["deeper"]
shown, all_grades = [2, 1], [3, 3, 2, 1, 0]
assert metrics.ndcg_at_k(shown, 2) == 1.0 and metrics.ndcg_at_k(shown, 2, all_grades) < 0.5
visitors = [[1, 0, 1]] * 500 + [[0, 0, 0]] * 500
assert np.isclose(metrics.mean_average_precision(visitors), metrics.mean_average_precision(visitors[:500]))
print(f"{metrics.ndcg_at_k(shown, 2, all_grades):.4f}  {metrics.mean_average_precision(visitors):.4f}")
