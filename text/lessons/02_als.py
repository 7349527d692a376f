# %% [markdown]
"""
# Lesson 02: Alternating least squares

**Three quick questions from before.** Answer in your head, then open.

<details><summary>The plain and the weighted objective have the same squared errors. What differs?</summary>How often a row pays the penalty. Plain: once. Weighted: once for each of its ratings, so user <i>u</i> pays λ·n<sub>u</sub>. (Lesson 01, section 2.)</details>
<details><summary>The objective is no bowl in all its numbers together. In which of them is it one?</summary>In the user factors while the items stand still, and in the item factors while the users stand still. (Lesson 01, section 4.)</details>
<details><summary>The gradient is zero at <i>P</i> = 0, <i>Q</i> = 0. Is that a minimum?</summary>Not if the penalty is small. It is a saddle: a way leads down from it. (Lesson 01, section 4.)</details>

**When you have finished, you can**

- **O2.1** derive the ridge update of a row under both penalties, two ways;
- **O2.2** say when it exists, and what a row without ratings gets;
- **O2.3** prove that a half-step cannot raise its objective, and tell when a printed loss is the other one;
- **O2.4** say what ALS converges to, and test it;
- **O2.5** expose the faults of an ALS listing by inputs;
- **O2.6** count the cost of a sweep, and go from the loop to the batched code.

You need lesson 01 and [card 3 of the primer](00_start_here.ipynb#Card-3:-Ridge). Reading the core and moving its widget takes about 80 minutes; what is folded away under *Deeper* can wait. The tasks are in [the exercises of this lesson](../exercises/02_als.ipynb), about two hours for all of them. Tasks 02.1 and 02.2 ask you to write the two functions of this lesson: do each before you read ours. (Our 02.2 stands under *Deeper*.)
"""

# %%
import json
from functools import cache
from importlib.resources import files

import numpy as np

from recmath_lib import als, factorization, kernels, plots, ratings, widgets
from recmath_lib.datasets import load_cinema, load_movielens
from recmath_lib.factorization import objective, rmse
from recmath_lib.teaching import predict, show_source

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
r"""
## 1 One user

Three films lie on one axis, at $q = 2$, $1$ and $-1$. You gave them 2, 0.5 and −1.5 stars more than an average viewer does. Where are you on the axis?

Call your place $p$. The errors are $2 - 2p$, $0.5 - p$ and $-1.5 + p$, and you want small squares and a small $p$. With more axes, and for user $u$: the rows of $Q_u$ are the vectors of the films she rated, $r_u$ holds her ratings. While the films stand still, all that she adds to the objective is

$$f_u(p) = \lVert r_u - Q_u\,p\rVert^2 + \lambda c_u \lVert p\rVert^2 \tag{2.1}$$

with $c_u = 1$ for the plain objective and $c_u = n_u$, her number of ratings, for the weighted one. Nobody else's vector is in it.

**From the gradient.** It is $-2Q_u^\top(r_u - Q_u p) + 2\lambda c_u\, p$, by Eq. (1.4). Set it to zero and sort by $p$: $(Q_u^\top Q_u + \lambda c_u I)\,p = Q_u^\top r_u$. So

$$p_u = (Q_u^\top Q_u + \lambda c_u I)^{-1}\, Q_u^\top r_u \tag{2.2}$$

This is a ridge regression, the one that found your taste in lesson 00. Is it the lowest point? The second derivatives of $f_u$ are $2(Q_u^\top Q_u + \lambda c_u I)$. In any direction $v$ they give $2\lVert Q_u v\rVert^2 + 2\lambda c_u\lVert v\rVert^2 \ge 0$: a bowl.

For the three films $Q_u^\top r_u = 2\cdot 2 + 1\cdot 0.5 + (-1)(-1.5) = 6$ and $Q_u^\top Q_u = 4 + 1 + 1 = 6$. *Before you run the cell:* compute $p$ for $\lambda = 1$, once with the plain penalty and once with the weighted one.
"""

# %%
q, r = np.array([[2.0], [1.0], [-1.0]]), np.array([2.0, 0.5, -1.5])
for name, c in (("plain", 1), ("weighted", 3)):
    by_hand, p = (4 + 0.5 + 1.5) / (4 + 1 + 1 + c), als.update_row(q, r, penalty=1.0 * c)
    slope = (als.row_loss(p + 1e-6, q, r, c) - als.row_loss(p - 1e-6, q, r, c)) / 2e-6
    print(f"{name:9} by hand 6 / (6 + {c}) = {by_hand:.4f}   by the library {p[0]:.4f}")
    assert np.isclose(p[0], by_hand) and abs(slope) < 1e-6

# %% [markdown]
r"""
Three ratings, three times the penalty, a smaller $p$.

**From least squares.** There is a second way to the same vector. Invent $k$ more films: film $l$ has $\sqrt{\lambda c_u}$ on axis $l$ and 0 elsewhere, and you rate it 0. Its squared error is $\lambda c_u\, p_l^2$. Together the invented films add $\lambda c_u\lVert p\rVert^2$, which is the penalty. So ridge regression is *ordinary* least squares on a taller table:

$$p_u = \arg\min_p\,\bigg\lVert \begin{pmatrix} r_u \\ 0 \end{pmatrix} - \begin{pmatrix} Q_u \\ \sqrt{\lambda c_u}\, I \end{pmatrix} p\, \bigg\rVert^2 \tag{2.3}$$

A penalty is a set of invented ratings. It also says how to check a ridge regression with any least-squares program.

**Your turn.** Do [tasks 02.0 and 02.1](../exercises/02_als.ipynb): an update by hand under both penalties, then the update as a function. Then run the next cell and open its output with a click on the dots.
"""

# %% jupyter={"outputs_hidden": true}
print("Your own function passes its check? Then open this.\n")
Q_u, r_u = np.array([[1.0, 0.5], [0.0, 2.0], [-1.0, 1.0]]), np.array([2.0, 1.0, -0.5])
for name, c in (("plain", 1), ("weighted", 3)):
    ridge, taller = als.update_row(Q_u, r_u, 0.5 * c), als.update_row_augmented(Q_u, r_u, 0.5 * c)
    print(f"{name:9} by Eq. (2.2) {ridge}   by Eq. (2.3) {taller}")
    assert np.allclose(ridge, taller)
show_source(als.update_row)
show_source(als.update_row_augmented)

# %% [markdown]
r"""
## 2 When there is an answer

"The penalty makes the matrix invertible." When is that true? If the matrix sent some direction $v \ne 0$ to 0, then $v^\top(Q_u^\top Q_u + \lambda c_u I)\,v$ would be 0. But it is $\lVert Q_u v\rVert^2 + \lambda c_u\lVert v\rVert^2$. With $\lambda c_u > 0$ this is above 0 for every $v \ne 0$, and the matrix is invertible, even after a single rating. Two cases are left.

**$\lambda = 0$.** Then a direction with $Q_u v = 0$ costs nothing, and $p_u$ may move along it. There is one whenever the user has fewer ratings than factors. (With $k$ ratings or more there need not be one.) So: invertible for all ratings, provided there is at least one, if, *and only if*, $\lambda > 0$. Equation (2.3) has an answer even then: of all vectors that fit equally well, `lstsq` picks the shortest.

**No ratings.** The weighted penalty of such a user is $\lambda \cdot 0$. Nothing is left in Eq. (2.1), and every vector is as good as any other. Under the plain penalty the answer is 0. The course takes 0 under both: with it, a *cold* user is predicted 0, which is the average viewer if biases were removed before. (To shrink to a guess of yours in place of 0 is [task 02.3](../exercises/02_als.ipynb).)
"""

# %%
one_film = np.array([[1.0, 2.0]])  # one rating, two factors
print("reg 0.1:", als.update_row(one_film, [5.0], 0.1), "  no ratings:", als.update_row(np.empty((0, 2)), [], 0.0))
try:
    als.update_row(one_film, [5.0], 0.0)
except ValueError as error:
    print("reg 0:  ", error)
shortest = als.update_row_augmented(one_film, [5.0], 0.0)
print("reg 0, by Eq. (2.3):", shortest)
assert np.linalg.matrix_rank(one_film.T @ one_film) == 1
for other in ([1, 2], [5, 0], [3, 1]):  # 1 · 5 + 2 · 0 is 5 too
    assert als.row_loss(other, one_film, [5.0], 0.0) == 0 and np.linalg.norm(other) > np.linalg.norm(shortest) - 1e-9

# %% [markdown]
r"""
## 3 All users, then all items

The objective $J(P, Q)$ is a sum over users of Eq. (2.1), plus a penalty of the items. While $Q$ stands still that penalty is a number, and no term couples two users. So the best $P$ is found row by row: $m$ small ridge regressions that know nothing of each other.

$$P^{+} = \arg\min_P J(P, Q),\qquad \text{row } u \text{ by Eq. (2.2)} \tag{2.4}$$

The items are the users of the transposed table. So one function, `half_step`, serves both sides: give it the ratings and $Q$, or their transpose and $P$.

It exists in three versions that agree. The **loop** is the equation. The **batched** one uses that $Q_u^\top Q_u$ is a sum over the rated items, of $q_i q_i^\top$. Two films at $(1, 0)$ and $(1, 1)$ give $\begin{pmatrix}1 & 0\\ 0 & 0\end{pmatrix} + \begin{pmatrix}1 & 1\\ 1 & 1\end{pmatrix} = \begin{pmatrix}2 & 1\\ 1 & 1\end{pmatrix}$. A sparse product does the adding for all users at once. $S$ has a 1 for every rating, and row $i$ of $O$ is $q_i q_i^\top$, flattened to $k^2$ numbers. Then row $u$ of $S\,O$ is $Q_u^\top Q_u$, flattened.

The **fast** one, in `kernels.py`, works on many users at once and never holds the $k \times k$ matrices of all of them (*Deeper* tells how). It is the one that runs from here on.
"""

# %%
two = np.array([[1, 0], [1, 1]])
assert np.array_equal(two.T @ two, [[2, 1], [1, 1]])
cinema = load_cinema()
train, test = ratings.split(cinema.ratings, test=0.2, by="user", seed=0)
left_over, biases = ratings.remove_biases(train)
Q, versions = np.random.default_rng(0).normal(size=(240, 3)), (als.half_step_loop, als.half_step_batched, als.half_step)
P_loop, P_batched, P_fast = (half_step(left_over, Q, reg=0.1, weighted=True) for half_step in versions)
print(f"{left_over.nnz:,} ratings, {len(P_fast)} users at once; user 0: {P_fast[0]}")
assert np.allclose(P_loop, P_fast) and np.allclose(P_batched, P_fast)
show_source(als.half_step_loop)
show_source(als.half_step_batched)

# %% [markdown]
r"""
**Alternating least squares** takes half-steps by turns. A **sweep** is two of them, and the second one uses the *new* users:

$$P^{(t+1)} = \arg\min_P J\big(P, Q^{(t)}\big),\qquad Q^{(t+1)} = \arg\min_Q J\big(P^{(t+1)}, Q\big) \tag{2.5}$$

It needs a start for one side only, `init`; without one, `sweeps` draws small random item factors from your `seed`, and from no generator of anybody else. Like every trainer of the course it is a generator of states. You see the objective after each sweep, you stop when you like, or `tol` stops when a sweep lowers the objective by no more than that share. `progress=True` shows a bar. `fit` returns the last state.

There is no step size to choose, and no learning rate. **Your turn:** [task 02.2](../exercises/02_als.ipynb). Then see it run on the cinema. Mean and biases are removed first, and its tastes were made of three axes. *Before you run the cell:* its objective will fall in every sweep. Will the error on ratings held out of the fit fall in every sweep, too?
"""

# %%
def with_biases(state, biases):
    """Factors of what biases left over, as a model of stars."""
    factors = state.step, state.objective, state.user_factors, state.item_factors
    return factorization.BiasedFactors(*factors, biases.mean, biases.user_bias, biases.item_bias)

P = als.half_step(left_over, Q, reg=1.0)
sweep = als.fit(left_over, 3, reg=1.0, n_sweeps=1, init=Q)
assert np.allclose(sweep.item_factors, als.half_step(left_over.T.tocsr(), P, reg=1.0))  # from the NEW users
by_sweep = []
for state in als.sweeps(left_over, n_factors=3, reg=1.0, tol=1e-3, seed=0):
    by_sweep.append(rmse(test, with_biases(state, biases)))
    print(f"sweep {state.step}: objective {state.objective:9.2f}   test RMSE {by_sweep[-1]:.4f}")
errors = {k: rmse(test, with_biases(als.fit(left_over, k, reg=1.0, seed=0), biases)) for k in (1, 2, 3, 4, 6)}
print(f"biases alone {rmse(test, biases):.4f};", ", ".join(f"k = {k}: {error:.4f}" for k, error in errors.items()))
assert min(errors, key=errors.get) == 3 and state.step == 8 and np.argmin(by_sweep) == 4
assert f"{by_sweep[4]:.4f} {by_sweep[7]:.4f}" == "0.6290 0.6293"

# %% [markdown] tags=["derivation"]
r"""
No: it is lowest after the fifth of eight sweeps, at 0.6290, and 0.6293 in the end. And three factors are best, as planted. (We look at test here only because we know the answer, three. To choose a $k$, hold ratings out of train.)

## 4 No half-step raises its objective

The column of objectives fell all the way. That is no luck. The half-step finds the least value over all $P$, and the old $P$ was one of them: $J(P^{+}, Q) = \min_P J(P, Q) \le J(P, Q)$. You can even say by *how much* it falls.

Write $A_u = Q_u^\top Q_u + \lambda c_u I$. Put $p = p_u^{+} + v$ into Eq. (2.1) and multiply out. The terms without $v$ are $f_u(p_u^{+})$. The terms linear in $v$ are $v^\top$ times the gradient at $p_u^{+}$, and that is 0. What is left is $\lVert Q_u v\rVert^2 + \lambda c_u\lVert v\rVert^2 = v^\top A_u v$:

$$f_u(p) = f_u(p_u^{+}) + (p - p_u^{+})^\top A_u\,(p - p_u^{+}).$$

Put the old $p_u$ in, and add up the users. The penalty of the items cancels:

$$J(P, Q) - J(P^{+}, Q) = \sum_{u} (p_u - p_u^{+})^\top\big(Q_u^\top Q_u + \lambda c_u I\big)(p_u - p_u^{+}) \;\ge\; 0 \tag{2.6}$$

Try it on the cinema, with users who all stand at (1, 1, 1) and the films of section 3.
"""

# %%
P_old = np.ones((800, 3))
before, after = (objective(left_over, users, Q, 0.1, weighted=True) for users in (P_old, P_fast))
by_moves = als.decrease(left_over, P_old, Q, 0.1, weighted=True)
print(f"objective {before:.2f}, after the half-step {after:.2f}: a fall of {before - after:.2f}. Eq. (2.6): {by_moves:.2f}")
assert np.isclose(before - after, by_moves)

# %% [markdown]
r"""
Each term of the sum is $\lVert Q_u v\rVert^2 + \lambda c_u\lVert v\rVert^2$ with the move $v = p_u - p_u^{+}$. So the objective falls by how far the users moved, in this measure, and with $\lambda > 0$ it stays only if no rated user moved. [Task 02.8](../exercises/02_als.ipynb) asks you to put this proof together. The tests of the course take a thousand random problems and find no half-step that raises its objective.

Read it once more: a half-step cannot raise *its* objective. Every half-step minimizes one of two. What does the other one do?

**The published example.** Lesson 01 met a 5 × 5 table with 14 ratings. It was published with an ALS program and a text. The function below does what that program does, told in our own lines, with numbers to refer to. (It is shorter, because both sides share lines 8 to 12.) Read it. What would you do differently?

The text states an objective whose penalty stands inside the sum, so it is the weighted one. The text's update is the plain one. Line 12 multiplies $\lambda$ by the number of ratings: weighted again. And line 14 computes the *plain* objective, which line 15 prints after every fifth iteration. So the program minimizes one objective and prints the other. Its own $\lambda$ is 0.01; you call it with 2, to see the difference plainly. *Before you run the cell:* does the printed loss rise anywhere in the 20 iterations?
"""

# %%
predict("02.q1", None, ["it never rises", "it rises somewhere"])

def listing(R, k=10, reg=0.1, n_iters=20):                                  #  1
    np.random.seed(42)                                                      #  2
    P, Q = (0.1 * np.random.randn(rows, k) for rows in R.shape)             #  3
    rated = R != 0                                                          #  4
    both_sides = (P, Q, R, rated), (Q, P, R.T, rated.T)                     #  5
    for t in range(n_iters):                                                #  6
        for mine, other, stars, seen in both_sides:                         #  7
            for row in range(len(mine)):                                    #  8
                x, y = other[seen[row]], stars[row, seen[row]]              #  9
                if len(y) == 0:                                             # 10
                    continue                                                # 11
                mine[row] = np.linalg.solve(x.T @ x + reg * len(y) * np.eye(k), x.T @ y)  # 12
        if t % 5 == 0:                                                      # 13
            loss = ((R - P @ Q.T)[rated] ** 2).sum() + reg * ((P**2).sum() + (Q**2).sum())  # 14
            print(f"iteration {t:2}: loss {loss:.4f}")                      # 15
    return P, Q                                                             # 16

_ = np.nan  # not rated
table = np.array([[5, 3, _, 1, _], [4, _, _, 1, _], [1, 1, _, 5, 4], [_, _, 5, 4, _], [_, 1, 4, _, 5]])
P, Q = listing(np.nan_to_num(table), k=2, reg=2.0)

def both(data, state, reg):
    """The plain and the weighted objective of a state."""
    return [objective(data, state.user_factors, state.item_factors, reg, weighted) for weighted in (False, True)]

five = ratings.from_dense(table, ~np.isnan(table))
start = 0.1 * np.random.RandomState(42).randn(10, 2)[5:]  # the numbers that line 3 draws for the films
states = list(als.sweeps(five, 2, 2.0, weighted=True, n_sweeps=20, init=start))
losses = np.array([both(five, state, 2.0) for state in states])
print("both objectives, iterations 7 to 19:")
for name, values in zip(("plain", "weighted"), losses[7:].T, strict=True):
    print(f"{name:8}", " ".join(f"{value:.3f}" for value in values))
assert np.allclose(P @ Q.T, states[-1].user_factors @ states[-1].item_factors.T)  # our ALS is the listing's

# %% [markdown]
r"""
The listing counts from 0: its iteration 0 is our sweep 1. The printed loss starts at 173.58 and falls to 106.80 in iteration 8. Then it rises in every one that follows, to 106.83, while the minimized one falls all the way. No bug in the update: it does what it should, for the other objective. If a loss of ALS ever goes up, ask first whether it is the loss that the update minimizes.

Now the other way round. Below is the cinema with 12 sweeps that minimize the *plain* objective, $k = 3$, $\lambda = 1$. To the left are the films: three factors, drawn along the two directions in which the films spread most. To the right are both objectives. *Before you run the cell:* what does the weighted objective do, with the same $\lambda$?
"""

# %%
predict("02.w1", None, ["it falls too", "it falls, then rises a little", "it rises in every sweep"])

@cache
def run(n_factors, reg, weighted):
    """Item factors and both objectives, sweep by sweep."""
    states = list(als.sweeps(left_over, n_factors, reg, weighted=weighted, n_sweeps=12, seed=0))
    values = np.array([both(left_over, state, reg) for state in states])
    return [state.item_factors for state in states], {"plain": values[:, 0], "weighted": values[:, 1]}

shown = ["Exploding Helicopter", "Goodbye to the River", "Honeymoon at the Flower Stall",
         "The Bleeding Scarecrow", "Beyond the Glass Nebula"]  # the five films of lesson 00
labelled = [cinema.titles.index(title) for title in shown]
plots.als_sweeps(run, cinema.titles, labelled, reg=1.0, n_factors=3)

# %% tags=["nbval-ignore-output"]
printed, minimized = losses.T  # of the listing
assert np.argmin(printed) == 8 and (np.diff(printed[8:]) > 0).all() and (np.diff(minimized) < 0).all()
assert np.allclose(printed[[0, 8, 19]], [173.58, 106.80, 106.83], atol=0.005)
plain, weighted = run(3, 1.0, False)[1].values()
assert (np.diff(plain) < 0).all() and (np.diff(weighted) > 0).all() and np.median(np.diff(left_over.indptr)) == 26
assert 2 * plain[-1] < plain[0] and weighted[-1] > 1.5 * weighted[0]
assert plain[0] - plain[4] > 0.99 * (plain[0] - plain[-1])
stops = {"regs": [0.1, 0.3, 1.0], "ranks": [2, 3, 5], "eager": True}
widgets.als_sweeps(run, cinema.titles, labelled, **stops, reg=1.0, n_factors=3)

# %% [markdown]
r"""
The listing's rise was small. This one is not: the weighted objective rises in every sweep from the second on, and ends more than half as high again, while the minimized one falls to less than half. Slide through the sweeps and watch the films take their places: after five sweeps the plain objective has 99 % of its fall behind it. Then set the penalty to *once per rating* and leave $\lambda$ at 1. Now all films fall into the middle. The median user has 26 ratings, so for her the same $\lambda$ is 26 times the penalty, and no factor is worth that. (*Deeper* computes from which $\lambda$ on.)

## 5 Where it ends

The objective falls and cannot fall below 0, so its falls become small. It contains $\lambda$ times every squared length, and it does not grow. So with $\lambda > 0$ the factors stay bounded, and there is a **limit point**: one that they come back to, as near as you like. Every limit point has gradient zero: it is a **stationary point** (Grippo and Sciandrone, 2000, prove it for alternating minimization over two blocks). It is often said that ALS finds a local *minimum*. That it does not promise. Start at $Q = 0$: the best users for it are 0, the best items for those are 0, and ALS stands still, on the saddle of lesson 01.

**A test of convergence.** Write the gradients, Eq. (1.4) and (1.5), for all rows at once. $E$ holds the errors of the rated pairs and 0 elsewhere; the diagonal matrices $D_P$ and $D_Q$ hold the counts $c_u$ and $c_i$. Then $\nabla_P J = -2EQ + 2\lambda D_P P$ and $\nabla_Q J = -2E^\top P + 2\lambda D_Q Q$. At a stationary point both are 0. Multiply by the factors:

- $P^\top\nabla_P J = 0$ says $P^\top E\,Q = \lambda P^\top D_P P$;
- $Q^\top\nabla_Q J = 0$ says $Q^\top E^\top P = \lambda Q^\top D_Q Q$.

The left sides are each other's transpose. The right sides are symmetric, so they are equal. With $\lambda > 0$ it cancels: $P^\top D_P P = Q^\top D_Q Q$. The two sides are **balanced**. How far are you from it? ($\lVert\cdot\rVert_F$ is the root of the sum of all squares.)

$$\beta = \frac{\lVert P^\top D_P P - Q^\top D_Q\, Q\rVert_F}{\lVert P^\top D_P P\rVert_F + \lVert Q^\top D_Q\, Q\rVert_F} \tag{2.7}$$

It is 0 at every stationary point, and at most 1: a difference is never longer than both parts together (the triangle inequality). Why not look at the gradient? Look at it too. But it has units: whether 0.4 is small depends on stars and on $\lambda$. $\beta$ has none, and a known range. Its 0 does not prove a minimum, nor even a stationary point: at $P = Q = 0$ it is 0 too. The published example runs 20 iterations with $\lambda = 0.01$. Is that enough?
"""

# %%
nothing = als.fit(five, 2, reg=0.1, n_sweeps=5, init=np.zeros((5, 2)))
print(f"from Q = 0, five sweeps: objective {nothing.objective:.0f}, the squared ratings alone {np.sum(five.data**2):.0f}")
assert nothing.objective == np.sum(five.data**2) and not nothing.item_factors.any()

steps = {state.step: state for state in als.sweeps(five, 2, 0.01, weighted=True, n_sweeps=1000, init=start)}
print("sweep  objective  imbalance  gradient  training RMSE  squared lengths of P, Q  user 0, film 4")
for step in (1, 20, 50, 100, 1000):
    state, (P, Q) = steps[step], (steps[step].user_factors, steps[step].item_factors)
    beta, error = als.imbalance(five, P, Q, weighted=True), rmse(five, state)
    slope = max(np.abs(part).max() for part in factorization.gradient(five, P, Q, 0.01, weighted=True))
    print(f"{step:5}  {state.objective:9.4f}  {beta:9.4f}  {slope:8.4f}  {error:13.4f}  "
          f"{np.sum(P**2):15.1f} {np.sum(Q**2):7.1f}  {state.predict(0, 4):8.1f} stars")
assert beta < 1e-4 and slope < 1e-4
early, end = steps[20], steps[1000]
assert round(als.imbalance(five, early.user_factors, early.item_factors, weighted=True), 2) == 0.91
assert np.allclose([early.objective, end.objective], [3.7, 1.3], atol=0.05)
assert np.allclose([early.predict(0, 4), end.predict(0, 4)], [9.8, 0.3], atol=0.05)

# %% [markdown]
r"""
After 20 iterations the example meets its ratings to 0.08 stars, and predicts 9.8 for film 4. But the imbalance is 0.91 of at most 1. Converged, it predicts 0.3. The lengths show what keeps it so long: from a start near 0 with a tiny penalty, the first half-step gives nearly all length to the users, and every sweep brings back a little.

The loss is still falling, from 3.7 after 20 sweeps to 1.3. What it cannot say is how far you are from the end: you would need the end to compare with. $\beta$ has a known end, 0.

**Which stationary point?** Now the plain objective with $\lambda = 0.01$, four random starts, 1,500 sweeps each. (The seeds are chosen from the first twelve, because they end in different places.) The example prints two predictions as its result: user 0 for film 2, and user 1 for film 1. *Before you run the cell:* how far apart will the four answers for user 0 and film 2 be?
"""

# %%
predict("02.q2", None, ["less than 0.1 stars", "about one star", "more than five stars"])
ends = {seed: als.fit(five, 2, 0.01, n_sweeps=1500, seed=seed) for seed in (3, 9, 2, 4)}
for seed, end in ends.items():
    first, second = end.predict([0, 1], [2, 1])
    worst = np.abs(five.data - end.predict(ratings.rows_of(five), five.indices)).max()
    print(f"seed {seed}: objective {end.objective:6.4g}   misses a rating by up to {worst:.2f}   "
          f"user 0, film 2: {first:+.2f}   user 1, film 1: {second:+.2f}")
    assert als.imbalance(five, end.user_factors, end.item_factors) < 0.01

# %% [markdown]
r"""
Four starts, four places where ALS ends (minima, all of them: *Deeper* looks at their second derivatives). The first two are equally good to four decimals, and one says **+3.84** stars, the other **−2.69**. About user 1 and film 1 both say 2.41. Why?

**Count.** Look at users 0, 1, 2 and films 0, 1, 3. A 3 × 3 table of rank 2 has 2 · (3 + 3 − 2) = 8 degrees of freedom, and this one has 8 ratings: all but user 1, film 1. So in a fit that meets the ratings the ninth cell is fixed: a table of rank 2 has determinant 0, and $24x - 58 = 0$ leaves $x = 2.42$ only (the penalty takes the last hundredths). (Seed 4 ends in a poor minimum that does not meet them, so the argument does not bind it.) Users 3 and 4 and films 2 and 4 add 8 degrees of freedom (four new rows of two numbers) and only 6 ratings. Film 2 hangs on them, and two degrees stay open. The penalty then picks among the perfect fits, and finds two nearly equal.

A prediction can be a fact about the ratings, or a fact about the seed. One fit cannot tell you which. Several seeds can: compare their predictions cell by cell, as above. Whether a prediction is any *good* is another question, and held-out ratings answer it: take one of the 14 out, fit the rest as the example does, predict it, and go round.
"""

# %%
assert abs(ends[3].objective - ends[9].objective) < 1e-4 < 0.1 < ends[2].objective - ends[3].objective
assert np.allclose([ends[seed].predict(0, 2) for seed in (3, 9)], [3.84, -2.69], atol=0.01)
assert np.allclose([ends[seed].predict(1, 1) for seed in (3, 9)], 2.41, atol=0.005)

def determinant(x):
    """Of users 0, 1, 2 and films 0, 1, 3, with x for user 1 and film 1."""
    return np.linalg.det([[5, 3, 1], [4, x, 1], [1, 1, 5]])

print(f"determinant 0 at x = {-determinant(0) / (determinant(1) - determinant(0)):.4f}")
assert np.isclose(determinant(0), -58) and np.isclose(determinant(1) - determinant(0), 24)
misses = []
for user, item in np.argwhere(~np.isnan(table)):
    mask = ~np.isnan(table)
    mask[user, item] = False
    fit = als.fit(ratings.from_dense(table, mask), 2, 0.01, weighted=True, init=start)
    misses.append((table[user, item] - fit.predict(user, item), table[user, item] - table[mask].mean()))
by_als, by_mean = np.sqrt(np.mean(np.square(misses), axis=0))
print(f"leave one out: ALS misses by {by_als:.1f} stars (RMSE), the mean of the others by {by_mean:.1f}")
assert by_als > 2 * by_mean and f"{by_als:.1f} {by_mean:.1f} {rmse(five, steps[20]):.2f}" == "3.9 1.8 0.08"

# %% [markdown]
r"""
## 6 The faults of the listing

After its 20 iterations the example meets the ratings it was given to 0.08 stars. One that was left out it misses by 3.9; a constant misses it by 1.8. Here is everything that can be held against the program, line by line, and what this course does in its place. Five of the faults are tasks, 02.9 to 02.13: find an input that exposes them.

| line | fault | here | task |
|---|---|---|---|
| 14 | computes the objective that line 12 does not minimize | `state.objective` is the minimized one, Eq. (2.6) | 02.9 |
| 4 | takes 0 for "not rated", and lets nan through | a stored entry is a rating; nan is refused | 02.10 |
| 2 | sets the seed of the whole program | `seed`, of this fit alone | 02.11 |
| 3 | draws a start for the users, and line 12 overwrites it unused | `init` holds item factors, nothing else is needed | |
| 10–11 | skip rows without ratings, which keep their random start | zeros, section 2 | 02.12 |
| 16 | `P @ Q.T` may leave the scale; no mean, no biases | remove biases first; cut at the end if you must | 02.13 |
| 6 | stops after 20 iterations, long before balance | `tol`, and Eq. (2.7) | |
| 13–15 | print from inside, every fifth time, never the last | a generator of states: you print | |
| its text | shows the fit of the training ratings as a success | held-out ratings | |
| 3 | starts near 0; with a tiny penalty all length goes to one side | the imbalance tells | |
| 12 | fails for $\lambda = 0$ with an error about a matrix | an error that names `reg` | |
| 1 | checks no argument; ten factors by default, for five films | every argument; no default, at most $\min(m, n)$ | |
| 4, 9 | a mask of $m \times n$ cells, searched again for every row | sparse rows, prepared once | |
| 8 | a Python loop over rows | Eq. (2.4) for many rows at once | 02.15 |

## 7 Real films

MovieLens again, the films with at least 10 ratings. Twenty factors, the weighted objective, 8 sweeps; $\lambda = 0.15$ was chosen on ratings held out of train. Once on what biases leave over, once on ratings minus their mean alone. *Before you run the cell:* does ALS without biases beat biases without ALS?
"""

# %%
predict("02.q3", None, ["yes, by a lot", "yes, by a little", "no"])
movielens = load_movielens()
often = np.flatnonzero(np.bincount(movielens.ratings.indices, minlength=movielens.ratings.shape[1]) >= 10)
train_real, test_real = ratings.split(movielens.ratings[:, often], test=0.2, by="user", seed=0)
m, n = train_real.shape
mean = ratings.Biases(train_real.data.mean(), np.zeros(m), np.zeros(n))
centred = ratings.with_data(train_real, train_real.data - mean.mean)
residuals, biases_real = ratings.remove_biases(train_real)
scores = {"mean": rmse(test_real, mean), "biases": rmse(test_real, biases_real)}
for name, data, base in (("mean + ALS", centred, mean), ("biases + ALS", residuals, biases_real)):
    scores[name] = rmse(test_real, with_biases(als.fit(data, 20, 0.15, weighted=True, n_sweeps=8, seed=0), base))
print("test RMSE", ", ".join(f"{name} {score:.3f}" for name, score in scores.items()))

# %% [markdown]
r"""
No. ALS on mean-centred ratings is a little worse than biases alone: it spends its factors on who is generous and what is liked by all, and the penalty shrinks just that. With biases removed first, the same ALS is the best of the four. It has no biases of its own: take them out before, and add them back after.

## 8 What a sweep costs

Count additions and multiplications. Each rating adds $q_i q_i^\top$ to its user's matrix: $k(k+1)/2$ different entries, two operations each, so $k(k+1)$. It does that once for its user and once for its item. Each of the $m + n$ rows then solves a $k \times k$ system: $k^3/3$ with Cholesky's method, for large $k$. With $N$ ratings:

$$\text{operations of a sweep} \approx 2N\,k(k+1) + (m+n)\,\frac{k^3}{3} \tag{2.8}$$

Linear in $N$. An unrated pair costs nothing, though the objective is about a table of $m \times n$. This counts the equations as written. The fast half-step solves a smaller system for rows with few ratings (*Deeper*), so it does less. [Task 02.14](../exercises/02_als.ipynb) lets you count.

**How libraries do it.** Spark's documentation says that it scales $\lambda$ by the number of ratings. You need not take its word: the gradient tells which objective a fit has minimized. Spark 4.3 was run for 100 sweeps on a small table, its factors were recorded, and here are both gradients there. LensKit's users are recorded too, after one half-step.
"""

# %%
assert scores["mean + ALS"] > scores["biases"] + 0.003 > scores["biases + ALS"] + 0.015  # section 7
for k in (10, 20, 64, 128):
    total, solving = als.flops(train_real.nnz, m + n, k), als.flops(0, m + n, k)
    print(f"k = {k:3}: {total / 1e6:7,.1f} million operations, {solving / total:.0%} of them to solve the systems")
assert als.flops(0, m + n, 128) < als.flops(train_real.nnz, 0, 128)
peers = json.loads(files("recmath_lib").joinpath("data/factorization_peers.json").read_text(encoding="utf-8"))
small, spark = ratings.from_triplets(*(peers["ratings"][name] for name in ("users", "items", "values"))), peers["spark"]
for weighted in (False, True):
    parts = factorization.gradient(small, spark["user_factors"], spark["item_factors"], spark["reg"], weighted)
    largest = max(np.abs(part).max() for part in parts)
    ours = als.half_step(small, peers["item_factors"], peers["lenskit"]["reg"], weighted)
    far = np.abs(ours - peers["lenskit"]["user_factors"]).max()
    name = "weighted" if weighted else "plain"
    print(f"{name:9} Spark's largest slope {largest:.4f}   LensKit's users differ from ours by at most {far:.4f}")
assert largest < 1e-4 and far < 1e-4

# %% [markdown]
r"""
Both minimize the weighted objective. What others mean by the same letter:

| library | data | penalty of user $u$ |
|---|---|---|
| Spark MLlib `ALS` | ratings, or counts as confidence | $\lambda n_u$ |
| LensKit `BiasedMFScorer` | ratings after biases | $\lambda n_u$ |
| implicit `AlternatingLeastSquares` | counts as confidence (lesson 05) | $\lambda$ |
| scikit-learn `Ridge`, one user at a time | ratings | $\lambda$ (`alpha`) |

## Summary

| you want | use | watch |
|---|---|---|
| one row | ridge, Eq. (2.2), or taller least squares, Eq. (2.3) | which penalty: $\lambda$ or $\lambda n_u$ |
| one side | a half-step, Eq. (2.4) | rows without ratings get zeros |
| a fit | sweeps, Eq. (2.5), the second half from the new users | $\lambda > 0$; biases removed first |
| a check while it runs | Eq. (2.6): its own objective never rises | not the other objective |
| to know when to stop | balance, Eq. (2.7), then the gradient | stationary, not "minimum"; try several starts |
| to plan | Eq. (2.8) | linear in the ratings, quadratic to cubic in $k$ |

**Notation of this lesson.** $Q_u$, $r_u$: item vectors and ratings of the items that user $u$ rated; $n_u$ how many; $c_u = 1$ (plain) or $n_u$ (weighted); $P^{+}$ the users after a half-step; $D_P$, $D_Q$ the counts $c_u$, $c_i$ on a diagonal; $\beta$ the imbalance (`imbalance`).

**Papers.** Zhou, Wilkinson, Schreiber and Pan (2008), *Large-scale parallel collaborative filtering for the Netflix prize*. Koren, Bell and Volinsky (2009), *Matrix factorization techniques for recommender systems*. Grippo and Sciandrone (2000), *On the convergence of the block nonlinear Gauss-Seidel method under convex constraints*.

**Next.** Do [the exercises](../exercises/02_als.ipynb). [Lesson 03](03_svd.ipynb) asks what ALS finds when nothing is missing, and finds the SVD.
"""

# %% [markdown] tags=["deeper"]
"""
## Deeper: spot the error

Two sentences from texts on ALS. What is wrong with each? Decide, then open.

1. "The loss decreases monotonically, so ALS converges to a local minimum."
2. "We update users and items in parallel, each from the old values of the other. Each update is optimal, so the loss cannot rise."

<details><summary>Answers</summary>1: it decreases, but at Q = 0 it stays for ever, and that is a saddle. Every limit point is stationary; more is not promised. 2: each update is optimal for values that no longer hold. The two halves together can raise the loss, as the next cell shows.</details>
"""

# %% tags=["deeper"]
P, Q, seen = *np.random.default_rng(0).normal(size=(2, 5, 2)), []
for _ in range(6):
    P, Q = als.half_step(five, Q, 0.1), als.half_step(five.T.tocsr(), P, 0.1)  # both from the old values
    seen.append(objective(five, P, Q, 0.1))
print("users and items at once:", " ".join(f"{value:.1f}" for value in seen))
assert np.diff(seen).max() > 1000

# %% [markdown] tags=["deeper"]
"""
## Deeper: the sweeps, in code

Task 02.2 done? Here is ours. `sweeps` checks its arguments and hands them to `_sweeps`, which is Eq. (2.5): two half-steps, one state.
"""

# %% tags=["deeper"]
show_source(als.sweeps)
show_source(als._sweeps)

# %% [markdown] tags=["deeper"]
r"""
## Deeper: are the four ends minima?

At a minimum no second derivative is negative. Collect those of all 20 numbers, the **Hessian**, from differences of the gradient. One eigenvalue has to be 0: a rotation of the two factors changes nothing, and two factors have one angle.
"""

# %% tags=["deeper"]
def slopes(x):
    """Gradient of the plain objective of the 5 × 5 table, as 20 numbers."""
    return np.ravel(factorization.gradient(five, *x.reshape(2, 5, 2), 0.01))

# %% tags=["deeper"]
for seed, end in ends.items():
    x = np.ravel([end.user_factors, end.item_factors])
    hessian = [(slopes(x + 1e-5 * e) - slopes(x - 1e-5 * e)) / 2e-5 for e in np.eye(20)]
    bends = np.linalg.eigvalsh(hessian)
    print(f"seed {seed}: smallest second derivatives {abs(bends[0]):.3f}, {bends[1]:.3f}, {bends[2]:.3f}")
    assert abs(bends[0]) < 1e-3 < 0.01 < bends[1]

# %% [markdown] tags=["deeper"]
r"""
Four minima, flat along the rotation and nowhere else. Which one ALS finds, the start decides.
"""

# %% [markdown] tags=["deeper"]
r"""
## Deeper: fewer ratings than factors

With three ratings and 64 factors, Eq. (2.2) solves 64 equations for a vector that depends on three numbers. Write $A = Q_u^\top Q_u + \lambda c_u I$ and $B = Q_u Q_u^\top + \lambda c_u I$, a $3 \times 3$ matrix. Multiply out and see that $A\,Q_u^\top = Q_u^\top B$. So $Q_u^\top B^{-1} = A^{-1} Q_u^\top$: push the inverse through, and solve the small system. (The *dual* of the ridge regression, also called kernel ridge.)

$$p_u = Q_u^\top\big(Q_u Q_u^\top + \lambda c_u I\big)^{-1} r_u \tag{2.9}$$

It builds a matrix of $n_u^2$ products of length $k$ and solves $n_u$ equations, not $k$. So it pays where a row has fewer ratings than factors by a fair margin. The fast half-step uses it for such rows, and on MovieLens with 64 factors they are most of the rows.
"""

# %% tags=["deeper"]
few, given = np.random.default_rng(1).normal(size=(3, 64)), np.array([1.0, -0.5, 2.0])
assert np.allclose(als.update_row_dual(few, given, 0.3), als.update_row(few, given, 0.3))
counts = np.concatenate([np.diff(train_real.indptr), np.bincount(train_real.indices, minlength=n)])
for k in (10, 20, 64, 128):
    print(f"k = {k:3}: {np.mean(counts < 0.7 * k):.0%} of users and films have fewer ratings than 0.7 k")
assert np.mean(counts < 0.7 * 64) > 0.7

# %% [markdown] tags=["deeper"]
r"""
## Deeper: how many digits are left

A system loses about as many digits as its **condition number** has: the largest eigenvalue over the smallest. The eigenvalues of $Q_u^\top Q_u + \lambda c_u I$ are $s^2 + \lambda c_u$, where the $s$ are the singular values of $Q_u$. With fewer ratings than factors the smallest is $\lambda c_u$ itself; it never is below that. So the condition number is at most $(s_1^2 + \lambda c_u)/(\lambda c_u)$. In float32, with about 7 digits, keep that well below a million.
"""

# %% tags=["deeper"]
top = np.linalg.norm(few, 2) ** 2
for penalty in (1e-6, 1e-2, 1.0):
    number = np.linalg.cond(few.T @ few + penalty * np.eye(64))
    print(f"penalty {penalty:8.6f}: condition number {number:.2e}, bound {(top + penalty) / penalty:.2e}")
    assert np.isclose(number, (top + penalty) / penalty, rtol=1e-4)

# %% [markdown] tags=["deeper"]
r"""
## Deeper: from which penalty on nothing is left

Let $R$ hold the ratings and 0 elsewhere, and $s_1$ its largest singular value. How much do factors improve on $P = Q = 0$?
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
Multiply out the squared errors. The squares of the predictions cannot hurt the bound, so leave them out:

$$J(P, Q) - J(0, 0) \;\ge\; -2\operatorname{tr}(P^\top R\, Q) + \lambda\big(\lVert P\rVert^2 + \lVert Q\rVert^2\big) \;\ge\; (\lambda - s_1)\big(\lVert P\rVert^2 + \lVert Q\rVert^2\big).$$

The last step uses $2\operatorname{tr}(P^\top R\,Q) \le 2 s_1\lVert P\rVert\,\lVert Q\rVert \le s_1(\lVert P\rVert^2 + \lVert Q\rVert^2)$. So for $\lambda > s_1$ zero is the only minimum. For $\lambda < s_1$ it is a saddle: a small step along the top singular vectors goes down. The weighted objective has the same threshold with $r_{ui}/\sqrt{n_u n_i}$ in place of $r_{ui}$.
"""

# %% tags=["deeper"]
full = five.toarray()
shares = full / np.sqrt(np.outer((full > 0).sum(axis=1), (full > 0).sum(axis=0)))
thresholds = {"plain": np.linalg.norm(full, 2), "weighted": np.linalg.norm(shares, 2)}
print(", ".join(f"{name} {threshold:.4f}" for name, threshold in thresholds.items()))
assert round(thresholds["plain"], 2) == 9.37

# %% tags=["deeper"]
for name, threshold in thresholds.items():
    regs = 0.98 * threshold, 1.02 * threshold
    below, above = (als.fit(five, 2, reg, weighted=name == "weighted", n_sweeps=400, seed=0) for reg in regs)
    largest = [np.abs(end.user_factors @ end.item_factors.T).max() for end in (below, above)]
    print(f"{name:9} largest prediction {largest[0]:.2f} at 0.98 times the threshold, {largest[1]:.2f} at 1.02 times")
    assert largest[0] > 0.05 and largest[1] < 1e-6

# %% tags=["deeper"]
per_user, per_film = (np.maximum(counts, 1) for counts in factorization.penalty_counts(left_over, weighted=True))
shares = left_over.toarray() / np.sqrt(np.outer(per_user, per_film))
threshold = np.linalg.norm(shares.T @ shares, 2) ** 0.5
print(f"cinema, weighted {threshold:.4f}")
assert round(threshold, 3) == 0.507

# %% [markdown] tags=["deeper"]
r"""
On the cinema the threshold of the weighted objective is 0.507, so $\lambda = 1$ left nothing.

## Deeper: without a penalty there may be no best

Two users, two films, one factor, three ratings: $r_{01} = r_{10} = 1$ and $r_{11} = 0$. To meet them exactly, $p_1 q_1 = 0$; but then $p_1$ or $q_1$ is 0, and a rating of 1 is missed. Come closer and closer: $p = q = (t, 1/t)$ misses $r_{11}$ by $1/t^2$ only. The error goes to 0 and never is 0, and the prediction for the fourth cell, $t^2$, goes to infinity. There is no minimum to converge to.
"""

# %% tags=["deeper"]
corner = ratings.from_triplets([0, 1, 1], [1, 0, 1], [1.0, 1.0, 0.0])
for t in (1.0, 10.0, 100.0):
    factor = np.array([[t], [1 / t]])
    error = objective(corner, factor, factor, 0.0)
    print(f"t = {t:3.0f}: squared error {error:.8f}, user 0, film 0: {t * t:6,.0f} stars")
    assert np.isclose(error, t**-4)

# %% [markdown] tags=["deeper"]
"""
## Deeper: how the fast half-step is built

Three ideas, each in a few lines of `recmath_lib/kernels.py`. **Buckets**: users with about equally many ratings are laid side by side, padded to a rectangle, so one NumPy call builds hundreds of matrices. The layout is prepared once per matrix and used in every sweep. **The smaller system**: rows with few ratings use Eq. (2.9). **Elimination across the bucket**: one step of elimination on all its systems at once, in place of one call of a solver per row. Two threads share the buckets. A bucket is solved whole by one thread, so the digits do not depend on how many there are.

The layout is the `plan` of `half_step`, one function for both sides:
"""

# %% tags=["deeper"]
show_source(als.half_step)

# %% [markdown] tags=["deeper"]
"""
Memory is the ratings, the layout (at most 16 bytes a rating) and the factors. No table of users by films is ever made: its 1.5 million cells would take more room than all the rest.
"""

# %% tags=["deeper"]
plan = kernels.prepare(train_real, 20)
size = sum(part.nbytes for bucket in plan.buckets for part in (bucket.rows, bucket.columns, bucket.values))
print(f"{train_real.nnz:,} ratings of {m * n:,} cells; layout within 16 bytes a rating: {size <= 16 * train_real.nnz}")
assert size <= 16 * train_real.nnz and m * n > 1_500_000

# %% tags=["deeper"]
show_source(kernels.solve_rows)
