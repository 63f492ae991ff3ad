"""What codes of the books are called in reports."""

from collections.abc import Mapping

from payments.ledger import Book, Kind
from payments.reports.table import Words

KINDS: Mapping[Kind, Words] = {
    Kind.STAY_BILLED: ("停车计费", "Stay billed"),
    Kind.CHARGE_RAISED: ("调增", "Charge raised"),
    Kind.CHARGE_LOWERED: ("调减", "Charge lowered"),
    Kind.CHARGE_VOIDED: ("作废", "Charge voided"),
    Kind.CHARGE_PAID: ("实收", "Charge paid"),
    Kind.REFUND_REQUESTED: ("申请退款", "Refund asked for"),
    Kind.REFUND_PAID: ("退款到账", "Refund paid"),
    Kind.REFUND_CLOSED: ("退款关闭", "Refund closed"),
    Kind.TOP_UP: ("充值", "Top-up"),
    Kind.PLATFORM_FEE: ("平台服务费", "Platform fee"),
    Kind.OVERPAID: ("多收挂账", "Overpaid"),
    Kind.SUSPENSE_RECEIVED: ("来款挂账", "Received into suspense"),
    Kind.SUSPENSE_RETURNED: ("挂账退回", "Returned from suspense"),
    Kind.REVERSAL: ("冲销", "Reversal"),
}
BOOKS: Mapping[Book, Words] = {
    Book.WALLET: ("预存余额", "Wallet"),
    Book.RECEIVABLE: ("车主应收", "Receivable"),
    Book.CASUAL_RECEIVABLE: ("散客应收", "Casual receivable"),
    Book.PAYABLE: ("应付经营单位", "Payable"),
    Book.CLEARING: ("渠道待清算", "Clearing"),
    Book.PLATFORM_INCOME: ("平台服务费收入", "Platform income"),
    Book.REFUND_PAYABLE: ("待退款", "Refund payable"),
    Book.SUSPENSE: ("挂账", "Suspense"),
    Book.CASH: ("现金", "Cash"),
}
CHANNELS: Mapping[str, Words] = {
    "wallet": ("预存余额", "Wallet"),
    "cash": ("现金", "Cash"),
    "local": ("测试渠道", "Test channel"),
}


def channel(code: str | None) -> Words | None:
    """What a channel is called; by its code, where nobody has named it."""
    return None if code is None else CHANNELS.get(code, (code, code))
