"""The front of two losses as rows come one by one, and the area it dominates.

Sorted by the first loss, nondominated points fall in the second: a staircase. A new row is placed
by bisection and looks at the steps it removes only, so N rows cost O(N log N) together, where
computing front and area anew at each would cost N times that.
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

    __slots__ = ("_lost", "_points", "_reference", "_twins", "area", "num_twins")

    def __init__(self, reference: Row) -> None:
        """Begin with no row; `reference` is finite."""
        self._reference = reference
        self._points: list[Row] = []  # first rising, second falling
        self._twins: dict[Row, int] = {}
        self.num_twins = 0
        self.area = 0.0
        self._lost = 0.0

    def __len__(self) -> int:
        """How many rows are on the front; equal ones all are."""
        return len(self._points) + self.num_twins

    def add(self, new: Row) -> None:
        """The next row, of finite losses."""
        points = self._points
        at = bisect_left(points, new)
        if at and points[at - 1][1] <= new[1]:
            return  # dominated
        end = at
        if end < len(points) and points[end] == new:
            self._twins[new] = self._twins.get(new, 0) + 1
            self.num_twins += 1
            return
        while end < len(points) and points[end][1] >= new[1]:
            end += 1
        if new[0] < self._reference[0] and new[1] < self._reference[1]:
            self._gain(new, at, end)
        if self._twins:
            self._forget_twins(points[at:end])
        points[at:end] = [new]

    def _gain(self, new: Row, at: int, end: int) -> None:
        """Add the area below the old steps `at` to `end`, which `new` removes, and above `new`."""
        width, height = self._reference
        ceiling = min(self._points[at - 1][1], height) if at else height
        left, gained = new[0], 0.0
        for first, second in self._points[at:end]:
            gained += (min(first, width) - left) * (ceiling - new[1])
            left, ceiling = min(first, width), min(second, ceiling)
        right = min(self._points[end][0], width) if end < len(self._points) else width
        gained += (right - left) * (ceiling - new[1])
        gained -= self._lost
        total = self.area + gained
        self._lost = (total - self.area) - gained
        self.area = max(total, self.area)

    def _forget_twins(self, removed: list[Row]) -> None:
        for point in removed:
            self.num_twins -= self._twins.pop(point, 0)
