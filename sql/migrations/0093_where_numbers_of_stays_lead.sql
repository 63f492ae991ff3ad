-- A number of a stay that became part of another one leads to that, however often it happened.

create function stay_led_to(_lot int, _asked uuid) returns uuid
  language sql stable parallel safe set search_path from current as $$
  with recursive led as (
    select s.id, s.merged_into, 1 as step from stay s where s.lot_id = _lot and s.id = _asked
    union all
    select s.id, s.merged_into, l.step + 1
      from led l join stay s on s.lot_id = _lot and s.id = l.merged_into
     where l.step < 20)
  select coalesce(l.merged_into, l.id) from led l order by l.step desc limit 1
$$;
comment on function stay_led_to is 'The stay that a number leads to; null: no row is kept of it, as of a vehicle that has been inside since it came.';
revoke execute on function stay_led_to from public;
grant execute on function stay_led_to to onelot_service;
