import numpy as np

SIZES = {  # points, and how large they are
    "points like the notebook's": (5, 1.0),
    "a single point": (1, 1.0),
    "more points than in the notebook": (33, 1.0),
    "values that are ten times larger": (8, 10.0),
    "values that are a hundred times smaller": (7, 0.01),
}


def inputs(rng):
    return {name: draw(rng, points, size) for name, (points, size) in SIZES.items()}


reach = {
    name: lambda draw, points=points, size=size: len(draw["x"]) == points and np.abs(draw["y"]).max() < 6 * size
    for name, (points, size) in SIZES.items()
}


def draw(rng, points, size):
    shapes = {"x": (points,), "y": (points,), "start": (2,)}
    return {name: (size * rng.normal(size=shape)).astype(np.float32) for name, shape in shapes.items()}
