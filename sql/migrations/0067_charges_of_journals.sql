-- Each journal leads to the charge it is about, so that a line of a statement leads to what it is made of.

create function charge_of(_kind journal_kind, _owner bigint, _journal uuid, _lot int, _ref uuid, _reverses uuid) returns uuid
  language plpgsql stable parallel safe set search_path from current as $$
begin
  return (
  select case r.about
           when 'charge' then _ref
           when 'adjustment' then (select d.charge_id from charge_adjustment d
                                    where d.lot_id = _lot and d.id = _ref
                                      and d.charge_id between id_first(_journal) and id_last(_journal))
           when 'refund' then (select d.payable_id from refund d
                                where d.shard = _lot and d.id = _ref
                                  and d.payable_id between id_first(_journal) and id_last(_journal))
           when 'return' then (select d.payable_id from refund d
                                where d.shard = _lot and d.id = _ref
                                  and d.payable_id between id_first(_journal) and id_last(_journal))
           when 'dispute' then (select d.payable_id from dispute d where d.shard = _lot and d.id = _ref and d.payable = 'charge')
           when 'journal' then (select charge_of(v.kind, v.owner_id, v.id, v.lot_id, v.ref, v.reverses) from journal v
                                 where v.owner_id = _owner and v.id = _reverses) end
    from journal_rule r
   where r.kind = _kind);
end $$;
comment on function charge_of is 'The charge that a journal is about; null: none, or not of one.';
revoke execute on function charge_of from public;
grant execute on function charge_of to onelot_service;

create or replace view movement as
  select j.operator_id, j.business_date, coalesce(j.lot_id, 0) as lot_id, r.statement, j.kind,
         coalesce(billed.day, j.occurred_on, j.business_date) as traded_on,
         case when r.statement in ('given_back', 'fee') and t.credit_book = 'payable' then -t.amount_fen
              when r.statement in ('given_back', 'fee') and t.debit_book <> 'payable' then 0
              else t.amount_fen end as fen,
         charge_of(j.kind, j.owner_id, j.id, j.lot_id, j.ref, j.reverses) as charge_id
    from journal j
    join journal_rule r on r.kind = j.kind and r.statement is not null
    join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
    left join lateral (
           select coalesce(b.occurred_on, b.business_date) as day
             from journal b
            where (r.statement = 'given_back' or r.about = 'adjustment')
              and b.owner_id = j.owner_id and b.id between id_first(j.id) and id_last(j.id) and b.kind = 'stay_billed'
              and b.ref = charge_of(j.kind, j.owner_id, j.id, j.lot_id, j.ref, j.reverses)
            limit 1) billed on true
   where j.operator_id is not null
  union all
  select j.operator_id, j.business_date, coalesce(j.lot_id, 0), 'cash', j.kind, coalesce(j.occurred_on, j.business_date),
         case when t.debit_book = 'cash' then t.amount_fen else -t.amount_fen end,
         charge_of(j.kind, j.owner_id, j.id, j.lot_id, j.ref, j.reverses)
    from journal j
    join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
   where j.operator_id is not null and (t.debit_book = 'cash' or t.credit_book = 'cash');
