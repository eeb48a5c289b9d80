"""Commands of Kubernetes."""

from typing import Annotated

import typer

from pareto_search.cli.options import Recipe, Settings

app = typer.Typer()
k8s = typer.Typer(no_args_is_help=True, help="Sweeps on Kubernetes.")
app.add_typer(k8s, name="k8s")


@k8s.callback()
def _group() -> None:
    """Sweeps on Kubernetes."""


@k8s.command()
def render(
    recipe: Recipe,
    settings: Settings = None,
    overlay: Annotated[
        list[str] | None,
        typer.Option(help="cpu (default), gpu, spot, kueue, s3-data, external-mlflow; may be given "
                     "again.", metavar="NAME"),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the sweep.")] = None,
    image: Annotated[
        str | None, typer.Option(help="Image of all pods of Ray and MLflow.", metavar="IMAGE:TAG")
    ] = None,
    namespace: Annotated[str, typer.Option(help="Namespace, of the sweeps alone.")] = "pareto",
    storage: Annotated[str, typer.Option(help="Where pods find all sweeps.")] = "/sweeps",
    storage_claim: Annotated[
        str | None, typer.Option(help="A volume claim that exists, for the sweeps.")
    ] = None,
    data: Annotated[
        str, typer.Option(help="Where pods find the data, and relative paths start.")
    ] = "/data",
    data_claim: Annotated[
        str | None, typer.Option(help="A volume claim that exists, with the data.")
    ] = None,
    storage_class: Annotated[
        str | None, typer.Option(help="Class of new volumes: one that many nodes write to.")
    ] = None,
    trials_per_pod: Annotated[
        int | None, typer.Option(min=1, help="Trials that share a worker pod; else what fits well.")
    ] = None,
    max_workers: Annotated[
        int | None, typer.Option(min=1, help="Worker pods at most; else for all trials at once.")
    ] = None,
    mlflow_uri: Annotated[
        str | None, typer.Option(help="With external-mlflow: the server, without any password.")
    ] = None,
    queue: Annotated[
        str | None, typer.Option(help="With kueue: a LocalQueue that exists.")
    ] = None,
    operator_namespace: Annotated[
        str, typer.Option(help="Where KubeRay's operator runs.")
    ] = "kuberay-system",
    sweep_only: Annotated[
        bool, typer.Option("--sweep-only", help="Only what is of this sweep alone.")
    ] = False,
) -> None:  # fmt: skip
    """Print the manifest that runs a recipe, for kubectl apply -f -."""
    from pareto_search.commands.rendering import render_recipe
    from pareto_search.manifests.request import Request

    request = Request(
        overlays=tuple(dict.fromkeys(overlay or ["cpu"])),
        image=image,
        namespace=namespace,
        storage=storage,
        storage_claim=storage_claim,
        data=data,
        data_claim=data_claim,
        storage_class=storage_class,
        trials_per_pod=trials_per_pod,
        max_workers=max_workers,
        mlflow_uri=mlflow_uri,
        queue=queue,
        operator_namespace=operator_namespace,
        is_sweep_only=sweep_only,
    )
    render_recipe(recipe, settings or [], name, request)
