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


SCORE, DATA = "test_noise_to_score_of_gaussians", "test_score_to_data_known"
WEIGHTS, BUFFERS = "test_ema_step_weights", "test_ema_step_buffers"
TWO, FREQUENCIES = "test_time_embedding_of_two", "test_time_embedding_frequencies"
ALL, SHARE = "test_drop_labels_all_or_none", "test_drop_labels_share"

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
]
