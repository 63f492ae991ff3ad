-- Who lets a vehicle out may say what it pays, instead of what the tariff says.

alter table decision
  add column set_fen bigint,
  add constraint set_by_who_lets_out check (set_fen is null or (set_fen > 0 and let_out is not distinct from 'charge'));
comment on column decision.set_fen is 'What the stay costs since a person said so, with the barrier opened; null: what its tariff says.';

alter table stay add column set_fen bigint;
comment on column stay.set_fen is 'What a person said that it costs, who let it out.';
