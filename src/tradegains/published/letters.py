"""Letters that stand for reasons: the footnotes of a printed table."""

from dataclasses import dataclass, field
from string import ascii_lowercase


@dataclass
class Letters:
    """Letters for reasons, in order of appearance; the same reason keeps its letter.

    Example:
        >>> letters = Letters()
        >>> letters.letter("no imports"), letters.letter("no exports"), letters.letter("no imports")
        ('a', 'b', 'a')
        >>> letters.notes
        (('a', 'no imports'), ('b', 'no exports'))
    """

    letters: dict[str, str] = field(default_factory=dict)

    def letter(self, reason: str) -> str:
        """The letter of a reason."""
        return self.letters.setdefault(reason, _letter(len(self.letters)))

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """Letters with their reasons."""
        return tuple((letter, reason) for reason, letter in self.letters.items())


def _letter(position: int) -> str:
    """The letter of a footnote: a to z, then numbers."""
    return ascii_lowercase[position] if position < len(ascii_lowercase) else str(position + 1)
