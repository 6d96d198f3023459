"""What is dear to make and asked for by many at a time."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Once(Generic[K, V]):
    """Values by key, each made once, by the first thread that asks for it; the others wait."""

    def __init__(self) -> None:
        self._made: dict[K, V] = {}
        self._locks: dict[K, Lock] = {}

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of `key`, made by `make` where there is none yet."""
        with self._locks.setdefault(key, Lock()):
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]
