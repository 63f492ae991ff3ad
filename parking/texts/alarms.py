"""What an alarm is about, in words for staff."""

from parking.alarms import AlarmKind, AlarmState, Severity
from parking.texts.words import Words

KINDS: dict[AlarmKind, Words] = {
    AlarmKind.SILENT_LOT: ("停车场无上报", "The lot is silent"),
    AlarmKind.SILENT_GATEWAY: ("车场网关无心跳", "A gateway is silent"),
    AlarmKind.CLOCK: ("设备时钟有误", "A clock is wrong"),
    AlarmKind.NUMBERS_RESTARTED: ("设备事件编号重新开始", "A device's numbers began anew"),
    AlarmKind.DOUBTFUL_READS: ("存疑的车牌识别过多", "Many reads are in doubt"),
    AlarmKind.COUNT_OFF: ("上报车位数与进出记录不符", "The count contradicts the gates"),
}

SEVERITIES: dict[Severity, Words] = {
    Severity.HIGH: ("紧急", "High"),
    Severity.MEDIUM: ("一般", "Medium"),
    Severity.LOW: ("提示", "Low"),
}

STATES: dict[AlarmState, Words] = {
    AlarmState.OPEN: ("未确认", "New"),
    AlarmState.ACKNOWLEDGED: ("已确认", "Acknowledged"),
    AlarmState.DISPATCHED: ("已派单", "Sent"),
    AlarmState.RESOLVED: ("已办结", "Resolved"),
}
