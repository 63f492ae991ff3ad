"""Money is a whole number of fen."""

BPS_WHOLE = 10_000


def fen_of(exact: int) -> int:
    """Whole fen, half to even, of ten-thousandths of a fen: what a share in bps of an amount in fen comes to."""
    whole, rest = divmod(exact, BPS_WHOLE)
    return whole + (2 * rest > BPS_WHOLE or (2 * rest == BPS_WHOLE and whole % 2 == 1))


def yuan(amount_fen: int) -> str:
    """An amount as people write it: 1250 fen is "12.50"."""
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{abs(amount_fen) // 100}.{abs(amount_fen) % 100:02d}"
