"""Wrong answers that people give: (function, answer, the test that must fail first, a part of its hint)."""

import numpy as np


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


UV, SIGMA = "test_power_iteration_vectors", "test_power_iteration_sigma"
TRAINING, EVALUATION = "test_track_sigma_training", "test_track_sigma_evaluation"
FORWARD = "test_spectral_layer_forward"
STRAIGHT, THROUGH = "test_spectral_gradient_straight", "test_spectral_gradient_through_sigma"

WRONG = [
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
]
