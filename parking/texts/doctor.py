"""What the doctor found, and what to do about it."""

from parking.doctor import Kind, Remark, Severity
from parking.texts.words import Words

SEVERITIES: dict[Severity, Words] = {Severity.WRONG: ("错误", "wrong"), Severity.ODD: ("注意", "odd")}
WELL: Words = ("正常", "ok")
NOT_LOOKED_AT: Words = ("未检查", "not looked at")
REMARKS: dict[Kind, Words] = {
    Kind.SECRETS_MISSING: (
        "没有可用的令牌密钥：ONELOT_TOKEN_SECRETS 中每个密钥至少 {characters} 个字符，以逗号分隔，最新的在前。",
        "There is no secret to sign tokens with: ONELOT_TOKEN_SECRETS must hold one or more of at least {characters} "
        "characters, separated by commas, the newest first.",
    ),
    Kind.SECRETS_WEAK: (
        "令牌密钥过于简单，容易被猜到。请用随机数生成：python3 -c 'import secrets; print(secrets.token_hex(32))'。",
        "A secret that signs tokens has few different characters and can be guessed. Let a generator make it: "
        "python3 -c 'import secrets; print(secrets.token_hex(32))'.",
    ),
    Kind.TEST_CHANNEL: (
        "已启用测试支付渠道，任何人都能“付款”而无真实资金。生产环境请去掉 ONELOT_TEST_CHANNEL。",
        "The test channel is offered: anybody pays, and no money moves. Take ONELOT_TEST_CHANNEL out in production.",
    ),
    Kind.OTHER_CLOCK: (
        "时钟被设置为演示时间。生产环境请去掉 ONELOT_CLOCK_START 和 ONELOT_CLOCK_SPEED。",
        "The clock is that of a demonstration. Take ONELOT_CLOCK_START and ONELOT_CLOCK_SPEED out in production.",
    ),
    Kind.DISK_FULL: (
        "{folder} 所在磁盘仅剩 {free}。请清理或扩容。",
        "The disk of {folder} has {free} left. Make room on it.",
    ),
    Kind.REDIS_AWAY: (
        "Redis 无法连接：{fault}。服务可以运行，但余位改从数据库读取。请检查 ONELOT_REDIS_URL 与 Redis。",
        "Redis does not answer: {fault}. The service works without, and reads counts from the database. Look at "
        "ONELOT_REDIS_URL and at Redis.",
    ),
    Kind.REDIS_OLD: ("Redis {version} 过旧，至少需要 6.2。", "Redis {version} is too old: 6.2 is the least."),
    Kind.DATABASE_AWAY: (
        "数据库无法连接：{fault}。请检查 ONELOT_DATABASE_URL 与 PostgreSQL。",
        "The database does not answer: {fault}. Look at ONELOT_DATABASE_URL and at PostgreSQL.",
    ),
    Kind.DATABASE_OLD: (
        "PostgreSQL {version} 过旧，至少需要 15。",
        "PostgreSQL {version} is too old: 15 is the least.",
    ),
    Kind.DATABASE_READ_ONLY: (
        "数据库只读（备库或磁盘已满），无法记录事件。请连接主库。",
        "The database takes no writes: it is a standby, or its disk is full. Connect to the primary.",
    ),
    Kind.FEW_CONNECTIONS: (
        "本机各进程最多使用 {wanted} 个数据库连接，而服务器只允许 {there} 个。"
        "请减小 ONELOT_POOL_MAX 或增大 max_connections。",
        "The processes of these settings take up to {wanted} connections and the server gives {there}. Lower "
        "ONELOT_POOL_MAX or raise max_connections.",
    ),
    Kind.NOT_READY: ("数据库尚未就绪：{fault}", "The database is not ready: {fault}"),
    Kind.SCHEMA_NEWER: (
        "数据库有本版本不认识的迁移 {numbers}：它属于更新的版本。升级期间属正常；否则请升级本程序。",
        "The database has the migrations {numbers}, which a newer version made. That is well while one process after "
        "the other is brought up to date; else update this one.",
    ),
    Kind.LOGIN_POWERFUL: ("登录角色权限过大：{fault}", "The login is too powerful: {fault}"),
    Kind.OWNER_ALLOWED: (
        "允许以账簿所有者身份运行（ONELOT_ALLOW_OWNER）。生产环境请改用只属于 onelot_service 的登录角色。",
        "ONELOT_ALLOW_OWNER lets a login run that owns the books. In production connect as a member of onelot_service.",
    ),
    Kind.CLOCK_OFF: (
        "本机时钟与数据库相差 {by} 秒，每个事件都会成为待核查。请启用时间同步（NTP）。",
        "This machine's clock is {by} s off the database's, so that every event is a case. Keep both by NTP.",
    ),
    Kind.NO_MONTH_AHEAD: (
        "以下表没有下个月的分区：{tables}。请确认 onelot work 在运行；onelot migrate 也会创建。",
        "These tables have no partition for the next month: {tables}. Is onelot work running? onelot migrate makes "
        "them as well.",
    ),
    Kind.NEVER_WORKED: (
        "后台任务从未运行：没有扣费，也没有结算。请启动 onelot work。",
        "No worker has ever run: nothing is collected or settled. Start onelot work.",
    ),
    Kind.JOB_OVERDUE: (
        "任务未按时完成：{jobs}。onelot work 是否在运行？详见 onelot jobs。",
        "Jobs were not done in time: {jobs}. Is onelot work running? onelot jobs says more.",
    ),
    Kind.JOB_FAILS: (
        "任务 {job} 连续失败 {times} 次：{error}",
        "The job {job} has failed {times} times in a row: {error}",
    ),
    Kind.NO_LOT: ("尚未登记停车场。请用 onelot lot add 登记。", "No lot is registered: onelot lot add."),
    Kind.LOT_WITHOUT_PRICE: (
        "没有现行收费标准的停车场（车辆免费离场）：{codes}。请用 onelot tariff apply。",
        "Lots without a price in force, which cars leave for nothing: {codes}. Let one hold by onelot tariff apply.",
    ),
    Kind.LOT_WITHOUT_LANE: (
        "没有车道的停车场（无法上报事件）：{codes}。",
        "Lots without a lane, of which no event can be told: {codes}.",
    ),
    Kind.PRICE_UNREADABLE: (
        "现行收费标准无法读取的停车场（无法收费）：{codes}。请发布并启用新版本。",
        "Lots whose price in force cannot be read, so that nothing is charged: {codes}. Publish and apply another.",
    ),
    Kind.GATEWAY_UNHEARD: (
        "从未收到过消息的网关：{codes}。请检查地址、网络和密钥。",
        "Gateways of which nothing was ever heard: {codes}. Look at their address, network and key.",
    ),
    Kind.GATEWAY_WITHOUT_KEY: (
        "没有有效密钥的网关：{codes}。请用 onelot gateway key 签发。",
        "Gateways without a key: {codes}. Issue one by onelot gateway key.",
    ),
}


def text(remark: Remark) -> Words:
    """What was found, and what to do."""
    zh, en = REMARKS[remark.kind]
    return zh.format(**remark.facts), en.format(**remark.facts)
