"""Wrong answers that people give: (function, answer, the test that must fail first, a part of its hint)."""

import numpy as np


def sigmoid(v):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-v))


def softplus(v):
    return np.logaddexp(0, v)


def optimal_discriminator_of_the_generator(p_d, p_g):
    return p_g / (p_d + p_g)


def optimal_discriminator_as_a_ratio(p_d, p_g):
    return p_d / p_g


def optimal_discriminator_nan_at_zero(p_d, p_g):
    with np.errstate(invalid="ignore"):
        return p_d / (p_d + p_g)


def optimal_discriminator_with_an_epsilon(p_d, p_g):
    return p_d / (p_d + p_g + 1e-8)


def losses_one_mean_over_both(real, fake):
    both = np.concatenate([softplus(-real), softplus(fake)])
    return np.mean(both), -np.mean(softplus(fake)), np.mean(softplus(-fake))


def losses_half_the_sum(real, fake):
    return (np.mean(softplus(-real)) + np.mean(softplus(fake))) / 2, -np.mean(softplus(fake)), np.mean(softplus(-fake))


def losses_value_instead_of_loss(real, fake):
    return -np.mean(softplus(-real)) - np.mean(softplus(fake)), -np.mean(softplus(fake)), np.mean(softplus(-fake))


def losses_real_and_fake_swapped(real, fake):
    return np.mean(softplus(real)) + np.mean(softplus(-fake)), -np.mean(softplus(fake)), np.mean(softplus(-fake))


def losses_generator_sign_flipped(real, fake):
    d = np.mean(softplus(-real)) + np.mean(softplus(fake))
    return d, np.mean(softplus(fake)), -np.mean(softplus(-fake))


def losses_log_of_a_saturated_sigmoid(real, fake):
    with np.errstate(divide="ignore"):
        d, caught = np.mean(np.log(sigmoid(real))), np.mean(np.log(1 - sigmoid(fake)))
        return -d - caught, caught, -np.mean(np.log(sigmoid(fake)))


def losses_clipped(real, fake):
    d_real, d_fake = np.clip(sigmoid(real), 1e-12, 1 - 1e-12), np.clip(sigmoid(fake), 1e-12, 1 - 1e-12)
    caught = np.mean(np.log(1 - d_fake))
    return -np.mean(np.log(d_real)) - caught, caught, -np.mean(np.log(d_fake))


def losses_exp_overflows(real, fake):
    with np.errstate(over="ignore"):
        caught = np.mean(np.log1p(np.exp(fake)))
        return np.mean(np.log1p(np.exp(-real))) + caught, -caught, np.mean(np.log1p(np.exp(-fake)))


def gradients_without_the_mean(real, fake):
    return -sigmoid(-real), sigmoid(fake), -sigmoid(fake), -sigmoid(-fake)


def gradients_divided_by_both_sizes(real, fake):
    n = len(real) + len(fake)
    return -sigmoid(-real) / n, sigmoid(fake) / n, -sigmoid(fake) / len(fake), -sigmoid(-fake) / len(fake)


def gradients_generator_sign_flipped(real, fake):
    n, m = len(real), len(fake)
    return -sigmoid(-real) / n, sigmoid(fake) / m, sigmoid(fake) / m, sigmoid(-fake) / m


def gradients_generator_losses_swapped(real, fake):
    n, m = len(real), len(fake)
    return -sigmoid(-real) / n, sigmoid(fake) / m, -sigmoid(-fake) / m, -sigmoid(fake) / m


def dirac_always_alternating(theta, phi, eta, alternating):
    phi = phi - eta * theta * sigmoid(phi * theta)
    return theta + eta * phi * sigmoid(phi * theta), phi


def dirac_never_alternating(theta, phi, eta, alternating):
    return theta + eta * phi * sigmoid(phi * theta), phi - eta * theta * sigmoid(phi * theta)


def dirac_old_slope_at_new_weight(theta, phi, eta, alternating):
    s = sigmoid(phi * theta)
    new = phi - eta * theta * s
    return theta + eta * (new if alternating else phi) * s, new


def dirac_theta_first(theta, phi, eta, alternating):
    old = theta
    theta = theta + eta * phi * sigmoid(phi * theta)
    seen = theta if alternating else old
    return theta, phi - eta * seen * sigmoid(phi * seen)


def dirac_both_descend(theta, phi, eta, alternating):
    new = phi + eta * theta * sigmoid(phi * theta)
    seen = new if alternating else phi
    return theta + eta * seen * sigmoid(seen * theta), new


def ring_with_a_repeated_mode(modes, radius, sigma):
    angles = np.linspace(0, 2 * np.pi, modes)
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1), sigma**2 * np.eye(2)


def ring_with_a_deviation_as_covariance(modes, radius, sigma):
    angles = 2 * np.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1), sigma * np.eye(2)


def _report(samples, centres, within):
    distance = np.linalg.norm(samples[:, None] - centres, axis=-1)
    good = within(samples, distance)
    share = np.bincount(distance.argmin(1), minlength=len(centres)) / len(samples)
    return distance, good, share, np.abs(share - 1 / len(centres)).sum() / 2


def mode_report_three_sigma_squared(samples, centres, sigma):
    _, good, _, tv = _report(samples, centres, lambda x, d: d**2 <= 3 * sigma**2)
    return good.any(0).sum(), good.any(1).mean(), tv


def mode_report_in_a_box(samples, centres, sigma):
    _, good, _, tv = _report(samples, centres, lambda x, d: np.all(np.abs(x[:, None] - centres) <= 3 * sigma, -1))
    return good.any(0).sum(), good.any(1).mean(), tv


def mode_report_captured_by_any_nearest(samples, centres, sigma):
    _, good, share, tv = _report(samples, centres, lambda x, d: d <= 3 * sigma)
    return np.count_nonzero(share), good.any(1).mean(), tv


def mode_report_quality_as_a_count(samples, centres, sigma):
    _, good, _, tv = _report(samples, centres, lambda x, d: d <= 3 * sigma)
    return good.any(0).sum(), good.any(1).sum(), tv


def mode_report_quality_of_modes(samples, centres, sigma):
    _, good, _, tv = _report(samples, centres, lambda x, d: d <= 3 * sigma)
    return good.any(0).sum(), good.any(0).mean(), tv


def mode_report_tv_without_the_half(samples, centres, sigma):
    _, good, _, tv = _report(samples, centres, lambda x, d: d <= 3 * sigma)
    return good.any(0).sum(), good.any(1).mean(), 2 * tv


def mode_report_tv_of_found_modes(samples, centres, sigma):
    _, good, share, _ = _report(samples, centres, lambda x, d: d <= 3 * sigma)
    found = share[share > 0]
    return good.any(0).sum(), good.any(1).mean(), np.abs(found - 1 / len(found)).sum() / 2


def mode_report_tv_of_good_samples(samples, centres, sigma):
    _, good, _, _ = _report(samples, centres, lambda x, d: d <= 3 * sigma)
    share = good.sum(0) / max(good.sum(), 1)
    return good.any(0).sum(), good.any(1).mean(), np.abs(share - 1 / len(centres)).sum() / 2


def conditional_label_as_a_number(z, labels, classes):
    return np.column_stack([z, labels])


def conditional_label_first(z, labels, classes):
    return np.concatenate([np.eye(classes)[labels], z], axis=1)


def conditional_classes_that_occur(z, labels, classes):
    return np.concatenate([z, np.eye(labels.max() + 1)[labels]], axis=1)


def _scatter(y, w, stride, overwrite=False):
    (h, v), (a, b) = y.shape, w.shape
    x = np.zeros(((h - 1) * stride + a, (v - 1) * stride + b))
    for i, j in np.ndindex(h, v):
        place = x[stride * i : stride * i + a, stride * j : stride * j + b]
        place[...] = y[i, j] * w if overwrite else place + y[i, j] * w
    return x


def _crop(x, p):
    return x[p : len(x) - p, p : x.shape[1] - p]


def conv_transpose_gathers_without_the_flip(y, w, stride, padding):
    return _crop(_scatter(y, w[::-1, ::-1], stride), padding)


def conv_transpose_transposes_the_kernel(y, w, stride, padding):
    return _crop(_scatter(y, w.T, stride), padding)


def conv_transpose_overwrites(y, w, stride, padding):
    return _crop(_scatter(y, w, stride, overwrite=True), padding)


def conv_transpose_ignores_the_stride(y, w, stride, padding):
    return _crop(_scatter(y, w, 1), padding)


def conv_transpose_pads_instead_of_cutting(y, w, stride, padding):
    return np.pad(_scatter(y, w, stride), padding)


def conv_transpose_cuts_one_side(y, w, stride, padding):
    x = _scatter(y, w, stride)
    return x[: len(x) - 2 * padding, : x.shape[1] - 2 * padding]


WRONG = [
    (
        "optimal_discriminator", optimal_discriminator_of_the_generator, "test_optimal_discriminator_positive",
        "not the generator's share",
    ),
    ("optimal_discriminator", optimal_discriminator_as_a_ratio, "test_optimal_discriminator_positive", "not the ratio"),
    ("optimal_discriminator", optimal_discriminator_nan_at_zero, "test_optimal_discriminator_zeros", "0/0 is NaN"),
    ("optimal_discriminator", optimal_discriminator_with_an_epsilon, "test_optimal_discriminator_zeros", "a small"),
    ("gan_losses", losses_one_mean_over_both, "test_gan_losses_discriminator", "one mean over both batches"),
    ("gan_losses", losses_half_the_sum, "test_gan_losses_discriminator", "half the sum"),
    ("gan_losses", losses_value_instead_of_loss, "test_gan_losses_discriminator", "-log D on the data"),
    ("gan_losses", losses_real_and_fake_swapped, "test_gan_losses_discriminator", "-log(1 - D) on the samples"),
    ("gan_losses", losses_generator_sign_flipped, "test_gan_losses_generator", "both must fall"),
    ("gan_losses", losses_log_of_a_saturated_sigmoid, "test_gan_losses_large", "rounded to 0 is -inf"),
    ("gan_losses", losses_clipped, "test_gan_losses_large", "clipping D hides the loss"),
    ("gan_losses", losses_exp_overflows, "test_gan_losses_large", "without exp of a large number"),
    ("gan_gradients", gradients_without_the_mean, "test_gan_gradients_discriminator", "divides each slope by n"),
    ("gan_gradients", gradients_divided_by_both_sizes, "test_gan_gradients_discriminator", "its own batch"),
    ("gan_gradients", gradients_generator_sign_flipped, "test_gan_gradients_generator", "both slopes are negative"),
    ("gan_gradients", gradients_generator_losses_swapped, "test_gan_gradients_generator", "That one saturates"),
    ("dirac_step", dirac_always_alternating, "test_dirac_step_simultaneous", "taken at the old pair"),
    ("dirac_step", dirac_both_descend, "test_dirac_step_simultaneous", "phi goes up V"),
    ("dirac_step", dirac_never_alternating, "test_dirac_step_alternating", "at the new phi, not at the old one"),
    ("dirac_step", dirac_old_slope_at_new_weight, "test_dirac_step_alternating", "slope is taken at the new phi"),
    ("dirac_step", dirac_theta_first, "test_dirac_step_alternating", "phi moves first"),
    ("ring", ring_with_a_repeated_mode, "test_ring_centres", "2 pi is the angle 0 again"),
    ("ring", ring_with_a_deviation_as_covariance, "test_ring_covariance", "sigma squared on the diagonal"),
    ("mode_report", mode_report_three_sigma_squared, "test_mode_report_captured", "which is not 3 sigma^2"),
    ("mode_report", mode_report_in_a_box, "test_mode_report_captured", "not of each coordinate for itself"),
    ("mode_report", mode_report_captured_by_any_nearest, "test_mode_report_captured", "within 3 sigma"),
    ("mode_report", mode_report_quality_as_a_count, "test_mode_report_quality", "not a count"),
    ("mode_report", mode_report_quality_of_modes, "test_mode_report_quality", "not the share of captured modes"),
    ("mode_report", mode_report_tv_without_the_half, "test_mode_report_balance", "half the sum"),
    ("mode_report", mode_report_tv_of_found_modes, "test_mode_report_balance", "without samples has share 0"),
    ("mode_report", mode_report_tv_of_good_samples, "test_mode_report_balance", "good or bad"),
    ("conditional_input", conditional_label_as_a_number, "test_conditional_input_one_hot", "8 is twice 4"),
    ("conditional_input", conditional_label_first, "test_conditional_input_one_hot", "z first"),
    ("conditional_input", conditional_classes_that_occur, "test_conditional_input_one_hot", "that no label names"),
    ("conv_transpose", conv_transpose_gathers_without_the_flip, "test_conv_transpose_kernel", "must be flipped"),
    ("conv_transpose", conv_transpose_transposes_the_kernel, "test_conv_transpose_kernel", "as it stands"),
    ("conv_transpose", conv_transpose_overwrites, "test_conv_transpose_kernel", "not overwritten"),
    ("conv_transpose", conv_transpose_ignores_the_stride, "test_conv_transpose_stride", "row stride * i"),
    ("conv_transpose", conv_transpose_pads_instead_of_cutting, "test_conv_transpose_stride", "cut off on each side"),
    ("conv_transpose", conv_transpose_cuts_one_side, "test_conv_transpose_stride", "on each side"),
]  # fmt: skip
