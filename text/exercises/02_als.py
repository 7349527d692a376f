# %% [markdown]
"""
# Exercises 02: Alternating least squares

These tasks go with [lesson 02](../notebooks/02_als.ipynb). Write your answer where it says `# your code here` or `...`, run the cell, then run the check below it. A check tells you what kind of case goes wrong and shows you the simplest one. If you are stuck, `hint("02.1")` gives three hints, one at a time, and what your last answer looks like. Points are counted case by case, so half an answer is worth something.

| task | what | minutes | objective |
|---|---|---|---|
| 02.0 | one update by hand, under both penalties | 10 | O2.1 |
| 02.1 | `als_user_update` | 15 | O2.1, O2.2 |
| 02.2 | `als_fit` | 20 | O2.2, O2.3 |
| 02.3 | transfer: a user who starts from a guess | 15 | O2.1, O2.2 |
| 02.4–02.7 | four choices: where ALS ends, which loss, balance, no ratings | 8 | O2.1, O2.2, O2.3, O2.4 |
| 02.8 | the proof that a half-step cannot raise the objective, put in order | 6 | O2.3 |
| 02.9–02.13 | five listings with a fault: find an input that exposes it | 25 | O2.2, O2.3, O2.5 |
| 02.14 | what a sweep costs, by hand | 6 | O2.6 |
| 02.15 | a choice: all items at once | 3 | O2.6 |

All of it takes about two hours. Short of time? 02.1, 02.2, 02.4, 02.8 and 02.9 carry most of the lesson in 50 minutes.

Two rules hold for every function: it leaves its inputs as they were, and it does not touch the global random generators. It should print nothing.
"""

# %%
import numpy as np
from numpy.typing import ArrayLike

from recmath_lib.grading import check, hint

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
"""
## 02.0 One update by hand

There are two factors, and reg is 1. A user gave

- 4 stars to a film with the factors (1, 0),
- 5 stars to a film with the factors (1, 1),
- nothing to a film with the factors (2, −1).

Compute the user's vector by Eq. (2.2) under the **plain** penalty and under the **weighted** one, then the rating of the third film that the plain vector **predicts**. Paper will do: the inverse of [[a, b], [b, d]] is [[d, −b], [−b, a]] divided by ad − b². The five numbers count within 0.0005.

As an example, the same with one factor: two films with the factors 1 and 2, rated 4 and 5, and a third with the factor 3. With one factor the matrix is a number.
"""

# %%
plain = (1 * 4 + 2 * 5) / (1**2 + 2**2 + 1)
weighted = (1 * 4 + 2 * 5) / (1**2 + 2**2 + 1 * 2)  # two films are rated
print(f"plain {plain:.4f}   weighted {weighted:.4f}   prediction {3 * plain:.4f}")

# %%
answer_02_0 = ...  # {"plain_1": ..., "plain_2": ..., "weighted_1": ..., "weighted_2": ..., "prediction": ...}
### BEGIN SOLUTION
# QᵀQ = [[2, 1], [1, 1]] and Qᵀr = (9, 5)
plain = np.array([2 * 9 - 1 * 5, -1 * 9 + 3 * 5]) / (3 * 2 - 1)
weighted = np.array([3 * 9 - 1 * 5, -1 * 9 + 4 * 5]) / (4 * 3 - 1)
answer_02_0 = {
    "plain_1": plain[0],
    "plain_2": plain[1],
    "weighted_1": weighted[0],
    "weighted_2": weighted[1],
    "prediction": 2 * plain[0] - plain[1],
}
print("   ".join(f"{name} {value:.4f}" for name, value in answer_02_0.items()))
### END SOLUTION

# %%
check("02.0", answer_02_0)
# hint("02.0")

# %% [markdown]
r"""
## 02.1 One user's update

Write `als_user_update(Q, r, observed, reg, weighted=False)`, Eq. (2.2).

- `Q`: the factors of all items, an array of shape (n, k).
- `r`: the user's ratings, an array of shape (n,). `observed`: an array of True and False, shape (n,); True where the user rated.
- A rating may be 0. What stands in `r` where nothing was observed means nothing: it may be 0, nan, 99.
- `reg` is above 0. The penalty is $\text{reg}\,\lVert p\rVert^2$; with `weighted=True` it is $\text{reg}\cdot n_u\lVert p\rVert^2$, with $n_u$ the number of items the user rated.
- It returns the vector p that minimizes the squared error over the observed items plus the penalty, an array of shape (k,).
- Nobody observed: zeros.

One factor, three items, the second one not rated:
"""

# %%
plain = (1 * 4 + 3 * 2) / (1**2 + 3**2 + 0.5)
weighted = (1 * 4 + 3 * 2) / (1**2 + 3**2 + 0.5 * 2)
print("als_user_update(Q = [[1], [2], [3]], r = [4, nan, 2], observed = [True, False, True], reg = 0.5)")
print(f"is [{plain:.4f}], with weighted=True it is [{weighted:.4f}]")

# %%
def als_user_update(
    Q: np.ndarray, r: np.ndarray, observed: np.ndarray, reg: float, weighted: bool = False
) -> np.ndarray:
    """The user's vector that fits the observed ratings under a penalty."""
    ### BEGIN SOLUTION
    rated, ratings, k = Q[observed], r[observed], Q.shape[1]
    if len(ratings) == 0:
        return np.zeros(k)
    penalty = reg * len(ratings) if weighted else reg
    return np.linalg.solve(rated.T @ rated + penalty * np.eye(k), rated.T @ ratings)
    ### END SOLUTION

# %%
check("02.1", als_user_update)
# hint("02.1")

# %% [markdown]
r"""
## 02.2 Alternating least squares

Write `als_fit(R, observed, Q0, reg, n_iters, weighted=False)`, Eq. (2.5). You may call your `als_user_update`.

- `R`: ratings, an array of shape (m, n). `observed`: True and False, shape (m, n). As in 02.1 a rating may be 0, and cells that were not observed may hold anything.
- `Q0`: the item factors to start from, shape (n, k). It stays as it is. `reg` is above 0, `n_iters` at least 1.
- Each iteration updates all users from the current Q, then all items from the **new** P. Both updates are those of 02.1.
- A row without ratings is zero after its update, a user's and an item's alike.
- It returns `(P, Q, history)`. `history` holds one number per iteration: after the items, **the objective that the updates minimize**. That is the squared error over the observed cells plus $\text{reg}\,(\lVert P\rVert^2 + \lVert Q\rVert^2)$, Eq. (1.2); with `weighted=True`, plus $\text{reg}\,(\sum_u n_u\lVert p_u\rVert^2 + \sum_i n_i\lVert q_i\rVert^2)$, Eq. (1.3).

One user, two films rated 4 and 2, one factor, and both films start at 1. The first iteration with reg = 1, plain:
"""

# %%
p = (1 * 4 + 1 * 2) / (1**2 + 1**2 + 1)
q = np.array([p * 4, p * 2]) / (p**2 + 1)
objective = (4 - p * q[0]) ** 2 + (2 - p * q[1]) ** 2 + 1 * (p**2 + q[0] ** 2 + q[1] ** 2)
print(f"P [[{p:.4f}]]   Q [[{q[0]:.4f}], [{q[1]:.4f}]]   history [{objective:.4f}]")

# %%
def als_fit(
    R: np.ndarray, observed: np.ndarray, Q0: np.ndarray, reg: float, n_iters: int, weighted: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """User factors, item factors and the objective after each iteration."""
    ### BEGIN SOLUTION
    by_user = observed.sum(axis=1) if weighted else np.ones(R.shape[0])
    by_item = observed.sum(axis=0) if weighted else np.ones(R.shape[1])
    Q, history = Q0, []
    for _ in range(n_iters):
        P = np.array([als_user_update(Q, r, seen, reg, weighted) for r, seen in zip(R, observed, strict=True)])
        Q = np.array([als_user_update(P, r, seen, reg, weighted) for r, seen in zip(R.T, observed.T, strict=True)])
        errors = (R - P @ Q.T)[observed]
        penalty = by_user @ np.sum(P**2, axis=1) + by_item @ np.sum(Q**2, axis=1)
        history.append(errors @ errors + reg * penalty)
    return P, Q, np.array(history)
    ### END SOLUTION

# %%
check("02.2", als_fit)
# hint("02.2")

# %% [markdown]
r"""
## 02.3 Transfer: a user who starts from a guess

A new user rates two films. The penalty pulls her vector towards zero, the taste of nobody. You know better: people of her age have an average vector, so pull towards that one.

Write `als_user_update_to_prior(Q, r, observed, reg, prior)`.

- `Q`, `r`, `observed` and `reg` are as in 02.1. `prior` is an array of shape (k,).
- It returns the p that minimizes the squared error over the observed items plus $\text{reg}\,\lVert p - \text{prior}\rVert^2$.
- Nobody observed: the prior.

One factor, one film with the factor 2, rated 5. The loss $(5 - 2p)^2 + 0.5\,(p - 1)^2$ has its prior at 1:
"""

# %%
grid = np.linspace(0, 4, 40_001)
losses = (5 - 2 * grid) ** 2 + 0.5 * (grid - 1) ** 2
print(f"prior 1.0000   lowest loss at p = {grid[losses.argmin()]:.4f}   without a penalty {5 / 2:.4f}")

# %%
def als_user_update_to_prior(
    Q: np.ndarray, r: np.ndarray, observed: np.ndarray, reg: float, prior: np.ndarray
) -> np.ndarray:
    """The user's vector that fits the observed ratings and stays near the prior."""
    ### BEGIN SOLUTION
    rated = Q[observed]
    right = rated.T @ r[observed] + reg * prior
    return np.linalg.solve(rated.T @ rated + reg * np.eye(len(prior)), right)
    ### END SOLUTION

# %%
check("02.3", als_user_update_to_prior)
# hint("02.3")

# %% [markdown]
"""
## Four choices

Answer with a letter, such as `"a"`. A wrong letter tells you what speaks against it.

### 02.4 Where ALS ends

reg is above 0, and every half-step is solved exactly. What do the factors converge to?

- **a** To the global minimum: each half-step finds the minimum of its block.
- **b** To a local minimum: the objective never rises.
- **c** Every limit point has gradient zero. Whether it is a minimum is not guaranteed.
- **d** Nothing is guaranteed: without a step size that shrinks, ALS may jump back and forth forever.
"""

# %%
answer_02_4 = ...
### BEGIN SOLUTION
answer_02_4 = "c"
### END SOLUTION
check("02.4", answer_02_4)

# %% [markdown]
r"""
### 02.5 Which loss belongs to this update?

A library averages over a user's $n_u$ ratings, and updates the items alike:
$p_u = (Q_u^T Q_u / n_u + \text{reg}\,I)^{-1}\, Q_u^T r_u / n_u$.
Which of these falls in every half-step, or stays, whatever the ratings are? $e$ stands for the error of an observed rating.

- **a** Σ e² + reg (‖P‖² + ‖Q‖²)
- **b** Σ e² + reg (Σ n_u‖p_u‖² + Σ n_i‖q_i‖²)
- **c** Σ e² / N + reg (‖P‖² + ‖Q‖²), with N ratings in all
- **d** Σ e², the squared error alone
"""

# %%
answer_02_5 = ...
### BEGIN SOLUTION
answer_02_5 = "b"
### END SOLUTION
check("02.5", answer_02_5)

# %% [markdown]
"""
### 02.6 What balance proves

After a run with reg above 0 the imbalance of Eq. (2.7) is 0.0000. What may you conclude?

- **a** The run has reached a minimum.
- **b** The gradient is zero, so the run has converged.
- **c** P and Q are equal, up to a rotation.
- **d** Nothing yet: every stationary point is balanced, but so are other points. Only an imbalance above 0 proves something.
"""

# %%
answer_02_6 = ...
### BEGIN SOLUTION
answer_02_6 = "d"
### END SOLUTION
check("02.6", answer_02_6)

# %% [markdown]
"""
### 02.7 A row without ratings

A user has no ratings, and reg is above 0. What vectors minimize the user's loss, Eq. (2.1)?

- **a** Plain: only zeros. Weighted: every vector, so zeros is a choice.
- **b** Under both penalties only zeros.
- **c** Under both penalties every vector, so the random start is as good as any.
- **d** None: the matrix of Eq. (2.2) cannot be inverted.
"""

# %%
answer_02_7 = ...
### BEGIN SOLUTION
answer_02_7 = "a"
### END SOLUTION
check("02.7", answer_02_7)

# %% [markdown]
r"""
## 02.8 A half-step cannot raise the objective

The steps of the proof have been shuffled. Put them into an order in which each step comes after those it uses. Several orders are right. Answer with a list, `["a", "b", ...]`, or with one word, `"ab..."`.

reg is above 0. $f_u$ is the loss of user u, Eq. (2.1), and p_u⁺ is the vector of Eq. (2.2). $A_u = Q_u^T Q_u + \lambda c_u I$, where $c_u > 0$: each user has a rating, or the penalty is plain.

- **a** At p_u⁺ the gradient of f_u is zero: that is how Eq. (2.2) was derived.
- **b** Summed over the users: J(P, Q) − J(P⁺, Q) is at least 0.
- **c** The matrix A_u is positive definite, since λ c_u > 0: the quadratic term is never negative.
- **d** Hold Q. Then J is a sum over the users of f_u(p_u), plus the penalty of Q, which does not change.
- **e** f_u is a quadratic function of p with the second derivatives 2 A_u.
- **f** No f_u contains another user's vector, so one user's new vector changes no other user's f_u.
- **g** So f_u(p_u) is at least f_u(p_u⁺).
- **h** Expand about p_u⁺, the linear term is zero: f_u(p) = f_u(p_u⁺) + (p − p_u⁺)ᵀ A_u (p − p_u⁺).
- **i** The same with the roles of users and items exchanged: no sweep raises J.

When it is right, one question more, without a check: somebody computes the items from the OLD users, to do both halves at once. Which step no longer holds?
"""

# %%
answer_02_8 = ...
### BEGIN SOLUTION
answer_02_8 = "deahcgfbi"  # i: the items then minimize J at users that are no longer there
### END SOLUTION

# %%
check("02.8", answer_02_8)
# hint("02.8")

# %% [markdown]
"""
## Five listings with a fault

ALS listings pass from hand to hand. The five below run, and on many inputs they do what they should. Each has one fault. Find an input that shows it. They all call this function, which is right: Eq. (2.3), one row's vector by least squares.
"""

# %%
def ridge(factors: np.ndarray, ratings: np.ndarray, penalty: float) -> np.ndarray:
    """The vector of Eq. (2.3): least squares with sqrt(penalty) I as further rows, rated 0."""
    k = factors.shape[1]
    rows = np.vstack([factors, penalty**0.5 * np.eye(k)])
    return np.linalg.lstsq(rows, np.append(ratings, np.zeros(k)))[0]

print(ridge(np.array([[1.0], [3.0]]), np.array([4.0, 2.0]), penalty=0.5))  # the example of 02.1

# %% [markdown]
"""
### 02.9 A loss that rises

This listing returns a loss after each iteration. A half-step cannot raise its objective, so these losses should fall. Find `R`, `Q0`, `reg` and `n_iters` for which an entry is larger than the one before it, by more than rounding (a millionth of it).

`R` has at most 5 rows and 5 columns, ratings from 0 to 5, nan for none, and a rating in every row and every column. `Q0` has a row of factors for each item. `reg` lies above 0 and not above 100, `n_iters` is 2 to 50.
"""

# %%
def als_losses_listing(R: ArrayLike, Q0: ArrayLike, reg: float, n_iters: int) -> np.ndarray:
    """The loss after each iteration of ALS. A cell of R that is nan was not rated."""
    R, Q = np.array(R, dtype=float), np.array(Q0, dtype=float)
    rated = ~np.isnan(R)
    losses = []
    for _ in range(n_iters):
        P = np.array([ridge(Q[seen], r[seen], reg * seen.sum()) for r, seen in zip(R, rated, strict=True)])
        Q = np.array([ridge(P[seen], r[seen], reg * seen.sum()) for r, seen in zip(R.T, rated.T, strict=True)])
        errors = (R - P @ Q.T)[rated]
        losses.append(np.sum(errors**2) + reg * (np.sum(P**2) + np.sum(Q**2)))
    return np.array(losses)

print(als_losses_listing([[5, 1], [1, 4]], [[1], [2]], reg=0.01, n_iters=5))  # falls

# %%
answer_02_9 = ...  # {"R": ..., "Q0": ..., "reg": ..., "n_iters": ...}
### BEGIN SOLUTION
answer_02_9 = {"R": [[5, 1], [1, 4]], "Q0": [[2], [1]], "reg": 2, "n_iters": 4}
print(als_losses_listing(**answer_02_9))  # updates with reg times the number of ratings, a loss with reg alone
### END SOLUTION

# %%
check("02.9", answer_02_9)
# hint("02.9")

# %% [markdown]
"""
### 02.10 A zero that was meant

This listing computes a user's vector under the plain penalty. Find `Q`, `r`, `observed` and `reg` for which it is not the vector of task 02.1. At most 10 items; `observed` holds True and False; observed ratings go from 0 to 5; `reg` is above 0.
"""

# %%
def user_vector_listing(Q: ArrayLike, r: ArrayLike, observed: ArrayLike, reg: float) -> np.ndarray:
    """A user's vector. What was not rated is set to 0 first, so that no nan gets in."""
    Q, r = np.array(Q, dtype=float), np.where(observed, r, 0.0)
    rated = r != 0
    return ridge(Q[rated], r[rated], reg)

print(user_vector_listing([[1], [2], [3]], [4, np.nan, 2], [True, False, True], reg=0.5))  # right

# %%
answer_02_10 = ...  # {"Q": ..., "r": ..., "observed": ..., "reg": ...}
### BEGIN SOLUTION
answer_02_10 = {"Q": [[1], [2]], "r": [4, 0], "observed": [True, True], "reg": 1}
right = ridge(np.array([[1.0], [2.0]]), np.array([4.0, 0.0]), penalty=1)
print(f"the listing {user_vector_listing(**answer_02_10)}, Eq. (2.2) {right}")
### END SOLUTION

# %%
check("02.10", answer_02_10)
# hint("02.10")

# %% [markdown]
"""
### 02.11 A seed for everybody

A fit has to start somewhere, and its author wants the same start in every run. You use it in two experiments. Each sets a seed of its own, starts the fit, and then draws five of 100 ratings to hold out.

The listing says whether the two experiments hold out the same ratings. If the fit left your random numbers alone, only equal seeds would do that. Find two seeds for which the listing's answer is wrong. They are integers from 0 to 2³² − 1.
"""

# %%
def random_start_listing(n_items: int) -> np.ndarray:
    """Item factors to start a fit from, the same ones in every run."""
    np.random.seed(42)
    return np.random.randn(n_items, 2) * 0.1


def same_test_set_listing(first_seed: int, second_seed: int) -> bool:
    """Whether two experiments hold out the same five of 100 ratings. Each sets its own seed before it fits."""
    held_out = []
    for seed in (first_seed, second_seed):
        np.random.seed(seed)
        random_start_listing(n_items=20)
        held_out.append(np.random.permutation(100)[:5])
    return bool(np.all(held_out[0] == held_out[1]))

print(f"seeds 7 and 7: {same_test_set_listing(7, 7)}")  # right

# %%
answer_02_11 = ...  # {"first_seed": ..., "second_seed": ...}
### BEGIN SOLUTION
answer_02_11 = {"first_seed": 0, "second_seed": 1}  # the fit sets the seed of the whole program to 42
print(f"seeds 0 and 1: {same_test_set_listing(**answer_02_11)}")
### END SOLUTION

# %%
check("02.11", answer_02_11)
# hint("02.11")

# %% [markdown]
"""
### 02.12 Predicted from noise

This listing fits ALS from a random start, with a generator of its own, and predicts one rating. A row or column without ratings should have the vector zero, so every prediction with it is 0. Find `R`, `user` and `item` for which the listing predicts something else.

`R` has at most 5 rows and 5 columns, at least one rating, ratings from 0 to 5, nan for none. `user` and `item` count from 0.
"""

# %%
def one_prediction_listing(R: ArrayLike, user: int, item: int) -> float:
    """A rating predicted by ALS with two factors. A cell of R that is nan was not rated."""
    R = np.array(R, dtype=float)
    rated, rng = ~np.isnan(R), np.random.default_rng(5)
    P, Q = rng.normal(size=(R.shape[0], 2)), rng.normal(size=(R.shape[1], 2))
    for _ in range(20):
        for u in np.flatnonzero(rated.any(axis=1)):
            P[u] = ridge(Q[rated[u]], R[u, rated[u]], 0.1)
        for i in np.flatnonzero(rated.any(axis=0)):
            Q[i] = ridge(P[rated[:, i]], R[rated[:, i], i], 0.1)
    return float(P[user] @ Q[item])

print(f"{one_prediction_listing([[5, 1], [4, np.nan]], user=1, item=0):.4f}")  # rated 4, shrunk a little

# %%
answer_02_12 = ...  # {"R": ..., "user": ..., "item": ...}
### BEGIN SOLUTION
answer_02_12 = {"R": [[5, 1], [np.nan, np.nan]], "user": 1, "item": 0}
print(f"{one_prediction_listing(**answer_02_12):.4f}")  # the random start of user 1 was never replaced
### END SOLUTION

# %%
check("02.12", answer_02_12)
# hint("02.12")

# %% [markdown]
"""
### 02.13 Eleven stars

Ratings go from 1 to 5. This listing predicts all cells with one factor. Find an `R` for which a prediction leaves the scale by more than half a star: below 0.5 or above 5.5. `R` has at most 5 rows and 5 columns, ratings from 1 to 5, nan for none, and a rating in every row and every column.
"""

# %%
def all_predictions_listing(R: ArrayLike) -> np.ndarray:
    """All ratings predicted by ALS with one factor. A cell of R that is nan was not rated."""
    R = np.array(R, dtype=float)
    rated, Q = ~np.isnan(R), np.ones((R.shape[1], 1))
    for _ in range(20):
        P = np.array([ridge(Q[seen], r[seen], 0.1) for r, seen in zip(R, rated, strict=True)])
        Q = np.array([ridge(P[seen], r[seen], 0.1) for r, seen in zip(R.T, rated.T, strict=True)])
    return P @ Q.T

print(all_predictions_listing([[5, 3], [4, np.nan]]))

# %%
answer_02_13 = ...  # {"R": ...}
### BEGIN SOLUTION
answer_02_13 = {"R": [[1, 5], [4, np.nan]]}
print(all_predictions_listing(**answer_02_13))
### END SOLUTION

# %%
check("02.13", answer_02_13)
# hint("02.13")

# %% [markdown]
r"""
## 02.14 What a sweep costs

A site has 100,000 ratings; its users and items together make 10,000 rows. Count by Eq. (2.8), $2 N k(k+1) + (m+n)\,k^3/3$.

- `billions`: the floating-point operations of a sweep with 50 factors, in billions (10⁹), within 0.005.
- `growth`: the factor by which they grow with 100 factors, within 0.005.
- `solving`: the share of solving the systems, the second term, at 100 factors, within 0.0005.

Before you compute: is `growth` nearer to 4 or to 8? The same for 1,000 ratings and 100 rows, from 10 factors to 20:
"""

# %%
small = [2 * 1_000 * 10 * 11, 100 * 10**3 / 3]
large = [2 * 1_000 * 20 * 21, 100 * 20**3 / 3]
print(f"millions {sum(small) / 1e6:.4f}   growth {sum(large) / sum(small):.4f}   solving {large[1] / sum(large):.4f}")

# %%
answer_02_14 = ...  # {"billions": ..., "growth": ..., "solving": ...}
### BEGIN SOLUTION
small = [2 * 100_000 * 50 * 51, 10_000 * 50**3 / 3]
large = [2 * 100_000 * 100 * 101, 10_000 * 100**3 / 3]
answer_02_14 = {
    "billions": sum(small) / 1e9,
    "growth": sum(large) / sum(small),
    "solving": large[1] / sum(large),
}
### END SOLUTION

# %%
check("02.14", answer_02_14)
# hint("02.14")

# %% [markdown]
"""
### 02.15 All items at once

A loop over rows is slow in Python. So somebody prepares arrays:

- `S`, shape (m, n): 1 where a rating was observed, 0 elsewhere;
- `R`, shape (m, n): the ratings, 0 where nothing was observed;
- `P`, shape (m, k), and `Q`, shape (n, k): the factors.

The users are done. The items' half-step solves a system for each item i. Which product holds the right sides P_iᵀr_i of all items, one per row?

- **a** R @ Q
- **b** S.T @ P
- **c** R.T @ P
- **d** P.T @ R
"""

# %%
answer_02_15 = ...
### BEGIN SOLUTION
answer_02_15 = "c"
### END SOLUTION
check("02.15", answer_02_15)

# %% [markdown]
"""
Done? Go back to [lesson 02](../notebooks/02_als.ipynb) and its listing: for each fault you can now name an input that shows it, and the line that mends it.
"""
