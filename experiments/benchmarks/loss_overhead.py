"""What the method costs: a training step with all of it, against MONAI's DiceLoss + BCE.

    python experiments/benchmarks/loss_overhead.py

One SegResNet, one batch, one optimiser; the steps take turns, and the figure is the ratio of their
totals. The timed steps hold as many looks at the last layer as training has in as many steps, and a
curriculum is on. Peak memory is that of a process of its own for each. The table is written to
`loss_overhead.md` beside this file.
"""

import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import torch
import typer
from monai.losses import DiceLoss
from torch import Tensor, nn

from trainables.balance import LossConfig, make_balance
from trainables.compact import to_mm
from trainables.compute.config import ComputeConfig
from trainables.compute.precision import find_precision
from trainables.config import TrainConfig
from trainables.curriculum import shell_index
from trainables.data.distances import compact_distances
from trainables.data.patches import Batch
from trainables.diagnostics import Diagnostics
from trainables.fuzzy import fuzzy_label
from trainables.gramian import gradient_gramian, last_layer
from trainables.losses import shell_losses
from trainables.networks import NetworkConfig, make_network
from trainables.pacer import Pacer

HERE = Path(__file__).parent
KINDS = ("monai", "method")
SPACING_MM = (1.0, 1.0, 1.0)

Step = Callable[[], None]


def main(
    size: Annotated[int, typer.Option(help="Voxels along each edge of a patch.")] = 96,
    filters: Annotated[int, typer.Option(help="Of the SegResNet at full resolution.")] = 16,
    repeats: Annotated[int, typer.Option(help="Pairs of steps; tens, for a look in each.")] = 10,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    out: Annotated[Path, typer.Option(help="Where the table goes.")] = HERE / "loss_overhead.md",
    only: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Time and weigh both steps, print the table and write it."""
    place = torch.device(device)
    if only:
        print(json.dumps({"peak_gib": peak_memory(make_step(only, size, filters, place), place)}))
        return
    ratios, seconds = time_pairs(size, filters, place, repeats)
    peaks = {kind: measure_alone(kind, size, filters, device) for kind in KINDS}
    table = describe(size, filters, place, ratios, seconds, peaks)
    out.write_text(table)
    print(table)


def make_step(kind: str, size: int, filters: int, device: torch.device) -> Step:
    """A step of training with the loss `kind`, on a network and a batch of its own."""
    torch.manual_seed(0)
    config = NetworkConfig(kind="segresnet", filters=filters, levels=4)
    network = make_network(config, 4, 3).to(device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-4)
    batch = make_batch(size).to(device)
    loss_of = monai_loss(batch) if kind == "monai" else method_loss(batch, network)

    def step() -> None:
        optimiser.zero_grad()
        with torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device, size)):
            logits = network(batch.image)
        loss_of(logits).backward()
        optimiser.step()
        if device.type == "cuda":
            torch.cuda.synchronize()

    return step


def make_batch(size: int) -> Batch:
    """Two patches with three nested balls and a small one."""
    grid = torch.stack(torch.meshgrid(*[torch.linspace(-1, 1, size)] * 3, indexing="ij"))
    radius = grid.norm(dim=0)
    small = (grid - 0.7).norm(dim=0) < 0.08
    label = torch.stack([(radius < r) | small for r in (0.6, 0.4, 0.3)])
    phi, depth = compact_distances(label, SPACING_MM)
    image = torch.randn(2, 4, size, size, size)
    pairs = (torch.stack([each, each]) for each in (label, phi, depth))
    return Batch(image, *pairs, torch.tensor([SPACING_MM] * 2))


def monai_loss(batch: Batch) -> Callable[[Tensor], Tensor]:
    """The peer, in single precision as it should be."""
    dice, entropy = DiceLoss(sigmoid=True), nn.BCEWithLogitsLoss()

    def loss(logits: Tensor) -> Tensor:
        target = batch.label.float()
        return dice(logits.float(), target) + entropy(logits.float(), target)

    return loss


def method_loss(batch: Batch, network: nn.Module) -> Callable[[Tensor], Tensor]:
    """All of the method, as `trainables.training` runs it: the defaults, and a curriculum."""
    config = TrainConfig.model_validate({"data": {"root": "."}, "curriculum": {"warmup": 0.8}})
    balance = make_balance(LossConfig(), config.curriculum.shells)
    pacer = Pacer(config.curriculum)
    watched = Diagnostics(
        config.diagnostics, last_layer(network, batch.image[:1, :, :16, :16, :16])
    )
    parameters = list(network.parameters())

    def loss(logits: Tensor) -> Tensor:
        phi, depth = to_mm(batch.phi), to_mm(batch.depth)
        label = fuzzy_label(batch.label, phi, depth, batch.spacing_mm, config.fuzzy, nested=True)
        shells = shell_index(label.coordinate, config.curriculum.shells)
        losses = shell_losses(logits, label, shells, config.curriculum.shells)
        admission = pacer.admission(0.5).to(losses.device)
        pacer.observe(losses[0])
        watched.observe(losses, admission)
        return balance(losses, admission, lambda: gradient_gramian(losses, parameters))

    return loss


def has_bfloat16(device: torch.device, size: int) -> bool:
    """Whether training here would choose bfloat16, for patches of this size."""
    return find_precision(ComputeConfig(), device, (size,) * 3) == torch.bfloat16


def time_pairs(
    size: int, filters: int, device: torch.device, repeats: int
) -> tuple[list[float], dict[str, list[float]]]:
    """The ratios of neighbouring steps, and the seconds of each kind."""
    steps = {kind: make_step(kind, size, filters, device) for kind in KINDS}
    seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for turn in range(repeats + 1):
        for kind in KINDS if turn % 2 else reversed(KINDS):
            began = time.perf_counter()
            steps[kind]()
            if turn:  # the first warms up
                seconds[kind].append(time.perf_counter() - began)
    pairs = zip(seconds["method"], seconds["monai"], strict=True)
    return [mine / theirs for mine, theirs in pairs], seconds


def peak_memory(step: Step, device: torch.device) -> float:
    """GiB at the most while stepping three times."""
    for _ in range(3):
        step()
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measure_alone(kind: str, size: int, filters: int, device: str) -> float:
    """The peak of a process that does nothing else."""
    command = [sys.executable, __file__, "--only", kind, "--size", str(size)]
    command += ["--filters", str(filters), "--device", device]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)["peak_gib"])


def describe(
    size: int,
    filters: int,
    device: torch.device,
    ratios: list[float],
    seconds: dict[str, list[float]],
    peaks: dict[str, float],
) -> str:
    precision = "bfloat16 autocast" if has_bfloat16(device, size) else "float32"
    total = sum(seconds["method"]) / sum(seconds["monai"])
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.machine()
    lines = [
        "# A training step with the whole method against MONAI's DiceLoss + BCE",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {name}, {torch.get_num_threads()} threads, torch "
        f"{torch.__version__}, {precision}. SegResNet with {filters} filters, batch 2 of 4 x "
        f"{size}^3, {len(ratios)} pairs of steps in turns.",
        "",
        "| step | median s | min | max | peak GiB |",
        "|---|---|---|---|---|",
    ]
    for kind in KINDS:
        took = seconds[kind]
        lines.append(
            f"| {kind} | {statistics.median(took):.3f} | {min(took):.3f} | {max(took):.3f} | "
            f"{peaks[kind]:.2f} |"
        )
    lines += [
        "",
        f"Time: x{total:.3f} of the totals (pairs: median {statistics.median(ratios):.3f}, "
        f"{min(ratios):.3f} to {max(ratios):.3f}). Peak memory: "
        f"x{peaks['method'] / peaks['monai']:.3f}.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    typer.run(main)
