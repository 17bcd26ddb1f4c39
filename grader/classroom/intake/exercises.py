"""Finds the exercise that a stranger's file or folder name speaks of, if there is one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

WORDS = "exercise|exercises|ex|lab|assignment|hw|homework|task|week|problem|ps|notebook|nb|sheet|aufgabe|übung|uebung"


def resolve(name: str, exercises: Sequence[str]) -> str | None:
    """The exercise whose id, slug or number stands in the name; None when there is none, or more than one."""
    text = normal(name)
    named = [exercise for exercise in exercises if _contains(text, slug(exercise))]
    if named:
        longest = max(named, key=len)
        return longest if all(_contains(slug(longest), slug(other)) for other in named) else None
    numbered = [exercise for exercise in exercises if (pattern := _number(exercise)) and pattern.search(text)]
    return numbered[0] if len(numbered) == 1 else None


def is_exercise(name: str, exercises: Sequence[str]) -> bool:
    """Whether the whole name speaks of an exercise, so that it can't be a student's."""
    return any(_is_named(name, exercise) for exercise in exercises)


def without(name: str, exercise: str, *, numbers: bool = True) -> str:
    """What is left of a name when the exercise is taken out of it."""
    rest = _named(exercise).sub("", name)
    if rest == name and numbers and (pattern := _number(exercise)):
        rest = pattern.sub("", name, count=1)
    return rest.strip(" _-.,+")


def slug(exercise: str) -> str:
    """ "02_detached_tensors" -> "detached_tensors"."""
    return normal(re.sub(r"^\d+[_-]+", "", exercise))


def number(exercise: str) -> str:
    """ "02_detached_tensors" -> "2"; "" where there is none."""
    match = re.match(r"^0*(\d+)[_-]", exercise)
    return match[1] if match else ""


def normal(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")


def first(hints: Iterable[str], exercises: Sequence[str]) -> str | None:
    return next((exercise for hint in hints if hint and (exercise := resolve(hint, exercises))), None)


def _contains(text: str, part: str) -> bool:
    return bool(part) and f"_{part}_" in f"_{text}_"


@lru_cache(maxsize=4096)  # a class's folders have the same few names a thousand times
def _is_named(name: str, exercise: str) -> bool:
    return without(normal(name), exercise) in ("", *WORDS.split("|"))


@lru_cache(maxsize=256)
def _named(exercise: str) -> re.Pattern[str]:
    """Its name in any spelling, with its number before it where it has one."""
    loose = r"[\W_]+".join(re.escape(part) for part in slug(exercise).split("_"))
    digits = number(exercise)
    lead = rf"(?:(?:{WORDS})?[\W_]*0*{digits}[\W_]+)?" if digits else ""
    return re.compile(rf"(?<![^\W_]){lead}{loose}(?![^\W_])", re.IGNORECASE)


@lru_cache(maxsize=256)
def _number(exercise: str) -> re.Pattern[str] | None:
    """Its number where it can mean nothing else: alone, after a word as in "ex2", or in two digits at an end."""
    digits = number(exercise)
    if not digits:
        return None
    padded = digits.zfill(2)
    return re.compile(
        rf"^0*{digits}$|(?<![^\W_])(?:{WORDS})[\W_]*0*{digits}(?!\d)(?![^\W_])|^{padded}(?=[\W_])|(?<=[\W_]){padded}$",
        re.IGNORECASE,
    )
