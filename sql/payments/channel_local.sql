-- The local test channel's own books, which nothing else reads.

-- name: execute_payment
insert into channel_local_payment (number, amount_fen, payer, state, code, at) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing

-- name: payment
select number, amount_fen, payer, state, code, at from channel_local_payment where number = $1

-- name: finish_payment
update channel_local_payment set state = $2, code = $3 where number = $1 and state = 'accepted'

-- name: lock_payment
-- Refunds of one payment take turns, so that together they never exceed it.
select number, amount_fen, payer, state, code, at from channel_local_payment where number = $1 for update

-- name: refund
select number, payment_number, amount_fen from channel_local_refund where number = $1

-- name: refunded_fen
select coalesce(sum(amount_fen), 0)::bigint from channel_local_refund where payment_number = $1

-- name: execute_refund
insert into channel_local_refund (number, payment_number, amount_fen, at) values ($1, $2, $3, $4)
