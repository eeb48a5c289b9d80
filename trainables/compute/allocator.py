"""Memory that training frees stays with the process, to be used by the next tensor.

A step on a processor makes and frees hundreds of tensors of megabytes. The allocator of glibc asks
the kernel for each that is large, and gives it back at once: the kernel then zeroes every page
anew, a fault for each 4 KiB, which can take most of a step.
"""

import ctypes

# parameters of mallopt(3), as malloc.h numbers them
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4

_LARGEST = 2**31 - 1
"""The largest value that mallopt takes, bytes."""

_LARGE = 2**30
"""Bytes from which a tensor is still the kernel's own: such are rare, and too dear to keep."""


def keep_freed_memory() -> bool:
    """Let glibc keep what is freed, in this process from now on; whether there is a glibc to ask.

    Numbers do not change. Elsewhere (macOS, musl, Windows) nothing happens. The memory stays with
    the process until it ends, as much as it ever held at once.

    >>> keep_freed_memory() in (True, False)
    True
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # another C library
        return False
    # before glibc 2.35 a threshold is at most 32 MiB: there no tensor at all is the kernel's own
    is_kept = mallopt(_MMAP_THRESHOLD, _LARGE) or mallopt(_MMAP_MAX, 0)
    return bool(is_kept and mallopt(_TRIM_THRESHOLD, _LARGEST))
