"""A description of any content is used or refused in words; it never breaks the program."""

import contextlib
import json

import pytest
from folders import listed
from hypothesis import given, settings
from hypothesis import strategies as st
from laid_out import draw_scans, write_msd, write_nnunet

from trainables.data.config import DataConfig
from trainables.data.datasets import list_dataset
from trainables.data.layouts.dataset_json import home_of
from trainables.errors import DataError, ParameterError

LEAVES = st.none() | st.booleans() | st.integers(-1, 300) | st.floats() | st.text(max_size=4)
NAMES = st.sampled_from(["0", "1", "image", "images", "label", "background", "WT"]) | st.text(
    max_size=3
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)
KEYS = ("modality", "channel_names", "labels", "training", "dataset", "file_ending", "numTraining")


@pytest.fixture(scope="module", params=[write_msd, write_nnunet])
def root(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("described")
    request.param(folder, draw_scans(["A_001", "A_002"], 4, (1, 2, 3)))
    return folder


@pytest.fixture(scope="module")
def sound(root):
    return json.loads((root / "dataset.json").read_text())


@settings(deadline=None)
@given(key=st.sampled_from(KEYS), value=ANYTHING)
def test_any_value_of_any_key_is_used_or_refused_by_name(root, sound, key, value):
    (root / "dataset.json").write_text(json.dumps(sound | {key: value}))
    with contextlib.suppress(DataError, ParameterError):
        dataset = list_dataset(DataConfig(root=str(root)))
        assert all(len(case.images) == len(dataset.modalities) for case in dataset.cases)
    (root / "dataset.json").write_text(json.dumps(sound))
    assert len(listed(root)) == 2


def test_the_parts_of_a_data_set_are_its_folders_of_images(tmp_path):
    assert home_of(tmp_path) == (tmp_path, "Tr")
    assert home_of(tmp_path / "imagesTr") == (tmp_path, "Tr")
    assert home_of(tmp_path / "imagesTs") == (tmp_path, "Ts")
