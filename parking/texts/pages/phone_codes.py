"""The words of signing in by phone."""

from parking.texts.words import Words

WORDS: dict[str, Words] = {
    "title": ("车主登录", "Sign in for drivers"),
    "for_whom": (
        "登录后可查看您的车辆、正在进行的停车和费用、账单，并缴费或申诉。第一次登录即开通账户。",
        "See your cars, the stay that runs and its fee, and your bills; pay and appeal. Who signs in for the first "
        "time gets an account.",
    ),
    "phone": ("手机号", "Mobile phone"),
    "phone_hint": ("中国大陆手机号，我们会发送一条验证码短信。", "A number of the mainland. We send it a code."),
    "send": ("获取验证码", "Send me a code"),
    "code_title": ("输入验证码", "Type the code"),
    "code_sent": (
        "我们已向 {} 发送验证码，五分钟内有效。",
        "A code is on its way to {}. It is good for five minutes.",
    ),
    "code": ("六位验证码", "The six digits"),
    "sign_in": ("登录", "Sign in"),
    "again": ("没有收到？重新获取", "Nothing came? Send another"),
    "other_phone": ("换一个手机号", "Another phone"),
    "test_hint": (
        "演示系统：不会发送短信，验证码显示在下一页。",
        "A demonstration: no message is sent; the next page shows the code.",
    ),
    "test_message": ("演示：短信内容如下", "Demonstration: the message would say"),
    "phone_unfit": (
        "请输入中国大陆的手机号：11 位数字，以 13 至 19 开头。",
        "This takes a mobile phone of the mainland: eleven digits that begin with 13 to 19.",
    ),
    "code_refused": (
        "验证码不正确、已使用或已过期。请核对，或重新获取。",
        "The code is wrong, was used or has ended: look again, or send another.",
    ),
    "paused": ("获取次数过多，请在 {} 秒后再试。", "So many codes were asked for: try again in {} seconds."),
    "suspended": ("该账户已被停用，请联系客服。", "This account is suspended: ask the operator's staff."),
    "signed_out": ("您已退出登录。", "You are signed out."),
    "staff": ("工作人员登录", "Sign in for staff"),
}
