"""What every balance refuses, whatever its method: numbers that are not its shells'."""

import pytest
import torch

from trainables.balance import LossConfig, make_balance
from trainables.errors import ParameterError

KINDS = ("plain", "pareto_consistent", "mgda", "upgrad", "cagrad")
WRONG = [
    (torch.ones(2), torch.ones(3)),
    (torch.ones(3), torch.ones(2)),
    (torch.ones(2), torch.ones(2)),
    (torch.tensor(1.0), torch.ones(3)),
    (torch.ones(3), torch.tensor(1.0)),
    (torch.ones(1, 3), torch.ones(1, 3)),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("losses", "admission"), WRONG)
def test_losses_or_admissions_that_are_not_the_shells_are_refused_by_every_kind(
    kind, losses, admission
):
    balance = make_balance(LossConfig(kind=kind), 3)
    before = balance.state_dict()
    with pytest.raises(ParameterError) as caught:
        balance(losses, admission, lambda: torch.eye(3))
    assert str(caught.value) == (
        "Parameters `losses` and `admission` should be of shape (3,): one number for each shell. "
        f"Found {tuple(losses.shape)} and {tuple(admission.shape)}."
    )
    assert all(torch.equal(before[name], kept) for name, kept in balance.state_dict().items())


@pytest.mark.parametrize("kind", KINDS[2:])
@pytest.mark.parametrize("gramian", [torch.eye(2), torch.ones(3), torch.ones(3, 2)])
def test_a_gramian_of_other_losses_is_refused(kind, gramian):
    balance = make_balance(LossConfig(kind=kind), 3)
    with pytest.raises(ParameterError, match=r"`gramian` should answer with .*\(3, 3\)\. Found"):
        balance(torch.ones(3), torch.ones(3), lambda: gramian)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_right_is_taken_by_every_kind(kind):
    balance = make_balance(LossConfig(kind=kind), 3)
    assert balance(torch.ones(3), torch.ones(3), lambda: torch.eye(3)).isfinite()
