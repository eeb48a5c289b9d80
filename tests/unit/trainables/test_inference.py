"""What inference promises: one answer for every patching, nested regions."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import nn

from trainables.data.labels import LABEL_MAPS
from trainables.inference import (
    nest,
    predict_logits,
    to_prediction,
    uncertainty_map,
)

PROBABILITIES = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 4), *[st.integers(1, 4)] * 3),
    elements=st.floats(0, 1, width=32),
)


class Voxelwise(nn.Module):
    """Logits from one voxel alone, so that patches cannot matter."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv3d(4, 3, 1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, image):
        assert not torch.is_grad_enabled()
        return self.dropout(self.convolution(image))


@pytest.mark.parametrize("shape", [(8, 8, 8), (20, 9, 13), (5, 17, 8), (3, 4, 5)])
def test_sliding_windows_give_what_one_pass_over_the_whole_image_gives(shape):
    torch.manual_seed(0)
    network, image = Voxelwise().eval(), torch.randn(4, *shape)
    with torch.no_grad():
        whole = network(image[None])[0]
    torch.testing.assert_close(predict_logits(network, image, (8, 8, 8)), whole)


@pytest.mark.parametrize("is_training", [True, False])
def test_the_network_is_evaluated_and_left_in_its_mode(is_training):
    network, image = Voxelwise().train(is_training), torch.randn(4, 6, 6, 6)
    first, second = (predict_logits(network, image, (8, 8, 8)) for _ in range(2))
    assert torch.equal(first, second)  # no dropout
    assert not first.requires_grad
    assert network.training is is_training


@given(PROBABILITIES)
def test_nesting_raises_an_outer_region_to_what_lies_inside_and_no_further(array):
    probability = torch.from_numpy(array)
    nested = nest(probability)
    assert (nested[:-1] >= nested[1:]).all()
    assert (nested >= probability).all()
    for c in range(len(array)):
        assert torch.equal(nested[c], probability[c:].amax(0))
    assert torch.equal(nest(nested), nested)


@given(PROBABILITIES)
def test_uncertainty_is_in_unit_range_and_zero_exactly_where_all_is_decided(array):
    uncertainty = uncertainty_map(torch.from_numpy(array))
    assert ((uncertainty >= 0) & (uncertainty <= 1)).all()
    decided = np.isin(array, (0, 1)).all(0)
    assert (uncertainty.numpy()[decided] == 0).all()
    assert uncertainty_map(torch.full((3, 1, 1, 1), 0.5)) == 1.0


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(np.float32, (3, 3, 2, 2), elements=st.floats(-9, 9, width=32)))
def test_label_codes_regions_and_probabilities_say_the_same(logits):
    prediction = to_prediction(torch.from_numpy(logits))
    labels = LABEL_MAPS["brats2018"]
    regions = prediction.regions.numpy()
    assert np.array_equal(labels.to_regions(labels.to_codes(regions)), regions)
    assert torch.equal(prediction.regions, prediction.probability > 0.5)


@pytest.mark.parametrize("batch_size", [2, 5])
def test_windows_at_a_time_change_nothing(batch_size):
    torch.manual_seed(0)
    network, image = Voxelwise(), torch.randn(4, 20, 9, 13)
    torch.testing.assert_close(
        predict_logits(network, image, (8, 8, 8), batch_size=batch_size),
        predict_logits(network, image, (8, 8, 8)),
    )


def test_an_image_kept_in_half_precision_is_predicted_in_full():
    torch.manual_seed(0)
    network, image = Voxelwise(), torch.randn(4, 9, 9, 9).half()
    logits = predict_logits(network, image, (8, 8, 8))
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits, predict_logits(network, image.float(), (8, 8, 8)))


class Greedy(Voxelwise):
    """It runs out of memory with more than `most` windows at a time."""

    most = 1

    def forward(self, image):
        if len(image) > self.most:
            raise torch.OutOfMemoryError("out of memory")
        return super().forward(image)


def test_where_memory_is_short_windows_go_one_by_one():
    torch.manual_seed(0)
    network, image = Greedy(), torch.randn(4, 20, 9, 13)
    torch.testing.assert_close(
        predict_logits(network, image, (8, 8, 8), batch_size=4),
        predict_logits(network, image, (8, 8, 8)),
    )
    assert network.training


def test_a_window_that_does_not_fit_at_all_is_an_error_and_leaves_the_network_as_it_was():
    network = Greedy()
    network.most = 0
    with pytest.raises(torch.OutOfMemoryError):
        predict_logits(network, torch.randn(4, 9, 9, 9), (8, 8, 8))
    assert network.training


def test_regions_that_are_not_nested_keep_their_own_probabilities():
    logits = torch.tensor([-2.0, 3.0]).reshape(2, 1, 1, 1)
    assert to_prediction(logits, is_nested=False).regions.flatten().tolist() == [False, True]
    assert to_prediction(logits).regions.flatten().tolist() == [True, True]
