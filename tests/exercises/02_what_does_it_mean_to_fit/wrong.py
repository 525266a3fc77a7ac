"""Wrong answers that people give: (function, answer, the test that must fail first, a part of its hint)."""

import numpy as np


def _kl(p, q):
    if np.any((p > 0) & (q == 0)):
        return np.inf
    on = p > 0
    return np.sum(p[on] * np.log(p[on] / q[on]))


def kl_in_bits(p, q):
    return _kl(p, q) / np.log(2)


def kl_the_other_way_round(p, q):
    return _kl(q, p)


def kl_without_the_weight(p, q):
    return np.sum(np.log(p / q))


def kl_symmetrised(p, q):
    return (_kl(p, q) + _kl(q, p)) / 2


def kl_zero_times_infinity(p, q):
    with np.errstate(all="ignore"):
        return np.sum(p * np.log(p / q))


def kl_of_clipped_masses(p, q):
    p, q = np.maximum(p, 1e-12), np.maximum(q, 1e-12)
    return np.sum(p * np.log(p / q))


def kl_where_both_are_positive(p, q):
    on = (p > 0) & (q > 0)
    return np.sum(p[on] * np.log(p[on] / q[on]))


def js_without_the_halves(p, q):
    m = (p + q) / 2
    return _kl(p, m) + _kl(q, m)


def js_as_half_of_jeffreys(p, q):
    return (_kl(p, q) + _kl(q, p)) / 2


def js_with_the_geometric_middle(p, q):
    m = np.sqrt(p * q)
    return (_kl(p, m / m.sum()) + _kl(q, m / m.sum())) / 2


def js_as_a_distance(p, q):
    m = (p + q) / 2
    return np.sqrt((_kl(p, m) + _kl(q, m)) / 2)


def js_zero_times_infinity(p, q):
    m = (p + q) / 2
    with np.errstate(all="ignore"):
        return (np.sum(p * np.log(p / m)) + np.sum(q * np.log(q / m))) / 2


def js_where_both_are_positive(p, q):
    on = (p > 0) & (q > 0)
    p, q = p[on], q[on]
    m = (p + q) / 2
    return (np.sum(p * np.log(p / m)) + np.sum(q * np.log(q / m))) / 2


def tv_without_the_half(p, q):
    return np.sum(np.abs(p - q))


def tv_as_the_largest_difference(p, q):
    return np.max(np.abs(p - q))


def tv_squares(p, q):
    return np.sum((p - q) ** 2) / 2


def w1_of_the_means(x, p, q):
    return abs(np.sum(x * (p - q)))


def w1_with_gaps_of_one(x, p, q):
    order = np.argsort(x)
    return np.sum(np.abs(np.cumsum((p - q)[order])))


def w1_without_cumulating(x, p, q):
    order = np.argsort(x)
    return np.sum(np.abs((p - q)[order])[:-1] * np.diff(x[order]))


def w1_without_absolute_values(x, p, q):
    order = np.argsort(x)
    return abs(np.sum(np.cumsum((p - q)[order])[:-1] * np.diff(x[order])))


def w1_without_sorting(x, p, q):
    return np.sum(np.abs(np.cumsum(p - q))[:-1] * np.diff(x))


def w1_sorts_positions_only(x, p, q):
    return np.sum(np.abs(np.cumsum(p - q))[:-1] * np.diff(np.sort(x)))


def _gaussian(x, m, s):
    return -(((x - m) / s) ** 2) / 2 - np.log(s) - np.log(2 * np.pi) / 2


def _on_grid(name, log_p, log_q, dx):
    if name == "forward":
        return np.sum(np.exp(log_p) * (log_p - log_q)) * dx
    if name == "reverse":
        return np.sum(np.exp(log_q) * (log_q - log_p)) * dx
    log_m = np.logaddexp(log_p, log_q) - np.log(2)
    return (_on_grid("forward", log_p, log_m, dx) + _on_grid("forward", log_q, log_m, dx)) / 2


def grid_directions_swapped(name, log_p, log_q, dx):
    return _on_grid({"forward": "reverse", "reverse": "forward"}.get(name, name), log_p, log_q, dx)


def grid_without_dx(name, log_p, log_q, dx):
    return _on_grid(name, log_p, log_q, 1.0)


def grid_averages_over_log_densities(name, log_p, log_q, dx):
    return abs(np.sum(log_p * (log_p - log_q))) * dx


def grid_leaves_the_logarithms(name, log_p, log_q, dx):
    p, q = np.exp(log_p), np.exp(log_q)
    m = (p + q) / 2
    with np.errstate(all="ignore"):
        if name == "js":
            return (np.nansum(p * np.log(p / m)) + np.nansum(q * np.log(q / m))) * dx / 2
        return (np.nansum(p * np.log(p / q)) if name == "forward" else np.nansum(q * np.log(q / p))) * dx


def grid_adds_an_epsilon(name, log_p, log_q, dx):
    return _on_grid(name, np.log(np.exp(log_p) + 1e-12), np.log(np.exp(log_q) + 1e-12), dx)


def _descend(name, x, log_p, m, s, steps=150):
    t, h, dx = np.log(s), 1e-4, x[1] - x[0]

    def value(m, t):
        return _on_grid(name, log_p, _gaussian(x, m, np.exp(t)), dx)

    for _ in range(steps):
        in_m, in_t = (value(m + h, t) - value(m - h, t)) / (2 * h), (value(m, t + h) - value(m, t - h)) / (2 * h)
        m -= np.clip(0.5 * np.exp(2 * t) * in_m, -0.2, 0.2)
        t -= np.clip(0.25 * in_t, -0.2, 0.2)
    return m, np.exp(t)


def fit_returns_the_variance(name, x, log_p, mean, sd):
    m, s = _descend(name, x, log_p, mean, sd)
    return m, s**2


def fit_returns_the_logarithm(name, x, log_p, mean, sd):
    m, s = _descend(name, x, log_p, mean, sd)
    return m, np.log(s)


def fit_stops_early(name, x, log_p, mean, sd):
    return _descend(name, x, log_p, mean, sd, steps=5)


def fit_goes_uphill(name, x, log_p, mean, sd):
    return mean - 0.1, sd * 1.1


def fit_directions_swapped(name, x, log_p, mean, sd):
    return _descend({"forward": "reverse", "reverse": "forward"}.get(name, name), x, log_p, mean, sd)


def fit_by_moments_always(name, x, log_p, mean, sd):
    p = np.exp(log_p) * (x[1] - x[0])
    m = np.sum(p * x)
    return m, np.sqrt(np.sum(p * (x - m) ** 2))


def fit_starts_in_the_middle(name, x, log_p, mean, sd):
    return _descend(name, x, log_p, 0.01, 1.0)


def fit_by_grid_search(name, x, log_p, mean, sd):
    return min(
        (_on_grid(name, log_p, _gaussian(x, m, s), x[1] - x[0]), m, s)
        for m in np.arange(-4, 4.01, 0.25)
        for s in np.arange(0.5, 3, 0.3)
    )[1:]


def kde_with_deviation_for_variance(train, test, variance):
    return kde_right(train, test, variance**2)


def kde_right(train, test, variance, mean=np.mean):
    e = -np.sum((test[:, None] - train) ** 2, axis=-1) / (2 * variance)
    log_mean = np.logaddexp.reduce(e, axis=1) - np.log(len(train))
    return mean(log_mean) - train.shape[1] / 2 * np.log(2 * np.pi * variance)


def kde_normalised_for_a_line(train, test, variance):
    return kde_right(train, test, variance) + (train.shape[1] - 1) / 2 * np.log(2 * np.pi * variance)


def kde_sums_the_bumps(train, test, variance):
    return kde_right(train, test, variance) + np.log(len(train))


def kde_sums_the_test_points(train, test, variance):
    return kde_right(train, test, variance, mean=np.sum)


def kde_averages_the_logarithms(train, test, variance):
    e = -np.sum((test[:, None] - train) ** 2, axis=-1) / (2 * variance)
    return np.mean(e) - train.shape[1] / 2 * np.log(2 * np.pi * variance)


def kde_log_of_the_mean_density(train, test, variance):
    e = -np.sum((test[:, None] - train) ** 2, axis=-1) / (2 * variance)
    return np.log(np.mean(np.exp(e))) - train.shape[1] / 2 * np.log(2 * np.pi * variance)


def kde_underflows(train, test, variance):
    e = -np.sum((test[:, None] - train) ** 2, axis=-1) / (2 * variance)
    with np.errstate(all="ignore"):
        density = np.mean(np.exp(e), axis=1) / (2 * np.pi * variance) ** (train.shape[1] / 2)
        return np.mean(np.log(density))


def kde_adds_an_epsilon(train, test, variance):
    e = -np.sum((test[:, None] - train) ** 2, axis=-1) / (2 * variance)
    density = np.mean(np.exp(e), axis=1) / (2 * np.pi * variance) ** (train.shape[1] / 2)
    return np.mean(np.log(density + 1e-300))


WRONG = [
    ("kl", kl_in_bits, "test_kl_positive", "not log2"),
    ("kl", kl_the_other_way_round, "test_kl_positive", "is not KL(q || p)"),
    ("kl", kl_without_the_weight, "test_kl_positive", "the average"),
    ("kl", kl_symmetrised, "test_kl_positive", "is not KL(q || p)"),
    ("kl", kl_zero_times_infinity, "test_kl_zeros", "0 log 0"),
    ("kl", kl_of_clipped_masses, "test_kl_zeros", "np.inf"),
    ("kl", kl_where_both_are_positive, "test_kl_zeros", "np.inf"),
    ("js", js_without_the_halves, "test_js_coins", "factor 1/2"),
    ("js", js_as_half_of_jeffreys, "test_js_coins", "not half of"),
    ("js", js_with_the_geometric_middle, "test_js_coins", "middle (p + q) / 2"),
    ("js", js_as_a_distance, "test_js_coins", "factor 1/2"),
    ("js", js_zero_times_infinity, "test_js_blocks", "its term is 0"),
    ("js", js_where_both_are_positive, "test_js_blocks", "log 2 for disjoint"),
    ("tv", tv_without_the_half, "test_tv", "counts both"),
    ("tv", tv_as_the_largest_difference, "test_tv", "sum |p - q|"),
    ("tv", tv_squares, "test_tv", "sum |p - q|"),
    ("w1_on_a_line", w1_of_the_means, "test_w1_on_a_line_sorted", "not the difference of the means"),
    ("w1_on_a_line", w1_with_gaps_of_one, "test_w1_on_a_line_sorted", "not all 1 wide"),
    ("w1_on_a_line", w1_without_cumulating, "test_w1_on_a_line_sorted", "cumulated"),
    ("w1_on_a_line", w1_without_absolute_values, "test_w1_on_a_line_sorted", "|F - G|"),
    ("w1_on_a_line", w1_without_sorting, "test_w1_on_a_line_unsorted", "sort them first"),
    ("w1_on_a_line", w1_sorts_positions_only, "test_w1_on_a_line_unsorted", "take the masses along"),
    ("divergence_on_grid", grid_directions_swapped, "test_divergence_on_grid_value", "over the model q"),
    ("divergence_on_grid", grid_without_dx, "test_divergence_on_grid_value", "multiplied by dx"),
    ("divergence_on_grid", grid_averages_over_log_densities, "test_divergence_on_grid_value", "densities are exp"),
    ("divergence_on_grid", grid_leaves_the_logarithms, "test_divergence_on_grid_far", "differences of the logarithms"),
    ("divergence_on_grid", grid_adds_an_epsilon, "test_divergence_on_grid_far", "differences of the logarithms"),
    ("fit_gaussian", fit_returns_the_variance, "test_fit_gaussian_to_a_gaussian", "its square"),
    ("fit_gaussian", fit_returns_the_logarithm, "test_fit_gaussian_to_a_gaussian", "not its logarithm"),
    ("fit_gaussian", fit_stops_early, "test_fit_gaussian_to_a_gaussian", "until nothing changes"),
    ("fit_gaussian", fit_goes_uphill, "test_fit_gaussian_to_a_gaussian", "downhill"),
    ("fit_gaussian", fit_directions_swapped, "test_fit_gaussian_forward", "fit the reverse one"),
    ("fit_gaussian", fit_by_moments_always, "test_fit_gaussian_one_bump", "a valley at each bump"),
    ("fit_gaussian", fit_starts_in_the_middle, "test_fit_gaussian_one_bump", "where you start"),
    ("fit_gaussian", fit_by_grid_search, "test_fit_gaussian_to_a_gaussian", "until nothing changes"),
    ("kde_log_likelihood", kde_with_deviation_for_variance, "test_kde_log_likelihood_value", "not the deviation"),
    ("kde_log_likelihood", kde_normalised_for_a_line, "test_kde_log_likelihood_value", "in d dimensions"),
    ("kde_log_likelihood", kde_sums_the_bumps, "test_kde_log_likelihood_value", "averaged inside the log"),
    ("kde_log_likelihood", kde_sums_the_test_points, "test_kde_log_likelihood_value", "the test points outside"),
    ("kde_log_likelihood", kde_averages_the_logarithms, "test_kde_log_likelihood_value", "averaged inside the log"),
    ("kde_log_likelihood", kde_log_of_the_mean_density, "test_kde_log_likelihood_value", "the test points outside"),
    ("kde_log_likelihood", kde_underflows, "test_kde_log_likelihood_tiny", "log-sum-exp"),
    ("kde_log_likelihood", kde_adds_an_epsilon, "test_kde_log_likelihood_tiny", "log-sum-exp"),
]
