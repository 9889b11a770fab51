"""A mutant: a plausible mistake in one place of the code."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """A text in a module of chalicelib, its replacement, and arguments of pytest that select the tests."""

    name: str
    module: str
    old: str
    new: str
    tests: str

    @property
    def file(self) -> str:
        return f"chalicelib/{self.module}.py"
