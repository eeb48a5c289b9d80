"""A folder that `mlflow.pyfunc.load_model` loads: an exported bundle, and how it is called.

::

    FOLDER/MLmodel           the module that loads it, the signature, the metadata
    FOLDER/data/             the bundle
    FOLDER/requirements.txt  packages it needs
    FOLDER/python_env.yaml   the same for `mlflow models serve`
"""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pareto_search.errors import ParetoSearchError
from pareto_search.tracking.model_store import Model

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

DATA = "data"
_REQUIREMENTS = "requirements.txt"
_ENVIRONMENT = "python_env.yaml"


def describe_pyfunc(folder: Path, serving: Mapping[str, Any], model: Model, run_id: str) -> None:
    """Make a pyfunc model of `folder`, whose `DATA` holds a bundle that is called by `serving`.

    `serving` is what the trainable says, see `pareto_search.trials.exporting.Serves`. `model` is
    the logged model that the folder becomes, of the run `run_id`.

    Raises:
        ParetoSearchError: `serving` lacks something, or is not what MLflow understands.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model as Description

    try:
        described = Description(
            artifact_path=model.place,
            run_id=run_id,
            model_uuid=model.id,
            model_id=model.id,
            signature=_signature(serving),
            metadata=dict(serving.get("metadata", {})),
        )
        # as `mlflow.pyfunc.add_to_model` does, whose import takes seconds and warns
        described.add_flavor(
            "python_function",
            loader_module=serving["loader"],
            python_version=platform.python_version(),
            data=DATA,
            env={"virtualenv": _ENVIRONMENT},
        )
        requirements = [f"mlflow=={version('mlflow')}", *serving.get("requirements", ())]
    except (KeyError, TypeError, ValueError, MlflowException) as error:
        raise ParetoSearchError(
            "What `serving` of a trainable answers should hold `loader`, `inputs` and `outputs` "
            f"(each with `dtype` and `shape`) and defaults of `params`. Found {serving}: "
            f"{type(error).__name__}: {error}"
        ) from error
    described.save(str(folder / "MLmodel"))
    (folder / _REQUIREMENTS).write_text("\n".join(requirements) + "\n")
    environment = {
        "python": platform.python_version(),
        "build_dependencies": ["pip"],
        "dependencies": [f"-r {_REQUIREMENTS}"],
    }
    (folder / _ENVIRONMENT).write_text(yaml.safe_dump(environment, sort_keys=False))


def _signature(serving: Mapping[str, Any]) -> "ModelSignature":
    from mlflow.models import ModelSignature
    from mlflow.types import ParamSchema, ParamSpec

    defaults = serving.get("params", {})
    params = [
        ParamSpec(name, _type_of(value), value, (-1,) if isinstance(value, list) else None)
        for name, value in defaults.items()
    ]
    inputs, outputs = _tensor(serving["inputs"]), _tensor(serving["outputs"])
    if not params:
        return ModelSignature(inputs=inputs, outputs=outputs)
    return ModelSignature(inputs=inputs, outputs=outputs, params=ParamSchema(params))


def _tensor(described: Mapping[str, Any]) -> Any:  # noqa: ANN401  a Schema, of an untyped package
    import numpy as np
    from mlflow.types import Schema, TensorSpec

    shape: Sequence[int] = described["shape"]
    return Schema([TensorSpec(np.dtype(described["dtype"]), tuple(shape))])


def _type_of(default: object) -> str:
    """MLflow's name for the type of a parameter, by its default or the first of several."""
    value = default[0] if isinstance(default, list) else default
    names = {bool: "boolean", int: "long", float: "double", str: "string"}
    return names[type(value)]
