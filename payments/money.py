"""Money is a whole number of fen."""

BPS_WHOLE = 10_000


def bps_of(amount_fen: int, bps: int) -> int:
    """`bps` ten-thousandths of an amount in fen, half a fen up.

    Raises:
        ValueError: the amount is negative, or the share is not between nothing and all of it.
    """
    if amount_fen < 0 or not 0 <= bps <= BPS_WHOLE:
        raise ValueError(f"{bps} bps of {amount_fen} fen")
    return (amount_fen * bps + BPS_WHOLE // 2) // BPS_WHOLE


def yuan(amount_fen: int) -> str:
    """An amount as people write it: 1250 fen is "12.50"."""
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{abs(amount_fen) // 100}.{abs(amount_fen) % 100:02d}"
