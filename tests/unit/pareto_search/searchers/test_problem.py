"""What a recipe sets its searcher."""

from pareto_search.recipe.config import SweepConfig
from pareto_search.searchers import problem_of


def test_values_of_objectives_reach_the_searcher_as_losses():
    config = SweepConfig.model_validate(
        {
            "name": "demo",
            "trainable": "a.b:c",
            "objectives": [
                {"name": "error", "reference": 2},
                {"name": "dice", "direction": "maximize", "reference": 0.1},
            ],
            "space": {"x": {"type": "float", "low": 0, "high": 1}},
            "searcher": {"kind": "rnsga2", "aspiration": [[0.5, 0.9], [1.5, 0.95]]},
            "budget": {"trials": 3},
        }
    )
    problem = problem_of(config)
    assert problem.aspiration == ((0.5, -0.9), (1.5, -0.95))
    assert problem.reference == (2, -0.1)
