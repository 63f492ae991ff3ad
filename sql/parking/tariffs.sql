-- Tariffs as documents: registered as drafts, and published once.

-- name: take_turns
-- Whoever registers, publishes or applies goes alone: two new versions must not get one number, two texts that supersede
-- each other must not pass each other's check, nor a lot and a price that come to one area from two time zones.
select 1 from catalog_version for no key update

-- name: newest
select id, code, version, state::text as state, registered_at, registered_by, published_at, published_by,
       document::text as document, findings::text as findings, accepted::text as accepted
  from tariff where code = $1 order by version desc limit 1

-- name: version
select id, code, version, state::text as state, registered_at, registered_by, published_at, published_by,
       document::text as document, findings::text as findings, accepted::text as accepted
  from tariff where code = $1 and version = $2

-- name: newest_published
select id, code, version, state::text as state, registered_at, registered_by, published_at, published_by,
       document::text as document, findings::text as findings, accepted::text as accepted
  from tariff where code = $1 and state = 'published' order by version desc limit 1

-- name: published
select id, code, version, state::text as state, registered_at, registered_by, published_at, published_by,
       document::text as document, findings::text as findings, accepted::text as accepted
  from tariff where state = 'published' order by code, version

-- name: versions
-- $1: only those of this state, or null for all; $2: where the last page ended.
select id, code, version, state::text as state, registered_at, registered_by, published_at, published_by,
       document->>'name_zh' as name_zh, document->>'name_en' as name_en
  from tariff where ($1::tariff_state is null or state = $1) and id > $2 order by id limit $3

-- name: add_draft
insert into tariff (code, version, document, findings, registered_at, registered_by)
values ($1, $2, $3::jsonb, $4::jsonb, $5, $6) returning id

-- name: replace_draft
update tariff set document = $2::jsonb, findings = $3::jsonb, registered_at = $4, registered_by = $5
 where id = $1 and state = 'draft'

-- name: publish
-- Only what was checked: a draft that was replaced meanwhile is another text.
update tariff set state = 'published', findings = $3::jsonb, accepted = $4::jsonb, published_at = $5, published_by = $6
 where id = $1 and state = 'draft' and document = $2::jsonb
returning id

-- name: in_succession
-- Tariffs whose newest published version supersedes another.
select newest.document::text as document
  from (select distinct on (code) document, supersedes
          from tariff where state = 'published' order by code, version desc) newest
 where newest.supersedes is not null
