"""Networks for volumes by name, and the one door to MONAI's.

The kinds and their sizes, by default options, for 4 modalities and 3 regions:

================  ==========  =======================================  ===========
kind              parameters  edges of a patch                         outputs
================  ==========  =======================================  ===========
``unet``           1 318 091  multiples of 2 ** (levels - 1)           1
``segresnet``      2 931 731  multiples of 2 ** (levels - 1)           1
``segresnet_ds``   3 211 251  multiples of 2 ** (levels - 1)           levels - 1
``dynunet``        5 603 555  multiples of 2 ** (levels - 1), or less  levels - 1
``swinunetr``     62 201 253  multiples of 32                          1
``mednext``        5 551 043  multiples of 16                          5
================  ==========  =======================================  ===========

"Outputs" is the most that deep supervision may have; ``levels`` is 4. A patch leaves at least two
voxels at the last resolution, see `check_patch_size`. `dynunet` pools axes of thick slices less
often, see `plan_strides`.
"""

from trainables.networks.building import make_network
from trainables.networks.config import NetworkConfig
from trainables.networks.patch_size import check_patch_size
from trainables.networks.strides import plan_kernels, plan_strides

__all__ = ["NetworkConfig", "check_patch_size", "make_network", "plan_kernels", "plan_strides"]
