"""Whatever an allocator raises is one typed error; whatever else is raised is left as it is."""

import pytest
import torch
from balls import SMALL, make_data

from trainables.compute.memory import memory_errors
from trainables.config import load_train_config
from trainables.errors import OutOfMemoryError
from trainables.training import train_epochs


def allocate_too_much():
    torch.empty(2**62, dtype=torch.uint8)


def raise_as_an_accelerator_does():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nMore of it.")


def list_too_much():
    return [None] * 2**62


@pytest.mark.parametrize("act", [allocate_too_much, raise_as_an_accelerator_does, list_too_much])
def test_want_of_memory_is_one_error_on_every_device(act):
    with pytest.raises(OutOfMemoryError, match=r"^Training should fit .*: buy more\.$"):  # noqa: SIM117
        with memory_errors("buy more."):
            act()


def test_other_errors_are_left_alone():
    with pytest.raises(RuntimeError, match=r"^size mismatch$"), memory_errors("none."):
        raise RuntimeError("size mismatch")


def test_training_with_a_patch_beyond_memory_says_what_to_lower():
    params = {**SMALL, "patch_size": [65536] * 3, "window_size": [12] * 3}
    with pytest.raises(OutOfMemoryError, match=r"lower `batch_size`.* `patch_size`"):
        train_epochs(load_train_config(params), make_data(), lambda *_: None)


def test_keeping_freed_memory_changes_no_number():
    rows = []
    for keeps in (False, True):
        params = {**SMALL, "epochs": 1, "compute": {"keep_memory": keeps}}
        train_epochs(
            load_train_config(params),
            make_data(),
            lambda row, _step, _save: rows.append(row["train_loss"]),
        )
    assert rows[0] == rows[1]
