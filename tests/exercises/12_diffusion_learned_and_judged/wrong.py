"""Wrong answers that people give: (function, answer, the test that must fail first, a part of its hint)."""

import numpy as np


def score_is_the_noise(noise, sigma):
    return noise


def score_is_minus_the_noise(noise, sigma):
    return -noise


def score_without_the_minus(noise, sigma):
    return noise / sigma[:, None]


def score_divided_by_the_variance(noise, sigma):
    return -noise / sigma[:, None] ** 2


def score_times_sigma(noise, sigma):
    return -noise * sigma[:, None]


def score_sigma_along_the_wrong_axis(noise, sigma):
    return -noise / (sigma if len(sigma) == noise.shape[1] else sigma[:, None])


def score_one_sigma_for_all(noise, sigma):
    return -noise / sigma[0]


def data_with_the_noise_level(score, x, a):
    a = a[:, None]
    return (x + np.sqrt(1 - a**2) * score) / a


def data_with_a_minus(score, x, a):
    a = a[:, None]
    return (x - (1 - a**2) * score) / a


def data_not_divided(score, x, a):
    return x + (1 - a[:, None] ** 2) * score


def data_divides_x_alone(score, x, a):
    a = a[:, None]
    return x / a + (1 - a**2) * score


def data_divided_by_the_square(score, x, a):
    a = a[:, None]
    return (x + (1 - a**2) * score) / a**2


def data_amplitude_for_its_square(score, x, a):
    a = a[:, None]
    return (x + (1 - a) * score) / a


def data_a_taken_for_the_square(score, x, a):
    a = a[:, None]
    return (x + (1 - a) * score) / np.sqrt(a)


def data_takes_the_score_for_noise(score, x, a):
    a = a[:, None]
    return (x - np.sqrt(1 - a**2) * score) / a


def data_along_the_wrong_axis(score, x, a):
    a = a if len(a) == x.shape[1] else a[:, None]
    return (x + (1 - a**2) * score) / a


def _averaged(average, model, mix):
    return [mix(old, new) for old, new in zip(average, model, strict=True)]


def ema_decay_swapped(average, model, is_buffer, decay):
    return _averaged(average, model, lambda old, new: (1 - decay) * old + decay * new)


def ema_assigned(average, model, is_buffer, decay):
    return _averaged(average, model, lambda old, new: (1 - decay) * new)


def ema_takes_the_model(average, model, is_buffer, decay):
    return model


def ema_keeps_the_average(average, model, is_buffer, decay):
    return average


def ema_does_not_forget(average, model, is_buffer, decay):
    return _averaged(average, model, lambda old, new: old + (1 - decay) * new)


def ema_plain_mean(average, model, is_buffer, decay):
    return _averaged(average, model, lambda old, new: (old + new) / 2)


def ema_steps_away(average, model, is_buffer, decay):
    return _averaged(average, model, lambda old, new: old - (1 - decay) * (new - old))


def ema_first_array_only(average, model, is_buffer, decay):
    return [decay * average[0] + (1 - decay) * model[0], *average[1:]]


def ema_over_buffers(average, model, is_buffer, decay):
    return _averaged(average, model, lambda old, new: decay * old + (1 - decay) * new)


def _with_buffers(average, model, is_buffer, decay, buffer):
    return [
        buffer(old, new) if copied else decay * old + (1 - decay) * new
        for old, new, copied in zip(average, model, is_buffer, strict=True)
    ]


def ema_buffers_stay_old(average, model, is_buffer, decay):
    return _with_buffers(average, model, is_buffer, decay, lambda old, new: old)


def ema_buffers_left_out(average, model, is_buffer, decay):
    averaged = _with_buffers(average, model, is_buffer, decay, lambda old, new: None)
    return [array for array in averaged if array is not None]


def ema_buffers_swapped_with_weights(average, model, is_buffer, decay):
    if not any(is_buffer):
        return _with_buffers(average, model, is_buffer, decay, None)
    return _with_buffers(average, model, [not b for b in is_buffer], decay, lambda old, new: new)


def ema_one_buffer_stops_all(average, model, is_buffer, decay):
    if any(is_buffer):
        return model
    return _with_buffers(average, model, is_buffer, decay, None)


def _waves(t, features, frequencies):
    angles = t[:, None] * frequencies
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def _frequencies(features, period):
    half = features // 2
    return period ** (-np.arange(half) / half)


def embedding_sines_only(t, features, period):
    return np.sin(t[:, None] * period ** (-np.arange(features) / features))


def embedding_sines_twice(t, features, period):
    angles = t[:, None] * _frequencies(features, period)
    return np.concatenate([np.sin(angles), np.sin(angles)], axis=1)


def embedding_cosines_first(t, features, period):
    angles = t[:, None] * _frequencies(features, period)
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=1)


def embedding_transposed(t, features, period):
    return _waves(t, features, _frequencies(features, period)).T


def embedding_one_long_row(t, features, period):
    return _waves(t, features, _frequencies(features, period)).ravel()


def embedding_joined_along_axis_0(t, features, period):
    angles = t[:, None] * _frequencies(features, period)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=0)


def embedding_with_two_pi(t, features, period):
    return _waves(t, features, 2 * np.pi * _frequencies(features, period))


def embedding_starts_at_i_one(t, features, period):
    half = features // 2
    return _waves(t, features, period ** (-np.arange(1, half + 1) / half))


def embedding_grows_faster(t, features, period):
    return _waves(t, features, 1 / _frequencies(features, period))


def embedding_in_turns(t, features, period):
    angles = t[:, None] * _frequencies(features, period)
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(len(t), features)


def embedding_up_to_the_period(t, features, period):
    half = features // 2
    return _waves(t, features, period ** (-np.arange(half) / max(half - 1, 1)))


def embedding_half_the_power(t, features, period):
    return _waves(t, features, period ** (-np.arange(features // 2) / features))


def embedding_twice_the_power(t, features, period):
    return _waves(t, features, period ** (-2 * np.arange(features // 2) / (features // 2)))


def embedding_even_frequencies(t, features, period):
    return _waves(t, features, np.linspace(1, 1 / period, features // 2 + 1)[:-1])


def embedding_harmonics(t, features, period):
    return _waves(t, features, np.arange(1, features // 2 + 1))


def embedding_one_frequency(t, features, period):
    return _waves(t, features, np.ones(features // 2))


def drop_keeps_with_probability_share(labels, share, null, rng):
    return np.where(rng.random(len(labels)) < share, labels, null)


def drop_sets_zero(labels, share, null, rng):
    return np.where(rng.random(len(labels)) < share, 0, labels)


def drop_sets_minus_one(labels, share, null, rng):
    return np.where(rng.random(len(labels)) < share, -1, labels)


def drop_leaves_out(labels, share, null, rng):
    return labels[rng.random(len(labels)) >= share]


def drop_gives_the_mask(labels, share, null, rng):
    return rng.random(len(labels)) < share


def drop_adds_null(labels, share, null, rng):
    return labels + null * (rng.random(len(labels)) < share)


def drop_all_or_none(labels, share, null, rng):
    return np.full(len(labels), null) if rng.random() < share else labels


def drop_from_a_global_seed(labels, share, null, rng):
    return np.where(np.random.rand(len(labels)) < share, null, labels)  # noqa: NPY002


def drop_from_its_own_seed(labels, share, null, rng):
    return np.where(np.random.default_rng(0).random(len(labels)) < share, null, labels)


def drop_the_first_ones(labels, share, null, rng):
    return np.where(np.arange(len(labels)) < share * len(labels), null, labels)


def drop_always_as_many(labels, share, null, rng):
    places = rng.permutation(len(labels))[: round(share * len(labels))]
    labels[places] = null
    return labels


def drop_with_a_bell_curve(labels, share, null, rng):
    edge = share if 0 < share < 1 else np.inf if share else -np.inf
    return np.where(rng.standard_normal(len(labels)) < edge, null, labels)


def drop_by_class(labels, share, null, rng):
    return np.where((rng.random(null) < share)[labels], null, labels)


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


SCORE, DATA = "test_noise_to_score_of_gaussians", "test_score_to_data_known"
WEIGHTS, BUFFERS = "test_ema_step_weights", "test_ema_step_buffers"
TWO, FREQUENCIES = "test_time_embedding_of_two", "test_time_embedding_frequencies"
ALL, SHARE, LINE = "test_drop_labels_all_or_none", "test_drop_labels_share", "test_guided_score_line"
TO_DATA, ANYWHERE = "test_ddim_step_to_data", "test_ddim_step_anywhere"
ROUND, COVARIANCE = "test_log_likelihood_round", "test_log_likelihood_covariance"
MODES, FAR = "test_log_likelihood_modes", "test_log_likelihood_far"

WRONG = [
    ("noise_to_score", score_is_the_noise, SCORE, "is -xi / sigma"),
    ("noise_to_score", score_is_minus_the_noise, SCORE, "divided by sigma once"),
    ("noise_to_score", score_without_the_minus, SCORE, "a MINUS"),
    ("noise_to_score", score_divided_by_the_variance, SCORE, "divided by sigma once"),
    ("noise_to_score", score_times_sigma, SCORE, "divided by sigma"),
    ("noise_to_score", score_sigma_along_the_wrong_axis, SCORE, "sigma as a column"),
    ("noise_to_score", score_one_sigma_for_all, SCORE, "row by row"),
    ("score_to_data", data_with_the_noise_level, DATA, "no root of it"),
    ("score_to_data", data_with_a_minus, DATA, "PLUS"),
    ("score_to_data", data_not_divided, DATA, "divided by a"),
    ("score_to_data", data_divides_x_alone, DATA, "all of it divided by a"),
    ("score_to_data", data_divided_by_the_square, DATA, "once"),
    ("score_to_data", data_amplitude_for_its_square, DATA, "sigma^2 = 1 - a^2"),
    ("score_to_data", data_a_taken_for_the_square, DATA, "sigma^2 = 1 - a^2"),
    ("score_to_data", data_takes_the_score_for_noise, DATA, "sigma^2 times the score"),
    ("score_to_data", data_along_the_wrong_axis, DATA, "a as a column"),
    ("ema_step", ema_decay_swapped, WEIGHTS, "decay goes with the average so far"),
    ("ema_step", ema_assigned, WEIGHTS, "both stay in the sum"),
    ("ema_step", ema_takes_the_model, WEIGHTS, "both stay in the sum"),
    ("ema_step", ema_keeps_the_average, WEIGHTS, "1 - decay with the model"),
    ("ema_step", ema_does_not_forget, WEIGHTS, "decay * average"),
    ("ema_step", ema_plain_mean, WEIGHTS, "the average moves slowly"),
    ("ema_step", ema_steps_away, WEIGHTS, "1 - decay with the model"),
    ("ema_step", ema_first_array_only, WEIGHTS, "for each array"),
    ("ema_step", ema_over_buffers, BUFFERS, "no averages over buffers"),
    ("ema_step", ema_buffers_stay_old, BUFFERS, "nor its old value"),
    ("ema_step", ema_buffers_left_out, BUFFERS, "the model's own array"),
    ("ema_step", ema_buffers_swapped_with_weights, BUFFERS, "where is_buffer is true"),
    ("ema_step", ema_one_buffer_stops_all, BUFFERS, "the weights beside it are averaged as before"),
    ("time_embedding", embedding_sines_only, TWO, "from a sine alone"),
    ("time_embedding", embedding_sines_twice, TWO, "sines AND cosines"),
    ("time_embedding", embedding_cosines_first, TWO, "sin t, then cos t"),
    ("time_embedding", embedding_transposed, TWO, "one row for each time"),
    ("time_embedding", embedding_one_long_row, TWO, "one row for each time"),
    ("time_embedding", embedding_joined_along_axis_0, TWO, "(n, features)"),
    ("time_embedding", embedding_with_two_pi, TWO, "no 2 pi"),
    ("time_embedding", embedding_starts_at_i_one, TWO, "the only frequency is 1"),
    ("time_embedding", embedding_grows_faster, FREQUENCIES, "period^(-i / h)"),
    ("time_embedding", embedding_in_turns, FREQUENCIES, "not in turns"),
    ("time_embedding", embedding_up_to_the_period, FREQUENCIES, "no i / (h - 1)"),
    ("time_embedding", embedding_half_the_power, FREQUENCIES, "h = features / 2"),
    ("time_embedding", embedding_twice_the_power, FREQUENCIES, "period^(-i / h)"),
    ("time_embedding", embedding_even_frequencies, FREQUENCIES, "period^(-i / h)"),
    ("time_embedding", embedding_harmonics, FREQUENCIES, "period^(-i / h)"),
    ("time_embedding", embedding_one_frequency, FREQUENCIES, "i = 0, ..., h - 1"),
    ("drop_labels", drop_keeps_with_probability_share, ALL, "the probability to be DROPPED"),
    ("drop_labels", drop_sets_zero, ALL, "not 0 or -1"),
    ("drop_labels", drop_sets_minus_one, ALL, "not 0 or -1"),
    ("drop_labels", drop_leaves_out, ALL, "no entry is left out"),
    ("drop_labels", drop_gives_the_mask, ALL, "all labels stay as they are"),
    ("drop_labels", drop_adds_null, ALL, "with share 1 every one is null"),
    ("drop_labels", drop_all_or_none, SHARE, "not one for the whole batch"),
    ("drop_labels", drop_from_a_global_seed, SHARE, "no np.random.rand()"),
    ("drop_labels", drop_from_its_own_seed, SHARE, "the rng that was given"),
    ("drop_labels", drop_the_first_ones, SHARE, "each label has a draw of its own"),
    ("drop_labels", drop_always_as_many, SHARE, "how many go varies"),
    ("drop_labels", drop_with_a_bell_curve, SHARE, "with probability share"),
    ("drop_labels", drop_by_class, SHARE, "each label has a draw of its own"),
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
