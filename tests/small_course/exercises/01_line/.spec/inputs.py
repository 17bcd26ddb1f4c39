import numpy as np


def inputs(rng):
    return [
        {
            "x": rng.normal(size=(n,)).astype(np.float32),
            "y": rng.normal(size=(n,)).astype(np.float32),
            "start": rng.normal(size=(2,)).astype(np.float32),
        }
        for n in (5, 8)
    ]
