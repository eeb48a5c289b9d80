"""The front of two losses as rows come one by one, and the area it dominates.

Sorted by the first loss, nondominated points fall in the second: a staircase. A new row is placed
by bisection and looks at the steps it removes only, so N rows cost O(N log N) comparisons
together, where computing front and area anew at each would cost N times that.
"""

from bisect import bisect_left

Row = tuple[float, ...]
"""Losses of one trial; here two of them."""


class Staircase:
    """Holds the different nondominated points, how often each came, and their area.

    `area` is what they dominate up to `reference`, in the losses' units; points that are not
    better than it on both losses add nothing to it, and are on the front all the same. The same
    rows in the same order give the same number to the last digit. Within rounding, of which
    nothing adds up over the rows (Kahan's summation), it is that of the front computed at once.

    >>> steps = Staircase((1.0, 1.0))
    >>> for row in [(0.0, 0.5), (0.5, 0.5), (0.5, 0.0)]:
    ...     steps.add(row)
    >>> steps.area, len(steps)
    (0.75, 2)
    """

    __slots__ = ("_firsts", "_lost", "_reference", "_seconds", "_twins", "area", "num_twins")

    def __init__(self, reference: Row) -> None:
        """Begin with no row; `reference` is finite."""
        self._reference = reference
        self._firsts: list[float] = []  # rising
        self._seconds: list[float] = []  # falling
        self._twins: dict[float, int] = {}  # by the first loss
        self.num_twins = 0
        self.area = 0.0
        self._lost = 0.0

    def __len__(self) -> int:
        """How many rows are on the front; equal ones all are."""
        return len(self._firsts) + self.num_twins

    def add(self, new: Row) -> None:
        """The next row, of finite losses."""
        first, second = new
        firsts, seconds = self._firsts, self._seconds
        at = bisect_left(firsts, first)
        if at and seconds[at - 1] <= second:
            return  # dominated
        if at < len(firsts) and firsts[at] == first and seconds[at] <= second:
            self._add_twin(first, seconds[at] == second)
            return
        end = at
        while end < len(seconds) and seconds[end] >= second:
            end += 1
        if first < self._reference[0] and second < self._reference[1]:
            self._gain(first, second, at, end)
        if self._twins:
            self._forget_twins(firsts[at:end])
        if at == end:
            firsts.insert(at, first)
            seconds.insert(at, second)
        else:
            firsts[at:end] = [first]
            seconds[at:end] = [second]

    def _add_twin(self, first: float, is_equal: bool) -> None:
        if is_equal:
            self._twins[first] = self._twins.get(first, 0) + 1
            self.num_twins += 1

    def _gain(self, first: float, second: float, at: int, end: int) -> None:
        """Add the area below the old steps `at` to `end`, which go, and above the new one."""
        width, height = self._reference
        ceiling = min(self._seconds[at - 1], height) if at else height
        left, gained = first, 0.0
        for step in range(at, end):
            right = min(self._firsts[step], width)
            gained += (right - left) * (ceiling - second)
            left, ceiling = right, min(self._seconds[step], ceiling)
        right = min(self._firsts[end], width) if end < len(self._firsts) else width
        gained += (right - left) * (ceiling - second) - self._lost
        total = self.area + gained
        self._lost = (total - self.area) - gained
        self.area = max(total, self.area)

    def _forget_twins(self, removed: list[float]) -> None:
        for first in removed:
            self.num_twins -= self._twins.pop(first, 0)
