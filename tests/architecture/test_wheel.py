"""What is installed is whole: the manifests of k8s/ are in the wheel."""

import zipfile

from hatchling.builders.wheel import WheelBuilder


def test_the_wheel_holds_every_file_of_k8s(repository, tmp_path):
    (wheel,) = WheelBuilder(str(repository)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        inside = {
            name.removeprefix("pareto_search/manifests/k8s/"): archive.read(name)
            for name in archive.namelist()
            if name.startswith("pareto_search/manifests/k8s/")
        }
    k8s = repository / "k8s"
    files = (file for file in k8s.rglob("*") if file.is_file())
    assert inside == {str(file.relative_to(k8s)): file.read_bytes() for file in files}
