-- What stands in the way of closing a day, for one operator ($1) or all.

-- name: waits
-- $2: disputes that were opened before it are late; $3: the day that should be closed.
select (select count(*) from dispute d
         where d.state = 'open' and ($1::bigint is null or d.operator_id = $1))::int as disputes,
       (select count(*) from dispute d
         where d.state = 'open' and ($1::bigint is null or d.operator_id = $1) and d.opened_at < $2)::int as late_disputes,
       (select coalesce(sum(d.held_fen), 0) from dispute d
         where d.state = 'open' and ($1::bigint is null or d.operator_id = $1))::bigint as suspense_fen,
       (select count(*) from attempt a
         where a.query_at is not null
           and ($1::bigint is null or exists (select 1 from charge c
                                               where c.lot_id = a.shard and c.id = a.payable_id and c.operator_id = $1)))::int as attempts,
       (select count(*) from charge_hold h
         where h.released_at is null
           and ($1::bigint is null or exists (select 1 from charge c
                                               where c.lot_id = h.lot_id and c.id = h.charge_id and c.operator_id = $1)))::int as held,
       (select count(*) from cash_taken k
          join lot l on l.id = k.lot_id
         where k.charge_id is null and ($1::bigint is null or l.operator_id = $1))::int as cash,
       (select count(*) from operator o
          left join operator_day y on y.operator_id = o.id
         where ($1::bigint is null or o.id = $1)
           and exists (select 1 from journal j where j.operator_id = o.id and j.business_date <= $3)
           and (y.closed_through is null or y.closed_through < $3))::int as unsettled
