"""How each figure of a report is read."""

CAPTIONS = {
    "front": "A point is a trained trial; hover for its parameters, click for its run in MLflow. "
    "The line is the front, the shade what it dominates, whose size is the hypervolume.",
    "hypervolume": "How much the front had gained after each trial. A curve that is still rising "
    "at its end says that a larger budget may help.",
    "parts": "The same trade-off for each part that is judged. A trial of the sweep's front that "
    "lies off the dotted front of a part gives some of that part away for others.",
    "learning": "From the first step to the last, which is the point that the front shows.",
    "importance": "A bar that ends beyond its black mark tells more than luck: the mark is what a "
    "parameter reaches 1 time in 20 where the best trials are drawn by lot (or more, at the "
    "edge). So of 20 parameters that do not matter, one passes its mark.",
    "slices": "Where along each parameter the good trials lie. A flat cloud says that it mattered "
    "little; good trials at one end, that a wider range may help. The few worst lie outside.",
    "parallel": "A line is a complete trial; hover over one to see it whole. It passes below the "
    "axis of a parameter that is inactive in it. Values worse than an axis shows lie on its end.",
    "objectives": "Every trial in the order in which they ended. Stopped trials lie where they "
    "were stopped, after fewer steps than others; lines at the bad edge failed. The few worst "
    "lie outside, so that the others can be told apart.",
}
