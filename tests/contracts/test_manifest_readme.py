"""What k8s/README.md tells to type works with these manifests and this command line."""

import re
import shlex

import typer
from rendered import OVERLAYS, all_containers, rendered

from pareto_search.cli import app
from pareto_search.manifests.kustomization import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = "".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL)).replace("\\\n", " ")


def test_the_secrets_it_makes_are_those_that_pods_read_with_every_key():
    made = {}
    for line in re.findall(r"^new (?!\()(.*)$", BLOCKS, re.MULTILINE):
        name, *literals = line.split(" --from-literal=")
        made[name.strip()] = {literal.partition("=")[0] for literal in literals}
    read = {}
    for _, container in all_containers(rendered(("s3-data",)).objects):
        for entry in container.get("env", []):
            if reference := entry.get("valueFrom", {}).get("secretKeyRef"):
                read.setdefault(reference["name"], set()).add(reference["key"])
        for source in container.get("envFrom", []):
            read.setdefault(source["secretRef"]["name"], set())
    assert set(made) == set(read)
    assert all(read[name] <= made[name] for name in read)


def test_the_command_it_shows_is_taken():
    (line,) = re.findall(r"^pareto-search (.*?) \|", BLOCKS, re.MULTILINE)
    group, command, *words = shlex.split(line)
    render = typer.main.get_command(app).commands[group].commands[command]
    assert render.make_context(command, words).params["storage_class"] == "shared-files"


def test_every_option_it_names_is_one_of_render():
    options = {o for p in render_command().params for o in p.opts}
    named = set(re.findall(r"`(--[a-z-]+)`", README)) - {"--backend-store-uri"}
    assert named
    assert named <= options


def test_code_of_ones_own_goes_where_the_image_has_its_packages():
    image = (ROOT.resolve().parent / "Dockerfile").read_text()
    (place,) = re.findall(
        r"^COPY --from=build /packages (\S+)/site-packages$", README, re.MULTILINE
    )
    assert place in image
    (python,) = re.findall(r"^FROM (python:\S+) AS build$", README, re.MULTILINE)
    assert f"ARG PYTHON_IMAGE={python}\n" in image


def test_it_tells_of_every_overlay():
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", README, re.MULTILINE) == list(OVERLAYS)


def render_command():
    return typer.main.get_command(app).commands["k8s"].commands["render"]
