import pytest

from pareto_search.manifests.rules.images import is_fixed, is_reference

DIGEST = "sha256:" + "0f" * 32


@pytest.mark.parametrize(
    "image",
    [
        "pareto-search:0.1.0",
        "localhost:5000/a_b/c--d.e:1.2-x_Y",
        "[::1]:5000/p:1",
        "Registry.Example/p:1",
        f"r.example/p:1@{DIGEST}",
        f"p@{DIGEST}",
    ],
)
def test_every_form_that_runtimes_read_is_taken(image):
    assert is_reference(image)
    assert is_fixed(image)


@pytest.mark.parametrize(
    "image",
    ["", ":1", "p:", "p:1 ", "p:-1", "/p:1", "p/:1", "r.example/P:1", "a..b:1", "a___b:1",
     "http://r.example/p:1", "r.example:port/p:1", f"p:1@{DIGEST[:-1]}", f"p:1@{DIGEST}0",
     "p" * 256 + ":1", "p:" + "1" * 129, "p:1\n"],
)  # fmt: skip
def test_what_runtimes_do_not_read_is_not(image):
    assert not is_reference(image)
