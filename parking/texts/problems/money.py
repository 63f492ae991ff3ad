"""Problems of charges, wallets, payments and the books."""

from parking.texts.problems.advice import CHANNEL, KEY, LATER, LOOK, MEND, OPERATOR, PARTS, REPORT, SETTLE, STANDS, WAIT
from parking.texts.problems.kind import Kind

KINDS: dict[str, Kind] = {
    "no-such-account": Kind(
        "没有该账户", ("没有此编号的账户。", "No account has this number."), LOOK, facts=("account_id",)
    ),
    "account-not-settled": Kind(
        "账户未结清",
        (
            "账户仍有欠款、余额或进行中的付款，不能注销。",
            "Something is still owed, held or under way, so the account cannot be closed.",
        ),
        SETTLE,
        facts=("owed_fen", "payments_under_way", "wallet_fen"),
    ),
    "no-such-charge": Kind(
        "没有该费用", ("没有此编号的应收费用。", "No charge has this reference."), LOOK, facts=("charge", "charge_id")
    ),
    "charge-not-due": Kind(
        "费用无须支付",
        ("该费用已付清或已作废。", "The charge is paid already, or void."),
        STANDS,
        facts=("charge_reference", "state"),
    ),
    "charge-contradicted": Kind(
        "费用矛盾",
        ("同一停放已有内容不同的费用。", "A charge of the same stay exists with other content."),
        STANDS,
        facts=("stay_id",),
    ),
    "already-void": Kind(
        "已作废",
        ("该费用已因其他原因作废。", "The charge is void already, for another reason."),
        STANDS,
        facts=("charge_id", "reason"),
    ),
    "unknown-channel": Kind(
        "没有该支付渠道",
        (
            "没有此名称的支付渠道，`channels` 列出可用渠道。",
            "No payment channel has this name; `channels` are those there are.",
        ),
        CHANNEL,
        facts=("channel", "channels"),
    ),
    "payer-malformed": Kind(
        "付款人标识有误",
        ("付款人标识为空或过长。", "The payer's token is empty or too long."),
        MEND,
        facts=("characters_max",),
    ),
    "payment-in-progress": Kind(
        "付款进行中",
        (
            "上一笔付款尚未结束，再付可能重复扣款。",
            "A payment of this has not ended; a second one could take the money twice.",
        ),
        WAIT,
        facts=("charge_reference", "retry_after_s", "state"),
    ),
    "payment-contradicted": Kind(
        "付款矛盾",
        ("该幂等键已用于另一渠道或付款人。", "The key of this payment was used for another channel or payer."),
        KEY,
    ),
    "too-many-attempts": Kind(
        "付款次数过多",
        ("近期付款尝试过多。", "So many payments of this were tried of late that another has to wait."),
        WAIT,
        facts=("retry_after_s",),
    ),
    "no-such-top-up": Kind(
        "没有该充值", ("账户没有此编号的充值。", "The account has no top-up of this id."), LOOK, facts=("top_up_id",)
    ),
    "top-up-contradicted": Kind(
        "充值矛盾",
        ("该幂等键已用于另一笔充值。", "The key of this top-up was used for another amount, channel or payer."),
        KEY,
        facts=("top_up_id",),
    ),
    "top-up-out-of-range": Kind(
        "充值金额超限",
        (
            "充值金额低于下限或高于上限。",
            "The amount is below the least or above the most that a single top-up may bring.",
        ),
        MEND,
        facts=("fen_max", "fen_min"),
    ),
    "not-refundable": Kind(
        "不能退款",
        (
            "费用未支付、余额不足以退，或付款钱包已注销。",
            "The charge is not paid, less than this remains of it, or the wallet that paid it is closed.",
        ),
        MEND,
        facts=("account_id", "amount_fen", "charge_id", "refundable_fen", "state"),
    ),
    "refund-contradicted": Kind(
        "退款矛盾",
        ("该幂等键已用于另一笔退款。", "The key of this refund was used for another amount or reason."),
        KEY,
        facts=("amount_fen",),
    ),
    "number-reused": Kind(
        "流水号重复",
        ("该流水号此前已用于其他内容。", "The number came to the channel before with other content."),
        REPORT,
        facts=("code",),
    ),
    "request-refused": Kind(
        "渠道拒绝", ("支付渠道不接受该请求。", "The channel will not read the request."), REPORT, facts=("code",)
    ),
    "no-such-dispute": Kind(
        "没有该争议", ("没有此编号的争议。", "No dispute has this id."), LOOK, facts=("dispute_id",)
    ),
    "dispute-resolved": Kind(
        "争议已处理",
        ("该争议此前已有人处理。", "Somebody resolved this dispute before."),
        STANDS,
        facts=("resolution", "resolved_at", "resolved_by"),
    ),
    "finding-unfit": Kind(
        "结论不适用",
        ("此类争议不能这样了结。", "A dispute of this kind, or as it stands, cannot end in that way."),
        MEND,
        facts=("findings", "kind", "refund_id"),
    ),
    "nothing-to-return": Kind(
        "无款可退",
        ("该争议没有暂收款，或正在退回。", "No money of this dispute lies in suspense, or it is on its way back."),
        STANDS,
        facts=("dispute_id",),
    ),
    "floor-broken": Kind(
        "余额不足", ("余额将低于下限。", "A balance would fall below its floor."), MEND, facts=("floor",)
    ),
    "journal-contradicted": Kind(
        "凭证矛盾", ("账簿中已有同号而内容不同的凭证。", "The books hold this fact with other content."), REPORT
    ),
    "book-missing": Kind(
        "账簿缺失", ("没有为该所有者开立账簿。", "A posting names an owner for whom no books were opened."), REPORT
    ),
    "day-not-over": Kind(
        "营业日未结束",
        ("该营业日尚未结束，仍可能入账。", "The business day is not over at an operator."),
        LATER,
        facts=("business_date", "operator"),
    ),
    "day-too-old": Kind(
        "日期过早",
        ("该营业日过早，不再单独结算。", "The business day lies too far back."),
        MEND,
        facts=("business_date", "days_max"),
    ),
    "no-such-operator": Kind(
        "没有该经营单位",
        ("没有此编号的经营单位。", "No operator has this code or number."),
        LOOK,
        facts=("operator", "operator_id"),
    ),
    "unknown-operator": Kind(
        "没有该经营单位", ("没有此编码的经营单位。", "No operator has this code."), LOOK, facts=("code",)
    ),
    "no-such-run": Kind(
        "没有该报表任务",
        (
            "没有此编号的报表任务或定期报表，或不属于调用方。",
            "No run or schedule has this number, or it is not the caller's.",
        ),
        LOOK,
        facts=("run_id",),
    ),
    "run-not-done": Kind(
        "报表没有文件",
        ("该报表尚未完成或未能完成，没有文件。", "The report is not made yet, or could not be: it has no file."),
        WAIT,
        facts=("run_id", "state"),
    ),
    "runs-not-kept": Kind(
        "无处存放报表",
        (
            "没有设置报表文件夹，或没有设置所要求的投递方式。",
            "No folder for reports is set, or not the way in which they are to be delivered.",
        ),
        OPERATOR,
        facts=("setting",),
    ),
    "too-many-runs": Kind(
        "报表任务过多",
        ("等待中的报表任务或定期报表过多。", "Too many reports wait to be made, or too many schedules hold."),
        WAIT,
        facts=("runs_max", "schedules_max"),
    ),
    "no-such-report": Kind(
        "没有该报表",
        ("没有此名称的报表，或没有这种格式。", "There is no report of this name, or none in this form."),
        LOOK,
        facts=("file",),
    ),
    "pdf-unavailable": Kind(
        "无法生成 PDF",
        (
            "没有安装生成 PDF 的组件（`onelot[pdf]`），或没有中文字体。",
            "What sets reports as PDF (`onelot[pdf]`), or a font with Chinese, is not installed.",
        ),
        OPERATOR,
        facts=("extra", "fonts", "setting"),
    ),
    "report-too-long": Kind(
        "报表过长",
        ("该报表的行数超过此种文件所能容纳。", "The report has more rows than this kind of file takes."),
        PARTS,
        facts=("rows_max",),
    ),
    "no-such-settlement": Kind(
        "没有该结算单",
        ("该经营单位当日没有结算单。", "This operator has no settlement of this day."),
        LOOK,
        facts=("business_date", "file", "operator"),
    ),
    "rate-not-open": Kind(
        "费率已定",
        ("已结算的日期，费率不再变动。", "The share of a day that is settled does not change."),
        STANDS,
        facts=("valid_from",),
    ),
}
