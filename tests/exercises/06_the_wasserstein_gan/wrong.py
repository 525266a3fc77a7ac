"""Wrong answers that people give: (function, answer, the test that must fail first, a part of its hint)."""

import numpy as np


def sigmoid(v):
    return 0.5 * (1 + np.tanh(v / 2))


def softplus(v):
    return np.logaddexp(0, v)


def softmax(v):
    e = np.exp(v - np.max(v))
    return e / e.sum()


def losses_with_the_log_left_in(real, fake):
    return np.mean(softplus(-real)) + np.mean(softplus(fake)), np.mean(softplus(-fake))


def losses_log_of_the_critic(real, fake):
    with np.errstate(all="ignore"):
        return -np.mean(np.log(real)) - np.mean(np.log(1 - fake)), -np.mean(np.log(fake))


def losses_hinge_called_wgan(real, fake):
    return np.mean(np.maximum(0, 1 - real)) + np.mean(np.maximum(0, 1 + fake)), -np.mean(fake)


def losses_sigmoid_on_the_critic(real, fake):
    return np.mean(sigmoid(fake)) - np.mean(sigmoid(real)), -np.mean(sigmoid(fake))


def losses_softmax_on_the_critic(real, fake):
    return np.mean(softmax(fake)) - np.mean(softmax(real)), -np.mean(softmax(fake))


def losses_critic_sign_flipped(real, fake):
    return np.mean(real) - np.mean(fake), -np.mean(fake)


def losses_absolute_gap(real, fake):
    return -abs(np.mean(real) - np.mean(fake)), -np.mean(fake)


def losses_one_mean_over_both(real, fake):
    return np.mean(np.concatenate([fake, -real])), -np.mean(fake)


def losses_sums(real, fake):
    return np.sum(fake) - np.sum(real), -np.sum(fake)


def losses_generator_sign_flipped(real, fake):
    return np.mean(fake) - np.mean(real), np.mean(fake)


def losses_generator_takes_the_gap(real, fake):
    gap = np.mean(real) - np.mean(fake)
    return -gap, gap


def losses_generator_with_a_log(real, fake):
    return np.mean(fake) - np.mean(real), np.mean(softplus(-fake))


def generator_gradient_sign_flipped(slope, z, theta, s):
    rise = slope(theta + s * z)
    return np.mean(rise), np.mean(rise * z)


def generator_gradient_at_the_noise(slope, z, theta, s):
    return -np.mean(slope(z)), -np.mean(slope(z) * z)


def generator_gradient_at_the_mean(slope, z, theta, s):
    rise = slope(np.array([theta + s * np.mean(z)]))[0]
    return -rise, -rise * np.mean(z)


def generator_gradient_summed(slope, z, theta, s):
    rise = slope(theta + s * z)
    return -np.sum(rise), -rise @ z


def generator_gradient_without_the_chain(slope, z, theta, s):
    rise = slope(theta + s * z)
    return -np.mean(rise), -np.mean(rise)


def generator_gradient_product_of_means(slope, z, theta, s):
    rise = slope(theta + s * z)
    return -np.mean(rise), -np.mean(rise) * np.mean(z)


def generator_gradient_chain_through_s(slope, z, theta, s):
    rise = slope(theta + s * z)
    return -np.mean(rise), -s * np.mean(rise)


def _root(mean_square, eps=0.0):
    return np.maximum(np.sqrt(mean_square) + eps, 1e-300)


def rmsprop_mean_assigned(theta, gradient, mean_square, lr, decay, eps):
    mean_square = (1 - decay) * gradient**2
    return theta - lr * gradient / _root(mean_square, eps), mean_square


def rmsprop_decay_swapped(theta, gradient, mean_square, lr, decay, eps):
    mean_square = (1 - decay) * mean_square + decay * gradient**2
    return theta - lr * gradient / _root(mean_square, eps), mean_square


def rmsprop_sums_as_adagrad(theta, gradient, mean_square, lr, decay, eps):
    mean_square = mean_square + gradient**2
    return theta - lr * gradient / _root(mean_square, eps), mean_square


def rmsprop_without_the_square(theta, gradient, mean_square, lr, decay, eps):
    mean_square = decay * mean_square + (1 - decay) * np.abs(gradient)
    return theta - lr * gradient / _root(mean_square, eps), mean_square


def rmsprop_one_number_for_all(theta, gradient, mean_square, lr, decay, eps):
    mean_square = decay * mean_square + (1 - decay) * np.mean(gradient**2)
    return theta - lr * gradient / _root(mean_square, eps), mean_square


def _mean(mean_square, gradient, decay):
    return decay * mean_square + (1 - decay) * gradient**2


def rmsprop_ascends(theta, gradient, mean_square, lr, decay, eps):
    mean_square = _mean(mean_square, gradient, decay)
    return theta + lr * gradient / _root(mean_square, eps), mean_square


def rmsprop_with_the_old_mean(theta, gradient, mean_square, lr, decay, eps):
    return theta - lr * gradient / _root(mean_square, eps), _mean(mean_square, gradient, decay)


def rmsprop_without_the_root(theta, gradient, mean_square, lr, decay, eps):
    mean_square = _mean(mean_square, gradient, decay)
    return theta - lr * gradient / np.maximum(mean_square + eps, 1e-300), mean_square


def rmsprop_without_lr(theta, gradient, mean_square, lr, decay, eps):
    mean_square = _mean(mean_square, gradient, decay)
    return theta - gradient / _root(mean_square, eps), mean_square


def rmsprop_lr_outside(theta, gradient, mean_square, lr, decay, eps):
    mean_square = _mean(mean_square, gradient, decay)
    return lr * (theta - gradient / _root(mean_square, eps)), mean_square


def rmsprop_corrects_as_adam(theta, gradient, mean_square, lr, decay, eps):
    mean_square = _mean(mean_square, gradient, decay)
    return theta - lr * gradient / _root(mean_square / (1 - decay), eps), mean_square


def rmsprop_eps_in_the_root(theta, gradient, mean_square, lr, decay, eps):
    mean_square = _mean(mean_square, gradient, decay)
    return theta - lr * gradient / np.maximum(np.sqrt(mean_square + eps), 1e-300), mean_square


def rmsprop_without_eps(theta, gradient, mean_square, lr, decay, eps):
    mean_square = _mean(mean_square, gradient, decay)
    with np.errstate(all="ignore"):
        return theta - lr * gradient / np.sqrt(mean_square), mean_square


def rmsprop_eps_into_the_mean(theta, gradient, mean_square, lr, decay, eps):
    mean_square = np.maximum(_mean(mean_square, gradient, decay), eps)
    return theta - lr * gradient / _root(mean_square), mean_square


def clip_above_only(weights, c):
    return [np.minimum(w, c) for w in weights]


def clip_to_positive(weights, c):
    return [np.clip(w, 0, c) for w in weights]


def clip_by_the_norm(weights, c):
    return [w * min(1, c / max(np.linalg.norm(w), 1e-12)) for w in weights]


def clip_by_the_largest(weights, c):
    return [w * c / max(np.abs(w).max(), 1e-12) for w in weights]


def clip_to_zero(weights, c):
    return [np.where(np.abs(w) <= c, w, 0) for w in weights]


def clip_smoothly(weights, c):
    return [c * np.tanh(w / c) for w in weights]


def clip_to_the_ends(weights, c):
    return [c * np.sign(w) for w in weights]


def clip_one_layer(weights, c):
    return [np.clip(weights[0], -c, c), *weights[1:]]


def step_down(weights, gradients, lr, c):
    return [np.clip(w - lr * g, -c, c) for w, g in zip(weights, gradients, strict=True)]


def step_without_lr(weights, gradients, lr, c):
    return [np.clip(w + g, -c, c) for w, g in zip(weights, gradients, strict=True)]


def step_without_clipping(weights, gradients, lr, c):
    return [w + lr * g for w, g in zip(weights, gradients, strict=True)]


def step_after_clipping(weights, gradients, lr, c):
    return [np.clip(w, -c, c) + lr * g for w, g in zip(weights, gradients, strict=True)]


def step_clips_the_gradient(weights, gradients, lr, c):
    return [w + lr * np.clip(g, -c, c) for w, g in zip(weights, gradients, strict=True)]


def step_clips_the_step(weights, gradients, lr, c):
    return [w + np.clip(lr * g, -c, c) for w, g in zip(weights, gradients, strict=True)]


def step_clips_twice(weights, gradients, lr, c):
    return [np.clip(np.clip(w, -c, c) + lr * g, -c, c) for w, g in zip(weights, gradients, strict=True)]


def turns_of_the_printed_loop(generator_steps, n_critic):
    out = []
    for _ in range(generator_steps):
        t = 0
        while t <= n_critic:
            out.append("critic")
            t += 1
        out.append("generator")
    return out


def turns_generator_first(generator_steps, n_critic):
    return (["generator"] + n_critic * ["critic"]) * generator_steps


def turns_one_each(generator_steps, n_critic):
    return ["critic", "generator"] * generator_steps


def turns_all_critic_first(generator_steps, n_critic):
    return generator_steps * n_critic * ["critic"] + generator_steps * ["generator"]


def turns_generator_more_often(generator_steps, n_critic):
    return (["critic"] + n_critic * ["generator"]) * generator_steps


def _layers(sizes):
    return np.array(sizes[:-1]), np.array(sizes[1:])


def clipping_without_the_root(sizes, c):
    n, m = _layers(sizes)
    return np.prod(c * n * m)


def clipping_sums_layers(sizes, c):
    n, m = _layers(sizes)
    return np.sum(c * np.sqrt(n * m))


def clipping_largest_layer(sizes, c):
    n, m = _layers(sizes)
    return np.max(c * np.sqrt(n * m))


def clipping_c_once(sizes, c):
    n, m = _layers(sizes)
    return c * np.prod(np.sqrt(n * m))


def clipping_by_the_inputs(sizes, c):
    n, _ = _layers(sizes)
    return np.prod(c * np.sqrt(n))


def clipping_forgets_the_last_layer(sizes, c):
    n, m = _layers(sizes)
    return np.prod(c * np.sqrt(n * m)[:-1])


def clipping_says_c(sizes, c):
    return c


def lipschitz_frobenius(weights):
    return np.prod([np.linalg.norm(w) for w in weights])


def lipschitz_eigenvalue(weights):
    return np.prod([np.abs(np.linalg.eigvals(w)).max() for w in weights])


def lipschitz_largest_entry(weights):
    return np.prod([np.abs(w).max() for w in weights])


def lipschitz_largest_row(weights):
    return np.prod([np.linalg.norm(w, axis=1).max() for w in weights])


def lipschitz_row_sums(weights):
    return np.prod([np.linalg.norm(w, np.inf) for w in weights])


def lipschitz_all_singular_values(weights):
    return np.prod([np.sum(np.linalg.svd(w, compute_uv=False)) for w in weights])


def lipschitz_smallest_singular_value(weights):
    return np.prod([np.linalg.norm(w, -2) for w in weights])


def lipschitz_squared(weights):
    return np.prod([np.linalg.eigvalsh(w.T @ w).max() for w in weights])


def lipschitz_largest_layer(weights):
    return max(np.linalg.norm(w, 2) for w in weights)


def lipschitz_sum_of_layers(weights):
    return sum(np.linalg.norm(w, 2) for w in weights)


def lipschitz_of_the_product(weights):
    product = weights[0]
    for w in weights[1:]:
        product = w @ product
    return np.linalg.norm(product, 2)


def lipschitz_last_layer_again(weights):
    return np.linalg.norm(weights[-1], 2) ** len(weights)


def secant_ratio(x, y, f, g, order=2):
    with np.errstate(all="ignore"):
        return np.abs(f[:, None] - g) / np.linalg.norm(x[:, None] - y, ord=order, axis=-1)


def secant_equal_indices(x, y, f, g):
    k = min(len(x), len(y))
    return np.max(np.abs(f[:k] - g[:k]) / np.linalg.norm(x[:k] - y[:k], axis=1))


def secant_among_the_data(x, y, f, g):
    far = np.linalg.norm(x[:, None] - x, axis=-1)
    return np.max(np.abs(f[:, None] - f) / np.where(far > 0, far, np.inf))


def secant_with_signs(x, y, f, g):
    return np.max((f[:, None] - g) / np.linalg.norm(x[:, None] - y, axis=-1))


def secant_mean(x, y, f, g):
    return np.mean(secant_ratio(x, y, f, g))


def secant_manhattan(x, y, f, g):
    return np.max(secant_ratio(x, y, f, g, order=1))


def secant_squared_distance(x, y, f, g):
    return np.max(np.abs(f[:, None] - g) / np.sum((x[:, None] - y) ** 2, axis=-1))


def secant_rise_over_other_run(x, y, f, g):
    return np.max(np.abs(f[:, None] - g)) / np.min(np.linalg.norm(x[:, None] - y, axis=-1))


def secant_nan_at_shared_places(x, y, f, g):
    return np.max(secant_ratio(x, y, f, g))


def secant_nan_if_all_are_shared(x, y, f, g):
    ratio = secant_ratio(x, y, f, g)
    ratio = ratio[~np.isnan(ratio)]
    return np.max(ratio) if ratio.size else np.nan


def secant_crashes_if_all_are_shared(x, y, f, g):
    ratio = secant_ratio(x, y, f, g)
    return np.max(ratio[~np.isnan(ratio)])


def normalised_multiplies(f, g, constant):
    return (np.mean(f) - np.mean(g)) * constant


def normalised_not_at_all(f, g, constant):
    return np.mean(f) - np.mean(g)


def normalised_absolute(f, g, constant):
    return abs(np.mean(f) - np.mean(g)) / constant if constant else 0.0


def normalised_sign_of_the_loss(f, g, constant):
    return (np.mean(g) - np.mean(f)) / constant if constant else 0.0


def normalised_one_batch_size(f, g, constant):
    return (np.sum(f) - np.sum(g)) / len(f) / constant if constant else 0.0


def normalised_by_the_square(f, g, constant):
    return (np.mean(f) - np.mean(g)) / constant**2 if constant else 0.0


def normalised_nan_for_flat(f, g, constant):
    with np.errstate(all="ignore"):
        return (np.mean(f) - np.mean(g)) / np.float64(constant)


def normalised_with_an_epsilon(f, g, constant):
    return (np.mean(f) - np.mean(g)) / (constant + 1e-8)


CRITIC, GENERATOR = "test_wgan_losses_critic", "test_wgan_losses_generator"
THETA, S = "test_generator_gradient_theta", "test_generator_gradient_s"
SQUARE, STEP, EPS = "test_rmsprop_step_mean_square", "test_rmsprop_step_theta", "test_rmsprop_step_eps"
BOX, UP, CLIP, ORDER = "test_clip_weights_box", "test_critic_step_up", "test_critic_step_clip", "test_turns_in_order"
ATTAINED, ONE, SEVERAL = "test_clipping_bound_attained", "test_lipschitz_bound_one_layer", "test_lipschitz_bound_layers"
PAIRS, SHARED = "test_secant_constant_pairs", "test_secant_constant_shared_places"
STEEP, FLAT = "test_normalised_gap_steepness", "test_normalised_gap_flat"

WRONG = [
    ("wgan_losses", losses_with_the_log_left_in, CRITIC, "without logarithm"),
    ("wgan_losses", losses_log_of_the_critic, CRITIC, "without logarithm"),
    ("wgan_losses", losses_hinge_called_wgan, CRITIC, "margin"),
    ("wgan_losses", losses_sigmoid_on_the_critic, CRITIC, "sigmoid"),
    ("wgan_losses", losses_softmax_on_the_critic, CRITIC, "as they stand"),
    ("wgan_losses", losses_critic_sign_flipped, CRITIC, "the samples less the mean over the data"),
    ("wgan_losses", losses_absolute_gap, CRITIC, "the sign may be either"),
    ("wgan_losses", losses_one_mean_over_both, CRITIC, "each batch has a mean of its own"),
    ("wgan_losses", losses_sums, CRITIC, "the mean over the samples"),
    ("wgan_losses", losses_generator_sign_flipped, GENERATOR, "falls when f rises on a sample"),
    ("wgan_losses", losses_generator_takes_the_gap, GENERATOR, "no part in f on the data"),
    ("wgan_losses", losses_generator_with_a_log, GENERATOR, "no logarithm"),
    ("generator_gradient", generator_gradient_sign_flipped, THETA, "MINUS"),
    ("generator_gradient", generator_gradient_at_the_noise, THETA, "not at the noise z"),
    ("generator_gradient", generator_gradient_at_the_mean, THETA, "nor at one point in the middle"),
    ("generator_gradient", generator_gradient_summed, THETA, "the mean of the critic's slopes"),
    ("generator_gradient", generator_gradient_without_the_chain, S, "counts z times"),
    ("generator_gradient", generator_gradient_product_of_means, S, "before the mean"),
    ("generator_gradient", generator_gradient_chain_through_s, S, "moves the sample theta + s z by z"),
    ("rmsprop_step", rmsprop_mean_assigned, SQUARE, "which stays in the sum"),
    ("rmsprop_step", rmsprop_decay_swapped, SQUARE, "goes with the old mean"),
    ("rmsprop_step", rmsprop_sums_as_adagrad, SQUARE, "1 - decay with the gradient"),
    ("rmsprop_step", rmsprop_without_the_square, SQUARE, "squared"),
    ("rmsprop_step", rmsprop_one_number_for_all, SQUARE, "entry by entry"),
    ("rmsprop_step", rmsprop_ascends, STEP, "down the gradient"),
    ("rmsprop_step", rmsprop_with_the_old_mean, STEP, "the new one"),
    ("rmsprop_step", rmsprop_without_the_root, STEP, "square root"),
    ("rmsprop_step", rmsprop_without_lr, STEP, "lr times the gradient"),
    ("rmsprop_step", rmsprop_lr_outside, STEP, "lr times the gradient"),
    ("rmsprop_step", rmsprop_corrects_as_adam, STEP, "nothing else rescales it"),
    ("rmsprop_step", rmsprop_eps_in_the_root, EPS, "not sqrt(mean square + eps)"),
    ("rmsprop_step", rmsprop_without_eps, EPS, "not by 0 / 0"),
    ("rmsprop_step", rmsprop_eps_into_the_mean, EPS, "added to the root"),
    ("clip_weights", clip_above_only, BOX, "-c below and c above"),
    ("clip_weights", clip_to_positive, BOX, "-c below and c above"),
    ("clip_weights", clip_by_the_norm, BOX, "nothing is rescaled"),
    ("clip_weights", clip_by_the_largest, BOX, "nothing is rescaled"),
    ("clip_weights", clip_to_zero, BOX, "nothing set to 0"),
    ("clip_weights", clip_smoothly, BOX, "stays as it is"),
    ("clip_weights", clip_to_the_ends, BOX, "stays as it is"),
    ("clip_weights", clip_one_layer, BOX, "each entry"),
    ("critic_step", step_down, UP, "it steps up"),
    ("critic_step", step_without_lr, UP, "by lr times the gradient"),
    ("critic_step", step_without_clipping, CLIP, "no weight is outside"),
    ("critic_step", step_after_clipping, CLIP, "not before the step"),
    ("critic_step", step_clips_the_gradient, CLIP, "not their gradients"),
    ("critic_step", step_clips_the_step, CLIP, "not the step"),
    ("critic_step", step_clips_twice, CLIP, "clip once"),
    ("turns", turns_of_the_printed_loop, ORDER, "one too many"),
    ("turns", turns_generator_first, ORDER, "after the critic's steps"),
    ("turns", turns_one_each, ORDER, "n_critic steps"),
    ("turns", turns_all_critic_first, ORDER, "then the critic has its turns again"),
    ("turns", turns_generator_more_often, ORDER, "counts n_critic steps"),
    ("clipping_bound", clipping_without_the_root, ATTAINED, "c sqrt(n m)"),
    ("clipping_bound", clipping_sums_layers, ATTAINED, "the product"),
    ("clipping_bound", clipping_largest_layer, ATTAINED, "ALL layers"),
    ("clipping_bound", clipping_c_once, ATTAINED, "a factor c for each"),
    ("clipping_bound", clipping_by_the_inputs, ATTAINED, "c sqrt(n m)"),
    ("clipping_bound", clipping_forgets_the_last_layer, ATTAINED, "ALL layers"),
    ("clipping_bound", clipping_says_c, ATTAINED, "stretches (1, ..., 1) by c sqrt(n m)"),
    ("lipschitz_bound", lipschitz_frobenius, ONE, "not the root of the sum of all squares"),
    ("lipschitz_bound", lipschitz_eigenvalue, ONE, "not its largest eigenvalue"),
    ("lipschitz_bound", lipschitz_largest_entry, ONE, "not its largest entry"),
    ("lipschitz_bound", lipschitz_largest_row, ONE, "or row"),
    ("lipschitz_bound", lipschitz_row_sums, ONE, "or row"),
    ("lipschitz_bound", lipschitz_all_singular_values, ONE, "the largest singular value"),
    ("lipschitz_bound", lipschitz_smallest_singular_value, ONE, "the largest singular value"),
    ("lipschitz_bound", lipschitz_squared, ONE, "the largest singular value"),
    ("lipschitz_bound", lipschitz_largest_layer, SEVERAL, "multiply the constants"),
    ("lipschitz_bound", lipschitz_sum_of_layers, SEVERAL, "multiply the constants"),
    ("lipschitz_bound", lipschitz_of_the_product, SEVERAL, "cannot be multiplied first"),
    ("lipschitz_bound", lipschitz_last_layer_again, SEVERAL, "each layer's own"),
    ("secant_constant", secant_equal_indices, PAIRS, "not only those with i = j"),
    ("secant_constant", secant_among_the_data, PAIRS, "nor pairs among the data"),
    ("secant_constant", secant_with_signs, PAIRS, "absolute difference"),
    ("secant_constant", secant_mean, PAIRS, "the largest"),
    ("secant_constant", secant_manhattan, PAIRS, "Euclidean"),
    ("secant_constant", secant_squared_distance, PAIRS, "Euclidean distance"),
    ("secant_constant", secant_rise_over_other_run, PAIRS, "of all these ratios"),
    ("secant_constant", secant_nan_at_shared_places, SHARED, "0 / 0, which is NaN"),
    ("secant_constant", secant_nan_if_all_are_shared, SHARED, "the answer is 0"),
    ("secant_constant", secant_crashes_if_all_are_shared, SHARED, "the answer is 0"),
    ("normalised_gap", normalised_multiplies, STEEP, "DIVIDED"),
    ("normalised_gap", normalised_not_at_all, STEEP, "three times as steep"),
    ("normalised_gap", normalised_absolute, STEEP, "with its sign"),
    ("normalised_gap", normalised_sign_of_the_loss, STEEP, "the data minus the mean over the samples"),
    ("normalised_gap", normalised_one_batch_size, STEEP, "each of its own batch"),
    ("normalised_gap", normalised_by_the_square, STEEP, "has the same normalised gap"),
    ("normalised_gap", normalised_nan_for_flat, FLAT, "0 / 0 is NaN"),
    ("normalised_gap", normalised_with_an_epsilon, FLAT, "a small number added"),
]
