"""What people look at: cases and the events behind them, who looks, and what was decided."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Raw, Struct

import sql
from parking import cases
from parking.cases import Filter, Known, OpenCase, State, UnknownCase
from parking.decisions import MADE_BY_HAND, Decision
from parking.device_decisions import DeviceDecision
from parking.flow import elsewhere as elsewhere_flow
from parking.flow import facts as facts_flow
from parking.flow.decisions import Decided
from parking.flow.derivation import RandomBits
from parking.flow.elsewhere import Elsewhere
from parking.flow.matching import Candidate, MatchShown, candidates_of, matches_shown
from parking.network import Network
from parking.plates import PlateColor
from parking.store import cases as store
from parking.store import decisions as decision_store
from parking.store import device_decisions as device_store
from parking.texts.cases import REASONS
from parking.texts.decisions import KINDS
from parking.verdicts import Verdict
from payments import ids
from payments.charges import Charge, ChargeState, charge_id
from payments.flow import audit as audit_flow
from payments.identity import Principal
from payments.store import audit as audit_store
from payments.store import charges as charge_store


class CaseShown(Struct, frozen=True):
    """A case with all that helps to decide it. `stay_state` and what follows are of the stay that the event is part of
    now; `at_stake_fen`: what is charged for that. `said`: what a driver wrote who appeals. `device`: what a device
    said, of a case about no read (but for a list of plates), and `found` how that differs.
    """

    id: UUID
    lot: str
    reason: cases.Reason
    reason_zh: str
    reason_en: str
    opened_at: datetime
    age_s: int
    assignee: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None
    said: str | None
    device: Raw | None
    found: Raw | None
    event_id: UUID
    kind: str | None
    lane: str | None
    occurred_at: datetime | None
    received_at: datetime | None
    replay: bool | None
    plate: str | None
    plate_read: str | None
    plate_color: PlateColor | None
    confidence: float | None
    images: Raw | None
    stay_id: UUID | None
    stay_state: str | None
    entered_at: datetime | None
    left_at: datetime | None
    fee_fen: int | None
    at_stake_fen: int | None
    charge_reference: UUID | None
    charge_state: ChargeState | None
    candidates: Sequence[Candidate]
    matches: Sequence[MatchShown]
    elsewhere: Elsewhere | None
    decisions: Sequence["DecisionShown"]


class DecisionShown(Struct, frozen=True):
    """A decision about the event of a case, or about a read that was made by hand for it (`event_id`). `counts`:
    whether anything follows from that since. Where nothing was said of a plate, that is null.
    """

    event_id: UUID
    n: int
    kind: str
    kind_zh: str
    kind_en: str
    undoes: int | None
    plate: str | None
    plate_color: PlateColor | None
    counts: bool | None
    note: str
    decided_by: str
    decided_at: datetime


async def find_cases(
    db: sql.Connection,
    wanted: Filter,
    *,
    after: UUID,
    limit: int,
    reader: Principal,
    now: datetime,
    random_bits: RandomBits,
) -> list[CaseShown]:
    """Cases, the oldest first. They show plates: who read is kept."""
    found = await store.cases(db, wanted, after=after, limit=limit)
    await audit_flow.record_look(db, subject="cases", rows=len(found), reader=reader, now=now, random_bits=random_bits)
    return await _shown(db, found, now)


async def case_by_id(
    db: sql.Connection,
    *,
    case_id: UUID,
    lot_ids: Sequence[int] | None,
    reader: Principal,
    now: datetime,
    random_bits: RandomBits,
) -> CaseShown:
    """A case of the lots (None: of any). Who read it is kept.

    Raises:
        UnknownCase: there is none of this id among these lots.
    """
    await _case(db, case_id, lot_ids)
    before = UUID(int=case_id.int - 1)
    of_lot = Filter(lot_ids=[ids.shard_of(case_id)], state=State.ALL)
    found = await store.cases(db, of_lot, after=before, limit=1)
    await audit_flow.record_look(db, subject="cases", rows=1, reader=reader, now=now, random_bits=random_bits)
    (shown,) = await _shown(db, found, now)
    return shown


async def decide_case(
    pool: sql.Pool,
    said: Verdict,
    *,
    case_id: UUID,
    lot_ids: Sequence[int] | None,
    by: Principal,
    request_key: str | None,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Decided:
    """Decides a case of the lots (None: of any), in a transaction of its own, which is committed when this returns.

    Raises:
        UnknownCase: there is none of this id among these lots.
        others: see `facts.decide`.
    """
    async with pool.acquire() as db, db.transaction():
        case = await _case(db, case_id, lot_ids)
        decided = await facts_flow.decide(
            db,
            said,
            fact_id=case.event_id,
            case=case,
            by=by,
            request_key=request_key,
            network=network,
            now=now,
            random_bits=random_bits,
        )
    if case.other_stay_id is not None and case.stay_id is not None:
        # The other stay is another lot's: what follows for it comes in a transaction of its own, or by the clock.
        await elsewhere_flow.look_at_stays(pool, [case.stay_id, case.other_stay_id], network=network, now=now)
    return decided


async def assign_case(
    db: sql.Connection,
    *,
    case_id: UUID,
    lot_ids: Sequence[int] | None,
    assignee: str | None,
    by: Principal,
    network: Network,
    now: datetime,
) -> None:
    """Says who looks at a case; None: nobody yet. The same again is nothing.

    Raises:
        UnknownCase: there is none of this id among these lots.
    """
    case = await _case(db, case_id, lot_ids)
    if (before := await store.assign(db, case.lot_id, case_id, assignee, now=now)) != assignee:
        owner = network.lots[case.lot_id].operator_id
        detail: dict[str, object] = {"before": before, "after": assignee}
        await audit_store.record(
            db, owner, actor=by.subject, action="case.assign", subject=f"case:{case_id}", detail=detail, now=now
        )


async def _case(db: sql.Connection, case_id: UUID, lot_ids: Sequence[int] | None) -> OpenCase:
    lot_id = ids.shard_of(case_id)
    found = await store.case_by_id(db, lot_id, case_id) if ids.is_ours(case_id) else None
    if found is None or (lot_ids is not None and lot_id not in lot_ids):
        raise UnknownCase("No case has this id.", case_id=str(case_id))
    return found


# -- what is shown


async def _shown(db: sql.Connection, found: Sequence[Known], now: datetime) -> list[CaseShown]:
    if not found:
        return []
    charges = await _charges(db, found)
    rivals = await candidates_of(db, found)
    decided: dict[UUID, list[DecisionShown]] = {}
    facts = {case.event_id for case in found}
    for each in await decision_store.decisions_around(db, facts):
        home = each.about_id if each.kind in MADE_BY_HAND else None
        decided.setdefault(home or each.fact_id, []).append(decision_shown(each))
    for said in await device_store.decisions(db, facts):
        decided.setdefault(said.fact_id, []).append(decision_shown(said))
    elsewhere = await elsewhere_flow.others_of(db, found)
    matches = await matches_shown(db, [case.event_id for case in found if case.kind == "exit"])
    return [
        _case_shown(
            case,
            charges.get(case.id),
            rivals.get(case.id, ()),
            matches.get(case.event_id, ()),
            elsewhere.get(case.id),
            sorted(decided.get(case.event_id, ()), key=lambda each: each.decided_at),
            now,
        )
        for case in found
    ]


def _case_shown(
    case: Known,
    charge: Charge | None,
    candidates: Sequence[Candidate],
    matches: Sequence[MatchShown],
    elsewhere: Elsewhere | None,
    decided: Sequence[DecisionShown],
    now: datetime,
) -> CaseShown:
    return CaseShown(
        id=case.id,
        lot=case.lot,
        reason=case.reason,
        reason_zh=REASONS[case.reason][0],
        reason_en=REASONS[case.reason][1],
        opened_at=case.opened_at,
        age_s=max(0, (now - case.opened_at) // timedelta(seconds=1)),
        assignee=case.assignee,
        resolved_at=case.resolved_at,
        resolved_by=case.resolved_by,
        note=case.note,
        said=case.said,
        device=_raw(case.device),
        found=_raw(case.found),
        event_id=case.event_id,
        kind=case.kind,
        lane=case.lane,
        occurred_at=case.occurred_at,
        received_at=case.received_at,
        replay=case.replay,
        plate=case.plate,
        plate_read=case.plate_read,
        plate_color=case.plate_color,
        confidence=None if case.confidence is None else round(case.confidence, 3),
        images=_raw(case.images),
        stay_id=case.stay_id,
        stay_state=case.state,
        entered_at=case.entered_at,
        left_at=case.left_at,
        fee_fen=case.fee_fen,
        at_stake_fen=case.fee_fen if charge is None else charge.amount_fen,
        charge_reference=None if charge is None else charge.reference,
        charge_state=None if charge is None else charge.state,
        candidates=candidates,
        matches=matches,
        elsewhere=elsewhere,
        decisions=decided,
    )


def _raw(text: str | None) -> Raw | None:
    return None if text is None else Raw(text.encode())


def decision_shown(made: Decision | DeviceDecision) -> DecisionShown:
    """A decision in words."""
    return DecisionShown(
        event_id=made.fact_id,
        n=made.n,
        kind=made.kind,
        kind_zh=KINDS[made.kind][0],
        kind_en=KINDS[made.kind][1],
        undoes=made.undoes,
        plate=made.plate,
        plate_color=made.plate_color if isinstance(made, Decision) else None,
        counts=made.counts if isinstance(made, Decision) else made.applies,
        note=made.note,
        decided_by=made.decided_by,
        decided_at=made.decided_at,
    )


async def _charges(db: sql.Connection, found: Sequence[Known]) -> dict[UUID, Charge]:
    """The charge of each case: the one that is appealed against, or that of its stay."""
    wanted = {case.id: case.charge_id for case in found if case.charge_id is not None}
    for case in found:
        if case.charge_id is None and case.stay_id is not None and case.fee_fen is not None:
            wanted[case.id] = charge_id(case.stay_id, case.account_id)
    known = await charge_store.charges_by_id(db, list(set(wanted.values()))) if wanted else {}
    return {case_id: known[key] for case_id, key in wanted.items() if key in known}
