-- The local test channel's own books, in a schema nothing else reads.

-- name: execute_payment
insert into channel_local.payment (number, amount_fen, payer, state, code, at) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing

-- name: payment
select number, amount_fen, payer, state, code, at from channel_local.payment where number = $1

-- name: finish_payment
update channel_local.payment set state = $2, code = $3 where number = $1 and state = 'accepted'

-- name: lock_payment
-- Refunds of one payment take turns, so that together they never exceed it.
select number, amount_fen, payer, state, code, at from channel_local.payment where number = $1 for update

-- name: refund
select number, payment_number, amount_fen from channel_local.refund where number = $1

-- name: refunded_fen
select coalesce(sum(amount_fen), 0)::bigint from channel_local.refund where payment_number = $1

-- name: execute_refund
insert into channel_local.refund (number, payment_number, amount_fen, at) values ($1, $2, $3, $4)
