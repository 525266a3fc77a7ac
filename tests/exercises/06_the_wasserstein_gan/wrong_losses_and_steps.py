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


CRITIC, GENERATOR = "test_wgan_losses_critic", "test_wgan_losses_generator"
THETA, S = "test_generator_gradient_theta", "test_generator_gradient_s"
SQUARE, STEP, EPS = "test_rmsprop_step_mean_square", "test_rmsprop_step_theta", "test_rmsprop_step_eps"
BOX, UP, CLIP, ORDER = "test_clip_weights_box", "test_critic_step_up", "test_critic_step_clip", "test_turns_in_order"

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
]
