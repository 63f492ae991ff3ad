"""Cells that a spreadsheet shows as they are."""

# A spreadsheet takes text that begins with one of these for a formula and would run it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """Text that no spreadsheet runs: behind an apostrophe, if it would be taken for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
