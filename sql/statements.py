"""SQL text cut into its statements, where PostgreSQL's own lexer would cut it."""

import re

# What is passed over as a whole, words, and what ends a statement.
_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\* )
    | (?P<quoted>  [eE]'(?:[^'\\]|''|\\.)*'
                 | '(?:[^']|'')*'
                 | "(?:[^"]|"")*"
                 | \$(?P<tag>(?:[^\W\d]\w*)?)\$ .*? \$(?P=tag)\$ )
    | (?P<open>    ['"] | \$(?:[^\W\d]\w*)?\$ )
    | (?P<word>    \w[\w$]* )
    | (?P<mark>    [();] )
    | (?P<other>   \S )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
# Only there a word `begin` opens a body that has semicolons of its own: `begin atomic … end`.
_ROUTINE = re.compile(r"create(?: or replace)? (?:function|procedure)\b")


class Unclosed(ValueError):
    """A quote or a comment of the text has no end."""


def statements(text: str) -> list[str]:
    """The statements of a text in order, each as it is written but for the semicolon at its end.

    Comments stay with the statement they precede; what is nothing but comments is left out.

    Raises:
        Unclosed: a quote or a comment is opened and never closed.
    """
    cut: list[str] = []
    words: list[str] = []
    starts = at = depth = 0
    is_empty = True
    while token := _TOKEN.search(text, at):
        at = token.end()
        match token.lastgroup, token[0]:
            case "comment", "/*":
                at = _comment_end(text, token.start())
            case "open", mark:
                raise Unclosed(f"{mark} at character {token.start()} is never closed")
            case "mark", ";" if depth == 0:
                if not is_empty:
                    cut.append(text[starts : token.start()].strip())
                starts, words, is_empty = at, [], True
            case group, content if group != "comment":
                is_empty = False
                if group == "word":
                    words.append(content.lower())
                depth += _deeper(content.lower(), words)
    if not is_empty:
        cut.append(text[starts:].strip())
    return cut


def _deeper(text: str, words: list[str]) -> int:
    """How much deeper a token leads into what no semicolon ends; `words` are the statement's up to here."""
    if text in ("(", ")"):
        return 1 if text == "(" else -1
    if text in ("begin", "case", "end") and _ROUTINE.match(" ".join(words[:4])):
        return -1 if text == "end" else 1
    return 0


def _comment_end(text: str, start: int) -> int:
    """Where a comment that begins at `start` ends; comments of this kind nest."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    raise Unclosed(f"/* at character {start} is never closed")
