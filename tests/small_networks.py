"""One small network or more of each kind: who adds a kind lists it here, and it is tested."""

from trainables.networks import NetworkConfig

SMALL_NETWORKS = [
    NetworkConfig(kind="unet", filters=4, levels=2),
    NetworkConfig(kind="unet", filters=2, levels=3, residual_units=1, norm="group"),
    NetworkConfig(kind="segresnet", filters=4, levels=3),
    NetworkConfig(kind="segresnet_ds", filters=4, levels=2),
    NetworkConfig(kind="segresnet_ds", filters=2, levels=4, deep_supervision=3),
    NetworkConfig(kind="dynunet", filters=2, levels=3),
    NetworkConfig(
        kind="dynunet",
        filters=2,
        levels=4,
        residual_units=1,
        deep_supervision=3,
        spacing_mm=(1.0, 1.0, 3.0),
    ),
    NetworkConfig(kind="swinunetr", filters=12, attention_depth=1, attention_window=2),
    NetworkConfig(kind="mednext", filters=2),
    NetworkConfig(kind="mednext", filters=2, deep_supervision=5, checkpointing=True),
]


def network_name(config):
    """A name for the test of a network."""
    return f"{config.kind}-{config.levels}-{config.residual_units}-{config.deep_supervision}"
