"""Convolution and its adjoints: sums written out, adjointness, zero insertion, derivatives, torch."""

import numpy as np
import pytest

import minigen as mg
from minigen import nn
from minigen.nn import conv

RNG = np.random.default_rng
# image, kernel, stride, padding: exact fits, remainders at the edge, non-square, kernel 1, padding of its width
CASES = [
    ((8, 8), (4, 4), 2, 1),
    ((5, 7), (3, 2), 1, 0),
    ((8, 7), (3, 3), 2, 0),
    ((6, 5), (2, 3), 3, 2),
    ((4, 4), (1, 1), 1, 0),
    ((3, 3), (3, 3), 1, 1),
]
case = pytest.mark.parametrize("size, kernel, stride, padding", CASES)


def draw(size, kernel, stride, padding, seed=0):
    rng = RNG(seed)
    x, w = rng.standard_normal((2, 3, *size)), rng.standard_normal((4, 3, *kernel))
    y = nn.conv2d(x, w, stride=stride, padding=padding)
    return x, w, rng.standard_normal(y.shape)


@case
def test_conv2d_is_the_sum_in_its_docstring(size, kernel, stride, padding):
    x, w, _ = draw(size, kernel, stride, padding)
    b = np.array([1.0, 2.0, 3.0, 4.0])
    y = nn.conv2d(x, w, b, stride, padding)
    assert y.shape[2:] == tuple((n + 2 * padding - k) // stride + 1 for n, k in zip(size, kernel, strict=True))
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    for i, j in np.ndindex(*y.shape[2:]):
        patch = padded[:, :, stride * i : stride * i + kernel[0], stride * j : stride * j + kernel[1]]
        np.testing.assert_allclose(y[:, :, i, j], np.einsum("ncab,ocab->no", patch, w) + b, rtol=1e-10, atol=1e-12)


@case
def test_the_three_maps_are_adjoint(size, kernel, stride, padding):
    x, w, y = draw(size, kernel, stride, padding)
    forms = [
        np.sum(nn.conv2d(x, w, stride=stride, padding=padding) * y),
        np.sum(x * conv._spread(y, w, size, stride, padding)),
        np.sum(w * conv._correlate(x, y, kernel, stride, padding)),
    ]
    np.testing.assert_allclose(forms, forms[0], atol=1e-10)


@pytest.mark.parametrize(
    "size, kernel, stride, padding, left",
    [(*CASES[0], 0), (*CASES[1], 0), ((8, 8), (3, 3), 2, 0, 1), ((9, 6), (2, 2), 3, 2, 2)],
)
def test_transposed_convolution_is_the_adjoint(size, kernel, stride, padding, left):
    """Also where the stride leaves pixels over at the edge: output_padding gives them back."""
    x, w, y = draw(size, kernel, stride, padding)
    back = nn.conv_transpose2d(y, w, None, stride, padding, left)
    assert back.shape == x.shape
    assert abs(np.sum(nn.conv2d(x, w, None, stride, padding) * y) - np.sum(x * back)) < 1e-10


@case
def test_transposed_convolution_inserts_zeros(size, kernel, stride, padding):
    """It equals zeros put between the pixels, then a convolution of stride 1 with the kernel turned by half a
    circle and its channels exchanged, padded by k - 1 - p; its size is (i - 1) s - 2 p + k."""
    _, w, y = draw(size, kernel, stride, padding)
    height, width = y.shape[2:]
    apart = np.zeros((2, 4, (height - 1) * stride + 1, (width - 1) * stride + 1))
    apart[:, :, ::stride, ::stride] = y
    frame = [(k - 1 - padding) for k in kernel]
    apart = np.pad(apart, ((0, 0), (0, 0), *[(max(f, 0), max(f, 0)) for f in frame]))
    cut = tuple(slice(max(-f, 0), n - max(-f, 0)) for f, n in zip(frame, apart.shape[2:], strict=True))
    want = nn.conv2d(apart[:, :, cut[0], cut[1]], np.swapaxes(w, 0, 1)[:, :, ::-1, ::-1])
    got = nn.conv_transpose2d(y, w, stride=stride, padding=padding)
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)
    assert got.shape[2:] == tuple(
        (n - 1) * stride - 2 * padding + k for n, k in zip((height, width), kernel, strict=True)
    )


def test_it_is_not_the_inverse():
    x, w, _ = draw((8, 8), (4, 4), 2, 1)
    back = nn.conv_transpose2d(nn.conv2d(x, w, stride=2, padding=1), w, stride=2, padding=1)
    assert back.shape == x.shape and np.linalg.norm(back - x) > np.linalg.norm(x)


@case
def test_derivatives_of_all_orders(size, kernel, stride, padding):
    x, w, y = draw(size, kernel, stride, padding)
    x, y = x[:1], y[:1]
    b = np.arange(4.0)
    mg.check_grad(lambda x, w, b: nn.conv2d(x, w, b, stride, padding), x, w, b, order=3)
    mg.check_grad(lambda y, w, b: nn.conv_transpose2d(y, w, b, stride, padding), y, w, b[:3], order=3)
    mg.check_grad(lambda x, y: conv._correlate(x, y, kernel=kernel, stride=stride, padding=padding), x, y, order=2)


@case
def test_conv2d_and_its_transpose_equal_torch(size, kernel, stride, padding):
    torch = pytest.importorskip("torch")
    x, w, y = draw(size, kernel, stride, padding)
    for image, ours, theirs in (
        (x, nn.conv2d, torch.nn.functional.conv2d),
        (y, nn.conv_transpose2d, torch.nn.functional.conv_transpose2d),
    ):
        u, v = [mg.Tensor(a, requires_grad=True) for a in (image, w)]
        p, q = [torch.tensor(a, requires_grad=True) for a in (image, w)]
        a, b = ours(u, v, stride=stride, padding=padding), theirs(p, q, stride=stride, padding=padding)
        np.sum(np.sin(a)).backward()
        b.sin().sum().backward()
        for got, want in ((a.data, b.detach()), (u.grad, p.grad), (v.grad, q.grad)):
            np.testing.assert_allclose(got, want.numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("layer, peer", [(nn.Conv2d, "Conv2d"), (nn.ConvTranspose2d, "ConvTranspose2d")])
def test_layers_equal_torch(layer, peer):
    torch = pytest.importorskip("torch")
    ours = layer(3, 5, 4, rng=RNG(0), stride=2, padding=1)
    theirs = getattr(torch.nn, peer)(3, 5, 4, stride=2, padding=1).double()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert p.shape == tuple(q.shape)
        q.data = torch.tensor(p.data)
    x = RNG(1).standard_normal((2, 3, 8, 8))
    np.testing.assert_allclose(ours(x).data, theirs(torch.tensor(x)).detach().numpy(), rtol=1e-10, atol=1e-12)


def test_layers_start_and_read_as_said():
    layer = nn.Conv2d(3, 5, 4, rng=RNG(0), stride=2, padding=1, dtype=np.float32)
    assert np.abs(layer.weight.data).max() <= 1 / np.sqrt(48) and layer.bias.data.any()
    assert repr(layer) == "Conv2d(3 -> 5, 4x4, stride 2, padding 1)        245"
    y = layer(np.zeros((2, 3, 8, 8), np.float32))
    assert y.shape == (2, 5, 4, 4) and y.dtype == np.float32
    turned = nn.ConvTranspose2d(5, 3, 4, rng=RNG(0), stride=2, padding=1, init=nn.init.normal, bias=False)
    assert turned(np.zeros((2, 5, 4, 4))).shape == (2, 3, 8, 8) and turned.bias is None
    assert not nn.Conv2d(1, 2, 3, rng=RNG(0), init=nn.init.he_normal).bias.data.any()


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda x, w: nn.conv2d(x[0], w), r"takes images .*got \(3, 8, 8\) and \(4, 3, 4, 4\)"),
        (lambda x, w: nn.conv2d(x[:, :2], w), "same number of channels on axis 1"),
        (lambda x, w: nn.conv_transpose2d(x, w), "same number of channels on axis 0"),
        (lambda x, w: nn.conv2d(x[:, :, :3], w), r"a kernel \(4, 4\) does not fit an image \(3, 8\) with padding 0"),
        (lambda x, w: nn.conv2d(x, w, stride=0), "stride must be a positive integer"),
        (lambda x, w: nn.conv2d(x, w, padding=-1), "padding must be an integer >= 0"),
        (lambda x, w: nn.conv_transpose2d(x, w[:3], stride=2, output_padding=2), "output_padding must be from 0 to"),
        (lambda x, w: nn.conv_transpose2d(x[:, :, :1, :1], w[:3], padding=2), "leave nothing"),
        (lambda x, w: nn.Conv2d(2, 4, 3, rng=RNG(0))(x), "axis 1 must have length 2"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.zeros((2, 3, 8, 8)), np.zeros((4, 3, 4, 4)))
