"""The words of a driver's own page."""

from parking.texts.words import Words

WORDS: dict[str, Words] = {
    "title": ("我的停车", "My parking"),
    "account": ("账户 {}", "Account {}"),
    "owed": ("待缴", "Owed"),
    "wallet": ("钱包余额", "In the wallet"),
    "find": ("找车位", "Find a space"),
    "sign_out": ("退出登录", "Sign out"),
}
