"""What each kind of network is by default, and which of the options it offers."""

from dataclasses import dataclass
from typing import Literal

KindName = Literal["unet", "segresnet", "segresnet_ds", "dynunet", "swinunetr", "mednext"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its own width and norm, and the names of the options that change something in it.

    `levels` is how many resolutions it has where that is fixed, and None where it is an option.
    """

    filters: int
    norm: str
    offers: frozenset[str]
    levels: int | None = None


def _kind(filters: int, norm: str, offers: str, levels: int | None = None) -> Kind:
    return Kind(filters, norm, frozenset({"kind", "filters", *offers.split()}), levels)


KINDS: dict[KindName, Kind] = {
    "unet": _kind(16, "instance", "levels residual_units dropout norm activation"),
    "segresnet": _kind(16, "group", "levels dropout norm activation"),
    "segresnet_ds": _kind(16, "group", "levels deep_supervision norm activation"),
    "dynunet": _kind(
        32,
        "instance",
        "levels residual_units deep_supervision dropout norm activation spacing_mm",
    ),
    "swinunetr": _kind(
        48,
        "instance",
        "dropout norm attention_depth attention_heads attention_window checkpointing",
        levels=6,
    ),
    "mednext": _kind(32, "group", "deep_supervision variant kernel_size checkpointing", levels=5),
}
