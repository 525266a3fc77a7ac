"""Wrong answers that people give: (function, answer, the test that must fail first, a part of its hint)."""

import numpy as np


def taylor_is_the_exact_one(x, score, alpha):
    return (x + (1 - alpha**2) * score) / alpha


def taylor_shrinks(x, score, alpha):
    return alpha * x + (1 - alpha**2) * score


def taylor_two_minus_the_square(x, score, alpha):
    return (2 - alpha**2) * x + (1 - alpha**2) * score


def taylor_away_from_the_score(x, score, alpha):
    return (2 - alpha) * x - (1 - alpha**2) * score


def taylor_standard_deviation(x, score, alpha):
    return (2 - alpha) * x + np.sqrt(1 - alpha**2) * score


def taylor_amplitude_not_squared(x, score, alpha):
    return (2 - alpha) * x + (1 - alpha) * score


def taylor_half_the_score(x, score, alpha):
    return (2 - alpha) * x + (1 - alpha**2) / 2 * score


def exact_is_the_taylor_one(x, score, alpha):
    return (2 - alpha) * x + (1 - alpha**2) * score


def exact_by_completing_the_square(x, score, alpha):
    return x / alpha + (1 - alpha**2) / alpha**2 * score


def exact_divides_x_alone(x, score, alpha):
    return x / alpha + (1 - alpha**2) * score


def exact_not_divided(x, score, alpha):
    return x + (1 - alpha**2) * score


def exact_multiplied(x, score, alpha):
    return alpha * (x + (1 - alpha**2) * score)


def exact_divided_by_the_square(x, score, alpha):
    return (x + (1 - alpha**2) * score) / alpha**2


def exact_away_from_the_score(x, score, alpha):
    return (x - (1 - alpha**2) * score) / alpha


def exact_standard_deviation(x, score, alpha):
    return (x + np.sqrt(1 - alpha**2) * score) / alpha


def exact_forward_step(x, score, alpha):
    return alpha * x + (1 - alpha**2) * score


def variance_is_one(alpha):
    return 1.0


def variance_factor_not_squared(alpha):
    return (1 - alpha**2) / (alpha - alpha**2)


def variance_of_noise_as_deviation(alpha):
    return np.sqrt(1 - alpha**2) / (1 - (1 - alpha + alpha**2) ** 2)


def variance_as_deviation(alpha):
    return np.sqrt((1 + alpha) / (alpha * (2 - alpha + alpha**2)))


def variance_without_the_score(alpha):
    return (1 - alpha**2) / (1 - (2 - alpha) ** 2)


def variance_of_the_exact_step(alpha):
    return 1 - alpha**2 + alpha**2 * 1.0


def variance_of_one_step(alpha):
    return (1 - alpha + alpha**2) ** 2 + 1 - alpha**2


def variance_first_order(alpha):
    return 2 - alpha


def _chain(x, score, alpha, noise, mean=None, when=lambda t: t, std=None, row=lambda t: t - 1, quiet=lambda t: t == 1):
    std = np.sqrt(1 - alpha**2) if std is None else std
    for t in range(len(noise), 0, -1):
        s = score(x, when(t))
        x = (x + (1 - alpha**2) * s) / alpha if mean is None else mean(x, s, alpha)
        if not quiet(t):
            x = x + std * noise[row(t)]
    return x


def chain_asks_where_it_goes(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, when=lambda t: t - 1)


def chain_asks_one_too_late(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, when=lambda t: t + 1)


def chain_asks_forwards(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, when=lambda t: len(noise) + 1 - t)


def chain_always_asks_at_the_end(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, when=lambda t: len(noise))


def chain_asks_with_a_time_for_each_point(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, when=lambda t: np.full(len(x), t))


def chain_stops_at_one(x, score, alpha, noise):
    for t in range(len(noise), 1, -1):
        x = (x + (1 - alpha**2) * score(x, t)) / alpha + np.sqrt(1 - alpha**2) * noise[t - 1]
    return x


def chain_goes_on_to_minus_one(x, score, alpha, noise):
    x = _chain(x, score, alpha, noise)
    return (x + (1 - alpha**2) * score(x, 0)) / alpha


def chain_with_the_taylor_mean(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, taylor_mean_)


def taylor_mean_(x, score, alpha):
    return (2 - alpha) * x + (1 - alpha**2) * score


def chain_runs_forwards(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, lambda x, s, alpha: alpha * x)


def chain_noise_at_the_last_step(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, quiet=lambda t: False)


def chain_noise_at_the_last_step_only(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, quiet=lambda t: t > 1)


def chain_without_noise(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, quiet=lambda t: True)


def chain_no_noise_at_the_first_step(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, quiet=lambda t: t in (1, len(noise)))


def chain_variance_for_the_deviation(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, std=1 - alpha**2)


def chain_amplitude_not_squared(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, std=np.sqrt(1 - alpha))


def chain_noise_not_scaled(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, std=1.0)


def chain_other_rows_of_noise(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, row=lambda t: t - 2)


def chain_rows_of_noise_in_reverse(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, row=lambda t: len(noise) - t)


def chain_noise_divided_by_alpha_too(x, score, alpha, noise):
    return _chain(x, score, alpha, noise, std=np.sqrt(1 - alpha**2) / alpha)


def _dsm(score, target, n):
    return np.sum((score - target) ** 2) / (2 * n)


def dsm_against_the_noise(score, noise, sigma):
    return _dsm(score, noise, len(sigma))


def dsm_without_the_minus(score, noise, sigma):
    return _dsm(score, noise / sigma[:, None], len(sigma))


def dsm_not_divided_by_sigma(score, noise, sigma):
    return _dsm(score, -noise, len(sigma))


def dsm_divided_by_the_variance(score, noise, sigma):
    return _dsm(score, -noise / sigma[:, None] ** 2, len(sigma))


def dsm_times_sigma(score, noise, sigma):
    return _dsm(score, -noise * sigma[:, None], len(sigma))


def dsm_weighted_as_for_noise(score, noise, sigma):
    return _dsm(sigma[:, None] * score, -noise, len(sigma))


def dsm_without_the_half(score, noise, sigma):
    return 2 * _dsm(score, -noise / sigma[:, None], len(sigma))


def dsm_mean_over_coordinates(score, noise, sigma):
    return np.mean((score + noise / sigma[:, None]) ** 2) / 2


def dsm_distance_not_squared(score, noise, sigma):
    return np.mean(np.linalg.norm(score + noise / sigma[:, None], axis=1)) / 2


def dsm_summed_over_points(score, noise, sigma):
    return _dsm(score, -noise / sigma[:, None], 1)


def dsm_one_sigma_for_all(score, noise, sigma):
    return _dsm(score, -noise / np.mean(sigma), len(sigma))


def dsm_along_the_wrong_axis(score, noise, sigma):
    column = sigma if len(sigma) == noise.shape[1] else sigma[:, None]
    return _dsm(score, -noise / column, len(sigma))


def dsm_of_the_mean_error(score, noise, sigma):
    return np.sum(np.mean(score + noise / sigma[:, None], axis=0) ** 2) / 2


TAYLOR, EXACT, SETTLES = "test_taylor_mean_formula", "test_exact_mean_of_gaussians", "test_taylor_variance_settles"
ASKED, NOISY = "test_reverse_chain_times", "test_reverse_chain_noise"
TARGET, BATCH = "test_dsm_loss_target", "test_dsm_loss_batch"

WRONG = [
    ("taylor_mean", taylor_is_the_exact_one, TAYLOR, "nothing is divided by alpha"),
    ("taylor_mean", taylor_shrinks, TAYLOR, "it moves x OUT"),
    ("taylor_mean", taylor_two_minus_the_square, TAYLOR, "no 2 - alpha^2"),
    ("taylor_mean", taylor_away_from_the_score, TAYLOR, "plus the score"),
    ("taylor_mean", taylor_standard_deviation, TAYLOR, "no root"),
    ("taylor_mean", taylor_amplitude_not_squared, TAYLOR, "times 1 - alpha^2"),
    ("taylor_mean", taylor_half_the_score, TAYLOR, "times 1 - alpha^2"),
    ("exact_mean", exact_is_the_taylor_one, EXACT, "this is not the Taylor form"),
    ("exact_mean", exact_by_completing_the_square, EXACT, "ALL of it, once"),
    ("exact_mean", exact_divides_x_alone, EXACT, "ALL of it"),
    ("exact_mean", exact_not_divided, EXACT, "divided by alpha"),
    ("exact_mean", exact_multiplied, EXACT, "divided by alpha"),
    ("exact_mean", exact_divided_by_the_square, EXACT, "once"),
    ("exact_mean", exact_away_from_the_score, EXACT, "x + (1 - alpha^2) score"),
    ("exact_mean", exact_standard_deviation, EXACT, "x + (1 - alpha^2) score"),
    ("exact_mean", exact_forward_step, EXACT, "divided by alpha"),
    ("taylor_variance", variance_is_one, SETTLES, "the variance v settles where"),
    ("taylor_variance", variance_factor_not_squared, SETTLES, "g squared"),
    ("taylor_variance", variance_of_noise_as_deviation, SETTLES, "not its standard deviation"),
    ("taylor_variance", variance_as_deviation, SETTLES, "the variance v"),
    ("taylor_variance", variance_without_the_score, SETTLES, "with the score -x"),
    ("taylor_variance", variance_of_the_exact_step, SETTLES, "the variance v settles where"),
    ("taylor_variance", variance_of_one_step, SETTLES, "settles"),
    ("taylor_variance", variance_first_order, SETTLES, "v = g^2 v + 1 - alpha^2"),
    ("reverse_chain", chain_asks_where_it_goes, ASKED, "not at t - 1 nor at 0"),
    ("reverse_chain", chain_asks_one_too_late, ASKED, "the score at t, where x is"),
    ("reverse_chain", chain_asks_forwards, ASKED, "with t from T to 1"),
    ("reverse_chain", chain_always_asks_at_the_end, ASKED, "with t from T to 1"),
    ("reverse_chain", chain_asks_with_a_time_for_each_point, ASKED, "one whole number for all points"),
    ("reverse_chain", chain_stops_at_one, ASKED, "T steps, from T down to 0"),
    ("reverse_chain", chain_goes_on_to_minus_one, ASKED, "T steps, from T down to 0"),
    ("reverse_chain", chain_with_the_taylor_mean, ASKED, "it has the exact mean"),
    ("reverse_chain", chain_runs_forwards, ASKED, "it has the exact mean"),
    ("reverse_chain", chain_noise_at_the_last_step, NOISY, "from 1 to 0 nothing"),
    ("reverse_chain", chain_noise_at_the_last_step_only, NOISY, "at every step but the last"),
    ("reverse_chain", chain_without_noise, NOISY, "noise comes in at every step"),
    ("reverse_chain", chain_no_noise_at_the_first_step, NOISY, "at every step but the last"),
    ("reverse_chain", chain_variance_for_the_deviation, NOISY, "a standard deviation"),
    ("reverse_chain", chain_amplitude_not_squared, NOISY, "sqrt(1 - alpha^2)"),
    ("reverse_chain", chain_noise_not_scaled, NOISY, "sqrt(1 - alpha^2)"),
    ("reverse_chain", chain_other_rows_of_noise, NOISY, "noise[0] is never used"),
    ("reverse_chain", chain_rows_of_noise_in_reverse, NOISY, "noise[t - 1] if t > 1"),
    ("reverse_chain", chain_noise_divided_by_alpha_too, NOISY, "sqrt(1 - alpha^2)"),
    ("dsm_loss", dsm_against_the_noise, TARGET, "MINUS noise / sigma"),
    ("dsm_loss", dsm_without_the_minus, TARGET, "with the minus"),
    ("dsm_loss", dsm_not_divided_by_sigma, TARGET, "nor left as it is"),
    ("dsm_loss", dsm_divided_by_the_variance, TARGET, "not by its square"),
    ("dsm_loss", dsm_times_sigma, TARGET, "divided by sigma"),
    ("dsm_loss", dsm_weighted_as_for_noise, TARGET, "nor left as it is"),
    ("dsm_loss", dsm_without_the_half, TARGET, "half the SUM"),
    ("dsm_loss", dsm_mean_over_coordinates, TARGET, "no mean"),
    ("dsm_loss", dsm_distance_not_squared, TARGET, "the squared differences"),
    ("dsm_loss", dsm_summed_over_points, BATCH, "the mean over the n points"),
    ("dsm_loss", dsm_one_sigma_for_all, BATCH, "each point has its own sigma"),
    ("dsm_loss", dsm_along_the_wrong_axis, BATCH, "a column (n, 1)"),
    ("dsm_loss", dsm_of_the_mean_error, BATCH, "the mean over the n points of their sums"),
]
