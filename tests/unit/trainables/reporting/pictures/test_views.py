"""The slice that is shown, and which side of the patient is where in the picture."""

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainables.reporting.pictures.views import View, choose_view, ras_spacing, to_ras

ONE_MM = (1.0, 1.0, 1.0)
CODES = st.permutations("RAS").flatmap(
    lambda axes: st.tuples(*[st.sampled_from([a, {"R": "L", "A": "P", "S": "I"}[a]]) for a in axes])
)


@given(CODES)
def test_a_stored_volume_of_any_orientation_turns_to_ras_with_its_spacing(codes):
    stored = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
    spacing_mm = (1.0, 2.0, 3.0)
    affine = nib.orientations.inv_ornt_aff(
        nib.orientations.axcodes2ornt(codes), stored.shape
    ) @ np.eye(4)
    affine = np.linalg.inv(affine)
    image = nib.Nifti1Image(stored, affine @ np.diag([*spacing_mm, 1]))
    wanted = nib.as_closest_canonical(image)
    assert nib.aff2axcodes(wanted.affine) == ("R", "A", "S")
    found = to_ras(np.stack([stored, stored]), image.affine)
    assert np.array_equal(found[1], np.asarray(wanted.dataobj))
    assert ras_spacing(spacing_mm, image.affine) == pytest.approx(wanted.header.get_zooms())


@pytest.mark.parametrize(
    ("axis", "letters", "corners"),
    [(2, "RLAP", "RA"), (1, "RLSI", "RS"), (0, "APSI", "AS")],
)
def test_letters_say_where_the_picture_lies(axis, letters, corners):
    view = View(axis, 0)
    assert view.letters == letters
    volume = np.zeros((4, 5, 6), dtype=bool)
    corner = [0, 0, 0]
    for letter in corners:  # the end of each axis that its letter names
        corner["RAS".index(letter)] = volume.shape["RAS".index(letter)] - 1
    volume[tuple(corner)] = True
    picture = view.cut(volume)
    assert np.argwhere(picture).tolist() == [[len(picture) - 1, 0]]  # top left, rows from below


def test_pixels_are_as_wide_and_high_as_the_voxels_they_show():
    spacing_mm = (1.0, 2.0, 3.0)
    assert View(2, 0).pixel_mm(spacing_mm) == (1.0, 2.0)
    assert View(1, 0).pixel_mm(spacing_mm) == (1.0, 3.0)
    assert View(0, 0).pixel_mm(spacing_mm) == (2.0, 3.0)
    volume = np.zeros((4, 5, 6))
    assert View(1, 2).cut(np.stack([volume] * 3)).shape == (3, 6, 4)


def test_the_slice_is_where_prediction_and_reference_differ_most():
    reference = np.zeros((2, 9, 9, 9), dtype=bool)
    reference[:, 2:7, 2:7, 1:8] = True
    prediction = reference.copy()
    prediction[0, 2:4, 2:7, 6] = False  # ten voxels here, four there
    prediction[:, 2:4, 2, 3] = False
    assert choose_view(prediction, reference, ONE_MM) == View(2, 6)


def test_without_disagreement_it_is_the_largest_slice_of_the_largest_lesion():
    masks = np.zeros((1, 12, 12, 12), dtype=bool)
    masks[0, 1:4, 1:4, 2:8] = True  # 54 voxels, largest slice 9
    masks[0, 1:5, 1:5, 5] = True  # a wider slice in it
    masks[0, 6:11, 6:11, 10] = True  # the widest slice, of a smaller lesion
    assert choose_view(masks, masks, ONE_MM) == View(2, 5)


def test_without_any_lesion_it_is_the_middle():
    empty = np.zeros((1, 8, 8, 8), dtype=bool)
    assert choose_view(empty, empty, ONE_MM) == View(2, 4)


def test_slices_that_were_scanned_thick_are_not_cut_across():
    empty = np.zeros((1, 8, 8, 8), dtype=bool)
    assert choose_view(empty, empty, (1.0, 5.0, 1.0)).axis == 1
    assert choose_view(empty, empty, (3.0, 1.0, 1.0)).axis == 0
    assert choose_view(empty, empty, (1.2, 1.0, 1.0)).axis == 2
