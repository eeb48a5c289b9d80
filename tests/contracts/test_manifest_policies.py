"""What every pod of every manifest keeps to, as Pod Security "restricted" and we ask."""

import json
import re

import pytest
import yaml
from rendered import CASES, all_containers, all_pods, case_name, every_mapping, rendered

# KubeRay gives the containers of Ray probes that fit its version; the submitter ends by itself
PROBED_BY_KUBERAY = {"ray-head", "ray-worker", "autoscaler", "ray-job-submitter"}


@pytest.fixture(params=CASES, ids=case_name)
def objects(request):
    return rendered(*request.param).objects


def test_every_container_there_is_comes_under_these_policies(objects):
    seen = {id(container) for _, container in all_containers(objects)}
    for mapping in (m for item in objects for m in every_mapping(item)):
        for key in ("containers", "initContainers", "ephemeralContainers"):
            assert all(id(container) in seen for container in mapping.get(key, []))
    assert {name.rpartition(".")[2] for name, _ in all_containers(objects)} >= {
        "ray-head",
        "ray-worker",
        "ray-job-submitter",
    }


def test_no_pod_runs_as_root_or_with_any_system_call(objects):
    for owner, path, template in all_pods(objects):
        context = template["spec"]["securityContext"]
        assert context["runAsNonRoot"] is True, (owner["kind"], path)
        assert context["runAsUser"] > 0
        assert context["runAsGroup"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}


def test_no_container_gains_rights_or_writes_to_its_image(objects):
    for name, container in all_containers(objects):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name


def test_every_container_has_a_tmp_to_write_to(objects):
    for name, container in all_containers(objects):
        mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
        assert not mounts["/tmp"].get("readOnly"), name


def test_no_pod_shares_anything_with_its_node(objects):
    for owner, path, template in all_pods(objects):
        spec = template["spec"]
        assert not {"hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"} & set(spec)
        for volume in spec["volumes"]:
            (kind,) = set(volume) - {"name"}
            assert kind in ("emptyDir", "persistentVolumeClaim", "configMap", "projected"), (
                owner["kind"],
                path,
            )


def test_what_pods_write_to_their_node_has_a_limit(objects):
    for _, _, template in all_pods(objects):
        for volume in template["spec"]["volumes"]:
            if "emptyDir" in volume:
                assert volume["emptyDir"]["sizeLimit"], volume["name"]


def test_every_container_states_what_it_needs_and_may_use_at_most(objects):
    for name, container in all_containers(objects):
        for part in ("requests", "limits"):
            assert {"cpu", "memory"} <= set(container["resources"][part]), (name, part)


def test_every_container_is_probed(objects):
    for name, container in all_containers(objects):
        if name.rpartition(".")[2] not in PROBED_BY_KUBERAY:
            assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container), name


def test_every_image_has_a_tag_that_stays_what_it_is(objects):
    images = [m["image"] for o in objects for m in every_mapping(o) if "image" in m]
    assert images
    for image in images:
        assert re.search(r":[\w.-]+$", image), image
        assert not image.endswith(":latest")


def test_the_autoscaler_alone_has_a_token_for_the_api_server(objects):
    for account in (o for o in objects if o["kind"] == "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False
    holders = []
    for _, _, template in all_pods(objects):
        assert template["spec"]["automountServiceAccountToken"] is False
        for volume in template["spec"]["volumes"]:
            if "serviceAccountToken" in json.dumps(volume):
                holders += [
                    name
                    for name, container in all_containers(objects)
                    if volume["name"] in {m["name"] for m in container["volumeMounts"]}
                ]
    is_scaled = any(name == "RayJob.autoscaler" for name, _ in all_containers(objects))
    assert holders == (["RayJob.autoscaler"] if is_scaled else [])


def test_no_pod_of_these_is_given_rights_by_a_manifest(objects):
    assert not [o for o in objects if "Role" in o["kind"]]


def test_no_secret_is_in_clear(objects):
    assert not [o for o in objects if o["kind"] == "Secret"]
    for mapping in (m for item in objects for m in every_mapping(item)):
        if re.search("PASSWORD|SECRET|TOKEN|KEY", str(mapping.get("name", ""))):
            assert set(mapping) == {"name", "valueFrom"}, mapping
            assert set(mapping["valueFrom"]) == {"secretKeyRef"}
    assert not re.search(r"://[^/\s:@]+:[^/\s@]+@", json.dumps(objects))


def test_calls_to_ray_need_a_token(objects):
    (job,) = (o for o in objects if o["kind"] == "RayJob")
    assert job["spec"]["rayClusterSpec"]["authOptions"] == {"mode": "token"}


def test_every_volume_that_is_mounted_is_there_and_every_one_there_is_mounted(objects):
    for owner, path, template in all_pods(objects):
        volumes = {volume["name"] for volume in template["spec"]["volumes"]}
        inside = list(template["spec"]["containers"])
        if path.endswith("headGroupSpec.template"):
            inside.append(owner["spec"]["rayClusterSpec"].get("autoscalerOptions", {}))
        claims = owner["spec"].get("volumeClaimTemplates", [])
        mounted = {m["name"] for container in inside for m in container.get("volumeMounts", [])}
        assert mounted == volumes | {claim["metadata"]["name"] for claim in claims}, path


def test_every_reference_between_the_objects_leads_somewhere(objects):
    there = {(o["kind"], o["metadata"]["name"]) for o in objects}
    for _, _, template in all_pods(objects):
        spec = template["spec"]
        assert ("ServiceAccount", spec["serviceAccountName"]) in there
        for volume in spec["volumes"]:
            if "persistentVolumeClaim" in volume:
                claim = volume["persistentVolumeClaim"]["claimName"]
                assert ("PersistentVolumeClaim", claim) in there
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in there


def test_no_service_or_policy_selects_pods_that_are_not_there(objects):
    labels = [template["metadata"]["labels"] for _, _, template in all_pods(objects)]
    labels.append({**labels[-1], "ray.io/node-type": "head"})  # as KubeRay labels the head
    for item in objects:
        selector = item.get("spec", {}).get("selector") or item.get("spec", {}).get("podSelector")
        wanted = (selector or {}).get("matchLabels", selector) or {}
        if item["kind"] in ("Service", "NetworkPolicy", "PodDisruptionBudget"):
            assert any(wanted.items() <= pod.items() for pod in labels), item["metadata"]["name"]


def test_the_data_cannot_be_changed_by_any_pod(objects):
    for _, container in all_containers(objects):
        for mount in container["volumeMounts"]:
            assert mount["name"] != "data" or mount["readOnly"] is True


def test_the_recipe_that_the_command_reads_is_in_the_manifest(objects):
    (job,) = (o for o in objects if o["kind"] == "RayJob")
    head = job["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    (mount,) = (m for m in head["containers"][0]["volumeMounts"] if m["name"] == "recipe")
    (volume,) = (v for v in head["volumes"] if v["name"] == "recipe")
    (recipe,) = (
        o["data"]
        for o in objects
        if o["kind"] == "ConfigMap" and o["metadata"]["name"] == volume["configMap"]["name"]
    )
    (key,) = recipe
    assert job["spec"]["entrypoint"].startswith(f"pareto-search run {mount['mountPath']}/{key} ")
    assert yaml.safe_load(recipe[key])["name"] == job["metadata"]["name"]
