"""Finished sweeps whose trials left models, and a look at what MLflow has of these."""

import json

from recording import HandSweep

from pareto_search.tracking.mirror import Mirror


def make_sweep(folder, **changes):
    """A sweep of `served.train`, whose models are one factor each."""
    return HandSweep(folder, **{"trainable": "served:train", **changes})


def trial(sweep, index, f1, f2, has_checkpoint=True):
    """A whole trial whose checkpoint says which factor it learnt."""
    place = f"ray/c{index}"
    folder = sweep.directory.path / place
    folder.mkdir(parents=True)
    (folder / "state.json").write_text(json.dumps({"factor": index + 2.0}))
    sweep.begin(index)
    sweep.report(index, 1, 0.9, 0.9)
    sweep.report(index, 2, f1, f2)
    sweep.end(index, f1, f2, checkpoint=place if has_checkpoint else None)


def finish(sweep, uri):
    """Record all of `sweep` as its end does; what could not be had of its models."""
    mirror = Mirror(sweep.directory, sweep.config, uri)
    mirror.finish()
    return mirror.log_models()


def models(store):
    """Of each logged model that is not deleted: id, whether ready, place and tags, by name."""
    rows = store.ask(
        "SELECT name, model_id, status, artifact_location FROM logged_models "
        "WHERE lifecycle_stage = 'active' ORDER BY name"
    )
    tags = "SELECT tag_key, tag_value FROM logged_model_tags WHERE model_id = ?"
    return {
        name: {"id": key, "is_ready": status == 2, "place": place, **dict(store.ask(tags, key))}
        for name, key, status, place in rows
    }
