"""What a data section takes, says and remembers."""

from typing import get_args

import pytest

from trainables.cli import LayoutChoice
from trainables.config import load_train_config
from trainables.data.config import DataConfig, LayoutName
from trainables.data.labels import LABEL_MAPS
from trainables.data.layouts import AUTO, LAYOUTS
from trainables.errors import ParameterError

REGIONS = {"WT": [1, 2, 4], "ET": [4]}


def test_every_layout_can_be_named_in_a_file_and_on_the_command_line():
    assert get_args(LayoutName) == (AUTO, *LAYOUTS)
    assert [choice.value for choice in LayoutChoice] == [AUTO, *LAYOUTS]


@pytest.mark.parametrize("labels", ["auto", *LABEL_MAPS, REGIONS])
def test_a_section_comes_back_from_what_is_written_of_it(labels):
    config = DataConfig(root="x", labels=labels, modalities=["t1ce", "flair"])
    written = config.model_dump(mode="json")
    assert written["labels"] == labels
    assert DataConfig(**written) == config
    assert hash(DataConfig(**written)) == hash(config)


def test_the_order_of_regions_is_kept_and_makes_another_section():
    turned = dict(reversed(REGIONS.items()))
    one, other = (DataConfig(root="x", labels=labels) for labels in (REGIONS, turned))
    assert [name for name, _ in other.labels] == ["ET", "WT"]
    assert one != other


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("brats", "should be auto, one of"),
        ({}, "should name at least one region"),
        ({"WT": []}, "Region `WT` should have label codes from 1 to 255"),
        ({"WT": [0, 1]}, "Region `WT` should have label codes from 1 to 255"),
        ({"WT": [300]}, "Region `WT` should have label codes from 1 to 255"),
        ({"WT": "all"}, "a mapping from regions to lists of codes"),
        ({"WT": 1}, "a mapping from regions to lists of codes"),
        ({"WT": [1.5]}, "a mapping from regions to lists of codes"),
        (3, "a mapping from regions to lists of codes"),
    ],
)
def test_labels_that_say_nothing_are_refused(labels, said):
    with pytest.raises(ParameterError) as refused:
        load_train_config({"data": {"root": "x", "labels": labels}})
    (line,) = str(refused.value).splitlines()
    assert said in line
