"""Wrong answers that people give: (function, answer, the test that must fail first, a part of its hint)."""

import numpy as np


def guided_with_one_more(free, given, weight):
    return (1 + weight) * given - weight * free


def guided_swapped(free, given, weight):
    return given + weight * (free - given)


def guided_adds_the_given(free, given, weight):
    return free + weight * given


def guided_without_the_start(free, given, weight):
    return weight * (given - free)


def guided_adds_to_the_given(free, given, weight):
    return given + weight * (given - free)


def guided_clipped_at_one(free, given, weight):
    return free + min(weight, 1) * (given - free)


def guided_mean_weight(free, given, weight):
    return (free + weight * given) / (1 + weight)


def _ddim(x, noise, a, b, old=None, new=None):
    old = np.sqrt(1 - a**2) if old is None else old
    return b * (x - old * noise) / a + (np.sqrt(1 - b**2) if new is None else new) * noise


def ddim_variance_at_a(x, noise, a, b):
    return _ddim(x, noise, a, b, old=1 - a**2)


def ddim_amplitude_not_squared(x, noise, a, b):
    return _ddim(x, noise, a, b, np.sqrt(1 - a), np.sqrt(1 - b))


def ddim_takes_the_noise_for_the_score(x, noise, a, b):
    return b * (x + (1 - a**2) * noise) / a + np.sqrt(1 - b**2) * noise


def ddim_noise_with_a_plus(x, noise, a, b):
    return _ddim(x, noise, a, b, old=-np.sqrt(1 - a**2))


def ddim_does_not_unshrink(x, noise, a, b):
    return b * (x - np.sqrt(1 - a**2) * noise) + np.sqrt(1 - b**2) * noise


def ddim_divides_by_the_square(x, noise, a, b):
    return b * (x - np.sqrt(1 - a**2) * noise) / a**2 + np.sqrt(1 - b**2) * noise


def ddim_divides_x_alone(x, noise, a, b):
    return b * (x / a - np.sqrt(1 - a**2) * noise) + np.sqrt(1 - b**2) * noise


def ddim_noise_level_of_the_start(x, noise, a, b):
    return _ddim(x, noise, a, b, new=np.sqrt(1 - a**2) if b < 1 else 0)


def ddim_noise_level_of_b_at_both(x, noise, a, b):
    return _ddim(x, noise, a, b, old=np.sqrt(1 - b**2))


def ddim_amplitudes_swapped(x, noise, a, b):
    return a * (x - np.sqrt(1 - b**2) * noise) / max(b, 1e-9) + np.sqrt(1 - a**2) * noise


def ddim_variance_at_b(x, noise, a, b):
    return _ddim(x, noise, a, b, new=1 - b**2)


def ddim_stops_at_the_data(x, noise, a, b):
    return (x - np.sqrt(1 - a**2) * noise) / a


def ddim_guess_not_shrunk(x, noise, a, b):
    return (x - np.sqrt(1 - a**2) * noise) / a + np.sqrt(1 - b**2) * noise


def ddim_fresh_noise(x, noise, a, b):
    fresh = np.random.default_rng(0).standard_normal(x.shape)
    return b * (x - np.sqrt(1 - a**2) * noise) / a + np.sqrt(1 - b**2) * fresh


def ddim_forgets_the_noise(x, noise, a, b):
    return _ddim(x, noise, a, b, new=0)


def ddim_only_towards_the_data(x, noise, a, b):
    return _ddim(x, noise, a, b) if b >= a else x


def _logs(x, weights, means, covariances):
    """Squares (n, k), log determinants (k,), and the log of weight times density (n, k)."""
    away = x[:, None] - means
    squares = np.sum(away * np.linalg.solve(covariances, away[..., None])[..., 0], axis=2)
    log_det = np.linalg.slogdet(covariances)[1]
    return squares, log_det, np.log(weights) - (squares + log_det + x.shape[1] * np.log(2 * np.pi)) / 2


def _sum_exp(logs):
    return np.logaddexp.reduce(logs, axis=1)


def likelihood_without_the_constant(x, weights, means, covariances):
    logs = _logs(x, weights, means, covariances)[2]
    return _sum_exp(logs) + x.shape[1] * np.log(2 * np.pi) / 2


def likelihood_constant_of_one_coordinate(x, weights, means, covariances):
    logs = _logs(x, weights, means, covariances)[2]
    return _sum_exp(logs) + (x.shape[1] - 1) * np.log(2 * np.pi) / 2


def likelihood_constant_not_halved(x, weights, means, covariances):
    logs = _logs(x, weights, means, covariances)[2]
    return _sum_exp(logs) - x.shape[1] * np.log(2 * np.pi) / 2


def likelihood_mean_over_coordinates(x, weights, means, covariances):
    squares, _, logs = _logs(x, weights, means, covariances)
    return _sum_exp(logs + squares / 2 - squares / 2 / x.shape[1])


def likelihood_squares_not_halved(x, weights, means, covariances):
    squares, _, logs = _logs(x, weights, means, covariances)
    return _sum_exp(logs - squares / 2)


def likelihood_distance_not_squared(x, weights, means, covariances):
    squares, _, logs = _logs(x, weights, means, covariances)
    return _sum_exp(logs + (squares - np.sqrt(squares)) / 2)


def likelihood_not_the_log(x, weights, means, covariances):
    return np.exp(_sum_exp(_logs(x, weights, means, covariances)[2]))


def likelihood_negated(x, weights, means, covariances):
    return -_sum_exp(_logs(x, weights, means, covariances)[2])


def likelihood_in_bits(x, weights, means, covariances):
    return _sum_exp(_logs(x, weights, means, covariances)[2]) / np.log(2)


def likelihood_without_the_determinant(x, weights, means, covariances):
    _, log_det, logs = _logs(x, weights, means, covariances)
    return _sum_exp(logs + log_det / 2)


def likelihood_determinant_not_halved(x, weights, means, covariances):
    _, log_det, logs = _logs(x, weights, means, covariances)
    return _sum_exp(logs - log_det / 2)


def likelihood_determinant_of_the_root(x, weights, means, covariances):
    _, log_det, logs = _logs(x, weights, means, covariances)
    return _sum_exp(logs + log_det / 4)


def likelihood_multiplies_by_the_covariance(x, weights, means, covariances):
    squares, _, logs = _logs(x, weights, means, covariances)
    away = x[:, None] - means
    return _sum_exp(logs + squares / 2 - np.einsum("nki,kij,nkj->nk", away, covariances, away) / 2)


def likelihood_covariance_taken_for_its_root(x, weights, means, covariances):
    return _sum_exp(_logs(x, weights, means, covariances @ covariances)[2])


def likelihood_axes_alone(x, weights, means, covariances):
    return _sum_exp(_logs(x, weights, means, covariances * np.eye(x.shape[1]))[2])


def likelihood_sum_of_logs(x, weights, means, covariances):
    return _logs(x, weights, means, covariances)[2].sum(axis=1)


def likelihood_weighted_mean_of_logs(x, weights, means, covariances):
    return (_logs(x, weights, means, covariances)[2] - np.log(weights)) @ weights


def likelihood_of_the_nearest_mode(x, weights, means, covariances):
    return _logs(x, weights, means, covariances)[2].max(axis=1)


def likelihood_without_weights(x, weights, means, covariances):
    return _sum_exp(_logs(x, weights, means, covariances)[2] - np.log(weights))


def likelihood_equal_weights(x, weights, means, covariances):
    return _sum_exp(_logs(x, np.full(len(weights), 1 / len(weights)), means, covariances)[2])


def likelihood_summed_over_the_points(x, weights, means, covariances):
    logs = _logs(x, weights, means, covariances)[2]
    return np.logaddexp.reduce(logs, axis=0) if len(logs) > 1 else _sum_exp(logs)


def likelihood_mean_over_the_points(x, weights, means, covariances):
    return np.mean(_sum_exp(_logs(x, weights, means, covariances)[2]), keepdims=len(x) == 1)


def likelihood_underflows(x, weights, means, covariances):
    with np.errstate(all="ignore"):
        return np.log(np.exp(_logs(x, weights, means, covariances)[2]).sum(axis=1))


def likelihood_with_a_small_number(x, weights, means, covariances):
    return np.log(np.exp(_logs(x, weights, means, covariances)[2]).sum(axis=1) + 1e-300)


def likelihood_top_not_added(x, weights, means, covariances):
    logs = _logs(x, weights, means, covariances)[2]
    top = np.where(logs.max(axis=1) < -700, logs.max(axis=1), 0)
    return np.log(np.exp(logs - top[:, None]).sum(axis=1))


def likelihood_top_of_the_whole_batch(x, weights, means, covariances):
    logs = _logs(x, weights, means, covariances)[2]
    with np.errstate(all="ignore"):
        return logs.max() + np.log(np.exp(logs - logs.max()).sum(axis=1))


LINE = "test_guided_score_line"
TO_DATA, ANYWHERE = "test_ddim_step_to_data", "test_ddim_step_anywhere"
ROUND, COVARIANCE = "test_log_likelihood_round", "test_log_likelihood_covariance"
MODES, FAR = "test_log_likelihood_modes", "test_log_likelihood_far"

WRONG = [
    ("guided_score", guided_with_one_more, LINE, "the paper's other convention"),
    ("guided_score", guided_swapped, LINE, "weight 1 is the given score"),
    ("guided_score", guided_adds_the_given, LINE, "weight * (given - free)"),
    ("guided_score", guided_without_the_start, LINE, "free + weight"),
    ("guided_score", guided_adds_to_the_given, LINE, "from the score without the label"),
    ("guided_score", guided_clipped_at_one, LINE, "weight times the way"),
    ("guided_score", guided_mean_weight, LINE, "weight * (given - free)"),
    ("ddim_step", ddim_variance_at_a, TO_DATA, "sigma = sqrt(1 - a^2)"),
    ("ddim_step", ddim_amplitude_not_squared, TO_DATA, "sigma = sqrt(1 - a^2)"),
    ("ddim_step", ddim_takes_the_noise_for_the_score, TO_DATA, "the noise is no score"),
    ("ddim_step", ddim_noise_with_a_plus, TO_DATA, "there is a minus"),
    ("ddim_step", ddim_does_not_unshrink, TO_DATA, "/ a"),
    ("ddim_step", ddim_divides_by_the_square, TO_DATA, "(x - sigma noise) / a"),
    ("ddim_step", ddim_divides_x_alone, TO_DATA, "(x - sigma noise) / a"),
    ("ddim_step", ddim_noise_level_of_b_at_both, TO_DATA, "the noise level at a"),
    ("ddim_step", ddim_amplitudes_swapped, TO_DATA, "the noise level at a"),
    ("ddim_step", ddim_noise_level_of_the_start, ANYWHERE, "the noise level is that of b now"),
    ("ddim_step", ddim_variance_at_b, ANYWHERE, "sqrt(1 - b^2)"),
    ("ddim_step", ddim_stops_at_the_data, ANYWHERE, "b times the guess of x_0"),
    ("ddim_step", ddim_guess_not_shrunk, ANYWHERE, "b times the guess of x_0"),
    ("ddim_step", ddim_fresh_noise, ANYWHERE, "no fresh noise"),
    ("ddim_step", ddim_forgets_the_noise, ANYWHERE, "the SAME noise"),
    ("ddim_step", ddim_only_towards_the_data, ANYWHERE, "backwards (b < a) the same formula holds"),
    ("log_likelihood", likelihood_without_the_constant, ROUND, "the constant"),
    ("log_likelihood", likelihood_constant_of_one_coordinate, ROUND, "for each coordinate"),
    ("log_likelihood", likelihood_constant_not_halved, ROUND, "log(2 pi) / 2"),
    ("log_likelihood", likelihood_mean_over_coordinates, ROUND, "SUMMED over the coordinates"),
    ("log_likelihood", likelihood_squares_not_halved, ROUND, "-|x - m|^2 / 2"),
    ("log_likelihood", likelihood_distance_not_squared, ROUND, "the squares are SUMMED"),
    ("log_likelihood", likelihood_not_the_log, ROUND, "a natural logarithm"),
    ("log_likelihood", likelihood_negated, ROUND, "not negated"),
    ("log_likelihood", likelihood_in_bits, ROUND, "a natural logarithm"),
    ("log_likelihood", likelihood_without_the_determinant, COVARIANCE, "log(det C) / 2"),
    ("log_likelihood", likelihood_determinant_not_halved, COVARIANCE, "its log is halved"),
    ("log_likelihood", likelihood_determinant_of_the_root, COVARIANCE, "not of its root"),
    ("log_likelihood", likelihood_multiplies_by_the_covariance, COVARIANCE, "do not multiply"),
    ("log_likelihood", likelihood_covariance_taken_for_its_root, COVARIANCE, "C^{-1}"),
    ("log_likelihood", likelihood_axes_alone, COVARIANCE, "of the axes alone"),
    ("log_likelihood", likelihood_sum_of_logs, MODES, "not the sum of logs"),
    ("log_likelihood", likelihood_weighted_mean_of_logs, MODES, "the log of the SUM"),
    ("log_likelihood", likelihood_of_the_nearest_mode, MODES, "nor the largest"),
    ("log_likelihood", likelihood_without_weights, MODES, "with the weights"),
    ("log_likelihood", likelihood_equal_weights, MODES, "with the weights"),
    ("log_likelihood", likelihood_summed_over_the_points, MODES, "not over points"),
    ("log_likelihood", likelihood_mean_over_the_points, MODES, "one number for each point"),
    ("log_likelihood", likelihood_underflows, FAR, "its log is -inf"),
    ("log_likelihood", likelihood_with_a_small_number, FAR, "no small number inside the log"),
    ("log_likelihood", likelihood_top_not_added, FAR, "add it back"),
    ("log_likelihood", likelihood_top_of_the_whole_batch, FAR, "point by point"),
]
