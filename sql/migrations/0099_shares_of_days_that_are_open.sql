-- A share of the platform that was mistyped is agreed anew, as long as no day has been settled by it. By the ledger's
-- own record of days, which no process's clock moves.

create function deny_settled_rate() returns trigger language plpgsql set search_path from current as $$
begin
  if tg_op = 'UPDATE' and (new.operator_id, new.valid_from) = (old.operator_id, old.valid_from)
     and not exists (select 1 from operator_day d
                      where d.operator_id = old.operator_id and d.closed_through >= old.valid_from) then
    return new;
  end if;
  raise exception 'a share of days that are settled stays as it is; add a later one to operator_fee' using errcode = '23514';
end $$;
drop trigger rate_stays on operator_fee;
create trigger rate_stays before update or delete on operator_fee for each row execute function deny_settled_rate();
alter table operator_fee enable always trigger rate_stays;
grant update (platform_fee_bps) on operator_fee to onelot_service;
