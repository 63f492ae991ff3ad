-- What these ask is planned once a connection; as functions of SQL it was copied into every statement that names them,
-- which no layout of more than one node can follow.

create or replace function stay_led_to(_lot int, _asked uuid) returns uuid
  language plpgsql stable parallel safe set search_path from current as $$
begin
  return (
    with recursive led as (
      select s.id, s.merged_into, 1 as step from stay s where s.lot_id = _lot and s.id = _asked
      union all
      select s.id, s.merged_into, l.step + 1
        from led l join stay s on s.lot_id = _lot and s.id = l.merged_into
       where l.step < 20)
    select coalesce(l.merged_into, l.id) from led l order by l.step desc limit 1);
end $$;

create or replace function opened_from_afar(_lot int, _read uuid) returns boolean
  language plpgsql stable parallel safe set search_path from current as $$
begin
  perform 1 from gateway_command c
   where c.lot_id = _lot and c.fact_id = _read and c.because = 'remote_open' and c.outcome = 'done' limit 1;
  return found;
end $$;
