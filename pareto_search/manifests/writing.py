"""A manifest as text: what `kubectl apply -f -` reads, with a few words for who reads it."""

from pareto_search.manifests.rendering import Rendered
from pareto_search.recipe.writing import write_plain


def manifest_text(rendered: Rendered) -> str:
    """All objects of `rendered` as one YAML stream, under a comment on how to use it."""
    namespace = rendered.objects[-1]["metadata"]["namespace"]
    where = f"kubectl -n {namespace}"
    head = (
        f"# The sweep of RayJob {rendered.name}, written by `pareto-search k8s render`.\n"
        "#   ... | kubectl apply -f -                          starts it, or leaves it as it is\n"
        f"#   {where} get rayjob {rendered.name}\n"
        f"#   {where} logs -f job/{rendered.name}\n"
        f"#   {where} delete rayjob {rendered.name}   stops it; applied again it carries on\n"
    )
    return head + "".join(f"---\n{write_plain(item)}" for item in rendered.objects)
