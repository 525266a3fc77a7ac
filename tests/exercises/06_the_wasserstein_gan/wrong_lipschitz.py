"""Wrong answers that people give: (function, answer, the test that must fail first, a part of its hint)."""

import numpy as np


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


ATTAINED, ONE, SEVERAL = "test_clipping_bound_attained", "test_lipschitz_bound_one_layer", "test_lipschitz_bound_layers"
PAIRS, SHARED = "test_secant_constant_pairs", "test_secant_constant_shared_places"
STEEP, FLAT = "test_normalised_gap_steepness", "test_normalised_gap_flat"

WRONG = [
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
