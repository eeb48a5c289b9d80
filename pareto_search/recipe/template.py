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

constraints: []                         # of the space, or of metrics of the last report:
  # - x0 + x1 <= 1.5                    # never proposed otherwise
  # - gpu_memory_gib <= 40              # learned by the searcher; never on the front otherwise

baselines:                              # points tried first and marked on every front
  - {x0: 0.5, x1: 0.5}

warm_start: []                          # earlier sweeps, by name or path, to learn from

searcher:
  kind: auto                            # what suits the sweep, or portfolio, tpe, gp, random,
                                        # qmc, nsga2, nsga3, agemoea, smsemoa, moead or rnsga2
  engine: auto                          # optuna or pymoo, where both have the algorithm
  mode: steady_state                    # or generational (pymoo)
  population: 16                        # evolutionary: trials in the population
  startup: 8                            # tpe, gp: random trials before the model is trusted
  aspiration: []                        # rnsga2: objective values to come near to
  prefetch: auto                        # most proposals ahead of a free worker, if it is slow

scheduler: null                         # or, to stop hopeless trials early by one objective:
#   kind: asha                          # one in `reduction` trials goes on at each rung
#   objective: f1
#   time_attr: step                     # what rungs are counted in: steps of reports
#   grace: 1                            # the first rung; each next is `reduction` times as far
#   reduction: 3
#   max_steps: 50                       # of a whole trial

budget:
  trials: 32                            # in all; the first budget that is used up ends it
  concurrent: auto                      # at once; auto: as many as the resources hold
  wall_time: null                       # no limit; or seconds, or 90s, 30m, 2h; with resumes
  gpu_hours: null                       # no limit; hours of work times gpus, over all trials
  cpu_hours: null
  stagnation: null                      # or {trials: 20, tolerance: 0.002}: end where the
                                        # hypervolume rose by less than 0.2 % over 20 trials

resources:                              # of one trial
  cpu: 1
  gpu: 0                                # may be a part: 0.5 puts two trials on one
  memory_gib: null
  custom: {}                            # or {scanner: 0.5}: of what `ray start --resources` named
  reuse_actors: true                    # keep a worker process for the next trial

failures:
  retries: 2                            # runs again after a worker was lost
  tolerate: 0.25                        # part of the trials that may fail in a good sweep

seeds:
  sweep: 0                              # of the searcher, and of every trial as its `seed`
  repeats: 1                            # trials of a configuration: seeds sweep, sweep + 1, ...

tracking:
  uri: null                             # MLflow; else MLFLOW_TRACKING_URI, else SQLite in storage
  experiment: null                      # the sweep's name by default
  models: front                         # logged models of the front, with weights; or picked:
                                        # weights of registered ones only; or none
  system_metrics: false                 # processor, memory and GPUs beside each report

storage: null                           # directory of all results; `results` by default
"""
