"""The story of a journal in the order in which the searcher lived it."""

from collections.abc import Sequence

from pareto_search.storage.journal import Proposal, TrialRecord


def events_of(entries: Sequence[Proposal | TrialRecord]) -> list[Proposal | TrialRecord]:
    """The proposals and endings of `entries`, one of each for a trial, in the searcher's order.

    A point may have been asked for before its trial began, which is when its line was written:
    it comes right after the `known` endings that the searcher had been told of by then, or where
    its line stands in a journal that does not say. Endings of trials that never began are left
    out.
    """
    proposals: dict[str, tuple[int, Proposal]] = {}
    records: dict[str, TrialRecord] = {}
    for entry in entries:
        if isinstance(entry, Proposal):
            known = len(records) if entry.known < 0 else entry.known
            proposals.setdefault(entry.uid, (known, entry))
        elif entry.uid in proposals:
            records.setdefault(entry.uid, entry)
    # an ending with `number` endings before it follows the proposals that know so many
    ranked: list[tuple[int, int, Proposal | TrialRecord]]
    ranked = [(known, 0, entry) for known, entry in proposals.values()]
    ranked += [(number, 1, record) for number, record in enumerate(records.values())]
    return [event for _, _, event in sorted(ranked, key=lambda rank: rank[:2])]
