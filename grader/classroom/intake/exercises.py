"""Finds the exercise that a stranger's file or folder name speaks of, if there is one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

NUMBERED = "exercise|exercises|ex|lab|assignment|hw|homework|task|aufgabe|hausaufgabe|übung|uebung"
HOLDING = "week|ps|problem|sheet|notebook|nb"  # of a folder, these number something that may hold several exercises
WORDS = f"{NUMBERED}|{HOLDING}"


def resolve(name: str, exercises: Sequence[str]) -> str | None:
    """The exercise whose id, slug or number stands in a file's or column's name; None when it may be several."""
    named = _by_slug(name, exercises)
    return named[0] if named else _by_number(name, exercises, _number) if named is not None else None


def which(hints: Sequence[str], exercises: Sequence[str]) -> str | None:
    """The exercise that names speak of: the file's own first, then its folders', the nearest first.

    An exercise's name counts before any number, and the file's own number before a folder's. A number in a folder's
    name counts only where it can mean nothing but an exercise: "02" and "hw2", but neither "ps2" nor "group_02".
    """
    for hint in hints:
        if named := _by_slug(hint, exercises):
            return named[0]
    file, folders = hints[:1], hints[1:]
    numbered = [_by_number(hint, exercises, _number) for hint in file]
    numbered += [_by_number(hint, exercises, _folder_number) for hint in folders]
    return next((exercise for exercise in numbered if exercise), None)


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


def _by_slug(name: str, exercises: Sequence[str]) -> list[str] | None:
    """The one exercise whose name stands in `name`, [] for none, None for several."""
    text = normal(name)
    named = [exercise for exercise in exercises if _contains(text, slug(exercise))]
    if not named:
        return []
    longest = max(named, key=len)
    return [longest] if all(_contains(slug(longest), slug(other)) for other in named) else None


def _by_number(name: str, exercises: Sequence[str], pattern_of: Callable[[str], re.Pattern[str] | None]) -> str | None:
    text = normal(name)
    numbered = [exercise for exercise in exercises if (pattern := pattern_of(exercise)) and pattern.search(text)]
    return numbered[0] if len(numbered) == 1 else None


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


@lru_cache(maxsize=256)
def _folder_number(exercise: str) -> re.Pattern[str] | None:
    digits = number(exercise)
    if not digits:
        return None
    return re.compile(
        rf"^0*{digits}$|(?<![^\W_])(?:{NUMBERED})[\W_]*0*{digits}(?!\d)(?![^\W_])",
        re.IGNORECASE,
    )
