-- A lot whose code is corrected is found by the one it had as well: tickets, signs and settings of gateways have it.

create table former_lot_code (
  code   text primary key,
  lot_id int not null references lot,
  until  timestamptz not null
);
comment on table former_lot_code is 'Codes that lots had until they were corrected; they lead to their lots until they are given up. No other lot is registered by one.';
grant select, insert, delete on former_lot_code to onelot_service;

-- The lot of a code, or that had it.
create function lot_called(_code text) returns int language plpgsql stable as $$
begin
  return coalesce((select l.id from lot l where l.code = _code), (select f.lot_id from former_lot_code f where f.code = _code));
end $$;
