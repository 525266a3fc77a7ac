"""The U-Net for signals: convolution, attention, resolutions, labels; gradients against finite differences."""

import numpy as np
import pytest

from minigen import Tensor, check_grad
from minigen import diffusion as df
from minigen.diffusion.unet import Conv1d, ResidualBlock, SelfAttention, UNet, attention, merged, split_up
from minigen.nn import conv2d

RNG = np.random.default_rng


def awake(module, seed=9):
    """The module with every parameter drawn anew, as after training: none of them is 0."""
    rng = RNG(seed)
    for p in module.parameters():
        p.data[...] = rng.standard_normal(p.shape) / np.sqrt(max(p.shape[-1], 2))
    return module


# Widths of at least 4: the norm of two channels is (1, -1) or (-1, 1), and forgets nearly all.
def tiny(dtype=np.float64, **options):
    options = {"length": 4, "channels": 2, "widths": (4, 6), "features": 4, **options}
    return awake(UNet(rng=RNG(0), dtype=dtype, **options))


def signals(*shape, dtype=np.float64):
    return RNG(1).standard_normal(shape).astype(dtype)


def test_convolution_along_a_signal_is_a_convolution_of_images_one_pixel_high():
    layer = Conv1d(3, 5, rng=RNG(0), dtype=np.float64)
    x = signals(2, 7, 3)
    kernel = np.transpose(layer.linear.weight.data.reshape(5, 3, 3), (0, 2, 1))[:, :, None]  # (o, c, 1, place)
    images = np.pad(np.swapaxes(x, 1, 2)[:, :, None], ((0, 0), (0, 0), (0, 0), (1, 1)))
    expected = np.swapaxes(conv2d(images, kernel, layer.linear.bias.data)[:, :, 0], 1, 2)
    np.testing.assert_allclose(layer(x).data, expected, rtol=1e-12, atol=1e-12)


def test_merging_and_splitting_places_undo_each_other():
    x = signals(2, 6, 4)
    np.testing.assert_array_equal(split_up(merged(x)), x)
    np.testing.assert_array_equal(merged(x)[:, 1], np.concatenate([x[:, 2], x[:, 3]], axis=1))  # neighbours, in order


def test_attention_is_a_mean_of_the_values_weighted_by_fit():
    q, k, v = signals(2, 3, 4), RNG(2).standard_normal((2, 5, 4)), RNG(3).standard_normal((2, 5, 6))
    weights = np.exp(np.einsum("bmd,bnd->bmn", q, k) / 2)  # sqrt(d) = 2
    weights /= weights.sum(axis=2, keepdims=True)
    found = attention(q, k, v)
    np.testing.assert_allclose(found, np.einsum("bmn,bnc->bmc", weights, v), rtol=1e-12)
    assert np.all(found <= v.max(axis=1, keepdims=True)) and np.all(found >= v.min(axis=1, keepdims=True))
    np.testing.assert_allclose(attention(q, k, np.ones_like(v)), 1, rtol=1e-12)  # the weights sum to 1
    np.testing.assert_allclose(attention(0 * q, k, v), np.repeat(v.mean(axis=1, keepdims=True), 3, axis=1), rtol=1e-12)


def test_attention_of_torch():
    functional = pytest.importorskip("torch.nn.functional")
    import torch

    q, k, v = (RNG(i).standard_normal((2, 3, 5, 4)) for i in range(3))
    theirs = functional.scaled_dot_product_attention(*map(torch.from_numpy, (q, k, v))).numpy()
    np.testing.assert_allclose(attention(q, k, v), theirs, rtol=1e-10, atol=1e-12)


def test_a_residual_block_is_told_the_time_by_scale_and_shift():
    """By hand: the norm of both convolutions' inputs, the second one scaled and shifted as the embedding says."""
    block, x, e = awake(ResidualBlock(4, 6, 3, rng=RNG(0), dtype=np.float64)), signals(2, 5, 4), signals(2, 3)

    def silu(h):
        return h / (1 + np.exp(-h))

    h = block.first(silu(block.first_norm(x).data)).data
    told = e @ block.inject.weight.data.T + block.inject.bias.data
    h = block.second_norm(h).data * (1 + told[:, None, :6]) + told[:, None, 6:]
    expected = x @ block.skip.weight.data.T + block.skip.bias.data + block.second(silu(h)).data
    np.testing.assert_allclose(block(x, e).data, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("heads", [1, 2])
def test_self_attention_knows_no_places(heads):
    """Permuted places give the permuted result; and each place hears of all others."""
    layer, x = awake(SelfAttention(4, heads, rng=RNG(0), dtype=np.float64)), signals(2, 5, 4)
    order = RNG(4).permutation(5)
    np.testing.assert_allclose(layer(x[:, order]).data, layer(x).data[:, order], rtol=1e-11, atol=1e-12)
    moved = x.copy()
    moved[:, 0, 0] += 1
    assert np.all(np.abs(layer(moved).data - layer(x).data).max(axis=2) > 1e-4)


def test_each_head_attends_by_itself():
    """Two heads are two attentions, each to half of the channels of query, key and value."""
    layer, x = awake(SelfAttention(4, 2, rng=RNG(0), dtype=np.float64)), signals(2, 5, 4)
    q, k, v = np.split(layer.query_key_value(layer.norm(x)).data, 3, axis=2)
    halves = [attention(q[..., i], k[..., i], v[..., i]) for i in (slice(0, 2), slice(2, 4))]
    expected = x + layer.output(np.concatenate(halves, axis=2)).data
    np.testing.assert_allclose(layer(x).data, expected, rtol=1e-11)


@pytest.mark.parametrize("shape", [(3, 8, 2), (3, 16)])
@pytest.mark.parametrize("widths", [(4,), (4, 6), (4, 6, 8)])
def test_signals_keep_their_shape_and_precision(shape, widths):
    net = tiny(np.float32, length=8, widths=widths, classes=3)
    x, u = signals(*shape, dtype=np.float32), np.array([0.1, 0.5, 0.9], np.float32)
    y = net(x, u, np.array([0, 2, 3]))
    assert y.shape == shape and y.dtype == np.float32
    np.sum(y**2).backward()
    assert all(p.grad is not None and p.grad.dtype == np.float32 and np.any(p.grad) for p in net.parameters())


def test_a_flat_signal_is_the_same_signal():
    net, x, u = tiny(), signals(3, 4, 2), np.full(3, 0.3)
    np.testing.assert_array_equal(net(x.reshape(3, 8), u).data, net(x, u).data.reshape(3, 8))


def test_each_signal_has_its_own_time_and_label():
    net, x, u, labels = tiny(classes=3), signals(4, 4, 2), np.array([0.1, 0.3, 0.6, 0.9]), np.array([0, 1, 2, 3])
    together = net(x, u, labels).data
    for i in range(4):
        np.testing.assert_allclose(net(x[i : i + 1], u[i : i + 1], labels[i : i + 1]).data[0], together[i], rtol=1e-9)
    same = np.repeat(x[:1], 4, axis=0)
    assert np.ptp(net(same, u).data, axis=0).max() > 0.01  # the time is heard
    assert np.ptp(net(same, u[:1], labels).data, axis=0).max() > 0.01  # and so is the label
    np.testing.assert_array_equal(net(x, u).data, net(x, u, np.full(4, 3)).data)  # none is the null label
    np.testing.assert_allclose(net(x, u[:1]).data, net(x, np.repeat(u[:1], 4)).data, rtol=1e-12)


def test_gradients_of_the_network():
    net, u, labels = tiny(classes=2), np.array([0.2, 0.7]), np.array([0, 2])
    check_grad(lambda x: np.sum(net(x, u, labels) ** 2), signals(2, 4, 2))


@pytest.mark.parametrize(
    "part",
    [
        "places",
        "shrink.0.weight",
        "attention.query_key_value.weight",
        "down.1.first.linear.weight",
        "up.0.inject.weight",
        "grow.0.bias",
    ],
)
def test_gradients_of_its_parameters(part):
    net, x, u = tiny(), signals(2, 4, 2), np.array([0.2, 0.7])
    p = dict(net.named_parameters())[part]
    np.sum(net(x, u) ** 2).backward()
    direction, start, h = RNG(5).standard_normal(p.shape), p.data.copy(), 1e-5
    values = []
    for sign in (1, -1):
        p.data[...] = start + sign * h * direction
        values.append(float(np.sum(net(x, u).data ** 2)))
    assert float(np.sum(p.grad * direction)) == pytest.approx((values[0] - values[1]) / (2 * h), rel=1e-6)


def test_detail_reaches_the_output_by_the_skip_connections_alone():
    """With the way from below cut, a place still depends on itself; and what is far away is heard only from below."""
    net, x, u = tiny(length=16), signals(1, 16, 2), np.array([0.3])
    moved = x.copy()
    moved[0, 0] += 1

    def change():
        return np.abs(net(moved, u).data - net(x, u).data).max(axis=(0, 2))

    assert np.all(change() > 1e-8)  # attention: all places hear of it
    net.grow[0].weight.data[...] = 0
    assert change()[0] > 1e-3 and np.all(change()[5:] == 0)  # four convolutions, of one place to each side


def test_how_many_parameters():
    """Counted by hand: embedding, input, places, blocks down, attention, blocks up, ends."""
    c, (a, b), e, labels = 2, (4, 6), 12, 3

    def linear(n, m):
        return n * m + m

    def block(n, m):
        skip = 0 if n == m else linear(n, m)
        return 2 * n + linear(3 * n, m) + linear(e, 2 * m) + 2 * m + linear(3 * m, m) + skip

    expected = (
        linear(4, e) + (labels + 1) * e + linear(c, a) + 4 * a + block(a, a) + block(b, b)
        + linear(2 * a, b) + 2 * b + linear(b, 3 * b) + linear(b, b)
        + linear(b, 2 * a) + block(2 * a, a) + block(2 * b, b) + 2 * a + linear(a, c)
    )  # fmt: skip
    assert sum(p.data.size for p in tiny(classes=labels).parameters()) == expected


def test_an_untrained_network_guesses_no_noise_and_its_blocks_do_nothing():
    net = UNet(8, 1, (4, 8), rng=RNG(0))
    np.testing.assert_array_equal(net(signals(3, 8, dtype=np.float32), np.array([0.3], np.float32)).data, 0)
    block, x = ResidualBlock(4, 4, 6, rng=RNG(0), dtype=np.float64), signals(2, 5, 4)
    np.testing.assert_array_equal(block(x, signals(2, 6)).data, x)
    np.testing.assert_array_equal(SelfAttention(4, rng=RNG(0), dtype=np.float64)(x).data, x)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 6, "widths": (2, 2, 2)}, "length 6 cannot be halved 2 times: take fewer widths, or a length div"),
        ({"widths": ()}, "widths is empty"),
        ({"length": 0}, "length must be a positive integer"),
        ({"heads": 4}, "4 heads cannot share 6 channels equally"),
        ({"embedding": "none"}, "the time embedding is"),
    ],
)
def test_networks_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        tiny(**options)


def test_signals_that_do_not_fit():
    net = tiny()
    for shape in ((3, 9), (3, 5, 2), (3, 4, 3)):
        with pytest.raises(ValueError, match="must have length"):
            net(signals(*shape), np.array([0.3]))


def test_it_is_a_network_for_a_denoiser():
    """A Denoiser makes a score of it, by label and guided, of arrays and of Tensors."""
    model = df.Denoiser(tiny(np.float32, classes=2), df.VariancePreserving(), "velocity")
    x = signals(5, 8, dtype=np.float32)
    given = model.score(x, 0.4, 1)
    assert given.shape == (5, 8) and given.dtype == np.float32
    halfway = model.guided(1, 0.5)(x, 0.4)
    np.testing.assert_allclose(halfway, (given + model.score(x, 0.4)) / 2, rtol=1e-4, atol=1e-5)
    assert isinstance(model.predict("noise", Tensor(x), 0.4), Tensor)
