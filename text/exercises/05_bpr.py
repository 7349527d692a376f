# %% [markdown]
"""
# Exercises 05: Ranking from clicks

These tasks go with [lesson 05](../notebooks/05_bpr.ipynb). Write your answer where it says `# your code here` or `...`, run the cell, then run the check below it. A check tells you what kind of case goes wrong and shows you the simplest one. If you are stuck, `hint("05.1")` gives three hints, one at a time, and what your last answer looks like. Points are counted case by case, so half an answer is worth something.

| task | what | minutes | objective |
|---|---|---|---|
| 05.0 | one triple by hand | 10 | O5.1, O5.3 |
| 05.1 | `bpr_loss` | 12 | O5.2, O5.4 |
| 05.2 | `bpr_gradient` | 12 | O5.3, O5.4 |
| 05.3 | `bpr_sgd_step` | 10 | O5.3 |
| 05.4 | `ials_user_update` | 12 | O5.7 |
| 05.5 | transfer: films with a bias | 12 | O5.3, O5.4 |
| 05.6–05.9 | four choices: a missing click, the prior, confidence, popular films | 10 | O5.1, O5.2, O5.6, O5.7 |
| 05.10 | the proof that the loss bounds 1 − AUC, put in order | 6 | O5.5 |
| 05.11–05.13 | three listings with a fault: find an input that exposes it | 18 | O5.3, O5.4 |
| 05.14, 05.15 | two choices: what the product assumes, what sampling minimizes | 6 | O5.2, O5.6 |

All of it takes about an hour and three quarters. Short of time? 05.1, 05.2, 05.6, 05.10 and 05.11 carry most of the lesson in 40 minutes.

Three rules hold for every function: it leaves its inputs as they were, it does not touch the global random generators, and it leaves no warning behind. It may print; a check looks at what it returns.
"""

# %%
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit  # the logistic function σ

from recmath_lib.grading import check, hint

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
r"""
## 05.0 One triple by hand

There are 6 films. Three users have clicked 1, 3 and 6 of them.

- `triples`: how many triples (u, i, j) there are in all, by the sum in Eq. (5.1).

Now one triple with two factors: $p = (2, -1)$, the clicked film $q_i = (1, 0.5)$, the other film $q_j = (0.5, 1.5)$, and reg = 0.1.

- `margin`: $x = p\cdot(q_i - q_j)$.
- `loss`: $-\ln\sigma(x)$, without the penalty, natural logarithm.
- `push`: $1 - \sigma(x)$.
- `by_p`: the **first** entry of the gradient by $p$.
- `by_qj`: the **second** entry of the gradient by $q_j$.

Both entries belong to the gradient of $-\ln\sigma(x) + \text{reg}\,(\lVert p\rVert^2 + \lVert q_i\rVert^2 + \lVert q_j\rVert^2)$, which a descent step subtracts. Each number counts within 0.0005, so give four digits after the point. A pocket calculator will do. As an example, the same with one factor: $p = 2$, $q_i = 1$, $q_j = 0.5$.
"""

# %%
x = 2 * (1 - 0.5)
loss, push = np.log(1 + np.exp(-x)), 1 / (1 + np.exp(x))
print(f"margin {x:.4f}   loss {loss:.4f}   push {push:.4f}")
print(f"by_p {2 * 0.1 * 2 - push * (1 - 0.5):.4f}   by_qj {2 * 0.1 * 0.5 + push * 2:.4f}")

# %%
answer_05_0 = ...  # {"triples": ..., "margin": ..., "loss": ..., "push": ..., "by_p": ..., "by_qj": ...}
### BEGIN SOLUTION
x = 2 * (1 - 0.5) + (-1) * (0.5 - 1.5)
push = 1 / (1 + np.exp(x))
answer_05_0 = {
    "triples": 1 * 5 + 3 * 3 + 6 * 0,
    "margin": x,
    "loss": np.log(1 + np.exp(-x)),
    "push": push,
    "by_p": 2 * 0.1 * 2 - push * (1 - 0.5),
    "by_qj": 2 * 0.1 * 1.5 + push * (-1),
}
print("   ".join(f"{name} {value:.4f}" for name, value in answer_05_0.items()))
### END SOLUTION

# %%
check("05.0", answer_05_0)
# hint("05.0")

# %% [markdown]
r"""
## 05.1 The loss

Write `bpr_loss(P, Q, triples, reg)`, Eq. (5.4):

$\sum_{(u,i,j)} -\ln\sigma\big(p_u\cdot(q_i - q_j)\big) + \text{reg}\,(\lVert P\rVert^2 + \lVert Q\rVert^2)$

- `P`: the users' vectors, an array of shape (m, k). `Q`: the films' vectors, shape (n, k).
- `triples`: an array of integers of shape (T, 3), at least one row. A row is (u, i, j): the user, the clicked film, the other film. A triple may occur more than once, and then counts each time.
- `reg`: at least 0. $\lVert P\rVert^2$ is the sum of all squared entries; both tables count whole, and once.
- It returns one number: a **sum**, with the natural logarithm, to be **minimized**.
- At margins of ±1000 it is exact, and NumPy gives no warning.

One user with $p = 2$, two films with 1 and 0.5, one triple, reg = 0.1:
"""

# %%
by_definition = -np.log(1 / (1 + np.exp(-2 * (1 - 0.5)))) + 0.1 * (2**2 + 1**2 + 0.5**2)
print(f"bpr_loss(P = [[2]], Q = [[1], [0.5]], triples = [[0, 0, 1]], reg = 0.1) is {by_definition:.4f}")

# %%
def bpr_loss(P: np.ndarray, Q: np.ndarray, triples: np.ndarray, reg: float) -> float:
    """Minus the log posterior of the triples, up to a constant."""
    ### BEGIN SOLUTION
    users, positives, negatives = triples.T
    margins = np.sum(P[users] * (Q[positives] - Q[negatives]), axis=1)
    return np.logaddexp(0, -margins).sum() + reg * (np.sum(P**2) + np.sum(Q**2))
    ### END SOLUTION

# %%
check("05.1", bpr_loss)
# hint("05.1")

# %% [markdown]
r"""
## 05.2 Three gradients

Write `bpr_gradient(p, qi, qj, reg)`, Eq. (5.6) to (5.8).

- `p`, `qi`, `qj`: the vectors of one triple, arrays of floats of shape (k,). `reg`: at least 0.
- It returns `(dp, dqi, dqj)`: the gradient of $-\ln\sigma\big(p\cdot(q_i - q_j)\big) + \text{reg}\,(\lVert p\rVert^2 + \lVert q_i\rVert^2 + \lVert q_j\rVert^2)$ by each of the three.
- It is the gradient itself, which a descent step **subtracts**, with every factor 2.
- At margins of ±1000 it is finite, and NumPy gives no warning. (`expit`, imported above, is a $\sigma$ that does not overflow.)

You can check yourself without any solution: a gradient agrees with the finite differences of its function (lesson 00, card 4). Here are those for one factor, $p = 2$, $q_i = 1$, $q_j = 0.5$ and reg = 0.1. Your function must give these numbers:
"""

# %%
def one_triple(p: float, qi: float, qj: float) -> float:
    """The function of which 05.2 asks the gradient, for one factor, with reg = 0.1."""
    return np.log(1 + np.exp(-p * (qi - qj))) + 0.1 * (p**2 + qi**2 + qj**2)

at, h = np.array([2.0, 1.0, 0.5]), 1e-5
dp, dqi, dqj = ((one_triple(*(at + step)) - one_triple(*(at - step))) / (2 * h) for step in h * np.eye(3))
print(f"dp [{dp:.4f}]   dqi [{dqi:.4f}]   dqj [{dqj:.4f}]")

# %%
def bpr_gradient(
    p: np.ndarray, qi: np.ndarray, qj: np.ndarray, reg: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradient of one triple's loss by the user, the clicked film and the other film."""
    ### BEGIN SOLUTION
    push = expit(-(p @ (qi - qj)))
    return 2 * reg * p - push * (qi - qj), 2 * reg * qi - push * p, 2 * reg * qj + push * p
    ### END SOLUTION

# %%
check("05.2", bpr_gradient)
# hint("05.2")

# %% [markdown]
r"""
## 05.3 One step

Write `bpr_sgd_step(P, Q, u, i, j, lr, reg)`, Eq. (5.9). You may call your `bpr_gradient`.

- `P`, `Q`: arrays of floats of shape (m, k) and (n, k). `u`, `i`, `j`: the row of the user in P, and those of the clicked and the other film in Q; i and j differ.
- `lr`: the learning rate, above 0. `reg`: at least 0.
- It returns `(P, Q)` after one descent step on the loss of task 05.2: three rows move by −lr times their gradient.
- All three gradients are taken at the **old** vectors. All other rows stay as they are.
- It returns **new** arrays; the ones handed in stay as they were.

One user with $p = 2$, two films with 1 and 0.5; lr = 0.1, and without a penalty:
"""

# %%
push = 1 / (1 + np.exp(2 * (1 - 0.5)))
print("bpr_sgd_step(P = [[2]], Q = [[1], [0.5]], u = 0, i = 0, j = 1, lr = 0.1, reg = 0) gives")
print(f"P [[{2 + 0.1 * push * (1 - 0.5):.4f}]]   Q [[{1 + 0.1 * push * 2:.4f}], [{0.5 - 0.1 * push * 2:.4f}]]")

# %%
def bpr_sgd_step(
    P: np.ndarray, Q: np.ndarray, u: int, i: int, j: int, lr: float, reg: float
) -> tuple[np.ndarray, np.ndarray]:
    """Both tables after one step of gradient descent on one triple."""
    ### BEGIN SOLUTION
    dp, dqi, dqj = bpr_gradient(P[u], Q[i], Q[j], reg)
    P, Q = P.copy(), Q.copy()
    P[u] -= lr * dp
    Q[i] -= lr * dqi
    Q[j] -= lr * dqj
    return P, Q
    ### END SOLUTION

# %%
check("05.3", bpr_sgd_step)
# hint("05.3")

# %% [markdown]
r"""
## 05.4 One user's update from clicks

The other way to learn from clicks: every film wants 0 or 1, with more or less confidence. Write `ials_user_update(Q, preference, confidence, reg)`, Eq. (5.15).

- `Q`: the films' vectors, an array of shape (n, k).
- `preference`: what each film wants, an array of shape (n,): 1 where the user clicked, 0 where not.
- `confidence`: how sure that is, an array of shape (n,). It is at least 1 for **every** film, clicked or not. A film that was shown and passed over may have more than 1 too.
- `reg`: above 0.
- It returns the vector p that minimizes $\sum_i c_i\,(\text{preference}_i - p\cdot q_i)^2 + \text{reg}\,\lVert p\rVert^2$, the sum running over **all** n films, $c_i$ being the confidence. Its shape is (k,).

With one factor the loss is a parabola. Two films with the factors 1 and 2; the first was clicked, with confidence 3, and the second was not, with confidence 1. Its lowest point, with reg = 0.5:
"""

# %%
grid = np.linspace(0, 1, 100_001)
losses = 3 * (1 - 1 * grid) ** 2 + 1 * (0 - 2 * grid) ** 2 + 0.5 * grid**2
print("ials_user_update(Q = [[1], [2]], preference = [1, 0], confidence = [3, 1], reg = 0.5)")
print(f"is [{grid[losses.argmin()]:.4f}]")

# %%
def ials_user_update(
    Q: np.ndarray, preference: np.ndarray, confidence: np.ndarray, reg: float
) -> np.ndarray:
    """The user's vector that fits all films, each as closely as its confidence asks."""
    ### BEGIN SOLUTION
    weighted = confidence[:, None] * Q
    return np.linalg.solve(Q.T @ weighted + reg * np.eye(Q.shape[1]), weighted.T @ preference)
    ### END SOLUTION

# %%
check("05.4", ials_user_update)
# hint("05.4")

# %% [markdown]
r"""
## 05.5 Transfer: films with a bias

Some films are clicked by everybody. A bias per film can say so, and leave the vectors to say who likes what: the score becomes $b_i + p\cdot q_i$, so the margin of a triple is

$x = b_i - b_j + p\cdot(q_i - q_j)$.

(A bias of the user would be in both scores and cancel.) LightFM and implicit have such biases. Write `bpr_bias_gradient(p, qi, qj, bi, bj, reg)`.

- `p`, `qi`, `qj`: arrays of floats of shape (k,). `bi`, `bj`: floats, the biases of the clicked and the other film. `reg`: at least 0.
- It returns `(dp, dqi, dqj, dbi, dbj)`: the gradient of $-\ln\sigma(x) + \text{reg}\,(\lVert p\rVert^2 + \lVert q_i\rVert^2 + \lVert q_j\rVert^2 + b_i^2 + b_j^2)$ by each of the five. `dbi` and `dbj` are numbers.
- It is what a descent step **subtracts**, with every factor 2. At margins of ±1000 it is finite, and NumPy gives no warning.

Here are the finite differences for one factor, $p = 2$, $q_i = 1$, $q_j = 0.5$, $b_i = 0.5$, $b_j = -1$ and reg = 0.1:
"""

# %%
def one_biased_triple(p: float, qi: float, qj: float, bi: float, bj: float) -> float:
    """The function of which 05.5 asks the gradient, for one factor, with reg = 0.1."""
    x = bi - bj + p * (qi - qj)
    return np.log(1 + np.exp(-x)) + 0.1 * (p**2 + qi**2 + qj**2 + bi**2 + bj**2)

at, h = np.array([2.0, 1.0, 0.5, 0.5, -1.0]), 1e-5
slopes = [(one_biased_triple(*(at + step)) - one_biased_triple(*(at - step))) / (2 * h) for step in h * np.eye(5)]
print("dp [{:.4f}]   dqi [{:.4f}]   dqj [{:.4f}]   dbi {:.4f}   dbj {:.4f}".format(*slopes))

# %%
def bpr_bias_gradient(
    p: np.ndarray, qi: np.ndarray, qj: np.ndarray, bi: float, bj: float, reg: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    """Gradient of one triple's loss by three vectors and two biases."""
    ### BEGIN SOLUTION
    push = expit(-(bi - bj + p @ (qi - qj)))
    dp, dqi, dqj = 2 * reg * p - push * (qi - qj), 2 * reg * qi - push * p, 2 * reg * qj + push * p
    return dp, dqi, dqj, 2 * reg * bi - push, 2 * reg * bj + push
    ### END SOLUTION

# %%
check("05.5", bpr_bias_gradient)
# hint("05.5")

# %% [markdown]
"""
## Four choices

Answer with a letter, such as `"a"`. A wrong letter tells you what speaks against it.

### 05.6 What a missing click says

A woman has clicked 3 of 240 films. She would love a fourth, but has never heard of it. What do BPR's triples say about that film?

- **a** Nothing. It is missing from the data, as an unrated film is in lesson 02.
- **b** That she prefers each of the three clicked films to it, whatever the reason.
- **c** That she dislikes it: its score is pulled below 0, like that of each film without a click.
- **d** Nothing in the end: as other films are drawn at random, such mistakes average out.
"""

# %%
answer_05_6 = ...
### BEGIN SOLUTION
answer_05_6 = "b"
### END SOLUTION
check("05.6", answer_05_6)

# %% [markdown]
r"""
### 05.7 Which reg belongs to the prior

Every entry of P and Q has the prior $N(0, \tau^2)$; $\tau^2$ is its variance. Minus the log posterior is $-\sum \ln\sigma(x) + \text{reg}\,(\lVert P\rVert^2 + \lVert Q\rVert^2)$, up to a constant. What is reg?

- **a** τ², since the prior's covariance is reg · I
- **b** 1/τ²
- **c** 1/(2τ²)
- **d** 1/(2τ²), divided by the number of triples
"""

# %%
answer_05_7 = ...
### BEGIN SOLUTION
answer_05_7 = "c"
### END SOLUTION
check("05.7", answer_05_7)

# %% [markdown]
r"""
### 05.8 Two conventions of confidence

r is how often a film was played, 0 for never. Hu, Koren and Volinsky give a cell the confidence $1 + \alpha r$. The library implicit takes the stored entries $\alpha r$ of its matrix as the confidence, and starts from QᵀQ, as in Eq. (5.16). What does a cell **without a play** weigh in the update of a user?

- **a** 1 under both
- **b** 1 for Hu, Koren and Volinsky, and 0 in implicit, as αr is 0 there
- **c** 0 under both: what was not played is missing
- **d** α under both
"""

# %%
answer_05_8 = ...
### BEGIN SOLUTION
answer_05_8 = "a"
### END SOLUTION
check("05.8", answer_05_8)

# %% [markdown]
"""
### 05.9 Popular films as the other film

Clicks are drawn as before. But the other film is now drawn in proportion to its clicks; before, it was drawn from all unclicked films alike. Both trainings run to the end. What changes in the scores?

- **a** Nothing: other draws change how fast SGD gets there, not where it ends.
- **b** Popular films rise further, since they now occur in more triples than before.
- **c** Popular films lose the head start that their popularity alone gave them.
- **d** The AUC over all films rises, since the harder triples teach the model more.
"""

# %%
answer_05_9 = ...
### BEGIN SOLUTION
answer_05_9 = "c"
### END SOLUTION
check("05.9", answer_05_9)

# %% [markdown]
r"""
## 05.10 The loss bounds 1 − AUC

The steps of the proof have been shuffled. Put them into an order in which each step comes after those it uses. Several orders are right. Answer with a list, `["a", "b", ...]`, or with one word, `"ab..."`.

It is about one user, with at least one film clicked and one not. The pairs are the user's clicked films i with the films j that the user has not clicked, and x is the margin of a pair.

- **a** For every pair m is at most ln(1 + e^−x) / ln 2.
- **b** AUC is the share of the pairs with x > 0, plus half the share with x = 0.
- **c** The mean over the pairs: 1 − AUC is at most the mean loss divided by ln 2.
- **d** ln(1 + e^−x) falls as x rises, and at x = 0 it is ln 2.
- **e** So 1 − AUC is the mean over the pairs of m, where m is 1 if x < 0, 1/2 if x = 0, and 0 if x > 0.
- **f** σ(x) = 1/(1 + e^−x), so a pair's loss −ln σ(x) is ln(1 + e^−x).
- **g** So ln(1 + e^−x) / ln 2 is at least 1 wherever x ≤ 0.
- **h** ln(1 + e^−x) is above 0 for every x, since 1 + e^−x is above 1.
- **i** So for every pair m is at most the pair's loss divided by ln 2.

When it is right, one question more, without a check: which steps would have to change for the hinge loss max(0, 1 − x), and what would stand in place of ln 2?
"""

# %%
answer_05_10 = ...
### BEGIN SOLUTION
answer_05_10 = "bedghafic"  # hinge: d, f, g and h; it is 1 at x = 0, so 1 stands in place of ln 2
### END SOLUTION

# %%
check("05.10", answer_05_10)
# hint("05.10")

# %% [markdown]
r"""
## Three listings with a fault

The formulas of BPR pass from hand to hand, misprints included. The three listings below run, and on many inputs they do what they should. Each has one fault. Find an input that shows it.

### 05.11 A step that un-learns

This listing takes `n_steps` steps on one triple and returns the margin after the last one. Its push has the sign that stands in the paper's formula of the gradient. A step should widen the margin of a triple. Find an input whose margin is **above 0** at the start and **below 0** at the end.

`p`, `qi` and `qj` are lists of equal length, 1 to 5, with entries from −3 to 3. `lr` lies above 0 and not above 0.1, `reg` from 0 to 1, `n_steps` is 1 to 100.
"""

# %%
def margin_after_steps_listing(
    p: ArrayLike, qi: ArrayLike, qj: ArrayLike, lr: float, reg: float, n_steps: int
) -> float:
    """The margin of one triple after some steps of gradient descent."""
    user, clicked, other = (np.array(part, dtype=float) for part in (p, qi, qj))
    for _ in range(n_steps):
        x = user @ (clicked - other)
        push = -expit(-x)
        by_user = 2 * reg * user - push * (clicked - other)
        by_clicked = 2 * reg * clicked - push * user
        by_other = 2 * reg * other + push * user
        user, clicked, other = user - lr * by_user, clicked - lr * by_clicked, other - lr * by_other
    return float(user @ (clicked - other))

print(f"from 9.0000 to {margin_after_steps_listing([3], [2], [-1], lr=0.1, reg=0, n_steps=10):.4f}")  # no harm yet

# %%
answer_05_11 = ...  # {"p": ..., "qi": ..., "qj": ..., "lr": ..., "reg": ..., "n_steps": ...}
### BEGIN SOLUTION
answer_05_11 = {"p": [1], "qi": [1], "qj": [0], "lr": 0.1, "reg": 0, "n_steps": 20}
print(f"from 1.0000 to {margin_after_steps_listing(**answer_05_11):.4f}")  # near 0 the push is large
### END SOLUTION

# %%
check("05.11", answer_05_11)
# hint("05.11")

# %% [markdown]
"""
### 05.12 A loss with a lid

This listing computes BPR's loss. So that no logarithm of 0 occurs, it adds a small number. Find `P`, `Q`, `triples` and `reg` for which it is not the loss of task 05.1, to about six digits.

`P` and `Q` have equally many columns, at most 5 rows, and entries from −100 to 100. `triples` is 1 to 10 rows (u, i, j) with i ≠ j. `reg` is at least 0.
"""

# %%
def bpr_loss_listing(P: ArrayLike, Q: ArrayLike, triples: ArrayLike, reg: float) -> float:
    """BPR's loss. The 1e-10 keeps the logarithm finite."""
    P, Q = np.array(P, dtype=float), np.array(Q, dtype=float)
    users, positives, negatives = np.array(triples).T
    x = np.sum(P[users] * (Q[positives] - Q[negatives]), axis=1)
    return float(-np.log(expit(x) + 1e-10).sum() + reg * (np.sum(P**2) + np.sum(Q**2)))

print(f"{bpr_loss_listing([[2]], [[1], [0.5]], [[0, 0, 1]], reg=0.1):.4f}")  # as in the example of 05.1

# %%
answer_05_12 = ...  # {"P": ..., "Q": ..., "triples": ..., "reg": ...}
### BEGIN SOLUTION
answer_05_12 = {"P": [[10]], "Q": [[0], [5]], "triples": [[0, 0, 1]], "reg": 0}
print(f"the listing {bpr_loss_listing(**answer_05_12):.4f}, Eq. (5.4) {np.logaddexp(0, 50):.4f}")
### END SOLUTION

# %%
check("05.12", answer_05_12)
# hint("05.12")

# %% [markdown]
r"""
### 05.13 A penalty that lets grow

This listing takes steps on one triple by the update of the paper's listing, with our 2 · reg for its λ: it **adds** lr times (push · direction + 2 · reg · vector). It returns the triple's loss, $-\ln\sigma(x) + \text{reg}\,(\lVert p\rVert^2 + \lVert q_i\rVert^2 + \lVert q_j\rVert^2)$, before the first step and after the last. Find an input whose loss is higher at the end, by more than rounding (a millionth of it). The rules are those of 05.11.
"""

# %%
def losses_of_steps_listing(
    p: ArrayLike, qi: ArrayLike, qj: ArrayLike, lr: float, reg: float, n_steps: int
) -> np.ndarray:
    """The loss of one triple before the first step and after the last, its penalty included."""
    user, clicked, other = (np.array(part, dtype=float) for part in (p, qi, qj))
    losses = []
    for _ in range(n_steps + 1):
        x = user @ (clicked - other)
        losses.append(np.logaddexp(0, -x) + reg * (user @ user + clicked @ clicked + other @ other))
        push = expit(-x)
        up_user = push * (clicked - other) + 2 * reg * user
        up_clicked = push * user + 2 * reg * clicked
        up_other = -push * user + 2 * reg * other
        user, clicked, other = user + lr * up_user, clicked + lr * up_clicked, other + lr * up_other
    return np.array([losses[0], losses[-1]])

print(losses_of_steps_listing([1], [0], [1], lr=0.1, reg=0.01, n_steps=20))  # falls

# %%
answer_05_13 = ...  # {"p": ..., "qi": ..., "qj": ..., "lr": ..., "reg": ..., "n_steps": ...}
### BEGIN SOLUTION
answer_05_13 = {"p": [2], "qi": [2], "qj": [-1], "lr": 0.1, "reg": 0.5, "n_steps": 10}
print(losses_of_steps_listing(**answer_05_13))  # the push is almost 0, and the penalty grows with each step
### END SOLUTION

# %%
check("05.13", answer_05_13)
# hint("05.13")

# %% [markdown]
r"""
## Two choices more

### 05.14 What the product assumes

A user has clicked film i, and neither j nor l. All three have the same score. If somebody shuffled the three films, i would come first with the probability 1/3. Which probability does BPR's product give to its two triples, (u, i, j) and (u, i, l), together?

- **a** 1/3, as for a shuffle
- **b** 1/4, as if the two orders were independent
- **c** 1/2, since the second triple tells nothing new at equal scores
- **d** 1/6, as for any order of three films
"""

# %%
answer_05_14 = ...
### BEGIN SOLUTION
answer_05_14 = "b"
### END SOLUTION
check("05.14", answer_05_14)

# %% [markdown]
"""
### 05.15 What sampling minimizes

SGD draws triples, and each step subtracts lr times the gradient of task 05.2, its penalty included. One user is in 30 % of the drawn triples, another in 0.3 %. What does SGD minimize, on average?

- **a** The mean loss plus reg(‖P‖² + ‖Q‖²): each vector is penalized alike.
- **b** The mean loss plus a penalty that is 100 times larger for the first user than for the second.
- **c** The mean loss alone: as the triples are drawn at random, the penalties cancel on average.
- **d** The mean loss plus a penalty that is 100 times larger for the second user, who has far less data.
"""

# %%
answer_05_15 = ...
### BEGIN SOLUTION
answer_05_15 = "b"
### END SOLUTION
check("05.15", answer_05_15)

# %% [markdown]
"""
Done? Go back to [lesson 05](../notebooks/05_bpr.ipynb). You can now say of any BPR listing which sign its push has, what its penalty weighs, and at which margin it breaks.
"""
