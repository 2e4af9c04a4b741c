"""The grammar of conditions, and what is too long for it: a text becomes a tree, or is refused.

Decision: lark reads a condition by the grammar below, all of it; nothing outside it can reach an
engine. An SQL parser (sqlglot) would read the whole of SQL, of which all but this would have to be
found and refused, and would bring eight times the code. Lark is small, is plain Python as a
cluster's driver needs it, and its reader does not call itself: depth costs it memory only.
"""

from functools import cache
from typing import TYPE_CHECKING

from tradegains.conditions.foreign import ConditionError, syntax_refusal
from tradegains.errors import EngineError, Problem

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

LONGEST = 10_000
"""Characters of a condition."""

GRAMMAR = r"""
?condition: both | both ("or"i both)+               -> or_
?both: negation | negation ("and"i negation)+       -> and_
?negation: test | "not"i negation                   -> not_

?test: sum
    | sum COMPARISON sum                            -> compare
    | sum "is"i "null"i                             -> is_null
    | sum "is"i "not"i "null"i                      -> is_not_null
    | sum "in"i "(" sum ("," sum)* ")"              -> in_
    | sum "not"i "in"i "(" sum ("," sum)* ")"       -> not_in
    | sum "between"i sum "and"i sum                 -> between
    | sum "not"i "between"i sum "and"i sum          -> not_between
    | sum "like"i TEXT                              -> like
    | sum "not"i "like"i TEXT                       -> not_like

?sum: product | sum (PLUS | MINUS) product          -> arithmetic
?product: signed | product (TIMES | OVER) signed    -> arithmetic
?signed: atom | MINUS signed                        -> negative

?atom: "(" condition ")"
    | NUMBER                                        -> number
    | TEXT                                          -> quoted
    | "true"i                                       -> true
    | "false"i                                      -> false
    | NAME TEXT                                     -> dated
    | (NAME | QUOTED)                               -> column
    | NAME "(" [condition ("," condition)*] ")"     -> call

COMPARISON: "<=" | ">=" | "<>" | "!=" | "==" | "=" | "<" | ">"
PLUS: "+"
MINUS: /-(?!-)/
TIMES: "*"
OVER: /\/(?!\*)/
NUMBER: /([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?/i
TEXT: /'([^']|'')*'/
NAME: /[^\W\d]\w*/i
QUOTED: /`([^`]|``)+`/
BLANKS: /[ \t\r\n]+/
%ignore BLANKS
"""


def parse(text: str) -> "Tree[Token]":
    """A condition as a tree of the grammar's rules.

    Raises:
        ConditionError: the text is no condition, with what to write instead.
    """
    if len(text) > LONGEST:
        what = f"the condition has {len(text):,} characters; at most {LONGEST:,} are read"
        raise ConditionError(
            what, "put what it says into a column of the census, under extra_columns"
        )
    parser = _parser()
    from lark import UnexpectedInput

    try:
        return parser.parse(text)
    except UnexpectedInput as error:
        raise syntax_refusal(text, error, parser) from None


@cache
def _parser() -> "Lark":
    try:
        from lark import Lark
    except ImportError:
        raise EngineError(
            Problem(
                "the package lark is missing, which reads the conditions of a study",
                cure="run `pip install lark` for the Python that runs this; on a cluster its "
                "wheel may ride along under --py-files instead",
            )
        ) from None
    return Lark(GRAMMAR, start="condition", parser="lalr", lexer="basic", propagate_positions=True)
