"""Problems of any call: who calls, how often, and what cannot be read."""

from parking.texts.problems.advice import (
    AGAIN,
    CREDENTIALS,
    KEEP,
    LOOK,
    MEND,
    OPERATOR,
    OWN,
    PAGE,
    PARTS,
    REPORT,
    STAFF,
    WAIT,
)
from parking.texts.problems.kind import Kind

KINDS: dict[str, Kind] = {
    "not-found": Kind("没有找到", ("没有此地址或此内容。", "There is nothing at this address."), LOOK),
    "bad-request": Kind("请求有误", ("请求无法读取。", "The request cannot be read."), MEND),
    "malformed": Kind(
        "格式有误",
        (
            "请求的某项内容缺失或不符合格式，`field` 指明是哪一项。",
            "Something of the request is missing or not in form; `field` says what.",
        ),
        MEND,
    ),
    "unauthorized": Kind(
        "未通过身份验证",
        (
            "没有出示凭证，或凭证无效、已过期、已撤销。",
            "No credentials were shown, or they are wrong, have ended or were revoked.",
        ),
        CREDENTIALS,
    ),
    "not-yours": Kind(
        "无权访问",
        (
            "凭证有效，但此内容不属于该凭证的持有人。",
            "The credentials are good, and this is not for whoever holds them.",
        ),
        OWN,
        facts=("audience", "operator_id"),
    ),
    "account-barred": Kind(
        "账户已停用",
        (
            "账户已暂停或注销，其令牌不能使用。",
            "The account is suspended or closed: nothing can be done with its tokens.",
        ),
        STAFF,
        facts=("account_id",),
    ),
    "token-refused": Kind(
        "令牌无效",
        (
            "令牌缺失、过期、已撤销，或不是本服务签发的。",
            "The token is missing, has ended, was revoked, or was not signed by this service.",
        ),
        CREDENTIALS,
    ),
    "method-not-allowed": Kind(
        "方法不允许",
        ("此地址没有该方法，`Allow` 列出可用的方法。", "The address has no such method; `Allow` names those it has."),
        LOOK,
    ),
    "request-timeout": Kind("请求超时", ("请求没有及时送达。", "The request did not come in time."), AGAIN),
    "request-header-fields-too-large": Kind(
        "请求头过大", ("请求头过多或过大。", "The headers are too many or too large."), PARTS
    ),
    "request-entity-too-large": Kind(
        "内容过大", ("请求体超过允许的大小。", "The body is larger than is taken."), PARTS
    ),
    "request-uri-too-long": Kind(
        "地址过长", ("查询串超过允许的长度。", "The query of the address is longer than is taken."), PARTS
    ),
    "too-many-requests": Kind(
        "请求过于频繁",
        ("调用方在短时间内请求过多。", "The caller asked for more than its rate allows."),
        WAIT,
        facts=("listeners_max", "retry_after_s"),
    ),
    "too-many-waiting": Kind(
        "服务繁忙",
        ("等待应答的请求过多。", "So many wait to be answered that one more would wait too long."),
        WAIT,
        facts=("waiting_max",),
    ),
    "too-many-listeners": Kind(
        "实时连接过多",
        ("本进程的实时连接已满。", "There are as many live connections as this process takes."),
        WAIT,
        facts=("listeners_max",),
    ),
    "storage-away": Kind(
        "存储不可用",
        (
            "服务暂时无法访问数据库，本次多半没有办理。",
            "The service cannot reach its database; most likely nothing was done.",
        ),
        AGAIN,
    ),
    "check-under-way": Kind("正在检查", ("正在检查另一份收费标准。", "Another tariff is being checked."), WAIT),
    "overloaded": Kind(
        "事件过多",
        ("等待入库的事件过多。", "More events wait than the service takes."),
        KEEP,
        facts=("waiting_events_max",),
    ),
    "internal-server-error": Kind(
        "内部错误",
        ("请求没有完整送达，或服务发生错误。", "The request did not come whole, or the service failed."),
        AGAIN,
    ),
    "service-unavailable": Kind("服务不可用", ("服务暂时不能办理。", "The service cannot do its work now."), WAIT),
    "defect": Kind(
        "程序缺陷",
        (
            "服务自身出错，`instance` 为日志中的编号。",
            "The service has a fault of its own; the number under `instance` finds it in the log.",
        ),
        REPORT,
    ),
    "bad-setting": Kind(
        "设置有误",
        ("服务的一项设置缺失或不符合格式。", "A setting of the service is missing or not of its form."),
        OPERATOR,
        facts=("setting",),
    ),
    "no-room": Kind(
        "资源不足",
        ("进程可打开的文件数不足。", "The process may not open as many files as it needs."),
        OPERATOR,
        facts=("descriptors",),
    ),
    "cursor-malformed": Kind(
        "翻页标记有误", ("该值不是上一页给出的 `next`。", "The value is not the `next` of an earlier page."), PAGE
    ),
    "range-too-wide": Kind(
        "范围过大",
        (
            "所求天数超过一次可给的范围，或结束早于开始。",
            "More days were asked for than one answer holds, or they end before they begin.",
        ),
        PARTS,
        facts=("days_max",),
    ),
    "request-key-malformed": Kind(
        "幂等键有误",
        ("`Idempotency-Key` 为空或过长。", "The `Idempotency-Key` is empty or too long."),
        MEND,
        facts=("characters_max",),
    ),
    "holder-unclear": Kind(
        "持有人不明",
        ("车主令牌须指明账户，工作人员令牌不得指明账户。", "A driver's token names an account, staff's names none."),
        MEND,
        facts=("audience",),
    ),
    "token-life-too-long": Kind(
        "有效期过长",
        ("该类令牌不得有这么长的有效期。", "A token of this audience may not live so long."),
        MEND,
        facts=("hours_max",),
    ),
    "no-such-token": Kind(
        "没有该令牌",
        (
            "没有可撤销的令牌：从未签发、已过期或已撤销。",
            "No token that could be revoked fits: it was never issued, has ended, or was revoked before.",
        ),
        LOOK,
    ),
    "look-up-too-wide": Kind(
        "查询范围过大",
        ("查询没有足够缩小范围。", "The question is wider than one answer holds."),
        PARTS,
        facts=("characters_min",),
    ),
    "times-unclear": Kind(
        "时间不明",
        (
            "所求时间没有时差、先后颠倒，或跨度过大。",
            "The times have no offset, are in the wrong order, or lie too far apart.",
        ),
        MEND,
    ),
}
