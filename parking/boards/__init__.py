"""What the price board (收费公示牌) at a lot says: its tariff in plain sentences, in Chinese and English."""

from parking.boards.board import Board, Facts, board

__all__ = ["Board", "Facts", "board"]
