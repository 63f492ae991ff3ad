"""How a fee is paid and what comes with a visit, by name."""

from parking.texts.words import Words

METHODS: dict[str, Words] = {
    "alipay": ("支付宝", "Alipay"),
    "app": ("手机应用", "the app"),
    "bank_card": ("银行卡", "bank card"),
    "card": ("银行卡", "card"),
    "cash": ("现金", "cash"),
    "citizen_card": ("市民卡", "the citizen card"),
    "digital_yuan": ("数字人民币", "digital yuan"),
    "ecny": ("数字人民币", "digital yuan"),
    "etc": ("ETC", "ETC"),
    "unionpay": ("银联", "UnionPay"),
    "wechat": ("微信支付", "WeChat Pay"),
    "wechat_pay": ("微信支付", "WeChat Pay"),
}


def method(code: str) -> Words:
    """A method of payment by its name; one without a name here is quoted, if it is a code and no name."""
    return METHODS.get(code, (code, code) if not code.isascii() else (f"“{code}”", f'"{code}"'))
