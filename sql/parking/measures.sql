-- What waits, counted now and then by each worker and not further than $1: the figure is for a graph.

-- name: cases
select reason::text as name, count(*)::int as number
  from (select reason from parking_case where resolved_at is null limit $1) open
 group by reason

-- name: gateways
-- $2: since when one that beats has been heard of.
select case when s.seen_at is null then 'never' when s.seen_at < $2 then 'silent' else 'heard' end as name, count(*)::int as number
  from (select lot_id, id from gateway limit $1) g
  left join gateway_state s on s.lot_id = g.lot_id and s.gateway_id = g.id
 group by 1
