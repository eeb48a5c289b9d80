"""The command lines are a promise: scripts, recipes and manifests call them. Change on purpose.

A command reads as its arguments, then its options with their defaults; ``!`` must be given.
"""

import pytest
import typer

import pareto_search.cli
import trainables.cli

APPS = {"pareto-search": pareto_search.cli.app, "trainables": trainables.cli.app}
COMMANDS = {
    "pareto-search": {
        "init": "FILE=recipe.yaml",
        "validate": "RECIPE.yaml! --set=...",
        "schema": "",
        "run": (
            "RECIPE.yaml! --set=... --name --storage --tracking-uri --resume=auto --address "
            "--grow-to=0 --wait=1s --dry-run"
        ),
        "resume": (
            "NAME! --set=... --storage=results --tracking-uri --address --grow-to=0 --wait=1s"
        ),
        "leave": "--deadline-s=50.0",
        "submit": (
            "RECIPE.yaml! --address! --set=... --name --storage --tracking-uri --working-dir "
            "--exclude=... --requirements --grow-to=0 --wait/--no-wait"
        ),
        "logs": "NAME! --trial --follow --storage=results --address",
        "stop": "NAME! --storage=results --address",
        "list": "--storage=results --json",
        "status": "NAME! --storage=results --json --watch --interval --address",
        "front": "NAME! --storage=results --json --csv --plot",
        "report": "NAME! --storage=results --out --figures",
        "pick": (
            "NAME! --storage=results --knee --prefer --reference --where=... --export --overwrite "
            "--register --alias --tracking-uri --json"
        ),
        "simulate": "NAME! --set=... --workers=8 --seeds=5 --storage=results --json",
        "compare": "[LABEL=]NAME[,NAME]...! --storage=results --plot --json --anyway",
        "sync": "NAME! --storage=results --tracking-uri",
        "ui": "[NAME] --storage=results --tracking-uri --port=5000",
        "k8s render": (
            "RECIPE.yaml! --set=... --overlay=... --name --image --namespace=pareto "
            "--storage=/sweeps --storage-claim --data=/data --data-claim --storage-class "
            "--trials-per-pod --max-workers --mlflow-uri --queue "
            "--operator-namespace=kuberay-system --sweep-only"
        ),
    },
    "trainables": {
        "phantom": (
            "OUT! --cases=12 --seed=0 --size=64,64,64 --spacing=1.0,1.0,1.0 --raters=4 --overwrite"
        ),
        "check": "DATA! --labels=auto --layout=auto --json",
        "train": "PARAMS.yaml! --set=... --out --resume/--no-resume --json",
        "evaluate": (
            "PREDICTIONS! DATA! --against=seg --labels=auto --layout=auto --prediction-labels "
            "--suffix --missing=skip --versus --raters --band-mm=2.0 --tolerance-mm=1.0 "
            "--lesion-overlap=0.0 --workers --out --pictures --csv --json"
        ),
        "predict": (
            "CASE...! --model=...! --out! --layout=auto --mirror --device=auto --batch-size=1 "
            "--probabilities/--no-probabilities --overwrite"
        ),
    },
}
EACH = [(app, name) for app, commands in COMMANDS.items() for name in commands]


@pytest.mark.parametrize("app", APPS)
def test_the_commands_are_exactly_these(app):
    assert set(commands_of(typer.main.get_command(APPS[app]))) == set(COMMANDS[app])


@pytest.mark.parametrize(("app", "name"), EACH)
def test_the_arguments_options_and_defaults_of_a_command_are_exactly_these(app, name):
    command = commands_of(typer.main.get_command(APPS[app]))[name]
    described = [describe(p) + "!" * p.required for p in command.params]
    assert " ".join(described) == COMMANDS[app][name]


@pytest.mark.parametrize("app", APPS)
def test_debug_is_given_before_the_command(app):
    options = [option for p in typer.main.get_command(APPS[app]).params for option in p.opts]
    assert "--debug" in options


def commands_of(group):
    """Every command of `group` by its words; those of a group in it after the group's own."""
    found = {}
    for name, command in group.commands.items():
        inner = commands_of(command) if hasattr(command, "commands") else {"": command}
        found |= {f"{name} {word}".strip(): each for word, each in inner.items()}
    return found


def describe(parameter):
    if not parameter.opts[0].startswith("-"):
        default = f"={parameter.default}" if parameter.default else ""
        return parameter.metavar + default + ("..." if parameter.nargs == -1 else "")
    if parameter.secondary_opts:
        return "/".join(parameter.opts + parameter.secondary_opts)
    if getattr(parameter, "is_flag", False):
        return parameter.opts[0]
    default = "..." if parameter.multiple else parameter.default
    if default is None:
        return parameter.opts[0]
    parts = default if isinstance(default, tuple) else (getattr(default, "value", default),)
    return f"{parameter.opts[0]}={','.join(map(str, parts))}"
