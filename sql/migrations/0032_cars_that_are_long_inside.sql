-- A car that is inside longer than any usual one was probably not seen to leave. It leaves the count, not the facts.

alter type review_reason add value if not exists 'inside_too_long';

alter table open_stay add column counted boolean not null default true;
comment on column open_stay.counted is 'Whether it counts among the cars inside: not once it has been inside longer than is usual in a lot of its kind.';
