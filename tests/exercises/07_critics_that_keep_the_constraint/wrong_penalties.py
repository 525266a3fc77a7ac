"""Wrong answers that people give: (function, answer, the test that must fail first, a part of its hint)."""

import numpy as np


def interpolates_hands_the_data_back(real, fake, rng):
    return real.copy()


def interpolates_any_random_numbers(real, fake, rng):
    return rng.random(real.shape)


def interpolates_a_weight_per_coordinate(real, fake, rng):
    return fake + rng.random(real.shape) * (real - fake)


def interpolates_a_weight_per_picture_row(real, fake, rng):
    weight = rng.random((*real.shape[:-1], 1)) if real.ndim > 1 else rng.random(real.shape)
    return fake + weight * (real - fake)


def interpolates_weights_along_the_last_axis(real, fake, rng):
    return fake + rng.random(len(real)) * (real - fake)


def interpolates_in_two_axes_only(real, fake, rng):
    return fake + rng.random((len(real), 1)) * (real - fake)


def interpolates_shares_that_do_not_sum_to_one(real, fake, rng):
    shape = (len(real), *[1] * (real.ndim - 1))
    return rng.random(shape) * real + rng.random(shape) * fake


def interpolates_without_the_minus(real, fake, rng):
    return fake + rng.random((len(real), *[1] * (real.ndim - 1))) * real


def interpolates_beyond_the_ends(real, fake, rng):
    return fake + rng.uniform(-1, 2, (len(real), *[1] * (real.ndim - 1))) * (real - fake)


def interpolates_one_weight_for_the_batch(real, fake, rng):
    return fake + rng.random() * (real - fake)


def interpolates_in_the_middle(real, fake, rng):
    return (real + fake) / 2


def interpolates_with_a_bell_curve(real, fake, rng):
    weight = np.clip(0.5 + 0.2 * rng.standard_normal((len(real), *[1] * (real.ndim - 1))), 0, 1)
    return fake + weight * (real - fake)


def interpolates_from_a_global_seed(real, fake, rng):
    return fake + np.random.rand(len(real), *[1] * (real.ndim - 1)) * (real - fake)  # noqa: NPY002


def interpolates_at_fixed_places(real, fake, rng):
    weight = (np.arange(len(real)) + 0.5) / len(real)
    return fake + weight.reshape(-1, *[1] * (real.ndim - 1)) * (real - fake)


def norms_over_axis_0(gradients):
    return np.linalg.norm(gradients.reshape(len(gradients), -1), axis=0)


def norms_of_the_whole_batch(gradients):
    return np.linalg.norm(gradients)


def norms_squared(gradients):
    return np.sum(gradients.reshape(len(gradients), -1) ** 2, axis=1)


def norms_with_a_mean(gradients):
    return np.sqrt(np.mean(gradients.reshape(len(gradients), -1) ** 2, axis=1))


def norms_of_sizes(gradients):
    return np.sum(np.abs(gradients.reshape(len(gradients), -1)), axis=1)


def norms_over_the_last_axis(gradients):
    return np.linalg.norm(gradients, axis=-1)


def norms_over_axis_1(gradients):
    return np.sqrt(np.sum(gradients**2, axis=1))


def norms_with_signs_on_the_line(gradients):
    return gradients if gradients.ndim == 1 else np.linalg.norm(gradients.reshape(len(gradients), -1), axis=1)


def excess(norms, one_sided):
    return np.maximum(norms - 1, 0) if one_sided else norms - 1


def penalty_on_the_square(norms, lam, one_sided):
    return lam * np.mean(excess(norms**2, one_sided) ** 2)


def penalty_without_lam(norms, lam, one_sided):
    return np.mean(excess(norms, one_sided) ** 2)


def penalty_summed(norms, lam, one_sided):
    return lam * np.sum(excess(norms, one_sided) ** 2)


def penalty_of_the_mean_norm(norms, lam, one_sided):
    return lam * excess(np.mean(norms), one_sided) ** 2


def penalty_without_the_square(norms, lam, one_sided):
    return lam * np.mean(np.abs(excess(norms, one_sided)))


def penalty_that_lost_its_minus(norms, lam, one_sided):
    return lam * np.mean(norms**2)


def penalty_plus_one(norms, lam, one_sided):
    return lam * np.mean((norms + 1) ** 2)


def penalty_always_one_sided(norms, lam, one_sided):
    return lam * np.mean(excess(norms, True) ** 2)


def penalty_always_two_sided(norms, lam, one_sided):
    return lam * np.mean(excess(norms, False) ** 2)


def penalty_swapped(norms, lam, one_sided):
    return lam * np.mean(excess(norms, not one_sided) ** 2)


def penalty_maximum_of_the_square(norms, lam, one_sided):
    square = (norms - 1) ** 2
    return lam * np.mean(np.maximum(square, 0) if one_sided else square)


def penalty_below_one(norms, lam, one_sided):
    return lam * np.mean((np.minimum(norms - 1, 0) if one_sided else norms - 1) ** 2)


def penalty_mean_of_the_offenders(norms, lam, one_sided):
    kept = norms[norms > 1] if one_sided else norms
    return lam * np.mean((kept - 1) ** 2) if kept.size else 0.0


def penalty_one_side_after_the_mean(norms, lam, one_sided):
    return lam * max(0, np.mean(norms) - 1) ** 2 if one_sided else lam * np.mean((norms - 1) ** 2)


def _slopes(gradients, lam, one_sided, factor=2.0, power=1, share=None, safe=True, count=None):
    flat = gradients.reshape(len(gradients), -1)
    norms = np.linalg.norm(flat, axis=1)
    below = norms**power
    if safe:
        below = np.where(norms > 0, below, 1)
    with np.errstate(all="ignore"):
        each = factor * lam * excess(norms, one_sided) / below / (count or len(flat))
    return (each[:, None] * flat).reshape(gradients.shape)


def slopes_without_the_two(gradients, lam, one_sided):
    return _slopes(gradients, lam, one_sided, factor=1)


def slopes_without_the_mean(gradients, lam, one_sided):
    return _slopes(gradients, lam, one_sided, count=1)


def slopes_along_the_gradient_itself(gradients, lam, one_sided):
    return _slopes(gradients, lam, one_sided, power=0)


def slopes_divided_by_the_square(gradients, lam, one_sided):
    return _slopes(gradients, lam, one_sided, power=2)


def slopes_downwards(gradients, lam, one_sided):
    return _slopes(gradients, lam, one_sided, factor=-2)


def slopes_two_sided(gradients, lam, one_sided):
    return _slopes(gradients, lam, False)


def slopes_in_the_norm(gradients, lam, one_sided):
    flat = gradients.reshape(len(gradients), -1)
    each = 2 * lam * excess(np.linalg.norm(flat, axis=1), one_sided) / len(flat)
    return (each[:, None] * np.ones(flat.shape)).reshape(gradients.shape)


def slopes_nan_at_zero(gradients, lam, one_sided):
    return _slopes(gradients, lam, one_sided, safe=False)


def slopes_all_zero_if_one_is(gradients, lam, one_sided):
    flat = gradients.reshape(len(gradients), -1)
    if np.any(np.linalg.norm(flat, axis=1) == 0):
        return np.zeros(gradients.shape)
    return _slopes(gradients, lam, one_sided)


def slopes_with_an_epsilon_in_the_root(gradients, lam, one_sided):
    flat = gradients.reshape(len(gradients), -1)
    norms = np.sqrt(np.sum(flat**2, axis=1) + 1e-2)
    each = 2 * lam * excess(norms, one_sided) / norms / len(flat)
    return (each[:, None] * flat).reshape(gradients.shape)


def slopes_mean_of_the_others(gradients, lam, one_sided):
    count = np.count_nonzero(np.linalg.norm(gradients.reshape(len(gradients), -1), axis=1))
    return _slopes(gradients, lam, one_sided, count=count)


def penalised_slope_of_one(distance, lam):
    return 1.0


def penalised_slope_without_the_two(distance, lam):
    return 1 + distance / lam


def penalised_slope_without_the_one(distance, lam):
    return distance / (2 * lam)


def penalised_slope_times_lam(distance, lam):
    return 1 + distance * lam / 2


def penalised_slope_below_one(distance, lam):
    return max(0.0, 1 - distance / (2 * lam))


def penalised_slope_gap(distance, lam):
    return (1 + distance / (2 * lam)) * distance


def _terms(W, b, a, x, lam):
    t = np.tanh(x @ W.T + b)
    rise = a * (1 - t**2)
    slopes = rise @ W
    norms = np.linalg.norm(slopes, axis=1, keepdims=True)
    g = 2 * lam * (norms - 1) / norms * slopes / len(x)
    return rise.T @ g, (-2 * t * rise * (g @ W.T)).T @ x, t, rise, g


def penalty_gradient_first_order_only(W, b, a, x, lam):
    return _terms(W, b, a, x, lam)[0]


def penalty_gradient_second_order_only(W, b, a, x, lam):
    return _terms(W, b, a, x, lam)[1]


def penalty_gradient_second_order_with_a_plus(W, b, a, x, lam):
    direct, bend, *_ = _terms(W, b, a, x, lam)
    return direct - bend


def penalty_gradient_forgets_the_two(W, b, a, x, lam):
    direct, bend, *_ = _terms(W, b, a, x, lam)
    return direct + bend / 2


def penalty_gradient_tanh_not_squared(W, b, a, x, lam):
    _, bend, t, _, g = _terms(W, b, a, x, lam)
    return (a * (1 - t)).T @ g + bend


def penalty_gradient_summed(W, b, a, x, lam):
    direct, bend, *_ = _terms(W, b, a, x, lam)
    return (direct + bend) * len(x)


def penalty_gradient_only_its_own_coordinate(W, b, a, x, lam):
    direct, _, t, rise, g = _terms(W, b, a, x, lam)
    return direct + np.einsum("nk,nj,kj,nj->kj", -2 * t * rise, g, W, x)


def penalty_gradient_of_the_critic(W, b, a, x, lam):
    rise = a * (1 - np.tanh(x @ W.T + b) ** 2)
    return lam * rise.T @ x / len(x)


LINES, WEIGHTS = "test_interpolates_lines", "test_interpolates_weights"
VECTORS, AXES = "test_gradient_norms_vectors", "test_gradient_norms_any_axes"
TWO, ONE = "test_gradient_penalty_two_sided", "test_gradient_penalty_one_sided"
CHAIN, ZERO, BEST = "test_penalty_slopes_chain_rule", "test_penalty_slopes_zero", "test_penalised_slope_maximum"
DIRECT, SECOND = "test_penalty_gradient_direct", "test_penalty_gradient_second_order"

WRONG = [
    ("interpolates", interpolates_hands_the_data_back, LINES, "Draw n weights"),
    ("interpolates", interpolates_any_random_numbers, LINES, "ONE weight for each pair"),
    ("interpolates", interpolates_a_weight_per_coordinate, LINES, "one for each coordinate fills a box"),
    ("interpolates", interpolates_a_weight_per_picture_row, LINES, "ONE weight for each pair"),
    ("interpolates", interpolates_weights_along_the_last_axis, LINES, "the shape (n, 1, ..., 1)"),
    ("interpolates", interpolates_in_two_axes_only, LINES, "as many axes as the data"),
    ("interpolates", interpolates_shares_that_do_not_sum_to_one, LINES, "sum to 1"),
    ("interpolates", interpolates_without_the_minus, LINES, "sum to 1"),
    ("interpolates", interpolates_beyond_the_ends, LINES, "weights lie in [0, 1]"),
    ("interpolates", interpolates_one_weight_for_the_batch, WEIGHTS, "not one weight for the whole batch"),
    ("interpolates", interpolates_in_the_middle, WEIGHTS, "no fixed weight"),
    ("interpolates", interpolates_with_a_bell_curve, WEIGHTS, "no bell curve"),
    ("interpolates", interpolates_from_a_global_seed, WEIGHTS, "no np.random.rand()"),
    ("interpolates", interpolates_at_fixed_places, WEIGHTS, "no fixed weights"),
    ("gradient_norms", norms_over_axis_0, VECTORS, "neither axis 0"),
    ("gradient_norms", norms_of_the_whole_batch, VECTORS, "nor the whole batch"),
    ("gradient_norms", norms_squared, VECTORS, "take the root"),
    ("gradient_norms", norms_with_a_mean, VECTORS, "no mean"),
    ("gradient_norms", norms_of_sizes, VECTORS, "square, sum"),
    ("gradient_norms", norms_over_the_last_axis, AXES, "not over the last axis alone"),
    ("gradient_norms", norms_over_axis_1, AXES, "ALL axes but the first"),
    ("gradient_norms", norms_with_signs_on_the_line, AXES, "whose norm is its size"),
    ("gradient_penalty", penalty_on_the_square, TWO, "not its square"),
    ("gradient_penalty", penalty_without_lam, TWO, "lam in front"),
    ("gradient_penalty", penalty_summed, TWO, "mean over the points"),
    ("gradient_penalty", penalty_of_the_mean_norm, TWO, "of the squares"),
    ("gradient_penalty", penalty_without_the_square, TWO, "square; mean"),
    ("gradient_penalty", penalty_that_lost_its_minus, TWO, "take 1"),
    ("gradient_penalty", penalty_plus_one, TWO, "take 1"),
    ("gradient_penalty", penalty_always_one_sided, TWO, "a norm below 1 costs as much"),
    ("gradient_penalty", penalty_swapped, TWO, "a norm below 1 costs as much"),
    ("gradient_penalty", penalty_always_two_sided, ONE, "norms below 1 are free"),
    ("gradient_penalty", penalty_maximum_of_the_square, ONE, "comes before the square"),
    ("gradient_penalty", penalty_below_one, ONE, "norms below 1 are free"),
    ("gradient_penalty", penalty_mean_of_the_offenders, ONE, "still counts all n points"),
    ("gradient_penalty", penalty_one_side_after_the_mean, ONE, "before the square and the mean"),
    ("penalty_slopes", slopes_without_the_two, CHAIN, "2 lam (norm - 1) / n"),
    ("penalty_slopes", slopes_without_the_mean, CHAIN, "n is the number of points"),
    ("penalty_slopes", slopes_along_the_gradient_itself, CHAIN, "gradient / norm"),
    ("penalty_slopes", slopes_divided_by_the_square, CHAIN, "unit vector"),
    ("penalty_slopes", slopes_downwards, CHAIN, "2 lam (norm - 1) / n"),
    ("penalty_slopes", slopes_two_sided, CHAIN, "points with a norm below 1 have slope 0"),
    ("penalty_slopes", slopes_in_the_norm, CHAIN, "unit vector"),
    ("penalty_slopes", slopes_nan_at_zero, ZERO, "0 / 0 where the gradient is 0"),
    ("penalty_slopes", slopes_all_zero_if_one_is, ZERO, "leave the other points' slopes as they were"),
    ("penalty_slopes", slopes_with_an_epsilon_in_the_root, CHAIN, "gradient / norm"),
    ("penalty_slopes", slopes_mean_of_the_others, ZERO, "divided by all n"),
    ("penalised_slope", penalised_slope_of_one, BEST, "lets the slope exceed 1"),
    ("penalised_slope", penalised_slope_without_the_two, BEST, "2 lam (k - 1)"),
    ("penalised_slope", penalised_slope_without_the_one, BEST, "2 lam (k - 1)"),
    ("penalised_slope", penalised_slope_times_lam, BEST, "the smaller lam"),
    ("penalised_slope", penalised_slope_below_one, BEST, "exceed 1"),
    ("penalised_slope", penalised_slope_gap, BEST, "distance = 2 lam (k - 1)"),
    ("penalty_gradient", penalty_gradient_second_order_only, DIRECT, "W stands there directly"),
    ("penalty_gradient", penalty_gradient_tanh_not_squared, DIRECT, "1 - t[k]^2"),
    ("penalty_gradient", penalty_gradient_summed, DIRECT, "penalty_slopes"),
    ("penalty_gradient", penalty_gradient_of_the_critic, DIRECT, "coordinate j of grad f"),
    ("penalty_gradient", penalty_gradient_first_order_only, SECOND, "W also stands inside tanh"),
    ("penalty_gradient", penalty_gradient_second_order_with_a_plus, SECOND, "-2 t[k]"),
    ("penalty_gradient", penalty_gradient_forgets_the_two, SECOND, "-2 t[k]"),
    ("penalty_gradient", penalty_gradient_only_its_own_coordinate, SECOND, "through the row W[k]"),
]
