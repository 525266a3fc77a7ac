"""The Dirac games against their closed forms (claim C18)."""

from itertools import islice

import numpy as np
import pytest

import minigen as mg
from minigen.gan import dirac

STEP = 0.1


def radii(orbit):
    return np.array([np.hypot(theta, phi) for theta, phi in orbit])


def value_of(game):
    return {
        dirac.bilinear: lambda theta, phi: theta * phi,
        dirac.dirac_gan: lambda theta, phi: -np.log(2) - mg.softplus(phi * theta),
    }[game]


@pytest.mark.parametrize("game", [dirac.bilinear, dirac.dirac_gan])
@pytest.mark.parametrize("point", [(1.0, 1.0), (-0.3, 2.0), (0.0, 0.0), (40.0, -30.0)])
def test_a_game_gives_the_gradients_of_its_value(game, point):
    want = mg.grad(value_of(game), argnums=(0, 1))(*point)
    assert game(*point) == pytest.approx(want, abs=1e-14)


@pytest.mark.parametrize("point", [(1.0, 1.0), (-0.3, 2.0), (40.0, -30.0)])
def test_the_non_saturating_game_has_a_generator_of_its_own(point):
    theta, phi = point
    want = mg.grad(lambda t: -mg.log_sigmoid(phi * t))(theta)
    got = dirac.non_saturating_dirac_gan(theta, phi)
    assert got[0] == pytest.approx(want, abs=1e-14)
    assert got[1] == dirac.dirac_gan(theta, phi)[1]


def test_simultaneous_play_spirals_out():
    measured = radii(dirac.simultaneous(dirac.bilinear, 1.0, 1.0, STEP, steps=1000))
    np.testing.assert_allclose(measured, np.sqrt(2) * (1 + STEP**2) ** (np.arange(1001) / 2), rtol=1e-12)
    assert measured[-1] == pytest.approx(204.7396, abs=5e-5)
    *_, (theta, phi) = dirac.simultaneous(dirac.bilinear, 0.6, 0.8, STEP, steps=1000)
    assert np.hypot(theta, phi) == pytest.approx(144.773, abs=5e-4)


@pytest.mark.parametrize("generator_first", [False, True])
def test_alternating_play_stays_on_an_ellipse(generator_first):
    orbit = list(dirac.alternating(dirac.bilinear, 1.0, 1.0, STEP, steps=1000, generator_first=generator_first))
    t, d = np.array(orbit).T
    sign = -1 if generator_first else 1
    kept = t**2 + d**2 + sign * STEP * t * d
    np.testing.assert_allclose(kept, 2 + sign * STEP, rtol=1e-12)
    # The half axes of that ellipse.
    assert np.hypot(t, d).min() >= np.sqrt((2 + sign * STEP) / (1 + STEP / 2)) - 1e-9
    assert np.hypot(t, d).max() <= np.sqrt((2 + sign * STEP) / (1 - STEP / 2)) + 1e-9


def test_the_band_of_the_alternating_orbit():
    measured = radii(dirac.alternating(dirac.bilinear, 1.0, 1.0, STEP, steps=1000))
    assert measured.min() == pytest.approx(1.4142, abs=5e-5)
    assert measured.max() == pytest.approx(1.4868, abs=5e-5)


@pytest.mark.parametrize("step", [0.01, 0.1, 1.0, 1.9])
def test_the_maps_make_one_step_and_have_the_stated_moduli(step):
    start = np.array([0.7, -1.3])
    for matrix, play in (
        (dirac.simultaneous_map(step), dirac.simultaneous(dirac.bilinear, *start, step)),
        (dirac.alternating_map(step), dirac.alternating(dirac.bilinear, *start, step)),
        (dirac.alternating_map(step, True), dirac.alternating(dirac.bilinear, *start, step, generator_first=True)),
    ):
        assert next(play) == tuple(start)
        np.testing.assert_allclose(matrix @ start, next(play), atol=1e-14)
    np.testing.assert_allclose(np.abs(np.linalg.eigvals(dirac.simultaneous_map(step))), np.hypot(1, step), atol=1e-12)
    for first in (False, True):
        np.testing.assert_allclose(np.abs(np.linalg.eigvals(dirac.alternating_map(step, first))), 1, atol=1e-12)


def test_the_dirac_gan():
    """From (1, 0): simultaneous play grows to 3.57 in 4000 steps, alternating play stays near 1."""
    assert radii(dirac.simultaneous(dirac.dirac_gan, 1.0, 0.0, STEP, 4000))[-1] == pytest.approx(3.57, abs=5e-3)
    measured = radii(dirac.alternating(dirac.dirac_gan, 1.0, 0.0, STEP, 4000))
    assert measured.min() > 0.99 and measured.max() < 1.02
    assert measured.mean() == pytest.approx(1.003, abs=5e-4)


def test_without_a_number_of_steps_there_is_no_end_and_arrays_play_side_by_side():
    theta, phi = list(islice(dirac.simultaneous(dirac.bilinear, np.ones(3), np.zeros(3)), 50))[-1]
    np.testing.assert_allclose(np.hypot(theta, phi), 1.01 ** (49 / 2))
    with pytest.raises(ValueError, match="steps is -1"):
        list(dirac.alternating(dirac.bilinear, 1.0, 1.0, steps=-1))
