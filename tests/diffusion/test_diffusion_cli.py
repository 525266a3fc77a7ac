"""`minigen train diffusion`: what a run leaves behind, going on bit for bit, sampling anew, kind refusals."""

import json

import numpy as np
import pytest

from minigen import checkpoint, optim
from minigen import diffusion as df
from minigen.cli import main
from minigen.diffusion import cli
from minigen.diffusion.cli import Diffusion
from minigen.distributions import LAWS
from minigen.schedules import cosine_decay
from minigen.training import measures, run
from minigen.training.data import open_data
from minigen.training.run import Run

TINY = ["--batch-size", "16", "--steps", "8", "--every", "5", "--sampling-steps", "4"]
NETWORKS = {"mlp": ["--hidden", "8"], "unet": ["--widths", "4", "6"]}
RNG = np.random.default_rng


def train(*args):
    return main(["train", "diffusion", *map(str, args)])


def tiny(*options):
    """These options, and those that make a run short and its network small."""
    return [*options, *TINY, *NETWORKS["unet" if {"unet", "digits"} & set(options) else "mlp"]]


def metrics(folder):
    return json.loads((folder / "metrics.json").read_text())


def state(folder):
    """All that the checkpoint holds, but for the time the run took, as comparable values."""

    def comparable(value):
        if isinstance(value, dict):
            return {k: comparable(v) for k, v in value.items()}
        if isinstance(value, np.random.Generator):
            return value.bit_generator.state
        return (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value

    stored = checkpoint.load(folder / "checkpoint.npz")
    del stored["seconds"], stored["cpu_seconds"]
    return comparable(stored)


def model(data="ring", seed=0, **settings):
    """A model with small networks, untrained, and its data."""
    data = open_data(data)
    small = {"hidden": [8], "widths": [4, 6], "batch_size": 16, "sampling_steps": 4, "seed": seed}
    return Diffusion({**Diffusion.defaults(data), **small, **settings}, data, RNG(seed)), data


def shaken(made, seed=5):
    """The model with weights as after training: none is 0, and the average is another network than the last."""
    rng = RNG(seed)
    vector = made.network.vector
    vector.data += 0.3 * rng.standard_normal(vector.data.shape).astype(np.float32)
    made.states["ema"].average[...] = vector.data + 0.1 * rng.standard_normal(vector.data.shape).astype(np.float32)
    return made


@pytest.fixture(scope="module", autouse=True)
def few_points():
    """The linear programs of these tests are small ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measures, "POINTS_IN_W1", 60)
        patch.setattr(run, "SAMPLES", 300)
        yield


CUT = [
    ["--data", "ring"],
    ["--data", "ring", "--process", "vp", "--predicts", "velocity", "--times", "uniform", "--injection", "norm"],
    ["--data", "digits", "--conditional", "--guidance", "2", "--embedding", "fourier"],
    ["--data", "digits", "--conditional", "--network", "unet", "--process", "cosine"],
]


@pytest.mark.parametrize("options", CUT, ids=lambda o: "-".join(o[1::2]))
def test_a_run_that_was_cut_goes_on_bit_for_bit(options, tmp_path):
    class Stop(Exception):
        pass

    def cut(self, *args):
        if self.step == 5:
            raise Stop

    assert train("--out", tmp_path / "whole", *tiny(*options)) == 0
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Stop):
        patch.setattr(Run, "draw", cut)
        train("--out", tmp_path / "cut", *tiny(*options))
    assert state(tmp_path / "cut")["step"] == 5
    assert train("--out", tmp_path / "cut", "--resume") == 0
    assert state(tmp_path / "cut") == state(tmp_path / "whole")
    whole, cut = metrics(tmp_path / "whole"), metrics(tmp_path / "cut")
    assert whole["measures"] == cut["measures"] and whole["losses"] == cut["losses"]
    assert ("floor" in whole["losses"]) == ("ring" in options)
    assert ("label_agreement" in whole["measures"]) == ("--conditional" in options)
    images = [(f / "samples.png").read_bytes() for f in (tmp_path / "whole", tmp_path / "cut")]
    assert images[0] == images[1] and (tmp_path / "whole" / "progress" / "0000005.png").exists()
    assert ("modes" in whole["measures"]) == ("ring" in options) and whole["measures"]["w1"]["over_null"] > 0


@pytest.mark.parametrize("name", [*LAWS, "digits"])
def test_each_law_can_be_learned_from(name):
    made, data = model(name)
    records = list(made.steps(0, 3, RNG(1)))
    assert [r.step for r in records] == [1, 2, 3] and all(np.isfinite(r.loss) for r in records)
    assert made.curves == (("loss", "floor") if data.mixture else ("loss",))
    samples, labels = made.sample(7, RNG(2))
    assert samples.shape == (7, data.dimension) and samples.dtype == np.float32 and labels is None


@pytest.mark.parametrize("dimension", [1, 3, 8])
def test_points_of_ones_own(dimension, tmp_path):
    np.save(tmp_path / "points.npy", 1000 + 30 * RNG(0).standard_normal((50, dimension)))
    options = ["--network", "unet"] if dimension == 8 else []
    assert train("--data", tmp_path / "points.npy", "--out", tmp_path / "run", *tiny(*options)) == 0
    assert np.load(tmp_path / "run" / "samples.npy").shape == (300, dimension)


@pytest.mark.parametrize("process", cli.PROCESSES)
@pytest.mark.parametrize("times", cli.TIMES)
@pytest.mark.parametrize("predicts", df.KINDS)
def test_the_floor_is_the_loss_of_the_best_network(process, times, predicts):
    """By another way: the error of E[x_0 | x_t], in what is guessed; scores weigh as noise."""
    made, data = model("grid", process=process, times=times, predicts=predicts)
    n, rng, law = 20_000, RNG(3), data.mixture
    x0, t, noise = data.sample(n, rng).astype(float), made.draw_times(n, rng), rng.standard_normal((n, 2))
    a, sigma = (np.reshape(f(t), (-1, 1)) for f in (made.process.amplitude, made.process.noise_level))
    x = a * x0 + sigma * noise

    # E[x_0 | x_t] by Bayes' rule in each coordinate: a normal mean for each mode, weighted by the mode's density
    v = law.sigma**2 / data.scale**2
    means = (law.means - data.centre) / data.scale
    away = x[:, None] - a[:, None] * means
    spread = a[:, None] ** 2 * v + sigma[:, None] ** 2
    log_joint = -0.5 * np.sum(away**2 / spread, axis=2)
    shares = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    best = np.sum(shares[..., None] * (means + a[:, None] * v / spread * away), axis=1)
    wrong = x0 - best  # the noise is then guessed wrong by -a / sigma times as much
    factor = {"data": 1 + 0 * a, "noise": a / sigma, "score": a / sigma, "velocity": 1 / sigma}[predicts]
    losses = 0.5 * np.sum((factor * wrong) ** 2, axis=1)
    error = np.hypot(np.std(losses), np.std(losses)) / n**0.5
    assert abs(made.floor - losses.mean()) < 5 * error < 0.15 * made.floor


def test_a_score_is_learned_as_noise():
    """Two models of the same noise, one as its score: the losses are the same from the first step on, where both
    guess 0, and the floors, too."""
    ours, theirs = (model(predicts=kind)[0] for kind in ("score", "noise"))
    losses = [next(made.steps(0, 1, RNG(1))).loss for made in (ours, theirs)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5) and ours.floor == theirs.floor


@pytest.mark.parametrize("times", cli.TIMES)
def test_training_is_that_of_the_library(times):
    """The average, too, whose decay grows from 1/10 up to what was asked for."""
    (ours, data), (theirs, _) = (model(times=times, lr=0.01, ema=0.15) for _ in range(2))
    average = ours.network.vector.data.copy()
    optimizer = optim.Adam(theirs.network, 0.01)
    losses = []
    for record, decay in zip(ours.steps(0, 4, RNG(1)), (1 / 10, 0.15, 0.15, 0.15), strict=True):
        average = decay * average + (1 - decay) * ours.network.vector.data
        losses.append(record.loss)
    process = theirs.process
    steps = df.train(
        theirs.model, data.sample, optimizer, rng=RNG(1), batch_size=16, steps=4, schedule=cosine_decay(4),
        draw_times=process.draw_by_noise if times == "noise" else process.draw_times,
    )  # fmt: skip
    assert losses == [step.loss for step in steps]
    np.testing.assert_array_equal(ours.network.vector.data, theirs.network.vector.data)
    np.testing.assert_allclose(ours.states["ema"].average, average, rtol=1e-6, atol=1e-7)


def test_the_network_is_as_it_was_asked_for():
    mlp = model(hidden=[8, 6], injection="norm", embedding="fourier", waves=5)[0].network
    assert isinstance(mlp, df.TimeMLP) and mlp.injection == "norm" and mlp.embedding.kind == "fourier"
    assert [layer.out_features for layer in mlp.layers] == [8, 6] and mlp.waves.features == 10
    unet = model("digits", network="unet", embedding="fourier", conditional=True)[0].network
    assert isinstance(unet, df.UNet) and (unet.length, unet.channels, unet.widths) == (8, 8, (4, 6))
    assert unet.embedding.kind == "fourier" and unet.classes == 10
    assert model("ring", network="unet")[0].network.length == 2


def test_samples_are_those_of_the_average_and_the_network_is_left_alone():
    made, _ = model()
    shaken(made)
    before = made.network.vector.data.copy()
    ours, _ = made.sample(9, RNG(1))
    np.testing.assert_array_equal(made.network.vector.data, before)
    made.network.vector.data = made.states["ema"].average
    np.testing.assert_array_equal(made.sample(9, RNG(1))[0], ours)
    made.states["ema"].average[...] = before
    assert not np.array_equal(made.sample(9, RNG(1))[0], ours)


@pytest.mark.parametrize("sampler", cli.SAMPLERS)
def test_the_samplers_are_those_of_the_library(sampler):
    made, _ = model(sampler=sampler, sampling_steps=6)
    shaken(made)
    ours, _ = made.sample(9, RNG(1))
    rng = RNG(1)
    x, times = rng.standard_normal((9, 2), dtype=np.float32), made.process.grid(6)
    with made.states["ema"].applied():
        if sampler == "heun":
            path = df.probability_flow(made.model.score, made.process, x, times)
        else:
            path = df.reverse_chain(made.model.score, made.process, x, times, rng=rng, kernel=getattr(df, sampler))
        np.testing.assert_array_equal(df.final(path), ours)


@pytest.mark.parametrize("process", cli.PROCESSES)
@pytest.mark.parametrize("sampler", cli.SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 40])
def test_no_sampler_begins_where_errors_explode(process, sampler, steps):
    """With the oracle in place of the network, all samplers end in the data; and with its noise guessed wrong by a
    thousandth, too, though sigma / a of the cosine begins at 20,000."""
    made, data = model("ring", process=process, sampler=sampler, sampling_steps=steps)
    oracle = df.PointsOracle(data.encode(data.mixture.means), made.process)

    class Nearly:
        def score(self, x, t):
            return oracle.score(x, t) + 1e-3 / made.process.noise_level(t)

    made.model = Nearly()
    samples, _ = made.sample(200, RNG(1))
    assert np.all(np.isfinite(samples)) and np.abs(samples).max() < 3
    if steps == 40:
        nearest = np.linalg.norm(samples[:, None] - oracle.law.points, axis=2).min(axis=1)
        assert np.median(nearest) < 0.05


@pytest.mark.parametrize("process", cli.PROCESSES)
@pytest.mark.parametrize("steps", [1, 2, 23, 50, 100, 500, 997])
def test_as_many_steps_are_made_as_were_asked_for(process, steps):
    """At distinct times from NOISIEST's, or the whole one next to it; those of process.grid, if they are as many."""
    made, _ = model(process=process, sampling_steps=steps)
    times = cli.sampling_times(made.process, steps)
    assert len(times) == steps + 1 and np.all(np.diff(times) < 0) and times[-1] == 0
    assert times[0] == min(made.process.last, made.process.time_of(cli.NOISIEST))
    if steps > 1:
        assert times[-2] == pytest.approx(made.process.first, rel=1e-12)
    asked = []
    made.model = type("Spy", (), {"score": staticmethod(lambda x, t: asked.append(t) or -x)})()
    made.sample(3, RNG(0))
    assert asked == times[:-1].tolist()
    grid = made.process.grid(steps)
    if len(grid) == steps + 1 and made.process.noise_ratio(grid[0]) <= cli.NOISIEST:
        np.testing.assert_array_equal(times, grid)


def test_whole_times_are_those_of_the_grid_pushed_apart():
    """Where the noise ratio leaps from one whole time to the next every one is used, and the others are even."""
    process = df.cosine()
    times = cli.sampling_times(process, 50)
    assert len(process.grid(50)) == 27 and len(df.linear().grid(100)) == 100  # as the docstring of grid says
    low, high = process.noise_ratio(process.first), process.noise_ratio(times[0])
    even = process.time_of(np.linspace(high ** (1 / 7), low ** (1 / 7), 50) ** 7)
    np.testing.assert_array_equal(times[:15], np.arange(997, 982, -1))
    np.testing.assert_array_equal(times[15:-1], even[15:])


def test_help_says_which_network_an_option_is_for(capsys):
    with pytest.raises(SystemExit):
        train("--help")
    said = " ".join(capsys.readouterr().out.split())
    assert "widths of hidden layers; only with --network mlp (default 128 128 128 for" in said
    assert "at half of it ...; only with --network unet (default 64 128)" in said
    assert said.count("only with --network mlp") == 3


def test_images_stay_within_their_range_and_are_guessed_within_it():
    made, data = model("digits")
    shaken(made)
    samples, _ = made.sample(20, RNG(0))
    assert samples.min() >= -1 and samples.max() <= 1 and data.decode(samples).min() >= 0
    x, t = 3 * RNG(1).standard_normal((5, 64)).astype(np.float32), 300
    free = df.convert(made.model.score(x, t), "score", "data", x, made.process, t)
    clipped = df.convert(made._within_range(made.model.score)(x, t), "score", "data", x, made.process, t)
    assert np.abs(free).max() > 1
    np.testing.assert_allclose(clipped, np.clip(free, -1, 1), atol=1e-4)


def test_a_class_is_asked_for_and_guidance_weighs_it():
    made, data = model("digits", conditional=True, guidance=0.0)
    shaken(made)
    sevens, asked = made.sample(6, RNG(0), np.full(6, 7))
    np.testing.assert_array_equal(asked, np.full(6, 7))
    np.testing.assert_array_equal(made.sample(6, RNG(0), np.full(6, 2))[0], sevens)  # weight 0: whatever the class
    made.settings["guidance"] = 1.0
    assert not np.array_equal(made.sample(6, RNG(0), np.full(6, 2))[0], made.sample(6, RNG(0), np.full(6, 7))[0])
    _, drawn = made.sample(500, RNG(0))
    assert len(np.unique(drawn)) == 10
    x, y = made.sample_data(50, RNG(3))
    rows = [np.flatnonzero((data.encode(data.points) == point).all(axis=1)) for point in x]
    assert all(label in data.labels[row] for row, label in zip(rows, y, strict=True))  # each with its own label


def test_what_training_does_not_depend_on_may_change_when_a_run_goes_on(tmp_path, capsys):
    assert train("--out", tmp_path, *tiny("--data", "digits", "--conditional")) == 0
    before = state(tmp_path)
    assert before["settings"]["guidance"] == metrics(tmp_path)["settings"]["guidance"] == cli.GUIDANCE
    assert train("--out", tmp_path, "--resume", "--guidance", 3, "--sampler", "heun", "--sampling-steps", 3) == 0
    after = state(tmp_path)
    changed = {"guidance": 3.0, "sampler": "heun", "sampling_steps": 3}
    assert after == {**before, "settings": {**before["settings"], **changed}}
    capsys.readouterr()
    assert train("--out", tmp_path, "--resume", "--predicts", "score") == 2
    assert "which cannot become score: leave out --predicts" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--data", "ring", "--guidance", "2"], "--guidance needs --conditional"),
        (["--data", "ring", "--conditional"], "--conditional needs labels, which ring has not"),
        (["--data", "ring", "--network", "unet", "--widths", "4", "4", "4"], "--network unet: a signal of length 2"),
        (["--data", "ring", "--guidance", "-1"], "argument --guidance: '-1' is not a number >= 0"),
        (["--data", "ring", "--sampler", "euler"], "argument --sampler: invalid choice: 'euler'"),
        (["--data", "ring", "--sampling-steps", "0"], "argument --sampling-steps: '0' is not a whole number >= 1"),
        (["--data", "digits", "--sampling-steps", "998"], "997 times to sample at, so 997 steps at most, got 998"),
        (["--data", "ring", "--process", "linear", "--sampling-steps", "1001"], "this process has 1000 times"),
        (["--data", "digits", "--hidden", "8"], "--network unet: leave out --hidden, or give --network mlp"),
        (["--data", "digits", "--waves", "8"], "--waves is only for --network mlp"),
        (["--data", "ring", "--network", "unet", "--injection", "add"], "--injection is only for --network mlp"),
        (["--data", "ring", "--widths", "4"], "--widths is only for --network unet, and here is --network mlp"),
    ],
)
def test_options_that_do_not_go_together_leave_nothing_behind(options, expected, tmp_path, capsys):
    try:
        code = train("--out", tmp_path / "run", *options)
    except SystemExit as stop:
        code = stop.code
    assert code == 2 and expected in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
