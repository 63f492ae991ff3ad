-- What lots offer.

-- name: lot_to_describe
-- What is to be known of a lot before something is said of it, and what it has said. The spaces that it has, or will.
select l.id, l.code, l.operator_id,
       coalesce((select c.capacity from lot_capacity c where c.lot_id = l.id order by c.valid_from desc limit 1),
                l.capacity) as capacity,
       l.longitude, l.latitude, f.document::text as document
  from lot l left join lot_facilities f on f.lot_id = l.id
 where l.id = lot_called($1)

-- name: say
insert into lot_facilities (lot_id, document, said_at) values ($1, $2::jsonb, $3)
on conflict (lot_id) do update set document = excluded.document, said_at = excluded.said_at
