"""What every section of parameters promises, built by itself or inside another."""

import copy
import pickle
from typing import Literal

import pytest
from pydantic import Field, ValidationError, field_validator

from trainables.errors import ParameterError
from trainables.fuzzy import FuzzyConfig
from trainables.sections import Section, known_fields, problems


class Optics(Section):
    focus_mm: float = Field(default=50.0, gt=0, allow_inf_nan=False)
    lenses: int = Field(default=3, ge=1, le=9)
    is_coated: bool = True
    glass: Literal["crown", "flint"] = "crown"

    @field_validator("lenses")
    @classmethod
    def _odd(cls, value):
        if value % 2 == 0:
            raise ValueError(f"Parameter `optics.lenses` should be odd. Found {value}.")
        return value


class Camera(Section):
    optics: Optics = Field(default_factory=Optics)
    iso: int = Field(default=100, ge=50)


def found_in(build):
    with pytest.raises(ParameterError) as caught:
        build()
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (
            {"focus_mm": -1},
            "Parameter `focus_mm` should be a finite number, above 0. Found `focus_mm = -1`.",
        ),
        (
            {"focus_mm": True},
            "Parameter `focus_mm` should be a finite number, above 0. Found `focus_mm = True`.",
        ),
        (
            {"lenses": "two"},
            "Parameter `lenses` should be a whole number, at least 1 and at most 9. "
            "Found `lenses = two`.",
        ),
        ({"lenses": 2}, "Parameter `optics.lenses` should be odd. Found 2."),
        (
            {"glass": "sand"},
            "Parameter `glass` should be 'crown' or 'flint'. Found `glass = sand`.",
        ),
        ({"focus": 1}, "Unknown parameter `focus`. The nearest known is `focus_mm`."),
    ],
)
def test_what_is_wrong_with_a_section_by_itself_is_one_line(values, line):
    assert found_in(lambda: Optics(**values)) == [line]


def test_a_section_within_another_is_told_by_its_whole_key_and_with_all_else_that_is_wrong():
    def build():
        return Camera(optics={"focus_mm": 0, "lenses": True, "glas": "flint"}, iso=1)

    assert found_in(build) == [
        "Parameter `optics.focus_mm` should be a finite number, above 0. "
        "Found `optics.focus_mm = 0`.",
        "Parameter `optics.lenses` should be a whole number, at least 1 and at most 9. "
        "Found `optics.lenses = True`.",
        "Unknown parameter `optics.glas`. The nearest known is `optics.glass`.",
        "Parameter `iso` should be a whole number, at least 50. Found `iso = 1`.",
    ]


def test_a_mapping_that_is_validated_tells_pydantics_error_whose_problems_are_the_same_lines():
    """So that whoever validates may add to them; the constructor is what refuses in words."""
    with pytest.raises(ValidationError) as caught:
        Camera.model_validate({"iso": 1, "optics": 3})
    assert problems(caught.value, Camera) == (
        "Parameter `optics` should be a section of parameters. Found `optics = 3`.",
        "Parameter `iso` should be a whole number, at least 50. Found `iso = 1`.",
    )


def test_true_and_false_are_taken_where_they_belong():
    assert Optics(is_coated=False).is_coated is False


def test_a_section_is_frozen_and_travels_whole():
    optics = Optics(focus_mm=35.0)
    with pytest.raises(ValidationError, match="frozen"):
        optics.focus_mm = 1.0
    assert copy.deepcopy(optics) == optics == Optics.model_validate(optics.model_dump())
    fuzzy = FuzzyConfig(width_mm=2.0)
    assert pickle.loads(pickle.dumps(fuzzy)) == fuzzy


def test_every_key_of_the_sections_within_is_known():
    assert [key for key, _ in known_fields(Camera)] == [
        "optics",
        "optics.focus_mm",
        "optics.lenses",
        "optics.is_coated",
        "optics.glass",
        "iso",
    ]
