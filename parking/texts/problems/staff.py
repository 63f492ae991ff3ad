"""Problems of what staff decide and register, and drivers ask for."""

from parking.texts.problems.advice import CHANGE, KEY, LATER, LOOK, MEND, NONE, OTHER, REVOKE, STAFF, STANDS
from parking.texts.problems.kind import Kind

KINDS: dict[str, Kind] = {
    "sign-in-refused": Kind(
        "登录未成功",
        ("用户名、密码或验证码不正确。", "The login, the password or the code is wrong."),
        MEND,
    ),
    "sign-in-paused": Kind(
        "请稍后再登录",
        ("失败次数过多，须等待后再试。", "So many tries failed that the next one waits a while."),
        LATER,
        facts=("retry_after_s",),
    ),
    "form-forged": Kind(
        "表单无效",
        ("表单不是本次登录的页面发出的，或登录已更新。", "The form was not sent from a page of this session."),
        ("重新打开页面后再提交。", "Open the page again, and send it from there."),
    ),
    "phone-unfit": Kind(
        "不是手机号",
        ("这不是可以接收验证码的手机号。", "This is no number of a mobile phone that codes are sent to."),
        MEND,
    ),
    "code-refused": Kind(
        "验证码无效",
        ("验证码不正确、已使用或已过期。", "The code is wrong, was used or has ended."),
        ("重新获取验证码。", "Ask for another code."),
    ),
    "too-many-codes": Kind(
        "验证码请求过多",
        (
            "该手机或该地址请求的验证码过多，须等待后再请求。",
            "So many codes were asked for, to this phone or from this address, that the next one waits.",
        ),
        LATER,
        facts=("retry_after_s",),
    ),
    "identity-unknown": Kind(
        "没有对应的账户",
        ("城市统一身份没有对应的账户。", "No account that may sign in is known by this identity of the city."),
        ("请管理员在账户中填写该身份。", "Have an administrator set the identity at the account."),
    ),
    "identity-refused": Kind(
        "城市统一身份未确认登录",
        (
            "城市统一身份的答复不可信，或没有人登录。",
            "The city's identity did not say, in a way that holds, who signed in.",
        ),
        ("从登录页重新开始。", "Begin again at the page of signing in."),
    ),
    "identity-away": Kind(
        "城市统一身份无法使用",
        ("城市统一身份没有答复，或答复不合标准。", "The city's identity does not answer, or not as the standard says."),
        LATER,
    ),
    "identity-taken": Kind(
        "该身份已被使用",
        ("另一账户已使用该城市统一身份。", "Another account is known by this identity of the city."),
        OTHER,
    ),
    "second-factor-missing": Kind(
        "需要双重验证",
        ("该账户需要双重验证。", "This account takes a second factor, and the city's identity asked for none."),
        ("在城市统一身份中使用双重验证。", "Sign in to the city's identity with a second factor."),
    ),
    "login-taken": Kind(
        "用户名已被使用",
        ("已有人使用该用户名。", "Somebody else has an account of this login."),
        OTHER,
        facts=("login",),
    ),
    "no-such-staff": Kind(
        "没有该工作人员",
        ("没有此用户名的账户，或不属于调用方。", "No account of staff has this login, or it is not the caller's."),
        LOOK,
        facts=("login",),
    ),
    "password-unfit": Kind(
        "密码不合要求",
        ("密码太短、太简单，或包含用户名。", "The password is too short, too plain, or has the login in it."),
        MEND,
        facts=("characters_min",),
    ),
    "last-administrator": Kind(
        "最后一名管理员",
        ("停用后将无人能够管理账户。", "Nobody would be left who can make accounts."),
        ("先设立另一名管理员。", "Make another administrator first."),
    ),
    "unknown-case": Kind(
        "没有该待核查项",
        ("没有此编号的待核查项，或不属于调用方。", "No case has this id, or it is not the caller's."),
        LOOK,
        facts=("case_id",),
    ),
    "decision-contradicted": Kind(
        "决定矛盾",
        ("该幂等键已用于另一决定。", "The request key was used for another decision."),
        KEY,
        facts=("decision_id",),
    ),
    "decision-unfit": Kind(
        "决定不适用",
        ("所说的内容与对象不符。", "What was said does not fit what it is about."),
        MEND,
        facts=("allowed", "at", "characters_min", "days_max", "hours_max", "kind"),
    ),
    "fact-too-old": Kind(
        "时间过久",
        ("时间过久的记录不再处理。", "What lies so far back is not decided any more."),
        NONE,
        facts=("days_max",),
    ),
    "no-such-fact": Kind(
        "没有该事件",
        ("没有此编号的事件，或不属于调用方。", "No event has this id, or it is not the caller's."),
        LOOK,
        facts=("event_id",),
    ),
    "no-such-lot": Kind(
        "没有该停车场",
        ("没有此编号或代码的停车场。", "There is no lot of this number or code."),
        LOOK,
        facts=("lot_id", "code"),
    ),
    "appeal-refused": Kind(
        "不能申诉",
        ("该费用已申诉过，或时间过久。", "The charge cannot be appealed against, or not any more."),
        STAFF,
        facts=("days_max",),
    ),
    "too-many-appeals": Kind(
        "申诉过多",
        ("尚有多项申诉未处理。", "So many appeals wait that another has to wait as well."),
        LATER,
        facts=("appeals_max",),
    ),
    "plate-not-linked": Kind(
        "车牌未绑定",
        ("没有账户（或不是该账户）为此车牌付费。", "No account, or not this one, pays for this plate."),
        LOOK,
    ),
    "plate-refused": Kind(
        "车牌不能绑定",
        (
            "车牌无效、颜色不明，或账户车牌过多。",
            "The plate is none, its colour is unknown, or the account has too many.",
        ),
        MEND,
        facts=("plates_per_account_max", "proposed"),
    ),
    "no-such-alarm": Kind(
        "没有该告警",
        ("没有此编号的告警，或不属于调用方。", "There is no such alarm, or it is not the caller's."),
        LOOK,
        facts=("alarm_id",),
    ),
    "alarm-taken": Kind(
        "告警已有人处理",
        ("该告警已有人确认或处理完毕。", "Somebody has acknowledged or resolved this alarm already."),
        STANDS,
        facts=("alarm_id",),
    ),
    "no-such-contest": Kind(
        "没有该异议", ("没有此编号的绑定异议。", "No contest has this id."), LOOK, facts=("contest_id",)
    ),
    "contest-resolved": Kind(
        "异议已处理", ("该异议此前已有人处理。", "Staff resolved this contest before."), STANDS, facts=("resolved_by",)
    ),
    "not-contestable": Kind(
        "不能提出异议", ("该费用不能证明绑定有误。", "The charge proves nothing about a link."), STAFF
    ),
    "unknown-ban": Kind(
        "没有该禁入",
        ("没有此编号的禁入，或不属于调用方。", "There is no such ban, or it is not the caller's."),
        LOOK,
        facts=("id",),
    ),
    "ban-ended": Kind("禁入已解除", ("该禁入此前已解除。", "The ban has been ended already."), STANDS, facts=("id",)),
    "already-appealed": Kind(
        "已申诉", ("已有人对该禁入提出申诉。", "Somebody has appealed against the ban already."), LATER, facts=("id",)
    ),
    "too-many-bans": Kind(
        "禁入过多",
        ("全市禁入数量已达上限。", "The city has as many bans as every process can hold."),
        STAFF,
        facts=("bans_max",),
    ),
    "unknown-pass": Kind(
        "没有该月卡",
        ("没有此编号的月卡，或不属于调用方。", "There is no such pass, or it is not the caller's."),
        LOOK,
        facts=("id",),
    ),
    "pass-ended": Kind("月卡已终止", ("该月卡此前已终止。", "The pass has been ended already."), STANDS, facts=("id",)),
    "pass-not-sold": Kind(
        "不售此月卡",
        (
            "这些停车场的收费标准不售此类月卡，`sold` 列出可售的。",
            "No price of these lots sells such a pass; `sold` are those it sells.",
        ),
        MEND,
        facts=("sold",),
    ),
    "unknown-coupon": Kind(
        "没有该优惠券",
        ("没有此优惠券，或不属于调用方。", "There is no such coupon, or it is not the caller's."),
        LOOK,
        facts=("code",),
    ),
    "coupon-taken": Kind(
        "券码已占用", ("已有另一张优惠券使用此券码。", "Another coupon has this code."), OTHER, facts=("code",)
    ),
    "unknown-right": Kind(
        "没有该登记",
        ("没有此编号的权益登记，或不属于调用方。", "There is no such right, or it is not the caller's."),
        LOOK,
        facts=("id",),
    ),
    "right-ended": Kind(
        "登记已终止", ("该权益登记此前已终止。", "The right has been ended already."), STANDS, facts=("id",)
    ),
    "right-too-old": Kind(
        "时间过早", ("权益不能追溯到这么早。", "A right is not changed so far back."), MEND, facts=("days_max",)
    ),
    "right-unfit": Kind(
        "权益不适用",
        ("所说的权益内容互相不符。", "What was said of a right does not fit together."),
        MEND,
        facts=("bays_max", "capacity", "characters_max", "days_max", "discounts", "lots_max"),
    ),
    "code-taken": Kind(
        "编码已占用",
        (
            "此编码已用于其他经营单位、停车场、网关、车道或区域。",
            "Another operator, lot, gateway, lane or price area has this code.",
        ),
        OTHER,
        facts=("code",),
    ),
    "keys-in-use": Kind(
        "密钥已满",
        ("网关已有两个有效密钥。", "The gateway has two active keys already."),
        REVOKE,
        facts=("keys_active_max",),
    ),
    "registered-otherwise": Kind(
        "已另行登记",
        ("此编码下登记的内容与所说的不同。", "What is registered under this code says something else."),
        CHANGE,
        facts=("registered", "said"),
    ),
    "unknown-gate": Kind(
        "没有该出入口", ("该停车场没有此编码的出入口。", "The lot has no gate of this code."), LOOK, facts=("code",)
    ),
    "gate-of-another-lot": Kind(
        "不属于该停车场",
        ("该停车场没有所说的出入口或网关。", "The lot of the lane has no such gate or gateway."),
        MEND,
        facts=("lot",),
    ),
    "gate-without-lanes": Kind(
        "出入口没有车道",
        (
            "没有车道经过此出入口，无可关闭或开启。",
            "No lane leads through the gate: there is nothing to close or open.",
        ),
        MEND,
        facts=("code",),
    ),
    "lots-apart": Kind(
        "停车场不能由同一网关服务",
        (
            "一个网关只能服务同一经营单位、同一时区的停车场。",
            "A gateway serves lots of one operator and one time zone.",
        ),
        MEND,
        facts=("code",),
    ),
    "own-lot": Kind(
        "网关所属停车场",
        ("网关始终服务其所属停车场。", "A gateway serves its own lot always."),
        MEND,
        facts=("code",),
    ),
    "moves-lanes": Kind(
        "网关仍控制该停车场的车道",
        (
            "该网关仍控制该停车场的车道，须先移交；`lanes` 列出这些车道。",
            "The gateway moves lanes of this lot, which are handed over first; `lanes` names them.",
        ),
        MEND,
        facts=("lanes",),
    ),
    "never-its-code": Kind(
        "不是该停车场的编码",
        ("所列编码从未属于该停车场。", "The lot never had the code that is to go on leading to it."),
        MEND,
        facts=("code",),
    ),
    "inside-itself": Kind(
        "停车场互相包含",
        ("停车场不能位于其内部的停车场之中。", "A lot cannot lie inside of one that lies inside of it."),
        MEND,
    ),
    "rewrites-the-past": Kind(
        "不能更改过去",
        (
            "更改的生效时间早于现在，或早于已据以办理的事项。",
            "The change would begin before now, or before what was decided by what held.",
        ),
        MEND,
        facts=("earliest", "valid_from"),
    ),
    "too-far-ahead": Kind(
        "时间过晚",
        ("更改的生效时间过晚。", "The change would begin later than anybody plans."),
        MEND,
        facts=("valid_from",),
    ),
    "begins-otherwise": Kind(
        "同时已有更改",
        ("同一时刻已有另一项更改开始生效。", "Something else has begun at this very instant."),
        MEND,
        facts=("valid_from",),
    ),
    "outside-the-city": Kind(
        "位置不在本市",
        ("位置无效，或不在本市范围内。", "The position is none, or lies outside of the city's box."),
        MEND,
    ),
    "operator-not-found": Kind(
        "没有该经营单位",
        ("没有此编码的经营单位。", "No operator has this code."),
        LOOK,
        facts=("code",),
    ),
    "operator-is-settled": Kind(
        "时区不能更改",
        ("该经营单位已有按其时区结算的营业日。", "Days of the operator are settled by the time zone it has."),
        NONE,
    ),
    "operator-runs-lots": Kind(
        "经营单位仍有停车场营业",
        ("该日仍有停车场营业，列出其中若干。", "Lots of the operator are open on that day; some of them are named."),
        MEND,
        facts=("lots",),
    ),
    "operator-ends": Kind(
        "经营单位已终止",
        ("该经营单位已定终止日期，不再登记或重新开放停车场。", "The operator ends, and takes no lots any more."),
        OTHER,
        facts=("operator", "closed_from"),
    ),
    "ends-at-no-day": Kind(
        "终止日期无效",
        ("终止日期须为今日起三年以内。", "An operator ends today or later, and within three years."),
        MEND,
    ),
}
