# %% [markdown]
r"""
# Exercises 01: A rating as a product of two vectors

These tasks go with [lesson 01](../notebooks/01_factorization.ipynb). Write your answer where it says `# your code here` or `...`, run the cell, then run the check below it. A check tells you what kind of case goes wrong and shows you the simplest one. If you are stuck, `hint("01.1")` gives three hints, one at a time, and what your last answer looks like. Points are counted case by case, so half an answer is worth something. A number that a function returns counts as right if six of its digits are.

| task | what | minutes | objective |
|---|---|---|---|
| 01.0 | prediction, both objectives and a slope by hand | 15 | O1.1, O1.2, O1.3 |
| 01.1 | `mf_objective`, in both readings | 20 | O1.2 |
| 01.2 | `biased_mf_sgd_step` | 15 | O1.6 |
| 01.3 | transfer: `bounded_gradient`, a prediction that stays on the scale | 25 | O1.3 |
| 01.4 | a choice: which objective does this loop lower? | 3 | O1.2, O1.6 |
| 01.5 | a choice: fourteen ratings | 5 | O1.1 |
| 01.6 | a choice: two runs, one minimum | 5 | O1.5 |
| 01.7 | a choice: when to stop | 5 | O1.6 |
| 01.8 | the proof that $J$ is not convex, put in order | 10 | O1.4 |
| 01.9 | a listing with a fault: find an input that exposes it | 7 | O1.2 |

All of it takes about two hours. Short of time? 01.0, 01.1, 01.2 and 01.4 carry most of the lesson in under an hour.

Every function returns its values and leaves its inputs as they were: a check looks at both. It should print nothing and draw no random numbers.
"""

# %%
import numpy as np
from numpy.typing import NDArray

from recmath_lib.grading import check, hint

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
r"""
## 01.0 Four numbers by hand

Two users, three films, one factor, $\lambda = 0.5$. The factors stand at the margins, the ratings in the cells:

| | film 0, $q = 2$ | film 1, $q = 1$ | film 2, $q = 4$ |
|---|---|---|---|
| **user 0, $p = 2$** | 1 | ? | ? |
| **user 1, $p = 1$** | 1 | 2 | 5 |

Give

- `prediction`: what the model predicts for user 0 and film 2, Eq. (1.1);
- `plain` and `weighted`: the two objectives, Eq. (1.2) and (1.3);
- `slope`: the slope of the **plain** objective by the factor of user 1, Eq. (1.4).

They count within 0.0005. As an example, the same for one user with $p = 3$ who gave two films with $q = 1$ and $q = 0.5$ a 4 and a 1, at $\lambda = 0.1$:
"""

# %%
first, second = 4 - 3 * 1, 1 - 3 * 0.5  # the two errors
plain = first**2 + second**2 + 0.1 * (3**2 + 1**2 + 0.5**2)
weighted = first**2 + second**2 + 0.1 * (2 * 3**2 + 1 * 1**2 + 1 * 0.5**2)
slope = -2 * (first * 1 + second * 0.5) + 2 * 0.1 * 3
print(f"predictions {3 * 1:.4f} and {3 * 0.5:.4f}   plain {plain:.4f}   weighted {weighted:.4f}   slope {slope:.4f}")

# %%
answer_01_0 = ...  # {"prediction": ..., "plain": ..., "weighted": ..., "slope": ...}
### BEGIN SOLUTION
squared_errors = (1 - 4) ** 2 + (1 - 2) ** 2 + (2 - 1) ** 2 + (5 - 4) ** 2
answer_01_0 = {
    "prediction": 2 * 4,
    "plain": squared_errors + 0.5 * (2**2 + 1**2 + 2**2 + 1**2 + 4**2),
    "weighted": squared_errors + 0.5 * (1 * 2**2 + 3 * 1**2 + 2 * 2**2 + 1 * 1**2 + 1 * 4**2),
    "slope": -2 * ((1 - 2) * 2 + (2 - 1) * 1 + (5 - 4) * 4) + 2 * 0.5 * 1,
}
### END SOLUTION

# %%
check("01.0", answer_01_0)
# hint("01.0")

# %% [markdown]
r"""
## 01.1 Both objectives

Write `mf_objective(R, observed, P, Q, reg, weighted=False)`, Eq. (1.2), and with `weighted=True` Eq. (1.3).

- `R`: the ratings, an array of floats of shape (m, n). `observed`: booleans of the same shape, `True` where a rating was given.
- **Unobserved cells of `R` are undefined.** They may hold 0, nan or any number. An observed 0 is a rating of 0, and ratings may be negative.
- `P`: the user factors, shape (m, k). `Q`: the item factors, shape (n, k). `reg`: at least 0.
- It returns a float: the sum of $(r_{ui} - p_u\cdot q_i)^2$ over the observed cells, plus the penalty.
- The plain penalty is `reg` times $\lVert P\rVert^2 + \lVert Q\rVert^2$, where all entries are squared and summed, also those of rows without ratings.
- The weighted penalty is `reg` times $\sum_u n_u\lVert p_u\rVert^2 + \sum_i n_i\lVert q_i\rVert^2$, where $n_u$ and $n_i$ are the numbers of observed cells in row $u$ and in column $i$.
- Nothing is halved, nothing is averaged. `R` stays as it was.

Two users, two films, one gap, $k = 1$, written out cell by cell:
"""

# %%
R, observed = np.array([[4.0, np.nan], [0.0, 2.0]]), np.array([[True, False], [True, True]])
P, Q = np.array([[2.0], [1.0]]), np.array([[1.5], [0.5]])
squared_errors = (4 - 2 * 1.5) ** 2 + (0 - 1 * 1.5) ** 2 + (2 - 1 * 0.5) ** 2
plain = 0.1 * (2**2 + 1**2 + 1.5**2 + 0.5**2)
once_per_rating = 0.1 * (1 * 2**2 + 2 * 1**2 + 2 * 1.5**2 + 1 * 0.5**2)
print(f"mf_objective(R, observed, P, Q, 0.1) is {squared_errors + plain:.4f}")
print(f"mf_objective(R, observed, P, Q, 0.1, weighted=True) is {squared_errors + once_per_rating:.4f}")

# %%
def mf_objective(
    R: NDArray, observed: NDArray, P: NDArray, Q: NDArray, reg: float, weighted: bool = False
) -> float:
    """Squared errors of the observed ratings plus a penalty, per row or (weighted) per rating."""
    ### BEGIN SOLUTION
    errors = (R - P @ Q.T)[observed]
    by_user = observed.sum(axis=1) if weighted else np.ones(len(P))
    by_item = observed.sum(axis=0) if weighted else np.ones(len(Q))
    penalty = by_user @ np.sum(P**2, axis=1) + by_item @ np.sum(Q**2, axis=1)
    return float(np.sum(errors**2) + reg * penalty)
    ### END SOLUTION

# %%
check("01.1", mf_objective)
# hint("01.1")

# %% [markdown]
r"""
## 01.2 One step of SGD

Write `biased_mf_sgd_step(mu, bu, bi, p, q, r, lr, reg)`, Eq. (1.8) and (1.9). It returns four values, `(bu, bi, p, q)`, after one step on one rating.

- `mu`, `bu`, `bi`: the mean and the two biases, floats. `p`, `q`: the two factors, arrays of shape (k,), of any numeric type (integers too).
- `r`: the rating, on any scale. `lr` is above 0, `reg` at least 0.
- With the error $e = r - (\mu + b_u + b_i + p\cdot q)$ the new values are

    `bu + lr * (e - reg * bu)`, `bi + lr * (e - reg * bi)`, `p + lr * (e * q - reg * p)`, `q + lr * (e * p - reg * q)`.

- **Every right-hand side has the old values**, those that came in. The error is computed once.
- No factor 2: `lr` has taken it in. Nothing is cut to a scale.
- The arrays that come back are new. `p` and `q` stay as they were.

A step on a rating of 4 with the mean 3, the biases 0.5 and −0.5, one factor, `p = [1.0]` and `q = [0.6]`, at `lr=0.1` and `reg=0.2`:
"""

# %%
e = 4 - (3 + 0.5 - 0.5 + 1.0 * 0.6)
print(f"error {e:.4f}")
print(f"biases {0.5 + 0.1 * (e - 0.2 * 0.5):.4f} and {-0.5 + 0.1 * (e + 0.2 * 0.5):.4f}")
print(f"p = [1.0] becomes [{1.0 + 0.1 * (e * 0.6 - 0.2 * 1.0):.4f}], q = [0.6] [{0.6 + 0.1 * (e * 1.0 - 0.2 * 0.6):.4f}]")

# %%
def biased_mf_sgd_step(
    mu: float, bu: float, bi: float, p: NDArray, q: NDArray, r: float, lr: float, reg: float
) -> tuple[float, float, NDArray, NDArray]:
    """Biases and factors after one step on one rating."""
    ### BEGIN SOLUTION
    e = r - (mu + bu + bi + p @ q)
    new_bu, new_bi = bu + lr * (e - reg * bu), bi + lr * (e - reg * bi)
    new_p, new_q = p + lr * (e * q - reg * p), q + lr * (e * p - reg * q)
    return new_bu, new_bi, new_p, new_q
    ### END SOLUTION

# %%
check("01.2", biased_mf_sgd_step)
# hint("01.2")

# %% [markdown]
r"""
## 01.3 Transfer: a prediction that stays on the scale

Nothing keeps $p\cdot q$ between 1 and 5 stars. Cutting it there would help only the display. This model bends it instead. With $\sigma(x) = 1/(1 + e^{-x})$ it predicts

- $\hat r = \text{low} + (\text{high} - \text{low})\,\sigma(p\cdot q)$, and one rating adds to its objective
- $f(p, q) = (r - \hat r)^2 + \text{reg}\,(\lVert p\rVert^2 + \lVert q\rVert^2)$.

Write `bounded_gradient(p, q, r, low, high, reg)`. It returns `(dp, dq)`, the gradient of $f$ by $p$ and by $q$.

- `p`, `q`: arrays of floats of shape (k,). `r`: the rating. `low` < `high`: the ends of the scale. `reg`: at least 0.
- It is the gradient itself, which a descent step **subtracts**, with every factor 2.
- At $p\cdot q = \pm 1000$ it is finite, and NumPy gives no warning. (`scipy.special.expit` is a $\sigma$ that does not overflow.)
- `p` and `q` stay as they were.

You can check yourself without any solution: a gradient agrees with the finite differences of its function (lesson 00, card 4). Here are those of $f$ for $p = [1, 2]$, $q = [0.5, -0.4]$, a rating of 4 on the scale from 1 to 5, and `reg=0.1`. Your function must give these numbers:
"""

# %%
def f(p: NDArray, q: NDArray) -> float:
    """The function of which 01.3 asks the gradient, for a rating of 4 between 1 and 5, with reg = 0.1."""
    prediction = 1 + (5 - 1) / (1 + np.exp(-(p @ q)))
    return (4 - prediction) ** 2 + 0.1 * (p @ p + q @ q)

p, q, steps = np.array([1.0, 2.0]), np.array([0.5, -0.4]), 1e-5 * np.eye(2)
dp = np.array([(f(p + step, q) - f(p - step, q)) / 2e-5 for step in steps])
dq = np.array([(f(p, q + step) - f(p, q - step)) / 2e-5 for step in steps])
print(f"f {f(p, q):.4f}   dp {dp}   dq {dq}")

# %%
def bounded_gradient(
    p: NDArray, q: NDArray, r: float, low: float, high: float, reg: float
) -> tuple[NDArray, NDArray]:
    """Gradient of the squared error of a prediction between low and high, and of its penalty."""
    ### BEGIN SOLUTION
    x = p @ q
    small = np.exp(-abs(x))  # at most 1
    sigma = 1 / (1 + small) if x >= 0 else small / (1 + small)
    error = r - (low + (high - low) * sigma)
    pull = 2 * error * (high - low) * sigma * (1 - sigma)
    return 2 * reg * p - pull * q, 2 * reg * q - pull * p
    ### END SOLUTION

# %%
check("01.3", bounded_gradient)
# hint("01.3")

# %% [markdown]
r"""
## Four choices

Answer with a letter, such as `"a"`. A wrong letter tells you what speaks against it.

### 01.4 Which objective is it?

A trainer goes once through all ratings, in random order:

```python
for u, i, r in ratings:
    p, q = P[u].copy(), Q[i].copy()
    e = r - p @ q
    P[u] = p + lr * (e * q - reg * p)
    Q[i] = q + lr * (e * p - reg * q)
```

For a small `lr`, one such epoch is nearly a step along the negative gradient of an objective. Of which?

- **a** The plain one, Eq. (1.2): reg·p stands in the code once.
- **b** The weighted one, Eq. (1.3): a row shrinks every time one of its ratings comes up.
- **c** Eq. (1.3) with reg/2 in place of reg: the penalty's factor 2 is missing.
- **d** Neither: in an objective the penalty stands outside the sum over the ratings, and here it does not.
"""

# %%
answer_01_4 = ...
### BEGIN SOLUTION
answer_01_4 = "b"
### END SOLUTION
check("01.4", answer_01_4)

# %% [markdown]
r"""
### 01.5 Fourteen ratings

Five users gave 14 ratings to five films. You fit them with $k = 2$ and `reg=0`. A prediction changes when a number in $P$ or $Q$ changes. The table of all these slopes has a row for each number and a column for each cell, and its rank counts the independent ways in which the predictions can move. At a $P$ and $Q$ drawn at random, as at nearly every $P$ and $Q$:
"""

# %%
rated = np.array([list(row) for row in ("11010", "10101", "01011", "00110", "11001")]) == "1"
rng = np.random.default_rng(0)
P, Q, one = rng.normal(size=(5, 2)), rng.normal(size=(5, 2)), np.eye(5)
by_P = [np.outer(one[u], Q[:, f]) for u in range(5) for f in range(2)]
by_Q = [np.outer(P[:, f], one[i]) for i in range(5) for f in range(2)]
slopes = np.array(by_P + by_Q)
print(f"ratings {rated.sum()}, numbers in P and Q {len(slopes)}")
print(f"rank in all 25 cells {np.linalg.matrix_rank(slopes.reshape(20, 25))} = 2 * (5 + 5 - 2)")
print(f"rank in the rated cells {np.linalg.matrix_rank(slopes[:, rated])}")

# %% [markdown]
r"""
What follows?

- **a** Nothing is fixed. With 20 ratings, one for each number in P and Q, everything would be.
- **b** Everything is fixed: that 14 ratings tell the other 11 cells is what a low rank is good for.
- **c** P and Q can move so that the 14 rated cells keep their predictions and others change.
- **d** Two ratings are missing. With any 16 cells rated, the other 9 would be fixed.
"""

# %%
answer_01_5 = ...
### BEGIN SOLUTION
answer_01_5 = "c"
### END SOLUTION
check("01.5", answer_01_5)

# %% [markdown]
r"""
### 01.6 Two runs, one minimum

Two runs from different starts both reach the smallest value of the plain objective, with `reg` above 0. Their predictions are the same in every cell. Their factors are not: $P_2 = P_1 G$ and $Q_2 = Q_1 G^{-\top}$. $P_1$ and $Q_1$ have full rank $k$. What can $G$ be?

- **a** Any invertible matrix: it cancels in the product.
- **b** Only the identity: at a minimum the factors are fixed.
- **c** Only a matrix that changes signs, as with singular vectors.
- **d** Any orthogonal matrix: turns, mirrors, other signs, factors in another order.
"""

# %%
answer_01_6 = ...
### BEGIN SOLUTION
answer_01_6 = "d"
### END SOLUTION
check("01.6", answer_01_6)

# %% [markdown]
r"""
### 01.7 When to stop

A made-up table of rank 3 with noise: 60 users, 40 films, about 30 % of the cells rated, some others held out. You fit it by gradient descent with 8 factors, no penalty, and look at both errors:
"""

# %%
rng = np.random.default_rng(0)
truth = 3 + rng.normal(size=(60, 3)) @ rng.normal(size=(3, 40)) / 2
R = truth + rng.normal(0, 0.7, truth.shape)
trained = rng.random(truth.shape) < 0.3
held_out = ~trained & (rng.random(truth.shape) < 0.3)
P, Q = rng.normal(0, 0.1, (60, 8)), rng.normal(0, 0.1, (40, 8))
for step in range(401):
    errors = R - R[trained].mean() - P @ Q.T
    if step in (0, 10, 25, 50, 100, 200, 400):
        rmse = [np.sqrt(np.mean(errors[cells] ** 2)) for cells in (trained, held_out)]
        print(f"step {step:3}   RMSE on ratings trained on {rmse[0]:.3f}, held out {rmse[1]:.3f}")
    errors = np.where(trained, errors, 0)
    P, Q = P + 0.01 * errors @ Q, Q + 0.01 * errors.T @ P

# %% [markdown]
r"""
Which step's model do you keep, and what do you report as its error?

- **a** The last step: the objective is smallest there. Report the RMSE of the ratings trained on.
- **b** The step where the two curves are closest: there is no overfitting. Report their mean.
- **c** The step with the lowest held-out RMSE. Report that RMSE: these ratings were never trained on.
- **d** The step with the lowest held-out RMSE. Report the RMSE of a third set: this one has made the choice.
"""

# %%
answer_01_7 = ...
### BEGIN SOLUTION
answer_01_7 = "d"
### END SOLUTION
check("01.7", answer_01_7)

# %% [markdown]
r"""
## 01.8 Not convex, but convex in each block

One rating of 1 and one factor, with a penalty that is not too large: $J(p, q) = (1 - pq)^2 + \lambda(p^2 + q^2)$ and $0 < \lambda < 1$. The steps of the proof have been shuffled. Put them into an order in which each step comes after those it uses. Several orders are right. Answer with a list, `["a", "b", ...]`, or with one word, `"ab..."`.

- **a** With the $t$ of step b, the point $(−t, −t)$ has the same $J$ as $(t, t)$: only the product and the squares enter.
- **b** Call this root $t = √(1 - λ)$. Then $J(t, t) = λ² + 2λ(1 - λ) = 1 - (1 - λ)²$.
- **c** But $λ < 1$, so $(1 - λ)² > 0$: a contradiction. $J$ is not convex in $p$ and $q$ together.
- **d** So $J(0, 0)$, halfway between $(t, t)$ and $(−t, −t)$, is at most the mean of $J$ at these two.
- **e** Hold $q$: $J$ is a quadratic in $p$ with the second derivative $2q² + 2λ > 0$, so it is convex in $p$ alone. For $q$ the same.
- **f** Suppose that $J$ is convex: halfway between two points it is at most the mean of its two values.
- **g** Put the values into this inequality, with $J(0, 0) = 1$: $1 ≤ 1 - (1 - λ)²$.
- **h** $λ$ lies between 0 and 1, so $1 - λ$ has a square root that is not 0.
- **i** So $J$ is convex in each block but not jointly: each half of the problem has one solution, the whole need not.

When it is right, one question more, without a check: where does the proof break at $\lambda \ge 1$, what is the minimum of $J$ then, and is $J$ convex?

<details><summary>Answer</summary>At step h: for λ > 1 there is no root, for λ = 1 it is 0 and the two points are one. Then J ≥ (1 − pq)² + 2|pq| ≥ 1, because p² + q² ≥ 2|pq|. So the minimum is J(0, 0) = 1, and 0 is the only lowest point. J is not convex for all that; other points show it. At λ = 1.2 both J(3, 1) and J(1, 3) are 16, and halfway between them J(2, 2) is 18.6.</details>
"""

# %%
answer_01_8 = ...
### BEGIN SOLUTION
answer_01_8 = "hbafdgcei"
### END SOLUTION

# %%
check("01.8", answer_01_8)
# hint("01.8")

# %% [markdown]
"""
## 01.9 A listing with a fault

Somebody computes the plain objective, Eq. (1.2), of a table with nan where nothing was rated. Most of the time the value is right. Find an input for which it is not: `R` with at most 20 cells, one row of `P` for each row of `R`, one row of `Q` for each column, `reg` at least 0. A rating is a finite number, or nan where nothing was rated.
"""

# %%
def objective_listing(R: list[list[float]], P: list[list[float]], Q: list[list[float]], reg: float) -> float:
    """Eq. (1.2) of a table with nan where nothing was rated."""
    ratings = np.nan_to_num(np.array(R, dtype=float))
    users, items = np.array(P, dtype=float), np.array(Q, dtype=float)
    errors = (ratings - users @ items.T)[ratings != 0]
    return float(np.sum(errors**2) + reg * (np.sum(users**2) + np.sum(items**2)))

print(f"{objective_listing([[5, np.nan], [3, 1]], [[2], [1]], [[2], [1]], reg=0.1):.4f}")  # right

# %%
answer_01_9 = ...  # {"R": ..., "P": ..., "Q": ..., "reg": ...}
### BEGIN SOLUTION
answer_01_9 = {"R": [[0]], "P": [[1]], "Q": [[1]], "reg": 0}
R, P, Q = (np.array(answer_01_9[name], dtype=float) for name in "RPQ")
right = mf_objective(R, ~np.isnan(R), P, Q, reg=0)
print(f"the listing {objective_listing(**answer_01_9):.4f}, Eq. (1.2) {right:.4f}")
### END SOLUTION

# %%
check("01.9", answer_01_9)
# hint("01.9")

# %% [markdown]
"""
Done? Go back to [lesson 01](../notebooks/01_factorization.ipynb), or on to [lesson 02](../notebooks/02_als.ipynb): there you solve for all of $P$ at once while $Q$ is held, which 01.8 says is a convex problem.
"""
