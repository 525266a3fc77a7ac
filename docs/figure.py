"""Draws docs/ring.png, the figure of the README: a GAN learns a ring of eight Gaussians.  `make figures`."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from tqdm import tqdm

from minigen import distributions, gan, metrics, nn, optim, schedules
from minigen.autodiff import no_grad

SHOWN = (1, 500, 1000, 2500, 10_000)
STEPS = SHOWN[-1]


def main() -> None:
    rng = np.random.default_rng(1)
    law = distributions.ring()
    generator = nn.MLP([2, 128, 128, 128, 2], nn.relu, rng=rng, dtype=np.float32)
    critic = nn.MLP([2, 128, 128, 128, 1], nn.relu, rng=rng, dtype=np.float32)
    scale = 1 / np.sqrt(0.5)  # unit variance in each coordinate
    average = optim.EMA(generator, 0.998)
    steps = gan.train(
        generator, critic,
        lambda n, rng: law.sample(n, rng) * scale,
        lambda n, rng: rng.standard_normal((n, 2)),
        gan.non_saturating,
        optim.Adam(generator, 1e-3, (0.5, 0.999)), optim.Adam(critic, 1e-3, (0.5, 0.999)),
        batch_size=256, steps=STEPS, schedule=schedules.cosine_decay(STEPS), ema=average, rng=rng,
    )  # fmt: skip
    data, z = law.sample(2500, rng), rng.standard_normal((2500, 2)).astype(np.float32)
    figure, axes = plt.subplots(1, len(SHOWN), figsize=(11, 3.1), sharex=True, sharey=True, layout="constrained")
    panels = iter(axes)
    for step in tqdm(steps, total=STEPS):
        if step.step in SHOWN:
            with no_grad(), average.applied():
                samples = generator(z).data / scale
            report = metrics.mode_report(samples, law)
            axis = next(panels)
            axis.plot(*data.T, "o", ms=7, color="#b9c6d6", mew=0)
            axis.plot(*samples.T, ".", ms=1.6, color="#c2410c", alpha=0.7)
            score = f"{report.captured} of 8 modes, {report.high_quality:.0%} on a mode"
            axis.set_title(f"step {step.step:,}\n{score}", size=9)
            axis.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), aspect="equal", xticks=[], yticks=[])
    null = metrics.null_report(law, 2500, rng)
    figure.supxlabel(
        f"data in grey, samples in orange; perfect samples score 8 of 8 modes and {null.high_quality[0]:.1%} on a mode",
        size=9,
    )
    figure.savefig(Path(__file__).with_name("ring.png"), dpi=110)


if __name__ == "__main__":
    main()
