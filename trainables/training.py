"""The training loop: epochs of steps, each epoch judged on validation cases and reported."""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import torch

from trainables.balance import make_balance
from trainables.checkpoint import TrainState, load_state, save_state
from trainables.compute.compiling import make_forward
from trainables.compute.device import find_device, set_up_process
from trainables.compute.memory import memory_errors
from trainables.compute.precision import autocast, find_precision, make_scaler
from trainables.config import TrainConfig, check_shares
from trainables.data.patches import PatchSampler
from trainables.data.preparing import Prepared
from trainables.data.preprocessing import PreparedCase
from trainables.data.sampling import SamplingConfig
from trainables.diagnostics import Diagnostics
from trainables.ema import WeightAverage
from trainables.epoch import Epoch
from trainables.evaluation import band_distance, evaluate_case, mean_metrics
from trainables.evaluation.scores import score_case
from trainables.gramian import last_layer
from trainables.inference import predict_logits, to_prediction
from trainables.networks import make_network
from trainables.optimiser import make_optimiser
from trainables.pacer import Pacer
from trainables.probe import Probe
from trainables.ranks import ALONE, Ranks, joined_ranks
from trainables.report import Leaves, Report
from trainables.updates.run import Run
from trainables.updates.step import train_step

Metrics = dict[str, float]

Stay = Callable[[], None]

PROBE_SEED = 0
"""Of the patches that are probed: not the run's own seed, so that runs over seeds compare."""

_SMALLER = "lower `batch_size` (and raise `accumulate`), `patch_size` or `network.filters`."


def train_epochs(
    config: TrainConfig, data: Prepared, report: Report, checkpoint: Path | None = None
) -> None:
    """Train on ``data.train`` and report after every epoch, from `checkpoint` on if there is one.

    A report holds the metrics of `evaluate_case` over the validation cases, `train_loss`, loss
    and weight of each shell (``loss/shell_0``, ``weight/shell_0``) averaged over the epoch,
    `pace`, what `Diagnostics` and `Probe` measure (``diagnostics/...``), and `seconds` of wall
    time, those of its steps alone in ``seconds/training``; the last epoch's also holds
    ``test/...``, all measures of `score_case` over the test cases. On one CPU and thread count,
    the same configuration gives the same weights bit for bit, whether or not it was interrupted.

    With ``data.preprocessing.spacing_mm`` validation and test metrics are those of the resampled
    grid, where the resampled label is the reference. So runs of different spacings do not compare
    by them: ``trainables predict`` and ``trainables evaluate`` score on each case's own grid.

    Where the host has to leave its machine (see `Leaves`) it does so after any step or case, with
    the state of that step; what was judged of that epoch is judged again.

    Where several processes train together (see `trainables.ranks`), each calls this; they share
    the patches of a batch and the cases that judge, and rank 0 alone reports. Where it leaves, the
    others end with SystemExit.

    Raises:
        DivergenceError: a loss or a gradient is not finite.
        OutOfMemoryError: something of it does not fit into memory.
        LostRankError: another of the processes has ended.
        ParameterError: the device is not there, or the checkpoint is damaged, or of other data.
    """
    device = find_device(config.device)
    set_up_process(config.compute, device)
    with joined_ranks(device.type) as ranks, memory_errors(_SMALLER):
        check_shares(config.batch_size, ranks.size)
        state = make_state(config, data, device, ranks)
        if checkpoint is not None:
            load_state(state, checkpoint)
        run = make_run(config, data, state, ranks)
        _train_epochs(state, run, data, report)


def make_state(
    config: TrainConfig, data: Prepared, device: torch.device, ranks: Ranks = ALONE
) -> TrainState:
    """Everything that changes while training, as it is before the first step."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = make_network(config.network, len(data.modalities), len(data.regions)).to(device)
    example = torch.zeros(1, len(data.modalities), *config.network.smallest_patch, device=device)
    precision = find_precision(config.compute, device, config.patch_size)
    decay = config.optimiser.ema_decay
    return TrainState(
        network=network,
        optimiser=make_optimiser(config.optimiser, network.parameters()),
        balance=make_balance(config.loss, config.curriculum.shells),
        sampler=PatchSampler(
            data.train,
            config.patch_size,
            config.batch_size,
            config.sampling,
            config.seed,
            augmentation=config.augmentation,
            device=device,
            share=ranks.share,
        ),
        pacer=Pacer(config.curriculum),
        diagnostics=Diagnostics(config.diagnostics, last_layer(network, example)),
        modalities=data.modalities,
        labels=data.labels,
        data_digest=data.digest,
        split_digest=data.split.digest,
        scaler=make_scaler(precision, device),
        average=WeightAverage(network, decay) if decay else None,
    )


def make_run(config: TrainConfig, data: Prepared, state: TrainState, ranks: Ranks = ALONE) -> Run:
    """Everything that does not change while training, on the device where `state` is."""
    device = next(state.network.parameters()).device
    forward = make_forward(state.network, config.compute, device)
    precision = find_precision(config.compute, device, config.patch_size)
    return Run(config, device, precision, forward, data.is_nested, ranks)


def _train_epochs(state: TrainState, run: Run, data: Prepared, report: Report) -> None:
    config = run.config
    probe = _make_probe(config, data, run.device) if run.ranks.is_first else None
    stay = _make_stay(state, run, report)
    while state.under_way is not None or state.epoch < config.epochs:
        epoch = state.under_way = state.under_way or Epoch()
        trained = _train_epoch(state, run, epoch, stay)
        _share_statistics(state, run.ranks)
        metrics = _evaluate(state, run, data.validation, data.regions, stay) | trained
        metrics |= _look_around(probe, state, config)
        if state.epoch == config.epochs:
            tested = _evaluate(state, run, data.test, data.regions, stay, is_final=True)
            metrics |= {f"test/{name}": value for name, value in tested.items()}
        metrics["seconds"] = epoch.seconds
        run.ranks.check_equal(state.network.state_dict().values())
        state.under_way = None
        if run.ranks.is_first:
            is_saved = state.epoch % config.save_every == 0 or state.epoch == config.epochs
            report(metrics, state.epoch, partial(save_state, state) if is_saved else None)


def _make_stay(state: TrainState, run: Run, report: Report) -> Stay:
    """What is called between steps and between cases, and does not return where the host leaves.

    Of processes that train together all call it as often as one another, and end by the same call.
    """
    ranks = run.ranks
    host = report if ranks.is_first and isinstance(report, Leaves) else None
    if not ranks.from_first(host is not None):
        return lambda: None

    def stay() -> None:
        if not ranks.from_first(host is not None and host.leaving()):
            return
        _bring_together(state, run)
        if host is not None:
            host.leave(partial(save_state, state))
        sys.exit(0)

    return stay


def _bring_together(state: TrainState, run: Run) -> None:
    """Make the state of the first process that of all, in the midst of an epoch.

    Running statistics may be averaged at any step: they are linear in those of each batch.
    """
    _share_statistics(state, run.ranks)
    if state.under_way is not None:
        own = Epoch.noise_on(run.device)
        state.under_way.noise = run.ranks.join([own])


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


def _train_epoch(state: TrainState, run: Run, epoch: Epoch, stay: Stay) -> Metrics:
    """The steps of `epoch` that are still to do; the means over all of what is worth watching."""
    if epoch.trained is not None:
        return epoch.trained
    config = run.config
    total = config.epochs * config.steps_per_epoch
    state.network.train()
    with _noise_of_epoch(state.epoch, run, epoch):
        for step in range(len(epoch.rows), config.steps_per_epoch):
            progress = (state.epoch * config.steps_per_epoch + step) / total
            batches = [state.sampler.draw() for _ in range(config.accumulate)]
            epoch.rows.append(train_step(state, run, batches, progress))
            stay()
    state.epoch += 1
    watched = {**state.diagnostics.metrics(), "pace": state.pacer.pace}
    epoch.trained = mean_metrics(epoch.rows) | watched | {"seconds/training": epoch.seconds}
    return epoch.trained


@contextmanager
def _noise_of_epoch(number: int, run: Run, epoch: Epoch) -> Iterator[None]:
    """Within it torch's global generators, which dropout draws from, belong to this epoch.

    They are seeded by `seed`, epoch and rank, or as `epoch` left them, so that a resumed run draws
    what it would have drawn, and are left as they were.
    """
    devices = [run.device] if run.device.type == "cuda" else []
    seeds = np.random.SeedSequence([run.config.seed, number, run.ranks.rank])
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(int(seeds.generate_state(1, np.uint64)[0]) >> 1)
        epoch.restore_noise(run.ranks.rank, run.device)
        yield


def _share_statistics(state: TrainState, ranks: Ranks) -> None:
    """Make running statistics (batch norm) the mean over processes, which each saw its patches."""
    for network in (state.network, state.judged):
        ranks.average([buffer for buffer in network.buffers() if buffer.is_floating_point()])


def _evaluate(
    state: TrainState,
    run: Run,
    cases: Sequence[PreparedCase],
    regions: Sequence[str],
    stay: Stay,
    is_final: bool = False,
) -> Metrics:
    """The mean metrics of the network over `cases`, which all processes share."""
    rows, own = [], run.ranks.share(cases)
    for number in range(math.ceil(len(cases) / run.ranks.size)):  # all ask as often
        stay()
        if number < len(own):
            rows.append(_evaluate_one(state, run, own[number], regions, is_final))
    return mean_metrics(run.ranks.join(rows))


def _evaluate_one(
    state: TrainState, run: Run, case: PreparedCase, regions: Sequence[str], is_final: bool
) -> Metrics:
    config = run.config
    with autocast(run.precision, run.device):
        logits = predict_logits(
            state.judged, case.image, config.window, config.window_overlap, _num_windows(config)
        )
    prediction = to_prediction(logits, run.is_nested)
    masks = prediction.regions.numpy(), case.label.numpy()
    if is_final:
        probability = prediction.probability.numpy()
        return score_case(*masks, case.spacing_mm, config.evaluation, regions, probability)
    return evaluate_case(*masks, case.spacing_mm, config.evaluation, regions)


def _num_windows(config: TrainConfig) -> int:
    """How many windows are predicted at once: no more voxels than a batch has, which did fit.

    Four are a third faster than one by one, and more no faster.
    """
    batch = config.batch_size * math.prod(config.patch_size)
    return min(4, max(1, batch // math.prod(config.window)))
