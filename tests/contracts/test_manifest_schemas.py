"""Every manifest that `k8s render` writes is one that Kubernetes, KubeRay and Kueue know."""

import copy
import json
from functools import cache
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml
from conftest import NEEDS_CRDS, SHARED_CRDS
from rendered import CASES, case_name, rendered

KUBERNETES = "1.36"
CUSTOM = ("ray.io/", "kueue.x-k8s.io/")


@pytest.fixture(params=CASES, ids=case_name)
def objects(request):
    return rendered(*request.param).objects


def test_kubernetes_own_kinds_are_valid_to_the_last_key(objects):
    kinds = [item for item in objects if not item["apiVersion"].startswith(CUSTOM)]
    assert len(kinds) > 10
    for item in kinds:
        check_own(json.dumps(item))


def test_a_misspelt_key_of_a_deployment_is_found():
    item = copy.deepcopy(next(o for o in rendered().objects if o["kind"] == "Deployment"))
    item["spec"]["template"]["spec"]["container"] = []
    with pytest.raises(kubernetes_validate.ValidationError, match="container"):
        check_own(json.dumps(item))


def test_the_kinds_of_kuberay_and_kueue_are_valid_to_the_last_key(objects):
    kinds = [item for item in objects if item["apiVersion"].startswith(CUSTOM)]
    assert [item["kind"] for item in kinds].count("RayJob") == 1
    for item in kinds:
        validator(item["apiVersion"], item["kind"]).validate(item)


def test_a_misspelt_key_of_a_ray_job_is_found():
    job = copy.deepcopy(next(o for o in rendered().objects if o["kind"] == "RayJob"))
    job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]["container"] = []
    with pytest.raises(jsonschema.ValidationError, match="container"):
        validator(job["apiVersion"], "RayJob").validate(job)


@cache
def check_own(text):
    """Check one object, and each only once: most are the same in every manifest."""
    kubernetes_validate.validate(json.loads(text), KUBERNETES, strict=True)


@cache
def validator(api_version, kind):
    """What checks an object against its CRD, in which no key that is not there is let through."""
    if not SHARED_CRDS.is_dir():
        pytest.skip(NEEDS_CRDS)
    group, version = api_version.split("/")
    folder = SHARED_CRDS / "kueue" if group.startswith("kueue") else SHARED_CRDS
    definition = read(folder / f"{group}_{kind.lower()}s.yaml")
    (schema,) = (
        v["schema"]["openAPIV3Schema"]
        for v in definition["spec"]["versions"]
        if v["name"] == version
    )
    schema["properties"]["metadata"] = {"type": "object"}
    return jsonschema.Draft202012Validator(closed(schema))


def read(path: Path):
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(), Loader=loader)


def closed(schema):
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    done = {key: closed(value) for key, value in schema.items()}
    is_object = schema.get("type") == "object" and isinstance(schema.get("properties"), dict)
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if is_object and not is_open:
        done["additionalProperties"] = False
    return done
