"""Wrong answers that people give: (function, answer, the test that must fail first, a part of its hint)."""

import numpy as np


def marginal_one_step_too_many(alpha, t):
    a = alpha ** (t + 1)
    return a, np.sqrt(1 - a**2)


def marginal_one_step_too_few(alpha, t):
    a = alpha ** np.maximum(t - 1, 0)
    return a, np.sqrt(1 - a**2)


def marginal_square_for_the_amplitude(alpha, t):
    a = alpha ** (2 * t)
    return a, np.sqrt(1 - a)


def marginal_root_for_the_amplitude(alpha, t):
    a = alpha ** (t / 2)
    return a, np.sqrt(1 - a**2)


def marginal_amplitudes_multiplied_by_t(alpha, t):
    a = alpha * t
    return a, np.sqrt(np.abs(1 - a**2))


def marginal_exponential_decay(alpha, t):
    a = np.exp(-(1 - alpha) * t)
    return a, np.sqrt(1 - a**2)


def marginal_variance_for_the_noise_level(alpha, t):
    a = alpha**t
    return a, 1 - a**2


def marginal_amplitude_not_squared(alpha, t):
    a = alpha**t
    return a, np.sqrt(1 - a)


def marginal_one_minus_a(alpha, t):
    a = alpha**t
    return a, 1 - a


def marginal_noise_of_one_step(alpha, t):
    return alpha**t, np.sqrt(1 - alpha**2) * np.ones(t.shape)


def marginal_variances_added(alpha, t):
    return alpha**t, np.sqrt(t * (1 - alpha**2))


def marginal_noise_levels_added(alpha, t):
    return alpha**t, t * np.sqrt(1 - alpha**2)


def _noised(x0, noise, a, sigma=None):
    sigma = np.sqrt(1 - a**2) if sigma is None else sigma
    return a[:, None] * x0 + sigma[:, None] * noise


def _amplitudes(alphas):
    return np.append(1.0, np.cumprod(alphas))


def noised_one_step_too_many(x0, noise, alphas, t):
    return _noised(x0, noise, np.append(np.cumprod(alphas), np.prod(alphas))[t])


def noised_wraps_around_at_zero(x0, noise, alphas, t):
    return _noised(x0, noise, np.cumprod(alphas)[t - 1])


def noised_last_step_to_the_power_t(x0, noise, alphas, t):
    return _noised(x0, noise, alphas[t - 1] ** t)


def noised_by_the_last_step_alone(x0, noise, alphas, t):
    return _noised(x0, noise, np.append(1.0, alphas)[t])


def noised_sum_for_the_product(x0, noise, alphas, t):
    a = np.append(0.0, np.cumsum(alphas))[t]
    return _noised(x0, noise, a, np.sqrt(np.abs(1 - a**2)))


def noised_with_the_variance(x0, noise, alphas, t):
    a = _amplitudes(alphas)[t]
    return _noised(x0, noise, a, 1 - a**2)


def noised_with_alphas_that_are_squares(x0, noise, alphas, t):
    return _noised(x0, noise, np.sqrt(_amplitudes(alphas))[t])


def noised_with_the_noise_of_the_last_step(x0, noise, alphas, t):
    last = np.append(1.0, alphas)[t]
    return _noised(x0, noise, _amplitudes(alphas)[t], np.sqrt(1 - last**2))


def noised_not_shrunk(x0, noise, alphas, t):
    a = _amplitudes(alphas)[t]
    return x0 + np.sqrt(1 - a**2)[:, None] * noise


def noised_the_first_time_for_all(x0, noise, alphas, t):
    return _noised(x0, noise, _amplitudes(alphas)[np.full(len(x0), t[0])])


def noised_along_the_wrong_axis(x0, noise, alphas, t):
    a = _amplitudes(alphas)[t]
    if len(a) != x0.shape[1]:
        a = a[:, None]
    return a * x0 + np.sqrt(1 - a**2) * noise


def noised_noise_along_the_wrong_axis(x0, noise, alphas, t):
    a = _amplitudes(alphas)[t]
    sigma = np.sqrt(1 - a**2)
    return a[:, None] * x0 + (sigma if len(sigma) == x0.shape[1] else sigma[:, None]) * noise


def softmax(v, axis):
    e = np.exp(v - v.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _parts(x, weights, means, covariances, a, spread=None, shrunk=True):
    """Pull of each mode (n, k, d), and the log of its weight times density (n, k)."""
    if spread is None:
        spread = a**2 * covariances + (1 - a**2) * np.eye(x.shape[1])
    away = x[:, None] - (a if shrunk else 1) * means
    pull = -np.linalg.solve(spread, away[..., None])[..., 0]
    return pull, np.log(weights) - np.linalg.slogdet(spread)[1] / 2 + np.sum(away * pull, axis=2) / 2


def _score(pull, logs):
    return np.sum(softmax(logs, 1)[..., None] * pull, axis=1)


def score_noise_without_the_data(x, weights, means, covariances, a):
    spread = max(1 - a**2, 1e-12) * np.ones((len(weights), 1, 1)) * np.eye(x.shape[1])
    return _score(*_parts(x, weights, means, covariances, a, spread))


def score_covariance_not_shrunk(x, weights, means, covariances, a):
    spread = covariances + (1 - a**2) * np.eye(x.shape[1])
    return _score(*_parts(x, weights, means, covariances, a, spread))


def score_amplitude_not_squared(x, weights, means, covariances, a):
    spread = a * covariances + (1 - a**2) * np.eye(x.shape[1])
    return _score(*_parts(x, weights, means, covariances, a, spread))


def score_noise_level_for_its_square(x, weights, means, covariances, a):
    spread = a**2 * covariances + np.sqrt(1 - a**2) * np.eye(x.shape[1])
    return _score(*_parts(x, weights, means, covariances, a, spread))


def score_noise_in_every_entry(x, weights, means, covariances, a):
    spread = a**2 * covariances + 1 - a**2 + 1e-9 * np.eye(x.shape[1])
    return _score(*_parts(x, weights, means, covariances, a, spread))


def score_diagonal_only(x, weights, means, covariances, a):
    spread = (a**2 * covariances + 1 - a**2) * np.eye(x.shape[1])
    return _score(*_parts(x, weights, means, covariances, a, spread))


def score_means_not_shrunk(x, weights, means, covariances, a):
    return _score(*_parts(x, weights, means, covariances, a, shrunk=False))


def score_sign_flipped(x, weights, means, covariances, a):
    return -_score(*_parts(x, weights, means, covariances, a))


def score_multiplies_by_the_covariance(x, weights, means, covariances, a):
    spread = a**2 * covariances + (1 - a**2) * np.eye(x.shape[1])
    return _score(
        np.einsum("kij,nkj->nki", spread, a * means - x[:, None]), _parts(x, weights, means, covariances, a)[1]
    )


def score_of_the_noise_as_if_it_were_data(x, weights, means, covariances, a):
    return (a * weights @ means - x) / (1 - a**2 + 1e-9)


def score_divided_by_the_distance(x, weights, means, covariances, a):
    pull, logs = _parts(x, weights, means, covariances, a)
    return _score(pull / np.maximum(np.linalg.norm(pull, axis=2, keepdims=True), 1e-12), logs)


def score_shares_without_weights(x, weights, means, covariances, a):
    return _score(*_parts(x, np.ones(len(weights)), means, covariances, a))


def score_weights_for_shares(x, weights, means, covariances, a):
    return np.einsum("k,nkd->nd", weights, _parts(x, weights, means, covariances, a)[0])


def score_softmax_over_the_points(x, weights, means, covariances, a):
    pull, logs = _parts(x, weights, means, covariances, a)
    return np.sum(softmax(logs, 0)[..., None] * pull, axis=1)


def score_shares_of_the_whole_batch(x, weights, means, covariances, a):
    pull, logs = _parts(x, weights, means, covariances, a)
    return np.sum(softmax(logs, (0, 1))[..., None] * pull, axis=1)


def score_shares_not_divided(x, weights, means, covariances, a):
    pull, logs = _parts(x, weights, means, covariances, a)
    return np.sum((np.exp(logs) if len(weights) > 1 else softmax(logs, 1))[..., None] * pull, axis=1)


def score_of_the_nearest_mode(x, weights, means, covariances, a):
    pull, logs = _parts(x, weights, means, covariances, a)
    return pull[np.arange(len(x)), np.argmax(logs, axis=1)]


def score_log_of_the_shares(x, weights, means, covariances, a):
    pull, logs = _parts(x, weights, means, covariances, a)
    return _score(pull, logs + np.log(weights))


def _log_det(x, covariances, a):
    return np.linalg.slogdet(a**2 * covariances + (1 - a**2) * np.eye(x.shape[1]))[1]


def score_without_the_determinant(x, weights, means, covariances, a):
    pull, logs = _parts(x, weights, means, covariances, a)
    return _score(pull, logs + _log_det(x, covariances, a) / 2)


def score_determinant_without_the_root(x, weights, means, covariances, a):
    pull, logs = _parts(x, weights, means, covariances, a)
    return _score(pull, logs - _log_det(x, covariances, a) / 2)


def score_determinant_of_the_clean_covariance(x, weights, means, covariances, a):
    pull, logs = _parts(x, weights, means, covariances, a)
    return _score(pull, logs + (_log_det(x, covariances, a) - _log_det(x, covariances, 1.0)) / 2)


def score_underflows(x, weights, means, covariances, a):
    pull, logs = _parts(x, weights, means, covariances, a)
    with np.errstate(all="ignore"):
        density = np.exp(logs)
        return np.sum((density / density.sum(1, keepdims=True))[..., None] * pull, axis=1)


def score_underflows_to_nothing(x, weights, means, covariances, a):
    pull, logs = _parts(x, weights, means, covariances, a)
    density = np.exp(logs)
    return np.sum(density[..., None] * pull, axis=1) / np.maximum(density.sum(1), 1e-200)[:, None]


def score_largest_of_the_whole_batch(x, weights, means, covariances, a):
    pull, logs = _parts(x, weights, means, covariances, a)
    density = np.exp(logs - logs.max())
    with np.errstate(all="ignore"):
        return np.sum((density / density.sum(1, keepdims=True))[..., None] * pull, axis=1)


AMPLITUDE, LEVEL = "test_forward_marginal_amplitude", "test_forward_marginal_noise"
SCHEDULE, TIMES = "test_noised_schedule", "test_noised_times"
ONE, SHARES = "test_mixture_score_one_mode", "test_mixture_score_shares"
WIDTHS, FAR = "test_mixture_score_widths", "test_mixture_score_far"

WRONG = [
    ("forward_marginal", marginal_one_step_too_many, AMPLITUDE, "not once more"),
    ("forward_marginal", marginal_one_step_too_few, AMPLITUDE, "alpha t times"),
    ("forward_marginal", marginal_square_for_the_amplitude, AMPLITUDE, "not by alpha^2"),
    ("forward_marginal", marginal_root_for_the_amplitude, AMPLITUDE, "multiplied by alpha t times"),
    ("forward_marginal", marginal_amplitudes_multiplied_by_t, AMPLITUDE, "multiplied by alpha t times"),
    ("forward_marginal", marginal_exponential_decay, AMPLITUDE, "each step multiplies x by alpha"),
    ("forward_marginal", marginal_variance_for_the_noise_level, LEVEL, "sigma is a standard deviation"),
    ("forward_marginal", marginal_amplitude_not_squared, LEVEL, "1 - a^2"),
    ("forward_marginal", marginal_one_minus_a, LEVEL, "the root of the variance 1 - a^2"),
    ("forward_marginal", marginal_noise_of_one_step, LEVEL, "after all t steps"),
    ("forward_marginal", marginal_variances_added, LEVEL, "do not just add up"),
    ("forward_marginal", marginal_noise_levels_added, LEVEL, "do not just add up"),
    ("noised", noised_one_step_too_many, SCHEDULE, "the first t of the alphas"),
    ("noised", noised_wraps_around_at_zero, SCHEDULE, "none at t = 0"),
    ("noised", noised_last_step_to_the_power_t, SCHEDULE, "the product of the first t of the alphas"),
    ("noised", noised_by_the_last_step_alone, SCHEDULE, "the product of the first t of the alphas"),
    ("noised", noised_sum_for_the_product, SCHEDULE, "product"),
    ("noised", noised_with_the_variance, SCHEDULE, "a standard deviation"),
    ("noised", noised_with_alphas_that_are_squares, SCHEDULE, "a_t is the product"),
    ("noised", noised_with_the_noise_of_the_last_step, SCHEDULE, "whatever the last step was"),
    ("noised", noised_not_shrunk, SCHEDULE, "a_t is the product"),
    ("noised", noised_the_first_time_for_all, TIMES, "each point has its own time"),
    ("noised", noised_along_the_wrong_axis, TIMES, "along the wrong axis"),
    ("noised", noised_noise_along_the_wrong_axis, TIMES, "along the wrong axis"),
    ("mixture_score", score_noise_without_the_data, ONE, "the covariance a^2 C + sigma^2 I"),
    ("mixture_score", score_covariance_not_shrunk, ONE, "a counts squared"),
    ("mixture_score", score_amplitude_not_squared, ONE, "a counts squared"),
    ("mixture_score", score_noise_level_for_its_square, ONE, "the noise adds its variance"),
    ("mixture_score", score_noise_in_every_entry, ONE, "sigma^2 I"),
    ("mixture_score", score_diagonal_only, ONE, "S this covariance"),
    ("mixture_score", score_means_not_shrunk, ONE, "the mean a m"),
    ("mixture_score", score_sign_flipped, ONE, "TOWARDS the mean"),
    ("mixture_score", score_multiplies_by_the_covariance, ONE, "-S^{-1} (x - a m)"),
    ("mixture_score", score_of_the_noise_as_if_it_were_data, ONE, "the covariance a^2 C + sigma^2 I"),
    ("mixture_score", score_divided_by_the_distance, ONE, "-S^{-1} (x - a m)"),
    ("mixture_score", score_shares_without_weights, SHARES, "with the weights"),
    ("mixture_score", score_weights_for_shares, SHARES, "weights[k] times its density there"),
    ("mixture_score", score_softmax_over_the_points, SHARES, "and not of the points"),
    ("mixture_score", score_shares_of_the_whole_batch, SHARES, "for each point by itself"),
    ("mixture_score", score_shares_not_divided, SHARES, "over the sum of this over the MODES"),
    ("mixture_score", score_of_the_nearest_mode, SHARES, "a mode's share at x"),
    ("mixture_score", score_log_of_the_shares, SHARES, "weights[k] times its density"),
    ("mixture_score", score_without_the_determinant, WIDTHS, "Without it the wide mode has too large a share"),
    ("mixture_score", score_determinant_without_the_root, WIDTHS, "1 / sqrt(det S)"),
    ("mixture_score", score_determinant_of_the_clean_covariance, WIDTHS, "S the noised covariance"),
    ("mixture_score", score_underflows, FAR, "0 / 0 is NaN"),
    ("mixture_score", score_underflows_to_nothing, FAR, "every density rounds to 0"),
    ("mixture_score", score_largest_of_the_whole_batch, FAR, "point by point"),
]
