import numpy as np

SHAPES = ((8, 32), (32,), (32, 1), (1,))


def inputs(rng: np.random.Generator) -> list[dict[str, np.ndarray]]:
    return [draw(rng, batch) for batch in (5, 8)]


def draw(rng: np.random.Generator, batch: int) -> dict[str, np.ndarray]:
    weights = {f"weight_{i}": rng.normal(0, 0.3, shape).astype("float32") for i, shape in enumerate(SHAPES)}
    return {
        "x": rng.normal(size=(batch, 8)).astype("float32"),
        "y": rng.normal(size=(batch, 1)).astype("float32"),
        **weights,
    }
