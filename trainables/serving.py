"""How MLflow (`mlflow.pyfunc`) loads and calls an exported model; nothing of MLflow is needed here.

A model that `pareto-search pick NAME --register MODEL` put into the registry answers like this::

    model = mlflow.pyfunc.load_model("models:/MODEL@pareto-knee")
    probability = model.predict(volume, params={"spacing_mm": [1.0, 1.0, 1.0], "axes": "RAS"})

- `volume`: float32, modalities x X x Y x Z, intensities as stored in the scan's files. Modalities
  in the order of training: ``model.metadata.metadata["modalities"]``.
- `spacing_mm`: millimetres between voxels along X, Y and Z.
- `axes`: where X, Y and Z lead, a letter each: R or L (the patient's right, left), A or P
  (anterior, posterior), S or I (superior, inferior). A NIfTI file's are
  ``nibabel.aff2axcodes(image.affine)``.
- `output`: ``probability`` (the default), float32, regions x X x Y x Z in [0, 1], the regions as
  ``model.metadata.metadata["labels"]`` names them; or ``labels``, uint8, X x Y x Z, label codes.

Orientation, spacing, intensities and cropping are brought to what the network was trained with,
and the answer lies on the grid of `volume`: as `trainables predict` does. Weights are read as
tensors; no code that lies beside them is run. The first accelerator is used where there is one.
"""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, final

import numpy as np
import numpy.typing as npt
import torch

from trainables.bundle import Bundle, load_bundle, read_params
from trainables.compute.device import find_device
from trainables.data.cases import Volume
from trainables.ensemble import predict_volume
from trainables.errors import ParameterError
from trainables.spacing import check_spacing

OUTPUTS = ("probability", "labels")
DEFAULTS = {"spacing_mm": [1.0, 1.0, 1.0], "axes": "RAS", "output": OUTPUTS[0]}
"""Parameters of a prediction."""

_LEADS = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}
"""The scanner's axis that each letter runs along, and whether up or down it."""


def describe_serving(bundle: Path) -> dict[str, Any]:
    """How the model in the folder `bundle` is loaded and called, as JSON values.

    Raises:
        ParameterError: the folder is no bundle of this version, or is damaged.
    """
    content = read_params(bundle)
    modalities, labels = content["modalities"], content["labels"]
    packages = ("torch", "monai", "numpy")
    pinned = [f"{name}=={version(name).partition('+')[0]}" for name in packages]
    return {
        "loader": __name__,
        "inputs": {"dtype": "float32", "shape": [len(modalities), -1, -1, -1]},
        "outputs": {"dtype": "float32", "shape": [len(labels), -1, -1, -1]},
        "params": DEFAULTS,
        "requirements": [f"pareto-search[segmentation]=={version('pareto-search')}", *pinned],
        "metadata": {"modalities": modalities, "labels": labels},
    }


@final
class ServedModel:
    """Holds a model on its device."""

    def __init__(self, bundle: Bundle) -> None:
        """Predict with `bundle`."""
        self._bundle = bundle

    def predict(
        self,
        model_input: npt.NDArray[np.float32],
        params: Mapping[str, Any] | None = None,
    ) -> npt.NDArray[np.generic]:
        """What the model says of a volume; see above for shapes and parameters.

        Raises:
            ParameterError: a parameter cannot be used, or the volume has another number of axes or
                modalities than the model.
            DataError: the volume has voxels that are not finite, or an empty modality.
        """
        given = {**DEFAULTS, **(params or {})}
        output = given["output"]
        if output not in OUTPUTS:
            raise ParameterError(
                f"Parameter `output` should be one of {', '.join(OUTPUTS)}. Found `{output}`."
            )
        prediction = predict_volume([self._bundle], self._volume(np.asarray(model_input), given))
        if output == "labels":
            return self._bundle.labels.to_codes(prediction.regions.numpy())
        return prediction.probability.numpy()

    def _volume(self, voxels: npt.NDArray[np.generic], given: Mapping[str, Any]) -> Volume:
        modalities = self._bundle.modalities
        if voxels.ndim != 4 or len(voxels) != len(modalities):
            raise ParameterError(
                f"A volume should have shape {len(modalities)} x X x Y x Z, for the modalities "
                f"{', '.join(modalities)}. Found {' x '.join(map(str, voxels.shape))}."
            )
        affine = affine_of(given["axes"], given["spacing_mm"])
        image = torch.from_numpy(np.ascontiguousarray(voxels, dtype=np.float32))
        x, y, z = map(float, given["spacing_mm"])
        return Volume("input", image, None, (x, y, z), affine)


def affine_of(axes: str, spacing_mm: list[float]) -> npt.NDArray[np.float64]:
    """From voxel index to scanner mm, 4 x 4, along `axes` with steps of `spacing_mm`.

    >>> affine_of("LPS", [1.0, 2.0, 3.0]).diagonal().tolist()
    [-1.0, -2.0, 3.0, 1.0]

    Raises:
        ParameterError: `axes` is not three letters, one for each direction, or a spacing is not
            above 0.
    """
    check_spacing(spacing_mm, 3, least_axes=3)
    leads = [_LEADS.get(letter) for letter in str(axes).upper()]
    if sorted(lead[0] for lead in leads if lead) != [0, 1, 2] or len(leads) != 3:
        raise ParameterError(
            "Parameter `axes` should be three letters: R or L, A or P, S or I, in the order of the "
            f"volume's axes. Found `axes = {axes}`."
        )
    affine = np.zeros((4, 4))
    affine[3, 3] = 1.0
    for column, (lead, step) in enumerate(zip(leads, spacing_mm, strict=True)):
        row, sign = lead or (column, 1)
        affine[row, column] = sign * float(step)
    return affine


def _load_pyfunc(path: str) -> ServedModel:
    """The model in the folder `path`: MLflow finds this function by its name."""
    bundle = load_bundle(Path(path))
    bundle.network.to(find_device("auto"))
    return ServedModel(bundle)
