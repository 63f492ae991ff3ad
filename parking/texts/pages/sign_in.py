"""The words of signing in and out, and of a refusal that a person meets."""

from parking.texts.words import Words

WORDS: dict[str, Words] = {
    "title": ("工作人员登录", "Sign in for staff"),
    "for_whom": (
        "供停车场岗亭、客服、财务、审计和管理人员使用。",
        "For booths, clerks, finance, auditors and administrators.",
    ),
    "login": ("用户名", "Login"),
    "password": ("密码", "Password"),
    "totp": ("手机验证码（财务和管理员）", "Code of your telephone (finance and administrators)"),
    "sign_in": ("登录", "Sign in"),
    "first_time": ("第一次登录，或密码已重置？", "Here for the first time, or was your password reset?"),
    "with_code": ("用一次性代码设置密码", "Choose a password with your one-time code"),
    "city_identity": ("使用城市统一身份登录", "Sign in with the city's identity"),
    "city_away": (
        "城市统一身份暂时无法使用，请用密码登录或稍后再试。",
        "The city's identity does not answer now: sign in with your password, or try again later.",
    ),
    "city_refused": (
        "城市统一身份没有确认您的登录，请重新登录。",
        "The city's identity did not say that you signed in: please begin again.",
    ),
    "city_unknown": (
        "您的城市身份没有对应的账户，请联系管理员。",
        "No account here belongs to your identity of the city: ask your administrator.",
    ),
    "city_weak": (
        "您的账户需要双重验证，请在城市统一身份中使用双重验证后登录。",
        "Your account takes a second factor: sign in to the city's identity with one.",
    ),
    "refused": ("用户名、密码或验证码不正确。", "The login, the password or the code is wrong."),
    "paused": ("失败次数过多，请在 {} 秒后再试。", "So many tries failed: try again in {} seconds."),
    "code_title": ("设置密码", "Choose a password"),
    "code": ("一次性代码", "One-time code"),
    "code_hint": (
        "管理员给您的代码，形如 ABCD-EFGH-IJKL-MNOP，三天内有效。",
        "From your administrator, like ABCD-EFGH-IJKL-MNOP; it holds for three days.",
    ),
    "go_on": ("继续", "Go on"),
    "code_refused": ("该用户名没有此代码，或代码已过期。", "No such code is out for this login, or it has ended."),
    "new_password": ("新密码", "New password"),
    "new_password_hint": ("至少 {} 个字符，不含用户名。", "{} characters at the least, without your login."),
    "password_unfit": (
        "密码太短、太简单，或包含用户名。",
        "The password is too short, too plain, or has your login in it.",
    ),
    "scan": (
        "用手机验证器应用扫描此图，再输入它显示的六位数字。",
        "Scan this with the authenticator of your telephone, and type the six digits that it shows.",
    ),
    "scan_or_type": ("无法扫描时，手动输入密钥：", "If you cannot scan, type this secret:"),
    "totp_six": ("六位验证码", "The six digits"),
    "save_and_sign_in": ("保存并登录", "Keep it and sign in"),
    "hello": ("{}，您好", "Hello {}"),
    "signed_out": ("您已退出登录。", "You are signed out."),
    "refused_title": ("未能完成", "This was not done"),
    "request": ("查询编号：{}", "Number for enquiries: {}"),
    "back": ("返回首页", "Back to the first page"),
}
