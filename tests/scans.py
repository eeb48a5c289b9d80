"""Scans on disk and networks whose answer is known, to see where each voxel ends up."""

import nibabel as nib
import numpy as np
import torch
from torch import nn

from trainables.bundle import Bundle
from trainables.config import load_train_config
from trainables.data.cases import Case
from trainables.data.labels import LabelMap

LESION = LabelMap.of({"lesion": {7}})
BRATS = LabelMap.of({"WT": {1, 2, 4}, "TC": {1, 4}, "ET": {4}})


class Copy(nn.Module):
    """Logits that are the first channels of the image, `scale` times."""

    def __init__(self, channels=1, scale=1.0):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(scale))
        self.channels = channels

    def forward(self, image):
        return self.scale * image[:, : self.channels]


def bundle_of(
    network,
    labels=LESION,
    modalities=("flair",),
    spacing_mm=None,
    window=16,
    precision="float32",
):
    """A model of `network` that sees windows of so many voxels along each axis."""
    params = {
        "data": {"root": "nowhere", "preprocessing": {"spacing_mm": spacing_mm}},
        "network": {"levels": 2},
        "compute": {"precision": precision},
        "patch_size": [window] * 3,
    }
    return Bundle(network, load_train_config(params), modalities, labels, "0" * 16)


def write_scan(path, voxels, affine, qform_code=1, sform_code=1):
    """A NIfTI file whose header says more than the grid, as real ones do."""
    image = nib.Nifti1Image(voxels, affine)
    image.set_qform(affine, qform_code)
    image.set_sform(affine, sform_code)
    image.header["cal_max"] = 4000
    image.header["descrip"] = b"scanner"
    image.header.set_xyzt_units("mm", "sec")
    nib.save(image, path)
    return path


def case_of(path, modalities=("flair",), channels=()):
    images, count = (path,) * len(modalities), max(1, len(channels))
    return Case("Case_1", "Case_1", images, modalities, channels=channels, num_channels=count)


def blob(shape, spread=0.15):
    """A head of intensities 1 to 3 with a bright part off its middle, zero around it."""
    places = np.stack(np.indices(shape), -1) / np.array(shape)
    head = (abs(places - 0.5) < 0.45).all(-1)
    bright = np.exp(-((places - [0.4, 0.55, 0.6]) ** 2).sum(-1) / (2 * spread**2))
    return np.where(head, 1 + 2 * bright, 0).astype(np.float32)
