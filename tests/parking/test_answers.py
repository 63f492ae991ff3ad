"""What the lane's screen shows."""

import pytest

from parking import answers
from parking.barrier import Command, Payment
from parking.lots import Direction


@pytest.mark.parametrize(
    ("direction", "command", "fee_fen", "payment", "english"),
    [
        (Direction.ENTRY, Command.OPEN, None, None, "Welcome"),
        (Direction.ENTRY, Command.HOLD, None, None, "Please call for help"),
        (Direction.EXIT, Command.HOLD, None, None, "Please call for help"),
        (Direction.EXIT, Command.OPEN, 0, Payment.NOT_NEEDED, "Free, goodbye"),
        (Direction.EXIT, Command.OPEN, 605, Payment.WILL_BE_CHARGED, "¥6.05 charged to your account"),
        (Direction.EXIT, Command.HOLD, 605, Payment.PAY_AT_GATE, "Please pay ¥6.05"),
        (Direction.EXIT, Command.OPEN, 605, Payment.PAY_AT_GATE, "¥6.05 paid, goodbye"),
    ],
)
def test_the_screen(
    direction: Direction, command: Command, fee_fen: int | None, payment: Payment | None, english: str
) -> None:
    assert answers.display(direction, command, fee_fen, payment).en == english
