-- What must always be true, each as a query that returns no row. `onelot verify` runs them all; so do the tests,
-- the demonstration, every load run, and the worker every ten minutes.
-- The comment under a name is what a person reads when it fails.

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
  select owner_id, book, sum(debit) as debits, sum(credit) as credits
    from (select debit_owner as owner_id, debit_book as book, amount_fen as debit, 0 as credit from transfer
          union all
          select credit_owner, credit_book, 0, amount_fen from transfer) legs
   group by owner_id, book)
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
-- Every charge was billed by exactly its amount; a paid one was collected by exactly its amount, a void one withdrawn,
-- and a due one neither.
with booked as (
  select j.owner_id, j.ref,
         coalesce(sum(t.amount_fen) filter (where j.kind = 'stay_billed'), 0) as billed,
         coalesce(sum(t.amount_fen) filter (where j.kind = 'charge_paid'), 0) as paid,
         coalesce(sum(t.amount_fen) filter (where j.kind = 'charge_voided'), 0) as voided
    from journal j join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
   where j.kind in ('stay_billed', 'charge_paid', 'charge_voided')
   group by j.owner_id, j.ref)
select c.lot_id, c.id, c.state, c.amount_fen, b.billed, b.paid, b.voided
  from charge c left join booked b on b.ref = c.id and b.owner_id = coalesce(c.account_id, c.operator_id)
 where b.billed is distinct from c.amount_fen
    or b.paid <> case when c.state = 'paid' then c.amount_fen else 0 end
    or b.voided <> case when c.state = 'void' then c.amount_fen else 0 end

-- name: billing_without_charge
-- Every billing in the books has its charge.
select j.owner_id, j.id, j.ref
  from journal j left join charge c on c.lot_id = j.lot_id and c.id = j.ref
 where j.kind = 'stay_billed' and c.id is null and j.ref >= (select kept_from from growing_table where name = 'charge')

-- name: receivable_differs_from_charges
-- What a driver owes in the books is the sum of the driver's due charges.
select b.owner_id, b.debits - b.credits as in_books, coalesce(due.fen, 0) as in_charges
  from balance b
  left join (select account_id, sum(amount_fen) as fen from charge where state = 'due' and account_id is not null
              group by account_id) due on due.account_id = b.owner_id
 where b.book = 'receivable' and b.debits - b.credits <> coalesce(due.fen, 0)

-- name: charged_more_than_once
-- A charge is collected once: a second attempt that succeeded all the same has its money in suspense, to be given back.
select a.shard as lot_id, a.payable_id as charge_id, a.succeeded
  from (select shard, payable_id, count(*) as succeeded from attempt where state = 'succeeded' and kind = 'charge'
         group by shard, payable_id having count(*) > 1) a
  left join (select ref, count(*) as times from journal where kind = 'overpaid' group by ref) o on o.ref = a.payable_id
 where a.succeeded - coalesce(o.times, 0) > 1

-- name: paid_without_attempt
-- Every paid charge names the attempt that collected it: it succeeded, with the charge's amount, by its method.
select c.lot_id, c.id
  from charge c
  left join attempt a on a.shard = c.lot_id and a.payable_id = c.id and a.id = c.paid_attempt_id and a.kind = 'charge'
                     and a.state = 'succeeded' and a.amount_fen = c.amount_fen and a.channel = c.method
 where c.state = 'paid' and a.id is null and c.id >= (select kept_from from growing_table where name = 'attempt')

-- name: charge_asleep
-- What an account owes comes up to be collected, unless a payment of it is under way or it is held back.
select c.lot_id, c.id
  from charge c
  left join attempt a on a.shard = c.lot_id and a.payable_id = c.id and a.kind = 'charge'
                     and a.state in ('submitting', 'accepted', 'unknown')
  left join charge_hold h on h.lot_id = c.lot_id and h.charge_id = c.id and h.released_at is null
 where c.state = 'due' and c.account_id is not null and c.collect_at is null and a.id is null and h.charge_id is null

-- name: charge_held
-- No charge waits for a person: none is held back because its gateway billed beyond its history. Release or void them.
select c.lot_id, h.reason, count(*) as charges, sum(c.amount_fen) as amount_fen
  from charge_hold h
  join charge c on c.lot_id = h.lot_id and c.id = h.charge_id
 where h.released_at is null and c.state = 'due'
 group by c.lot_id, h.reason

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
-- Every refund of a charge gives back what the attempt that paid it took, by the way it came; every other gives back the
-- money of a dispute about its attempt.
select r.shard, r.payable_id, r.id
  from refund r
  left join charge c on r.dispute_id is null and c.lot_id = r.shard and c.id = r.payable_id
                    and c.paid_attempt_id = r.attempt_id and c.method = r.channel
  left join dispute d on d.shard = r.shard and d.id = r.dispute_id and d.attempt_id = r.attempt_id
                     and d.held_fen = r.amount_fen
 where c.id is null and d.id is null

-- name: suspense_differs_from_disputes
-- What lies in suspense is the money of disputes that was not given back.
with booked as (
  select owner_id, sum(fen) as fen
    from (select credit_owner as owner_id, amount_fen as fen from transfer where credit_book = 'suspense'
          union all
          select debit_owner, -amount_fen from transfer where debit_book = 'suspense') legs
   group by owner_id),
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
-- looked at within three; each with an hour or more for the worker to come round, and none if no clock was set.
with clock as (select nullif(current_setting('onelot.now', true), '')::timestamptz as now)
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

-- name: top_up_not_in_the_books
-- Every top-up whose attempt succeeded stands in the books with its amount, and no other money came into a wallet as one.
with collected as (
  select u.account_id, u.id, u.amount_fen
    from top_up u
    join attempt a on a.shard = u.account_id and a.payable_id = u.id and a.kind = 'top_up' and a.state = 'succeeded'
                  and a.amount_fen = u.amount_fen),
booked as (
  select j.owner_id, j.ref, sum(t.amount_fen) as fen
    from journal j join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
   where j.kind = 'top_up'
   group by j.owner_id, j.ref)
select coalesce(u.account_id, b.owner_id) as account_id, coalesce(u.id, b.ref) as id, u.amount_fen, b.fen as booked_fen
  from collected u
  full join booked b on b.owner_id = u.account_id and b.ref = u.id
 where u.amount_fen is distinct from b.fen
   and coalesce(u.id, b.ref) >= (select kept_from from growing_table where name = 'top_up')

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
 where coalesce(r.fen, 0) <> c.refunded_fen or coalesce(r.fen, 0) > c.amount_fen
    or (r.payable_id is not null and c.state <> 'paid')

-- name: refunds_pending_differ
-- What the books keep back of each operator for refunds is what was asked for and has not ended.
with booked as (
  select operator_id, sum(fen) as fen
    from (select credit_owner as operator_id, amount_fen as fen from transfer where credit_book = 'refund_payable'
          union all
          select debit_owner, -amount_fen from transfer where debit_book = 'refund_payable') legs
   group by operator_id),
asked as (
  select c.operator_id, sum(r.amount_fen) as fen
    from refund r join charge c on c.lot_id = r.shard and c.id = r.payable_id
   where r.state in ('requested', 'unknown') and r.dispute_id is null
   group by c.operator_id)
select coalesce(b.operator_id, a.operator_id) as operator_id, b.fen as in_books, a.fen as asked
  from booked b full join asked a on a.operator_id = b.operator_id
 where coalesce(b.fen, 0) <> coalesce(a.fen, 0)

-- name: stay_without_charge
-- A closed stay with a fee has a charge over exactly that fee.
select s.lot_id, s.id, s.fee_fen
  from stay s left join charge c on c.lot_id = s.lot_id and c.stay_id = s.id
 where s.state = 'closed' and s.fee_fen > 0 and c.amount_fen is distinct from s.fee_fen

-- name: charge_without_stay
-- Every charge is for a closed stay of the same lot, as long as stays are kept.
select c.lot_id, c.id
  from charge c left join stay s on s.lot_id = c.lot_id and s.id = c.stay_id and s.state = 'closed'
 where s.id is null and c.stay_id >= (select kept_from from growing_table where name = 'stay')

-- name: fee_lines_differ
-- The lines of every charge add up to its amount.
select c.lot_id, c.id
  from charge c left join lateral jsonb_array_elements(c.lines) line on true
 group by c.lot_id, c.id, c.amount_fen
having c.amount_fen <> coalesce(sum((line->>'amount_fen')::bigint), 0)

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
-- A vehicle is in a lot once at a time.
select lot_id, plate, plate_color, entered_at
  from (select lot_id, plate, plate_color, entered_at,
               lag(left_at) over (partition by lot_id, plate, plate_color order by entered_at, left_at) as previous_left_at
          from stay where state = 'closed') stays
 where entered_at < previous_left_at

-- name: inside_and_gone
-- A vehicle that is inside has no later stay that ended.
select o.lot_id, o.plate, o.plate_color
  from open_stay o
  join stay s on s.lot_id = o.lot_id and s.plate = o.plate and s.plate_color = o.plate_color and s.state = 'closed'
 where s.left_at > o.entered_at

-- name: event_recorded_twice
-- A gateway's event is recorded once. After 40 days its number may come again: by then the event is too old to be sent.
with repeated as (
  select lot_id, gateway_id, event_id from gate_event group by lot_id, gateway_id, event_id having count(*) > 1),
seen as (
  select e.lot_id, e.gateway_id, e.event_id, e.id,
         lag(e.id) over (partition by e.lot_id, e.gateway_id, e.event_id order by e.id) as before
    from repeated r
    join gate_event e on e.lot_id = r.lot_id and e.gateway_id = r.gateway_id and e.event_id = r.event_id)
select lot_id, gateway_id, event_id, id from seen where id < id_floor(id_instant(before) + interval '40 days')

-- name: event_without_stay
-- An event that says which stay it belongs to belongs to one that exists, as long as stays are kept.
select e.lot_id, e.id, e.stay_id
  from gate_event e
  left join stay s on s.lot_id = e.lot_id and s.id = e.stay_id
  left join open_stay o on o.lot_id = e.lot_id and o.plate = e.plate and o.plate_color = e.plate_color and o.id = e.stay_id
 where s.id is null and o.id is null and e.stay_id >= (select kept_from from growing_table where name = 'stay')

-- name: review_lost
-- Every event in review is before a person, for the reason it says.
select e.lot_id, e.id, e.reason
  from gate_event e left join review r on r.lot_id = e.lot_id and r.event_id = e.id and r.reason = e.reason
 where e.status = 'review' and r.id is null

-- name: count_differs_from_stays
-- The count of every lot is the number of vehicles inside.
select o.lot_id, o.inside, count(s.id) as stays
  from lot_occupancy o left join open_stay s on s.lot_id = o.lot_id
 group by o.lot_id, o.inside
having o.inside <> count(s.id)

-- name: lot_without_count
-- Every lot is counted.
select l.id from lot l left join lot_occupancy o on o.lot_id = l.id where o.lot_id is null

-- name: operator_differs_from_transfers
-- Every journal names the operator whose payable it moves; settlements are made by that name.
select j.owner_id, j.id, j.operator_id, p.operator_id as in_transfers
  from journal j
  full join (select distinct owner_id, journal_id, operator_id
               from (select owner_id, journal_id, debit_owner as operator_id from transfer where debit_book = 'payable'
                     union all
                     select owner_id, journal_id, credit_owner from transfer where credit_book = 'payable') legs) p
    on p.owner_id = j.owner_id and p.journal_id = j.id
 where j.operator_id is distinct from p.operator_id

-- name: settlement_differs_from_books
-- A settlement says what the books of its day say, to the fen, and so do its lines.
with booked as (
  select j.operator_id, j.business_date,
         coalesce(sum(t.amount_fen) filter (where j.kind = 'stay_billed'), 0) as gross,
         coalesce(sum(case when t.debit_book = 'payable' then t.amount_fen else -t.amount_fen end)
                  filter (where j.kind not in ('stay_billed', 'platform_fee')), 0) as refunds,
         coalesce(sum(t.amount_fen) filter (where j.kind = 'platform_fee'), 0) as fee
    from journal j
    join settlement s on s.operator_id = j.operator_id and s.business_date = j.business_date
    join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id and 'payable' in (t.debit_book, t.credit_book)
   group by j.operator_id, j.business_date),
lines as (
  select operator_id, business_date, sum(gross_fen) as gross, sum(refunds_fen) as refunds
    from settlement_line group by operator_id, business_date)
select s.operator_id, s.business_date, s.gross_fen, b.gross, s.refunds_fen, b.refunds, s.platform_fee_fen, b.fee
  from settlement s
  left join booked b on b.operator_id = s.operator_id and b.business_date = s.business_date
  left join lines l on l.operator_id = s.operator_id and l.business_date = s.business_date
 where (s.gross_fen, s.refunds_fen, s.platform_fee_fen)
         is distinct from (coalesce(b.gross, 0), coalesce(b.refunds, 0), coalesce(b.fee, 0))
    or (s.gross_fen, s.refunds_fen) is distinct from (coalesce(l.gross, 0), coalesce(l.refunds, 0))

-- name: closed_day_without_settlement
-- Money that was booked to an operator on a closed day is in that day's settlement, or that is being made right now: a
-- day is closed before it is summed. A run that has not come through for an hour stopped, and is to be started again.
select j.operator_id, j.business_date
  from operator_day d
  join journal j on j.operator_id = d.operator_id and j.business_date <= d.closed_through
  left join settlement s on s.operator_id = j.operator_id and s.business_date = j.business_date
 where s.id is null
   and not exists (select 1 from settlement_run r
                    where r.stage = 'started' and r.business_date >= j.business_date
                      and r.started_at > now() - interval '1 hour')
 group by j.operator_id, j.business_date

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
select 'review' as table_name where exists (select 1 from review_default)
union all
select 'charge' as table_name where exists (select 1 from charge_default)
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
