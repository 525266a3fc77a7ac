"""Bounds from above, measurements from below, and a critic's gap never above the exact W1 (claims C53, C54, C63)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance as scipy_distance

import minigen as mg
from minigen import gan, nn
from minigen.autodiff import raw, relu
from minigen.transport import kantorovich_potential, wasserstein_distance

RNG = np.random.default_rng
FUNCTIONS = [np.tanh, relu, nn.leaky_relu, nn.elu, nn.softplus, nn.sigmoid, nn.silu, nn.gelu]
MODULES = [
    nn.Tanh(), nn.ReLU(), nn.LeakyReLU(0.4), nn.ELU(1.7), nn.Softplus(), nn.Sigmoid(), nn.SiLU(), nn.GELU(),
]  # fmt: skip
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=25, deadline=None)


def mlp(sizes, activation, seed, **options):
    critic = nn.MLP(sizes, activation, rng=RNG(seed), **options)
    critic.vector.data *= RNG(seed).uniform(0.5, 4)
    return critic


def two_sets(seed, m, n, d):
    rng = RNG(seed)
    return rng.standard_normal((m, d)), rng.standard_normal((n, d)) * rng.uniform(0.2, 2) + rng.normal()


# From above: the product of singular values


@few
@given(seeds, st.sampled_from(FUNCTIONS + MODULES), st.lists(st.integers(1, 8), min_size=1, max_size=4), st.booleans())
def test_no_slope_is_above_the_bound(seed, activation, sizes, squashed):
    critic = mlp((*sizes, 1), activation, seed, output_activation=nn.sigmoid if squashed else None)
    bound = gan.lipschitz_bound(critic)
    x, y = 3 * RNG(seed + 1).standard_normal((2, 40, sizes[0]))
    assert 0 <= gan.measured_lipschitz(critic, np.concatenate([x, y])) <= bound * (1 + 1e-12)
    assert gan.secant_lipschitz(critic, x, y) <= bound * (1 + 1e-9)


@few
@given(seeds, st.lists(st.integers(1, 6), min_size=2, max_size=4))
def test_the_bound_is_the_product_of_largest_singular_values(seed, sizes):
    critic = mlp(sizes, relu, seed)
    want = np.prod([np.linalg.svd(layer.weight.data, compute_uv=False)[0] for layer in critic.layers])
    assert gan.lipschitz_bound(critic) == pytest.approx(want, rel=1e-12)
    chain = nn.Sequential(*(part for layer in critic.layers for part in (layer, nn.Sigmoid())))
    assert gan.lipschitz_bound(chain) == pytest.approx(want * 0.25 ** len(critic.layers), rel=1e-12)
    for activation, slope in ((nn.sigmoid, 0.25), (nn.ELU(3.0), 3.0)):  # between the layers: one fewer
        critic.activation = activation
        assert gan.lipschitz_bound(critic) == pytest.approx(want * slope ** (len(sizes) - 2), rel=1e-12)
    critic.activation, critic.output_activation = relu, nn.ELU(3.0)
    assert gan.lipschitz_bound(critic) == pytest.approx(3 * want, rel=1e-12)


@pytest.mark.parametrize("activation", [None, relu])
def test_aligned_rank_one_layers_attain_the_bound(activation):
    """3 . 2 . 1.5 = 9, also through ReLU where weights and point are not negative (claim C63)."""
    rng = RNG(0)
    a, b, c = (np.abs(v) / np.linalg.norm(v) for v in (rng.normal(size=2), rng.normal(size=5), rng.normal(size=4)))
    layers = [nn.Linear(n, m, rng=rng, bias=False) for n, m in ((2, 5), (5, 4), (4, 1))]
    for layer, matrix in zip(layers, (3 * np.outer(b, a), 2 * np.outer(c, b), 1.5 * c[None]), strict=True):
        layer.weight.data[...] = matrix
    between = [] if activation is None else [activation]
    critic = nn.Sequential(layers[0], *between, layers[1], *between, layers[2])
    assert gan.lipschitz_bound(critic) == pytest.approx(9, rel=1e-14)
    assert gan.measured_lipschitz(critic, np.ones((1, 2))) == pytest.approx(9, rel=1e-14)


def test_layers_that_are_not_aligned_stay_far_below():
    """diag(1, 0.1) after diag(0.1, 1): 0.1, where the product says 1 (claim C63)."""
    layers = [nn.Linear(2, 2, rng=RNG(0), bias=False) for _ in range(2)]
    layers[0].weight.data[...], layers[1].weight.data[...] = np.diag([0.1, 1]), np.diag([1, 0.1])
    critic = nn.Sequential(*layers)
    assert gan.lipschitz_bound(critic) == pytest.approx(1, rel=1e-15)
    for k in range(2):
        slope = gan.measured_lipschitz(lambda x, k=k: critic(x)[:, k], RNG(1).normal(size=(5, 2)))
        assert slope == pytest.approx(0.1, rel=1e-14)


def test_random_networks_are_about_ten_times_below_their_bound():
    """2-64-64-1 ReLU: the largest slope over many points is about a tenth of the product (claim C63)."""
    ratios = []
    for seed in range(20):
        rng = RNG(seed)
        critic = nn.MLP((2, 64, 64, 1), relu, rng=rng)
        for layer in critic.layers:
            layer.weight.data[...] = rng.standard_normal(layer.weight.shape) / np.sqrt(layer.in_features)
        points = rng.uniform(-3, 3, (2000, 2))
        ratios.append(gan.measured_lipschitz(critic, points) / gan.lipschitz_bound(critic))
    assert 0.05 < np.mean(ratios) < 0.13 and max(ratios) < 0.25


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_the_slopes_of_activations_are_bounded_by_their_constants_and_by_no_smaller_ones(f):
    x = np.linspace(-20, 20, 400_001)
    steepest = np.abs(mg.grad(lambda x: np.sum(f(x)))(x)).max()
    constant = gan.lipschitz_bound(f)
    assert steepest <= constant and constant - steepest < 1e-4
    assert np.abs(np.diff(raw(f(x))) / np.diff(x)).max() <= constant * (1 + 1e-9)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: type(m).__name__)
def test_activations_as_modules_have_the_same_constants(module):
    x = np.linspace(-20, 20, 400_001)
    steepest = np.abs(mg.grad(lambda x: np.sum(module(x)))(x)).max()
    assert steepest <= gan.lipschitz_bound(module) < steepest + 1e-4


@pytest.mark.parametrize(
    "part", [np.sin, nn.LayerNorm(2), nn.BatchNorm(2), nn.Conv2d(1, 1, 3, rng=RNG(0)), nn.Dropout(rng=RNG(0))]
)
def test_of_what_no_constant_is_known_none_is_told(part):
    name = "sin" if part is np.sin else type(part).__name__
    for critic in (part, nn.Sequential(nn.Linear(2, 2, rng=RNG(0)), part), nn.MLP((2, 3, 1), part, rng=RNG(0))):
        with pytest.raises(ValueError, match=f"no Lipschitz constant is known for {name}; measured_lipschitz"):
            gan.lipschitz_bound(critic)
    conv = nn.SpectralNorm(nn.Conv2d(1, 1, 3, rng=RNG(0)), rng=RNG(0))  # its matrix has norm 1, its map has not
    with pytest.raises(ValueError, match="SpectralNorm"):
        gan.lipschitz_bound(conv)


def test_single_precision_and_spectral_critics():
    critic = nn.MLP((2, 16, 16, 1), relu, rng=RNG(0), dtype=np.float32)
    twin = nn.MLP((2, 16, 16, 1), relu, rng=RNG(0))
    assert gan.lipschitz_bound(critic) == pytest.approx(gan.lipschitz_bound(twin), rel=1e-6)
    nn.spectral_norm(twin, rng=RNG(1), bound=2.0)
    for _ in range(400):
        twin(np.zeros((1, 2)))
    assert gan.lipschitz_bound(twin) == pytest.approx(8, rel=1e-6)
    assert gan.measured_lipschitz(twin, RNG(2).normal(size=(100, 2))) <= 8


# Clipping (claim C54)


@pytest.mark.parametrize(
    ("sizes", "c", "bound"),
    [
        ((2, 64, 64, 1), 0.01, 0.0057926), ((2, 512, 512, 512, 1), 0.01, 1.89813),
        ((2, 64, 64, 1), 0.1, 5.7926), ((2, 512, 512, 512, 1), 0.1, 18981.3),
    ],
)  # fmt: skip
def test_the_bound_of_clipping_is_attained_where_every_weight_is_c(sizes, c, bound):
    assert gan.clipping_bound(sizes, c) == pytest.approx(bound, rel=1e-5)
    critic = nn.MLP(sizes, relu, rng=RNG(0))
    critic.vector.data = c
    assert gan.lipschitz_bound(critic) == pytest.approx(gan.clipping_bound(sizes, c), rel=1e-10)
    slope = gan.measured_lipschitz(critic, np.ones((1, 2)))
    assert slope == pytest.approx(gan.clipping_bound(sizes, c), rel=1e-10)


@few
@given(seeds, st.floats(0.01, 1), st.lists(st.integers(1, 8), min_size=2, max_size=4))
def test_no_clipped_critic_is_steeper(seed, c, sizes):
    critic = mlp(sizes, relu, seed)
    gan.WeightClipping(c).after_step(critic)
    assert gan.lipschitz_bound(critic) <= gan.clipping_bound(sizes, c) * (1 + 1e-12)


@pytest.mark.parametrize(("sizes", "c"), [((2,), 0.1), ((2, 0, 1), 0.1), ((2, 1), -0.1), ((2, 1), np.nan)])
def test_sizes_of_no_network_are_refused(sizes, c):
    with pytest.raises(ValueError, match="expected the sizes of an MLP"):
        gan.clipping_bound(sizes, c)


# From below: what a gap says about W1


def in_single_precision(f):
    return lambda x: f(x.astype(np.float32))


CRITICS = {
    "relu": lambda d, seed: mlp((d, 8, 8, 1), relu, seed),
    "tanh": lambda d, seed: mlp((d, 8, 1), np.tanh, seed),
    "single": lambda d, seed: in_single_precision(mlp((d, 8, 1), relu, seed, dtype=np.float32)),
    "spectral": lambda d, seed: nn.spectral_norm(mlp((d, 8, 8, 1), relu, seed), rng=RNG(seed)),
    "batch norm": lambda d, seed: nn.Sequential(mlp((d, 8, 4), relu, seed), nn.BatchNorm(4), mlp((4, 1), relu, seed)),
    "dropout": lambda d, seed: nn.Sequential(mlp((d, 8), relu, seed), nn.Dropout(rng=RNG(0)), mlp((8, 1), relu, seed)),
    "sign": lambda d, seed: lambda x: np.sign(x[:, 0]),
    "square": lambda d, seed: lambda x: np.sum(x * x, axis=1) * 7,
    "negative": lambda d, seed: lambda x: -np.sum(x, axis=1),
    "hash": lambda d, seed: lambda x: np.sin(1e6 * x[:, 0]),
    "far from 0": lambda d, seed: lambda x: 1e6 + np.sum(x, axis=1),
}  # fmt: skip


def in_use(critic):
    return critic.eval() if isinstance(critic, nn.Module) else critic


@pytest.mark.parametrize("kind", CRITICS)
@settings(max_examples=12, deadline=None)
@given(seeds, st.integers(1, 9), st.integers(1, 9), st.integers(1, 3))
def test_no_normalised_gap_is_above_w1(kind, seed, m, n, d):
    x, y = two_sets(seed, m, n, d)
    critic, exact = CRITICS[kind](d, seed), wasserstein_distance(x, y)
    gap = gan.normalised_gap(critic, x, y)
    assert abs(gap) <= exact * (1 + 1e-9)
    assert gan.normalised_gap(critic, y, x) == pytest.approx(-gap, rel=1e-9, abs=1e-12)
    scaled = gan.normalised_gap(lambda x: 4 * raw(in_use(critic)(x)), x, y)
    assert scaled == pytest.approx(gap, rel=1e-12)  # a scale changes nothing


@few
@given(seeds, st.integers(1, 7), st.integers(1, 7), st.sampled_from(FUNCTIONS), st.booleans())
def test_nor_is_the_gap_over_the_bound(seed, m, n, activation, spectral):
    x, y = two_sets(seed, m, n, 2)
    critic = mlp((2, 8, 8, 1), activation, seed)
    if spectral:  # in the middle of training, sigma is not yet the largest singular value
        critic = nn.spectral_norm(critic, rng=RNG(seed))
        for layer in critic.layers:
            layer.layer.weight.data += 0.3 * RNG(seed).standard_normal(layer.weight.shape)
    bound, secant = gan.lipschitz_bound(critic), gan.secant_lipschitz(critic, x, y)
    assert secant <= bound * (1 + 1e-9)
    loose, tight = gan.normalised_gap(critic, x, y, bound), gan.normalised_gap(critic, x, y)
    assert abs(loose) <= abs(tight) * (1 + 1e-9) <= wasserstein_distance(x, y) * (1 + 2e-9)
    assert loose == pytest.approx(gan.critic_gap(critic, x, y) / bound, rel=1e-12)


@few
@given(seeds, st.integers(1, 12), st.integers(1, 12), st.integers(1, 3))
def test_the_kantorovich_potential_attains_w1(seed, m, n, d):
    x, y = two_sets(seed, m, n, d)
    exact = scipy_distance(x[:, 0], y[:, 0]) if d == 1 else wasserstein_distance(x, y)
    potential = kantorovich_potential(x, y)
    assert gan.secant_lipschitz(potential, x, y) == pytest.approx(1, rel=1e-9)
    assert gan.critic_gap(potential, x, y) == pytest.approx(exact, rel=1e-9)
    assert gan.normalised_gap(potential, x, y) == pytest.approx(exact, rel=1e-9)
    assert gan.normalised_gap(lambda z: 3 - 40 * potential(z), x, y) == pytest.approx(-exact, rel=1e-9)


def test_by_hand():
    """f = x^2 between {0, 3} and {1, 1, 4}: secants 1, 4; 4, 7 (falling as well as rising); gap 4.5 - 6."""
    x, y = np.array([[0.0], [3.0]]), np.array([[1.0], [1.0], [4.0]])

    def square(x):
        return x**2

    assert gan.secant_lipschitz(square, x, y) == 7
    assert gan.critic_gap(square, x, y) == -1.5
    assert gan.normalised_gap(square, x, y) == -1.5 / 7
    assert gan.normalised_gap(square, x, y, 3.0) == -0.5
    assert gan.secant_lipschitz(lambda x: -(x**2), x, y) == 7
    assert gan.secant_lipschitz(lambda x: -(x**2), y, x) == 7
    assert gan.measured_lipschitz(lambda x: np.sum(x**2, axis=1), np.array([[3.0, 4.0], [1.0, -1.0]])) == 10


def test_points_in_common_count_for_nothing():
    x = np.array([[0.0], [1.0]])
    assert gan.secant_lipschitz(lambda x: 3 * x, x, x) == 3
    assert gan.normalised_gap(lambda x: 3 * x, x, x) == 0
    assert gan.secant_lipschitz(lambda x: 3 * x, x[:1], x[:1]) == 0
    assert gan.normalised_gap(lambda x: 3 * x, x[:1], x[:1]) == 0


@pytest.mark.parametrize("value", [0.0, 0.1, -1e9 / 3])
def test_a_constant_critic_has_gap_0_whatever_the_sizes_of_the_sets(value):
    """The means of 3 and of 7 numbers 0.1 differ in their last bit; the gap does not."""
    x, y = two_sets(0, 3, 7, 2)

    def constant(x):
        return np.full(len(x), value)

    assert gan.critic_gap(constant, x, y) == 0
    assert gan.normalised_gap(constant, x, y) == 0
    assert gan.normalised_gap(constant, x, y, 0.0) == 0


@pytest.mark.parametrize("constant", [0.0, -1.0, np.nan])
def test_what_is_no_lipschitz_constant_is_refused(constant):
    x, y = two_sets(0, 3, 7, 1)
    with pytest.raises(ValueError, match=r"constant is .*, expected a Lipschitz constant of the critic, above 0"):
        gan.normalised_gap(lambda x: x, x, y, constant)


@pytest.mark.parametrize("measure", [gan.secant_lipschitz, gan.critic_gap, gan.normalised_gap])
def test_a_critic_gives_one_number_a_point(measure):
    x, y = two_sets(0, 3, 7, 2)
    with pytest.raises(ValueError, match=r"one number a point, but 3 points gave shape \(3, 2\)"):
        measure(lambda x: x, x, y)


@pytest.mark.parametrize(
    "measure",
    [
        gan.secant_lipschitz, gan.critic_gap, gan.normalised_gap, lambda f, x, y: gan.interpolates(x, y, RNG(0)),
        lambda f, x, y: (gan.measured_lipschitz(f, x), gan.measured_lipschitz(f, y)),
        lambda f, x, y: (gan.gradient_norms(f, x), gan.gradient_norms(f, y)),
    ],
)  # fmt: skip
def test_points_that_are_none_are_refused(measure):
    x = np.ones((3, 2))
    for pair in ((x, x.tolist()), (x.tolist(), x)):
        with pytest.raises(TypeError, match=r"points are an array \(n, \.\.\.\), got list: use np\.asarray"):
            measure(lambda x: x[:, 0], *pair)
    for empty in (np.ones((0, 2)), np.ones(()), np.ones((3, 0))):
        for pair in ((x, empty), (empty, x)):
            with pytest.raises(ValueError, match="expected one point or more"):
                measure(lambda x: x[:, 0], *pair)


@pytest.mark.parametrize("kind", ["spectral", "batch norm", "dropout"])
def test_looking_at_a_critic_changes_nothing_in_it(kind):
    """Measured during training or not, a run goes on with the same bits: no vector of a power iteration moves on, no
    running mean, no random number is drawn, and the parts are in the mode in which they were."""
    critic = CRITICS[kind](2, 0)
    part = critic[1] if kind != "spectral" else critic.layers[1]
    critic.layers[0].eval()
    before, modes = critic.state_dict(), [module.training for _, module in critic.named_modules()]
    random_state = part.rng.bit_generator.state if kind == "dropout" else None
    x, y = two_sets(0, 5, 6, 2)
    values = [
        (gan.normalised_gap(critic, x, y), gan.critic_gap(critic, x, y), gan.secant_lipschitz(critic, x, y),
         gan.measured_lipschitz(critic, x)) for _ in range(2)
    ]  # fmt: skip
    assert values[0] == values[1] and values[0][0] == values[0][1] / values[0][2]
    for name, after in critic.state_dict().items():
        np.testing.assert_array_equal(after, before[name])
    assert random_state is None or part.rng.bit_generator.state == random_state
    assert [module.training for _, module in critic.named_modules()] == modes and set(modes) == {False, True}
    with pytest.raises(ValueError, match="axis -1 must have length 2"):
        gan.critic_gap(critic, x[:, :1], y)
    assert [module.training for _, module in critic.named_modules()] == modes


def test_points_may_be_more_precise_than_the_critic():
    rng = np.random.default_rng(0)
    critic = nn.MLP((2, 16, 1), nn.relu, rng=rng, dtype=np.float32)
    x, y = rng.standard_normal((30, 2)), 1 + rng.standard_normal((40, 2))
    single = [points.astype(np.float32) for points in (x, y)]
    assert gan.critic_gap(critic, x, y) == gan.critic_gap(critic, *single)
    assert gan.measured_lipschitz(critic, x) == gan.measured_lipschitz(critic, single[0])
    assert gan.normalised_gap(critic, x, y) <= wasserstein_distance(x, y)
