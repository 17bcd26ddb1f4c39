"""Weights, pictures and labels: like the notebook's, and out to where the contract reaches.

Every step of the contract counts: features lie beyond both limits, and the stuck pixel would be heard if it were let.
No feature lies so near to a limit that rounding could decide on which side of it, and the stuck position never has
nearly all of the attention: two right repairs would then differ.
"""

from collections.abc import Callable

import numpy as np

SHAPES = {
    "prototypes": (5, 12),
    "log_scale": (),
    "encoder/kernel": (3, 3, 1, 12),
    "encoder/bias": (12,),
    "attention/kernel": (12, 1),
}
LOW, HIGH = 0.0, 6.0  # limits of a feature
MARGIN = 1e-5  # of the largest feature: some ten times the rounding error
LARGEST_SCORE = 60.0  # a softmax that is written out overflows at 88
HEARD = 0.05  # of the attention, at least, lies on positions that count
MOST_PICTURES = 320  # in the notebook
DIRECTIONS = 4  # in which each variable is moved
RTOL, RTOL_LOSSY = 1e-4, 5e-4  # float32, three ways: off by less than a quarter of that

Arrays = dict[str, np.ndarray]


def inputs(rng: np.random.Generator) -> dict[str, Arrays]:
    makers: dict[str, Callable[[], Arrays]] = {
        "pictures like the notebook's": lambda: {"once": np.asarray(True), **directions(rng), **draw(rng, 12)},
        "an attention kernel of zeros": lambda: draw(rng, 9, attention=0.0),
        "a single picture": lambda: draw(rng, 1),
        "an odd batch, larger than any in the notebook": lambda: draw(rng, 325),
        "bright pictures that look like prototypes, with large scores": lambda: draw(
            rng, 9, light=10.0, attention=1.2, sign=1.0, alike=0.005, rtol=RTOL_LOSSY
        ),
        "a large log_scale, strong attention and small prototypes": lambda: draw(
            rng, 2, log_scale=(3.6, 3.7), attention=1.2, prototypes=0.1, far=5.0, rtol=RTOL_LOSSY
        ),
        "a log_scale far below zero, dim pictures and tiny weights": lambda: draw(
            rng, 9, log_scale=(-4.0, -3.0), light=0.1, encoder=0.001, far=-6.0
        ),
    }
    return {name: until(reach[name], make) for name, make in makers.items()}


def until(reached: Callable[[Arrays], bool], make: Callable[[], Arrays]) -> Arrays:
    while not reached(drawn := make()):
        pass
    return drawn


reach = {
    "pictures like the notebook's": lambda draw: beyond_both_limits(draw),
    "an attention kernel of zeros": lambda draw: not np.any(draw["attention/kernel"]),
    "a single picture": lambda draw: len(draw["labels"]) == 1,
    "an odd batch, larger than any in the notebook": lambda draw: (
        len(draw["labels"]) > MOST_PICTURES and len(draw["labels"]) % 2 == 1
    ),
    "bright pictures that look like prototypes, with large scores": lambda draw: (
        draw["images"].max() > 10.0
        and beyond_both_limits(draw)
        and np.sort(scores_of(draw), axis=1)[:, -2].max() > 31.0
        and np.max(embeddings_of(draw) @ rows_of_length_one(draw["prototypes"]).T) > 0.999
    ),
    "a large log_scale, strong attention and small prototypes": lambda draw: (
        draw["log_scale"] > 3.5 and draw["far log_scale"] > 4.9 and np.ptp(scores_of(draw)) > 8.0
    ),
    "a log_scale far below zero, dim pictures and tiny weights": lambda draw: (
        draw["log_scale"] < -3.0 and features_of(draw).max() < 0.01
    ),
}


def directions(rng: np.random.Generator) -> Arrays:
    return {
        f"direction {name}": np.asarray(rng.normal(size=(DIRECTIONS, *shape)), np.float32)
        for name, shape in SHAPES.items()
    }


def draw(
    rng: np.random.Generator,
    batch: int,
    log_scale: tuple[float, float] = (0.7, 1.3),
    light: float = 1.0,
    encoder: float = 1.0,
    attention: float = 0.2,
    prototypes: float = 1.0,
    far: float | None = None,
    sign: float | None = None,
    alike: float | None = None,
    rtol: float = RTOL,
) -> Arrays:
    """`far`: a log_scale with which only the logits are asked for, which no cross-entropy could bear. `sign`: of all
    entries of the attention kernel. `alike`: how far the prototypes are from the embeddings of pictures. `rtol`: what
    right repairs may differ by. A score's rounding error, or a logit's, grows with its size and becomes a relative
    error of what a softmax makes of it."""
    weights = {
        "prototypes": rng.normal(0.0, prototypes, SHAPES["prototypes"]),
        "log_scale": rng.uniform(*log_scale),
        "encoder/kernel": rng.normal(0.0, encoder, SHAPES["encoder/kernel"]),
        "encoder/bias": encoder * rng.normal(1.0, 0.5, SHAPES["encoder/bias"]),
        "attention/kernel": attention * np.sqrt(12) * unit(rng.normal(size=SHAPES["attention/kernel"])),
    }
    if sign is not None:
        weights["attention/kernel"] = sign * np.abs(weights["attention/kernel"])
    weights = {name: np.asarray(array, np.float32) for name, array in weights.items()}
    images = pictures(rng, batch, light, weights)
    labels = rng.integers(0, 5, size=batch).astype(np.int32)
    arrays = {**weights, "images": images, "labels": labels, "rtol": np.asarray(rtol)}
    if alike is not None:
        seen = embeddings_of(arrays)[:5]
        arrays["prototypes"] = (prototypes * (seen + alike * rng.normal(size=seen.shape))).astype(np.float32)
    return arrays if far is None else {**arrays, "far log_scale": np.asarray(far, np.float32)}


def unit(kernel: np.ndarray) -> np.ndarray:
    return np.asarray(kernel / np.linalg.norm(kernel))


def pictures(rng: np.random.Generator, batch: int, light: float, weights: Arrays) -> np.ndarray:
    images = np.zeros((batch, 8, 8, 1), np.float32)
    bad = np.full(batch, True)
    while np.any(bad):
        count = int(np.count_nonzero(bad))
        drawn = rng.uniform(0.0, 1.5 * light, size=(count, 8, 8, 1)).astype(np.float32)
        drawn[:, 0, 0] = 3.0 * light
        images[bad] = drawn
        bad[bad] = ~usable({**weights, "images": drawn})
    return images


def usable(arrays: Arrays) -> np.ndarray:
    """For each picture, whether right repairs must agree on it."""
    features, scores = encoded(arrays), scores_of(arrays)
    margin = MARGIN * np.abs(features).max(axis=(1, 2))
    clear = np.min([np.abs(features - limit).min(axis=(1, 2)) for limit in (LOW, HIGH)], axis=0) > margin
    attention = np.exp(scores - scores.max(axis=1, keepdims=True))
    heard = attention[:, 1:].sum(axis=1) / attention.sum(axis=1) > HEARD
    return np.asarray(clear & heard & (np.abs(scores).max(axis=1) < LARGEST_SCORE))


def encoded(arrays: Arrays) -> np.ndarray:
    """The encoder's output for each picture and position, before it is limited."""
    windows = np.lib.stride_tricks.sliding_window_view(arrays["images"][..., 0].astype(np.float64), (3, 3), axis=(1, 2))
    found = np.tensordot(windows, arrays["encoder/kernel"][:, :, 0], axes=2) + arrays["encoder/bias"]
    return np.asarray(found.reshape(len(found), 36, 12))


def features_of(arrays: Arrays) -> np.ndarray:
    return np.clip(encoded(arrays), LOW, HIGH)


def scores_of(arrays: Arrays) -> np.ndarray:
    return np.asarray(features_of(arrays) @ arrays["attention/kernel"][:, 0])


def embeddings_of(arrays: Arrays) -> np.ndarray:
    scores = scores_of(arrays)
    attention = np.exp(scores - scores.max(axis=1, keepdims=True))[:, 1:]
    return rows_of_length_one(np.einsum("bp,bpf->bf", attention, features_of(arrays)[:, 1:]))


def rows_of_length_one(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def beyond_both_limits(arrays: Arrays) -> bool:
    features = encoded(arrays)
    return bool(features.min() < LOW and features.max() > HIGH)
