"""What a trial's process and machine are busy with."""

import sys
import time
from types import SimpleNamespace

import pytest

from pareto_search.execution.system_metrics import SystemMetrics


class FakeError(Exception):
    pass


def fake_nvml(count):
    """NVIDIA's library with `count` GPUs of 80 GB, each half full; none: no driver."""

    def begin():
        if not count:
            raise FakeError

    return SimpleNamespace(
        NVMLError=FakeError,
        nvmlInit=begin,
        nvmlDeviceGetCount=lambda: count,
        nvmlDeviceGetHandleByIndex=lambda number: number,
        nvmlDeviceGetMemoryInfo=lambda _: SimpleNamespace(used=40e9, total=80e9),
        nvmlDeviceGetUtilizationRates=lambda number: SimpleNamespace(gpu=90 + number),
    )


def test_a_busy_process_and_its_memory_are_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)  # is not installed
    watch = SystemMetrics()
    held, until = bytes(200_000_000), time.process_time() + 0.3
    while time.process_time() < until:
        pass
    found = watch.sample()
    assert found["system/process_cpu_percentage"] > 20
    assert found["system/process_memory_megabytes"] > len(held) / 1e6
    used = found["system/system_memory_usage_megabytes"]
    assert used > found["system/process_memory_megabytes"] * 0.5
    for name in ("cpu_utilization", "system_memory_usage"):
        assert 0 <= found[f"system/{name}_percentage"] <= 100
    assert not any("gpu" in name for name in found)


def test_every_gpu_is_told_under_mlflows_names(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml(2))
    found = SystemMetrics().sample()
    assert {name: value for name, value in found.items() if "gpu" in name} == {
        "system/gpu_0_utilization_percentage": 90.0,
        "system/gpu_0_memory_usage_megabytes": pytest.approx(40e3),
        "system/gpu_0_memory_usage_percentage": pytest.approx(50.0),
        "system/gpu_1_utilization_percentage": 91.0,
        "system/gpu_1_memory_usage_megabytes": pytest.approx(40e3),
        "system/gpu_1_memory_usage_percentage": pytest.approx(50.0),
    }


def test_a_machine_without_the_driver_has_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml(0))
    assert not any("gpu" in name for name in SystemMetrics().sample())
