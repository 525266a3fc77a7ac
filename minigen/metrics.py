"""How good are the samples?  Modes captured, high-quality share, balance of the modes, each beside its null.

The null value of a metric is what perfect samples score: the same number of draws from the data law itself.  A
metric without its null is not readable: perfect samples in the plane are 98.9 % high quality, not 100 %.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigen.device import asnumpy
from minigen.distributions import GaussianMixture

__all__ = ["ModeReport", "NullReport", "high_quality_of_perfect_samples", "mode_report", "mode_table", "null_report"]

CHUNK_NUMBERS = 1 << 20  # distances are computed for this many coordinates at a time: 8 MB, whatever n is
WITHIN = 3.0


@dataclass(frozen=True)
class ModeReport:
    """Metrics of n samples against a mixture.

    captured: number of modes with at least one sample within 3 sigma.  high_quality: share of samples within 3 sigma
    of their nearest mode, in [0, 1].  mode_tv: total variation between the histogram of nearest modes and the
    mixture's weights, in [0, 1].  not_finite: samples with NaN or inf; they count as low quality, capture nothing, and
    lie in a bin of their own that the mixture gives weight 0."""

    captured: int
    modes: int
    high_quality: float
    mode_tv: float
    n: int
    not_finite: int = 0

    def __str__(self) -> str:
        broken = f", {self.not_finite} NOT FINITE" if self.not_finite else ""
        return (
            f"{self.captured} of {self.modes} modes, {100 * self.high_quality:.1f} % high quality, "
            f"mode TV {self.mode_tv:.3f} (n = {self.n}{broken})"
        )


@dataclass(frozen=True)
class NullReport:
    """Mean and standard deviation, over `repeats` sets of n perfect samples, of each metric."""

    captured: tuple[float, float]
    high_quality: tuple[float, float]
    mode_tv: tuple[float, float]
    modes: int
    n: int
    repeats: int

    def __str__(self) -> str:
        (captured, _), (quality, quality_sd), (tv, tv_sd) = self.captured, self.high_quality, self.mode_tv
        return (
            f"perfect samples: {captured:.4g} of {self.modes} modes, "
            f"{100 * quality:.1f} +- {100 * quality_sd:.1f} % high quality, mode TV {tv:.3f} +- {tv_sd:.3f} "
            f"(n = {self.n}, {self.repeats} repeats)"
        )


def mode_report(samples: Any, mixture: GaussianMixture) -> ModeReport:
    """Modes captured, high-quality share and mode TV of samples (n, d); the customary n is 2500.

    A mode is captured if at least one sample lies within 3 sigma of it; a sample is of high quality if it lies within
    3 sigma of its nearest mode (Srivastava et al. 2017, section 4).  "Nearest" is Euclidean; "3 sigma" is measured
    with the mode's covariance (Mahalanobis).  The histogram of nearest modes takes all finite samples, good or bad, so
    that mode_tv speaks of balance alone.  ValueError if the shape is wrong or there is no sample."""
    if not isinstance(mixture, GaussianMixture):
        raise TypeError(f"{mixture!r} has no modes to be counted, expected a GaussianMixture")
    samples = _sample_matrix(samples, mixture.dimension)
    finite = samples[np.all(np.isfinite(samples), axis=1)]
    k = len(mixture.weights)
    captured = np.zeros(k, dtype=bool)
    counts = np.zeros(k, dtype=np.int64)
    good = 0
    rows = max(1, CHUNK_NUMBERS // mixture.means.size)
    for start in range(0, len(finite), rows):
        chunk = finite[start : start + rows]
        with np.errstate(over="ignore"):  # a sample at 1e200 is far from every mode, and that is all to know
            within = np.sum(np.square(mixture.whitened(chunk)), axis=-1) <= WITHIN**2
            nearest = np.argmin(np.sum(np.square(chunk[:, None, :] - mixture.means), axis=-1), axis=1)
        captured |= np.any(within, axis=0)
        counts += np.bincount(nearest, minlength=k)
        good += int(np.count_nonzero(np.take_along_axis(within, nearest[:, None], axis=1)))
    n = len(samples)
    lost = n - len(finite)
    mode_tv = 0.5 * (float(np.sum(np.abs(counts / n - mixture.weights))) + lost / n)
    return ModeReport(int(np.count_nonzero(captured)), k, good / n, mode_tv, n, lost)


def null_report(mixture: GaussianMixture, n: int, rng: np.random.Generator, repeats: int = 20) -> NullReport:
    """What perfect samples score: mean and standard deviation of each metric over `repeats` draws of n samples."""
    if isinstance(repeats, bool) or not isinstance(repeats, (int, np.integer)) or repeats < 2:
        raise ValueError(f"repeats is {repeats!r}, expected an integer >= 2 (a standard deviation needs two)")
    reports = [mode_report(mixture.sample(n, rng), mixture) for _ in range(repeats)]

    def spread(name: str) -> tuple[float, float]:
        values = [getattr(report, name) for report in reports]
        return float(np.mean(values)), float(np.std(values, ddof=1))

    return NullReport(
        spread("captured"), spread("high_quality"), spread("mode_tv"), len(mixture.weights), n, int(repeats)
    )


def mode_table(report: ModeReport, null: NullReport) -> str:
    """The report as a text table: each metric beside what perfect samples score.  Both must have the same n."""
    if (report.modes, report.n) != (null.modes, null.n):
        raise ValueError(
            f"the report has {report.n} samples on {report.modes} modes, its null {null.n} on {null.modes}: "
            "a null must be made with the same mixture and the same n"
        )
    rows = [
        ("", "samples", "perfect samples"),
        (f"modes captured (of {report.modes})", f"{report.captured}", _plus_minus(null.captured, ".1f")),
        (
            "high quality (%)",
            f"{100 * report.high_quality:.1f}",
            _plus_minus((100 * null.high_quality[0], 100 * null.high_quality[1]), ".1f"),
        ),
        ("mode TV", f"{report.mode_tv:.3f}", _plus_minus(null.mode_tv, ".3f")),
    ]
    if report.not_finite:
        rows.append(("not finite", f"{report.not_finite}", "0"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        f"{label:<{widths[0]}}  {value:>{widths[1]}}  {perfect:>{widths[2]}}".rstrip() for label, value, perfect in rows
    )


def high_quality_of_perfect_samples(d: int, within: float = WITHIN) -> float:
    """P(chi^2_d <= within^2): the share of a d-dimensional Gaussian within that many sigma of its mean.

    In the plane 1 - exp(-within^2 / 2), 0.98889 for 3 sigma.  Exact for the mixture while its modes are well apart.
    From P(a + 1, x) = P(a, x) - x^a e^{-x} / Gamma(a + 1), the recurrence of the incomplete gamma function."""
    if isinstance(d, bool) or not isinstance(d, (int, np.integer)) or d < 1:
        raise ValueError(f"d is {d!r}, expected the dimension, an integer >= 1")
    if not within >= 0:
        raise ValueError(f"within is {within!r}, expected a number of sigmas >= 0")
    x = within**2 / 2
    if x in (0, math.inf):
        return float(x > 0)
    a, share = (1.0, -math.expm1(-x)) if d % 2 == 0 else (0.5, math.erf(math.sqrt(x)))
    while a < d / 2:
        share -= math.exp(a * math.log(x) - x - math.lgamma(a + 1))
        a += 1
    return max(share, 0.0)


def _plus_minus(value: tuple[float, float], digits: str) -> str:
    return f"{value[0]:{digits}} +- {value[1]:{digits}}"


def _sample_matrix(samples: Any, d: int) -> np.ndarray:
    array = asnumpy(samples)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"samples has dtype {array.dtype}, expected real numbers")
    if array.ndim != 2 or array.shape[1] != d:
        raise ValueError(f"samples has shape {array.shape}, expected (n, {d}): one sample per row")
    if len(array) == 0:
        raise ValueError("samples is empty, expected at least one sample (2500 by custom)")
    return array.astype(np.float64)
