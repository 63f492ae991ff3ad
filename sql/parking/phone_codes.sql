-- Codes that phones are sent, by which drivers sign in, and whose phones they are.

-- name: asked_lately
-- When codes were asked for to a phone ($1), and from an address ($2), since then ($3, $4).
select coalesce((select array_agg(asked_at) from phone_code where phone = $1 and asked_at > $3), '{}') as of_phone,
       coalesce((select array_agg(asked_at) from phone_code where address = $2 and asked_at > $4), '{}') as of_address

-- name: end_open
update phone_code set ended_at = $2, send_at = null where phone = $1 and ended_at is null

-- name: insert
insert into phone_code (id, phone, browser, address, language, seed, asked_at, ends_at, send_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: open_code
-- Who says a code takes turns with others who do, so that five tries at once are five.
select id, phone, browser, language, seed, ends_at, tries, sends
  from phone_code where phone = $1 and ended_at is null for no key update

-- name: count_try
update phone_code set tries = tries + 1 where id = $1

-- name: take
-- It is good once: of two who say it at once the second finds it ended.
update phone_code set ended_at = $2, send_at = null where id = $1 and ended_at is null returning id

-- name: to_send
-- What could not be sent in time is not sent any more.
select id, phone, browser, language, seed, ends_at, tries, sends
  from phone_code where send_at <= $1 and ended_at is null and ends_at > $1
 order by send_at limit $2 for no key update skip locked

-- name: trying
update phone_code set sends = sends + 1, send_at = $2 where id = $1

-- name: sent
update phone_code set sent_at = $2, send_at = null, send_error = null where id = $1

-- name: not_sent
-- $3: it never will be.
update phone_code set send_error = $2, send_at = case when $3::boolean then null else send_at end where id = $1

-- name: drop_old
delete from phone_code where asked_at < $1

-- name: account_of
select account_id from account_phone where phone = $1

-- name: phone_of
select phone from account_phone where account_id = $1

-- name: keep_phone
insert into account_phone (account_id, phone, since) values ($1, $2, $3)

-- name: forget_phone
delete from account_phone where account_id = $1
