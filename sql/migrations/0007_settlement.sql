-- What each operator is owed for a business day, and the fee kept from it.

create type settlement_stage as enum ('started', 'done');

create table settlement_run (
  business_date date primary key,
  stage         settlement_stage not null,
  started_at    timestamptz not null,
  finished_at   timestamptz
);
comment on table settlement_run is 'A settlement of one business day over all operators; started again it goes on where it stopped.';

create table settlement (
  operator_id      bigint not null references operator,
  business_date    date not null,
  id               uuid not null unique,
  charges          int not null,
  gross_fen        bigint not null,
  refunds_fen      bigint not null,
  platform_fee_bps int not null,
  platform_fee_fen bigint not null,
  net_fen          bigint not null,
  settled_at       timestamptz not null,
  primary key (operator_id, business_date),
  constraint net_adds_up check (net_fen = gross_fen - refunds_fen - platform_fee_fen),
  constraint fee_not_negative check (platform_fee_fen >= 0)
);
comment on table settlement is 'The statement of one operator for one closed business day (结算单).';

create table settlement_line (
  operator_id   bigint not null,
  business_date date not null,
  lot_id        int not null,
  charges       int not null,
  gross_fen     bigint not null,
  refunds_fen   bigint not null,
  primary key (operator_id, business_date, lot_id),
  foreign key (operator_id, business_date) references settlement
);
comment on table settlement_line is 'The part of a settlement each lot earned.';

-- A day closes behind the lock that post() takes shared, in a transaction of its own, and is summed after it. One that
-- is not over anywhere is refused: what is closed never opens again, and all that is booked moves behind it.
create function close_day(_operator bigint, _date date) returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if _date is null or _date > current_date + 1 then
    raise exception 'the day % is not over and cannot be closed', _date using errcode = '22008';
  end if;
  insert into operator_day (operator_id, closed_through) values (_operator, _date)
  on conflict (operator_id) do update set closed_through = greatest(operator_day.closed_through, excluded.closed_through);
end $$;
revoke execute on function close_day from public;
grant execute on function close_day to onelot_service;

grant select, insert, update on settlement_run to onelot_service;
grant select, insert on settlement, settlement_line to onelot_service;
