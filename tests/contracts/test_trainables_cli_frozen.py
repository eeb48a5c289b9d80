"""The command line is a promise: scripts, recipes and manifests call it. Change it on purpose."""

import pytest
import typer

from trainables.cli import app

COMMANDS = {
    "phantom": "OUT --cases=12 --seed=0 --size=64,64,64 --spacing=1.0,1.0,1.0 --raters=4",
    "check": "DATA --labels=brats2018 --json",
    "train": "PARAMS.yaml --set=... --out --resume/--no-resume --json",
    "evaluate": (
        "PREDICTIONS DATA --against=seg --labels=brats2018 --band-mm=2.0 --tolerance-mm=1.0 "
        "--csv --json"
    ),
    "predict": "CASE... --model --out --overwrite",
}
REQUIRED = {"OUT", "DATA", "PARAMS.yaml", "PREDICTIONS", "CASE...", "--model", "--out of predict"}


def test_the_commands_are_exactly_these():
    assert set(typer.main.get_command(app).commands) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_arguments_options_and_defaults_of_a_command_are_exactly_these(name):
    command = typer.main.get_command(app).commands[name]
    assert " ".join(describe(parameter) for parameter in command.params) == COMMANDS[name]


def test_what_must_be_given_is_exactly_this():
    commands = typer.main.get_command(app).commands.items()
    required = {
        f"--out of {name}" if parameter.opts == ["--out"] else describe(parameter)
        for name, command in commands
        for parameter in command.params
        if parameter.required
    }
    assert required == REQUIRED


def test_debug_is_given_before_the_command():
    options = [option for p in typer.main.get_command(app).params for option in p.opts]
    assert "--debug" in options


def describe(parameter):
    if not parameter.opts[0].startswith("-"):
        return parameter.metavar + ("..." if parameter.nargs == -1 else "")
    if parameter.secondary_opts:
        return "/".join(parameter.opts + parameter.secondary_opts)
    if getattr(parameter, "is_flag", False):
        return parameter.opts[0]
    default = "..." if parameter.multiple else parameter.default
    if default is None:
        return parameter.opts[0]
    parts = default if isinstance(default, tuple) else (getattr(default, "value", default),)
    return f"{parameter.opts[0]}={','.join(map(str, parts))}"
