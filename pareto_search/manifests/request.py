"""What a manifest is asked for, beside its recipe."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `k8s render`.

    `overlays` are laid over the base in their order. `image` is what all pods of Ray and MLflow
    run, `repository:tag`. `storage` and `data` are where pods find the sweeps and the data; of each
    the claim is one that exists already, or the one in the manifests, which then asks for
    `storage_class`. `queue` is a LocalQueue that exists. None stands for what is chosen here.
    """

    overlays: tuple[str, ...] = ("cpu",)
    image: str | None = None
    namespace: str = "pareto"
    storage: str = "/sweeps"
    storage_claim: str | None = None
    data: str = "/data"
    data_claim: str | None = None
    storage_class: str | None = None
    trials_per_pod: int | None = None
    max_workers: int | None = None
    mlflow_uri: str | None = None
    queue: str | None = None
    operator_namespace: str = "kuberay-system"
    is_sweep_only: bool = False
