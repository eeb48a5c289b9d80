"""The training loop: epochs of steps, each epoch judged on validation cases and reported."""

import math
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from trainables.balance import make_balance
from trainables.checkpoint import TrainState, load_state, save_state
from trainables.compact import to_mm
from trainables.config import TrainConfig
from trainables.curriculum import shell_index
from trainables.data.patches import Batch, PatchSampler
from trainables.data.preprocessing import Prepared, PreparedCase
from trainables.data.sampling import SamplingConfig
from trainables.deep_supervision import supervised_losses
from trainables.diagnostics import Diagnostics
from trainables.errors import DivergenceError, ParameterError
from trainables.evaluation import band_distance, evaluate_case, mean_metrics
from trainables.fuzzy import fuzzy_label
from trainables.gramian import gradient_gramian, last_layer
from trainables.inference import predict_logits, to_prediction
from trainables.losses import shell_losses
from trainables.networks import make_network
from trainables.optimiser import learning_rate, make_optimiser, set_learning_rate
from trainables.pacer import Pacer
from trainables.probe import Probe
from trainables.report import Report

Metrics = dict[str, float]

PROBE_SEED = 0
"""Of the patches that are probed: not the run's own seed, so that runs over seeds compare."""


def train_epochs(
    config: TrainConfig, data: Prepared, report: Report, checkpoint: Path | None = None
) -> None:
    """Train on ``data.train`` and report after every epoch, from `checkpoint` on if there is one.

    A report holds the metrics of `evaluate_case` over the validation cases, `train_loss`, loss
    and weight of each shell (``loss/shell_0``, ``weight/shell_0``) averaged over the epoch,
    `pace`, what `Diagnostics` and `Probe` measure (``diagnostics/...``), and `seconds` of wall
    time, those of its steps alone in ``seconds/training``; the last epoch's also holds
    ``test/...``. On one CPU and thread count, the same configuration gives the same weights bit
    for bit, whether or not it was interrupted.

    Raises:
        DivergenceError: a loss or a gradient is not finite.
        ParameterError: the device is not there, or the checkpoint does not fit.
    """
    device = find_device(config.device)
    state = make_state(config, data, device)
    if checkpoint is not None:
        load_state(state, checkpoint)
    probe = _make_probe(config, data, device)
    for epoch in range(state.epoch + 1, config.epochs + 1):
        began = time.perf_counter()
        trained = _train_epoch(state, config, data.is_nested, device)
        metrics = _evaluate(state, config, data.validation, data.regions) | trained
        metrics |= _look_around(probe, state, config)
        if epoch == config.epochs:
            tested = _evaluate(state, config, data.test, data.regions)
            metrics |= {f"test/{name}": value for name, value in tested.items()}
        metrics["seconds"] = time.perf_counter() - began
        report(metrics, epoch, partial(save_state, state))


def find_device(name: str) -> torch.device:
    """The device called `name`; ``auto`` is an accelerator where there is one.

    Raises:
        ParameterError: ``cuda`` is asked for and not there.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise ParameterError(
            "Parameter `device` should name a device of this machine. "
            "Found `device = cuda` and no accelerator: use auto or cpu."
        )
    return torch.device(name)


def make_state(config: TrainConfig, data: Prepared, device: torch.device) -> TrainState:
    """Everything that changes while training, as it is before the first step."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = make_network(config.network, len(data.modalities), len(data.regions)).to(device)
    example = torch.zeros(1, len(data.modalities), *(2 * config.network.stride,) * 3, device=device)
    return TrainState(
        network=network,
        optimiser=make_optimiser(config.optimiser, network.parameters()),
        balance=make_balance(config.loss, config.curriculum.shells),
        sampler=PatchSampler(
            data.train, config.patch_size, config.batch_size, config.sampling, config.seed
        ),
        pacer=Pacer(config.curriculum),
        diagnostics=Diagnostics(config.diagnostics, last_layer(network, example)),
        modalities=data.modalities,
        labels=data.labels,
    )


def _make_probe(config: TrainConfig, data: Prepared, device: torch.device) -> Probe | None:
    """Patches around lesions, the same for all runs that compare; None where none are asked for.

    They depend on the training cases (so on the data and how they are split), on `patch_size` and
    `diagnostics.probe_patches`; their two sides on `evaluation.band_mm` besides. On nothing else:
    not on `seed`, nor on any parameter of labels, curriculum, loss, network or optimiser.
    """
    count = config.diagnostics.probe_patches
    if not (config.diagnostics.enabled and count):
        return None
    around = SamplingConfig(foreground=1.0)
    sampler = PatchSampler(data.train, config.patch_size, count, around, PROBE_SEED)
    places = sampler.draw_places()
    batch = sampler.cut(places).to(device)
    band_mm, patches = config.evaluation.band_mm, []
    for place in places:  # kept distances would not do: they are rounded, and end at 7.9 mm
        case = data.train[place.number]
        phi = band_distance(case.label, case.spacing_mm, band_mm)
        patches.append(place.cut(phi, beyond=-math.inf))
    return Probe(batch.image, batch.label, torch.stack(patches).to(device), band_mm)


def _look_around(probe: Probe | None, state: TrainState, config: TrainConfig) -> Metrics:
    """What the probe tells, at the end of an epoch that is to end with one."""
    settings = config.diagnostics
    if probe is None or (state.epoch % settings.probe_every and state.epoch < config.epochs):
        return {}
    found = probe.metrics(state.network, settings.probe_radius)
    return {f"diagnostics/probe/{name}": value for name, value in found.items()}


def _train_epoch(
    state: TrainState, config: TrainConfig, is_nested: bool, device: torch.device
) -> Metrics:
    """One epoch of steps; the means of what is worth watching."""
    total = config.epochs * config.steps_per_epoch
    state.network.train()
    began, rows = time.perf_counter(), []
    for step in range(config.steps_per_epoch):
        progress = (state.epoch * config.steps_per_epoch + step) / total
        batch = state.sampler.draw().to(device)
        rows.append(_train_step(state, config, batch, progress, is_nested))
    state.epoch += 1
    seconds = time.perf_counter() - began
    watched = state.diagnostics.metrics()
    return mean_metrics(rows) | watched | {"pace": state.pacer.pace, "seconds/training": seconds}


def _train_step(
    state: TrainState, config: TrainConfig, batch: Batch, progress: float, is_nested: bool
) -> Metrics:
    """Update the weights once; `progress` is the part of training done before, in [0, 1)."""
    losses = _losses(state, config, batch, is_nested)
    weights = list(state.network.parameters())
    admitted = state.pacer.admission(progress).to(losses.device)
    state.pacer.observe(losses[0])
    state.diagnostics.observe(losses, admitted)
    loss = state.balance(losses, admitted, lambda: gradient_gramian(losses, weights))
    set_learning_rate(state.optimiser, learning_rate(progress, config.optimiser))
    state.optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    norm = torch.nn.utils.clip_grad_norm_(state.network.parameters(), config.optimiser.clip_norm)
    _refuse_divergence(loss, norm, state.epoch + 1)
    state.optimiser.step()
    return {"train_loss": float(loss.detach())} | {
        f"{name}/shell_{k}": value
        for name, values in (("loss", losses), ("weight", state.balance.weights))
        for k, value in enumerate(values.tolist())
    }


def _losses(state: TrainState, config: TrainConfig, batch: Batch, is_nested: bool) -> Tensor:
    """The loss of each shell, (K,)."""
    phi, depth = to_mm(batch.phi), to_mm(batch.depth)
    label = fuzzy_label(batch.label, phi, depth, batch.spacing_mm, config.fuzzy, is_nested)
    num_shells = config.curriculum.shells
    shells = shell_index(label.coordinate, num_shells)
    loss = config.loss
    return supervised_losses(
        state.network(batch.image),
        lambda logits: shell_losses(
            logits, label, shells, num_shells, loss.gamma, loss.dice, loss.smoothing
        ),
    )


def _refuse_divergence(loss: Tensor, norm: Tensor, epoch: int) -> None:
    found = float(loss.detach()), float(norm)
    if not all(math.isfinite(number) for number in found):
        raise DivergenceError(
            "Loss and gradient should be finite. Found loss {:g} and gradient norm {:g} in epoch "
            "{}: lower `optimiser.learning_rate`.".format(*found, epoch)
        )


def _evaluate(
    state: TrainState,
    config: TrainConfig,
    cases: Sequence[PreparedCase],
    regions: Sequence[str],
) -> Metrics:
    """The mean metrics of the network over `cases`."""
    state.network.eval()
    rows = []
    for case in cases:
        logits = predict_logits(state.network, case.image, config.window, config.window_overlap)
        rows.append(
            evaluate_case(
                to_prediction(logits).regions.numpy(),
                case.label.numpy(),
                case.spacing_mm,
                config.evaluation,
                regions,
            )
        )
    return mean_metrics(rows)
