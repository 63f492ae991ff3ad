"""Cells that a spreadsheet shows as they are."""

# A spreadsheet takes text that begins with one of these for a formula and would run it; in full width as well.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(text: str) -> str:
    """Text that no spreadsheet runs: behind an apostrophe, if it would be taken for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def guarded_cell(text: str) -> str:
    """As `safe_cell`, for what is read again: `plain_cell` takes off what was put before it, whatever it began with."""
    return f"'{text}" if text.startswith("'") else safe_cell(text)


def plain_cell(text: str) -> str:
    """A cell without the apostrophe that keeps it from being a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(("'", *_FORMULA)) else text
