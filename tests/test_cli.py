"""The command line finds its commands, imports them late and says kindly what is wrong."""

import subprocess
import sys
import types

import pytest

from minigen import cli


@pytest.fixture
def command(monkeypatch):
    """Install a module behind the command `demo`."""

    def install(run):
        module = types.ModuleType("minigen_demo")
        module.configure = lambda parser: parser.add_argument("--size", type=int, default=1)
        module.run = run
        monkeypatch.setitem(sys.modules, "minigen_demo", module)
        monkeypatch.setitem(cli.COMMANDS, "demo", ("minigen_demo", "a demonstration"))

    return install


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    name, number = capsys.readouterr().out.split()
    assert name == "minigen" and number[0].isdigit()


def test_help_lists_the_commands_without_importing_them():
    code = (
        "import sys; from minigen.cli import COMMANDS, main\n"
        "try: main(['--help'])\n"
        "except SystemExit as stop: assert stop.code == 0\n"
        "late = [module for module, _ in COMMANDS.values()] + ['nbclient', 'matplotlib', 'pytest', 'jinja2']\n"
        "assert not set(late) & set(sys.modules), set(late) & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name in cli.COMMANDS:
        assert name in done.stdout


def test_no_command_prints_the_help(capsys):
    assert cli.main([]) == 0
    assert "lectures" in capsys.readouterr().out


def test_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "minigen.cli", "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("minigen ")


def test_a_command_gets_its_arguments_and_gives_the_exit_code(command):
    seen = []
    command(lambda args: seen.append(args.size) or 3)
    assert cli.main(["demo", "--size", "7"]) == 3
    assert seen == [7]
    command(lambda args: None)
    assert cli.main(["demo"]) == 0


@pytest.mark.parametrize(
    ("typed", "answer"), [("lecture", "did you mean `minigen lectures`?"), ("zzz", "commands are")]
)
def test_unknown_command(typed, answer, capsys):
    assert cli.main([typed]) == 2
    shown = capsys.readouterr().err
    assert answer in shown and shown.count("\n") == 1


def test_an_unknown_argument_is_refused_in_one_line_and_another_says_where_help_is(command, capsys):
    command(lambda args: 0)
    for typed, prog in ((["demo", "--length", "3"], "minigen demo"), (["--length"], "minigen")):
        with pytest.raises(SystemExit) as stop:
            cli.main(typed)
        shown = capsys.readouterr().err.splitlines()
        assert stop.value.code == 2 and len(shown) == 2
        assert shown[0].startswith(f"{prog}: error: unrecognized arguments: --length")
        assert shown[1] == f"All options: {prog} --help"


@pytest.mark.parametrize(
    ("package", "install"),
    [("nbclient", '"matplotlib>=3.8" "tqdm'), ("pytest", '"pytest>=8" "hypothesis'), ("cupy", '"cupy-cuda12x')],
)
def test_a_missing_package_says_what_to_install(package, install, command, capsys):
    def run(args):
        raise ModuleNotFoundError(f"No module named '{package}.part'", name=f"{package}.part")

    command(run)
    assert cli.main(["demo"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"minigen demo needs {package}: pip install {install}>=") and "minigen[" not in said


def test_a_command_that_is_not_there_yet(monkeypatch, capsys):
    monkeypatch.setitem(cli.COMMANDS, "demo", ("minigen.no_such_part.cli", "a demonstration"))
    assert cli.main(["demo"]) == 2
    assert "no command 'demo' yet" in capsys.readouterr().err


def test_another_missing_module_is_not_hidden(command):
    def run(args):
        raise ModuleNotFoundError("No module named 'mine'", name="mine")

    command(run)
    with pytest.raises(ModuleNotFoundError, match="mine"):
        cli.main(["demo"])


def test_interrupt(command, capsys):
    def run(args):
        raise KeyboardInterrupt

    command(run)
    assert cli.main(["demo"]) == 130
    assert "stopped" in capsys.readouterr().err


def test_every_extra_named_is_an_extra_of_the_package():
    from importlib.metadata import metadata

    assert set(cli.EXTRAS.values()) <= set(metadata("minigen").get_all("Provides-Extra"))
