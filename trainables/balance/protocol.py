"""What a balance is, and what a saved one holds."""

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from torch import Tensor

from trainables.errors import ParameterError

Gramian = Callable[[], Tensor]
LooksAt = Literal["nothing", "losses", "gradients"]


class Balance(Protocol):
    """Joins the shells' losses, once for each training step.

    Whatever the method, its gradient is ``sum_k omega_k grad F_k`` with ``omega_k >= 0``.

    Example::

        balance = make_balance(LossConfig(kind="upgrad"), num_shells=2)
        weights = list(network.parameters())
        loss = balance(losses, admission, lambda: gradient_gramian(losses, weights))
        loss.backward()
        omega_interior, omega_boundary = balance.weights.tolist()
    """

    @property
    def looks_at(self) -> LooksAt:
        """What the weights omega depend on besides admission."""
        ...

    @property
    def weights(self) -> Tensor:
        """The weights omega (K,) of the last step: its gradient is sum_k omega_k grad F_k."""
        ...

    def __call__(self, losses: Tensor, admission: Tensor, gramian: Gramian | None = None) -> Tensor:
        """One differentiable scalar from `losses` (K,) and `admission` (K,) in [0, 1], a_0 = 1.

        `gramian` answers with the inner products (K, K) of the losses' gradients. It costs a
        backward pass for each shell and is called only by the methods that look at gradients.

        Raises:
            ParameterError: a shape is not that of the K shells the balance was made for.
        """
        ...

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that `__call__` depends on, as tensors on the CPU."""
        ...

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on exactly as the balance that `state` was taken from."""
        ...


def check_shells(losses: Tensor, admission: Tensor, num_shells: int) -> None:
    """Refuse losses or admissions that are not one number for each of the shells.

    Else one number for all would be spread over the shells, and a wrong sum be trained.
    """
    found = (tuple(losses.shape), tuple(admission.shape))
    if set(found) != {(num_shells,)}:
        raise ParameterError(
            f"Parameters `losses` and `admission` should be of shape ({num_shells},): one number "
            f"for each shell. Found {found[0]} and {found[1]}."
        )


def check_keys(state: Mapping[str, Tensor], expected: set[str]) -> None:
    """Refuse a state of another kind of balance."""
    if set(state) != expected:
        raise ParameterError(
            f"Parameter `state` should hold {sorted(expected)}. Found {sorted(state)}."
        )
