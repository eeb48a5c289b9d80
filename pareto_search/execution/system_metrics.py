"""What a trial and its machine are busy with, to stand beside what it reports.

Keys are those of MLflow, whose pages show all that begins with ``system/`` on a tab of its own;
those of the process are ours, since several trials share a machine.
"""

from collections.abc import Iterator

import psutil

_MB = 1e6
"""Bytes of a megabyte, as MLflow counts."""

Metrics = dict[str, float]


class SystemMetrics:
    """Holds this process; the first `sample` tells of the time since it was made."""

    def __init__(self) -> None:
        """Begin to measure."""
        self._process = psutil.Process()
        self._process.cpu_percent()
        psutil.cpu_percent()

    def sample(self) -> Metrics:
        """Means since the last sample for processors; for memory, how it stands now.

        ``system/cpu_utilization_percentage`` (0 to 100), ``system/system_memory_usage_megabytes``
        and ``..._percentage`` of the machine; ``system/process_cpu_percentage`` (100 is one core)
        and ``system/process_memory_megabytes`` (resident) of this process; of each GPU that
        NVIDIA's library tells of, ``system/gpu_0_utilization_percentage``,
        ``..._memory_usage_megabytes`` and ``..._memory_usage_percentage``.
        """
        memory = psutil.virtual_memory()
        return {
            "system/cpu_utilization_percentage": psutil.cpu_percent(),
            "system/system_memory_usage_megabytes": memory.used / _MB,
            "system/system_memory_usage_percentage": memory.percent,
            "system/process_cpu_percentage": self._process.cpu_percent(),
            "system/process_memory_megabytes": self._process.memory_info().rss / _MB,
            **{name: value for metrics in _gpus() for name, value in metrics.items()},
        }


def _gpus() -> Iterator[Metrics]:
    """Of every GPU; none without NVIDIA's library (nvidia-ml-py) or its driver."""
    try:
        import pynvml
    except ImportError:
        return
    try:
        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(n) for n in range(pynvml.nvmlDeviceGetCount())]
        for number, handle in enumerate(handles):
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            busy = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu
            key = f"system/gpu_{number}"
            yield {
                f"{key}_utilization_percentage": float(busy),
                f"{key}_memory_usage_megabytes": memory.used / _MB,
                f"{key}_memory_usage_percentage": 100 * memory.used / memory.total,
            }
    except pynvml.NVMLError:
        return
