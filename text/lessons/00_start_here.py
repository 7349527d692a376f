# %% [markdown]
"""
# Lesson 00: Start here

**Three quick questions.** Guess first, then open. The cells below compute every answer.

<details><summary>A cinema shows 240 films. You rate five of them. Is that enough to choose ten others for you?</summary>Yes, and well. Tried on the 783 of 800 people who have at least 12 ratings, ten films chosen from five ratings earn 4.35 stars on average. The ten most rated films earn 3.48.</details>
<details><summary>Is a recommendation an average of what others liked?</summary>That average is where it starts, at 3.78 stars. The rest comes from three equations with three unknowns, and they are about you.</details>
<details><summary>Do you have to rate a family film before you are offered one?</summary>No. In the example below you have rated none of them, and five of the ten are family films.</details>

**When you have finished, you can**

- **O0.1** fold a new viewer into a model with one linear solve, score every film and list the best;
- **O0.2** find your way through the lessons, their checks and their hints;
- **O0.3** refresh any of ten pieces of mathematics when a lesson asks for it;
- **O0.4** translate this course's letters into those of other texts and libraries.

You need a little Python and first-year calculus. Sections 1 to 5 take about 30 minutes. The primer and the notation are for looking things up.
"""

# %%
import numpy as np
from matplotlib.figure import Figure

from recmath_lib import plots
from recmath_lib.datasets import load_cinema
from recmath_lib.grading import check
from recmath_lib.metrics import reciprocal_rank
from recmath_lib.recommender import best_films, fold_in, predicted_ratings
from recmath_lib.teaching import predict, show_source
from recmath_lib.widgets import taste_panel

np.set_printoptions(precision=4, suppress=True)
cinema = load_cinema()
baseline = cinema.mean + cinema.item_bias  # what an average viewer gives each film, in stars

# %% [markdown]
"""
## 1 Rate five films

You walk into a small cinema. It has 240 films, and it does not know you. You rate five of them: three you like, two you cannot stand. Out comes a place on three taste axes, and ten films.
"""

# %%
five = {"Exploding Helicopter": 2.0, "Goodbye to the River": 4.5, "Honeymoon at the Flower Stall": 4.5,
        "The Bleeding Scarecrow": 1.5, "Beyond the Glass Nebula": 4.0}
rated, given = [cinema.titles.index(title) for title in five], np.array(list(five.values()))

def taste_of(films, ratings):
    """Where somebody stands who gave these films these ratings."""
    return fold_in(cinema.item_axes[films], ratings - baseline[films], reg=1.0)

def stars_for(taste):
    """What somebody with this taste would give every film."""
    return predicted_ratings(taste, cinema.item_axes, baseline)

taste = taste_of(rated, given)
stars = stars_for(taste)
ten = best_films(stars, 10, exclude=rated)

chosen = tuple((cinema.titles[film], stars[film], baseline[film]) for film in ten)
plots.taste_picture(cinema.axis_names, plots.Taste(tuple(taste), chosen), reach=1.2)

# %% [markdown]
"""
Now you. The panel has the same five films, with a rating for each. Before you touch it, make a bet. *Beyond the Glass Nebula* disappoints you: 1 star in place of 4, all else as it is. How many of the ten films will be replaced? Put your answer in place of `None`.
"""

# %%
predict("00.w1", None, ["one or two", "about four", "seven or more"])

# %% tags=["nbval-ignore-output"]
taste_panel(cinema.titles, rated, cinema.axis_names, taste_of, stars_for, stars=given)

# %% [markdown]
r"""
## 2 What happened

Three steps. **First**, take from each rating what anybody would have given. The average viewer gives the average film $\mu$ stars, and film $i$ earns $b_i$ on top of that. What is left over is about you.
"""

# %%
left_over = given - baseline[rated]
for film, rating, left in zip(rated, given, left_over, strict=True):
    print(f"{cinema.titles[film]:30} you {rating:.1f}  average {baseline[film]:.2f}  left over {left:+.2f}")
assert np.allclose(left_over[[1, 3]], [1.2, -2.07], atol=0.01)

# %% [markdown]
r"""
**Second**, look where these films lie. Film $i$ has a vector $q_i$: its place on three axes. Your taste $p$ has the same three entries, and $p \cdot q_i$ should come close to what is left over. Put the vectors of your films into the rows of a table $Q_u$, and what is left over into $r_u$. You want $\lVert r_u - Q_u\,p\rVert^2$ to be small. Five ratings are few, so you also want $p$ to be short unless the ratings insist: add $\lambda\lVert p\rVert^2$. The best $p$ is

$$p_u = (Q_u^\top Q_u + \lambda I)^{-1}\, Q_u^\top r_u \tag{0.1}$$

This is **ridge regression**; [card 3](#Card-3:-Ridge) of the primer derives it. Three axes make three equations. Here they stand, with $\lambda = 1$ (card 3 also says why 1), and your taste solves them.
"""

# %%
Q = cinema.item_axes[rated]
left_side, right_side = Q.T @ Q + np.eye(3), Q.T @ left_over
for axis, name in enumerate(cinema.axis_names):
    print(f"{left_side[axis]} · p = {right_side[axis]:7.4f}      p = {taste[axis]:7.4f}   {name}")
assert np.allclose(left_side @ taste, right_side)
assert taste[0] > 0.5 and taste[1] < -0.7 and 0 < taste[2] < 0.3

# %% [markdown]
"""
A plus points to the right-hand name, a minus to the left-hand one. So you lean to conversations, to laughter, and a little to far worlds. The library does the same in its last line. This is its source, not a copy:
"""

# %%
show_source(fold_in)

# %% [markdown]
r"""
**Third**, score every film: what an average viewer gives it, plus your taste times its place.

$$\hat r_{ui} = \mu + b_i + p_u \cdot q_i \tag{0.2}$$

Sort by score, leave out what you have rated, and the first ten are your list. These are its first four, with one product per axis:
"""

# %%
for rank, film in enumerate(ten[:4], start=1):
    parts = "  ".join(f"{part:+.2f}" for part in taste * cinema.item_axes[film])
    print(f"{rank}  {cinema.titles[film]:26} {baseline[film]:.2f}  {parts}  =  {stars[film]:.2f}")
assert np.allclose(stars[ten], baseline[ten] + (taste * cinema.item_axes[ten]).sum(axis=1))
place = 1 + np.sum(baseline > baseline[ten[0]])
print(f"{cinema.titles[ten[0]]} stands at place {place} of {len(baseline)} for the average viewer")
assert cinema.titles[ten[0]] == "A Suspicious Moustache" and place == 52
assert stars[ten[0]] - baseline[ten[0]] > 1.5

# %% [markdown]
"""
For the average viewer, *A Suspicious Moustache* is one film among many: 3.37 stars, place 52. Your taste adds more than a star and a half and puts it first. (5.06 is beyond the scale of five stars. That does no harm: an order needs no scale.) Two more things are worth counting: the genres on your list, and your bet.
"""

# %%
genres = [cinema.genre_names[genre] for genre in cinema.genre[ten]]
print("genres on your list:", ", ".join(f"{name} {genres.count(name)}" for name in sorted(set(genres))))
other_taste = taste_of(rated, [*given[:4], 1.0])  # the Nebula is the last of the five
other_ten = best_films(stars_for(other_taste), 10, exclude=rated)
replaced = set(ten) - set(other_ten)
print(f"after 1 star for the Nebula: taste {other_taste}, {len(replaced)} of ten films replaced")
print("places of your five films on the third axis:", Q[:, 2])
assert genres.count("family") == 5 and genres.count("comedy") == 3 and len(replaced) == 7
assert np.abs(Q[:4, 2]).max() < 0.32 < 1 < Q[4, 2]

# %% [markdown]
"""
You said nothing about family films or comedies, and eight of the ten are just that. The axes carry what you said about one film to its neighbours, whatever their genre.

And one rating replaced seven films out of ten. The last line says why. Four of your five films lie near 0 on the third axis, so they say little about it. The Nebula lies at 1.05. It alone decides how far from home you want to go.

One thing in this cinema is a gift: **we know the axes**, because the course invented them. The module `recmath_lib.cinema` tells how. With real films nobody hands you $Q$. You have to learn $P$ and $Q$ together, from the ratings alone. That is where [lesson 01](01_factorization.ipynb) begins.

## 3 Does it work?

One nice list proves nothing. The cinema has 800 people, and since they are invented, we know how each would rate *every* film. So let them take your seat: the 783 of the 800 who have at least 12 ratings, so that we can also try twelve. Hide all but five of a person's ratings, fold these in, choose ten films, and see how many stars the person gives to these ten.

Two rankings frame the answer. Without a single rating you get the films with the best average. With perfect knowledge of your taste you get as far as any list of this kind can go. How far do five ratings carry you from the first to the second?
"""

# %%
predict("00.q1", None, ["less than a third of the way", "about half of the way", "more than two thirds"])

# %%
films_of = np.split(cinema.ratings.indices, cinema.ratings.indptr[1:-1])  # the films each person has rated
people = [person for person, films in enumerate(films_of) if len(films) >= 12]
assert (len(people), len(films_of)) == (783, 800)

def earned(person, taste, seen=()):
    """Stars a person really gives, on average, to the ten films that a taste chooses."""
    return cinema.would_rate[person, best_films(stars_for(taste), 10, exclude=seen)].mean()

def earned_after(n_ratings, seed=0):
    """The same, averaged over people, if the taste is folded in from n_ratings of a person's ratings."""
    rng, found = np.random.default_rng(seed), []
    for person in people:
        seen = rng.permutation(films_of[person])[:n_ratings]
        found.append(earned(person, taste_of(seen, cinema.would_rate[person, seen]), seen))
    return np.mean(found)

n_rated = [0, 1, 2, 3, 5, 8, 12]
curve = [earned_after(n) for n in n_rated]

# %%
most_rated = best_films(np.bincount(cinema.ratings.indices, minlength=len(cinema.titles)), 10)
popular = cinema.would_rate[np.ix_(people, most_rated)].mean()
perfect = np.mean([earned(person, cinema.user_axes[person]) for person in people])
print(f"{len(people)} people. Most rated films: {popular:.2f} stars. True taste: {perfect:.2f} stars.")
print("ratings folded in  ", "  ".join(f"{n:4d}" for n in n_rated))
print("stars of ten films ", "  ".join(f"{value:.2f}" for value in curve))
share = (curve[4] - curve[0]) / (perfect - curve[0])
print(f"Five ratings go {share:.0%} of the way from the best average to the true taste.")
assert f"{popular:.2f} {curve[0]:.2f} {curve[4]:.2f}" == "3.48 3.78 4.35" and 2 / 3 < share < 3 / 4
assert (np.diff(curve) > 0).all() and (np.diff(curve) / np.diff(n_rated))[1:].max() < curve[1] - curve[0]

# %% jupyter={"source_hidden": true}
with plots.house():
    figure = Figure(figsize=(6.6, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(n_rated, curve, "o-", color=plots.BLUE)
    for n, value in zip(n_rated, curve, strict=True):
        axes.annotate(f"{value:.2f}", (n, value), (0, -15), textcoords="offset points", ha="center", fontsize=9)
    for height, dash, name in ((popular, ":", "most rated films"), (perfect, "--", "true taste")):
        axes.axhline(height, color=plots.VERMILLION, linestyle=dash)
        axes.text(12.4, height + 0.03, f"{name} {height:.2f}", ha="right", fontsize=9)
    axes.set(xlabel="number of ratings folded in", ylabel="stars of the ten films", ylim=(3.4, 4.7), xlim=(-0.6, 12.6))
    axes.set_title(f"Five ratings go {share:.0%} of the way to your true taste")
alt = (f"Average stars of ten chosen films, by number of ratings: from {curve[0]:.2f} without any over {curve[4]:.2f} "
       f"with five to {curve[-1]:.2f} with twelve. Most rated films {popular:.2f}, true taste {perfect:.2f}.")
plots.picture(figure, alt)

# %% [markdown]
r"""
Popularity earns 3.48 stars, the best average 3.78, and five ratings 4.35. So a recommender is neither magic nor an average: it is an average, plus a small linear system about you. After that each further rating adds less.

Two warnings. The people here were made by the model that serves them, so it fits them better than it will fit real people: lesson 08 will try real films. And we could measure only because we know how everybody would rate everything. With real data you see only what people chose to rate: lesson 07 will deal with that.

## 4 The map

Everything in this course grows out of the square in front of you, $\lVert r_u - Q_u\,p\rVert^2$. Each lesson changes one thing about it.
"""

# %% jupyter={"source_hidden": true}
lessons = {  # place, words, and the lessons it leads to
    "00": (0, 0, "known films,\none viewer", ["01", "04"]), "01": (1, 0, "films\nunknown too", ["02"]),
    "02": (2, 0, "solve\nby turns", ["03"]), "03": (3, 0, "solve\nby SVD", ["05"]),
    "04": (2, 1.3, "judge\na list", ["06", "07"]), "05": (4, 0, "fit pairs,\nnot stars", ["06"]),
    "06": (5, 0, "fit the top\nof the list", ["08"]), "07": (4, 1.3, "judge\nfairly", ["08"]),
    "08": (6, 0.65, "real films,\nall models", ["09"]), "09": (7, 0.65, "millions\nof ratings", []),
}
ready = {"00", "01", "02", "03", "04", "05", "06"}
with plots.house():
    figure = Figure(figsize=(8.3, 2.7), layout="constrained")
    axes, boxes = figure.subplots(), {}
    for name, (x, y, words, _) in lessons.items():
        colour = plots.VERMILLION if name in ("04", "07") else plots.BLUE
        line = {"linestyle": "-", "linewidth": 2.2} if name in ready else {"linestyle": ":", "linewidth": 1.2}
        box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": colour, **line}
        text = axes.text(x, y, f"{name}\n{words}", ha="center", va="center", bbox=box, fontsize=8.5)
        boxes[name] = text.get_bbox_patch()
    for name, (x, y, _, then) in lessons.items():
        for other in then:
            ends = {"patchA": boxes[name], "patchB": boxes[other], "shrinkA": 1, "shrinkB": 1}
            arrow = {"arrowstyle": "-|>", "color": plots.GREY, "linewidth": 1, **ends}
            axes.annotate("", lessons[other][:2], (x, y), arrowprops=arrow)
    axes.set(xlim=(-0.55, 7.55), ylim=(-0.45, 1.75))
    axes.set_axis_off()
    axes.set_title("Fit (blue), judge (red), then both on real films. Dotted lessons are planned")
steps = [f"{name} {words} leads to {' and '.join(then)}" for name, (_, _, words, then) in lessons.items() if then]
plots.picture(figure, f"Map of the lessons: {'; '.join(steps)}. Ready: {' '.join(sorted(ready))}.".replace("\n", " "))

# %% [markdown]
r"""
| lesson | question it answers | what it derives | state |
|---|---|---|---|
| 00 start here | How do five ratings become a list? | fold-in by ridge; the primer | ready, 30 minutes |
| [01 factorization](01_factorization.ipynb) | What if nobody hands you the axes? | the objective, both readings of $\lambda$, gradients, biases | ready, 85 minutes |
| [02 als](02_als.ipynb) | How do you minimize it, and where do you end? | ridge updates by turns, monotone steps, stationary points | ready, 80 minutes |
| [03 svd](03_svd.ipynb) | When is there a closed form? | Eckart-Young, what missing data breaks, the nuclear norm | ready, 85 minutes |
| [04 metrics](04_metrics.ipynb) | How good is a ranked list? | precision to NDCG, bounds, ties, conventions, the bootstrap | ready, 60 minutes |
| [05 bpr](05_bpr.ipynb) | What if people click and never rate? | pairs, their likelihood, all three gradients, implicit ALS | ready, 85 minutes |
| [06 lambdarank](06_lambdarank.ipynb) | How do you train for the top of the list? | RankNet, lambdas, what is and is not optimized | ready, 90 minutes |
| 07 evaluation | Can you trust the number? | splits, sampled metrics, ratings missing not at random | planned |
| 08 recommender | Which model for real films? | every model on one table; your own vector; EASE | planned |
| 09 scale | What if there are millions? | costs, memory, the same half-step on many machines | planned |

Only ready lessons are linked. Lessons 01 and 04 need nothing but this page, so you can go to either next.

## 5 How a lesson works

**Predictions.** Before a widget or an experiment you commit yourself with `predict`. A guess that turns out wrong is remembered; a number that was only read is not.

**Asserts.** What the text claims about a number, the cell next to it asserts. If you change a cell and an assert fails, a sentence has become false. Try it: that is what they are for.

**Checks.** Each lesson has exercises in a notebook of their own, such as [the exercises of lesson 04](../exercises/04_metrics.ipynb). You write a function or a number, and `check` tells you at once where you stand. Here are four calls: an answer not yet begun; one by somebody who believes that the reciprocal rank is a mean over *all* hits (it is one over the rank of the first); the same once more; and the library's own.
"""

# %%
def not_begun(rels, k=None):
    ...

def mean_over_all_hits(rels, k=None):
    hits = [1 / rank for rank, rel in enumerate(rels[:k], start=1) if rel > 0]
    return float(np.mean(hits)) if hits else 0.0

for answer in (not_begun, mean_over_all_hits, mean_over_all_hits, reciprocal_rank):
    check("04.6", answer)

# %% [markdown]
"""
When a function is wrong, `check` shows the simplest case that fails: what went in, what you gave, what was expected. When it is wrong again, `check` also names the idea behind the mistake, if your values give it away. Numbers by hand, choices, orders and counter-examples have no cases to study, so there a known mistake is named at once. `hint("04.6")` helps in three steps, from a nudge to nearly the answer. Nothing is counted against you, and asking is free. Whoever teaches can collect the notebooks and run `python -m recmath_lib.grading`, which gives points.

**Deeper.** Cells under a folded heading are for a second reading. Click on *cells hidden* to open them. The ten cards below are folded in the same way.

**Your copies.** You work in the folder `my_work`. What you write there is yours: starting the course again never overwrites it. To get a fresh copy of a notebook, rename yours and start the course again.

## 6 The primer: ten cards

Do not read them now. Each heading says which lessons need the card and asks you one question. If you can answer it, leave the card shut. If not, open it: a derivation, then a small example in which you can check every number.
"""

# %% [markdown] tags=["deeper"]
r"""
## Card 1: Rank and projection

*For lessons 01 to 03.* **Self-test.** You know three numbers about each of 800 people and three about each of 240 films, and a table holds all their products $p_u \cdot q_i$. What is its rank at most, and how many numbers do you need to write it down?

<details><summary>Answer</summary>Rank 3 at most. 3 × (800 + 240) = 3,120 numbers are enough, in place of 192,000 entries.</details>
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
**Rank.** Take one number $p_u$ per person and one number $q_i$ per film. In the table of all products, every row is a multiple of the row $q$. Such a table has rank 1. With $k$ numbers each, the table is a sum of $k$ such tables, and its rank is at most $k$:

$$PQ^\top = \sum_{l=1}^{k} (\text{column } l \text{ of } P)\,(\text{column } l \text{ of } Q)^\top$$

**Projection.** Which multiple $tq$ of a vector $q$ is closest to a vector $r$? At the smallest squared distance the derivative is zero:

$$\frac{d}{dt}\lVert r - tq\rVert^2 = -2\,q\cdot(r - tq) = 0 \quad\Longrightarrow\quad t = \frac{q\cdot r}{q\cdot q}$$

Read the middle: what is left over, $r - tq$, stands at a right angle to $q$. So Pythagoras holds, and the squared lengths add up. With several vectors in the columns of $Q$ the same argument gives $Q^\top(r - Qp) = 0$, the **normal equations**.
"""

# %% tags=["deeper"]
P, Q = np.array([[1, 0], [2, 1], [0, 3]]), np.array([[1, 1], [0, 2], [4, 0], [1, -1]])
pieces = [np.outer(P[:, axis], Q[:, axis]) for axis in range(2)]
ranks = [np.linalg.matrix_rank(table) for table in (P @ Q.T, *pieces)]
print(f"rank of the table {ranks[0]}, of its two pieces {ranks[1]} and {ranks[2]}")
assert np.array_equal(sum(pieces), P @ Q.T) and ranks == [2, 1, 1]

# %% tags=["deeper"]
q, r = np.array([1.0, 2.0, 2.0]), np.array([3.0, 0.0, 3.0])
t = q @ r / (q @ q)
rest = r - t * q
print(f"t = {t:.4f}   q · rest = {q @ rest:.4f}   {r @ r:.0f} = {t * t * q @ q:.0f} + {rest @ rest:.0f}")
assert np.isclose(q @ rest, 0) and np.isclose(r @ r, t * t * q @ q + rest @ rest)

# %% [markdown] tags=["deeper"]
"""
## Card 2: SVD

*For lesson 03.* **Self-test.** A table has the singular values 10, 4 and 1. What is the squared error of its best table of rank 2, and which share of the squared entries does that table keep?

<details><summary>Answer</summary>The error is 1² = 1. All squared entries sum to 100 + 16 + 1 = 117, so 116/117 = 99.1 % are kept.</details>
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
How long can $Rb$ become if $b$ has length 1? Maximize $\lVert Rb\rVert^2 = b^\top R^\top R\,b$ on the sphere $b^\top b = 1$. At the maximum the two gradients are parallel, $2R^\top R\,b = 2 s^2\, b$. So $b$ is an eigenvector of $R^\top R$, and the length reached is $s$. Call the unit vector in the direction of $Rb$ by the name $a$; then $Rb = s\,a$. Repeat at right angles to what you have found. This gives the **singular value decomposition**:

$$R = \sum_l s_l\, a_l b_l^\top = A\,\mathrm{diag}(s)\,B^\top,\qquad s_1 \ge s_2 \ge \dots \ge 0$$

The pieces $a_l b_l^\top$ have length 1 and stand at right angles to each other. So the squared entries of $R$ sum to $\sum_l s_l^2$, and if you keep only the first $k$ pieces, $R_k$, the squared error is what you dropped:

$$\lVert R - R_k\rVert_F^2 = \sum_{l > k} s_l^2$$

No table of rank $k$ does better (Eckart and Young 1936; derived in lesson 03). The cell tries all directions $b$ in the plane, half a degree apart.
"""

# %% tags=["deeper"]
R = np.array([[3.0, 0.0], [4.0, 5.0]])
A, s, Bt = np.linalg.svd(R)
print(f"s = {s}   squared entries {np.sum(R**2):.0f} = {s[0] ** 2:.0f} + {s[1] ** 2:.0f}")
assert np.allclose(A @ np.diag(s) @ Bt, R) and np.allclose(np.linalg.eigvalsh(R.T @ R), s[::-1] ** 2)

# %% tags=["deeper"]
angles = np.radians(np.arange(0, 180, 0.5))
errors = [np.sum((R - R @ np.outer(b, b)) ** 2) for b in np.column_stack([np.cos(angles), np.sin(angles)])]
print(f"best table of rank 1: squared error {min(errors):.4f}")
assert np.isclose(min(errors), s[1] ** 2) and np.isclose(np.sum(R**2), np.sum(s**2))

# %% [markdown] tags=["deeper"]
r"""
## Card 3: Ridge

*For this page and lessons 01, 02, 05 and 08.* **Self-test.** What happens to your taste vector if $\lambda$ grows without end, and what will your ten films be?

<details><summary>Answer</summary>It shrinks to zero. You are treated as an average viewer and get the ten films with the best average.</details>
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
**As a penalty.** Minimize the squared error plus a price for length. The gradient is zero at the best $p$:

$$\nabla\big(\lVert r - Qp\rVert^2 + \lambda\lVert p\rVert^2\big) = -2\,Q^\top(r - Qp) + 2\lambda p = 0 \quad\Longrightarrow\quad (Q^\top Q + \lambda I)\,p = Q^\top r$$

That is Eq. (0.1). For $\lambda > 0$ the system always has exactly one solution, since $x^\top(Q^\top Q + \lambda I)\,x = \lVert Qx\rVert^2 + \lambda\lVert x\rVert^2 > 0$ for every $x \ne 0$.

**As a prior.** Suppose tastes are normally distributed around 0 with variance $\tau^2$ on each axis, and ratings around $Qp$ with variance $\nu^2$. The negative logarithm of both densities together is, up to a constant,

$$\frac{\lVert r - Qp\rVert^2}{2\nu^2} + \frac{\lVert p\rVert^2}{2\tau^2} = \frac{1}{2\nu^2}\Big(\lVert r - Qp\rVert^2 + \frac{\nu^2}{\tau^2}\lVert p\rVert^2\Big)$$

So the penalty says what you believed before the ratings came: $\lambda = \nu^2/\tau^2$. Noisy ratings, or people who are much alike: a large $\lambda$. The next cell takes one film with $q = 1$, rated 3 stars above average, $\nu^2 = 1$ and $\tau^2 = 2$.

In the cinema we know both variances. So the two cells after it compute the $\lambda$ that the theory asks for, fold in five ratings of every person with it and with a tenth and ten times of it, and measure which taste comes closest to the true one.
"""

# %% tags=["deeper"]
grid = np.linspace(-5, 5, 10001)
density = np.exp(-((3 - grid) ** 2) / 2) * np.exp(-(grid**2) / 4)  # of the rating, times of the taste
ridge = fold_in([[1.0]], [3.0], reg=1 / 2)[0]
print(f"most probable taste {grid[density.argmax()]:.4f}   ridge with lambda 1/2: {ridge:.4f}")
assert np.isclose(grid[density.argmax()], ridge, atol=1e-3) and np.isclose(ridge, 3 / (1 + 1 / 2))

# %% tags=["deeper"]
truth = np.array([stars_for(true_taste) for true_taste in cinema.user_axes])
scatter = np.var(cinema.would_rate - truth)  # noise, rounding to half stars, the habit of rating high or low
spread = np.var(cinema.user_axes)
print(f"variance of ratings around the truth {scatter:.2f}, of tastes {spread:.2f}: lambda = {scatter / spread:.2f}")
assert 0.9 < scatter / spread < 1.2

# %% tags=["deeper"]
def distance(reg, seed=0):
    """Mean squared distance from the true taste to the one folded in from five ratings."""
    rng, found = np.random.default_rng(seed), []
    for person in people:
        seen = rng.permutation(films_of[person])[:5]
        p = fold_in(cinema.item_axes[seen], cinema.would_rate[person, seen] - baseline[seen], reg)
        found.append(np.sum((p - cinema.user_axes[person]) ** 2))
    return np.mean(found)

distances = {reg: distance(reg) for reg in (scatter / spread / 10, scatter / spread, scatter / spread * 10)}
print("  ".join(f"lambda {reg:.2f}: distance {value:.2f}" for reg, value in distances.items()))
assert min(distances, key=distances.get) == scatter / spread

# %% [markdown] tags=["deeper"]
"""
## Card 4: Gradient

*For every lesson.* **Self-test.** A function is a staircase: flat, a jump, flat again. What does its gradient tell you about which way is up?

<details><summary>Answer</summary>Nothing. It is 0 wherever it exists. Lesson 04 shows that ranking metrics are such staircases.</details>
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
The **gradient** $\nabla f(p)$ collects the slopes of $f$ along the axes. For a small step $d$, $f(p + d) \approx f(p) + \nabla f(p)\cdot d$. The steepest way up is along $\nabla f$, and a descent step goes against it: $p - \eta\,\nabla f(p)$.

Every gradient in this course is tested by a **finite difference**: go a little forward and a little back along an axis, and divide. Taylor's formula for both steps, subtracted, shows how good that is:

$$\frac{f(x+h) - f(x-h)}{2h} = f'(x) + \frac{h^2}{6}f'''(x) + \dots$$

A one-sided difference, $(f(x+h) - f(x))/h = f'(x) + \tfrac h2 f''(x) + \dots$, is much worse. For $f(x) = x^3$ at $x = 2$ nothing hides in the dots: the slope is 12, the central difference gives $12 + h^2$, the one-sided one $12 + 6h + h^2$.
"""

# %% tags=["deeper"]
h = 0.01
central, one_sided = ((2 + h) ** 3 - (2 - h) ** 3) / (2 * h), ((2 + h) ** 3 - 2**3) / h
print(f"central {central:.4f}   one-sided {one_sided:.4f}")
assert np.isclose(central, 12 + h**2) and np.isclose(one_sided, 12 + 6 * h + h**2)

# %% tags=["deeper"]
p, q, r = np.array([0.5, -1.0]), np.array([2.0, 1.0]), 3.0
gradient = -2 * (r - p @ q) * q  # of the squared error of one rating
numeric = [((r - (p + d) @ q) ** 2 - (r - (p - d) @ q) ** 2) / (2 * h) for d in h * np.eye(2)]
print(f"gradient {gradient}   by differences {np.array(numeric)}")
assert np.allclose(gradient, numeric)

# %% [markdown] tags=["deeper"]
"""
## Card 5: Convexity

*For lessons 01, 02 and 06.* **Self-test.** At a point the gradient is zero, and the Hessian has the eigenvalues 3 and −1. Is the point a minimum?

<details><summary>Answer</summary>No, a saddle: along the second eigenvector the function falls.</details>
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
The **Hessian** $H$ is the table of second derivatives. Near a point,

$$f(x + d) \approx f(x) + \nabla f(x)\cdot d + \tfrac12\, d^\top H d$$

Go along a unit **eigenvector**, $Hv = hv$, by $d = tv$: the last term is $\tfrac12 h t^2$. So the eigenvalues are the curvatures: $h > 0$ bends up, $h < 0$ bends down. A function whose Hessian has no negative eigenvalue anywhere is **convex**: each chord lies above it, and a point with zero gradient is a global minimum.

Fitting one rating of 1 by a product of two unknowns, $f(u, v) = (1 - uv)^2$, shows why factorization is not convex:

$$H(u, v) = \begin{pmatrix} 2v^2 & 4uv - 2 \\ 4uv - 2 & 2u^2 \end{pmatrix}$$

At $(0, 0)$ the gradient is zero and the eigenvalues are $\pm 2$: a saddle. At $(1, 1)$ they are 0 and 4: the bottom of a valley. The points $(1, 1)$ and $(-1, -1)$ both have $f = 0$, and halfway between them $f = 1$. But hold $v$ still, and $2v^2 \ge 0$: convex in $u$ alone.
"""

# %% tags=["deeper"]
def slope(x):
    """Gradient of (1 - uv)²."""
    return -2 * (1 - x[0] * x[1]) * x[::-1]

def hessian(x, h=1e-4):
    """Second derivatives, from central differences of the slopes."""
    return np.array([(slope(x + d) - slope(x - d)) / (2 * h) for d in h * np.eye(2)])

u, v = 0.3, -0.7
assert np.allclose(hessian(np.array([u, v])), [[2 * v**2, 4 * u * v - 2], [4 * u * v - 2, 2 * u**2]])

# %% tags=["deeper"]
for point in (np.zeros(2), np.ones(2)):
    print(f"at {point}: eigenvalues {np.linalg.eigvalsh(hessian(point)).round(4) + 0.0}")
assert np.allclose(np.linalg.eigvalsh(hessian(np.zeros(2))), [-2, 2]) and np.allclose(hessian(np.ones(2)), 2)

# %% [markdown] tags=["deeper"]
r"""
## Card 6: Trace and Cauchy-Schwarz

*For lesson 03.* **Self-test.** The cosine of two rating vectors is $a \cdot b\,/\,(\lVert a\rVert\,\lVert b\rVert)$. Why can it never exceed 1, and when is it 1?

<details><summary>Answer</summary>That is the Cauchy-Schwarz inequality. It is 1 if one vector is a positive multiple of the other.</details>
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
The **trace** is the sum of the diagonal. $\operatorname{tr}(AB) = \sum_{ij} A_{ij}B_{ji} = \operatorname{tr}(BA)$: factors may go round in a circle. And $\operatorname{tr}(A^\top B) = \sum_{ij} A_{ij}B_{ij}$ is the dot product of two tables, read as long vectors. With itself it gives the squared length $\lVert A\rVert_F^2$.

**Cauchy-Schwarz.** A squared length is never negative. Take the length of $a - tb$ at the best $t$, the projection of card 1:

$$0 \le \lVert a - tb\rVert^2 = \lVert a\rVert^2 - \frac{(a\cdot b)^2}{\lVert b\rVert^2}\quad\text{at } t = \frac{a\cdot b}{\lVert b\rVert^2} \qquad\Longrightarrow\qquad |a\cdot b| \le \lVert a\rVert\,\lVert b\rVert$$

For tables, and with $xy \le \tfrac12(x^2 + y^2)$, which is $(x - y)^2 \ge 0$ in other words:

$$|\operatorname{tr}(A^\top B)| \le \lVert A\rVert_F\lVert B\rVert_F \le \tfrac12\big(\lVert A\rVert_F^2 + \lVert B\rVert_F^2\big)$$
"""

# %% tags=["deeper"]
A, B = np.array([[1.0, 2.0], [0.0, 2.0]]), np.array([[4.0, 0.0], [0.0, 3.0]])
dot, product = np.trace(A.T @ B), np.linalg.norm(A) * np.linalg.norm(B)
half_sum = (np.sum(A**2) + np.sum(B**2)) / 2
print(f"{dot:.4f} <= {product:.4f} <= {half_sum:.4f}   tr(AB) = {np.trace(A @ B):.4f} = tr(BA) = {np.trace(B @ A):.4f}")
assert dot == np.sum(A * B) and dot <= product <= half_sum and np.trace(A @ B) == np.trace(B @ A)
t = dot / np.sum(B**2)
assert np.isclose(np.sum((A - t * B) ** 2), np.sum(A**2) - dot**2 / np.sum(B**2))

# %% [markdown] tags=["deeper"]
"""
## Card 7: Logistic likelihood

*For lessons 05 and 06.* **Self-test.** A model says that you will watch a film with probability 0.9. What is its loss if you do, and if you do not?

<details><summary>Answer</summary>−ln 0.9 = 0.1054 if you do, −ln 0.1 = 2.3026 if you do not. A confident mistake is expensive.</details>
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
The **logistic function** turns a score into a probability. Turning the score round gives the other probability:

$$\sigma(x) = \frac{1}{1 + e^{-x}},\qquad 1 - \sigma(x) = \sigma(-x),\qquad \sigma'(x) = \sigma(x)\,\sigma(-x)$$

You watched the film ($y = 1$) or not ($y = 0$). The probability of what happened is the **likelihood**, $\sigma(x)^y\,\sigma(-x)^{1-y}$. Its negative logarithm is the loss, and its mean over many labels is the **cross-entropy**:

$$-\ln\big(\sigma(x)^y\,\sigma(-x)^{1-y}\big) = \ln(1 + e^x) - yx,\qquad \frac{d}{dx}\big(\ln(1 + e^x) - yx\big) = \sigma(x) - y$$

The slope is the probability minus the label: the push stops when they agree. In code, write $\ln(1 + e^x)$ as `np.logaddexp(0, x)`; written out, $e^{800}$ is more than a float can hold.
"""

# %% tags=["deeper"]
x, y, h = 2.0, np.array([1, 0]), 1e-4
sigmoid = 1 / (1 + np.exp(-x))
loss = np.logaddexp(0, x) - y * x
numeric = (np.logaddexp(0, x + h) - np.logaddexp(0, x - h)) / (2 * h) - y
print(f"probability {sigmoid:.4f}   loss if watched {loss[0]:.4f}, if not {loss[1]:.4f}   slopes {sigmoid - y}")
assert np.allclose(loss, [-np.log(sigmoid), -np.log(1 - sigmoid)]) and np.allclose(numeric, sigmoid - y)
assert np.logaddexp(0, 800.0) == 800 and np.allclose(-np.log([0.9, 0.1]), [0.1054, 2.3026], atol=5e-5)

# %% [markdown] tags=["deeper"]
r"""
## Card 8: MAP

*For lessons 01 and 05.* **Self-test.** With logistic loss, you believe twice as firmly that parameters are small: the prior variance is halved. What happens to $\lambda$?

<details><summary>Answer</summary>It doubles: λ = 1/(2τ²).</details>
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
Bayes' rule, $P(\theta \mid D) = P(D \mid \theta)\,P(\theta)\,/\,P(D)$, becomes a sum when you take logarithms. The **maximum a posteriori** estimate is the $\theta$ that makes this sum smallest:

$$-\ln P(\theta \mid D) = \overbrace{-\ln P(D \mid \theta)}^{\text{loss}}\ \overbrace{-\ln P(\theta)}^{\text{penalty}}\ +\ \text{a constant}$$

The constant, $\ln P(D)$, does not depend on $\theta$, so it does not move the minimum. A normal prior with variance $\tau^2$ gives the penalty $\theta^2/(2\tau^2)$, that is $\lambda\theta^2$ with

$$\lambda = \frac{1}{2\tau^2}$$

(Card 3 has $\nu^2/\tau^2$, because a squared error is $2\nu^2$ times a negative log-likelihood. What $\lambda$ means depends on the loss it is added to.)

Three people saw a film, and all three liked it. How likely is the fourth to like it? The likelihood alone wants a score without bound: certainty. With the prior $\tau^2 = 1$ the loss is $3\ln(1 + e^{-x}) + x^2/2$. Its slope is zero where $3\,\sigma(-x) = x$.
"""

# %% tags=["deeper"]
grid = np.linspace(-3, 40, 430001)
likelihood_only = 3 * np.logaddexp(0, -grid)
best = grid[np.argmin(likelihood_only + grid**2 / 2)]
print(f"three of three liked it: score {best:.4f}, probability {1 / (1 + np.exp(-best)):.4f}")
assert np.isclose(3 / (1 + np.exp(best)), best, atol=1e-3)
assert (np.diff(likelihood_only) < 0).all()  # without the prior, a higher score is always better

# %% [markdown] tags=["deeper"]
"""
## Card 9: Jensen

*For lessons 04 and 06.* **Self-test.** Model A finds your film at rank 1 one day and at rank 9 the next. Model B finds it at rank 5 on both. Their mean rank is the same. Which has the larger mean of 1/rank?

<details><summary>Answer</summary>A: (1 + 1/9)/2 = 0.5556 against 0.2. The function 1/x is convex, and spread pays.</details>
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
A convex function lies above each of its tangents. Take the tangent at the mean $m = E[X]$, and then the mean on both sides; the middle term vanishes, because $X - m$ is 0 on average:

$$f(X) \ge f(m) + f'(m)\,(X - m) \qquad\Longrightarrow\qquad E[f(X)] \ge f(E[X])$$

This is **Jensen's inequality**. For a concave function such as the logarithm, which bends down, the sign turns round: the mean of logarithms is at most the logarithm of the mean.
"""

# %% tags=["deeper"]
ranks = np.array([1.0, 9.0])
print(f"mean of 1/rank {np.mean(1 / ranks):.4f} >= 1/mean rank {1 / ranks.mean():.4f}")
print(f"mean of log2   {np.log2(ranks).mean():.4f} <= log2 of mean {np.log2(ranks.mean()):.4f}")
tangent = 1 / 5 - (ranks - 5) / 25  # of 1/x at the mean rank, 5
assert (1 / ranks >= tangent).all() and np.isclose(tangent.mean(), 1 / ranks.mean())
assert np.log2(ranks).mean() < np.log2(ranks.mean())

# %% [markdown] tags=["deeper"]
"""
## Card 10: Variance and resampling

*For lessons 04 and 07.* **Self-test.** Your metric is a mean over 1,000 people, and its standard error is 0.01. How many people do you need for 0.005?

<details><summary>Answer</summary>4,000. The variance of a mean falls like 1/n, its standard error like 1/√n.</details>
"""

# %% [markdown] tags=["deeper", "derivation"]
r"""
**Expectation** is the mean in the long run, and it adds: $E[X + Y] = E[X] + E[Y]$, always. **Variance** is the expected squared distance from it, $\operatorname{Var}X = E[(X - EX)^2] = E[X^2] - (EX)^2$. For a mean of $n$ independent values, only the terms $i = j$ remain, since independent values have covariance 0:

$$\operatorname{Var}\bar X = \frac{1}{n^2}\sum_{i,j}\operatorname{Cov}(X_i, X_j) = \frac{\operatorname{Var}X}{n}$$

The root of it is the **standard error**. But you have one sample, and so one mean: how would you see it vary? **Resample**: draw $n$ of your $n$ values with replacement, take the mean, and do it again. Each drawn value has the mean $\bar x$ and the variance $v$ of your sample (divided by $n$, not $n - 1$), so the formula above holds with them: the means scatter around $\bar x$ with variance $v/n$.

For three values there are only $3^3 = 27$ samples, so we can look at all of them. With more values you draw at random: that is the **bootstrap** of lesson 04.
"""

# %% tags=["deeper"]
values = np.array([0.0, 0.5, 1.0])
all_samples = values[np.indices((3, 3, 3)).reshape(3, -1)]  # 27 samples, one per column
means = all_samples.mean(axis=0)
print(f"{means.size} samples: mean {means.mean():.4f}, variance {means.var():.4f} = {values.var():.4f} / 3")
assert means.size == 27 and np.isclose(means.mean(), values.mean()) and np.isclose(means.var(), values.var() / 3)
assert np.isclose(values.var(), np.mean(values**2) - values.mean() ** 2)

# %% [markdown]
r"""
## 7 Notation

$\sigma$ is the logistic function and nothing else. Most other letters have to serve more than once, because the field reads them so. Inside one lesson a letter has one meaning as far as possible; where it has another, the second table says so. The cards of the primer use letters of their own.

| symbol | meaning | in code |
|---|---|---|
| $u = 1..m$ | a user: a person, a viewer | `user` |
| $i, j = 1..n$ | items: films; $j$ is the other one of a pair | `item`, `positive`, `negative` |
| $R$, $\Omega$, $\Omega_u$ | ratings; which are observed; the items that $u$ has rated | `ratings`, a sparse array: what is stored is observed, and a stored 0 is a true 0 |
| $P$, $Q$; $p_u$, $q_i$ | factors of users, $m \times k$, and of items, $n \times k$; one row of each | `user_factors`, `item_factors` |
| $k$ | number of factors | `n_factors` |
| $\lambda$ | weight of the penalty, plain ($\lambda$) or weighted by the number of ratings ($\lambda n_u$) | `reg`, `weighted` |
| $\mu$, $b_u$, $b_i$ | mean, bias of a user, bias of an item | `mean`, `user_bias`, `item_bias` |
| $s_l$, $A$, $B$ | singular values, left and right singular vectors, $R = A\,\mathrm{diag}(s)\,B^\top$ | `singular_values` |
| $\sigma(x)$ | the logistic function | `sigmoid` |
| $\beta$ | slope of the pairwise logistic loss | `slope` |
| $s_i$, $y_i$, $r_i$ | score, label and rank (1 is best) of item $i$ | `scores`, `labels`, `ranks` |
| $K$ | how many places of a list count | `k` in metric functions |
| $\lambda_{ij}$ | the push between two items, in lesson 06, where no penalty appears | `lambdas` |
| $n_u$ | number of ratings, or of clicks, of a user | `counts` |
| $\eta$ | learning rate | `lr` |
| $D_S$, $x_{uij}$ | lesson 05: all triples of a clicked and another film; the margin of one | `triples`, `margins` |
| $\tau^2$ | variance of the prior | `reg` is $1/(2\tau^2)$ in lesson 05, $\nu^2/\tau^2$ for squared errors with noise of variance $\nu^2$ |
| $\pi_{ui}$, $c_{ui}$ | lesson 05: preference, 1 for a click; confidence | `preference`, `confidence` |
| $G_i$, $D(r)$ | lesson 06: gain of item $i$; discount at rank $r$ | `gains`, `discounts` |

Every loss is minimized, so every gradient step subtracts.

| letter | in the table above | elsewhere |
|---|---|---|
| $R$ | ratings | lesson 04: number of relevant films; $\mathrm{R@}K$ is recall |
| $P$ | factors of users | lesson 04: $\mathrm{P@}K$ is precision; $\mathcal P$ and $\mathcal N$ in Eq. (4.4) are the relevant and the other films; lesson 05: $\Pr$ is a probability, $\mathcal N_u$ the films that may be drawn; lesson 06: $P_{ij}$ in Eq. (6.1) is a probability |
| $Q$, $q$ | factors of items | lesson 04, Eq. (4.8): a query $q$, and $\mathcal Q^+$, the queries that have a relevant film |
| $A$, $B$; $a$ | singular vectors | lesson 05: $a_i$, the chance that film $i$ is clicked; lesson 04: two lists, A and B; $B(i)$ in Eq. (4.11), the films tied with the one at rank $i$; $B$ above Eq. (4.12), the number of bootstrap rounds |
| $b$ | $b_u$, $b_i$: biases | lesson 04: base of a logarithm; in Eq. (4.12) a bootstrap round, $b_n$ being a person drawn in it |
| $i$ | an item | lesson 04: a rank, in all sums over places |
| $j$ | the other item of a pair | lesson 04: a lower rank; in Eq. (4.6) the number of a hit, in Eq. (4.11) a rank in a block |
| $y_i$ | label of item $i$ | lesson 04: label of the film at rank $i$; of item $i$ only in Eq. (4.4) |
| $r$ | $r_{ui}$: a rating; $r_i$: rank of item $i$ | lesson 05: $r_{ui}$, how often or how much $u$ used $i$; Eq. (0.1): $r_u$, what is left over of a user's ratings; Eq. (4.6): $r_j$, rank of the $j$-th hit |
| $n$ | number of films | lesson 04: length of the list; in Eq. (4.12) a person, $1..N$ |
| $s$ | $s_l$: a singular value; $s_i$: a score | the index tells |
| $\lambda$ | the penalty; $\lambda_{ij}$, $\lambda_i$: a push, and the sum of an item's | the index tells; Eq. (6.14) has the penalty beside $\lambda_i$ |
| $\Omega_u$ | films that $u$ has rated | lesson 05: films that $u$ has clicked |
| $p$, $q$ | factors | lesson 06: $p_i$, the softmax of the scores |
| $c$, $C$ | $c_{ui}$: confidence | lesson 02: $c_u$, how often a row is penalized; lesson 05: $C_u$, confidences on a diagonal; lesson 06: $C$, the cost of RankNet |
| $D$, $d$ | $D_S$: triples; $D(r)$: discount | lesson 05: $d_{uj}$, $d_j$, the chance that $j$ is drawn; $D$ under *Deeper* |
| $L$, $\ell$, $J$ | | the loss of the lesson; lesson 05: of BPR, of one triple, of implicit ALS; lesson 06: of softmax |
| $w$ | | lesson 05: $w_j$, a weight in the draw; lesson 06: $w_{ij}$ in Eq. (6.16) |
| $T$ | | lesson 05: number of triples drawn |
| $G$, $h$, $v$ | $G_i$: gain | lesson 05: $G$ under *Deeper*; lesson 06: $h_i$, a second derivative, and $v$, the value of a leaf |

### Coming from other texts and libraries

Many readers know the note *Recommendation & Ranking Mathematics*; the second column has its letters. It uses $\sigma$, $\lambda$, $k$ and $i$ for several things each, so look here before you compare a formula.

| here | the note | implicit | Spark MLlib | Surprise | scikit-learn |
|---|---|---|---|---|---|
| $k$, `n_factors` | $k$ | `factors` | `rank` | `n_factors` | `n_components` of `TruncatedSVD` |
| $P$, `user_factors` | $U$ | `user_factors` | `userFactors` | `pu` | `fit_transform(R)`: scaled by $s_l$ |
| $Q$, `item_factors` | $V$ | `item_factors` | `itemFactors` | `qi` | `components_.T` |
| $\lambda$, `reg` | $\lambda$; $\lambda n_u$ in its code | `regularization`: plain | `regParam`: times $n_u$ | `reg_all`: per rating, so it acts times $n_u$ | `alpha` of `Ridge`: plain |
| $\mu$, $b_u$, $b_i$ | none | none | none | `trainset.global_mean`, `bu`, `bi` | `fit_intercept` of `Ridge` |
| `n_sweeps`, `n_epochs` | `n_iters` | `iterations` | `maxIter` | `n_epochs` | `n_iter` |
| `lr` | none | `learning_rate` of BPR | none | `lr_all` | none |
| `seed` | a global 42 | `random_state` | `seed` | `random_state` | `random_state` |
| not observed | a 0 | not stored; counts as 0 with confidence 1 | not in the table | not in the table | a 0 |

| here | the note | scikit-learn | LightGBM |
|---|---|---|---|
| $s_i$, `scores` | $s_i$; $\hat r$ | `y_score` | what `predict` returns |
| $y_i$, `labels` | $rel_i$ | `y_true` | `label` |
| $K$, `k` | $K$ | `k` of `ndcg_score` | `eval_at`; in training `lambdarank_truncation_level` |
| gain `"exp"`: $2^y - 1$ | $2^{rel} - 1$ | the label itself, our `"linear"` | `label_gain`, by default $2^y - 1$ |
| equal scores: order of input | not stated | average over their orders, unless `ignore_ties=True` | order of input |
| nothing relevant: 0 | not stated | 0 | counts as 1 |
| $\beta$, `slope` | $\sigma$, also its name for the logistic function | none | `sigmoid` |
| sign: subtract $\lambda_i$ | its formula needs repair, see lesson 06 | none | gradient to subtract, the same |

**Four conventions that bite.** They change numbers without any error message.

- **Confidence.** implicit takes the numbers in your matrix, times `alpha`, *as* the confidence. The paper by Hu, Koren and Volinsky, and Spark, use $1 + \alpha r$. To get the paper's confidence out of implicit, store $1 + \alpha r$ yourself and leave its `alpha` at 1. At $\alpha = 1$ and one play the difference is largest: 1 against 2, and 1 is what an unseen film has.
- **Penalty.** Spark multiplies `regParam` by the number of ratings, implicit does not multiply `regularization`. A value tuned for one is wrong for the other by a factor of $n_u$, which differs from user to user.
- **Gain.** scikit-learn's `ndcg_score` takes labels as gains. For the other convention pass `2**y - 1`.
- **Normalized lambdas.** LightGBM rescales its gradients per query (`lambdarank_norm`, on by default). Switch it off before you compare with a formula.
"""

# %% [markdown]
"""
## 8 What to keep

- A recommendation is an average plus a correction about you: Eq. (0.2). The correction is one dot product.
- A few ratings fix the correction by a linear system as large as the number of axes: Eq. (0.1). Five ratings went more than two thirds of the way.
- The penalty is what you believe before the first rating. Axes that no rating touches stay at that belief, and a single rating on such an axis can turn the list over.
- The axes were a gift. Lessons 01 to 03 learn them from ratings alone.

**Papers.** Hoerl and Kennard (1970), *Ridge regression: biased estimation for nonorthogonal problems*. Koren, Bell and Volinsky (2009), *Matrix factorization techniques for recommender systems*. Hu, Koren and Volinsky (2008), *Collaborative filtering for implicit feedback datasets*. Eckart and Young (1936), *The approximation of one matrix by another of lower rank*.

**Next.** [Lesson 01](01_factorization.ipynb) learns the axes and the tastes together, from the ratings alone. If you came for rankings, [lesson 04: How good is a ranked list?](04_metrics.ipynb) needs nothing but this page.
"""
