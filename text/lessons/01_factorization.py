# %% [markdown]
"""
# Lesson 01: A rating as a product of two vectors

**Three quick questions from before.** Answer in your head, then open.

<details><summary>Lesson 00 found your taste from five ratings. What did it know about the films?</summary>Their places on three axes. With the films known, your taste is one ridge regression. Here nobody knows the films either.</details>
<details><summary>How many numbers do you need to write down a table of 800 × 240 products of three-number vectors?</summary>3 × (800 + 240) = 3,120 are enough. (See <a href="00_start_here.ipynb#Card-1:-Rank-and-projection">primer card 1</a>.) A few fewer would do: section 1 counts how many.</details>
<details><summary>Lesson 00 found your taste with a penalty λ. What becomes of your taste if λ grows without end?</summary>It shrinks to 0, and you get the films with the best average. (See <a href="00_start_here.ipynb#Card-3:-Ridge">primer card 3</a>.)</details>

**When you have finished, you can**

- **O1.1** write a rating as a product of two vectors, and count what a factorization can be told by its ratings;
- **O1.2** state the objective in its two readings, and say which one a formula or a library means;
- **O1.3** derive its gradients, and check them by finite differences;
- **O1.4** show that it is not convex jointly but convex in each block;
- **O1.5** say what a factorization leaves free (rotation, sign, scale) and what the penalty fixes;
- **O1.6** add biases, derive one step of SGD, and stop training on held-out ratings.

You need partial derivatives, products of matrices and a little Python. Reading the core and moving its widgets takes about 85 minutes; what is folded away under *Deeper* can wait. The tasks are in [the exercises of this lesson](../exercises/01_factorization.ipynb), about two hours for all of them. Tasks 01.1 and 01.2 ask you to write two functions of this lesson: do each before you read ours.
"""

# %%
import json
from importlib.resources import files
from statistics import NormalDist

import numpy as np
from scipy.optimize import least_squares

from recmath_lib import factorization, metrics, plots, ratings, widgets
from recmath_lib.datasets import load_cinema, load_movielens
from recmath_lib.factorization import BiasedFactors, objective, rmse
from recmath_lib.teaching import predict, show_source

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
r"""
## 1 A table that is a product

Three people, three films, five ratings:

| | film 0 | film 1 | film 2 |
|---|---|---|---|
| user 0 | 4 | 2 | ? |
| user 1 | 2 | ? | 1 |
| user 2 | ? | 1 | ? |

Suppose that one number tells all about a person, another all about a film, and a rating is their product. Give user 0 the number 2. Then film 0 must have 2, because 2 · 2 = 4, and film 1 must have 1. So user 1 has 1, user 2 has 1, and film 2 has 1. *Before you run the cell:* what will user 0 give film 2?

With $k$ numbers each, the product becomes a sum of $k$ products. User $u$ has the vector $p_u$, item $i$ the vector $q_i$:

$$\hat r_{ui} = p_u \cdot q_i = \sum_{l=1}^{k} p_{ul}\, q_{il} \tag{1.1}$$

Put the $m$ user vectors into the rows of $P$ and the $n$ item vectors into the rows of $Q$. Then the whole table is $\hat R = PQ^\top$. The hat says: predicted.
"""

# %%
users, items, stars = [0, 0, 1, 1, 2], [0, 1, 0, 2, 1], [4, 2, 2, 1, 1]
toy = ratings.from_triplets(users, items, stars)
P, Q = np.array([[2.0], [1.0], [1.0]]), np.array([[2.0], [1.0], [1.0]])
print(factorization.predict(P, Q, [[0], [1], [2]], [0, 1, 2]))
assert np.array_equal(factorization.predict(P, Q, users, items), stars) and factorization.predict(P, Q, 0, 2) == 2
assert np.allclose(factorization.predict(100 * P, Q / 100, users, items), stars)  # user 0 has 200, film 0 has 0.02

# %% [markdown] tags=["derivation"]
r"""
Five ratings answered all four question marks. But the number 2 for user 0 was our choice. With 200 for user 0, and all films divided by 100, the table is the same.

**What can ratings fix?** $P$ and $Q$ hold $k(m+n)$ numbers. Take any invertible $k \times k$ matrix $G$, and replace $P$ by $PG$ and $Q$ by $QG^{-\top}$, where $G^{-\top}$ is the inverse, transposed. The table does not notice:

$$(PG)(QG^{-\top})^\top = P\,G\,G^{-1}Q^\top = PQ^\top.$$

$G$ has $k^2$ numbers. As long as $P$ has rank $k$, a different $G$ gives a different $P$. So all $k^2$ numbers go to waste. What is left are the **degrees of freedom** of a table of rank $k \le \min(m, n)$:

$$k(m+n) - k^2 = k(m+n-k).$$

The toy has 1 · (3 + 3 − 1) = 5, and it had five ratings. To check the count, move one number of $P$ or $Q$ at a time and note how the table moves. The number of independent moves is the rank of the table of all moves.

Now five people and five films with $k = 2$: 2 · (5 + 5 − 2) = 16 degrees of freedom. A published example factorizes such a table from the 14 ratings below. How many different answers do 14 ratings leave?
"""

# %%
def moves(P, Q):
    """How the table P Qᵀ moves with the numbers of P and Q: a row for each number, a column for each cell."""
    (m, k), n = P.shape, len(Q)
    by_P = [np.outer(np.eye(m)[u], Q[:, f]) for u in range(m) for f in range(k)]
    by_Q = [np.outer(P[:, f], np.eye(n)[i]) for i in range(n) for f in range(k)]
    return np.reshape(by_P + by_Q, (-1, m * n))

print(f"toy: {np.linalg.matrix_rank(moves(P, Q))} independent moves, {toy.nnz} ratings\n")

no = np.nan  # not rated
five = np.array([[5, 3, no, 1, no], [4, no, no, 1, no], [1, 1, no, 5, 4], [no, no, 5, 4, no], [no, 1, 4, no, 5]])
seen = ~np.isnan(five)

def misses(x):
    """The errors of the 14 ratings; x holds P and Q, five rows of two each."""
    P, Q = x.reshape(2, 5, 2)
    return (five - P @ Q.T)[seen]

starts = np.random.default_rng(0).normal(size=(2, 20))
fits = [least_squares(misses, start, ftol=1e-15, xtol=1e-15, gtol=1e-15).x for start in starts]
for A, B in (x.reshape(2, 5, 2) for x in fits):
    print(f"all 14 ratings met; user 0 gives film 4 {A[0] @ B[4]:6.2f} stars")
assert all(np.abs(misses(x)).max() < 1e-9 for x in fits)
freedom, told = moves(A, B), moves(A, B)[:, seen.ravel()]
print(f"{np.linalg.matrix_rank(freedom)} independent moves, {np.linalg.matrix_rank(told)} seen by {seen.sum()} ratings")
assert [np.linalg.matrix_rank(table) for table in (freedom, told, moves(P, Q))] == [16, 14, 5]
more = [np.linalg.matrix_rank(np.column_stack([told, cell])) for cell in freedom.T[~seen.ravel()]]
assert np.argwhere(~seen)[np.equal(more, 14)].tolist() == [[1, 1]]  # an empty cell that no more moves are free for
assert abs(np.subtract(*[x[:2] @ x[18:] for x in fits])) > 10

# %% [markdown] tags=["derivation"]
r"""
Both fits meet all 14 ratings, and about user 0 and film 4 they disagree by more than ten stars. So 14 ratings leave infinitely many answers. Two independent combinations of moves, 16 − 14, change the table and no rating you know. Nothing in the ratings can choose between such answers, however you train. Count first. (One empty cell is fixed all the same, that of user 1 and film 1; lesson 02 says why.)

Counting is necessary, not sufficient. The cinema has 3 · (800 + 240 − 3) = 3,111 degrees of freedom and 27,003 ratings, enough in all. A visitor with one rating still has three unknowns. And $k$ stops at $\min(m, n)$: with $k = 5$ a 5 × 5 table has 25 degrees of freedom, one for each cell.

## 2 One objective, two readings

Real ratings are noisy, so do not meet them exactly. Make the squared errors small, and keep the vectors short. Let $\Omega$ be the set of pairs $(u, i)$ that were rated. Only these count. An unrated pair is not a 0, and a rating of 0 would be a rating. With a weight $\lambda \ge 0$ on the **penalty** ([card 3](00_start_here.ipynb#Card-3:-Ridge)):

$$J(P, Q) = \sum_{(u,i)\in\Omega} (r_{ui} - p_u\cdot q_i)^2 + \lambda\Big(\sum_{u}\lVert p_u\rVert^2 + \sum_i\lVert q_i\rVert^2\Big) \tag{1.2}$$

This is the **plain** objective (`weighted=False`): each row pays once. In many texts the penalty stands *inside* the first sum. That is the **weighted** objective (`weighted=True`, known from ALS-WR, *alternating least squares with weighted λ-regularization*):

$$J_w(P, Q) = \sum_{(u,i)\in\Omega}\Big[(r_{ui} - p_u\cdot q_i)^2 + \lambda\big(\lVert p_u\rVert^2 + \lVert q_i\rVert^2\big)\Big] \tag{1.3}$$

Why weighted? Count how often $p_u$ occurs in this sum: once for each of the $n_u$ ratings of user $u$. And $q_i$ occurs at each of the $n_i$ ratings of item $i$:

$$\sum_{(u,i)\in\Omega}\big(\lVert p_u\rVert^2 + \lVert q_i\rVert^2\big) = \sum_{u}n_u\lVert p_u\rVert^2 + \sum_i n_i\lVert q_i\rVert^2.$$

The next cell counts both readings of the toy by hand, at $\lambda = 0.1$. Film 2 has 2 in place of 1 there, so that one error is left.

Does it matter? Take ratings from which the average has been subtracted. Every user has $p = 1$. Film A has one rating, film B a hundred, and each of them is 1.5 stars above average. Fit one number $q$ to each film, with $\lambda = 1$. The penalty pulls it below 1.5. *Answer in the last line of the next cell, before you go on:* if you go from plain to weighted, whose number changes?
"""

# %%
Q_off = np.array([[2.0], [1.0], [2.0]])  # the one error is that of user 1 with film 2: 1 - 1 · 2 = -1
by_hand = [1 + 0.1 * (4 + 1 + 1 + 4 + 1 + 4), 1 + 0.1 * (2 * 4 + 2 * 1 + 1 * 1 + 2 * 4 + 2 * 1 + 1 * 4)]  # counted
library = [objective(toy, P, Q_off, reg=0.1, weighted=weighted) for weighted in (False, True)]
print(f"plain {by_hand[0]:.4f} by hand, {library[0]:.4f}   weighted {by_hand[1]:.4f} by hand, {library[1]:.4f}")
assert np.allclose(by_hand, library)
predict("01.q1", None, ["A, with 1 rating", "B, with 100 ratings", "both"])

# %% [markdown] tags=["derivation"]
r"""
All users have $p_u = 1$. So a film with $n$ ratings of 1.5 has $n(1.5 - q)^2 + \lambda c\,q^2$ in the objective, with $c = 1$ (plain) or $c = n$ (weighted). The slope is 0 at the least value:

$$-2n(1.5 - q) + 2\lambda c\,q = 0 \quad\Longrightarrow\quad q = 1.5\,\frac{n}{n + \lambda c} = \begin{cases} 1.5\, n/(n+\lambda) & \text{plain}\\ 1.5/(1+\lambda) & \text{weighted}\end{cases}$$
"""

# %%
above = ratings.from_triplets([*range(100), 0], [1] * 100 + [0], [1.5] * 101)  # B is item 1, A is item 0
n, lam, ones = np.array([1, 100]), 1.0, np.ones((100, 1))
for weighted, lowest in ((False, 1.5 * n / (n + lam)), (True, 1.5 * n / (n + lam * n))):
    print(f"{'weighted' if weighted else 'plain':9} A {lowest[0]:.4f}   B {lowest[1]:.4f}")
    assert np.allclose(factorization.gradient(above, ones, lowest[:, None], lam, weighted)[1], 0)
assert [round(1.5 * 100 / (100 + lam), 2), round(lowest[1], 2)] == [1.49, 0.75]

# %% [markdown]
r"""
Only B changes, the film that a hundred people agree about: it falls from 1.49 to 0.75. With $p = 1$, as here, the plain penalty acts like $\lambda$ invented ratings at the average, which is 0 after it was subtracted. It doubts the film with one rating and believes the film with a hundred (lesson 04 calls this *damping*). The weighted penalty doubts both alike: it takes the same share from everybody. So a $\lambda$ that suits one objective means nothing for the other. Whenever you read a $\lambda$, ask which.

## 3 Gradients

To go downhill you need slopes. Write $e_{ui} = r_{ui} - p_u\cdot q_i$ for the error. One rating contributes $e_{ui}^2$, and $e_{ui}$ falls by $q_i$ per unit of $p_u$. So its slope by $p_u$ is $-2e_{ui}\,q_i$. Only the ratings of user $u$ contain $p_u$. Add the penalty's slope, with $c_u = 1$ (plain) or $c_u = n_u$ (weighted), and likewise $c_i$:

$$\nabla_{p_u} J = -2\sum_{i\in\Omega_u} e_{ui}\, q_i + 2\lambda c_u\, p_u \tag{1.4}$$

$$\nabla_{q_i} J = -2\sum_{u\in\Omega_i} e_{ui}\, p_u + 2\lambda c_i\, q_i \tag{1.5}$$

Here $\Omega_u$ holds the items that user $u$ rated, and $\Omega_i$ the users who rated item $i$.

**Your turn.** Do [tasks 01.0 and 01.1](../exercises/01_factorization.ipynb): numbers by hand, then the objective as a function. Then run the next cell, and open its code and its output with a click on the dots. It has the objective as a loop, a finite difference ([card 4](00_start_here.ipynb#Card-4:-Gradient)), and the library's source, all with the same numbers.
"""

# %% jupyter={"source_hidden": true, "outputs_hidden": true}
print("Your own function passes its check? Then open this.\n")

def objective_loop(P, Q, reg):
    """The weighted objective of the toy, one rating after another."""
    return sum((r - P[u] @ Q[i]) ** 2 + reg * (P[u] @ P[u] + Q[i] @ Q[i]) for u, i, r in zip(users, items, stars, strict=True))

step = np.array([[0.0], [1e-6], [0.0]])  # user 1 a little up, and a little down
rise = (objective_loop(P + step, Q_off, 0.1) - objective_loop(P - step, Q_off, 0.1)) / 2e-6
by_hand = -2 * (-1) * 2 + 2 * 0.1 * 2 * 1  # her one error, -1, is with film 2, q = 2; she has 2 ratings
dP, dQ = factorization.gradient(toy, P, Q_off, 0.1, weighted=True)
print(f"weighted objective by a loop {objective_loop(P, Q_off, 0.1):.4f}")
print(f"slope by user 1: {by_hand:.4f} by hand, {rise:.4f} by finite difference, {dP[1, 0]:.4f} by Eq. (1.4)")
assert np.isclose(dP[1, 0], by_hand) and np.isclose(rise, by_hand)
show_source(objective)
show_source(factorization.gradient)

# %% [markdown] tags=["derivation"]
r"""
## 4 Not a bowl

Is there one lowest point? Take the smallest case, one rating $r = 1$ and $k = 1$:

$$f(p, q) = (1 - pq)^2 + \lambda(p^2 + q^2).$$

**Not convex jointly** ([card 5](00_start_here.ipynb#Card-5:-Convexity)). A convex function never lies above a chord. Let $\lambda = 0$. At $(1, 1)$ and at $(-1, -1)$ the prediction is 1 and $f = 0$. Half way between them is $(0, 0)$, with $f = 1$. So $f$ lies above this chord, and it is not convex. The second derivatives at 0 say the same. They make up the **Hessian**

$$H(0, 0) = \begin{pmatrix} 2\lambda & -2\\ -2 & 2\lambda\end{pmatrix},\qquad \text{eigenvalues } 2\lambda + 2 \text{ and } 2\lambda - 2.$$

The slope at 0 is 0. But for $\lambda < 1$ one eigenvalue is negative: from 0 a way leads down, along $p = q$. Such a point is a **saddle**.

**Convex in each block.** Hold $q$ still. Then $f$ is a parabola in $p$, with second derivative $2(q^2 + \lambda) \ge 0$. With many ratings and any $k$ the Hessian by $p_u$ is $2(Q_u^\top Q_u + \lambda c_u I)$, where the rows of $Q_u$ are the items that user $u$ rated. No direction bends down. Convex in $P$ and in $Q$, but not in both.

**No bowl for a large $\lambda$ either.** At $p = q$ the Hessian has $2p^2 + 2\lambda$ on its diagonal and $4p^2 - 2$ beside it. So across the line $p = q$ its eigenvalue is $2 + 2\lambda - 2p^2$. Whatever $\lambda$ is, far enough out this is negative.
"""

# %%
def f(p, q, reg):
    """The objective of one rating of 1, for numbers or arrays p and q."""
    return (1 - p * q) ** 2 + reg * (p**2 + q**2)

def hessian(p, q, reg, h=1e-3):
    """Second derivatives of f by finite differences: p twice, p and q, q twice."""
    pp, qq = ((f(p + a, q + b, reg) - 2 * f(p, q, reg) + f(p - a, q - b, reg)) / h**2 for a, b in ((h, 0), (0, h)))
    pq = (f(p + h, q + h, reg) - f(p + h, q - h, reg) - f(p - h, q + h, reg) + f(p - h, q - h, reg)) / (4 * h**2)
    return np.array([[pp, pq], [pq, qq]])

print("eigenvalues at 0, lambda = 0.2:", np.linalg.eigvalsh(hessian(0, 0, 0.2)))
print("eigenvalues at p = q = 2, lambda = 1.2:", np.linalg.eigvalsh(hessian(2, 2, 1.2)))
assert np.isclose(np.linalg.eigvalsh(hessian(2, 2, 1.2))[0], 2 + 2 * 1.2 - 2 * 2**2, atol=1e-4)
assert f(0, 0, 0) > (f(1, 1, 0) + f(-1, -1, 0)) / 2
assert np.isclose(f(0.7, 1.3, 0.2), objective(ratings.from_triplets([0], [0], [1.0]), [[0.7]], [[1.3]], 0.2))
assert np.allclose(np.linalg.eigvalsh(hessian(0, 0, 0.2)), [2 * 0.2 - 2, 2 * 0.2 + 2], atol=1e-4)
assert np.isclose(hessian(0.7, 1.3, 0.2)[0, 0], 2 * (1.3**2 + 0.2), atol=1e-4)

# %% [markdown]
r"""
There are two ways down. **Gradient descent** goes a little against the gradient, in $p$ and $q$ at once. (The picture calls it SGD, as section 6 does, where such steps are taken rating by rating. Here there is only one rating.) **Alternating minimization** uses what you have proved: it holds $q$ still and jumps to the best $p$, then holds $p$ still and jumps to the best $q$. The best $p$ is where the slope $-2(1 - pq)q + 2\lambda p$ is 0: at $p = q/(q^2 + \lambda)$. The picture below the next cell has both start at $p = 2$, $q = 0.5$, with $\lambda = 0.2$. They meet.

*Before you look further:* the widget under the picture starts them at $p = -1.5$, $q = 0.5$. Do they end at the same point? Put your answer in place of `None`, and run both cells again.
"""

# %%
predict("01.w1", None, ["the same point", "two points that are equally good", "two points, one better than the other"])

def paths(start, reg):
    """Where 150 steps of gradient descent lead, and 60 half-steps of alternating minimization."""
    (p, q), down, turns = start, [start], [start]
    for _ in range(150):
        by_p, by_q = -2 * (1 - p * q) * q + 2 * reg * p, -2 * (1 - p * q) * p + 2 * reg * q
        p, q = p - 0.05 * by_p, q - 0.05 * by_q
        down.append((p, q))
    p, q = start
    for half in range(60):
        known = p if half % 2 else q
        best = known / (known**2 + reg) if known else 0.0  # the lowest point of a parabola
        p, q = (p, best) if half % 2 else (best, q)
        turns.append((p, q))
    return {"SGD": np.array(down), "alternating minimization": np.array(turns)}

down, turns = (path[-1] for path in paths((-1.5, 0.5), 0.2).values())
assert np.allclose(down, -(0.8**0.5), atol=0.002) and np.allclose(turns, 0.8**0.5) and round(0.8**0.5, 2) == 0.89
assert np.allclose(paths((-1.5, 0.5), 1.2)["alternating minimization"][-1], 0, atol=1e-4)
assert np.allclose([path[-1] for path in paths((2.0, 0.5), 0.2).values()], 0.8**0.5, atol=0.02)
plots.loss_landscape(f, paths, reg=0.2, start=(2.0, 0.5))

# %% tags=["nbval-ignore-output"]
widgets.loss_landscape(f, paths, reg=0.2, start=(-1.5, 0.5))

# %% [markdown] tags=["derivation"]
r"""
They end at two points that are equally good: $p = q = \sqrt{0.8} \approx 0.89$ and $p = q = -\sqrt{0.8}$. Both predict 0.8, not 1: the penalty takes its share. The first jump of alternating minimization needs $q$ alone, so where $p$ started makes no difference to it. Gradient descent looks at both. Move *start p*, and see which path stays. Then move *reg*. From $\lambda = 1$ on, 0 is no saddle any more: it is the only lowest point, and the rating of 1 is predicted as 0. That does not make $f$ convex. Its two lowest points have merged into one, and that is all.

## 5 What stays free

$P$ and $Q$ may be replaced by $PG$ and $QG^{-\top}$. The penalty does notice that. Write $\lVert A\rVert^2 = \operatorname{tr}(A^\top A)$ for the sum of all squared entries of a table. Under the trace, factors may go round in a circle ([card 6](00_start_here.ipynb#Card-6:-Trace-and-Cauchy-Schwarz)):

$$\lVert PG\rVert^2 + \lVert QG^{-\top}\rVert^2 = \operatorname{tr}\big(P^\top P\,GG^\top\big) + \operatorname{tr}\big(Q^\top Q\,(GG^\top)^{-1}\big).$$

Only $GG^\top$ occurs. So every $G$ with $GG^\top = I$, a **rotation** or a mirror, changes neither predictions nor penalty: signs are free, too. Other changes show in the penalty, up or down. With a change of scale, $G = sI$, it is $s^2\lVert P\rVert^2 + \lVert Q\rVert^2/s^2$. It is least where both terms are equal, and then it is $2\lVert P\rVert\,\lVert Q\rVert$. (Over all $G$ it is least where the new $P$ and $Q$ have $P^\top P = Q^\top Q$; lesson 02 makes a test of that.)

Try it on the cinema, where we know three true axes: explosions or conversations, laughter or shivers, home or far worlds. Make both terms equal; or make all user vectors ten times as long and all item vectors ten times as short; or turn the first two axes by 45 degrees.
"""

# %%
cinema = load_cinema()
P_true, Q_true, turn = cinema.user_axes, cinema.item_axes, 0.5**0.5
p_norm, q_norm = np.linalg.norm(P_true), np.linalg.norm(Q_true)
even = (q_norm / p_norm) ** 0.5  # the scale at which both terms are equal
changes = {"true axes": np.eye(3), "both terms equal": even * np.eye(3), "ten times longer": 10 * np.eye(3),
           "turned by 45°": np.array([[turn, -turn, 0], [turn, turn, 0], [0, 0, 1]])}
sizes = []
print(f"{'':16}  penalty / lambda  vector of {cinema.titles[0]}")
for name, G in changes.items():
    P_new, Q_new = P_true @ G, Q_true @ np.linalg.inv(G).T
    sizes.append(np.sum(P_new**2) + np.sum(Q_new**2))
    print(f"{name:16}  {sizes[-1]:16,.0f}  {Q_new[0]}")
    assert np.allclose(P_new @ Q_new.T, P_true @ Q_true.T)  # all 800 · 240 predictions
assert np.isclose(sizes[3], sizes[0]) and round(sizes[2] / sizes[0]) == 68 and (P_true @ Q_true.T).size == 192_000
assert np.isclose(sizes[1], 2 * p_norm * q_norm) and [round(size) for size in sizes[:2]] == [1324, 1235]
assert cinema.ratings.nnz == 27_003 and 3 * (800 + 240 - 3) == 3_111  # section 1
assert cinema.titles[0] == "My Uncle's Wedding Cake" and f"{Q_true[0, 0]:.2f} {Q_new[0, 0]:.2f}" == "0.13 -0.87"

# %% [markdown]
r"""
All 192,000 predictions are the same in each line. With both terms equal the penalty falls from 1,324 to 1,235. Ten times longer and shorter: it is 68 times as large. So it does fix the scale. But after the turn the penalty is what it was. *My Uncle's Wedding Cake* lies at 0.13 on the true axis 0, as good as neutral between explosions and conversations. On the turned axis 0 it lies at −0.87. This objective cannot tell you which axes are the true ones, however many ratings it has. Never read a meaning into a single factor without more evidence; lesson 03 will ask for some.

## 6 Biases, and one rating at a time

Some people are generous and some films are liked by all. That is not taste, and a product is a poor place for it. Give it terms of its own: the mean $\mu$ of all ratings, a **user bias** $b_u$ and an **item bias** $b_i$.

$$\hat r_{ui} = \mu + b_u + b_i + p_u\cdot q_i \tag{1.6}$$

Whatever a rating touches pays once per rating: the weighted reading.

$$J_b = \sum_{(u,i)\in\Omega}\Big[(r_{ui} - \hat r_{ui})^2 + \lambda\big(b_u^2 + b_i^2 + \lVert p_u\rVert^2 + \lVert q_i\rVert^2\big)\Big] \tag{1.7}$$

This is a sum over ratings. **Stochastic gradient descent** (SGD) takes one rating, goes one step against the slope of its bracket, and takes the next. With $e = r_{ui} - \hat r_{ui}$ that slope is $-2(e - \lambda b_u)$ by $b_u$ and $-2(e\,q_i - \lambda p_u)$ by $p_u$. The **learning rate** $\eta$ swallows the 2. The arrows mean: all right-hand sides are the old values.

$$b_u \leftarrow b_u + \eta\,(e - \lambda b_u),\qquad b_i \leftarrow b_i + \eta\,(e - \lambda b_i) \tag{1.8}$$

$$p_u \leftarrow p_u + \eta\,(e\,q_i - \lambda p_u),\qquad q_i \leftarrow q_i + \eta\,(e\,p_u - \lambda q_i) \tag{1.9}$$

**Your turn.** Do [task 01.2](../exercises/01_factorization.ipynb): this step as a function. Then open the next output.
"""

# %% jupyter={"outputs_hidden": true}
print("Your own step passes its check? Then open this.\n")
mean, b, c, p, q, r = 3.0, 0.5, -0.5, np.array([1.0, 2.0]), np.array([0.5, 0.0]), 4.5

def bracket(b):
    """What this rating adds to Eq. (1.7), as a function of the user bias, with reg = 0.2."""
    return (r - (mean + b + c + p @ q)) ** 2 + 0.2 * (b**2 + c**2 + p @ p + q @ q)

rise = (bracket(b + 1e-6) - bracket(b - 1e-6)) / 2e-6
b_new, c_new, p_new, q_new = factorization.sgd_step(mean, b, c, p, q, r, lr=0.1, reg=0.2)
print(f"error {r - (mean + b + c + p @ q):.4f}   user bias {b_new:.4f}, by finite difference {b - 0.1 / 2 * rise:.4f}")
print("p", p_new, "  q", q_new)
assert np.isclose(b_new, b - 0.1 / 2 * rise) and np.allclose(q_new, [0.5 + 0.1 * (1 * 1 - 0.1), 0.1 * (1 * 2)])
show_source(factorization.sgd_step)

# %% [markdown]
r"""
An **epoch** takes every rating once, in random order. The trainer `sgd_epochs` is a generator: it gives you the model after each epoch, and you decide whether to go on. To judge a model, use the **root mean squared error**, in stars, over a set $T$ of ratings:

$$\mathrm{RMSE} = \sqrt{\frac{1}{|T|}\sum_{(u,i)\in T}(r_{ui} - \hat r_{ui})^2} \tag{1.10}$$

Which ratings? Share them out in three. The model learns from **train**. You look at **held out** (elsewhere called validation) while you train, to make choices. You look at **test** once, at the end.

Ten factors, no penalty, 30 epochs on the cinema. The error on train falls in every epoch. *Before you run it:* what does the error on the held-out ratings do?
"""

# %%
predict("01.w2", None, ["it falls to the end", "it falls, then stays level", "it falls, then rises"])

def three_parts(all_ratings):
    """Train, held out, test: 72, 8 and 20 of a hundred ratings of each person."""
    rest, test = ratings.split(all_ratings, test=0.2, by="user", seed=0)
    return *ratings.split(rest, test=0.1, by="user", seed=1), test

train, held_out, test = three_parts(cinema.ratings)
states = list(factorization.sgd_epochs(train, 10, reg=0.0, lr=0.03, n_epochs=30, seed=0))
curves = {"train": [rmse(train, s) for s in states], "held out": [rmse(held_out, s) for s in states]}
truth = BiasedFactors(0, 0.0, P_true, Q_true, cinema.mean, cinema.user_bias, cinema.item_bias)
assert (np.diff(curves["train"]) < 0).all() and np.argmin(curves["held out"]) == 13
assert f"{curves['held out'][13]:.2f} {curves['held out'][30]:.2f} {rmse(train, truth):.2f}" == "0.67 0.74 0.55"
assert curves["train"][7] > rmse(train, truth) > curves["train"][8] and curves["held out"][8] > curves["held out"][13]
for epoch in (8, 13, 30):
    print(f"epoch {epoch:2}: train {curves['train'][epoch]:.2f}, held out {curves['held out'][epoch]:.2f}")
print(f"the truth: train {rmse(train, truth):.2f}, held out {rmse(held_out, truth):.2f}")
plots.training_curves(curves, step=30, unit="epoch")

# %% tags=["nbval-ignore-output"]
widgets.training_curves(curves, step=30, unit="epoch")

# %% [markdown]
r"""
It falls, then rises: 0.67 stars after 13 epochs, 0.74 after 30. All the while the training error improves. From epoch 8 on it is *below 0.55*. But 0.55 is what the truth itself, the cinema's own axes and biases, misses those ratings by, since they carry noise. Whoever is below that has learned some noise. Taste is still being learned beside it: the held-out error falls until epoch 13. Then the noise costs more than the taste brings.

So stop where the held-out error is least. `early_stop` does: it takes a trainer's states one by one, and ends when three in a row bring nothing better. The next cell judges four models of the cinema. The biases alone are a ridge regression, `remove_biases`. Its penalty, the damping, is 3 or 10, whichever is better on held out. The factors come with biases of their own, by Eq. (1.8).

**And real films?** Most of the films of MovieLens have fewer than ten ratings. Keep the others, share the ratings out in three in the same way, and compare a constant, biases and factors. Run the next cell first: on the cinema's test ratings biases save 0.08 stars against the constant, and factors save 0.32 more. *Then answer in its last line:* how much will factors save on MovieLens, beyond biases?
"""

# %%
def compare(all_ratings, n_factors, reg, lr):
    """RMSE of three models that learn from train alone; the held-out ratings choose the damping and when to stop."""
    train, held_out, test = three_parts(all_ratings)
    constant = ratings.Biases(train.data.mean(), np.zeros(train.shape[0]), np.zeros(train.shape[1]))
    ridge = {damping: ratings.remove_biases(train, damping)[1] for damping in (3, 10)}
    best = min(ridge, key=lambda damping: rmse(held_out, ridge[damping]))
    epochs = factorization.sgd_epochs(train, n_factors, reg, lr, n_epochs=60, seed=0)
    factors = factorization.early_stop(epochs, lambda state: rmse(held_out, state))
    models = {"constant": constant, f"biases, damping {best}": ridge[best],
              f"biases + {n_factors} factors, epoch {factors.step}": factors}
    print(f"{'RMSE, stars':30}  held out    test")
    for name, model in models.items():
        print(f"{name:30}  {rmse(held_out, model):8.4f}  {rmse(test, model):.4f}")
    return test, *models.values()

test, *models = compare(cinema.ratings, n_factors=3, reg=0.03, lr=0.05)
print(f"{'the truth':30}  {rmse(held_out, truth):8.4f}  {rmse(test, truth):.4f}")
constant, biases, factors = (rmse(test, model) for model in models)
assert round(constant - biases, 2) == 0.08 and round(biases - factors, 2) == 0.32 and factors > rmse(test, truth)
predict("01.q2", None, ["0.3 stars again", "about 0.1 stars", "less than 0.03 stars"])

# %%
movielens = load_movielens()
often = np.bincount(movielens.ratings.indices, minlength=movielens.ratings.shape[1]) >= 10
real = movielens.ratings[:, np.flatnonzero(often)]
per_film = [table.nnz / table.shape[1] for table in (real, cinema.ratings)]
print(f"{real.nnz:,} of {movielens.ratings.nnz:,} ratings, {often.sum():,} of {often.size:,} films")
print(f"ratings per film: {per_film[0]:.0f} here, {per_film[1]:.0f} in the cinema\n")
test_real, *models_real = compare(real, n_factors=20, reg=0.1, lr=0.03)
assert round(rmse(test_real, models_real[1]) - rmse(test_real, models_real[2]), 3) == 0.010
assert [round(number) for number in per_film] == [36, 113]

# %% [markdown]
r"""
Factors are ahead, by 0.010 stars. (Is that luck? *Deeper* asks.) On the cinema it was 0.32. The cinema was made from three axes, real people were not; and a film here has 36 ratings, there 113. The 20 factors and $\lambda = 0.1$ were chosen on the held-out ratings, never on test. Change them, and watch the held-out column: it makes the choices.

Two warnings. A lower RMSE is not yet a better list: lesson 04 judges lists by their order, and lesson 08 will judge these models so. And people rated what they chose to watch. What the models say about all the other films, this table cannot tell; lesson 07 comes back to it.

## Spot the error

Two sentences from texts on factorization. What is wrong with each? Decide, then open.

1. "Minimize $\sum_{(u,i)\in\Omega}(r_{ui}-p_u\cdot q_i)^2 + \lambda(\lVert p_u\rVert^2+\lVert q_i\rVert^2)$. With $Q$ fixed, the best vector of user $u$ is $(Q_u^\top Q_u+\lambda I)^{-1}Q_u^\top r_u$."
2. "The gradient is 0 in every entry, so training has reached a minimum."

<details><summary>Answers</summary>1: outside the sum $u$ and $i$ have no meaning, so the penalty can only stand inside it. That is the weighted objective, and its best vector has $\lambda n_u$ in place of $\lambda$. The vector given is the best one for the plain objective. 2: the gradient is 0 at $P = 0$, $Q = 0$, whatever the ratings. With a small $\lambda$, and some rating that is not 0, that is a saddle and no minimum. (*Deeper* checks both answers on the toy.)</details>

## How libraries do it

| library | model | trained by | penalty |
|---|---|---|---|
| Surprise `SVD` | Eq. (1.6) | SGD, Eq. (1.8) and (1.9) | once per rating, Eq. (1.7) |
| Spark MLlib `ALS` | Eq. (1.1), no biases | alternating minimization | weighted, Eq. (1.3) |
| implicit `AlternatingLeastSquares` | clicks, see lesson 05 | alternating minimization | plain, $\lambda$ once per row |

Surprise calls its trainer `SVD`, though it computes no singular value. You need not believe such a table. The course keeps what Surprise and Spark found for 36 ratings. At a lowest point the slope is 0: so ask of which objective the slope of Spark's factors is 0. And replay an epoch of Surprise, step by step (biases switched off).
"""

# %%
peers = json.loads(files("recmath_lib").joinpath("data/factorization_peers.json").read_text(encoding="utf-8"))
theirs, spark, surprise = ratings.from_triplets(**peers["ratings"]), peers["spark"], peers["surprise"]
found = spark["user_factors"], spark["item_factors"], spark["reg"]
slopes = [np.abs(np.vstack(factorization.gradient(theirs, *found, w))).max() for w in (False, True)]
print(f"Spark, {spark['n_sweeps']} sweeps: largest slope of plain {slopes[0]:.4f}, of weighted {slopes[1]:.4f}")
P_s, Q_s = (np.array(surprise["before"][side]) for side in ("user_factors", "item_factors"))
for u, i, r in zip(ratings.rows_of(theirs), theirs.indices, theirs.data, strict=True):
    *_, P_s[u], Q_s[i] = factorization.sgd_step(0, 0, 0, P_s[u], Q_s[i], r, surprise["lr"], surprise["reg"])
after = surprise["after"]
apart = max(np.abs(P_s - after["user_factors"]).max(), np.abs(Q_s - after["item_factors"]).max())
print(f"Surprise, one epoch, against Eq. (1.9) rating by rating: apart by less than 1e-12: {apart < 1e-12}")
assert slopes[0] > 1 > 1e-3 > slopes[1] and apart < 1e-12 and theirs.nnz == 36

# %% [markdown]
r"""
## Summary

| you want | use | watch |
|---|---|---|
| a prediction | $p_u\cdot q_i$, Eq. (1.1), or with biases, Eq. (1.6) | nothing keeps it on the scale |
| to know whether ratings suffice | count: $k(m+n-k)$ degrees of freedom | enough in all is not enough for everybody |
| an objective | plain, Eq. (1.2), or weighted, Eq. (1.3) | say which; a $\lambda$ belongs to one of them |
| a way down | SGD, Eq. (1.8) and (1.9), or alternating minimization | not convex: saddles, several lowest points |
| to read factors | do not, yet | rotations and signs are free |
| to stop | the least held-out RMSE, Eq. (1.10) | train falls all the way |

**Notation of this lesson.** $m$ users, $n$ items, $k$ factors (`n_factors`); $P$, $Q$ with rows $p_u$, $q_i$ (`user_factors`, `item_factors`); $\Omega$ the rated pairs, $n_u$ and $n_i$ how many a user or an item has; $c_u$ is 1 (plain) or $n_u$ (weighted); $\lambda$ is `reg`, $\eta$ is `lr`; $\mu$, $b_u$, $b_i$ are mean and biases; $e_{ui}$ is an error.

**Papers.** Koren, Bell and Volinsky (2009), *Matrix factorization techniques for recommender systems*. Zhou, Wilkinson, Schreiber and Pan (2008), *Large-scale parallel collaborative filtering for the Netflix prize* (the weighted penalty). Mnih and Salakhutdinov (2007), *Probabilistic matrix factorization*.

**Next.** Do [the exercises](../exercises/01_factorization.ipynb). [Lesson 02](02_als.ipynb) solves each block exactly, by turns. [Lesson 03](03_svd.ipynb) asks when there is a closed form, and turns the penalty into one on the table itself.
"""

# %% [markdown] tags=["deeper"]
r"""
## Deeper: every stationary point of one rating

Where else is the slope of $f(p, q) = (1 - pq)^2 + \lambda(p^2 + q^2)$ zero, and what are these points?
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
Both slopes are zero: $-2(1-pq)q + 2\lambda p = 0$ and $-2(1-pq)p + 2\lambda q = 0$. Multiply the first by $p$, the second by $q$, and subtract:

$$\lambda p^2 = \lambda q^2.$$

So $p = \pm q$ for $\lambda > 0$. With $p = -q$ the first slope gives $p(1 + p^2 + \lambda) = 0$, so $p = 0$. With $p = q$ it gives $p(p^2 - 1 + \lambda) = 0$: besides 0 there are $p = q = \pm\sqrt{1-\lambda}$, if $\lambda < 1$. The Hessian there has $2(1-\lambda) + 2\lambda = 2$ on its diagonal and $4pq - 2 = 2 - 4\lambda$ beside it:

$$\text{eigenvalues } 2 \pm (2 - 4\lambda), \text{ that is } 4(1-\lambda) \text{ along } p = q, \text{ and } 4\lambda \text{ across.}$$

Both are positive for $0 < \lambda < 1$: two minima. At $\lambda = 0$ the second one is 0: all of $pq = 1$ is a flat valley, and moving along it is the $G$ of section 1.
"""

# %% tags=["deeper"]
for reg in (0.0, 0.2, 0.6, 0.9):
    place = (1 - reg) ** 0.5
    at_zero, at_minimum = np.linalg.eigvalsh(hessian(0, 0, reg)), np.linalg.eigvalsh(hessian(place, place, reg))
    print(f"lambda {reg}: at 0 {at_zero}, at ±{place:.4f} {at_minimum + 0.0}")
    assert np.allclose(np.sort(at_minimum), np.sort([4 * (1 - reg), 4 * reg]), atol=1e-4)
assert abs(hessian(2.0, 0.5, 0.0) @ [2.0, -0.5]).max() < 1e-4  # no bend along the valley p q = 1, at p = 2

# %% [markdown] tags=["deeper"]
r"""
## Deeper: the two sentences of Spot the error

**1.** Compute the vector of user 0 of the toy with $\lambda$ and with $\lambda n_u$, at $\lambda = 1$. Which objective has slope 0 there?
"""

# %% tags=["deeper"]
rated, given = Q_off[[0, 1]], np.array([4, 2])  # what user 0 of the toy rated
for name, n_u in (("lambda", 1), ("lambda n_u", 2)):
    own = np.linalg.solve(rated.T @ rated + 1.0 * n_u * np.eye(1), rated.T @ given)
    slopes = [factorization.gradient(toy, np.array([own, [1], [1]]), Q_off, 1.0, w)[0][0, 0] for w in (False, True)]
    print(f"update with {name:10}: p = {own[0]:.4f}, slope of plain {slopes[0]:.4f}, of weighted {slopes[1]:.4f}")
    assert abs(slopes[n_u - 1]) < 1e-12 < 1 < abs(slopes[2 - n_u])

# %% [markdown] tags=["deeper"]
r"""
**2.** From $P = 0$, $Q = 0$ take one small step, along the first singular vectors of the toy with 0 in its gaps ([card 2](00_start_here.ipynb#Card-2:-SVD)). Is it downhill?
"""

# %% tags=["deeper"]
A, s, Bt = np.linalg.svd(toy.toarray())
zero, step = np.zeros((3, 1)), (0.1 * A[:, :1], 0.1 * Bt[:1].T)
rise = {lam: objective(toy, *step, lam) - objective(toy, zero, zero, lam) for lam in (1.0, 4.8, 4.9, 6.0)}
print(f"s_1 = {s[0]:.2f}; J rises by", ", ".join(f"{by:.4f} (lambda {lam:.1f})" for lam, by in rise.items()))
assert not np.any(factorization.gradient(toy, zero, zero, 1.0)) and rise[4.8] < 0 < rise[4.9]

# %% [markdown] tags=["deeper"]
r"""
At $\lambda = 4.8$ it is: 0 is a saddle. At 4.9 it is not. For steps so small that fourth powers do not count, $J$ changes by $\lambda(\lVert P\rVert^2 + \lVert Q\rVert^2)$ minus twice the sum of $r_{ui}\,p_u\cdot q_i$. That sum is at most $s_1\lVert P\rVert\,\lVert Q\rVert$, with the largest singular value $s_1$, and the first singular vectors reach it. So 0 is a saddle of the plain objective for $\lambda < s_1$, and a minimum for $\lambda > s_1$.
"""

# %% [markdown] tags=["deeper"]
r"""
## Deeper: where the penalty comes from

Give the model a story. A rating is $p_u\cdot q_i$ plus normal noise with variance $\nu^2$. Before any rating is seen, each entry of $P$ and of $Q$ is normal with mean 0 and variance $\tau^2$. Which $P$ and $Q$ are most probable, given the ratings? (Primer cards [3](00_start_here.ipynb#Card-3:-Ridge) and [8](00_start_here.ipynb#Card-8:-MAP) ask it of one vector.)
"""

# %% tags=["deeper"]
def log_posterior(P, Q, nu=0.5, tau=2.0):
    """Log density of the toy's ratings and of all entries of P and Q, up to a constant."""
    noise, spread, errors = NormalDist(0, nu), NormalDist(0, tau), toy.data - factorization.predict(P, Q, users, items)
    return sum(np.log(noise.pdf(e)) for e in errors) + sum(np.log(spread.pdf(x)) for x in [*P.flat, *Q.flat])

# %% [markdown] tags=["deeper", "derivation"]
r"""
The logarithm of a normal density with variance $v$ is $-x^2/2v$ plus a constant. Add up the ratings and the entries, and multiply by $-2\nu^2$:

$$-2\nu^2\ln \Pr(P, Q \mid R) = \sum_{(u,i)\in\Omega}(r_{ui}-p_u\cdot q_i)^2 + \frac{\nu^2}{\tau^2}\big(\lVert P\rVert^2+\lVert Q\rVert^2\big) + \text{const}.$$

This is the plain objective with $\lambda = \nu^2/\tau^2$: noise over spread. The weighted one has no such story. It would need a prior with variance $\nu^2/(\lambda n_u)$: the more you rate, the more average you were before you began.
"""

# %% tags=["deeper"]
A, B = (P, Q), (P, Q_off)
change = objective(toy, *A, 0.5**2 / 2**2) - objective(toy, *B, 0.5**2 / 2**2)
by_density = -2 * 0.5**2 * (log_posterior(*A) - log_posterior(*B))
print(f"from one point to another, J changes by {change:.4f}, -2 ν² times the log posterior by {by_density:.4f}")
assert np.isclose(change, by_density) and change < -1

# %% [markdown] tags=["deeper"]
r"""
## Deeper: why SGD has the weighted penalty

Each rating pulls $p_u$ towards 0 once, in Eq. (1.9). User $u$ has $n_u$ ratings, so an epoch pulls $n_u$ times. Take all steps of the toy from one and the same point, and add up what they do to $P$: it is $-\eta/2$ times the gradient of the *weighted* objective. To minimize the plain one, SGD would have to divide each pull by $n_u$.
"""

# %% tags=["deeper"]
total = np.zeros((3, 1))
for u, i, r in zip(users, items, stars, strict=True):
    total[u] += factorization.sgd_step(0, 0, 0, P[u], Q_off[i], r, lr=0.1, reg=0.3)[2] - P[u]
plain, weighted = (-0.1 / 2 * factorization.gradient(toy, P, Q_off, 0.3, reading)[0] for reading in (False, True))
print(f"all steps {total[:, 0]}   plain {plain[:, 0]}   weighted {weighted[:, 0]}")
assert np.allclose(total, weighted) and not np.allclose(total, plain, atol=0.01)

# %% [markdown] tags=["deeper"]
"""
## Deeper: many ratings at once, one after another

A step reads and writes one user and one item. Two ratings that share neither do not meet, so their steps may be taken together. `rounds` sorts the ratings of an epoch into such groups and keeps the order of all that do meet. So the result is that of the plain loop, and NumPy has something to do.
"""

# %% tags=["deeper"]
found = factorization.rounds(ratings.rows_of(train), train.indices)
print(f"{train.nnz:,} ratings in {len(found):,} rounds")
assert sorted(np.concatenate(found)) == list(range(train.nnz))
show_source(factorization.rounds)

# %% [markdown] tags=["deeper"]
"""
## Deeper: two seeds, two sets of factors

Train the cinema's model twice, from two random starts. Do the two agree? In what they predict, yes. In their factors, no: the first factor of the one is not the first of the other.
"""

# %% tags=["deeper"]
again = factorization.fit(train, 3, reg=0.03, lr=0.05, n_epochs=models[2].step, seed=1)
pairs = np.indices(cinema.would_rate.shape)
stars_agree = np.corrcoef(models[2].predict(*pairs).ravel(), again.predict(*pairs).ravel())[0, 1]
first = np.corrcoef(models[2].item_factors[:, 0], again.item_factors[:, 0])[0, 1]
print(f"correlation of all predictions {stars_agree:.2f}, of the first factors {first:.2f}")
assert stars_agree > 0.98 and abs(first) < 0.5

# %% [markdown] tags=["deeper"]
"""
## Deeper: off the scale

A product knows nothing of five stars. Cut every prediction to the scale, 0.5 to 5: that brings it nearer to every rating on the scale, or leaves it, so RMSE cannot rise. A sigmoid inside the model keeps predictions on the scale too, but changes the gradient: task 01.3 asks for it.
"""

# %% tags=["deeper"]
raw = models[2].predict(ratings.rows_of(test), test.indices)
cut = np.clip(raw, 0.5, 5)
errors = [np.sqrt(np.mean((test.data - guess) ** 2)) for guess in (raw, cut)]
print(f"{np.mean(raw != cut):.1%} of the predictions are cut. RMSE {errors[0]:.4f}, after the cut {errors[1]:.4f}")
assert errors[1] < errors[0] and (np.abs(test.data - cut) <= np.abs(test.data - raw)).all()

# %% [markdown] tags=["deeper"]
"""
## Deeper: is 0.010 luck?

Take the difference person by person, and resample the people (lesson 04 explains this interval). The squared error that factors save beyond biases, averaged over each person's test ratings, with its 95 % interval:
"""

# %% tags=["deeper"]
person = ratings.rows_of(test_real)
squares = [(test_real.data - model.predict(person, test_real.indices)) ** 2 for model in models_real[1:]]
gain = np.bincount(person, weights=squares[0] - squares[1]) / np.bincount(person)
low, high = metrics.bootstrap_interval(gain)
print(f"{gain.mean():.4f} [{low:.4f}, {high:.4f}]; factors do better for {(gain > 0).mean():.0%} of {gain.size}")
assert low > 0

# %% [markdown] tags=["deeper"]
"""
No: the interval leaves out 0. (It is in squared stars, another unit than the 0.010.) It speaks of other people. For another split, or another training run, you have to split and train again: here there was one of each.
"""
