"""`minigen train MODEL --data ... --out DIR`: options, a new run or an old one continued, and kind refusals."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigen import device
from minigen.checkpoint import CheckpointError, load
from minigen.distributions import by_name
from minigen.parser import Parser
from minigen.training.data import NAMES, DataError, TrainingData, open_data
from minigen.training.models import MODELS, Model, SettingsError, model_class, unknown_model
from minigen.training.options import non_negative_integer, positive, positive_integer
from minigen.training.run import Run, train

__all__ = ["configure", "run"]

CHANGEABLE = ("steps", "every", "data", "device")  # what may be given anew with --resume, besides what a model adds


class Refused(Exception):
    """The command cannot be carried out as it was given; the message says why and what would do."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add a subcommand for each model, with the options that all models share."""
    models = parser.add_subparsers(
        dest="model", metavar="MODEL", required=True, title="models", parser_class=_ModelParser
    )
    for name in MODELS:
        kind = model_class(name)
        model = models.add_parser(
            name,
            help=kind.summary,
            description=f"Train {kind.summary}.",
            epilog="Ctrl-C stops and saves; the same --out with --resume goes on as if nothing had happened.",
            argument_default=argparse.SUPPRESS,
        )
        model.add_argument("--data", metavar="DATA", help=f"{', '.join(NAMES)}, or a .csv or .npy file of points")
        model.add_argument("--out", required=True, metavar="DIR", help="folder for figures, metrics, checkpoint")
        model.add_argument("--resume", action="store_true", default=False, help="go on with the run in DIR")
        model.add_argument("--force", action="store_true", default=False, help="start anew, replacing the run in DIR")
        model.add_argument("--seed", type=non_negative_integer, metavar="N", help="of all randomness (default 0)")
        model.add_argument(
            "--steps", type=positive_integer, metavar="N", help="how many in all; with --resume, a new number of them"
        )
        model.add_argument("--every", type=positive_integer, metavar="N", help="steps between figures and checkpoints")
        model.add_argument("--batch-size", type=positive_integer, metavar="N", help="points in a batch")
        model.add_argument("--lr", type=positive, help="learning rate")
        model.add_argument(
            "--device", choices=("cpu", "cuda"), help="where to compute; cuda needs CuPy and a GPU (default cpu)"
        )
        model.add_argument("--hidden", type=positive_integer, nargs="+", metavar="N", help="widths of hidden layers")
        kind.add_options(model)
        _name_conditions(model, kind)
        _name_defaults(model, kind)
        model.models = models.choices
    models.choices = _Known(models.choices)


class _ModelParser(Parser):
    """The options of one model, which refuses those of another itself, and says whose they are."""

    models: Mapping[str, _ModelParser] = {}  # by name, this one among them

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        namespace, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(self._not_known(unknown))
        return namespace, unknown

    def _not_known(self, unknown: Sequence[str]) -> str:
        option = next((text.partition("=")[0] for text in unknown if text.startswith("-")), "")
        owners = [name for name, model in self.models.items() if option in model.options]
        if owners:
            return f"{option} is an option of {', '.join(owners)}"
        if option:
            near = difflib.get_close_matches(option, self.options, n=1, cutoff=0.75) or self._akin(option)
            return f"there is no option {option}" + (f": did you mean {near[0]}?" if near else "")
        return f"{unknown[0]!r} belongs to no option"

    def _akin(self, option: str) -> list[str]:
        """Options that share a word with this one, the nearest first; a word that is an option itself, as steps, says
        nothing."""
        words = {word for word in option.strip("-").split("-") if f"--{word}" not in self.options}
        akin = [text for text in self.options if words & set(text.strip("-").split("-"))]
        return difflib.get_close_matches(option, akin, n=1, cutoff=0)

    @property
    def options(self) -> list[str]:
        """All that begins with a dash and is understood."""
        return [text for action in self._actions for text in action.option_strings]


class _Known(dict):
    """The models that argparse chooses from; one that is not among them is told which was meant."""

    def __contains__(self, name: object) -> bool:
        if not super().__contains__(name):
            raise argparse.ArgumentError(None, unknown_model(str(name)))
        return True


def _name_conditions(parser: argparse.ArgumentParser, kind: type[Model]) -> None:
    """Say in the help of an option with which other one alone it means something."""
    for action in parser._actions:
        if action.dest in kind.only_with:
            action.help = f"{action.help}; only with {_option(*kind.only_with[action.dest])}"


def _option(name: str, value: Any = "") -> str:
    """A setting as it is given on the command line."""
    return f"--{name.replace('_', '-')} {value}".rstrip()


def _name_defaults(parser: argparse.ArgumentParser, kind: type[Model]) -> None:
    """Say in the help of each option what it is where it is not given, which depends on the data."""
    without_modes = "data without known modes"
    examples = {
        "points in the plane": by_name("ring"), "grid": by_name("grid"), without_modes: by_name("swiss_roll"),
        "digits": None,
    }  # fmt: skip
    defaults = {}
    for example, law in examples.items():  # only what the settings depend on: the data themselves take longer to make
        d, image = (64, (8, 8)) if law is None else (2, None)
        mixture: Any = None if example == without_modes else law
        data = TrainingData(example, lambda n, rng: np.empty(0), np.zeros(d), np.ones(d), mixture=mixture, image=image)
        defaults[example] = kind.defaults(data)
    for action in parser._actions:
        if action.dest not in defaults["points in the plane"] or "(default" in (action.help or "") or action.nargs == 0:
            continue
        values = {
            example: " ".join(map(str, value)) if isinstance(value := of[action.dest], list) else f"{value}"
            for example, of in defaults.items()
        }
        plane = values["points in the plane"]
        for example in ("grid", without_modes):
            if values[example] == plane:
                del values[example]
        if set(values.values()) == {plane}:
            text = plane
        else:
            text = ", ".join(f"{value} for {example}" for example, value in values.items())
        action.help = f"{action.help} (default {text})"


def run(args: argparse.Namespace) -> int:
    """Carry out `minigen train MODEL ...`; returns the exit code."""
    import matplotlib  # noqa: F401  if one of them is missing, say so before training, not after
    import tqdm  # noqa: F401

    try:
        prepared = prepare(args)
    except (Refused, DataError, SettingsError, CheckpointError, OSError, MemoryError) as error:
        print(f"minigen train {args.model}: {str(error) or 'there is not enough memory'}", file=sys.stderr)
        return 2
    made, steps = prepared.step, prepared.settings["steps"]
    if made > steps:
        print(f"Nothing to do: step {made} is reached, and --steps {steps} asks for fewer. More than {made} go on.")
        return 0
    if prepared.data.source:
        print(prepared.data.source)
    if args.resume:
        done = f"Step {made} of {steps} is reached: only the samples, figures and measures are made again."
        print(f"Going on after step {made} of {steps}." if made < steps else done)
    try:
        return train(prepared)
    except KeyboardInterrupt:  # a second Ctrl-C, or one before the first step
        print(f"\nStopped at once. Go on from the last checkpoint with: {prepared.to_resume}")
        return 130
    except BrokenPipeError:  # nobody reads what is printed: no fault of the run
        raise
    except (OSError, MemoryError) as error:
        reason = f"{str(error) or 'there is not enough memory'}. What was saved stands; mend this, then"
        print(f"minigen train {args.model}: {reason} go on with: {prepared.to_resume}", file=sys.stderr)
        return 1


def prepare(args: argparse.Namespace) -> Run:
    """The run that the options ask for: a new one in a folder of its own, or an old one where it was left."""
    kind = model_class(args.model)
    folder = Path(args.out)
    given = {k: v for k, v in vars(args).items() if k not in ("command", "model", "out", "resume", "force", "version")}
    if not args.out:
        raise Refused("--out is empty, expected the name of a folder")
    if args.resume and args.force:
        raise Refused("--resume goes on with a run and --force replaces it: give one of the two")
    stored = _stored(folder, args.model) if args.resume else None
    _check_device(given.get("device", stored["settings"].get("device", "cpu") if stored else "cpu"))
    if stored is None:
        if "data" not in given:
            raise Refused(f"--data is missing: {', '.join(NAMES)}, or a .csv or .npy file of points")
        _make_room(folder, args)
    settings = _continued(stored["settings"], given, folder) if stored else given
    data = open_data(settings["data"])
    if stored:
        _check_same(data, stored, folder)
    else:
        settings = {"model": args.model, "seed": 0, "device": "cpu", **kind.defaults(data), **given}
        settings.setdefault("every", max(1, settings["steps"] // 10))
        if settings.get("watch", 0) is None:  # the model can be watched, and nobody said how often
            settings["watch"] = -(-settings["steps"] // 100)
        _check_idle(given, settings, kind)
    _check_settings(settings, data)
    rng = np.random.default_rng(settings["seed"])
    prepared = Run(folder, settings, data, kind(settings, data, rng), rng)
    if stored:
        prepared.restore()
        _remove(folder, Run.UNFINISHED)
    else:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _remove(folder, Run.FILES + Run.UNFINISHED)
            prepared.save()  # the first thing to fail, if the folder cannot be written to
        except OSError as error:
            reason = error.strerror or error
            raise Refused(f"--out {folder}: nothing can be written there ({reason}); choose another folder") from None
    return prepared


def _remove(folder: Path, patterns: Sequence[str]) -> None:
    for old in (file for pattern in patterns for file in folder.glob(pattern)):
        old.unlink()


def _check_same(data: TrainingData, stored: dict[str, Any], folder: Path) -> None:
    """Refuse data that are not those of the run; a file may have moved."""
    name = stored["settings"]["data"]
    if data.fingerprint == (stored["fingerprint"] or name):  # old checkpoints have none of data that are not a file
        return
    if data.source and stored["fingerprint"] not in ("", name):
        raise Refused(f"the points in {data.name} are not those that the run in {folder} began with")
    raise Refused(
        f"the run in {folder} has --data {name}, which cannot become {data.name}: "
        "leave out --data, or begin another run"
    )


def _stored(folder: Path, model: str) -> dict[str, Any]:
    path = folder / Run.CHECKPOINT
    if not path.exists():
        raise Refused(f"there is no run in {folder} to go on with: leave out --resume to begin one")
    stored = load(path)
    settings = stored.get("settings")
    if not isinstance(settings, dict) or "model" not in settings or "data" not in settings:
        raise Refused(f"{path} is not the checkpoint of a training run")
    if settings["model"] != model:
        raise Refused(f"the run in {folder} is of the model {settings['model']}: minigen train {settings['model']} ...")
    return stored


def _check_device(name: str) -> None:
    try:
        device.to(np.zeros(1), name)
    except RuntimeError as error:
        raise Refused(f"--device {name}: {error}") from None


def _make_room(folder: Path, args: argparse.Namespace) -> None:
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file; --out names a folder")
    if not args.force and any(any(folder.glob(pattern)) for pattern in Run.FILES):
        raise Refused(
            f"{folder} already holds a run: go on with it (--resume), replace it (--force) or choose another folder"
        )


def _continued(settings: dict[str, Any], given: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The settings of the old run, with what may be given anew; a different value for anything else is refused."""
    changeable = (*CHANGEABLE, *model_class(settings["model"]).changeable)
    for name, value in given.items():
        if name not in changeable and value != settings.get(name):
            option = _option(name)
            raise Refused(
                f"the run in {folder} has {option} {settings.get(name)}, which cannot become {value}: "
                f"leave out {option}, or begin another run"
            )
    return settings | given


def _check_idle(given: dict[str, Any], settings: dict[str, Any], kind: type[Model]) -> None:
    for name, (other, value) in kind.only_with.items():
        if name in given and settings[other] != value:
            option, needed, there = _option(name), _option(other, value), _option(other, settings[other])
            raise Refused(f"{option} is only for {needed}, and here is {there}: leave out {option}, or give {needed}")


def _check_settings(settings: dict[str, Any], data: TrainingData) -> None:
    if settings.get("conditional") and data.labels is None:
        raise Refused(f"--conditional needs labels, which {data.name} has not; digits has")
