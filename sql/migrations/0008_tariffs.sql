-- The life of a price text: drafted, checked, published, and since then the same for ever. Price areas, whose lots share
-- a price. What a visit used of things that are remembered, whatever the price text calls them.

-- A stay remembers what it used ------------------------------------------------------------------------------------

alter table stay add column uses jsonb;
comment on column stay.uses is 'What it used of things that are remembered: [{rule, at, amount}], null if nothing. `at` is the instant its memory counts from.';
update stay
   set uses = jsonb_build_array(jsonb_build_object(
         'rule', 'quota.nev',
         'at', to_char(date_trunc('minute', entered_at at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
         'amount', quota_used_min))
 where quota_used_min > 0;
alter table stay drop column quota_used_min;
-- Some quotas and caps hold in all lots of an operator or of the city: then the plate's stays elsewhere are looked up.
create index stay_with_uses on stay (plate, plate_color, last_at, id) where uses is not null;

-- A price text has a life ------------------------------------------------------------------------------------------

create type tariff_state as enum ('draft', 'published');
alter table tariff
  add column state         tariff_state not null default 'draft',
  add column registered_at timestamptz not null default now(),
  add column registered_by text not null default 'migration',
  add column published_at  timestamptz,
  add column published_by  text,
  add column findings      jsonb not null default '[]',
  add column accepted      jsonb not null default '[]';
alter table tariff alter column registered_at drop default, alter column registered_by drop default;

-- Price texts of before are written anew in today's language. Its words say the same: up to the last fen.
-- A band that is the whole day was cut where it began, every day: one that began at another hour is cut at midnight from
-- now on.
create function pg_temp.bands_of(_old jsonb) returns table (code text, at bigint, cap_fen bigint, band jsonb)
  language sql as $$
  select 'band' || b.at, b.at, (b.band->>'cap_fen')::bigint,
         jsonb_build_object(
           'code', 'band' || b.at, 'name_zh', b.band->>'name_zh', 'name_en', b.band->>'name_en',
           'hours', jsonb_build_array(
             case when b.band->>'starts' = b.band->>'ends' then '{"from": "00:00", "to": "24:00"}'
                  else jsonb_build_object('from', b.band->>'starts',
                                          'to', case b.band->>'ends' when '00:00' then '24:00' else b.band->>'ends' end) end),
           'tiers', jsonb_build_array(jsonb_build_object('unit_fen', (b.band->>'unit_fen')::int, 'unit_min', (b.band->>'unit_min')::int)))
         || case when b.band->>'starts' = b.band->>'ends' then '{"daily": true}'::jsonb else '{}' end
    from jsonb_array_elements(_old->'bands') with ordinality b (band, at)
$$;

create function pg_temp.document_of(_old jsonb, _time_zone text) returns jsonb language sql as $$
  with bands as (select * from pg_temp.bands_of(_old)),
  caps as (
    select at, jsonb_build_object(
             'code', 'cap' || at, 'name_zh', (band->>'name_zh') || '封顶', 'name_en', (band->>'name_en') || ', at most',
             'fen', cap_fen, 'per', 'passage', 'bands', jsonb_build_array(code)) as cap
      from bands where cap_fen is not null)
  select (_old - '{bands,free_min,large_percent,nev_quota_min,short_crossing_min}'::text[])
         || jsonb_build_object('time_zone', _time_zone, 'bands', (select jsonb_agg(band order by at) from bands))
         || case when coalesce((_old->>'free_min')::int, 0) = 0 then '{}'
                 else jsonb_build_object('free', jsonb_build_object('minutes', (_old->>'free_min')::int)) end
         || case when coalesce((_old->>'short_crossing_min')::int, 0) = 0 then '{}'
                 else jsonb_build_object('crossing', jsonb_build_object('short_under_min', (_old->>'short_crossing_min')::int)) end
         || case when coalesce((_old->>'nev_quota_min')::int, 0) = 0 then '{}'
                 else jsonb_build_object('quotas', jsonb_build_array(jsonb_build_object(
                        'code', 'nev', 'name_zh', '新能源汽车免费时长', 'name_en', 'New energy vehicles',
                        'who', jsonb_build_object('new_energy', true), 'minutes', (_old->>'nev_quota_min')::int))) end
         || case when coalesce((_old->>'large_percent')::int, 200) = 100 then '{}'
                 else jsonb_build_object('classes', jsonb_build_array(jsonb_build_object(
                        'code', 'large', 'name_zh', '大型车', 'name_en', 'Large vehicles',
                        'who', jsonb_build_object('kinds', jsonb_build_array('large')),
                        'percent', coalesce((_old->>'large_percent')::int, 200)))) end
         || coalesce((select jsonb_build_object('caps', jsonb_agg(cap order by at)) from caps having count(*) > 0), '{}')
$$;

-- A price text names its zone now, where it was that of the lot before. One that held in several zones becomes several.
create temporary table of_zone as
  select t.id as tariff_id, l.time_zone, row_number() over (partition by t.id order by count(*) desc, l.time_zone) as nth
    from tariff t join lot_tariff p on p.tariff_id = t.id join lot l on l.id = p.lot_id
   group by t.id, l.time_zone;

with copied as (
  insert into tariff (code, version, document, registered_at, registered_by)
  select left(t.code, 32) || '-' || left(regexp_replace(lower(z.time_zone), '[^a-z0-9]+', '-', 'g'), 31), t.version,
         pg_temp.document_of(t.document, z.time_zone)
         || jsonb_build_object('code', left(t.code, 32) || '-' || left(regexp_replace(lower(z.time_zone), '[^a-z0-9]+', '-', 'g'), 31)),
         now(), 'migration'
    from tariff t join of_zone z on z.tariff_id = t.id and z.nth > 1
  returning id, code, version, document->>'time_zone' as time_zone)
update lot_tariff p
   set tariff_id = c.id
  from copied c, tariff t, lot l
 where t.id = p.tariff_id and l.id = p.lot_id and c.version = t.version and c.time_zone = l.time_zone
   and c.code = left(t.code, 32) || '-' || left(regexp_replace(lower(l.time_zone), '[^a-z0-9]+', '-', 'g'), 31);

update tariff t
   set document = pg_temp.document_of(t.document, coalesce(
         (select z.time_zone from of_zone z where z.tariff_id = t.id and z.nth = 1), 'Asia/Shanghai'))
 where not t.document ? 'time_zone';

drop table of_zone;
drop function pg_temp.document_of;
drop function pg_temp.bands_of;

update tariff set state = 'published', published_at = registered_at, published_by = registered_by;

alter table tariff
  add column supersedes text generated always as (document->>'supersedes') stored,
  add constraint published_is_whole check ((state = 'published') = (published_at is not null and published_by is not null));
comment on table tariff is 'A price text (收费标准) as a document. A draft may be replaced; what is published stays as it is, and a change is a new version.';
comment on column tariff.findings is 'What the publication check found.';
comment on column tariff.accepted is 'Findings that somebody publishes in spite of: [{kind, reason, by, at}].';

create function guard_published() returns trigger language plpgsql as $$
begin
  if tg_op = 'TRUNCATE' or old.state = 'published' then
    raise exception 'a published tariff stays as it is; register a new version' using errcode = '23514';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$;
create trigger guard_published before update or delete on tariff for each row execute function guard_published();
create trigger guard_published_whole before truncate on tariff for each statement execute function guard_published();

-- Price areas ------------------------------------------------------------------------------------------------------

create table zone (
  id      int generated always as identity primary key,
  code    text not null unique,
  name_zh text not null,
  name_en text not null
);
comment on table zone is 'A price area (收费区域): its lots that have no price of their own charge by its price.';

create table lot_zone (
  lot_id     int not null references lot,
  valid_from timestamptz not null,
  zone_id    int references zone,
  primary key (lot_id, valid_from)
);
comment on table lot_zone is 'In which price area a lot lies, and since when; null: in none. Kept by date, because a stay is priced by what held when it began.';

create table zone_tariff (
  zone_id    int not null references zone,
  valid_from timestamptz not null,
  tariff_id  int not null references tariff,
  primary key (zone_id, valid_from)
);
comment on table zone_tariff is 'Which tariff holds in a price area, and since when.';

-- Nobody but staff sees a draft, so drafts do not make every process read the network again.
create trigger catalog_changed after insert or update on tariff
  for each row when (new.state = 'published') execute function catalog_changed();
create trigger catalog_changed after insert or update or delete on zone        for each statement execute function catalog_changed();
create trigger catalog_changed after insert or update or delete on lot_zone    for each statement execute function catalog_changed();
create trigger catalog_changed after insert or update or delete on zone_tariff for each statement execute function catalog_changed();

grant update on tariff to onelot_service;
grant select, insert on zone, lot_zone, zone_tariff to onelot_service;
