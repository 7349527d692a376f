# %% [markdown]
"""
# Lesson 03: The nearest table of low rank

**Three quick questions from before.** Answer in your head, then open.

<details><summary>A table of 5 people and 5 films is a product of factors with k = 2. How many numbers can you choose freely?</summary>k(m + n − k) = 16, although P and Q hold 20 numbers. (See <a href="01_factorization.ipynb">lesson 01</a>.)</details>
<details><summary>You rotate P and Q by the same rotation. Which predictions change?</summary>None. And with the plain penalty the objective stays the same too, so no training can prefer one rotation. (Lesson 01.)</details>
<details><summary>ALS has stopped moving. Has it found the best factors?</summary>Not guaranteed: it stands at a stationary point. (See <a href="02_als.ipynb">lesson 02</a>.)</details>

**When you have finished, you can**

- **O3.1** prove the Eckart-Young theorem, and choose a rank on held-out ratings;
- **O3.2** predict ratings with a centred truncated SVD;
- **O3.3** say what filling missing ratings does, and repair it;
- **O3.4** prove that the penalty of lesson 01 is the nuclear norm, and derive soft-thresholding;
- **O3.5** connect ALS with the SVD, at reg = 0 and above;
- **O3.6** read factors: signs, order, rotation, and what may not be concluded.

You need [primer cards 1 and 2](00_start_here.ipynb#Card-1:-Rank-and-projection) (projection, SVD), for section 5 also [card 6](00_start_here.ipynb#Card-6:-Trace-and-Cauchy-Schwarz) (trace, Cauchy-Schwarz), and a little of lessons 01 and 02. Reading the core takes about 60 minutes, and about 85 if you follow every step of the proofs; what is folded away under *Deeper* can wait. The tasks are in [the exercises of this lesson](../exercises/03_svd.ipynb), about 70 minutes for all of them, 30 for the ones that matter most.
"""

# %% [markdown]
r"""
## 1 One table, by hand

Two people, two films, all four numbers known:

$R = \begin{pmatrix} 4 & 0 \\ 3 & 5 \end{pmatrix}$

Look along two directions of films, $b_1 = (1, 1)/\sqrt2$ and $b_2 = (1, -1)/\sqrt2$. They have length 1 and stand at a right angle. So do their images, up to length: $R\,b_1 = (4, 8)/\sqrt2$ has the squared length 40, $R\,b_2 = (4, -2)/\sqrt2$ has 10, and their product is $(16 - 16)/2 = 0$. Every table has such directions: [card 2](00_start_here.ipynb#Card-2:-SVD) finds them. Call the lengths $s_l$ and the images, divided by their lengths, $a_l$. (An image of length 0 has no direction; take any $a_l$ of length 1 at right angles to the others.) This is the **singular value decomposition**, with $r = \min(m, n)$ terms:

$$R = A\,\mathrm{diag}(s)\,B^\top = \sum_{l=1}^{r} s_l\, a_l b_l^\top,\qquad A^\top A = B^\top B = I,\quad s_1 \ge s_2 \ge \dots \ge 0 \tag{3.1}$$

So $RR^\top = A\,\mathrm{diag}(s^2)\,A^\top$: for a small table you find the $s_l^2$ as eigenvalues of $RR^\top$, or of $R^\top R$. Keep the first $k$ terms, and you have a table of rank at most $k$, the **truncated** SVD:

$$R_k = \sum_{l=1}^{k} s_l\, a_l b_l^\top \tag{3.2}$$

Here $R_1 = \sqrt{40}\,a_1 b_1^\top$, and all roots cancel. What it misses is the rest of the sum. The terms stand at right angles: the dot product of two of them, read as long vectors, is $s_l s_j\,(a_l \cdot a_j)(b_l \cdot b_j) = 0$. So their squares add up. With $\lVert X\rVert^2$ for the sum of the squared entries of a table:

$$\lVert R - R_k\rVert^2 = \sum_{l > k} s_l^2 \tag{3.3}$$
"""

# %%
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

from recmath_lib import als, plots, ratings, svd
from recmath_lib.datasets import load_cinema, load_movielens
from recmath_lib.teaching import predict, show_source
from recmath_lib.widgets import factor_map, rank_explorer

np.set_printoptions(precision=4, suppress=True)
R = np.array([[4.0, 0.0], [3.0, 5.0]])
squares, first_term = svd.decompose(R)[1] ** 2, svd.truncate(R, 1)
print(f"squared singular values {squares}, all squared entries {np.sum(R**2):.0f}")
print(f"first term\n{first_term}\nmissed\n{R - first_term}   squared {np.sum((R - first_term) ** 2):.4f}")
assert np.allclose(squares, [40, 10]) and np.allclose(first_term, [[2, 2], [4, 4]])
assert np.isclose(np.sum((R - first_term) ** 2), squares[1])

# %% [markdown] tags=["derivation"]
r"""
Is there a table of rank 1 with a smaller error than 10? **No table of rank at most $k$ is nearer than $R_k$** (Eckart and Young 1936). The proof has six small steps. The next cell follows it with numbers, for a table with the singular values 5, 4, 3, 2, 1 and for $k = 2$.

**1. A rank is a choice of directions.** The rows of a table $Z$ of rank at most $k$ lie in a space with $k$ dimensions (or fewer: then add some). Take $k$ columns of length 1, at right angles to each other, that span it: $W$, of shape $(n, k)$.

**2. For given directions, project.** The row in that space nearest to a row of $R$ is its projection, so the best $Z$ is $RWW^\top$. The rest stands at a right angle, and Pythagoras gives

$$\lVert R - RWW^\top\rVert^2 = \lVert R\rVert^2 - \lVert RW\rVert^2.$$

So we want the largest $\lVert RW\rVert^2$.

**3. Put the decomposition in.** The columns of $A$ have length 1 and stand at right angles, so $A$ changes no length:

$$\lVert RW\rVert^2 = \lVert \mathrm{diag}(s)\,B^\top W\rVert^2 = \sum_l s_l^2\, w_l,\qquad w_l = \lVert W^\top b_l\rVert^2.$$

**4. The weights have a budget.** $w_l$ is the squared length of a projection of $b_l$. A projection is not longer than what is projected, so $0 \le w_l \le 1$. For the same reason $\sum_l w_l = \lVert B^\top W\rVert^2 \le \lVert W\rVert^2 = k$: here the columns of $W$ are projected on those of $B$.

**5. Spend it on the largest.** You have $k$ units, at most one for each $l$, and unit $l$ earns $s_l^2$. One each on the first $k$ earns the most, since $s_l \ge s_k$ for $l \le k$ and $s_l \le s_k$ for $l > k$:

$$\sum_{l \le k} s_l^2 - \sum_l s_l^2 w_l = \sum_{l \le k} s_l^2(1 - w_l) - \sum_{l > k} s_l^2 w_l \;\ge\; s_k^2\Big(\sum_{l \le k}(1 - w_l) - \sum_{l > k} w_l\Big) = s_k^2\Big(k - \sum_l w_l\Big) \ge 0.$$

**6. Collect.** By Eq. (3.3) at $k = 0$, $\lVert R\rVert^2 = \sum_l s_l^2$. So steps 2, 3 and 5 give $\lVert R - Z\rVert^2 \ge \lVert R\rVert^2 - \sum_{l \le k} s_l^2 = \sum_{l > k} s_l^2$. By Eq. (3.3) $R_k$ has exactly this error.

If $s_k > s_{k+1}$, it is the only one. Equality in step 5 then forces $w_l = 0$ for $l > k$ and $w_l = 1$ for $l \le k$. So $W$ spans $b_1, \dots, b_k$, and for these directions step 2 has one best $Z$.
"""

# %%
rng, s = np.random.default_rng(0), np.array([5.0, 4.0, 3.0, 2.0, 1.0])
A, B = (np.linalg.qr(rng.normal(size=(length, 5)))[0] for length in (8, 6))
table = (A * s) @ B.T
W = np.linalg.qr(rng.normal(size=(6, 2)))[0]  # step 1: two directions, drawn at random
weights, error = np.sum((B.T @ W) ** 2, axis=1), np.sum((table - table @ W @ W.T) ** 2)
print(f"step 2  {error:.4f} = {np.sum(table**2):.4f} - {np.sum((table @ W) ** 2):.4f}")
print(f"step 3  {np.sum((table @ W) ** 2):.4f} = {s**2 @ weights:.4f}")
print(f"step 4  weights {weights}, sum {weights.sum():.4f}, at most 2")
print(f"step 5  {s**2 @ weights:.4f}, at most 25 + 16 = 41")
print(f"step 6  {error:.4f}, at least 9 + 4 + 1 = {svd.truncation_error(s, 2):.4f}")
assert np.isclose(error, np.sum(table**2) - s**2 @ weights) and np.all((weights >= 0) & (weights <= 1))
assert weights.sum() <= 2 and s**2 @ weights <= 41 and error >= 14
assert np.isclose(np.sum((table - svd.truncate(table, 2)) ** 2), svd.truncation_error(s, 2))

# %% [markdown]
r"""
## 2 Three steps to a prediction

Ratings have holes. These are the 14 ratings of five people that you know from lessons 01 and 02; `nan` marks a hole. The usual recipe has three steps.

**Centre.** Take off each person's mean $\bar r_u$, over the $n_u$ films in $\Omega_u$ that the person *rated*. (A person without ratings gets the mean of all ratings.)

$$\bar r_u = \frac{1}{n_u}\sum_{i \in \Omega_u} r_{ui} \tag{3.4}$$

**Cut.** Put 0 into the holes of the centred table, and truncate its decomposition. A 0 now says "this person finds this film average".

**Add back.** With $a_{ul}$ and $b_{il}$ the entries of the vectors:

$$\hat r_{ui} = \bar r_u + \sum_{l=1}^{k} a_{ul}\, s_l\, b_{il} \tag{3.5}$$

**Your turn.** Do [task 03.0](../exercises/03_svd.ipynb) on paper and write `svd_predict` in [task 03.1](../exercises/03_svd.ipynb). Then run the next cell and open its output with a click on the dots.
"""

# %% jupyter={"outputs_hidden": true}
print("Task 03.1 is done? Then open this.\n")
nan = np.nan
stars = np.array([[5, 3, nan, 1, nan], [4, nan, nan, 1, nan], [1, 1, nan, 5, 4], [nan, nan, 5, 4, nan], [nan, 1, 4, nan, 5]])
observed = ~np.isnan(stars)
known = ratings.from_dense(stars, observed)
means = svd.user_means(known)[:, None]
centred = np.where(observed, stars - means, 0)  # first step
cut = svd.truncate(centred, 2)  # second step
print(f"user means {means[:, 0]}\nprediction at rank 2\n{means + cut}")  # third step
assert np.allclose(means[:2, 0], [(5 + 3 + 1) / 3, (4 + 1) / 2]) and np.allclose(means + cut, svd.predict_all(known, 2))
model = svd.fit(known, 2)  # the same without ever filling a table
assert np.allclose(model.predict(*np.indices(stars.shape)), means + cut)
show_source(svd.fit)

# %%
def by_way(seen):
    """Predictions from the ratings in these cells: the right way, three others, and the user means alone."""
    zeros = np.where(seen, stars, 0)
    mean = zeros.sum(axis=1, keepdims=True) / seen.sum(axis=1, keepdims=True)
    low = zeros.mean(axis=1, keepdims=True)  # holes counted as ratings of 0
    return {"mean of what was rated, holes at 0": mean + svd.truncate(np.where(seen, stars - mean, 0), 2),
            "the zeros in the holes centred too": mean + svd.truncate(zeros - mean, 2),
            "mean over all five films": low + svd.truncate(zeros - low, 2),
            "mean over all five films, holes at 0": low + svd.truncate(np.where(seen, stars - low, 0), 2),
            "user mean alone": mean + svd.truncate(zeros, 0)}


def misses(prediction):
    """Squared error of the observed ratings."""
    return np.sum((stars - prediction)[observed] ** 2)


left_out = {name: np.zeros_like(stars) for name in by_way(observed)}  # each rating, predicted from the 13 others
for user, film in np.argwhere(observed):
    others = observed.copy()
    others[user, film] = False
    for name, prediction in by_way(others).items():
        left_out[name][user, film] = prediction[user, film]
for name, prediction in by_way(observed).items():
    print(f"{name:38} squared error {misses(prediction):7.4f}   left out, RMSE {np.sqrt(misses(left_out[name]) / 14):.2f} stars")
assert np.allclose([misses(way) for way in by_way(observed).values()][:4], [0.3255, 15.6576, 12.8069, 6.0309], atol=5e-5)
assert np.allclose([np.sqrt(misses(table) / 14) for table in left_out.values()], [2.16, 3.19, 3.75, 2.55, 2.39], atol=0.005)

# %% [markdown]
r"""
The three ways in the middle are the ones you meet in code that stores 0 for "unknown". Each of them invents ratings or means that nobody gave, and then spends its two directions on them: the squared error of the 14 ratings is 18 to 48 times as large.

The last column is the fairer judge: each rating is left out in turn and predicted from the 13 others. The right way misses by 2.16 stars, the user mean alone by 2.39, the three ways in the middle by 2.55 to 3.75.

## 3 Optimal for what?

The right way leaves 0.3255. What was added to the means has rank 2, and you have proved that the truncated SVD is the nearest table of rank 2. *Before you go on:* how small can the means plus *any* table of rank 2 make this error? Put your answer in place of `None` below.

The theorem speaks about the table it was given. That table has 25 cells, and 11 of them hold a 0 that we wrote. So part of the error it minimizes is about these zeros. If a prediction is better than 0, why not write *that* into the holes, and cut again? With $\mathcal P_\Omega$ for "the observed cells, 0 elsewhere", $\mathcal P_\Omega^\perp$ for "the holes, 0 elsewhere" and $T_k$ for "the nearest table of rank $k$":

$$X_{t+1} = T_k\big(\mathcal P_\Omega(R) + \mathcal P_\Omega^\perp(X_t)\big) \tag{3.6}$$

Here $R$ stands for the *centred* ratings. $X_0 = 0$ gives the truncated SVD as $X_1$.

From $X_1$ on, the observed error cannot rise. Just filled, the table differs from $X_t$ in the observed cells only, by the error of $X_t$ there. $X_t$ has rank at most $k$, so $X_{t+1}$, the nearest of these tables, is no farther away in all cells together; and the observed cells are a part of them.
"""

# %%
predict("03.q1", None, ["0.3255, by the theorem", "about half of it", "as small as you like"])
total = np.sum((centred - cut) ** 2)
print(f"error {total:.4f} = {misses(means + cut):.4f} on ratings + {np.sum(cut[~observed] ** 2):.4f} on invented zeros")
centred_ratings = ratings.with_data(known, known.data - svd.user_means(known)[ratings.rows_of(known)])
for state in svd.iterated_fill(centred_ratings, 2, n_steps=300):
    if state.step in (1, 2, 10, 100, 300):
        print(f"step {state.step:3}   squared error {state.objective:.6f}   user 0, film 2: {means[0, 0] + state.table[0, 2]:.2f}")
assert np.isclose(total, misses(means + cut) + np.sum(cut[~observed] ** 2)) and state.objective < 1e-6
*_, other = svd.iterated_fill(centred_ratings, 2, n_steps=1000, init=2.0)
print(f"from mean + 2 in every hole: error {other.objective:.4f}   user 0, film 2: {means[0, 0] + other.table[0, 2]:.2f}")
assert 0.35 < 1 - misses(means + cut) / total < 0.36 and other.objective < 1e-6
assert other.table[0, 2] - state.table[0, 2] > 0.5

# %% [markdown]
r"""
As small as you like. The error of the truncated SVD was 0.5052 in all, and more than a third of it was spent on zeros that nobody gave. Filling again and again brings the error of the ratings to 0.

Do not celebrate. A table of rank 2 has 16 free numbers here, and there are 14 ratings. Start with the person's mean + 2 in every hole, and the error is 0 again while the prediction for user 0 and film 2 is another one. Fitting what you know says little about what you do not know. So hold some ratings out.

## 4 The front row: choose a rank

Take the 80 most active people of the cinema and its 40 most rated films: 46 % of the cells are known. The picture sorts people by the sort they belong to and films by genre, so taste shows as blocks. Hide a quarter of each person's ratings, learn from the rest, and let the rank grow from 0 to 40. At rank 0 the prediction is the person's mean; at rank 40 nothing is cut, and every rating that was learned from is reproduced exactly.

*Before you run it:* how large is the error of the hidden ratings at rank 40? Put your answer in place of `None`.
"""

# %%
predict("03.w1", None, ["far below that of rank 0", "the same as at rank 0", "far above that of rank 0"])
cinema = load_cinema()
everything = cinema.ratings.toarray()  # no film has 0 stars, so 0 is a hole
people = np.sort(np.argsort(-np.sum(everything > 0, axis=1), kind="stable")[:80])
films = np.sort(np.argsort(-np.sum(everything > 0, axis=0), kind="stable")[:40])
people, films = people[np.argsort(cinema.archetype[people], kind="stable")], films[np.argsort(cinema.genre[films], kind="stable")]
front = ratings.from_dense(everything[np.ix_(people, films)], everything[np.ix_(people, films)] > 0)
train, hidden = ratings.split(front, test=0.25, by="user", seed=0)

def rmse(stored, prediction):
    """Error of a table of predictions on stored ratings, in stars."""
    return np.sqrt(np.mean((stored.data - prediction[ratings.rows_of(stored), stored.indices]) ** 2))

by_rank = [svd.predict_all(train, k) for k in range(41)]
errors = {name: [rmse(part, table) for table in by_rank] for name, part in (("observed", train), ("held out", hidden))}
spectrum = svd.decompose(by_rank[40] - by_rank[0])[1]  # what is left of rank 40 without the means: the centred table
assert np.argmin(errors["held out"]) == 4 and np.isclose(errors["held out"][40], errors["held out"][0]) and errors["observed"][40] < 1e-10
assert round(errors["held out"][4], 3) == 0.844 and round(front.nnz / 3200, 2) == 0.46
full = ratings.from_dense(cinema.would_rate, np.ones(cinema.would_rate.shape, dtype=bool))
shown = np.where(train.toarray() > 0, train.toarray(), nan)
plots.rank_explorer(shown, by_rank, spectrum, errors, rank=4)

# %% tags=["nbval-ignore-output"]
rank_explorer(shown, by_rank, spectrum, errors, rank=1)

# %% [markdown]
r"""
*What you should have seen.* The observed error falls to 0. The held-out error falls to 0.844 at rank 4 and rises again, and at rank 40 it is what it was at rank 0, to the last digit. Nothing is cut there, so every hole holds the 0 we wrote into it: the model predicts its own invention.

Rank 4, although the course planted three taste axes? A film that is better for everybody is a fourth thing to learn, and user means do not take that out. (With film biases taken off as well, rank 3 is best: the next cell tries it.)

**Can you read the rank off the spectrum?** When all ratings are known, yes: a falling line with an elbow, a *scree plot*. The next picture shows the whole cinema twice, with every rating that people would give, and with the 14 % they gave and 0 in the holes. The holes add noise to every direction, and the elbow almost drowns. Held-out ratings still see it.
"""

# %%
residuals, biases = ratings.remove_biases(train)
without = [rmse(hidden, biases.predict(*np.indices(front.shape)) + svd.truncate(residuals.toarray(), k)) for k in range(7)]
print("held out, film biases removed too, rank 0 to 6:", " ".join(f"{error:.3f}" for error in without))
assert np.argmin(without) == 3
in_full, in_part = (svd.fit(stored, 12) for stored in (full, cinema.ratings))
plots.scree({"all known": in_full.singular_values, "filled with 0": in_part.singular_values})

# %% [markdown]
"""
Zeros also flatten. How far from the person's mean do the predictions in the holes of the cinema lie, and how far the truth? The next cell prints the root mean square of both.

Filling again and again, Eq. (3.6), moves the holes away from 0. *Before you run it:* does that help the hidden ratings of the front row? The cell makes 200 steps at rank 4. Step 0 is the user means alone.
"""

# %%
predict("03.q2", None, ["yes, more with every step", "at first, then it harms", "no"])
holes = np.nonzero(everything == 0)
guess, true = svd.fit(cinema.ratings, 4).predict(*holes), cinema.would_rate[holes]
spread = [np.sqrt(np.mean((table - in_part.user_means[holes[0]]) ** 2)) for table in (guess, true)]
print(f"in the holes, distance from the person's mean (root mean square): predicted {spread[0]:.2f} stars, true {spread[1]:.2f} stars")
assert np.allclose(spread, [0.13, 1.07], atol=0.005) and round((everything > 0).mean(), 2) == 0.14
centred_train = ratings.with_data(train, train.data - svd.user_means(train)[ratings.rows_of(train)])
tables = [by_rank[0]] + [by_rank[0] + state.table for state in svd.iterated_fill(centred_train, 4, n_steps=200)]
curves = {name: [rmse(part, table) for table in tables] for name, part in (("observed", train), ("held out", hidden))}
print("held out:", "   ".join(f"step {step} {curves['held out'][step]:.3f}" for step in (0, 1, 11, 200)))
assert np.argmin(curves["held out"]) == 11 and curves["held out"][11] < 0.74 and curves["held out"][200] > 0.9
plots.training_curves(curves)

# %% [markdown] tags=["derivation"]
r"""
*What you should have seen.* In the holes the predictions lie 0.13 stars from the person's mean, the truth 1.07. Filling again repairs that, and harms in the end. The held-out error falls from 0.844 after the first step to 0.730 after 11, and rises to 0.938 after 200, nearly back to step 0: the table gets the ratings more and more right and invents the rest. You could stop in time. (The best step belongs to this split: look for it again on yours.) Or you could pay for the strength of every direction, its singular value. That is what the penalty of lesson 01 does, and our next question is why.

## 5 The penalty, seen from the table

Lesson 01 charges $\lambda(\lVert P\rVert^2 + \lVert Q\rVert^2)$. Many factors have the same product $X$. Which of them are the cheapest, and what do they cost? The answer has a name, the **nuclear norm**. If $P$ and $Q$ have at least as many columns as $X$ has rank,

$$\lVert X\rVert_* = \sum_l s_l = \min_{P Q^\top = X}\ \tfrac12\big(\lVert P\rVert^2 + \lVert Q\rVert^2\big) \tag{3.7}$$

One cheapest pair shares each singular value equally, $P^\top P = Q^\top Q = \mathrm{diag}(s)$ (spare columns are 0; turn both by the same rotation, and the cost stays the same):

$$P = A\,\mathrm{diag}(\sqrt{s_1}, \sqrt{s_2}, \dots),\qquad Q = B\,\mathrm{diag}(\sqrt{s_1}, \sqrt{s_2}, \dots) \tag{3.8}$$

**Your turn.** [Task 03.8](../exercises/03_svd.ipynb) gives you the steps of the proof, shuffled. It uses the trace and Cauchy-Schwarz: [card 6](00_start_here.ipynb#Card-6:-Trace-and-Cauchy-Schwarz). Put them in order before you open ours.

<details><summary>The proof of Eq. (3.7)</summary>

**It can be reached.** With Eq. (3.8), $PQ^\top = A\,\mathrm{diag}(s)\,B^\top = X$. The columns of $A$ have length 1, so $\lVert P\rVert^2 = \sum_l s_l$, and the same for $Q$. Half the sum is $\sum_l s_l$.

**It cannot be beaten.** Let $PQ^\top = X$ be any factors. The trace of $A^\top X B = \mathrm{diag}(s)$ is $\sum_l s_l$. Put $PQ^\top$ in, and the trace is the dot product of the tables $A^\top P$ and $B^\top Q$. Three inequalities, each one line long: Cauchy-Schwarz, projections are not longer, and $(\lVert P\rVert - \lVert Q\rVert)^2 \ge 0$.

$$\sum_l s_l = \mathrm{tr}(A^\top P\,Q^\top B) \le \lVert A^\top P\rVert\,\lVert B^\top Q\rVert \le \lVert P\rVert\,\lVert Q\rVert \le \tfrac12\big(\lVert P\rVert^2 + \lVert Q\rVert^2\big)$$

</details>

So with $\min(m, n)$ columns, $\min_{P,Q}$ of lesson 01's plain objective is $\min_X$ of squared error $+\ 2\lambda\lVert X\rVert_*$. The new problem is **convex** (step 2 below says why): every local minimum is a global one.

**When every cell is known, the minimum has a formula.** Begin with one number. $(s - z)^2 + 2\tau z$ over $z \ge 0$ has the derivative $-2(s - z) + 2\tau$, so it is lowest at $z = s - \tau$, or at 0 if that is negative.

**Your turn.** The next cell follows the chain above with numbers, for the cheapest pair and for another one. Before you read on below it, guess what the case of one number makes of a table, and write `soft_threshold_svd` in [task 03.2](../exercises/03_svd.ipynb).
"""

# %%
P, Q = svd.balanced_factors(table, 5)
G = rng.normal(size=(5, 5))
for left, right in ((P, Q), (P @ G, Q @ np.linalg.inv(G).T)):
    ends = np.trace(A.T @ left @ right.T @ B), np.linalg.norm(left) * np.linalg.norm(right), (np.sum(left**2) + np.sum(right**2)) / 2
    print("  ≤  ".join(f"{value:.4f}" for value in ends))
assert np.isclose(np.sum(P**2), 15) and np.isclose(np.sum(Q**2), 15) and 15 < ends[1] < ends[2]

# %% [markdown] tags=["derivation"]
r"""
Each singular value loses $\tau$, or all it has. With the threshold $\tau$:

$$S_\tau(X) = \arg\min_Z\ \lVert X - Z\rVert^2 + 2\tau\lVert Z\rVert_* = \sum_l \max(s_l - \tau,\, 0)\; a_l b_l^\top \tag{3.9}$$

Why? $\langle X, Y\rangle$ is the dot product of two tables, the sum of the products of their entries.

**1.** Call the sum on the right $Z$, and let $G = (X - Z)/\tau$, for $\tau > 0$. Its singular values are $\min(s_l/\tau, 1)$, so no direction is stretched: $\lVert GQ\rVert \le \lVert Q\rVert$ for every $Q$. Where $Z$ is not 0 they are 1, so $\langle G, Z\rangle = \lVert Z\rVert_*$.

**2.** For any other table $Z' = PQ^\top$, $\langle G, Z'\rangle = \langle P, GQ\rangle \le \lVert P\rVert\lVert Q\rVert \le \tfrac12(\lVert P\rVert^2 + \lVert Q\rVert^2)$. Take the cheapest factors: $\langle G, Z'\rangle \le \lVert Z'\rVert_*$. With $AB^\top$ of its own decomposition in place of $G$ it is an equality. So the nuclear norm is the largest of many linear functions, and therefore convex.

**3.** Write $f$ for the objective, multiply out, and use $\lVert Z'\rVert_* - \lVert Z\rVert_* \ge \langle G, Z' - Z\rangle$ with $\tau G = X - Z$:

$$f(Z') - f(Z) = \lVert Z' - Z\rVert^2 - 2\langle X - Z,\, Z' - Z\rangle + 2\tau\big(\lVert Z'\rVert_* - \lVert Z\rVert_*\big) \;\ge\; \lVert Z' - Z\rVert^2$$

Every other table is worse. **With holes** there is no formula. But you can fill and threshold where Eq. (3.6) filled and cut. This is **soft-impute**:

$$X_{t+1} = S_\tau\big(\mathcal P_\Omega(R) + \mathcal P_\Omega^\perp(X_t)\big) \tag{3.10}$$

It never raises the squared error of the observed cells plus $2\tau\lVert X\rVert_*$, by the argument below Eq. (3.6). It can be shown that the steps reach its lowest value, from every start (Mazumder et al. 2010).
"""

# %%
Z = svd.soft_threshold(table, 1.5)
G = (table - Z) / 1.5
print(f"singular values {svd.decompose(Z)[1][:4]}, largest of G {np.linalg.norm(G, 2):.4f}, ⟨G, Z⟩ {np.sum(G * Z):.4f}, nuclear norm {svd.nuclear_norm(Z):.4f}")
assert np.allclose(svd.decompose(Z)[1][:4], [3.5, 2.5, 1.5, 0.5]) and np.isclose(np.sum(G * Z), svd.nuclear_norm(Z))

def imputed(threshold, init=0.0):
    """Where soft-impute ends on the front row: its last state."""
    *_, last = svd.soft_impute(centred_train, threshold, n_steps=300, tol=1e-7, init=init)
    return last

ends = {threshold: imputed(threshold) for threshold in (1, 2, 3, 4, 6)}
held = {threshold: rmse(hidden, by_rank[0] + end.table) for threshold, end in ends.items()}
for threshold, end in ends.items():
    print(f"threshold {threshold}   rank {np.sum(svd.decompose(end.table)[1] > 1e-6):2}   held out {held[threshold]:.3f}")
one, two, by_als = ends[3], imputed(3, init=5.0), als.fit(centred_train, 40, 3.0, n_sweeps=50, seed=0)
print(f"starts 0 and 5 differ by {np.abs(one.table - two.table).max():.2f} stars. Objective: soft-impute {one.objective:.2f}, ALS {by_als.objective:.2f}")
assert min(held, key=held.get) == 3 and round(held[3], 3) == 0.779 and np.abs(one.table - two.table).max() < 0.005
assert np.isclose(by_als.objective, one.objective, rtol=1e-4)

# %% [markdown]
r"""
Compare the held-out errors. Zeros in the holes gave 0.844, filling again and again 0.730 if you stop in the right step and 0.938 if you do not, and soft-impute 0.779: it needs no lucky stop, forgets where it started, and still pays something, since it shrinks the good directions along with the bad ones. Its threshold is the reg of lesson 01: ALS with 40 factors and reg = 3 ends at the same objective. (We chose rank, step and threshold on the hidden ratings, so they are no longer a fair judge of the winner. Lesson 07, planned, deals with that.)

## 6 ALS and the SVD

Now all cells are known, and $\lambda = 0$. What does ALS do? Lesson 02 solves for the users, $P = RQ(Q^\top Q)^{-1}$, then for the films, $Q^{+} = R^\top P\,(P^\top P)^{-1}$. Put one into the other and watch the *directions* that the columns of $Q$ span; matrices of shape $(k, k)$ on the right do not change them. They are those of $R^\top R\,Q$. So each sweep multiplies by $R^\top R$, and the part of $Q$ along $b_l$ grows by $s_l^2$. The slowest part that should stay grows by $s_k^2$, the fastest that should go by $s_{k+1}^2$. So from a random start, if $s_k > s_{k+1} > 0$, what does not belong to the first $k$ dies out by

$$\frac{\lVert P^{t+1}{Q^{t+1}}^\top - R_k\rVert}{\lVert P^{t}{Q^{t}}^\top - R_k\rVert} \;\to\; \Big(\frac{s_{k+1}}{s_k}\Big)^2 \tag{3.11}$$

For the proof's table of section 1, with the singular values 5, 4, 3, 2, 1, and $k = 2$ that is $(3/4)^2 = 0.5625$ a sweep. With $\lambda > 0$ and $\min(m, n)$ columns, section 5 tells where the lowest objective lies: at $S_\lambda(R)$, Eq. (3.9). With $k$ columns it lies at the first $k$ terms of it (proved in *Deeper: a penalty and k columns*). So there are three things to look for in the next cell: the rate, the limit $R_2$, and singular values that are smaller by $\lambda$, or 0.
"""

# %%
complete = ratings.from_dense(table, np.ones(table.shape, dtype=bool))
gaps = [np.linalg.norm(state.user_factors @ state.item_factors.T - svd.truncate(table, 2))
        for state in als.sweeps(complete, 2, 0.0, n_sweeps=24, seed=0)]
print(f"distance from R_2, ratio to that of the sweep before: sweep 2 {gaps[1] / gaps[0]:.4f}, sweep 20 {gaps[19] / gaps[18]:.4f}")
print(f"distance after 24 sweeps: {gaps[-1]:.7f}")
assert np.isclose(gaps[19] / gaps[18], svd.convergence_rate(s, 2), rtol=1e-3) and svd.convergence_rate(s, 2) == 0.5625
for reg in (0.5, 1.5, 3.5, 4.5, 6.0):
    factors = als.fit(complete, 2, reg, n_sweeps=60, seed=0)
    values = svd.decompose(factors.user_factors @ factors.item_factors.T)[1][:2]
    print(f"reg {reg}   singular values of P Qᵀ: {np.abs(values)}")
    assert np.allclose(values, np.maximum(s[:2] - reg, 0), atol=1e-4)

# %% [markdown]
r"""
## 7 Reading factors

Does a direction mean something? In the cinema we can ask, because we know the three axes that were planted. Take a planted axis $y$ (the place of every film on it) and ask how well a linear function of the films' factors $q_i$ reproduces it. $R^2$ is the share of its variance that is explained:

$$R^2 = 1 - \min_{c,\,w}\ \frac{\sum_i (y_i - c - w \cdot q_i)^2}{\sum_i (y_i - \bar y)^2} \tag{3.12}$$

It asks what *all* directions together know. Ask the same of each direction alone, and you learn whether a direction *is* an axis.

Two tables are compared, both of rank 3, with the biases taken off first: the truncated SVD with zeros in the holes, and the product of ALS. The factors of ALS are free up to a rotation (lesson 01), so `balanced_factors` puts them in order: Eq. (3.8).

The map below shows the films along directions 1 and 2, with an arrow for each planted axis. *Before you turn it:* can you turn it so that the arrow *shivers* lies along one axis of the map and *conversations* along the other?
"""

# %%
residuals, _ = ratings.remove_biases(cinema.ratings)
zero_filled, factors = svd.fit(residuals, 3), als.fit(residuals, 3, 1.0, n_sweeps=20, seed=0)
P, Q = svd.balanced_factors(factors.user_factors @ factors.item_factors.T, 3)
for axis, name in enumerate(cinema.axis_names):
    place = cinema.item_axes[:, axis]
    both = [svd.explained_share(place, vectors) for vectors in (zero_filled.item_vectors, Q)]
    alone = [svd.explained_share(place, Q[:, [direction]]) for direction in range(3)]
    print(f"{name:30} zero-filled {both[0]:.2f}   ALS {both[1]:.2f}   ALS, one direction {alone[0]:.2f} {alone[1]:.2f} {alone[2]:.2f}")
    assert both[0] < 0.75 and round(both[1], 2) in (0.96, 0.97) and max(alone) < 0.64
predict("03.w2", None, ["neither", "one at a time", "both at once"])
where = {name.split(" <-> ")[1]: np.linalg.lstsq(Q, cinema.item_axes[:, axis])[0] for axis, name in enumerate(cinema.axis_names)}
angle = np.radians(40)
turned = Q[:, :2] @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
after = [svd.explained_share(cinema.item_axes[:, axis], turned[:, [direction]]) for axis, direction in ((1, 0), (0, 1))]
assert np.allclose(after, [0.93, 0.73], atol=0.005)  # what the map shows after the right turn
arrows = {name: 1.5 * vector / np.linalg.norm(vector) for name, vector in where.items()}
labelled = sorted({item for direction in Q.T for item in (*np.argsort(direction)[:2], *np.argsort(direction)[-2:])})
genres = {name: np.flatnonzero(cinema.genre == genre) for genre, name in enumerate(cinema.genre_names)}
plots.factor_map(cinema.titles, Q, P, labelled, directions=arrows, groups=genres)

# %% tags=["nbval-ignore-output"]
factor_map(cinema.titles, Q, P, labelled, directions=arrows, groups=genres)

# %% [markdown]
r"""
*What you should have seen.* Zeros in the holes hide a good part of the axes, ALS finds them nearly whole: 96 to 97 % of their variance. But no *direction* is an axis. The best single direction explains 63 % of one axis, and each direction mixes several.

Turn the map by −40°, and both arrows lie along its axes, up to a few degrees. Now one direction explains 93 % of *laughter <-> shivers* and the other 73 % of *explosions <-> conversations* (the rest of it lies along direction 3). And no prediction has changed. The space is what the ratings fix; its axes are a choice.

**Is the first direction "quality"?** One reads that the strongest direction of a ratings table is how good a film is. Take the ratings as they are, nothing centred, and ask what $b_1$ follows: the film's mean rating, or how many people rated it? (When all is known, every film has the same number of ratings, and only the mean can be asked for.)

**Real films.** For MovieLens we have no planted axes, only titles. Take the films with at least 50 ratings and the biases off, and look at both ends of the first three directions: the next cell does both. *Before you run the cell after it:* split the people into two halves and compute the first direction from each. How large is the cosine between the two, up to sign? (1: the same direction. Two random directions: about 0.05.)
"""

# %%
movielens = load_movielens()
found = {}
for name, stored in (("cinema, all known", full), ("cinema, as rated", cinema.ratings), ("MovieLens", movielens.ratings)):
    first = np.abs(svds(stored.astype(float), k=1, v0=np.ones(min(stored.shape)))[2][0])
    counts, totals = (np.bincount(stored.indices, weights, minlength=first.size) for weights in (None, stored.data))
    found[name] = [svd.explained_share(target, first[:, None]) for target in (totals / counts, counts) if np.ptp(target)]
    print(f"{name:18} first direction with mean rating, number of ratings: R²", " ".join(f"{share:.2f}" for share in found[name]))
assert found["cinema, all known"][0] > 0.99 and all(mean < 0.35 and number > 0.94 for mean, number in list(found.values())[1:])
often = np.flatnonzero(counts >= 50)
titles = [movielens.titles[film] for film in often]
tastes, _ = ratings.remove_biases(csr_array(movielens.ratings[:, often]))
real = svd.fit(tastes, 3)
tops, bottoms = ([titles[place(direction)] for direction in real.item_vectors.T] for place in (np.argmax, np.argmin))
assert tops == ["Pulp Fiction", "Lord of the Rings: The Two Towers, The", "Ace Ventura: Pet Detective"]
assert bottoms == ["Independence Day (a.k.a. ID4)", "Shawshank Redemption, The", "Lord of the Rings: The Return of the King, The"]
plots.direction_ends(titles, real.item_vectors)

# %%
predict("03.q3", None, ["above 0.9", "about 0.7", "below 0.4"])
for name, stored in (("cinema", residuals), ("MovieLens", tastes)):
    halves = np.array_split(np.random.default_rng(0).permutation(stored.shape[0]), 2)
    one, two = (svd.fit(csr_array(stored[np.sort(half)]), 3).item_vectors[:, 0] for half in halves)
    print(f"{name:9} cosine between the first directions of two halves of the people: {abs(one @ two):.2f}")
    assert round(abs(one @ two), 2) == (0.87 if name == "cinema" else 0.31)

# %% [markdown]
r"""
**What you may not conclude.** When all is known, the first direction follows the mean rating, and "quality" is a fair name. As rated, it follows the *number* of ratings, in the cinema and in MovieLens: the zeros in the holes speak of who watched what, not of who liked what.

And the picture of MovieLens tells a story at once: *Pulp Fiction* against *Independence Day*, *The Two Towers* against *The Shawshank Redemption*. You have names for these directions already. But the other half of the people gives another first direction, cosine 0.31. In the cinema, where a structure was planted, it is 0.87. So before you name a direction, compute it again from other people. A sign, an order and an angle are conventions; a name is a guess until it has been tested.

## 8 How others do it

* SciPy's `svds` returns singular values in *rising* order and leaves the signs open. `svd.fit` calls it, turns the order and fixes the signs. NumPy's `svd` returns falling values, and $B^\top$ where you may expect $B$.
* Surprise's class `SVD` is no SVD: it is lesson 01's model, Eq. (1.6), trained by SGD on the observed ratings. So it never meets a zero in a hole.
* scikit-learn's `TruncatedSVD` takes a sparse table as it is: nothing is centred, and what is not stored counts as 0. On raw ratings its first component is the popularity you saw above. Its `components_` are the rows of $B^\top$.

## Summary

| you want | use | mind |
|---|---|---|
| the nearest table of rank $k$, all cells known | $R_k$, Eq. (3.2) | optimal, with proof |
| ratings with holes, one quick pass | Eq. (3.5) | means over *observed* ratings; predictions too flat |
| the holes repaired | Eq. (3.6), or ALS | stop in time, or pay a penalty |
| the same lowest value from every start | soft-impute, Eq. (3.10) | the threshold is reg |
| what factors know | $R^2$, Eq. (3.12) | of the space, never of one axis |

Choose the rank, the number of steps and the threshold on held-out ratings.

**Notation of this lesson.** $a_l$, $b_l$: columns of $A$ ($m$ rows) and $B$ ($n$ rows). $\lVert X\rVert^2$: sum of squared entries. $\lVert X\rVert_*$: sum of singular values. $\Omega$: the observed cells. $\tau$: threshold (`threshold`), equal to $\lambda$ (`reg`) of the plain objective.

**Papers.** Eckart and Young (1936), *The approximation of one matrix by another of lower rank*. Sarwar et al. (2000), *Application of dimensionality reduction in recommender system*. Srebro and Jaakkola (2003), *Weighted low-rank approximations*. Srebro, Rennie and Jaakkola (2005), *Maximum-margin matrix factorization*. Mazumder, Hastie and Tibshirani (2010), *Spectral regularization algorithms for learning large incomplete matrices*.

**Next.** Do [the exercises](../exercises/03_svd.ipynb). [Lesson 05](05_bpr.ipynb) leaves stars behind: what if people only click?
"""

# %% [markdown] tags=["deeper"]
r"""
## Deeper: which points ALS can stand on

At reg = 0 and with all cells known, *any* $k$ terms of the decomposition are a fixed point of ALS, not only the first $k$. For the proof's table of section 1 (singular values 5, 4, 3, 2, 1) and $k = 2$ there are 10 pairs. Start on each of them exactly, and let ALS make one sweep.
"""

# %% tags=["deeper"]
pairs = [[i, j] for j in range(5) for i in range(j)]
stands = [als.fit(complete, 2, 0.0, n_sweeps=1, init=B[:, pair]) for pair in pairs]
moves = [np.linalg.norm(end.user_factors @ end.item_factors.T - (A * s)[:, pair] @ B[:, pair].T) for pair, end in zip(pairs, stands, strict=True)]
print(f"{len(pairs)} pairs, errors {sorted(round(end.objective) for end in stands)}")
assert max(moves) < 1e-12 and len(pairs) == 10

# %% [markdown] tags=["deeper"]
r"""
None of them moves, and their errors reach from 14 to 50. Now push each start by a millionth, and give it 60 sweeps. Eq. (3.11) says why the push decides: the part along a left-out $b_l$ with a larger $s_l$ grows in every sweep. Only the pair of the two largest is stable.
"""

# %% tags=["deeper"]
push = 1e-6 * np.random.default_rng(0).normal(size=(6, 2))
pushed = [als.fit(complete, 2, 0.0, n_sweeps=60, init=B[:, pair] + push).objective for pair in pairs]
print(f"after a push of a millionth all errors lie between {min(pushed):.4f} and {max(pushed):.4f}")
assert np.allclose(pushed, 14)

# %% [markdown] tags=["deeper", "derivation"]
r"""
## Deeper: a penalty and k columns

Why does the lowest objective with $k$ columns lie at the first $k$ terms of $S_\lambda(R)$? By Eq. (3.7) the question is which table $Z = \sum_{l \le k} x_l\, u_l v_l^\top$ of rank at most $k$ makes $\lVert R - Z\rVert^2 + 2\lambda\lVert Z\rVert_*$ lowest, with $x_1 \ge \dots \ge x_k \ge 0$ its singular values. Multiply out: $\lVert R\rVert^2 - 2\langle R, Z\rangle + \sum_{l \le k}(x_l^2 + 2\lambda x_l)$. Only $\langle R, Z\rangle$ depends on the directions, and von Neumann's inequality bounds it:

$$\langle R, Z\rangle \le \sum_{l \le k} s_l x_l$$

**1. Equal strengths.** Take the first $j$ terms with strength 1. $\sum_{l \le j} u_l^\top R\, v_l = \sum_i s_i c_i$ with $c_i = \sum_{l \le j} (u_l \cdot a_i)(b_i \cdot v_l)$. By $xy \le \tfrac12(x^2 + y^2)$, $c_i$ is at most the average of two squared lengths: of the projection of $a_i$ on $u_1, \dots, u_j$, and of $b_i$ on $v_1, \dots, v_j$. These averages have the budget of step 4 of section 1, at most 1 each and at most $j$ in all. Spent on the largest, it earns $s_1 + \dots + s_j$.

**2. A staircase.** With $x_{k+1} = 0$, $Z$ is the sum over $j \le k$ of $x_j - x_{j+1} \ge 0$ times the first $j$ terms with strength 1. So $\langle R, Z\rangle \le \sum_j (x_j - x_{j+1})(s_1 + \dots + s_j) = \sum_{l \le k} s_l x_l$.

So the objective is at least $\sum_{l > k} s_l^2 + \sum_{l \le k}\big((s_l - x_l)^2 + 2\lambda x_l\big)$. Each bracket is lowest at $x_l = \max(s_l - \lambda, 0)$, and with $u_l = a_l$, $v_l = b_l$ the bound is reached.
"""

# %% tags=["deeper"]
best, noise = svd.truncate(svd.soft_threshold(table, 1.5), 2), np.random.default_rng(0).normal(size=(500, 8, 6))
drawn = [svd.truncate(best + size * part, 2) for size, part in zip(np.geomspace(0.01, 10, 500), noise, strict=True)]
room = [s[:2] @ svd.decompose(Z)[1][:2] - np.sum(table * Z) for Z in (best, *drawn)]
objectives = [np.sum((table - Z) ** 2) + 3 * svd.nuclear_norm(Z) for Z in (best, *drawn)]
print(f"von Neumann's room: {abs(room[0]):.4f} at the first two terms, at least {min(room[1:]):.6f} at 500 others")
assert abs(room[0]) < 1e-9 < min(room[1:]) and np.isclose(objectives[0], 14 + 2 * 1.5**2 + 3 * (3.5 + 2.5)) and objectives[0] < min(objectives[1:])

# %% [markdown] tags=["deeper"]
r"""
## Deeper: singular values that are nearly equal

Three directions with the values 3.01, 3.00 and 1, and noise of 0.01 on every cell. Compare the first two directions of films before and after.
"""

# %% tags=["deeper"]
U, V = (np.linalg.qr(np.random.default_rng(3).normal(size=(length, 3)))[0] for length in (40, 30))
clean = (U * [3.01, 3.0, 1.0]) @ V.T
noisy = clean + 0.01 * np.random.default_rng(3).normal(size=clean.shape)
cosines = svd.decompose(clean)[2][:, :2].T @ svd.decompose(noisy)[2][:, :2]
print(f"cosines of directions\n{np.abs(cosines).round(2)}\nof the planes {np.linalg.svd(cosines)[1].round(3)}")
assert abs(cosines[0, 0]) < 0.5 < 0.85 < abs(cosines[0, 1]) and np.linalg.svd(cosines)[1].min() > 0.999

# %% [markdown] tags=["deeper"]
r"""
The noise has turned the directions far into each other: the first of the clean table is closer to the second of the noisy one. The *plane* of the two has hardly moved, and with it the predictions. Directions whose values lie closer together than the noise have no identity of their own.

## Deeper: soft-impute at the price of ALS

Soft-impute decomposes an $m \times n$ table in every step. Hastie et al. (2015) found a way to do without. Keep the table as factors. Filled with its own prediction it is *sparse plus low rank*:
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
$$\mathcal P_\Omega(R) + \mathcal P_\Omega^\perp(PQ^\top) = \underbrace{\mathcal P_\Omega(R - PQ^\top)}_{\text{sparse: } E} + PQ^\top$$

A ridge half-step on a full table $X$ is $P^{+} = XQ\,(Q^\top Q + \lambda I)^{-1}$, with one $(k, k)$ matrix for all users. Here $XQ = EQ + P\,(Q^\top Q)$, and nothing of the size $m \times n$ is ever made.
"""

# %% tags=["deeper"]
def sparse_half_step(stored, P, Q, reg):
    """Best P for the filled table E + P Qᵀ, without making it."""
    E = ratings.with_data(stored, stored.data - np.sum(P[ratings.rows_of(stored)] * Q[stored.indices], axis=1))
    return (E @ Q + P @ (Q.T @ Q)) @ np.linalg.inv(Q.T @ Q + reg * np.eye(Q.shape[1]))
P, Q = np.random.default_rng(0).normal(size=(80, 20)), np.random.default_rng(1).normal(size=(40, 20))
assert np.allclose(sparse_half_step(centred_train, P, Q, 3.0), svd.fill(centred_train, P @ Q.T) @ Q @ np.linalg.inv(Q.T @ Q + 3.0 * np.eye(20)))

# %% tags=["deeper"]
for _ in range(300):
    P = sparse_half_step(centred_train, P, Q, 3.0)
    Q = sparse_half_step(centred_train.T.tocsr(), Q, P, 3.0)
reached = rmse(centred_train, P @ Q.T) ** 2 * train.nnz + 3.0 * (np.sum(P**2) + np.sum(Q**2))
print(f"objective: sparse plus low rank {reached:.2f}, soft-impute {ends[3].objective:.2f}")
assert np.isclose(reached, ends[3].objective, rtol=1e-4)

# %% [markdown] tags=["deeper"]
r"""
A step of it is cheaper than a half-step of lesson 02, which solves another system for every user, and it goes less far.

## Deeper: holes leave no formula

With a weight for every *cell*, 0 for a hole, the nearest table of low rank has no closed form (Srebro and Jaakkola 2003), and finding it is NP-hard in general (Gillis and Glineur 2011). Even five people are enough to get stuck. Fill the 14 ratings, not centred, at rank 1 from two random starts:
"""

# %% tags=["deeper"]
for seed in (0, 10):
    start = np.random.default_rng(seed).normal(0, 3, stars.shape)
    *_, last = svd.iterated_fill(known, 1, n_steps=300, init=start)
    print(f"start {seed:2}   squared error in the end {last.objective:.2f}")
assert round(last.objective, 2) == 53.58

# %% [markdown] tags=["deeper"]
r"""
Two different ends, and both starts have come to rest. The nuclear norm has none of this: its problem is convex.

## Deeper: the threshold above which nothing is left

By step 1 of the proof of Eq. (3.9), now with the observed errors in place of $X - Z$: the table 0 is the minimum as soon as no singular value of $\mathcal P_\Omega(R)$ exceeds $\tau$. So for the plain penalty there is a reg from which on *every* prediction is 0. For the 14 ratings, not centred:
"""

# %% tags=["deeper"]
largest = np.linalg.norm(np.where(observed, stars, 0), 2)  # the largest singular value
for share in (0.98, 1.02):
    *_, last = svd.soft_impute(known, share * largest, n_steps=400)
    print(f"threshold {share * largest:.4f}, {share:.2f} of the largest: largest prediction {np.abs(last.table).max():.2f}")
assert not last.table.any() and round(largest, 4) == 9.3717

# %% [markdown] tags=["deeper"]
"""
## Deeper: spot the error

Two sentences from reports. What is wrong with each? Decide, then open.

1. "We use the truncated SVD, so by Eckart and Young no model of rank 2 fits our ratings better."
2. "Our four largest singular values are four genres; the first one is quality."

<details><summary>Answers</summary>1: it is nearest to the filled table, zeros in the holes included. Iterating brought the error of the 14 ratings from 0.3255 to 0. 2: values are strengths, not meanings; directions carry meaning only up to a rotation, and the first direction of raw ratings with holes follows the number of ratings.</details>
"""

# %% [markdown] tags=["deeper"]
"""
## Deeper: the order of svds

SciPy's `svds` returns the singular values in rising order, `svd.fit` in falling order.
"""

# %% tags=["deeper"]
rising = svds(csr_array(centred), k=2, v0=np.ones(5), return_singular_vectors=False)
print(f"SciPy's svds {rising}, svd.fit {svd.fit(known, 2).singular_values}")
assert rising[0] < rising[1] and np.allclose(np.sort(rising)[::-1], svd.fit(known, 2).singular_values)
