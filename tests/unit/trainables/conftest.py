"""The command line in this process, and a few phantoms for it."""

import sys
from types import SimpleNamespace

import pytest

from trainables import cli
from trainables.data.phantom import write_phantom


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("phantom")
    write_phantom(root, 3, seed=0, size=(24, 28, 20), spacing_mm=(6.0, 6.0, 8.0), raters=1)
    return root


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command in this process: exit code, stdout, stderr."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["trainables", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        written = capsys.readouterr()
        return SimpleNamespace(code=ended.value.code or 0, out=written.out, err=written.err)

    return call


@pytest.fixture
def params(data, tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(f"data: {{root: {data}}}\noptimiser: {{learning_rate: 1e-3}}\nepochs: 3\n")
    return path
