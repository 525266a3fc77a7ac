"""Noise, score, data, velocity: exact inverses, for one time and for many, and their definitions."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import Tensor
from minigen import diffusion as df

PROCESS = df.VariancePreserving()


@pytest.mark.parametrize(("source", "target"), list(itertools.product(df.KINDS, df.KINDS)))
@given(t=st.floats(1e-3, 1.0), seed=st.integers(0, 100))
def test_conversions_are_inverses(source, target, t, seed):
    x, value = np.random.default_rng(seed).standard_normal((2, 5, 3))
    there = df.convert(value, source, target, x, PROCESS, t)
    back = df.convert(there, target, source, x, PROCESS, t)
    np.testing.assert_allclose(back, value, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("kind", df.KINDS)
@pytest.mark.parametrize("t", [0.3, np.linspace(0.1, 1, 4)], ids=["one time", "one for each"])
def test_a_prediction_tells_the_pair_that_it_was_made_of(kind, t):
    x0, noise = np.random.default_rng(0).standard_normal((2, 4, 2, 3))
    x = PROCESS.mix(x0, t, noise)
    value = df.from_data_and_noise(kind, x0, noise, PROCESS, t)
    got_x0, got_noise = df.data_and_noise(kind, value, x, PROCESS, t)
    np.testing.assert_allclose(got_x0, x0, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(got_noise, noise, rtol=1e-9, atol=1e-9)


def test_definitions():
    """At a = 0.8, sigma = 0.6: score -xi / 0.6, velocity 0.8 xi - 0.6 x_0."""
    process = df.Chain([0.8])
    x0, noise = np.array([[2.0]]), np.array([[-1.0]])
    values = {kind: df.from_data_and_noise(kind, x0, noise, process, 1).item() for kind in df.KINDS}
    assert values == pytest.approx({"noise": -1, "score": 1 / 0.6, "data": 2, "velocity": -2.0})


def test_the_velocity_is_the_slope_of_the_arc():
    """With a = cos phi, sigma = sin phi: x = cos phi x_0 + sin phi xi has dx / dphi = velocity."""
    x0, noise, phi, h = 1.7, -0.4, 0.5, 1e-6
    slope = (np.cos(phi + h) * x0 + np.sin(phi + h) * noise - np.cos(phi - h) * x0 - np.sin(phi - h) * noise) / (2 * h)
    v = df.from_data_and_noise("velocity", np.array([[x0]]), np.array([[noise]]), df.Chain([np.cos(phi)]), 1)
    assert v.item() == pytest.approx(slope, rel=1e-8)


@pytest.mark.parametrize("kind", df.KINDS)
def test_single_precision_and_tensors_stay(kind):
    x, value = np.random.default_rng(0).standard_normal((2, 4, 2)).astype(np.float32)
    for t in (0.5, np.linspace(0.1, 0.9, 4)):
        for target in df.KINDS:
            assert df.convert(value, kind, target, x, PROCESS, t).dtype == np.float32
    tensor = df.convert(Tensor(value), kind, "score", Tensor(x, requires_grad=True), PROCESS, 0.5)
    np.testing.assert_array_equal(tensor.data, df.convert(value, kind, "score", x, PROCESS, 0.5))


def test_unknown_kinds_are_named():
    x = np.zeros((1, 1))
    for bad in (("epsilon", "score"), ("score", "epsilon"), ("epsilon", "epsilon")):
        with pytest.raises(ValueError, match="one of noise, score, data, velocity, got 'epsilon'"):
            df.convert(x, *bad, x, PROCESS, 0.5)
