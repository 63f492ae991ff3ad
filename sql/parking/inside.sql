-- Vehicles inside a lot now, for people who ask. Those that stand at an exit and were not seen to pass are inside too. What
-- came longer ago than a stay can be is none that leaves: its next read begins another one.

-- name: inside_like
-- Of those that came since $4 whose plate has this text in it, the latest entry first.
select id, entered_at
  from (select id, entered_at, plate from open_stay where lot_id = $1
        union all
        select id, entered_at, plate from stay where lot_id = $1 and at_exit and state = 'closed') inside
 where position($2::text in plate) > 0 and entered_at >= $4
 order by entered_at desc, id
 limit $3

-- name: inside_of_account
-- Of the plates that an account pays for: those that came since $5 and after they were linked, and not while that is
-- contested.
select o.id, o.entered_at
  from account_plate p
  join (select id, entered_at, plate, plate_color from open_stay where lot_id = $1
        union all
        select id, entered_at, plate, plate_color from stay where lot_id = $1 and at_exit and state = 'closed') o
    on o.plate = p.plate and o.plate_color = p.plate_color and o.entered_at >= p.linked_at
 where p.account_id = $2 and p.unlinked_at is null and position($3::text in o.plate) > 0 and o.entered_at >= $5
   and not exists (select 1 from plate_contest k
                    where k.plate = p.plate and k.plate_color = p.plate_color and k.account_id = p.account_id
                      and (k.resolved_at is null or not k.link_stands and p.linked_at between k.linked_at and k.resolved_at))
 order by o.entered_at desc, o.id
 limit $4

-- name: lots_of_account
-- Where vehicles may be inside that an account pays for; whether its driver may see them is asked lot by lot.
select o.lot_id
  from account_plate p join open_stay o on o.plate = p.plate and o.plate_color = p.plate_color
 where p.account_id = $1 and p.unlinked_at is null and o.entered_at >= $2
union
select s.lot_id
  from account_plate p join stay s on s.plate = p.plate and s.plate_color = p.plate_color and s.last_at >= $2
 where p.account_id = $1 and p.unlinked_at is null and s.at_exit and s.state = 'closed'
 order by 1
