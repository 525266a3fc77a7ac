"""Training, sampling and saving on the device: from the same seed, and with nothing else changed, the CPU's numbers."""

import argparse
import sys
from functools import partial

import numpy as np
import pytest

from minigen import checkpoint, diffusion, gan, nn, optim
from minigen.autodiff import no_grad
from minigen.cli import main
from minigen.device import asnumpy, device_of, to
from minigen.diffusion import TimeMLP, UNet
from minigen.training import command

ATOL = {np.float32: 2e-5, np.float64: 1e-10}  # after five steps, of parameters of size 1 and steps of size 0.01
# Some slopes are 0 but for rounding (a softmax does not see what all its keys share): with eps at its default Adam
# would make whole steps of the noise, which differs from device to device.
EPS = 1e-3
DTYPES = pytest.mark.parametrize("dtype", ATOL)


def normal(d, dtype=np.float64):
    """A sampler that draws on the CPU, as a user's does."""
    return lambda n, rng: rng.standard_normal((n, d), dtype=dtype)


def labelled(n, rng):
    return rng.standard_normal((n, 4)), rng.integers(3, size=n)


class Game:
    """A generator and a critic with their optimisers, at a place; `kind` says which GAN it is."""

    KINDS = ("gan", "wgan", "wgan-gp", "r1", "dragan", "sngan", "hinge with dropout")

    def __init__(self, kind, dtype, where):
        self.kind, self.rng = kind, np.random.default_rng(8)
        self.generator = nn.MLP((2, 16, 4), nn.relu, rng=self.rng, dtype=dtype)
        critic = nn.MLP((4, 16, 16, 1), nn.leaky_relu, rng=self.rng, dtype=dtype)
        if kind == "hinge with dropout":
            critic = nn.Sequential(critic.layers[0], nn.Dropout(0.3, rng=self.rng), nn.Linear(16, 1, rng=self.rng,
                                                                                             dtype=dtype))  # fmt: skip
        self.critic = nn.spectral_norm(critic, rng=self.rng) if kind == "sngan" else critic
        self.generator.to(where), self.critic.to(where)
        make = partial(optim.RMSProp if kind == "wgan" else optim.Adam, eps=EPS)
        self.optimizers = make(self.generator, 1e-2), make(self.critic, 1e-2)
        self.ema = optim.EMA(self.generator, 0.9)

    def steps(self, start, stop):
        losses = {"wgan": gan.wasserstein, "wgan-gp": gan.wasserstein, "dragan": gan.wasserstein,
                  "sngan": gan.hinge, "hinge with dropout": gan.hinge}.get(self.kind, gan.non_saturating)  # fmt: skip
        constraint = {"wgan": gan.WeightClipping(0.05), "wgan-gp": gan.GradientPenalty(), "dragan": gan.DRAGAN(),
                      "r1": gan.ZeroCentredPenalty()}.get(self.kind)  # fmt: skip
        return gan.train(
            self.generator, self.critic, normal(4), normal(2), losses, *self.optimizers, rng=self.rng,
            batch_size=16, n_critic=2, start=start, steps=stop, constraint=constraint, ema=self.ema,
        )  # fmt: skip

    @property
    def states(self):
        return {"generator": self.generator, "critic": self.critic, "ema": self.ema, "rng": self.rng,
                "g": self.optimizers[0], "c": self.optimizers[1]}  # fmt: skip

    def numbers(self):
        vectors = self.generator.vector.data, self.critic.vector.data, self.ema.average
        return [asnumpy(v) for v in vectors]


class Noised(Game):
    """A diffusion model in the place of the two."""

    KINDS = ("mlp", "mlp with labels", "unet")

    def __init__(self, kind, dtype, where):
        self.kind, self.rng = kind, np.random.default_rng(9)
        classes = 3 if kind == "mlp with labels" else 0
        if kind == "unet":
            self.network = UNet(4, 1, (8, 16), rng=self.rng, dtype=dtype)
        else:
            self.network = TimeMLP(4, (16, 16), rng=self.rng, dtype=dtype, classes=classes, injection="norm")
        self.model = diffusion.Denoiser(self.network.to(where), diffusion.VariancePreserving(), "velocity")
        self.optimizer, self.ema = optim.Adam(self.network, 1e-2, eps=EPS), optim.EMA(self.network, 0.9)

    def steps(self, start, stop):
        sample = labelled if self.kind == "mlp with labels" else normal(4)
        return diffusion.train(
            self.model, sample, self.optimizer, rng=self.rng, batch_size=16, start=start, steps=stop, ema=self.ema,
            weight=self.model.process.noise_level,
        )  # fmt: skip

    @property
    def states(self):
        return {"network": self.network, "ema": self.ema, "optimizer": self.optimizer, "rng": self.rng}

    def numbers(self):
        return [asnumpy(self.network.vector.data), asnumpy(self.ema.average)]


RUNS = [pytest.param(run, kind, id=kind) for run in (Game, Noised) for kind in run.KINDS]


@DTYPES
@pytest.mark.parametrize("run, kind", RUNS)
def test_five_steps_on_the_device_are_those_of_the_cpu(cuda, run, kind, dtype):
    there, here, untrained = (run(kind, dtype, where) for where in ("cuda", "cpu", "cpu"))
    records = [[vars(step) for step in r.steps(0, 5)] for r in (there, here)]
    for a, b in zip(*records, strict=True):
        assert a == pytest.approx(b, rel=1e-3 if dtype == np.float32 else 1e-8, abs=1e-5)
        assert all(type(v) in (int, float) for v in a.values())
    for a, b, c in zip(there.numbers(), here.numbers(), untrained.numbers(), strict=True):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=ATOL[dtype])
        assert np.max(np.abs(b - c)) > 5e-3  # they did move


@pytest.mark.parametrize("run, kind", RUNS)
def test_a_checkpoint_of_one_device_goes_on_on_the_other(cuda, run, kind, tmp_path):
    """Bit for bit as it was saved, both ways; and the steps that follow are those of a run that never moved."""
    for first, second in (("cuda", "cpu"), ("cpu", "cuda")):
        begun, went_on, stayed = (run(kind, np.float64, where) for where in (first, second, second))
        list(begun.steps(0, 2))
        checkpoint.save(tmp_path / "run.npz", **begun.states)
        checkpoint.restore(tmp_path / "run.npz", **went_on.states)
        for a, b in zip(begun.numbers(), went_on.numbers(), strict=True):
            np.testing.assert_array_equal(a, b)
        assert all(type(a) is not cuda.ndarray for s in begun.states.values() if hasattr(s, "state_dict")
                   for a in s.state_dict().values())  # fmt: skip
        list(went_on.steps(2, 5)), list(stayed.steps(0, 5))
        for a, b in zip(went_on.numbers(), stayed.numbers(), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-10)


def test_a_model_goes_to_the_device_and_comes_back(cuda):
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(3, 4, rng=rng, dtype=np.float32), nn.BatchNorm(4, dtype=np.float32))
    before = model.state_dict()
    assert model.device == "cpu" and model.to("cuda") is model and model.device == "cuda"
    assert {device_of(p) for p in model.parameters()} == {device_of(model[1].running_mean)} == {"cuda"}
    assert model.dtype == np.float32 and type(model.vector.data) is cuda.ndarray
    own = [p.data for p in model.parameters()]
    model.to("cuda")
    assert all(p.data is a for p, a in zip(model.parameters(), own, strict=True))
    back = model.to("cpu").state_dict()
    for name, a in before.items():
        assert type(back[name]) is np.ndarray
        np.testing.assert_array_equal(a, back[name])


def test_parameters_are_one_vector_there_too(cuda):
    """Two optimisers of one model share its storage, on the device as on the CPU."""
    model = nn.MLP((2, 4, 1), rng=np.random.default_rng(0)).to("cuda")
    one, other = optim.SGD(model, lr=0.1), optim.EMA(model)
    one.vector.data[...] = 0.5
    assert all(np.all(p.data == 0.5) for p in model.parameters())
    assert one.vector.data.data.ptr == other.vector.data.data.ptr == next(model.parameters()).data.data.ptr


OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, 0.1),
    "momentum": lambda p: optim.SGD(p, 0.1, 0.9),
    "nesterov": lambda p: optim.SGD(p, 0.1, 0.9, nesterov=True),
    "rmsprop": lambda p: optim.RMSProp(p, 0.1),
    "adam": lambda p: optim.Adam(p, 0.1),
}


@DTYPES
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimisers_clipping_and_averages(cuda, name, dtype):
    def moved(where):
        rng = np.random.default_rng(2)
        model = nn.MLP((3, 8, 2), np.tanh, rng=rng, dtype=dtype).to(where)
        optimizer, ema = OPTIMIZERS[name](model), optim.EMA(model, 0.5)
        x, found = to(rng.standard_normal((9, 3)).astype(dtype), where), []
        for _ in range(4):
            optimizer.zero_grad()
            nn.mse_loss(model(x), 1.0).backward()
            optim.clip_grad_value(model, 0.2)
            found.append(optim.clip_grad_norm(model, 0.3))
            optimizer.step()
            optim.clip_weights(model, 0.7)
            ema.update()
        with ema.applied():
            found.append(float(nn.mse_loss(model(x), 1.0)))
        return np.array(found), asnumpy(model.vector.data), asnumpy(ema.average)

    for a, b in zip(moved("cuda"), moved("cpu"), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=ATOL[dtype])


def test_gradients_that_are_not_finite_are_named_on_the_device(cuda):
    model = nn.Linear(2, 1, rng=np.random.default_rng(0)).to("cuda")
    optimizer = optim.SGD(model, 0.1)
    optimizer.vector.grad[...] = np.inf
    with pytest.raises(FloatingPointError, match="gradient of 2 of 2 parameters is not finite"):
        optimizer.step()


PATHS = {
    "ancestral": lambda score, p, x, rng: diffusion.reverse_chain(score, p, x, p.grid(6), rng=rng),
    "taylor": lambda score, p, x, rng: diffusion.reverse_chain(
        score, p, x, p.grid(6), rng=rng, kernel=diffusion.taylor
    ),
    "ddim": lambda score, p, x, rng: diffusion.reverse_chain(score, p, x, p.grid(6), rng=rng, kernel=diffusion.ddim),
    "euler": lambda score, p, x, rng: diffusion.reverse_chain(score, p, x, p.grid(6), rng=rng, kernel=diffusion.euler),
    "corrected": lambda score, p, x, rng: diffusion.reverse_chain(
        score, p, x, p.grid(6), rng=rng, corrector=diffusion.langevin_corrector(), last_noise=True
    ),
    "heun": lambda score, p, x, rng: diffusion.probability_flow(score, p, x, p.grid(6)),
    "langevin": lambda score, p, x, rng: enumerate(diffusion.langevin(score, x, 0.3, 1e-3, rng=rng, steps=4)),
    "forward": lambda score, p, x, rng: p.path(x, [0, 0.2, 0.7], rng),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", Noised.KINDS)
def test_samples_on_the_device_are_those_of_the_cpu(cuda, kind, path):
    def found(where):
        run = Noised(kind, np.float64, where)
        list(run.steps(0, 3))
        score = run.model.guided(np.arange(6) % 3, 2.0) if run.model.classes else run.model.score
        x = to(np.random.default_rng(1).standard_normal((6, 4)), where)
        ends = diffusion.final(PATHS[path](score, run.model.process, x, np.random.default_rng(4)))
        assert device_of(ends) == where
        return asnumpy(ends)

    np.testing.assert_allclose(found("cuda"), found("cpu"), rtol=1e-7, atol=1e-8)


def test_what_a_critic_is_worth_is_the_same_on_the_device(cuda):
    """Points from the CPU, networks on the device: what is measured of them needs no care of the user's."""

    def found(where):
        run, rng = Game("sngan", np.float64, where), np.random.default_rng(3)
        real, fresh = rng.standard_normal((2, 20, 4))
        watch = gan.Watch(run.generator, run.critic, real, rng.standard_normal((20, 2)), every=2, fresh=[fresh])
        list(watch(run.steps(0, 4)))
        with no_grad():
            fake = run.generator(to(rng.standard_normal((20, 2)), where)).data
        bound = gan.lipschitz_bound(nn.Sequential(*run.critic.layers))
        numbers = [gan.critic_gap(run.critic, real, fake), gan.measured_lipschitz(run.critic, real), bound]
        numbers += vars(watch.readings[1]).values()
        assert all(isinstance(v, (int, float)) for v in numbers)
        return numbers

    np.testing.assert_allclose(found("cuda"), found("cpu"), rtol=1e-7)


@pytest.mark.parametrize(
    "model",
    [
        lambda rng: nn.MLP((4, 8, 1), rng=rng), lambda rng: nn.LayerNorm(4), lambda rng: nn.BatchNorm(4),
        lambda rng: nn.FourierFeatures(4, 6, rng=rng), lambda rng: nn.spectral_norm(nn.Linear(4, 2, rng=rng), rng=rng),
    ],
    ids=["MLP", "LayerNorm", "BatchNorm", "FourierFeatures", "SpectralNorm"],
)  # fmt: skip
def test_a_mix_of_devices_is_refused_with_the_remedy(cuda, model):
    model = model(np.random.default_rng(0))
    x = np.ones((3, 4))
    with pytest.raises(TypeError, match=r'lives on "cpu" but got an input on "cuda".*device\.to\(x, "cpu"\)'):
        model(to(x, "cuda"))
    model.to("cuda")
    with pytest.raises(TypeError, match=r'lives on "cuda" but got an input on "cpu".*to\(x, "cuda"\).*model\.to\("cpu'):
        model(x)
    model(to(x, "cuda"))


def test_networks_on_two_devices_are_refused(cuda):
    run = Game("gan", np.float64, "cpu")
    run.critic.to("cuda")
    run.optimizers = run.optimizers[0], optim.Adam(run.critic, 1e-2)
    with pytest.raises(ValueError, match='the generator lives on "cpu" and the discriminator on "cuda"'):
        next(run.steps(0, 1))


def test_an_optimiser_made_before_the_move_says_so(cuda):
    model = nn.Linear(4, 1, rng=np.random.default_rng(0))
    optimizer = optim.SGD(model, 0.1)
    model.to("cuda")
    with pytest.raises(ValueError, match="convert the model first, then make its optimisers"):
        optimizer.zero_grad()


def prepared(*args):
    """The run that `minigen train ...` makes or goes on with."""
    parser = argparse.ArgumentParser()
    command.configure(parser)
    device = () if "--device" in args else ("--device", "cuda")
    return command.prepare(parser.parse_args([*map(str, args), *device]))


@pytest.mark.parametrize("model", ["gan", "wgan-gp", "sngan", "diffusion"])
def test_the_command_trains_there_and_goes_on_here(cuda, model, tmp_path):
    begin = [model, "--data", "ring", "--hidden", 8, "--batch-size", 16, "--steps", 3, "--seed", 1, "--out"]
    there = prepared(*begin, tmp_path / "there")
    here = prepared(*begin, tmp_path / "here", "--device", "cpu")
    samples = []
    for run in (there, here):
        assert [step.step for step in run.model.steps(0, 3, run.rng)] == [1, 2, 3]
        run.step = 3
        run.save()
        samples.append(run.model.sample(20, np.random.default_rng(0))[0])
        assert type(samples[-1]) is np.ndarray and samples[-1].shape == (20, 2)
    np.testing.assert_allclose(*samples, atol=1e-3)
    gone_on = prepared(model, "--out", tmp_path / "there", "--resume", "--steps", 5, "--device", "cpu")
    assert gone_on.step == 3 and gone_on.settings["device"] == "cpu"
    assert [step.step for step in gone_on.model.steps(3, 5, gone_on.rng)] == [4, 5]


def test_the_command_without_a_gpu_leaves_nothing_behind(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert main(["train", "gan", "--data", "ring", "--out", str(tmp_path / "run"), "--device", "cuda"]) == 2
    assert '--device cuda: device "cuda" needs CuPy' in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


class TestWaits:
    """On the stand-in: how often a step waits for a number of the device, since that is what a GPU is slowed by."""

    @pytest.mark.parametrize("kind, expected", [("gan", 8), ("wgan", 8), ("wgan-gp", 10), ("r1", 10)])
    def test_of_a_step_of_a_gan(self, waits, kind, expected):
        """Two steps of the critic and one of the generator: each asks for its loss, and whether all slopes are finite.

        The critic's record has its loss and, under a penalty, that as well, apart from their sum."""
        steps = Game(kind, np.float32, "cuda").steps(0, 3)
        next(steps)
        assert waits(lambda: next(steps)) == expected

    def test_of_a_step_of_diffusion(self, waits):
        steps = Noised("mlp with labels", np.float32, "cuda").steps(0, 3)
        next(steps)
        assert waits(lambda: next(steps)) == 2

    def test_of_samples(self, waits):
        run = Noised("mlp with labels", np.float32, "cuda")
        x = to(np.zeros((6, 4), np.float32), "cuda")
        score = run.model.guided(np.arange(6) % 3, 2.0)
        path = diffusion.reverse_chain(score, run.model.process, x, run.model.process.grid(5), rng=run.rng)
        assert waits(lambda: diffusion.final(path)) == 0
