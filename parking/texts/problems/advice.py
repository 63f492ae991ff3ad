"""What to do about a problem."""

from parking.texts.words import Words

AGAIN: Words = (
    "稍后重试；若是写入，请先查询是否已经办理。",
    "Try again in a while; if it was a change, look first whether it was done.",
)
CHANGE: Words = (
    "登记不会更改已有的内容：如需更改请用更改操作（`PATCH` 等），否则按已登记的内容再说一次。",
    "Registering changes nothing that is there: change that (`PATCH` and its like), or say what is registered.",
)
CHANNEL: Words = ("从 `channels` 中选择一个渠道。", "Choose one of `channels`.")
CREDENTIALS: Words = (
    "在 `Authorization: Bearer …` 中出示有效的网关密钥或令牌；必要时申请新的。",
    "Show a good key or token in `Authorization: Bearer …`; ask for a new one if yours has ended.",
)
EXIT: Words = ("请在出口缴费。", "Pay at the exit.")
FINDINGS: Words = (
    "修改文本后重新登记，或在 `accept` 中为每条警告说明理由。",
    "Mend the document and register it again, or give a reason for each warning under `accept`.",
)
GATE: Words = (
    "道闸按 `gate` 执行；修正事件后重新提交。被拒绝的事件已保存，可在 `/v1/refused-events` 查看。",
    "Let the barrier do what `gate` says; mend the event and send it again. What was refused is kept under "
    "`/v1/refused-events`.",
)
KEEP: Words = (
    "保存这些事件，按 `Retry-After` 稍后重新提交；重复提交不会重复入账。",
    "Keep the events and send them again after `Retry-After`; a repeat does no harm.",
)
KEY: Words = (
    "重发请保持内容不变；新的请求请换一个键。",
    "Send the same content again, or choose a new key for something new.",
)
LATER: Words = ("请等待一段时间后再试。", "Wait, and ask again later.")
LOOK: Words = (
    "核对地址和编号；列表中有可用的编号。",
    "Look at the address and the identifier; the lists have those there are.",
)
MEND: Words = (
    "按 `detail` 修改 `field` 指明的内容后重新提交。",
    "Mend what `field` names as `detail` says, and send it again.",
)
NONE: Words = ("无需处理。", "There is nothing to do.")
OPERATOR: Words = (
    "请运维人员修正设置后重新启动服务。",
    "Whoever runs the service mends the setting and starts it again.",
)
OTHER: Words = ("请换用另一个。", "Choose another one.")
OWN: Words = ("使用有权访问的凭证，或请有权的人办理。", "Use credentials of somebody it is for, or ask them.")
PAGE: Words = (
    "原样使用上一页的 `next`，或从第一页开始。",
    "Give the `next` of a page as it is, or begin at the first page.",
)
PARTS: Words = ("分成几次提交或查询。", "Send or ask for it in parts.")
RELOAD: Words = ("重新查看最新内容后再操作。", "Look at it as it is now, and do it again.")
REPORT: Words = (
    "请将 `request_id` 告知服务的运维人员。",
    "Tell whoever runs the service the `request_id`.",
)
REVOKE: Words = ("先撤销一个旧密钥。", "Revoke an old key first.")
SETTLE: Words = (
    "先付清欠款、退回余额，并等待付款结束。",
    "Pay what is owed, have the wallet emptied, and wait for payments to end.",
)
STAFF: Words = ("请联系停车管理人员。", "Ask the city's staff.")
STANDS: Words = (
    "按现状继续；如需更改，请先查看当前状态。",
    "It stands as it is; look at it as it is now before you go on.",
)
WAIT: Words = ("按 `Retry-After` 的秒数等待后重试。", "Wait for the seconds of `Retry-After`, then try again.")
