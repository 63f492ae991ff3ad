-- What must always be true, each as a query that returns no row. `onelot verify` runs them all; so do the tests,
-- the demonstration, every load run, and the worker every ten minutes.
-- The comment under a name is what a person reads when it fails.
-- What compares row with row begins at checked_from(): the worker looks at the last weeks every ten minutes and at
-- everything twice a day. What belongs together has identifiers of one instant, or of later ones than what it pays.

-- name: transfers_without_journal
-- Every transfer belongs to a journal of the same owner, made in the same transaction.
select t.owner_id, t.journal_id, t.leg
  from transfer t left join journal j on j.owner_id = t.owner_id and j.id = t.journal_id
 where j.txid is distinct from t.txid

-- name: journals_without_transfers
-- Every journal has transfers, numbered 1 to n.
select j.owner_id, j.id
  from journal j left join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
 group by j.owner_id, j.id
having count(t.leg) = 0 or max(t.leg) <> count(t.leg)

-- name: debits_differ_from_credits
-- Over all books, debits and credits are equal in each currency. A transfer has both sides, so this guards the
-- balance rows: what they hold and what the append books sum to must cancel out.
select currency, sum(net) as difference
  from (select b.currency, sum(b.debits - b.credits) as net from balance b group by b.currency
        union all
        select j.currency, sum(case when dk.mode = 'append' then t.amount_fen else 0 end
                             - case when ck.mode = 'append' then t.amount_fen else 0 end)
          from transfer t
          join journal j on j.owner_id = t.owner_id and j.id = t.journal_id
          join book dk on dk.book = t.debit_book
          join book ck on ck.book = t.credit_book
         group by j.currency) sides
 group by currency
having sum(net) <> 0

-- name: balance_differs_from_transfers
-- Every balance row equals the sum of its transfers.
with moved as (
  select owner_id, book, sum(debit_fen) as debits, sum(credit_fen) as credits from leg group by owner_id, book)
select coalesce(b.owner_id, m.owner_id) as owner_id, coalesce(b.book, m.book) as book
  from balance b
  full join (select m.* from moved m join book k on k.book = m.book and k.mode = 'row') m
    on m.owner_id = b.owner_id and m.book = b.book
 where coalesce(b.debits, -1) <> coalesce(m.debits, 0) or coalesce(b.credits, -1) <> coalesce(m.credits, 0)

-- name: balance_below_floor
-- No wallet is overdrawn and no driver owes less than nothing.
select owner_id, book, debits, credits from balance
 where (book = 'wallet' and credits < debits) or (book = 'receivable' and debits < credits)

-- name: charge_not_in_the_books
-- Every charge was billed by what it cost at first and collected by what was paid of it; a void one was withdrawn, unless
-- corrections came between, and no other.
with booked as (
  select j.owner_id, j.ref,
         coalesce(sum(t.amount_fen) filter (where j.kind = 'stay_billed'), 0) as billed,
         coalesce(sum(t.amount_fen) filter (where j.kind = 'charge_paid'), 0) as paid,
         coalesce(sum(t.amount_fen) filter (where j.kind = 'charge_voided'), 0) as voided
    from journal j join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
   where j.kind in ('stay_billed', 'charge_paid', 'charge_voided')
   group by j.owner_id, j.ref)
select c.lot_id, c.id, c.state, c.first_fen, c.paid_fen, b.billed, b.paid, b.voided
  from charge c left join booked b on b.ref = c.id and b.owner_id = coalesce(c.account_id, c.operator_id)
 where b.billed is distinct from c.first_fen
    or b.paid <> c.paid_fen
    or b.voided <> case when c.state = 'void' and c.adjustments = 0 then c.first_fen else 0 end

-- name: charge_differs_from_adjustments
-- A charge costs what it was billed over and its adjustments since, counted without a gap; what is owed of it is that sum of
-- what was owed, less what was paid. Of a void one nothing is left.
with adjusted as (
  select lot_id, charge_id, count(*) as times, max(n) as last, sum(change_fen) as change, sum(owed_fen) as owed,
         (array_agg(amount_fen order by n desc))[1] as amount, (array_agg(waived_fen order by n desc))[1] as waived
    from charge_adjustment
   where charge_id >= checked_from()
   group by lot_id, charge_id)
select c.lot_id, c.id, c.amount_fen, c.owed_fen, c.adjustments
  from charge c left join adjusted a on a.lot_id = c.lot_id and a.charge_id = c.id
 where c.id >= checked_from()
   and (c.adjustments <> coalesce(a.times, 0) or c.adjustments <> coalesce(a.last, 0)
        or c.amount_fen <> c.first_fen + coalesce(a.change, 0) or c.amount_fen <> coalesce(a.amount, c.first_fen)
        or c.waived_fen <> coalesce(a.waived, 0)
        or c.owed_fen <> c.first_fen + coalesce(a.owed, 0) - c.paid_fen
                         - case when c.state = 'void' and c.adjustments = 0 then c.first_fen else 0 end)

-- name: adjustment_of_nothing
-- Every adjustment is of a charge, later than that, and names what caused it.
select a.lot_id, a.charge_id, a.n
  from charge_adjustment a left join charge c on c.lot_id = a.lot_id and c.id = a.charge_id
 where a.charge_id >= checked_from()
   and (c.id is null or a.made_at < c.created_at - interval '5 s' or a.cause = ''
        or a.cause_id = '00000000-0000-0000-0000-000000000000')

-- name: adjustment_not_in_the_books
-- An adjustment stands in the books exactly once, with that by which what is owed grew or shrank, and not at all where that
-- stayed; and nothing stands there as an adjustment that is none.
with booked as (
  select j.lot_id, j.ref, j.owner_id, count(*) as times,
         sum(case j.kind when 'charge_raised' then t.amount_fen else -t.amount_fen end) as fen
    from journal j join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
   where j.kind in ('charge_raised', 'charge_lowered') and j.id >= checked_from()
   group by j.lot_id, j.ref, j.owner_id),
asked as (
  select a.lot_id, a.id, a.owed_fen from charge_adjustment a where a.charge_id >= checked_from() and a.owed_fen <> 0)
select coalesce(a.lot_id, b.lot_id) as lot_id, coalesce(a.id, b.ref) as id, a.owed_fen, b.fen, b.times
  from asked a full join booked b on b.lot_id = a.lot_id and b.ref = a.id
 where b.times is distinct from 1 or a.owed_fen is distinct from b.fen

-- name: returned_more_than_adjusted
-- What goes back because of an adjustment is no more than that takes off, of the charge it is of.
select r.shard, r.payable_id, r.adjustment_id, sum(r.amount_fen) as fen
  from refund r
  left join charge_adjustment a on a.lot_id = r.shard and a.charge_id = r.payable_id and a.id = r.adjustment_id
 where r.adjustment_id is not null and r.payable_id >= checked_from()
 group by r.shard, r.payable_id, r.adjustment_id, a.returned_fen
having coalesce(sum(r.amount_fen) filter (where r.state <> 'closed'), 0) > coalesce(a.returned_fen, -1)

-- name: charge_keeps_too_much
-- Nothing is kept of a charge beyond what it costs, or beyond what a person left of it, and nothing of a void one. Where a
-- channel closed the refund that a correction asked for, or the wallet was closed, a person gives the money back another way.
select lot_id, id, amount_fen, paid_fen + owed_fen - refunded_fen as kept_fen, kept_max_fen
  from charge
 where paid_fen + owed_fen - refunded_fen
         > case when state = 'void' then 0 else least(amount_fen, coalesce(kept_max_fen, amount_fen)) end

-- name: charge_keeps_too_little
-- Less than it costs is kept of a charge only where a person gave back of it or withdrew it.
select lot_id, id, amount_fen, paid_fen + owed_fen - refunded_fen as kept_fen
  from charge
 where paid_fen + owed_fen - refunded_fen < amount_fen and kept_max_fen is null and state <> 'void'

-- name: receivable_differs_from_charges
-- What a driver owes in the books is what is owed of the driver's charges.
select b.owner_id, b.debits - b.credits as in_books, coalesce(due.fen, 0) as in_charges
  from balance b
  left join (select account_id, sum(owed_fen) as fen from charge where state = 'due' and account_id is not null
              group by account_id) due on due.account_id = b.owner_id
 where b.book = 'receivable' and b.debits - b.credits <> coalesce(due.fen, 0)

-- name: paid_without_attempt
-- What was paid of a charge is what its attempts that succeeded paid of it, and it names the last of them, by its method.
with paid as (
  select shard, payable_id, sum(paid_fen) as fen
    from attempt where kind = 'charge' and paid_fen > 0 and payable_id >= checked_from() group by shard, payable_id)
select c.lot_id, c.id
  from charge c
  left join paid p on p.shard = c.lot_id and p.payable_id = c.id
  left join attempt a on a.shard = c.lot_id and a.payable_id = c.id and a.id = c.paid_attempt_id and a.kind = 'charge'
                     and a.state = 'succeeded' and a.paid_fen > 0 and a.channel = c.method
 where c.id >= checked_from() and c.id >= (select kept_from from growing_table where name = 'attempt')
   and (c.paid_fen <> coalesce(p.fen, 0) or c.paid_fen > 0 and a.id is null)

-- name: charge_asleep
-- What an account owes comes up to be collected, unless a payment of it is under way or it is held back.
select c.lot_id, c.id
  from charge c
  left join attempt a on a.shard = c.lot_id and a.payable_id = c.id and a.kind = 'charge'
                     and a.state in ('submitting', 'accepted', 'unknown')
  left join charge_hold h on h.lot_id = c.lot_id and h.charge_id = c.id and h.released_at is null
 where c.state = 'due' and c.account_id is not null and c.collect_at is null and a.id is null and h.charge_id is null

-- name: charge_held
-- No charge waits for a person because its gateway billed beyond its history. Release or void them.
select c.lot_id, h.reason, count(*) as charges, sum(c.owed_fen) as owed_fen
  from charge_hold h
  join charge c on c.lot_id = h.lot_id and c.id = h.charge_id
 where h.released_at is null and c.state = 'due' and h.reason = 'billed_beyond_history'
 group by c.lot_id, h.reason

-- name: held_without_a_case
-- What is held back because a stay may not be what it looks like is before a person, for that reason.
select c.lot_id, c.id, h.reason
  from charge_hold h
  join charge c on c.lot_id = h.lot_id and c.id = h.charge_id
  left join stay s on s.lot_id = c.lot_id and s.id = c.stay_id
  left join parking_case k on k.lot_id = c.lot_id and k.event_id = s.exit_event_id and k.reason::text = h.reason
                    and k.resolved_at is null
 where h.released_at is null and c.state = 'due' and h.reason <> 'billed_beyond_history' and k.id is null
   and not (h.reason = 'elsewhere'
            and exists (select 1 from parking_case e where e.stay_id = c.stay_id and e.other_stay_id is not null
                                                       and e.resolved_at is null
                        union all
                        select 1 from parking_case e where e.other_stay_id = c.stay_id and e.resolved_at is null))

-- name: charge_held_and_collected
-- What is held back is not taken from an account by itself.
select c.lot_id, c.id
  from charge_hold h
  join charge c on c.lot_id = h.lot_id and c.id = h.charge_id
 where h.released_at is null and c.collect_at is not null

-- name: attempt_without_a_question
-- Every payment whose end is not known is asked for again, unless it is in dispute and waits for a person.
select a.kind, a.shard, a.payable_id, a.id from attempt a
 where a.state in ('submitting', 'accepted', 'unknown') and a.query_at is null
   and not exists (select 1 from dispute d where d.shard = a.shard and d.attempt_id = a.id and d.state = 'open')

-- name: refund_without_a_question
-- Every refund whose end is not known is asked for again, unless it is in dispute and waits for a person.
select r.shard, r.payable_id, r.id from refund r
 where r.state in ('requested', 'unknown') and r.query_at is null
   and not exists (select 1 from dispute d
                    where d.shard = r.shard and d.attempt_id = r.attempt_id and d.refund_id = r.id and d.state = 'open')

-- name: refund_of_another_payment
-- Every refund of a charge gives back what an attempt paid of it, by the way it came, and all of them no more than that;
-- every other gives back the money of a dispute about its attempt.
select r.shard, r.payable_id, r.id
  from refund r
  left join attempt a on r.dispute_id is null and a.shard = r.shard and a.payable_id = r.payable_id and a.id = r.attempt_id
                     and a.channel = r.channel and a.paid_fen > 0
  left join dispute d on d.shard = r.shard and d.id = r.dispute_id and d.attempt_id = r.attempt_id
                     and d.held_fen = r.amount_fen
 where a.id is null and d.id is null
union all
select r.shard, r.payable_id, r.attempt_id
  from refund r
  join attempt a on a.shard = r.shard and a.payable_id = r.payable_id and a.id = r.attempt_id
 where r.dispute_id is null and r.state <> 'closed'
 group by r.shard, r.payable_id, r.attempt_id, a.paid_fen
having sum(r.amount_fen) > a.paid_fen

-- name: suspense_differs_from_disputes
-- What lies in suspense is the money of disputes that was not given back.
with booked as (
  select owner_id, sum(credit_fen - debit_fen) as fen from leg where book = 'suspense' group by owner_id),
held as (
  select coalesce(c.account_id, c.operator_id, d.shard) as owner_id, sum(d.held_fen) as fen
    from dispute d
    left join charge c on d.payable = 'charge' and c.lot_id = d.shard and c.id = d.payable_id
   where d.resolution is distinct from 'returned'
   group by 1)
select coalesce(b.owner_id, h.owner_id) as owner_id, b.fen as in_books, h.fen as in_disputes
  from booked b full join held h on h.owner_id = b.owner_id
 where coalesce(b.fen, 0) <> coalesce(h.fen, 0)

-- name: waited_for_too_long
-- Nothing unresolved is older than its horizon, by the clock this is run with: a payment keeps others away for a day
-- (WAIT_MAX) and is asked for through seven (attempts.ASK_MAX), a refund through thirty (refunds.ASK_MAX), a dispute is
-- looked at within three; each with an hour or more for the worker to come round. Where no clock was set it is that of
-- the last day that was closed.
with clock as (
  select coalesce(nullif(current_setting('onelot.now', true), '')::timestamptz,
                  (select max(closed_through) from operator_day)::timestamp at time zone 'UTC') as now)
select 'attempt' as what, a.shard, a.id, a.created_at as since
  from attempt a, clock
 where (a.state in ('submitting', 'accepted', 'unknown') and a.query_at is not null
        and a.created_at < clock.now - interval '1 day 7 hours')
    or (a.query_at is not null and a.created_at < clock.now - interval '7 days 7 hours')
union all
select 'refund', r.shard, r.id, r.created_at
  from refund r, clock
 where r.query_at is not null and r.created_at < clock.now - interval '30 days 7 hours'
union all
select 'dispute', d.shard, d.id, d.opened_at
  from dispute d, clock
 where d.state = 'open' and d.opened_at < clock.now - interval '3 days'

-- name: top_up_without_attempt
-- Every top-up has one attempt over its amount, and every attempt to collect a top-up has its top-up.
select coalesce(u.account_id, a.shard) as account_id, coalesce(u.id, a.payable_id) as id, count(a.id) as attempts
  from top_up u
  full join (select * from attempt where kind = 'top_up') a
    on a.shard = u.account_id and a.payable_id = u.id and a.amount_fen = u.amount_fen
 group by 1, 2
having count(u.id) <> 1 or count(a.id) <> 1

-- name: refunded_more_than_paid
-- Refunds that were asked for and not closed add up to what the charge says, and never to more than was paid.
select c.lot_id, c.id, c.refunded_fen, r.fen
  from charge c
  left join (select shard, payable_id, sum(amount_fen) filter (where state <> 'closed') as fen from refund
              where dispute_id is null
              group by shard, payable_id) r on r.shard = c.lot_id and r.payable_id = c.id
 where coalesce(r.fen, 0) <> c.refunded_fen or coalesce(r.fen, 0) > c.paid_fen

-- name: refunds_pending_differ
-- What the books keep back of each operator for refunds is what was asked for and has not ended.
with booked as (
  select owner_id as operator_id, sum(credit_fen - debit_fen) as fen from leg where book = 'refund_payable' group by owner_id),
asked as (
  select c.operator_id, sum(r.amount_fen) as fen
    from refund r join charge c on c.lot_id = r.shard and c.id = r.payable_id
   where r.state in ('requested', 'unknown') and r.dispute_id is null
   group by c.operator_id)
select coalesce(b.operator_id, a.operator_id) as operator_id, b.fen as in_books, a.fen as asked
  from booked b full join asked a on a.operator_id = b.operator_id
 where coalesce(b.fen, 0) <> coalesce(a.fen, 0)

-- name: stay_without_charge
-- A closed stay with a fee has a charge to its payer over exactly that fee, of which a part may be waived; or over what its
-- vehicle, which stands at an exit or drove back in, was quoted inside, as long as that waits to be paid.
select s.lot_id, s.id, s.fee_fen
  from stay s
  left join charge c on c.lot_id = s.lot_id and c.stay_id = s.id and c.account_id is not distinct from s.account_id
 where s.state = 'closed' and s.fee_fen > 0 and c.amount_fen + c.waived_fen is distinct from s.fee_fen
   and c.state is distinct from 'void'
   and not exists (select 1 from prepayment p
                    where p.lot_id = c.lot_id and p.stay_id = c.stay_id and p.ended_at is null and c.account_id is null
                      and p.fee_fen = c.amount_fen + c.waived_fen)

-- name: charge_without_stay
-- Every charge that costs something is for a closed stay of the same lot and payer, as long as stays are kept. What was paid
-- before a vehicle turned back at the exit, or inside, stays paid of the stay that goes on; and what a vehicle inside was quoted
-- is owed as long as that may be paid.
select c.lot_id, c.id
  from charge c
  left join stay s on s.lot_id = c.lot_id and s.id = c.stay_id
   and (s.state = 'closed' and s.account_id is not distinct from c.account_id
        or s.state in ('open', 'superseded') and c.owed_fen = 0 and c.amount_fen = c.paid_fen - c.refunded_fen
        or s.state = 'open' and c.account_id is null
           and exists (select 1 from prepayment p
                        where p.lot_id = c.lot_id and p.stay_id = c.stay_id and p.ended_at is null
                          and p.fee_fen = c.amount_fen + c.waived_fen))
 where s.id is null and c.amount_fen > 0 and c.state <> 'void'
   and c.stay_id >= (select kept_from from growing_table where name = 'stay')

-- name: quote_without_charge
-- What a vehicle was quoted inside is a charge to no account, quotes of one stay are counted without a gap, and only the last
-- of them waits to be paid.
select p.lot_id, p.stay_id, count(*) as quotes, max(p.n) as last
  from prepayment p
 where p.stay_id >= checked_from()
 group by p.lot_id, p.stay_id
having count(*) <> max(p.n) or max(p.n) filter (where p.ended_at is null) < max(p.n)
    or count(*) filter (where p.ended_at is null) > 1
    or not exists (select 1 from charge c where c.lot_id = p.lot_id and c.stay_id = p.stay_id and c.account_id is null)

-- name: quote_stays_due
-- Of a vehicle inside nothing stays due that was not paid in time, by the clock this is run with, unless a payment is under way;
-- and of one at an exit no more than it was quoted there.
with clock as (
  select coalesce(nullif(current_setting('onelot.now', true), '')::timestamptz,
                  (select max(closed_through) from operator_day)::timestamp at time zone 'UTC') as now)
select p.lot_id, p.stay_id, p.pay_by
  from clock
  join prepayment p on p.ended_at is null and p.pay_by < clock.now - interval '1 hour'
  join charge c on c.lot_id = p.lot_id and c.stay_id = p.stay_id and c.account_id is null and c.state = 'due'
  left join open_stay o on o.lot_id = p.lot_id and o.id = p.stay_id
  left join stay s on s.lot_id = p.lot_id and s.id = p.stay_id and s.state = 'closed'
 where (o.id is not null or c.amount_fen + c.waived_fen <> s.fee_fen)
   and not exists (select 1 from attempt a where a.shard = c.lot_id and a.payable_id = c.id
                                             and a.state in ('submitting', 'accepted', 'unknown'))

-- name: fee_lines_differ
-- The lines of every charge add up to what it was billed over, and those of an adjustment to what it says. What is counted in units costs something; only what is taken off again
-- is below nothing, and never more than there was until then.
select c.lot_id, c.id
  from (select lot_id, id, first_fen as fen, lines from charge where id >= checked_from()
        union all
        select lot_id, charge_id, wanted_fen, lines from charge_adjustment where charge_id >= checked_from()) c
  left join lateral (
         select sum(l.fen) as fen, bool_or(l.so_far < 0 or (l.fen < 0 and coalesce(l.kind, 'units') = 'units')
                                            or l.so_far <> l.said) as wrong
           from (select (e.line->>'amount_fen')::bigint as fen, e.line->>'kind' as kind,
                        (e.line->>'running_fen')::bigint as said,
                        sum((e.line->>'amount_fen')::bigint) over (order by e.at) as so_far
                   from jsonb_array_elements(c.lines) with ordinality e (line, at)) l) lines on true
 where c.fen <> coalesce(lines.fen, 0) or lines.wrong

-- name: published_by_nobody
-- Every published tariff says when and by whom it was published, and no draft does.
select id, code, version from tariff
 where (state = 'published') <> (published_at is not null and published_by is not null)

-- name: draft_holds
-- Only published tariffs hold anywhere.
select p.lot_id as place_id, p.valid_from, p.tariff_id
  from lot_tariff p join tariff t on t.id = p.tariff_id where t.state <> 'published'
union all
select p.zone_id, p.valid_from, p.tariff_id
  from zone_tariff p join tariff t on t.id = p.tariff_id where t.state <> 'published'

-- name: lane_of_a_strange_gateway
-- The gateway that moves a lane serves the lot of the lane.
select a.lot_id, a.id, a.gateway_id from lane a
 where not exists (select 1 from gateway_serving w where w.gateway_id = a.gateway_id and w.lot_id = a.lot_id)

-- name: price_of_another_time_zone
-- Every price is of the time zone of the lots at which it holds.
select l.id as lot_id, p.tariff_id
  from lot_tariff p join lot l on l.id = p.lot_id join tariff t on t.id = p.tariff_id
 where t.document->>'time_zone' <> l.time_zone
union
select l.id, p.tariff_id
  from lot_zone z join zone_tariff p on p.zone_id = z.zone_id join lot l on l.id = z.lot_id
  join tariff t on t.id = p.tariff_id
 where t.document->>'time_zone' <> l.time_zone

-- name: priced_by_a_draft
-- Every stay that was priced was priced by a published tariff.
select s.lot_id, s.id, s.tariff_id
  from stay s left join tariff t on t.id = s.tariff_id and t.state = 'published'
 where s.tariff_id is not null and t.id is null

-- name: stays_overlap
-- A vehicle is in a lot once at a time. Of halves whose texts differ it is not known whose they are: a person looks.
select lot_id, plate, plate_color, entered_at
  from (select lot_id, plate, plate_color, entered_at,
               lag(left_at) over (partition by lot_id, plate, plate_color order by entered_at, left_at) as previous_left_at
          from stay where state = 'closed' and matched_id is null) stays
 where entered_at < previous_left_at

-- name: inside_and_gone
-- A vehicle that is inside has no later stay that ended, but for halves whose texts differ.
select o.lot_id, o.plate, o.plate_color
  from open_stay o
  join stay s on s.lot_id = o.lot_id and s.plate = o.plate and s.plate_color = o.plate_color and s.state = 'closed'
 where s.left_at > o.entered_at and s.matched_id is null

-- name: event_recorded_twice
-- A gateway's event is recorded once: the same content, or the same read of the same lane within seconds, is no new fact
-- under its number; one that says more is (parking/repeats.py).
-- After 40 days, or after 64 others, its number may come again: by then the event is too old to be sent.
with repeated as (
  select lot_id, gateway_id, event_id from gate_event group by lot_id, gateway_id, event_id having count(*) > 1),
seen as (
  select e.lot_id, e.gateway_id, e.event_id, e.id, e.lane_id, e.occurred_at, e.content_hash, e.first_id,
         e.plate, e.plate_color, e.vehicle_class, e.confidence, e.stay_id,
         row_number() over (partition by e.lot_id, e.gateway_id, e.event_id order by e.id) as n
    from repeated r
    join gate_event e on e.lot_id = r.lot_id and e.gateway_id = r.gateway_id and e.event_id = r.event_id)
select b.lot_id, b.gateway_id, b.event_id, b.id
  from seen a
  join seen b on b.lot_id = a.lot_id and b.gateway_id = a.gateway_id and b.event_id = a.event_id
   and b.n > a.n and b.n - a.n < 64
 where a.first_id is null and b.first_id is null and b.id < id_floor(id_instant(a.id) + interval '40 days')
   and (b.content_hash = a.content_hash
        or b.lane_id = a.lane_id and a.occurred_at <> 'epoch'
           and b.occurred_at between a.occurred_at - interval '10 seconds' and a.occurred_at + interval '10 seconds'
           and (b.plate, b.plate_color, b.vehicle_class, b.confidence < 0.6)
             = (a.plate, a.plate_color, a.vehicle_class, a.confidence < 0.6)
           and (b.stay_id is null or a.stay_id is not null))

-- name: read_without_event
-- One more read of an event is of one that is there, under the same number, as long as events are kept.
select e.lot_id, e.id, e.first_id
  from gate_event e
  left join gate_event f on f.lot_id = e.lot_id and f.id = e.first_id and f.event_id = e.event_id and f.first_id is null
 where e.first_id is not null and f.id is null
   and e.first_id >= (select kept_from from growing_table where name = 'gate_event')

-- name: event_without_stay
-- An event that says which stay it belongs to belongs to one that exists, as long as stays are kept.
select e.lot_id, e.id, e.stay_id
  from gate_event e
  left join stay s on s.lot_id = e.lot_id and s.id = e.stay_id
  left join open_stay o on o.lot_id = e.lot_id and o.id = e.stay_id
 where s.id is null and o.id is null and e.stay_id >= (select kept_from from growing_table where name = 'stay')

-- name: read_in_no_stay
-- Every event that counts, as it came, as was decided or as its passage says, is a fact that one stay stands on, and only one,
-- and none that does not count is; as long as stays are kept.
with held as (
  select distinct on (lot_id, fact_id) lot_id, fact_id, counts from decision
   where fact_id >= checked_from() order by lot_id, fact_id, n desc),
read as (
  select e.lot_id, e.id, coalesce(h.counts, m.counts, e.stay_id is not null) as counts
    from gate_event e
    left join held h on h.lot_id = e.lot_id and h.fact_id = e.id
    left join read_passage m on m.lot_id = e.lot_id and m.read_id = e.id
   where e.id >= checked_from() and e.first_id is null
     and (e.stay_id is not null or h.fact_id is not null or m.read_id is not null)
     and (e.stay_id is null or e.stay_id >= (select kept_from from growing_table where name = 'stay'))
  union all
  select h.lot_id, h.fact_id, coalesce(h.counts, false)
    from held h left join gate_event e on e.lot_id = h.lot_id and e.id = h.fact_id where e.id is null)
select r.lot_id, r.id, r.counts, count(home.id) as stays
  from read r
  left join (select lot_id, id, unnest(facts) as fact from open_stay
             union all
             select lot_id, id, unnest(facts) from stay where state not in ('merged', 'open')) home
    on home.lot_id = r.lot_id and home.fact = r.id
 group by r.lot_id, r.id, r.counts
having count(home.id) <> r.counts::int

-- name: decision_of_nothing
-- Every decision is about an event, or is a read made by hand; those about one fact are counted without a gap.
select d.lot_id, d.fact_id, count(*) as decisions, max(d.n) as last
  from decision d
  left join gate_event e on e.lot_id = d.lot_id and e.id = d.fact_id
 where d.fact_id >= checked_from()
 group by d.lot_id, d.fact_id
having count(*) <> max(d.n) or count(e.id) = 0 and min(d.n) filter (where d.kind in ('manual_entry', 'manual_exit')) is distinct from 1

-- name: device_decision_of_nothing
-- Every decision about what a device said is about such a fact, and a read that it names was made by hand for that; those
-- about one are counted without a gap.
select d.lot_id, d.fact_id, count(*) as decisions, max(d.n) as last
  from device_decision d
  left join device_fact f on f.lot_id = d.lot_id and f.id = d.fact_id
  left join decision o on o.lot_id = d.lot_id and o.fact_id = d.made_id and o.n = 1 and o.about_id = d.fact_id
 where d.fact_id >= checked_from()
 group by d.lot_id, d.fact_id
having count(*) <> max(d.n) or count(f.id) = 0 or count(o.id) <> count(d.made_id)

-- name: decision_without_effect
-- A stay is let out as the last decision about the event that ended it says, and as none says it is not.
with held as (
  select distinct on (lot_id, fact_id) lot_id, fact_id, counts, let_out, set_fen from decision
   where fact_id >= checked_from() order by lot_id, fact_id, n desc)
select s.lot_id, s.id, s.let_out
  from stay s
 where s.state in ('closed', 'exit_only') and s.id >= checked_from()
   and (s.let_out is not null
        or exists (select 1 from held h where h.lot_id = s.lot_id and h.fact_id = s.exit_event_id and h.let_out is not null))
   and not exists (select 1 from held h where h.lot_id = s.lot_id and h.fact_id = any(s.facts) and h.let_out = s.let_out
                                          and h.set_fen is not distinct from s.set_fen)

-- name: let_out_free_and_billed
-- Who was let out free is billed nothing.
select s.lot_id, s.id, s.fee_fen from stay s where s.let_out = 'free' and s.state = 'closed' and s.fee_fen > 0

-- name: set_and_billed_otherwise
-- What a person set is what is billed.
select s.lot_id, s.id, s.set_fen, s.fee_fen
  from stay s where s.set_fen is not null and s.state = 'closed' and s.fee_fen is distinct from s.set_fen

-- name: resolved_by_no_decision
-- A case that says by which decision it was resolved names one that exists, as long as these are kept.
select k.lot_id, k.id, k.decision_id
  from parking_case k
 where k.decision_id is not null and k.id >= (select kept_from from growing_table where name = 'decision')
   and not exists (select 1 from decision d where d.lot_id = k.lot_id and d.id = k.decision_id)
   and not exists (select 1 from device_decision d where d.lot_id = k.lot_id and d.id = k.decision_id)

-- name: stays_differ_from_facts
-- Stays, cars inside, cases and charges are what follows from the facts of the last days when they are derived again, as
-- the last look at their lot found.
select lot_id, kind, subject_id, says, found_at from discrepancy

-- name: case_lost
-- What is odd about an event itself is, or was, before a person.
select e.lot_id, e.id, e.reason
  from gate_event e left join parking_case k on k.lot_id = e.lot_id and k.event_id = e.id and k.reason = e.reason
 where e.reason in ('kind_contradicts_lane', 'no_plate', 'clock_ahead', 'clock_behind', 'could_not_apply', 'closed')
   and k.id is null

-- name: passage_without_read
-- What became of a vehicle is said of a read that is there, or is before a person, or was.
select f.lot_id, f.id, f.event_id
  from device_fact f
 where f.id >= checked_from() and f.kind = 'passage' and f.applies and f.first_id is null
   and not exists (select 1 from gate_event e
                    where e.lot_id = f.lot_id and e.lane_id = f.lane_id and e.first_id is null
                      and e.effective_at between f.effective_at - interval '30 minutes' and f.effective_at + interval '2 minutes'
                      and case when f.of_event_id is not null then e.event_id = f.of_event_id
                               else e.effective_at between f.effective_at - interval '10 minutes' and f.effective_at end)
   and not exists (select 1 from parking_case r
                    where r.lot_id = f.lot_id and r.event_id = f.id and r.reason = 'passage_without_read')

-- name: passed_and_inside
-- Who paid and was seen to pass the exit is not inside.
select o.lot_id, o.id, m.read_id
  from read_passage m
  join (select lot_id, id, facts from open_stay
        union all
        select lot_id, id, facts from stay where at_exit and state = 'closed') o
    on o.lot_id = m.lot_id and m.read_id = any(o.facts)
  join gate_event e on e.lot_id = m.lot_id and e.id = m.read_id and e.kind = 'exit'
 where m.read_id >= checked_from() and m.counts and m.outcome = 'passed'

-- name: half_without_a_case
-- Halves of stays are, or were, before a person.
select s.lot_id, s.id, s.state
  from stay s
  left join parking_case k on k.lot_id = s.lot_id and k.event_id = coalesce(s.exit_event_id, s.entry_event_id)
                    and k.reason = case s.state when 'exit_only' then 'exit_without_entry'
                                   else 'entry_while_inside' end::case_reason
 where (s.state = 'exit_only' or s.state = 'superseded' and s.seen_again_at is not null and s.counted) and k.id is null

-- name: case_that_is_moot
-- No person is asked to look at a half that has become whole.
select k.lot_id, k.id, k.reason
  from parking_case k
  join stay s on s.lot_id = k.lot_id and k.event_id = any(s.facts) and s.state = 'closed'
 where k.resolved_at is null and k.reason in ('exit_without_entry', 'entry_while_inside')
   and k.stay_id is not null

-- name: count_differs_from_stays
-- The count of every lot is the number of vehicles inside. At an exit they are until they pass, and those that are there longer than any usual one do not count.
select o.lot_id, o.inside, count(s.id) as stays
  from lot_occupancy o
  left join (select lot_id, id from open_stay where counted
             union all
             select lot_id, id from stay where at_exit and counted and state = 'closed') s on s.lot_id = o.lot_id
 group by o.lot_id, o.inside
having o.inside <> count(s.id)

-- name: lot_without_count
-- Every lot is counted.
select l.id from lot l left join lot_occupancy o on o.lot_id = l.id where o.lot_id is null

-- name: moved_what_its_kind_does_not_allow
-- Every transfer is one that the kind of its journal allows, between books of those whom the journal concerns; and only
-- a kind that reverses something names what it reverses.
select j.owner_id, j.id, j.kind, t.leg
  from journal j
  join journal_rule r on r.kind = j.kind
  join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
  left join transfer_rule x
    on x.kind = j.kind and x.debit_book = t.debit_book and x.credit_book = t.credit_book
   and case x.debit_owner when 'driver' then t.debit_owner = j.owner_id and j.owner_id is distinct from j.operator_id
                          when 'casual' then t.debit_owner = j.owner_id and j.owner_id = j.operator_id
                          when 'operator' then t.debit_owner = j.operator_id
                          when 'channel' then t.debit_owner in (select owner_id from channel)
                          else t.debit_owner = 1 end
   and case x.credit_owner when 'driver' then t.credit_owner = j.owner_id and j.owner_id is distinct from j.operator_id
                           when 'casual' then t.credit_owner = j.owner_id and j.owner_id = j.operator_id
                           when 'operator' then t.credit_owner = j.operator_id
                           when 'channel' then t.credit_owner in (select owner_id from channel)
                           else t.credit_owner = 1 end
 where j.id >= checked_from()
   and ((x.kind is null and r.reverses <> 'anything') or (r.reverses = 'nothing') <> (j.reverses is null))

-- name: reversal_is_no_mirror
-- What reverses a journal is the exact mirror of it, once; and what reverses is not reversed itself.
select v.owner_id, v.id, v.reverses
  from journal v
  join journal_rule r on r.kind = v.kind
  left join journal j on j.owner_id = v.owner_id and j.id = v.reverses and j.reverses is null
                     and r.reverses in (j.kind::text, 'anything') and j.operator_id is not distinct from v.operator_id
 where v.reverses is not null and v.id >= checked_from()
   and (j.id is null
        or exists (select 1 from journal w where w.owner_id = v.owner_id and w.reverses = v.reverses and w.id <> v.id)
        or (select array_agg(row(t.credit_owner, t.credit_book, t.debit_owner, t.debit_book, t.amount_fen) order by t.leg)
              from transfer t where t.owner_id = j.owner_id and t.journal_id = j.id)
           is distinct from
           (select array_agg(row(t.debit_owner, t.debit_book, t.credit_owner, t.credit_book, t.amount_fen) order by t.leg)
              from transfer t where t.owner_id = v.owner_id and t.journal_id = v.id))

-- name: journal_differs_from_what_it_names
-- What a journal names exists, and the journal is its owner's, of its lot, and concerns its operator.
select j.owner_id, j.id, j.kind, j.ref
  from journal j
  join journal_rule r on r.kind = j.kind and r.about = 'charge'
  left join charge c on c.lot_id = j.lot_id and c.id = j.ref
 where j.id >= checked_from()
   and (j.owner_id, j.operator_id) is distinct from (coalesce(c.account_id, c.operator_id), c.operator_id)
union all
select j.owner_id, j.id, j.kind, j.ref
  from journal j
  join journal_rule r on r.kind = j.kind and r.about = 'adjustment'
  left join charge_adjustment d on d.lot_id = j.lot_id and d.id = j.ref and d.charge_id between id_first(j.id) and id_last(j.id)
  left join charge c on c.lot_id = d.lot_id and c.id = d.charge_id
 where j.id >= checked_from()
   and (j.owner_id, j.operator_id) is distinct from (coalesce(c.account_id, c.operator_id), c.operator_id)
union all
select j.owner_id, j.id, j.kind, j.ref
  from journal j
  join journal_rule r on r.kind = j.kind and r.about = 'refund'
  left join refund d on d.shard = j.lot_id and d.id = j.ref and d.payable_id between id_first(j.id) and id_last(j.id)
                    and d.dispute_id is null
  left join charge c on c.lot_id = d.shard and c.id = d.payable_id
 where j.id >= checked_from()
   and (j.owner_id, j.operator_id) is distinct from (coalesce(c.account_id, c.operator_id), c.operator_id)
union all
select j.owner_id, j.id, j.kind, j.ref
  from journal j
  join journal_rule r on r.kind = j.kind and r.about = 'return'
  left join refund d on d.shard = coalesce(j.lot_id, j.owner_id) and d.id = j.ref
                    and d.payable_id between id_first(j.id) and id_last(j.id) and d.dispute_id is not null
  left join charge c on c.lot_id = j.lot_id and c.id = d.payable_id
 where j.id >= checked_from()
   and ((j.owner_id, j.operator_id) is distinct from (coalesce(c.account_id, c.operator_id, d.shard), c.operator_id)
        or (c.id is null) <> (j.lot_id is null))
union all
select j.owner_id, j.id, j.kind, j.ref
  from journal j
  join journal_rule r on r.kind = j.kind and r.about = 'dispute'
  left join dispute d on d.shard = coalesce(j.lot_id, j.owner_id) and d.id = j.ref
  left join charge c on d.payable = 'charge' and c.lot_id = j.lot_id and c.id = d.payable_id
 where j.id >= checked_from()
   and ((j.owner_id, j.operator_id) is distinct from (coalesce(c.account_id, c.operator_id, d.shard), c.operator_id)
        or (c.id is null) <> (j.lot_id is null))
union all
select j.owner_id, j.id, j.kind, j.ref
  from journal j
  left join top_up u on u.account_id = j.owner_id and u.id = j.ref
 where j.kind = 'top_up' and j.id >= checked_from()
   and (u.id is null or j.operator_id is not null or j.lot_id is not null)
union all
select j.owner_id, j.id, j.kind, j.ref
  from journal j
  left join settlement s on s.operator_id = j.owner_id and s.business_date = j.business_date and s.id = j.ref
 where j.kind = 'platform_fee' and j.id >= checked_from() and s.operator_id is distinct from j.operator_id
union all
select j.owner_id, j.id, j.kind, j.ref
  from journal j
  join journal_rule r on r.kind = j.kind and r.about = 'journal'
  left join journal v on v.owner_id = j.owner_id and v.id = j.ref and v.id = j.reverses
 where j.id >= checked_from() and v.id is null

-- name: charge_of_another_operator
-- Every charge is owed to the operator of its lot.
select c.lot_id, c.id, c.operator_id, l.operator_id as of_lot
  from charge c left join lot l on l.id = c.lot_id
 where c.id >= checked_from() and c.operator_id is distinct from l.operator_id

-- name: dated_far_off
-- A journal's day lies near the instant it was booked at, and that near to what it is about.
select j.owner_id, j.id, j.kind, j.business_date, j.occurred_on, j.recorded_at
  from journal j
  join journal_rule r on r.kind = j.kind
 where j.id >= checked_from()
   and (j.recorded_at < id_instant(j.id) - interval '1 day'
        or greatest(j.business_date, j.occurred_on) > (j.recorded_at at time zone 'UTC')::date + 1
        or j.business_date < j.occurred_on
        or coalesce(j.occurred_on, j.business_date) < (j.recorded_at at time zone 'UTC')::date - r.days_back_max)

-- name: payment_differs_from_books
-- Every attempt that succeeded stands in the books exactly once, out of the book of its channel: what it paid of its charge
-- as paid, the rest as paid too much, and what it put into a wallet; and nothing else stands there as that.
with taken as (
  select shard, payable_id, channel, kind, fen, count(*) as times
    from (select shard, payable_id, channel, 'charge_paid' as kind, paid_fen as fen
            from attempt where state = 'succeeded' and payable_id >= checked_from()
          union all
          select shard, payable_id, channel, case kind when 'charge' then 'overpaid' else 'top_up' end, amount_fen - paid_fen
            from attempt where state = 'succeeded' and payable_id >= checked_from()) parts
   where fen <> 0
   group by shard, payable_id, channel, kind, fen),
booked as (
  select j.kind::text as kind, j.ref, coalesce(h.name, t.debit_book::text) as channel, t.amount_fen as fen, count(*) as times
    from journal j
    join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
    left join channel h on t.debit_book = 'clearing' and h.owner_id = t.debit_owner
   where j.kind in ('charge_paid', 'overpaid', 'top_up') and j.ref >= checked_from()
     and not exists (select 1 from journal v where v.owner_id = j.owner_id and v.reverses = j.id)
   group by j.kind, j.ref, coalesce(h.name, t.debit_book::text), t.amount_fen)
select coalesce(a.payable_id, b.ref) as payable_id, coalesce(a.channel, b.channel) as channel, a.times, b.times as booked
  from taken a
  full join booked b on b.ref = a.payable_id and b.kind = a.kind and b.channel = a.channel and b.fen = a.fen
 where a.times is distinct from b.times

-- name: paid_another_way
-- A charge of which something was paid names a channel whose money paid it.
select c.lot_id, c.id, c.method
  from charge c
 where c.id >= checked_from() and c.paid_fen > 0
   and not exists (select 1
                     from journal j
                     join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
                     left join channel h on t.debit_book = 'clearing' and h.owner_id = t.debit_owner
                    where j.owner_id = coalesce(c.account_id, c.operator_id) and j.kind = 'charge_paid' and j.ref = c.id
                      and j.id >= id_first(c.id) and coalesce(h.name, t.debit_book::text) = c.method)

-- name: refund_differs_from_books
-- A refund stands in the books as it was asked for and as it ended, with its amount, by the way its money came, and one
-- out of suspense as it ended; and nothing stands there as a refund that is none.
with booked as (
  select j.ref,
         coalesce(sum(t.amount_fen) filter (where j.kind = 'refund_requested'), 0) as requested,
         coalesce(sum(t.amount_fen) filter (where j.kind in ('refund_paid', 'suspense_returned')), 0) as paid,
         coalesce(sum(t.amount_fen) filter (where j.kind = 'refund_closed'), 0) as closed,
         max(coalesce(h.name, t.credit_book::text)) filter (where j.kind in ('refund_paid', 'suspense_returned')) as channel
    from journal j
    join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
    left join channel h on t.credit_book = 'clearing' and h.owner_id = t.credit_owner
   where j.kind in ('refund_requested', 'refund_paid', 'refund_closed', 'suspense_returned') and j.ref >= checked_from()
     and not exists (select 1 from journal v where v.owner_id = j.owner_id and v.reverses = j.id)
   group by j.ref),
asked as (
  select d.id, d.state, d.amount_fen, d.channel, case when d.dispute_id is null then a.channel else p.channel end as came_by,
         case when d.dispute_id is null then d.amount_fen else 0 end as requested,
         case when d.state = 'succeeded' then d.amount_fen else 0 end as paid,
         case when d.state = 'closed' and d.dispute_id is null then d.amount_fen else 0 end as closed
    from refund d
    left join attempt a on a.shard = d.shard and a.payable_id = d.payable_id and a.id = d.attempt_id
    left join dispute p on p.shard = d.shard and p.id = d.dispute_id
   where d.payable_id >= checked_from())
select coalesce(d.id, b.ref) as refund_id, d.state, d.amount_fen, b.requested, b.paid, b.closed
  from asked d
  full join booked b on b.ref = d.id
 where (d.requested, d.paid, d.closed)
         is distinct from (coalesce(b.requested, 0), coalesce(b.paid, 0), coalesce(b.closed, 0))
    or d.channel is distinct from d.came_by or b.channel <> d.channel

-- name: clearing_differs_from_payments
-- What each channel holds for us is what it took, by the attempts or as a person found, and did not give back.
with books as (
  select owner_id, sum(debit_fen - credit_fen) as fen from leg where book = 'clearing' group by owner_id),
facts as (
  select channel, sum(fen) as fen
    from (select channel, amount_fen as fen from attempt where state = 'succeeded'
          union all
          select channel, held_fen from dispute where kind <> 'overpaid'
          union all
          select channel, -amount_fen from refund where state = 'succeeded') moved
   where channel not in ('wallet', 'cash')
   group by channel)
select coalesce(h.name, b.owner_id::text, f.channel) as channel, b.fen as in_books, f.fen as in_payments
  from books b
  left join channel h on h.owner_id = b.owner_id
  full join facts f on f.channel = h.name
 where coalesce(b.fen, 0) <> coalesce(f.fen, 0)

-- name: cash_differs_from_payments
-- What each operator has in cash is what was taken so, by the attempts or as a person found, and not given back.
with books as (
  select owner_id, sum(debit_fen - credit_fen) as fen from leg where book = 'cash' group by owner_id),
facts as (
  select c.operator_id, sum(m.fen) as fen
    from (select shard, payable_id, amount_fen as fen from attempt where state = 'succeeded' and channel = 'cash'
          union all
          select shard, payable_id, held_fen from dispute where kind <> 'overpaid' and channel = 'cash'
          union all
          select shard, payable_id, -amount_fen from refund where state = 'succeeded' and channel = 'cash') m
    join charge c on c.lot_id = m.shard and c.id = m.payable_id
   group by c.operator_id)
select coalesce(b.owner_id, f.operator_id) as operator_id, b.fen as in_books, f.fen as in_payments
  from books b full join facts f on f.operator_id = b.owner_id
 where coalesce(b.fen, 0) <> coalesce(f.fen, 0)

-- name: cash_lost
-- Cash that a booth took is booked with its amount for the charge that it says, once, or is, or was, before a person; and
-- nothing is booked as cash that no booth took.
with told as (
  select f.lot_id, f.id, (f.said->>'amount_fen')::bigint as fen
    from device_fact f
   where f.kind = 'cash' and f.applies and f.first_id is null and f.id >= checked_from()),
booked as (
  select shard as lot_id, request->>'receipt' as id, count(*) as times, sum(amount_fen) as fen
    from attempt
   where channel = 'cash' and state = 'succeeded' and (request->>'receipt')::uuid >= checked_from() group by 1, 2)
select coalesce(t.lot_id, b.lot_id) as lot_id, coalesce(t.id, b.id::uuid) as id, t.fen, b.fen as booked
  from told t
  full join booked b on b.lot_id = t.lot_id and b.id = t.id::text
  left join cash_taken k on k.lot_id = t.lot_id and k.id = t.id
 where case when b.id is not null then b.times <> 1 or b.fen is distinct from t.fen or k.charge_id is null
                                       or k.amount_fen is distinct from t.fen
            else k.charge_id is not null or k.amount_fen <> t.fen
                 or not exists (select 1 from parking_case c
                                 where c.lot_id = t.lot_id and c.event_id = t.id and c.reason = 'cash_taken'
                                   and (c.resolved_at is null or c.resolved_by <> 'facts')) end

-- name: shift_differs_from_its_cash
-- What was handed over of a shift is what its booth said it took, and nothing comes to it afterwards.
select s.lot_id, s.id, s.taken_fen, k.fen
  from booth_shift s
  left join lateral (select coalesce(sum(c.amount_fen), 0) as fen, count(*) as n
                       from cash_taken c where c.lot_id = s.lot_id and c.shift_id = s.id) k on true
 where s.id >= checked_from() and s.handed_over_at is not null and (s.taken_fen <> k.fen or s.cash_count <> k.n)

-- name: suspense_differs_from_payments
-- What is held to be given back is what was taken for charges beyond what was owed of them, and what a person found to have come,
-- less what was given back of it.
with books as (
  select owner_id, sum(credit_fen - debit_fen) as fen from leg where book = 'suspense' group by owner_id),
moved as (
  select a.shard, a.payable_id, a.fen - c.paid_fen as fen
    from (select shard, payable_id, sum(amount_fen) as fen
            from attempt where state = 'succeeded' and kind = 'charge' group by shard, payable_id) a
    join charge c on c.lot_id = a.shard and c.id = a.payable_id
  union all
  select shard, payable_id, held_fen from dispute where kind <> 'overpaid'
  union all
  select shard, payable_id, -amount_fen from refund where state = 'succeeded' and dispute_id is not null),
facts as (
  select coalesce(c.account_id, c.operator_id, m.shard) as owner_id, sum(m.fen) as fen
    from moved m
    left join charge c on c.lot_id = m.shard and c.id = m.payable_id
   group by 1)
select coalesce(b.owner_id, f.owner_id) as owner_id, b.fen as in_books, f.fen as in_payments
  from books b full join facts f on f.owner_id = b.owner_id
 where coalesce(b.fen, 0) <> coalesce(f.fen, 0)

-- name: request_number_used_twice
-- A channel knows every attempt by a number of its own.
select channel, request_no, count(*) as times
  from attempt where payable_id >= checked_from() group by channel, request_no having count(*) > 1

-- name: ended_before_it_began
-- Nothing is paid, answered or given back before it was asked for, give or take what clocks differ by.
select 'charge' as what, lot_id as shard, id from charge
 where id >= checked_from() and paid_at < created_at - interval '5 s'
union all
select 'attempt', shard, id from attempt
 where payable_id >= checked_from() and updated_at < created_at - interval '5 s'
union all
select 'refund', d.shard, d.id
  from refund d left join attempt a on a.shard = d.shard and a.payable_id = d.payable_id and a.id = d.attempt_id
 where d.payable_id >= checked_from()
   and (d.updated_at < d.created_at - interval '5 s' or d.created_at < a.created_at - interval '5 s')
union all
select 'dispute', shard, id from dispute where id >= checked_from() and resolved_at < opened_at - interval '5 s'

-- name: settlement_differs_from_books
-- A settlement says what the books of its day say, to the fen and to the charge, and so do its lines, lot by lot.
with booked as (
  select operator_id, business_date, lot_id,
         count(*) filter (where kind = 'stay_billed') as charges,
         coalesce(sum(fen) filter (where statement = 'gross'), 0) as gross,
         coalesce(sum(fen) filter (where statement = 'given_back'), 0) as refunds,
         coalesce(sum(fen) filter (where statement = 'collected'), 0) as collected,
         coalesce(sum(fen) filter (where statement = 'cash'), 0) as cash,
         coalesce(sum(fen) filter (where statement = 'fee'), 0) as fee
    from movement
   where business_date >= id_instant(checked_from())::date
   group by operator_id, business_date, lot_id),
days as (
  select operator_id, business_date, sum(charges) as charges, sum(gross) as gross, sum(refunds) as refunds,
         sum(collected) as collected, sum(cash) as cash, sum(fee) as fee
    from booked group by operator_id, business_date)
select s.operator_id, s.business_date, null as lot_id
  from settlement s
  left join days b on b.operator_id = s.operator_id and b.business_date = s.business_date
 where s.business_date >= id_instant(checked_from())::date
   and (s.charges, s.gross_fen, s.refunds_fen, s.collected_fen, s.cash_fen, s.platform_fee_fen)
         is distinct from (coalesce(b.charges, 0), coalesce(b.gross, 0), coalesce(b.refunds, 0), coalesce(b.collected, 0),
                           coalesce(b.cash, 0), coalesce(b.fee, 0))
union all
select coalesce(l.operator_id, b.operator_id), coalesce(l.business_date, b.business_date), coalesce(l.lot_id, b.lot_id)
  from (select * from settlement_line where business_date >= id_instant(checked_from())::date) l
  full join (select b.* from booked b join settlement s on s.operator_id = b.operator_id and s.business_date = b.business_date
              where (b.charges, b.gross, b.refunds, b.collected, b.cash) <> (0, 0, 0, 0, 0)) b
    on b.operator_id = l.operator_id and b.business_date = l.business_date and b.lot_id = l.lot_id
 where (l.charges, l.gross_fen, l.refunds_fen, l.collected_fen, l.cash_fen)
         is distinct from (b.charges, b.gross, b.refunds, b.collected, b.cash)

-- name: fee_differs_from_what_was_kept
-- The fee of a day is what the fee on everything the operator kept so far grew by: of each stay the share that held on its
-- day, brought to whole fen only in the sum.
with kept as (
  select operator_id, business_date,
         sum(fen * fee_bps(operator_id, traded_on)) as exact
    from (select operator_id, business_date, traded_on, sum(case statement when 'gross' then fen else -fen end) as fen
            from movement
           where statement in ('gross', 'given_back') and business_date >= id_instant(checked_from())::date
           group by operator_id, business_date, traded_on) traded
   group by operator_id, business_date),
days as (
  select s.*, coalesce(lag(s.fee_exact) over days, 0) as before_exact
    from settlement s window days as (partition by operator_id order by business_date))
select s.operator_id, s.business_date, s.platform_fee_bps, s.platform_fee_fen
  from days s
  left join kept k on k.operator_id = s.operator_id and k.business_date = s.business_date
 where s.business_date >= id_instant(checked_from())::date
   and s.fee_by = 'running'
   and (s.fee_exact - s.before_exact <> coalesce(k.exact, 0)
        or s.platform_fee_fen <> fen_of(s.fee_exact) - fen_of(s.before_exact)
        or s.platform_fee_bps is distinct from fee_bps(s.operator_id, s.business_date))

-- name: carried_differs_from_the_statement_before
-- A statement carries what the one before left short, and pays out what is left after it and after the operator's own cash.
select operator_id, business_date
  from (select s.*, coalesce(lag(least(carried_fen + net_fen - cash_fen, 0)) over days, 0) as left_short
          from settlement s window days as (partition by operator_id order by business_date)) days
 where carried_fen <> left_short or payout_fen <> greatest(carried_fen + net_fen - cash_fen, 0)

-- name: settlement_of_an_open_day
-- What is settled is closed, and stays so.
select s.operator_id, s.business_date, d.closed_through
  from settlement s left join operator_day d on d.operator_id = s.operator_id
 where s.business_date > coalesce(d.closed_through, '-infinity')

-- name: closed_day_without_settlement
-- Every closed day of an operator has its settlement, from the first with one or with money on, or it is being made right
-- now: a day is closed before it is summed. A run that has not come through for an hour stopped, and is to be started
-- again.
select d.operator_id, day::date as business_date
  from (select o.operator_id, o.closed_through,
               least((select min(s.business_date) from settlement s where s.operator_id = o.operator_id),
                     (select min(j.business_date) from journal j where j.operator_id = o.operator_id)) as first
          from operator_day o where o.closed_through is not null and o.operator_id <> 1) d
 cross join generate_series(d.first, d.closed_through, interval '1 day') day
  left join settlement s on s.operator_id = d.operator_id and s.business_date = day::date
 where s.id is null
   and not exists (select 1 from settlement_run r
                    where r.stage = 'started' and r.business_date >= day::date
                      and r.started_at > now() - interval '1 hour')

-- name: closed_account_owes
-- A closed account owes nothing: it is closed when all is paid, and nothing is charged to it after that.
select a.id, b.debits - b.credits as owed_fen
  from account a join balance b on b.owner_id = a.id and b.book = 'receivable'
 where a.status = 'closed' and b.debits <> b.credits

-- name: priced_by_other_rights
-- A stay was priced with all that its vehicle was known for while it was there and with nothing else, where its price
-- asks for any of that, or it waits to be priced again.
with asking as (
  select id from tariff
   where state = 'published'
     and (jsonb_path_exists(document, '$.**.tags[*]') or jsonb_path_exists(document, '$.**.at_least.*')
          or jsonb_path_exists(document, '$.**.at_most.*') or jsonb_path_exists(document, '$.**.per_bay ? (@ == true)'))),
held as (
  select s.lot_id, s.id, s.plate, s.plate_color,
         coalesce(array_agg(distinct t.tag) filter (where t.tag is not null), '{}') as tags,
         coalesce(array_agg(distinct f.key) filter (where f.key is not null), '{}') as facts
    from stay s
    join asking a on a.id = s.tariff_id
    join lot l on l.id = s.lot_id
    left join exempt_vehicle v on v.plate = s.plate and v.plate_color = s.plate_color
     and coalesce(v.operator_id, l.operator_id) = l.operator_id and coalesce(v.lot_id, l.id) = l.id
     and v.valid_from <= s.left_at and s.entered_at < coalesce(v.valid_until, 'infinity')
    left join lateral unnest(v.tags) t (tag) on true
    left join lateral jsonb_object_keys(v.facts) f (key) on true
   where s.id >= checked_from() and s.state = 'closed' and s.matched_id is null
   group by s.lot_id, s.id, s.plate, s.plate_color),
had as (
  select r.lot_id, r.stay_id,
         coalesce((select array_agg(tag order by tag) from jsonb_array_elements_text(r.rights -> 'tags') tag), '{}') as tags,
         coalesce((select array_agg(key order by key) from jsonb_object_keys(r.rights -> 'facts') key), '{}') as facts
    from stay_rights r where r.stay_id >= checked_from())
select h.lot_id, h.id, h.tags, g.tags as priced_with
  from held h
  left join had g on g.lot_id = h.lot_id and g.stay_id = h.id
 where (h.tags, h.facts) is distinct from (coalesce(g.tags, '{}'), coalesce(g.facts, '{}'))
   and not exists (select 1 from repricing w
                    where w.lot_id = h.lot_id and w.plate = h.plate and w.plate_color = h.plate_color)
union all
select r.lot_id, r.stay_id, null, null
  from stay_rights r
  left join stay s on s.lot_id = r.lot_id and s.id = r.stay_id
 where r.stay_id >= checked_from() and s.state is distinct from 'closed'

-- name: priced_by_another_pass
-- A stay is covered by passes of its vehicle in its lot alone, and by each of these that has a bay for every vehicle and
-- that its price knows, or it waits to be priced again.
with whole as (
  select s.lot_id, s.id, s.plate, s.plate_color, s.entered_at, s.left_at, s.tariff_id, r.rights -> 'passes' as passes
    from stay s
    left join stay_rights r on r.lot_id = s.lot_id and r.stay_id = s.id
   where s.id >= checked_from() and s.state = 'closed' and s.matched_id is null
     and not exists (select 1 from repricing w
                      where w.lot_id = s.lot_id and w.plate = s.plate and w.plate_color = s.plate_color)),
sold as (
  select p.id, p.code, p.lot_ids, l.id as lot_id, v.plate, v.plate_color, p.bays = p.vehicles as alone,
         p.valid_from::timestamp at time zone l.time_zone as since,
         (least(p.valid_through, p.ended_through) + 1)::timestamp at time zone l.time_zone as until
    from parking_pass p
    join pass_vehicle v on v.pass_id = p.id
    join lot l on l.id = any (p.lot_ids))
select w.lot_id, w.id, (u ->> 'pass_id')::uuid as pass_id
  from whole w cross join lateral jsonb_array_elements(w.passes) u
 where not exists (select 1 from sold p
                    where p.id = (u ->> 'pass_id')::uuid and p.lot_id = w.lot_id and p.plate = w.plate and p.plate_color = w.plate_color)
union all
select w.lot_id, w.id, p.id
  from whole w
  join sold p on p.lot_id = w.lot_id and p.plate = w.plate and p.plate_color = w.plate_color
   and p.alone and p.since <= w.left_at and w.entered_at < p.until and p.since < p.until
  join tariff t on t.id = w.tariff_id and t.document -> 'passes' @> jsonb_build_array(jsonb_build_object('code', p.code))
 where not exists (select 1 from jsonb_array_elements(w.passes) u
                    where u ->> 'code' = p.code and (u ->> 'since')::timestamptz <= p.since
                      and (u ->> 'until')::timestamptz >= p.until)

-- name: priced_by_another_booking
-- A stay is there by bookings of its vehicle in its lot alone, and by each of these that it came in time for where its price
-- knows bookings, or it waits to be priced again.
with whole as (
  select s.lot_id, s.id, s.plate, s.plate_color, s.entered_at, s.left_at, s.tariff_id, coalesce(r.rights -> 'booked', '[]') as booked
    from stay s
    left join stay_rights r on r.lot_id = s.lot_id and r.stay_id = s.id
   where s.id >= checked_from() and s.state = 'closed' and s.matched_id is null
     and not exists (select 1 from repricing w
                      where w.lot_id = s.lot_id and w.plate = s.plate and w.plate_color = s.plate_color)),
meant as (
  select w.lot_id, w.id, w.tariff_id, w.booked, b.id as booking_id
    from whole w
    join booking b on b.lot_id = w.lot_id and b.plate = w.plate and b.plate_color = w.plate_color and b.ended_at is null
     and w.entered_at < b.holds_until and b.holds_from < w.left_at)
select w.lot_id, w.id, (u ->> 'booking_id')::uuid as booking_id
  from whole w cross join lateral jsonb_array_elements(w.booked) u
 where not exists (select 1 from meant m where m.lot_id = w.lot_id and m.id = w.id and m.booking_id = (u ->> 'booking_id')::uuid)
union all
select m.lot_id, m.id, m.booking_id
  from meant m
  join tariff t on t.id = m.tariff_id and t.document -> 'booking' <> 'null'
 where not exists (select 1 from jsonb_array_elements(m.booked) u where (u ->> 'booking_id')::uuid = m.booking_id)

-- name: coupon_used_too_often
-- A coupon goes with no more stays than it may, and a stay was priced with those alone that were presented with it.
select u.coupon_id, null::uuid as stay_id, count(*) as uses
  from coupon_use u left join coupon c on c.id = u.coupon_id
 where u.given_back_at is null
 group by u.coupon_id, c.uses_max
having count(*) > coalesce(c.uses_max, 0)
union all
select (k ->> 'coupon_id')::uuid, r.stay_id, null
  from stay_rights r
 cross join lateral jsonb_array_elements(r.rights -> 'coupons') k
 where r.stay_id >= checked_from()
   and not exists (select 1 from stay s join coupon_use u on u.lot_id = s.lot_id and u.fact_id = any (s.facts)
                    where s.lot_id = r.lot_id and s.id = r.stay_id and u.coupon_id = (k ->> 'coupon_id')::uuid)

-- name: coupon_counts_its_uses
-- A coupon says with how many stays it goes, as far as the months are kept in which it can have been used.
select c.id, c.used, count(u.coupon_id) as uses
  from coupon c left join coupon_use u on u.coupon_id = c.id and u.given_back_at is null
 where c.id >= (select id_floor(min(to_date(right(m.relname, 7), 'YYYY_MM')))
                  from pg_inherits i join pg_class m on m.oid = i.inhrelid and m.relname ~ '_\d{4}_\d{2}$'
                 where i.inhparent = 'coupon_use'::regclass)
 group by c.id
having count(u.coupon_id) <> c.used

-- name: audit_line_outside_the_chain
-- Every line of the audit log has its place in the chain, or waits for the worker to give it one.
select a.owner_id, a.id
  from audit a
 where a.id >= checked_from()
   and not exists (select 1 from audit_link l where l.owner_id = a.owner_id and l.audit_id = a.id)
   and not exists (select 1 from audit_waiting w where w.owner_id = a.owner_id and w.audit_id = a.id)

-- name: audit_place_without_line
-- Every place in the chain of the audit log has its line.
select l.position
  from audit_link l
 where l.audit_id >= checked_from()
   and not exists (select 1 from audit a where a.owner_id = l.owner_id and a.id = l.audit_id and a.id >= checked_from())

-- name: audit_chain_is_broken
-- The hash of each place in the chain follows from the one before it. Between the rounds that look at everything, the last
-- hundred thousand are looked at; that a place still fits its line is worked out by `onelot audit verify`.
select l.position
  from audit_head h
  join audit_link l on l.position > case when checked_from() = id_floor('epoch') then 0 else h.position - 100000 end
  left join audit_link p on p.position = l.position - 1
 where l.hash is distinct from
       sha256(case when l.position = 1 then decode(repeat('00', 32), 'hex') else p.hash end || int8send(l.position) || l.leaf)

-- name: audit_chain_ends_elsewhere
-- The chain of the audit log ends where its head says.
select h.position
  from audit_head h left join audit_link l on l.position = h.position
 where (h.position > 0 and l.hash is distinct from h.hash)
    or exists (select 1 from audit_link f where f.position > h.position)

-- name: month_is_missing
-- Every row that grows lies in the partition of its month; a row in a default partition means one was not made in time.
select 'audit' as table_name where exists (select 1 from audit_default)
union all
select 'gate_event' as table_name where exists (select 1 from gate_event_default)
union all
select 'refused_event' as table_name where exists (select 1 from refused_event_default)
union all
select 'stay' as table_name where exists (select 1 from stay_default)
union all
select 'coupon_use' as table_name where exists (select 1 from coupon_use_default)
union all
select 'charging_session' as table_name where exists (select 1 from charging_session_default)
union all
select 'paid_by' as table_name where exists (select 1 from paid_by_default)
union all
select 'stay_rights' as table_name where exists (select 1 from stay_rights_default)
union all
select 'parking_case' as table_name where exists (select 1 from parking_case_default)
union all
select 'decision' as table_name where exists (select 1 from decision_default)
union all
select 'device_decision' as table_name where exists (select 1 from device_decision_default)
union all
select 'device_fact' as table_name where exists (select 1 from device_fact_default)
union all
select 'read_passage' as table_name where exists (select 1 from read_passage_default)
union all
select 'ticket' as table_name where exists (select 1 from ticket_default)
union all
select 'booth_shift' as table_name where exists (select 1 from booth_shift_default)
union all
select 'cash_taken' as table_name where exists (select 1 from cash_taken_default)
union all
select 'charge' as table_name where exists (select 1 from charge_default)
union all
select 'charge_adjustment' as table_name where exists (select 1 from charge_adjustment_default)
union all
select 'attempt' as table_name where exists (select 1 from attempt_default)
union all
select 'refund' as table_name where exists (select 1 from refund_default)
union all
select 'dispute' as table_name where exists (select 1 from dispute_default)
union all
select 'top_up' as table_name where exists (select 1 from top_up_default)
union all
select 'journal' as table_name where exists (select 1 from journal_default)
union all
select 'transfer' as table_name where exists (select 1 from transfer_default)
