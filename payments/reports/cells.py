"""Cells that a spreadsheet shows as they are."""

# A spreadsheet takes text that begins with one of these for a formula and would run it; in full width as well.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(text: str) -> str:
    """Text that no spreadsheet runs: behind an apostrophe, if it would be taken for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
