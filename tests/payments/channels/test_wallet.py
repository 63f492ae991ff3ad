"""What the wallets answer to a batch of charges."""

from uuid import UUID

from payments.channels import WALLET
from payments.charges import DueCharge
from tests.payments.city import DAY


def test_wallets_cover_the_oldest_first_and_smaller_ones_beside() -> None:
    def due(k: int, amount_fen: int, account_id: int = 1) -> DueCharge:
        return DueCharge(1, UUID(int=k), 9, account_id, amount_fen, 0, DAY)

    paid, declined = WALLET.answer([due(3, 10), due(1, 60), due(2, 50), due(4, 1, 2)], {1: 75})
    assert [c.id.int for c in paid] == [1, 3]
    assert [c.id.int for c in declined] == [2, 4]
