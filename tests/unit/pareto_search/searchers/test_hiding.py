import subprocess
import sys
import threading

import pytest

from pareto_search.searchers.hiding import hidden

LOOK = "import sys, pareto_search.searchers.optuna_importance; print('sklearn' in sys.modules)"


def test_another_thread_finds_what_is_hidden_from_this_one():
    sys.modules.pop("wsgiref", None)
    sys.modules.pop("wsgiref.util", None)
    found = []

    def look():
        import wsgiref.util

        found.append(wsgiref.util)

    with hidden("wsgiref"):
        other = threading.Thread(target=look)
        other.start()
        other.join()
    assert found


def test_afterwards_it_is_found_again_also_after_an_error():
    sys.modules.pop("wsgiref", None)
    sys.modules.pop("wsgiref.util", None)
    with pytest.raises(ModuleNotFoundError, match="hidden"), hidden("wsgiref"):
        import wsgiref.util
    import wsgiref.util

    assert wsgiref.util


def test_importance_is_imported_without_what_serves_forests():
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
