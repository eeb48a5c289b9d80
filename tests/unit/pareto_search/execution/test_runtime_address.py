import socket
import time

import pytest

from pareto_search.errors import UnreachableError
from pareto_search.execution.runtime import ray_runtime


def test_a_port_where_nobody_listens_is_told_at_once_with_a_way_out():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    began = time.monotonic()
    with (
        pytest.raises(UnreachableError, match="Connection refused") as refused,
        ray_runtime(address),
    ):
        raise AssertionError
    assert time.monotonic() - began < 10
    assert address in str(refused.value)
    assert "ray start --head" in str(refused.value)
