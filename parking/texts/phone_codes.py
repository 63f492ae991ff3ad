"""What a phone is sent when somebody wants to sign in."""

from parking.texts.languages import EN, ZH, Language

# The code, and for how many minutes it is good.
MESSAGE: dict[Language, str] = {
    ZH: "您的停车登录验证码是 {}，{} 分钟内有效。请勿告诉任何人。",
    EN: "{} is your code for signing in to parking. It is good for {} minutes. Tell it to nobody.",
}
