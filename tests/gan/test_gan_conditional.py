"""Conditional GANs: pairs of a point and its one-hot label, from the samplers through the loop to the samples."""

import numpy as np
import pytest

from minigen import gan, nn, optim


def rng(seed=0):
    return np.random.default_rng(seed)


def test_one_hot():
    np.testing.assert_array_equal(gan.one_hot([2, 0], 3), [[0, 0, 1], [1, 0, 0]])
    assert gan.one_hot([2, 0], 3).dtype == np.float32
    for labels, expected in (([3], "run from 3 to 3, expected 0 to 2"), ([-1], "run from -1"), ([0.0], "integers")):
        with pytest.raises(ValueError, match=expected):
            gan.one_hot(labels, 3)


def test_points_keep_their_labels():
    points, labels = np.arange(12.0).reshape(6, 2), np.array([0, 1, 2, 2, 1, 0])
    pairs = gan.LabelledPoints(points, labels, 3)(500, rng())
    assert pairs.shape == (500, 5)
    rows = (pairs[:, 0] / 2).astype(int)  # which point each draw was
    assert set(rows) == set(range(6))
    np.testing.assert_array_equal(np.argmax(pairs[:, 2:], axis=1), labels[rows])
    with pytest.raises(ValueError, match="6 points and 5 labels"):
        gan.LabelledPoints(points, labels[:5], 3)


def test_labels_of_the_noise_have_the_frequencies_of_the_data_and_can_be_chosen():
    latent = gan.LabelledLatent(4, np.array([0, 0, 0, 2]), 3)
    drawn = latent(20_000, rng())
    assert drawn.shape == (20_000, 7) and drawn.dtype == np.float32
    shares = drawn[:, 4:].mean(0)
    np.testing.assert_allclose(shares, [0.75, 0, 0.25], atol=4 * np.sqrt(0.75 * 0.25 / 20_000))
    np.testing.assert_allclose(drawn[:, :4].mean(0), 0, atol=4 / np.sqrt(20_000))
    np.testing.assert_array_equal(latent.of([1, 2], rng())[:, 4:], [[0, 1, 0], [0, 0, 1]])


def test_the_generator_hands_the_label_on_beside_its_sample():
    network = nn.MLP((4 + 3, 5, 2), rng=rng())
    generator = gan.ConditionalGenerator(network, 3)
    z = gan.LabelledLatent(4, np.arange(3), 3)(10, rng()).astype(np.float64)
    pairs = generator(z)
    np.testing.assert_array_equal(pairs.data[:, :2], network(z).data)
    np.testing.assert_array_equal(pairs.data[:, 2:], z[:, 4:])
    assert len(generator.vector) == len(network.vector)


def test_each_class_is_learned_apart():
    """Two classes at -1 and +1, deviation 0.3: without its label a sample could not know on which side to be."""
    labels = np.arange(400) % 2
    points = (2.0 * labels - 1)[:, None] + 0.3 * rng(1).standard_normal((400, 1))
    r = rng(2)
    generator = gan.ConditionalGenerator(nn.Linear(1 + 2, 1, rng=r, dtype=np.float32), 2)
    discriminator = nn.MLP((1 + 2, 16, 1), rng=r, dtype=np.float32)
    og, od = (optim.Adam(network, 1e-2, (0.5, 0.999)) for network in (generator, discriminator))
    latent = gan.LabelledLatent(1, labels, 2)
    options = {"rng": r, "batch_size": 128, "steps": 600}
    list(gan.train(
        generator, discriminator, gan.LabelledPoints(points, labels, 2), latent, gan.non_saturating, og, od, **options
    ))  # fmt: skip
    low, high = (generator(latent.of(np.full(1000, c), rng(3))).data[:, 0] for c in (0, 1))
    assert abs(low.mean() + 1) < 0.3 and abs(high.mean() - 1) < 0.3, (low.mean(), high.mean())


def test_samples_of_a_run_come_from_the_averaged_generator():
    from minigen.gan import cli
    from minigen.training.data import open_data

    data = open_data("digits")
    settings = cli.GAN.defaults(data) | {"hidden": [8], "conditional": True}
    model = cli.GAN(settings, data, rng())
    before, _ = model.sample(5, rng(4), np.arange(5))
    model.generator.vector.data *= 2
    after, asked = model.sample(5, rng(4), np.arange(5))
    np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(asked, np.arange(5))
    model.states["ema"].update()
    assert not np.array_equal(model.sample(5, rng(4), np.arange(5))[0], before)


def test_lists_will_do_and_no_points_at_all_will_not():
    rng = np.random.default_rng(0)
    assert gan.LabelledPoints([[1.0, 2.0]], [0], 2)(3, rng).tolist() == [[1, 2, 1, 0]] * 3
    assert gan.LabelledLatent(2, [1], 2)(3, rng)[:, 2:].tolist() == [[0, 1]] * 3
    assert gan.Epochs([[1.0, 2.0]])(2, rng).tolist() == [[1, 2]] * 2
    with pytest.raises(ValueError, match="there are 0 points"):
        gan.LabelledPoints(np.zeros((0, 2)), np.zeros(0, int), 2)
