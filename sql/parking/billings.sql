-- What gateways bill in an hour. Read and written under the lock of their lots (events.sql).

-- name: billings
select b.lot_id, b.gateway_id, b.hour, b.billed_fen, b.day_largest_fen, b.usual_fen
  from unnest($1::int[], $2::int[]) as wanted (lot_id, gateway_id)
  join gateway_billing b on b.lot_id = wanted.lot_id and b.gateway_id = wanted.gateway_id
 where b.lot_id = any($1::int[])

-- name: put_billings
insert into gateway_billing (lot_id, gateway_id, hour, billed_fen, day_largest_fen, usual_fen)
select * from unnest($1::int[], $2::int[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[])
on conflict (lot_id, gateway_id) do update set
  hour = excluded.hour, billed_fen = excluded.billed_fen, day_largest_fen = excluded.day_largest_fen,
  usual_fen = excluded.usual_fen
