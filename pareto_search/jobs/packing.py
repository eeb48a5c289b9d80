"""The working directory as one archive: code and recipes, never data, results or secrets."""

import fnmatch
import os
import subprocess
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pareto_search.errors import Problem, RecipeError

LIMIT_MIB = 50
"""All files together. The cluster keeps every archive in the memory of its head."""

LEFT_OUT = (
    ".*",  # .git, .venv, and where secrets lie: .env, .ssh, .netrc, .aws, .kube
    "*.pem", "*.key", "token", "*.token", "*-token", "*_token",  # but not tokenizer.py
    "__pycache__", "venv", "node_modules", "*.egg-info",
    "/data", "/results", "/mlruns", "/mlartifacts", "mlflow.db",
    "*.nii", "*.nii.gz", "*.mha", "*.mhd", "*.nrrd", "*.dcm", "*.npy", "*.npz", "*.h5",
    "*.pt", "*.pth", "*.ckpt", "*.safetensors",
    "*.zip", "*.tar", "*.tar.*", "*.tgz",
)  # fmt: skip
"""Names, at any depth, that are never packed; with a slash first, beside the recipe alone."""

_SHOWN = 5
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Package:
    """What is packed of `folder`: `files` by their path in it, and the `skipped` places."""

    folder: Path
    files: tuple[PurePosixPath, ...]
    skipped: tuple[PurePosixPath, ...]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(self._size(file) for file in self.files)

    def check(self) -> None:
        """See that this is code, not data.

        Raises:
            RecipeError: it is more than `LIMIT_MIB`; the message names the largest files.
        """
        if self.size <= LIMIT_MIB * _MIB:
            return
        notable = (file for file in self.files if self._size(file) > self.size / 100)
        largest = sorted(notable, key=self._size, reverse=True)[:_SHOWN]
        named = ", ".join(f"{file} ({self._size(file) / _MIB:.1f} MiB)" for file in largest)
        raise RecipeError(
            [
                Problem(
                    key="--working-dir",
                    rule=f"should hold code and recipes, {LIMIT_MIB} MiB at most.",
                    found=f"Found {self.size / _MIB:.0f} MiB in {self.folder}; the largest: "
                    f"{named}.",
                    hint="Data belong on a storage that every node reads. Leave files out with "
                    "--exclude PATTERN, or name a smaller folder.",
                )
            ]
        )

    def write(self, archive: Path) -> None:
        """Put the files into `archive`, a zip that is the same whenever they are."""
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in self.files:
                entry = zipfile.ZipInfo(str(file), date_time=(1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = ((self.folder / file).stat().st_mode & 0xFFFF) << 16
                packed.writestr(entry, (self.folder / file).read_bytes())

    def _size(self, file: PurePosixPath) -> int:
        return (self.folder / file).stat().st_size


def choose(folder: Path, recipe: Path, excluded: Sequence[str] = ()) -> Package:
    """What of `folder` goes to the cluster with `recipe`, which lies in it and always goes.

    Left out is what `LEFT_OUT` and `excluded` name, what git ignores, and the file of Ray's token.

    Raises:
        RecipeError: the recipe does not lie in `folder`, or that is no folder for this.
    """
    patterns = [*LEFT_OUT, *excluded]
    own = PurePosixPath(_recipe_within(folder, recipe))
    files, skipped = {own}, set()
    for file in _candidates(folder, patterns):
        place = _first_excluded(file, patterns)
        if place is None and _holds_rays_token(folder / file):
            place = file
        if place is None:
            files.add(file)
        elif file != own:
            skipped.add(place)
    return Package(folder, tuple(sorted(files)), tuple(sorted(skipped)))


def _recipe_within(folder: Path, recipe: Path) -> str:
    if folder in (Path.home(), Path(folder.anchor)):
        found, hint = f"Found {folder}.", "Name the folder of your code with --working-dir."
        raise RecipeError([Problem("should be a project's folder.", found, "--working-dir", hint)])
    if not recipe.is_relative_to(folder):
        found = f"Found {recipe} outside {folder}."
        raise RecipeError([Problem("should hold the recipe.", found, "--working-dir")])
    return recipe.relative_to(folder).as_posix()


def _candidates(folder: Path, patterns: Sequence[str]) -> Iterator[PurePosixPath]:
    """Files of `folder` that git would commit; all of them where git knows nothing of it."""
    listed = _listed_by_git(folder)
    if listed is None:
        yield from _walk(folder, PurePosixPath(), patterns)
        return
    for file in listed:
        if (folder / file).is_dir():  # a repository within it
            yield from _walk(folder, file, patterns)
        elif (folder / file).is_file():
            yield file


def _listed_by_git(folder: Path) -> list[PurePosixPath] | None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        answer = subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    names = (os.fsdecode(name) for name in answer.stdout.split(b"\0") if name)
    return [PurePosixPath(name) for name in names]


def _walk(folder: Path, below: PurePosixPath, patterns: Sequence[str]) -> Iterator[PurePosixPath]:
    """Every file under ``folder/below``; of a folder that is left out only its own name."""
    for entry in sorted(os.scandir(folder / below), key=lambda entry: entry.name):
        place = below / entry.name
        if entry.is_dir(follow_symlinks=False) and not _is_excluded(place, patterns):
            yield from _walk(folder, place, patterns)
        elif entry.is_file() or _is_excluded(place, patterns):
            yield place


def _holds_rays_token(file: Path) -> bool:
    """Whether `file` is, by whatever name or link, the one this caller has the token from."""
    token = os.environ.get("RAY_AUTH_TOKEN_PATH")
    return token is not None and Path(token).is_file() and file.samefile(token)


def _first_excluded(file: PurePosixPath, patterns: Sequence[str]) -> PurePosixPath | None:
    """The outermost part of `file` that is left out; None where none is."""
    parts = file.parts
    outward = (PurePosixPath(*parts[: count + 1]) for count in range(len(parts)))
    return next((place for place in outward if _is_excluded(place, patterns)), None)


def _is_excluded(place: PurePosixPath, patterns: Iterable[str]) -> bool:
    """Whether `place` itself is named by a pattern, as git reads them where there is no ``**``.

    >>> _is_excluded(PurePosixPath("a/scan.nii.gz"), ["*.nii.gz"])
    True
    >>> _is_excluded(PurePosixPath("package/data"), ["/data"])
    False
    """
    return any(
        fnmatch.fnmatchcase(str(place), pattern.strip("/"))
        if "/" in pattern.rstrip("/")
        else fnmatch.fnmatchcase(place.name, pattern.rstrip("/"))
        for pattern in patterns
    )
