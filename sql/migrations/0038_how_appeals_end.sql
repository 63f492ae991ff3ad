-- Drivers see how an appeal ended, and one that a correction has answered settles itself: by what the charge cost its
-- driver when the appeal was made.

alter table parking_case add column appealed_fen bigint;
comment on column parking_case.appealed_fen is 'What was kept of charge_id or owed of it when the driver appealed: what is less now was given back.';
update parking_case k
   set appealed_fen = greatest(coalesce(
         (select a.amount_fen - a.change_fen from charge_adjustment a
           where a.lot_id = c.lot_id and a.charge_id = c.id and a.made_at > k.opened_at order by a.n limit 1),
         c.amount_fen), c.paid_fen + c.owed_fen - c.refunded_fen)
  from charge c
 where k.charge_id is not null and c.lot_id = k.lot_id and c.id = k.charge_id;
update parking_case set appealed_fen = 0 where charge_id is not null and appealed_fen is null;
alter table parking_case
  drop constraint appeal_is_whole,
  add constraint appeal_is_whole check (
    (account_id is null) = (charge_id is null) and (account_id is null) = (said is null)
    and (account_id is null) = (appealed_fen is null));
create index case_open_appeals on parking_case (lot_id, charge_id)
  where charge_id is not null and (resolved_at is null or resolved_by = 'facts');
