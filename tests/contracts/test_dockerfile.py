"""What the image promises, as far as its recipe shows it."""

import re
import shlex
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def instructions(text):
    """Each instruction of a Dockerfile: its word and its arguments, without comments."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def stages(found):
    """The instructions of each stage, those before the first FROM left out."""
    starts = [i for i, (word, _) in enumerate(found) if word == "FROM"]
    return [found[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]


ALL = instructions(TEXT)
FINAL = stages(ALL)[-1]


def of(word, found=FINAL):
    return [rest for name, rest in found if name == word]


def test_every_base_is_an_argument_with_a_full_version_and_no_host():
    arguments = dict(rest.split("=", 1) for rest in of("ARG", ALL) if "=" in rest)
    images = [arguments[rest.split()[0].strip("${}")] for rest in of("FROM", ALL)]
    images += re.findall(r"BASE_IMAGE=(\S+:\S+)", TEXT)  # those that the comments advise
    assert len(images) >= 3
    for image in images:
        assert re.fullmatch(r"[a-z]+(/[a-z]+)?:[a-z]*\d+\.\d+[\w.-]*", image), image
        assert "latest" not in image


def test_every_part_of_the_version_of_python_is_given():
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+\.\d+-", TEXT, flags=re.MULTILINE)


def test_who_runs_is_not_root_and_is_named_by_number():
    assert of("USER") == ["1000:1000"]  # by number: `runAsNonRoot` cannot judge a name
    assert FINAL.index(("USER", "1000:1000")) > max(
        i for i, (w, _) in enumerate(FINAL) if w == "RUN"
    )


def test_it_is_the_command():
    assert of("ENTRYPOINT") == ['["pareto-search"]']


def test_nothing_is_fetched_but_packages():
    assert of("ADD", ALL) == []
    for run in of("RUN", ALL):
        assert not re.search(r"\b(curl|git clone|wget http)|https?://", run), run
    assert [rest for rest in of("COPY") if "--from=build" not in rest] == []


def test_no_index_of_packages_is_named():
    assert 'TORCH_INDEX_URL=""' in of("ARG", ALL)
    assert "://" not in TEXT


def test_every_install_is_pinned_by_the_tested_versions():
    installs = [part for run in of("RUN", ALL) for part in run.split("&&") if "pip install" in part]
    assert len(installs) == 3
    assert all("--constraint constraints.txt" in one or "--no-deps" in one for one in installs)


def test_no_compiler_no_pip_and_no_cache_are_in_it():
    text = " ".join(of("RUN"))
    assert not re.search(r"\b(gcc|g\+\+|build-essential|python3-pip)\b", text)
    assert "rm -rf /var/lib/apt/lists/*" in text
    assert "pip uninstall --yes pip" in " ".join(of("RUN", ALL))
    assert any("PIP_NO_CACHE_DIR=1" in rest for rest in of("ENV", ALL))


def test_all_that_is_written_lies_under_tmp():
    variables = dict(word.split("=", 1) for rest in of("ENV") for word in shlex.split(rest))
    assert of("WORKDIR") == ["/tmp"]
    places = ("HOME", "MPLCONFIGDIR", "RAY_TMPDIR", "XDG_CACHE_HOME")
    assert all(variables[place].startswith("/tmp") for place in places)
    assert variables["PYTHONDONTWRITEBYTECODE"] == "1"


def test_no_secret_is_in_it():
    names = re.findall(r"\b(\w*(?:PASSWORD|TOKEN|SECRET|ACCESS_KEY)\w*)=", TEXT)
    assert names == []


def test_its_extras_are_those_of_the_project():
    (extras,) = re.findall(r'ARG EXTRAS="([^"]+)"', TEXT)
    assert {"segmentation", "s3", "postgres", "cluster", "server"} == set(extras.split(","))
    assert set(extras.split(",")) <= PROJECT["optional-dependencies"].keys()


def test_its_label_says_the_version_of_the_project():
    assert f'org.opencontainers.image.version="{PROJECT["version"]}"' in TEXT
    assert f"pareto-search:{PROJECT['version']}" in TEXT


@pytest.mark.parametrize(
    ("path", "enters"),
    [
        ("pyproject.toml", True), ("constraints.txt", True), ("README.md", True),
        ("LICENSE", True), ("pareto_search/errors.py", True), ("trainables/toy.py", True),
        (".git/config", False), (".venv/bin/python", False), ("results/toy/sweep.json", False),
        ("demo/phantom/a.nii.gz", False), ("mlflow.db", False), ("ray-token", False),
        (".env", False), ("tests/serving.py", False), ("trainables/__pycache__/toy.pyc", False),
    ],
)  # fmt: skip
def test_what_enters_the_build_is_what_it_needs_and_nothing_else(path, enters):
    assert _enters(path) is enters


def _enters(path):
    """As Docker reads .dockerignore: the last pattern that fits decides."""
    entered = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip().removeprefix("!")
        if pattern and not pattern.startswith("#") and _fits(path, pattern):
            entered = line.startswith("!")
    return entered


def _fits(path, pattern):
    parts = path.split("/")
    heads = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    if pattern.startswith("**/"):
        return any(fnmatch(part, pattern[3:]) for part in parts)
    return any(fnmatch(head, pattern) for head in heads)
