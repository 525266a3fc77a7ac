"""Wrong answers that people give: (function, answer, the test that must fail first, a part of its hint)."""

import numpy as np


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


def unit(x):
    return x / np.linalg.norm(x)


def iteration_without_normalising(W, u, steps):
    for _ in range(steps):
        v = W.T @ u
        u = W @ v
    return u @ W @ v, u, v


def iteration_normalises_one(W, u, steps):
    for _ in range(steps):
        v = W.T @ u
        u = unit(W @ v)
    return u @ W @ v, u, v


def iteration_for_an_eigenvalue(W, u, steps):
    for _ in range(steps):
        u = unit(W @ u)
    return u @ W @ u, u, u


def iteration_without_the_transpose(W, u, steps):
    for _ in range(steps):
        v = unit(W @ u)
        u = unit(W @ v)
    return u @ W @ v, u, v


def iteration_once(W, u, steps):
    v = unit(W.T @ u)
    u = unit(W @ v)
    return u @ W @ v, u, v


def iteration_once_too_often(W, u, steps):
    for _ in range(steps + 1):
        v = unit(W.T @ u)
        u = unit(W @ v)
    return u @ W @ v, u, v


def iteration_leaves_u_behind(W, u, steps):
    u = unit(u)
    for _ in range(steps):
        v = unit(W.T @ u)
    return u @ W @ v, u, v


def iteration_by_the_largest_entry(W, u, steps):
    for _ in range(steps):
        v = W.T @ u
        v = v / np.abs(v).max()
        u = W @ v
        u = u / np.abs(u).max()
    return u @ W @ v, u, v


def iteration_v_again_at_the_end(W, u, steps):
    for _ in range(steps):
        v = unit(W.T @ u)
        u = unit(W @ v)
    v = unit(W.T @ u)
    return u @ W @ v, u, v


def iteration_swapped(W, u, steps):
    for _ in range(steps):
        v = unit(W.T @ u)
        u = unit(W @ v)
    return u @ W @ v, v, u


def iteration_by_svd(W, u, steps):
    a, s, b = np.linalg.svd(W)
    return s[0], a[:, 0], b[0]


def iteration_sigma_squared(W, u, steps):
    for _ in range(steps):
        v = unit(W.T @ u)
        u = unit(W @ v)
    return np.linalg.norm(W.T @ W @ v), u, v


def iteration_sigma_by_svd(W, u, steps):
    for _ in range(steps):
        v = unit(W.T @ u)
        u = unit(W @ v)
    return np.linalg.norm(W, 2), u, v


def iteration_sigma_of_the_old_u(W, u, steps):
    for _ in range(steps):
        v = W.T @ unit(u)
        sigma = np.linalg.norm(v)
        v = v / sigma
        u = unit(W @ v)
    return sigma, u, v


def iteration_sigma_by_eigenvalue(W, u, steps):
    for _ in range(steps):
        v = unit(W.T @ u)
        u = unit(W @ v)
    return np.abs(np.linalg.eigvals(W)).max() if len(W) == len(W.T) else np.nan, u, v


def iteration_sigma_frobenius(W, u, steps):
    for _ in range(steps):
        v = unit(W.T @ u)
        u = unit(W @ v)
    return np.linalg.norm(W), u, v


def _tracked(matrices, training, u, v, in_place=False, cold=False, v_in_evaluation=False, frozen=False, early=False):
    start, sigmas, us, sigma = u, [], [], u @ matrices[0] @ v
    for W, learns in zip(matrices, training, strict=True):
        if early:
            us.append(u)
            sigmas.append(u @ W @ v)
        if learns or v_in_evaluation:
            v = unit(W.T @ (start if cold else u))
        if learns:
            new = unit(W @ v)
            if in_place:
                u[:] = new
            else:
                u = new
        if learns or not frozen:
            sigma = u @ W @ v
        if not early:
            us.append(u)
            sigmas.append(sigma)
    return sigmas, us


def track_changes_u_in_place(matrices, training, u, v):
    return _tracked(matrices, training, u, v, in_place=True)


def track_starts_afresh(matrices, training, u, v):
    return _tracked(matrices, training, u, v, cold=True)


def track_before_the_round(matrices, training, u, v):
    return _tracked(matrices, training, u, v, early=True)


def track_to_convergence(matrices, training, u, v):
    sigmas, us = [], []
    for W in matrices:
        a, s, _ = np.linalg.svd(W)
        sigmas.append(s[0])
        us.append(a[:, 0] * np.sign(a[:, 0] @ u))
    return sigmas, us


def track_with_the_first_matrix(matrices, training, u, v):
    return _tracked([matrices[0]] * len(matrices), training, u, v)


def track_in_evaluation_too(matrices, training, u, v):
    return _tracked(matrices, [True] * len(matrices), u, v)


def track_moves_v_in_evaluation(matrices, training, u, v):
    return _tracked(matrices, training, u, v, v_in_evaluation=True)


def track_keeps_sigma_in_evaluation(matrices, training, u, v):
    return _tracked(matrices, training, u, v, frozen=True)


def track_skips_evaluation(matrices, training, u, v):
    chosen = [W for W, learns in zip(matrices, training, strict=True) if learns]
    return _tracked(chosen, [True] * len(chosen), u, v) if chosen else ([], [])


def layer_divides_the_bias(x, W, b, u, v):
    return (x @ W.T + b) / (u @ W @ v)


def layer_without_the_transpose(x, W, b, u, v):
    return x @ W / (u @ W @ v) + b


def layer_multiplies(x, W, b, u, v):
    return x @ W.T * (u @ W @ v) + b


def layer_by_svd(x, W, b, u, v):
    return x @ W.T / np.linalg.norm(W, 2) + b


def layer_by_eigenvalue(x, W, b, u, v):
    return x @ W.T / np.abs(np.linalg.eigvals(W)).max() + b


def layer_by_the_frobenius_norm(x, W, b, u, v):
    return x @ W.T / np.linalg.norm(W) + b


def layer_not_normalised(x, W, b, u, v):
    return x @ W.T + b


def layer_without_bias(x, W, b, u, v):
    return x @ W.T / (u @ W @ v)


def gradient_not_divided(G, W, u, v):
    return G - np.sum(G * W) / (u @ W @ v) * np.outer(u, v)


def gradient_as_it_came(G, W, u, v):
    return G


def gradient_times_sigma(G, W, u, v):
    return G * (u @ W @ v)


def gradient_divided_twice(G, W, u, v):
    sigma = u @ W @ v
    return (G - np.sum(G * W) / sigma * np.outer(u, v)) / sigma**2


def gradient_sigma_taken_for_a_constant(G, W, u, v):
    return G / (u @ W @ v)


def gradient_with_the_weight_itself(G, W, u, v):
    return (G - np.sum(G * W) * np.outer(u, v)) / (u @ W @ v)


def gradient_with_a_plus(G, W, u, v):
    sigma = u @ W @ v
    return (G + np.sum(G * W) / sigma * np.outer(u, v)) / sigma


def gradient_projected_on_the_weight(G, W, u, v):
    return (G - np.sum(G * W) / np.sum(W * W) * W) / (u @ W @ v)


def gradient_projected_on_the_vectors(G, W, u, v):
    return (G - (u @ G @ v) * np.outer(u, v)) / (u @ W @ v)


def gradient_entry_by_entry(G, W, u, v):
    sigma = u @ W @ v
    return (G - G * W / sigma * np.outer(u, v)) / sigma


def gradient_with_a_mean(G, W, u, v):
    sigma = u @ W @ v
    return (G - np.mean(G * W) / sigma * np.outer(u, v)) / sigma


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
UV, SIGMA = "test_power_iteration_vectors", "test_power_iteration_sigma"
TRAINING, EVALUATION = "test_track_sigma_training", "test_track_sigma_evaluation"
FORWARD = "test_spectral_layer_forward"
STRAIGHT, THROUGH = "test_spectral_gradient_straight", "test_spectral_gradient_through_sigma"
DIRECT, SECOND = "test_penalty_gradient_direct", "test_penalty_gradient_second_order"

WRONG = [
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
    ("power_iteration", iteration_without_normalising, UV, "divided by their lengths"),
    ("power_iteration", iteration_normalises_one, UV, "both divided"),
    ("power_iteration", iteration_for_an_eigenvalue, UV, "W need not be square"),
    ("power_iteration", iteration_without_the_transpose, UV, "v from W^T u"),
    ("power_iteration", iteration_once, UV, "as many rounds as `steps` says"),
    ("power_iteration", iteration_once_too_often, UV, "as many rounds as `steps` says"),
    ("power_iteration", iteration_leaves_u_behind, UV, "then u from W v"),
    ("power_iteration", iteration_by_the_largest_entry, UV, "Euclidean ones"),
    ("power_iteration", iteration_v_again_at_the_end, UV, "first v from W^T u, then u"),
    ("power_iteration", iteration_swapped, UV, "u from W v"),
    ("power_iteration", iteration_by_svd, UV, "as many rounds as `steps` says"),
    ("power_iteration", iteration_sigma_squared, SIGMA, "not its square"),
    ("power_iteration", iteration_sigma_by_svd, SIGMA, "after few rounds is still too small"),
    ("power_iteration", iteration_sigma_of_the_old_u, SIGMA, "with the vectors that you return"),
    ("power_iteration", iteration_sigma_by_eigenvalue, SIGMA, "no eigenvalue"),
    ("power_iteration", iteration_sigma_frobenius, SIGMA, "sigma = u^T W v"),
    ("track_sigma", track_changes_u_in_place, TRAINING, "a u that is changed in place"),
    ("track_sigma", track_starts_afresh, TRAINING, "not from the first u again"),
    ("track_sigma", track_before_the_round, TRAINING, "and then sigma"),
    ("track_sigma", track_to_convergence, TRAINING, "one round for each step"),
    ("track_sigma", track_with_the_first_matrix, TRAINING, "one round for each step"),
    ("track_sigma", track_in_evaluation_too, EVALUATION, "leaves both u and v alone"),
    ("track_sigma", track_moves_v_in_evaluation, EVALUATION, "both u and v"),
    ("track_sigma", track_keeps_sigma_in_evaluation, EVALUATION, "of the weight of the moment"),
    ("track_sigma", track_skips_evaluation, EVALUATION, "the W of this step"),
    ("spectral_layer", layer_divides_the_bias, FORWARD, "the bias is added at the end and not divided"),
    ("spectral_layer", layer_without_the_transpose, FORWARD, "the rows of W belong to the outputs"),
    ("spectral_layer", layer_multiplies, FORWARD, "x W^T / sigma"),
    ("spectral_layer", layer_by_svd, FORWARD, "not the value that they will converge to"),
    ("spectral_layer", layer_by_eigenvalue, FORWARD, "sigma is u^T W v"),
    ("spectral_layer", layer_by_the_frobenius_norm, FORWARD, "sigma is u^T W v"),
    ("spectral_layer", layer_not_normalised, FORWARD, "x W^T / sigma"),
    ("spectral_layer", layer_without_bias, FORWARD, "the bias is added"),
    ("spectral_gradient", gradient_not_divided, STRAIGHT, "divided by sigma as well"),
    ("spectral_gradient", gradient_as_it_came, STRAIGHT, "divided by sigma as well"),
    ("spectral_gradient", gradient_times_sigma, STRAIGHT, "G / sigma is all there is"),
    ("spectral_gradient", gradient_divided_twice, STRAIGHT, "G / sigma is all there is"),
    ("spectral_gradient", gradient_sigma_taken_for_a_constant, THROUGH, "sigma depends on W too"),
    ("spectral_gradient", gradient_with_the_weight_itself, THROUGH, "<G, W / sigma>"),
    ("spectral_gradient", gradient_with_a_plus, THROUGH, "off from G"),
    ("spectral_gradient", gradient_projected_on_the_weight, THROUGH, "u v^T"),
    ("spectral_gradient", gradient_projected_on_the_vectors, STRAIGHT, "nothing comes through sigma"),
    ("spectral_gradient", gradient_entry_by_entry, STRAIGHT, "nothing comes through sigma"),
    ("spectral_gradient", gradient_with_a_mean, THROUGH, "the sum of the entrywise products"),
    ("penalty_gradient", penalty_gradient_second_order_only, DIRECT, "W stands there directly"),
    ("penalty_gradient", penalty_gradient_tanh_not_squared, DIRECT, "1 - t[k]^2"),
    ("penalty_gradient", penalty_gradient_summed, DIRECT, "penalty_slopes"),
    ("penalty_gradient", penalty_gradient_of_the_critic, DIRECT, "coordinate j of grad f"),
    ("penalty_gradient", penalty_gradient_first_order_only, SECOND, "W also stands inside tanh"),
    ("penalty_gradient", penalty_gradient_second_order_with_a_plus, SECOND, "-2 t[k]"),
    ("penalty_gradient", penalty_gradient_forgets_the_two, SECOND, "-2 t[k]"),
    ("penalty_gradient", penalty_gradient_only_its_own_coordinate, SECOND, "through the row W[k]"),
]
