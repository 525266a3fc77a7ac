"""`minigen train`: kind refusals, and help that names the defaults."""

import numpy as np
import pytest
from train_command import TINY, refusal, train

from minigen import checkpoint
from minigen.gan.cli import GAN
from minigen.training.data import TrainingData
from minigen.training.models import MODELS, model_class


def test_what_cannot_change_when_a_run_goes_on_is_named(ring, capsys):
    said = refusal(capsys, "--out", ring, "--resume", "--hidden", "16")
    assert "has --hidden [8], which cannot become [16]: leave out --hidden" in said
    assert "has --lr" in refusal(capsys, "--out", ring, "--resume", "--lr", "0.5")


def test_nothing_to_resume(tmp_path, capsys):
    assert "there is no run in" in refusal(capsys, "--out", tmp_path / "none", "--resume")
    (tmp_path / "checkpoint.npz").write_bytes(b"not a checkpoint")
    assert "is not a checkpoint" in refusal(capsys, "--out", tmp_path, "--resume")
    checkpoint.save(tmp_path / "checkpoint.npz", step=3)
    assert "not the checkpoint of a training run" in refusal(capsys, "--out", tmp_path, "--resume")


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--data", "rnig"], "no data are called 'rnig': did you mean ring?"),
        (["--data", "zzz"], "or a .csv or .npy file of points"),
        (["--data", "missing.csv"], "missing.csv: no such file"),
        (["--data", "points.xlsx"], "expected .npy, .csv"),
        ([], "--data is missing: ring, grid"),
        (["--data", "ring", "--hidden", "1000000", "10000000"], "Unable to allocate"),
        (["--data", "ring", "--out", ""], "--out is empty, expected the name of a folder"),
        (["--data", "ring", "--conditional"], "--conditional needs labels, which ring has not"),
        (["--data", "ring", "--steps", "-5"], "argument --steps: '-5' is not a whole number >= 1"),
        (["--data", "ring", "--steps", "many"], "argument --steps: 'many' is not a whole number >= 1"),
        (["--data", "ring", "--lr", "0"], "argument --lr: '0' is not a number above 0"),
        (["--data", "ring", "--lr", "nan"], "argument --lr: 'nan' is not a number above 0"),
        (["--data", "ring", "--ema", "1"], "argument --ema: '1' is not a number from 0 up to, but not, 1"),
        (["--data", "ring", "--hidden", "8", "0"], "argument --hidden: '0' is not"),
        (["--data", "ring", "--seed", "-1"], "argument --seed: '-1' is not a whole number >= 0"),
        (["--data", "ring", "--loss", "hinge"], "argument --loss: invalid choice: 'hinge'"),
        (["--data", "ring", "--watch", "-1"], "argument --watch: '-1' is not a whole number >= 0"),
    ],
)
def test_bad_options_are_named_and_leave_nothing_behind(options, expected, tmp_path, capsys):
    said = refusal(capsys, "--out", tmp_path / "run", *options)
    assert expected in said
    assert not (tmp_path / "run").exists()


def test_a_missing_folder_is_named_in_two_lines(capsys):
    said = refusal(capsys, "--data", "ring")
    assert said == (
        "minigen train gan: error: the following arguments are required: --out\nAll options: minigen train gan --help\n"
    )


def test_a_folder_that_is_a_file(tmp_path, capsys):
    (tmp_path / "run").write_text("")
    assert "is a file; --out names a folder" in refusal(capsys, "--data", "ring", "--out", tmp_path / "run")


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    said = refusal(capsys, "--data", "ring", "--out", tmp_path / "file" / "run", *TINY)
    assert "nothing can be written there (Not a directory); choose another folder" in said and "Errno" not in said


@pytest.mark.parametrize(
    "model, unknown, says",
    [
        ("dragan", ["--gamma", "3"], "--gamma is an option of gan-r1"),
        ("gan", ["--lambda=3"], "--lambda is an option of wgan-gp, dragan"),
        ("diffusion", ["--n-critic", "2"], "--n-critic is an option of gan, gan-r1, wgan, wgan-gp, dragan, sngan"),
        ("gan", ["--stesp", "3"], "there is no option --stesp: did you mean --steps?"),
        ("gan", ["-q"], "there is no option -q"),
        ("gan", ["--critic-steps", "3"], "there is no option --critic-steps: did you mean --n-critic?"),
        ("diffusion", ["--critic-steps", "3"], "there is no option --critic-steps"),
        ("diffusion", ["--network-widths", "3"], "there is no option --network-widths"),
        ("gan", ["--lr", "-1"], "argument --lr: '-1' is not a number above 0"),
        ("gan", ["grid"], "'grid' belongs to no option"),
    ],
)
def test_an_option_of_another_model(model, unknown, says, tmp_path, capsys):
    """It is refused by the model's own parser, in one line that names the owners; another says where help is."""
    with pytest.raises(SystemExit) as stop:
        train("--data", "ring", "--out", tmp_path / "run", *unknown, model=model)
    said = capsys.readouterr().err
    assert stop.value.code == 2
    assert said == f"minigen train {model}: error: {says}\nAll options: minigen train {model} --help\n"
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "name, meant", [("wgann", "did you mean wgan?"), ("SNGAN", "did you mean sngan?"), ("x", "there are gan, gan-r1,")]
)
def test_a_model_that_there_is_not(name, meant, capsys):
    with pytest.raises(SystemExit) as stop:
        train("--data", "ring", model=name)
    assert stop.value.code == 2 and f"no model is called {name!r}: {meant}" in capsys.readouterr().err


def test_help_names_the_defaults_for_points_and_for_digits(capsys):
    with pytest.raises(SystemExit):
        train("--help")
    said = " ".join(capsys.readouterr().out.split())
    for data, d, image in (("points", 2, None), ("digits", 64, (8, 8))):
        stub = TrainingData(data, lambda n, rng: np.empty(0), np.zeros(d), np.ones(d), image=image)
        settings = GAN.defaults(stub)
        for name in ("steps", "lr", "hidden", "latent", "batch_size"):
            value = settings[name]
            text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
            assert f"{text} for {data}" in said, name


@pytest.mark.parametrize(
    "model, option, says",
    [
        ("gan", "latent", "for a file of points that of the points, but 2 at least and 32 at most"),
        ("gan", "steps", "(default 8000 for points in the plane, 16000 for grid, 10000 for digits)"),
        ("wgan", "steps", "12000 for points in the plane, 22000 for grid, 6000 for data without known modes"),
        ("wgan-gp", "lambda", "in units of W1, which of standardised points is about 1 at first and 0.1 at last"),
        ("dragan", "lambda", "with f in nats and the data standardised; the paper's 10 is for images (default 0.1)"),
    ],
)
def test_help_gives_the_units_and_what_own_files_get(model, option, says, capsys):
    with pytest.raises(SystemExit):
        train("--help", model=model)
    said = " ".join(capsys.readouterr().out.split())
    assert says in said[said.rindex(f"--{option} ") :]


@pytest.mark.parametrize("dimension, latent", [(1, 2), (2, 2), (5, 5), (40, 32)])
def test_the_noise_of_a_file_has_the_dimension_of_its_points(dimension, latent):
    points = TrainingData("file", lambda n, rng: np.empty(0), np.zeros(dimension), np.ones(dimension))
    for name in MODELS:
        if "gan" in name:
            assert model_class(name).defaults(points)["latent"] == latent
