-- What people decide about what devices said, which only grows.

-- name: is_known
select 1 as one from device_fact where lot_id = $1 and id = $2

-- name: said
-- What a device said, as it came; more content of a fact is none of its own.
select f.lot_id, f.id, f.kind::text as kind, f.effective_at as at, f.lane_id, f.applies, f.outcome::text as outcome,
       f.of_event_id, k.charge_id is not null as is_booked
  from device_fact f
  left join cash_taken k on k.lot_id = f.lot_id and k.id = f.id
 where f.lot_id = $1 and f.id = $2 and f.first_id is null

-- name: decisions
-- About facts, in their order.
select d.lot_id, d.fact_id, d.n, d.id, d.kind::text as kind, d.case_id, d.undoes, d.note, d.decided_by, d.decided_at,
       d.request_key, d.said_hash, d.applies, d.is_settled, d.plate, d.made_id
  from unnest($1::int[], $2::uuid[]) f (lot_id, id)
  join device_decision d on d.lot_id = f.lot_id and d.fact_id = f.id
 order by d.lot_id, d.fact_id, d.n

-- name: add
insert into device_decision (lot_id, fact_id, n, id, kind, case_id, undoes, note, decided_by, decided_at, request_key, said_hash,
                             applies, is_settled, plate, made_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)

-- name: decided_cases
-- The cases of a fact that decisions resolved.
select lot_id, id, event_id, reason::text as reason, stay_id, resolved_by, other_stay_id
  from parking_case where lot_id = $1 and event_id = $2 and decision_id is not null
