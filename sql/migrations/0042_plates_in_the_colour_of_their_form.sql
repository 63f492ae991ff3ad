-- Plates are compared by the colour that their form settles (parking/plates.py, settle_color). What was linked, claimed or
-- inside before that was so stands under the colour that was read or typed, and is found by nobody: it moves.

create function pg_temp.settled(_plate text, _read plate_color) returns plate_color language sql as $$
  select (case
    when _plate ~ ('^' || issued || '(?=.*\d)' || serial || '{5}$') then
      case when _read in ('yellow', 'yellow_green') then 'yellow' else 'blue' end
    when _plate ~ ('^' || issued || '[A-HJK]' || serial || '\d{4}$') then 'green'
    when _plate ~ ('^' || issued || '\d{5}[A-HJK]$') then 'yellow_green'
    when _plate ~ ('^' || issued || serial || '{4}[挂学]$') then 'yellow'
    when _plate ~ ('^' || issued || '(' || serial || '{4}警|\d{4}应急)$')
      or _plate ~ ('^WJ[警' || provinces || ']?\d{4}' || serial || '$')
      or _plate ~ '^[A-HJ-NP-Z]{2}\d{5}$' then 'white'
    when _plate ~ ('^粤Z' || serial || '{4}[港澳]$')
      or _plate ~ ('^(使\d{6}|' || issued || serial || '{4}[使领]|[' || provinces || ']\d{6}领)$') then 'black'
    when _plate ~ ('^(临[' || provinces || ']?[0-9A-Z]{5,8}|' || issued || '[0-9A-Z]{4,6}临)$') then 'unknown'
    when length(_plate) = 8 and _read in ('green', 'yellow_green') then 'green'
    else 'unknown' end)::plate_color
    from (select p as provinces, '[' || p || '][A-HJ-Z]' as issued, '[0-9A-HJ-NP-Z]' as serial
            from (values ('京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼')) known (p)) parts
$$;

create function pg_temp.note(_account bigint, _action text, _detail jsonb) returns void language sql as $$
  insert into audit (owner_id, id, at, actor, action, subject, detail)
  values (_account,
          (left(replace(id_floor(now())::text, '-', ''), 12) || '8' || left(md5(random()::text), 3)
           || to_hex((2::bigint << 30) | _account) || left(md5(random()::text), 8))::uuid,
          now(), 'migration', _action, 'account:' || _account, _detail)
$$;

-- Links that hold. Of two accounts that hold what is one plate, the one keeps it that staff confirmed, else the one that
-- linked it first; the other waits for it, as if it had come second. Links that have ended move where nobody else paid.
do $$
declare
  link record;
  rival record;
  moved timestamptz;
begin
  for link in
    select p.*, pg_temp.settled(p.plate, p.plate_color) as color,
           exists (select 1 from plate_contest k
                    where k.plate = p.plate and k.plate_color = p.plate_color and k.account_id = p.account_id
                      and k.linked_at = p.linked_at and k.link_stands) as confirmed
      from account_plate p
     where p.plate_color <> pg_temp.settled(p.plate, p.plate_color)
     order by (p.unlinked_at is not null), confirmed desc, p.linked_at, p.account_id
  loop
    if link.unlinked_at is not null then
      begin
        update account_plate set plate_color = link.color
         where plate = link.plate and plate_color = link.plate_color and linked_at = link.linked_at;
      exception when exclusion_violation or unique_violation then
        null;   -- Somebody else paid meanwhile: what was recorded then stays as it was believed.
      end;
      continue;
    end if;
    select p.account_id, p.linked_at,
           exists (select 1 from plate_contest k
                    where k.plate = p.plate and k.plate_color = p.plate_color and k.account_id = p.account_id
                      and k.linked_at = p.linked_at and k.link_stands) as confirmed
      into rival
      from account_plate p
     where p.plate = link.plate and p.plate_color = link.color and p.unlinked_at is null;
    if found and (rival.account_id = link.account_id
                  or (rival.confirmed, link.linked_at) >= (link.confirmed, rival.linked_at)) then
      update account_plate set unlinked_at = greatest(now(), linked_at)
       where plate = link.plate and plate_color = link.plate_color and linked_at = link.linked_at;
      if rival.account_id <> link.account_id then
        insert into plate_claim (plate, plate_color, account_id, claimed_at)
        values (link.plate, link.color, link.account_id, link.linked_at) on conflict do nothing;
        perform pg_temp.note(link.account_id, 'plate.unlink',
                             jsonb_build_object('plate', link.plate, 'plate_color', link.plate_color));
      end if;
      continue;
    end if;
    if found then
      update account_plate set unlinked_at = greatest(now(), linked_at)
       where plate = link.plate and plate_color = link.color and unlinked_at is null;
      insert into plate_claim (plate, plate_color, account_id, claimed_at)
      values (link.plate, link.color, rival.account_id, rival.linked_at) on conflict do nothing;
      perform pg_temp.note(rival.account_id, 'plate.unlink',
                           jsonb_build_object('plate', link.plate, 'plate_color', link.color));
    end if;
    -- From when on nobody else paid for it under its colour.
    select greatest(link.linked_at, max(p.unlinked_at)) into moved
      from account_plate p where p.plate = link.plate and p.plate_color = link.color;
    if moved = link.linked_at then
      update account_plate set plate_color = link.color
       where plate = link.plate and plate_color = link.plate_color and linked_at = link.linked_at;
    else
      update account_plate set unlinked_at = moved
       where plate = link.plate and plate_color = link.plate_color and linked_at = link.linked_at;
      insert into account_plate (plate, plate_color, account_id, linked_at)
      values (link.plate, link.color, link.account_id, moved);
    end if;
    update plate_contest k set plate_color = link.color, linked_at = case when k.resolved_at is null then moved else k.linked_at end
     where k.plate = link.plate and k.plate_color = link.plate_color and k.account_id = link.account_id
       and not exists (select 1 from plate_contest o
                        where o.plate = k.plate and o.plate_color = link.color and o.account_id = k.account_id
                          and o.resolved_at is null and k.resolved_at is null);
    perform pg_temp.note(link.account_id, 'plate.link',
                         jsonb_build_object('plate', link.plate, 'plate_color', link.color, 'before', null));
  end loop;
end $$;

-- Who waits, waits for the plate as it is compared; who has it waits no more.
insert into plate_claim (plate, plate_color, account_id, claimed_at)
select plate, pg_temp.settled(plate, plate_color), account_id, min(claimed_at)
  from plate_claim
 where plate_color <> pg_temp.settled(plate, plate_color)
 group by 1, 2, 3
on conflict do nothing;
delete from plate_claim where plate_color <> pg_temp.settled(plate, plate_color);
delete from plate_claim c
 using account_plate p
 where p.plate = c.plate and p.plate_color = c.plate_color and p.account_id = c.account_id and p.unlinked_at is null;

-- Vehicles that are inside, and the reads they stand on, which are compared like them; what was read stays beside it. Of
-- two that are one the last to come is inside. The other cannot leave any more: it leaves the count when it is inside too
-- long, and is before a person then.
with recoloured as (
  select distinct on (o.lot_id, o.plate, pg_temp.settled(o.plate, o.plate_color))
         o.lot_id, o.plate, o.plate_color, pg_temp.settled(o.plate, o.plate_color) as color, o.facts
    from open_stay o
   where o.plate_color <> pg_temp.settled(o.plate, o.plate_color)
     and not exists (select 1 from open_stay s
                      where s.lot_id = o.lot_id and s.plate = o.plate
                        and s.plate_color = pg_temp.settled(o.plate, o.plate_color))
   order by o.lot_id, o.plate, pg_temp.settled(o.plate, o.plate_color), o.entered_at desc, o.id desc),
reads as (
  update gate_event e set plate_color = r.color
    from recoloured r where e.lot_id = r.lot_id and e.id = any(r.facts))
update open_stay o set plate_color = r.color
  from recoloured r where o.lot_id = r.lot_id and o.plate = r.plate and o.plate_color = r.plate_color;

drop function pg_temp.settled;
drop function pg_temp.note;
