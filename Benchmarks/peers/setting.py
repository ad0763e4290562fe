"""One way of one library to do a case."""

from dataclasses import dataclass
from typing import Callable


@dataclass
class Setting:
    """`prepare` makes the model and returns a function that does the work `repetitions` times."""

    name: str
    prepare: Callable[[], Callable[[], None]]
    threads: int = 2
    repetitions: int = 1
