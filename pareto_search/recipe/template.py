"""The recipe that `pareto-search init` writes: every key there is, with what it means."""


def recipe_template() -> str:
    """A recipe that loads as it stands; optional sections show their defaults."""
    return _TEMPLATE


_TEMPLATE = """\
# yaml-language-server: $schema=recipe.schema.json
# A sweep: what is tried, how each trial is judged, and when to stop.
# Check it with `pareto-search validate`, start it with `pareto-search run`.

name: my-sweep                          # of the sweep and its directory under `storage`
trainable: trainables.toy:zdt1          # package.module:function(params, report, checkpoint)

objectives:                             # two or more; every report carries all of them
  - name: f1
    direction: minimize                 # or maximize
    reference: 1.1                      # worst value that counts, for the hypervolume; fixed
  - {name: f2, direction: minimize, reference: 7.0}

params: {}                              # fixed parameters of every trial, nested as you like

space:                                  # dotted key: what may be tried
  x0: {type: float, low: 0.0, high: 1.0}
  x1: {type: float, low: 0.0, high: 1.0}
  # width_mm: {type: float, low: 0.5, high: 4.0, log: true}
  # layers:   {type: int, low: 2, high: 6}
  # kind:     {type: choice, values: [a, b]}
  # tau:      {type: float, low: 0.1, high: 10, when: {kind: a}}   # only where kind is a
  # rate:     {type: float, low: 0.01, high: 1, prior: 0.1, confidence: high}   # likely near 0.1

baselines:                              # points tried first and marked on every front
  - {x0: 0.5, x1: 0.5}

searcher:
  kind: tpe                             # tpe, gp, random, qmc, nsga2, nsga3, agemoea, smsemoa,
                                        # moead or rnsga2
  engine: auto                          # optuna or pymoo, where both have the algorithm
  mode: steady_state                    # or generational (pymoo)
  population: 16                        # evolutionary: trials in the population
  startup: 8                            # tpe, gp: random trials before the model is trusted
  aspiration: []                        # rnsga2: objective values to come near to

budget:
  trials: 32                            # in all, baselines included
  concurrent: auto                      # at once; auto: as many as the resources hold
  wall_time: null                       # no limit; or seconds, or 90s, 30m, 2h

resources:                              # of one trial
  cpu: 1
  gpu: 0                                # may be a part: 0.5 puts two trials on one
  memory_gib: null
  reuse_actors: true                    # keep a worker process for the next trial

failures:
  retries: 2                            # runs again after a worker was lost
  tolerate: 0.25                        # part of the trials that may fail in a good sweep

seeds:
  sweep: 0                              # of the searcher, and of every trial as its `seed`

tracking:
  uri: null                             # MLflow; else MLFLOW_TRACKING_URI, else SQLite in storage
  experiment: null                      # the sweep's name by default

storage: null                           # directory of all results; `results` by default
"""
