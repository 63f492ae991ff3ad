-- What a gateway decides by while it is cut off.

-- name: at_exits
-- Of those who came since $3 who was read at an exit since $2, and whoever was not seen to pass it and is in the count still;
-- whoever was read last first.
select found.id
  from (select s.id, s.last_at
          from stay s
         where s.lot_id = $1 and s.last_at >= $2 and s.state = 'closed' and s.entered_at >= $3 and s.exit_event_id is not null
        union
        select s.id, s.last_at
          from stay s
         where s.lot_id = $1 and s.at_exit and s.entered_at >= $3 and s.state = 'closed' and s.counted) found
 order by found.last_at desc, found.id
 limit $4

-- name: kept_out
-- Who was held at a way in since $2 for a ban and is not known to have come or gone since: a person may have let it in.
select s.id
  from stay s
  join gate_event e on e.lot_id = s.lot_id and e.id = s.entry_event_id
 where s.lot_id = $1 and s.last_at >= $2 and s.state = 'superseded' and s.left_at is null and e.reason = 'banned'
   and not exists (select 1 from stay n
                    where n.plate = s.plate and n.plate_color = s.plate_color and n.last_at > s.last_at and n.lot_id = s.lot_id)
 order by s.last_at desc, s.id
 limit $3

-- name: tickets
-- Of vehicles the ticket that was merged with each last, of those handed out since $4.
select distinct on (v.plate, v.plate_color) v.plate, v.plate_color::text as plate_color, t.number
  from unnest($2::text[], $3::plate_color[]) v (plate, plate_color)
  join ticket t on t.lot_id = $1 and t.plate = v.plate and t.plate_color = v.plate_color and t.id >= $4
 order by v.plate, v.plate_color, t.id desc

-- name: linked_regulars
-- Of who was in a lot since $2 those for whom an account pays now, each once, who came last first.
select s.plate, s.plate_color::text as plate_color
  from stay s
  join account_plate p on p.plate = s.plate and p.plate_color = s.plate_color and p.linked_at <= $3
   and (p.unlinked_at is null or p.unlinked_at > $3)
  join account a on a.id = p.account_id and a.status = 'active'
 where s.lot_id = $1 and s.id >= $2 and s.state = 'closed'
   and not exists (select 1 from plate_contest k
                    where k.plate = p.plate and k.plate_color = p.plate_color and k.account_id = p.account_id
                      and (k.resolved_at is null or not k.link_stands and p.linked_at between k.linked_at and k.resolved_at))
 group by s.plate, s.plate_color
 order by max(s.entered_at) desc, s.plate, s.plate_color
 limit $4

-- name: exempt_within
-- What vehicles are known for in a lot ($1) of an operator ($2) at any moment from $3 until before $4: what was said of the
-- lot first, then of the operator, of the city, and of each what was said last.
select v.id, v.operator_id, v.lot_id, v.plate, v.plate_color::text as plate_color, v.tags, v.facts::text as facts, v.valid_from,
       v.valid_until, v.reason, v.added_by, v.added_at, v.ended_by, v.ended_at, v.end_reason
  from exempt_vehicle v
 where (v.operator_id is null or v.operator_id = $2) and (v.lot_id is null or v.lot_id = $1)
   and v.valid_from < $4 and (v.valid_until is null or v.valid_until > $3)
 order by v.lot_id is null, v.operator_id is null, v.id desc
 limit $5

-- name: passes_within
-- Passes that hold in a lot on a day from $2 to $3: those of the fewest lots first, and of these what was sold last.
select p.id, p.group_id, p.operator_id, p.code, p.lot_ids, p.bays, p.valid_from, p.valid_through, p.ended_through, p.note, p.added_by,
       p.added_at, p.ended_by, p.ended_at, p.end_reason,
       (select array_agg(v.plate order by v.plate, v.plate_color) from pass_vehicle v where v.pass_id = p.id) as plates,
       (select array_agg(v.plate_color::text order by v.plate, v.plate_color) from pass_vehicle v where v.pass_id = p.id) as colors
  from parking_pass p
 where $1::int = any(p.lot_ids) and p.valid_from <= $3::date and least(p.valid_through, p.ended_through) >= $2::date
   and p.valid_from <= least(p.valid_through, p.ended_through)
 order by cardinality(p.lot_ids), p.id desc
 limit $4

-- name: pack
select version, key_id, entries::text as entries from gateway_pack where lot_id = $1 and gateway_id = $2

-- name: keep_pack
insert into gateway_pack as g (lot_id, gateway_id, version, key_id, made_at, entries)
values ($1, $2, $3, $4, $5, $6::jsonb)
on conflict (lot_id, gateway_id) do update
   set version = excluded.version, key_id = excluded.key_id, made_at = excluded.made_at, entries = excluded.entries
 where g.version < excluded.version
