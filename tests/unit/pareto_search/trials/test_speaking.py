"""What a trainable logs while it is asked is heard on stderr, and its package's alone."""

import logging

from pareto_search.trials.speaking import heard


def test_a_person_sees_what_the_package_is_busy_with(capsys, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest has set up some
    with heard("some_package.module:train"):
        logging.getLogger("some_package.data").info("fetching data: %d of %d files", 3, 9)
        logging.getLogger("another").info("chatter")
    logging.getLogger("some_package.data").info("afterwards")
    assert capsys.readouterr().err == "fetching data: 3 of 9 files\n"


def test_a_program_that_says_where_its_logs_go_keeps_its_way(capsys):
    with heard("some_package.module:train"):  # pytest has said so
        logging.getLogger("some_package.data").info("fetching")
    assert capsys.readouterr().err == ""
