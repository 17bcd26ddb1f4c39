import numpy as np

SHAPES = ((8, 32), (32,), (32, 1), (1,))
SIZES = {  # rows, and how large their values are
    "rows like the notebook's": (5, 1.0),
    "a single row": (1, 1.0),
    "an odd batch, larger than the notebook's": (257, 1.0),
    "values that are ten times larger": (8, 10.0),
    "values that are a hundred times smaller": (8, 0.01),
}


def inputs(rng: np.random.Generator) -> dict[str, dict[str, np.ndarray]]:
    return {name: draw(rng, rows, size) for name, (rows, size) in SIZES.items()}


reach = {
    name: lambda draw, rows=rows, size=size: len(draw["x"]) == rows and np.abs(draw["x"]).max() < 8 * size
    for name, (rows, size) in SIZES.items()
}


def draw(rng: np.random.Generator, rows: int, size: float) -> dict[str, np.ndarray]:
    weights = {f"weight_{i}": rng.normal(0, 0.3, shape).astype("float32") for i, shape in enumerate(SHAPES)}
    return {
        "x": (size * rng.normal(size=(rows, 8))).astype("float32"),
        "y": (size * rng.normal(size=(rows, 1))).astype("float32"),
        **weights,
    }
