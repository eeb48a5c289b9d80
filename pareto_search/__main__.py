"""``python -m pareto_search`` is the command `pareto-search`."""

from pareto_search.cli import main

if __name__ == "__main__":
    main()
