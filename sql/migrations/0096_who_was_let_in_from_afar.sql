-- Whether a person opened the lane from afar for the car of a read, and its gateway said that it did.

create function opened_from_afar(_lot int, _read uuid) returns boolean
  language sql stable parallel safe set search_path from current as $$
  select exists (select 1 from gateway_command c
                  where c.lot_id = _lot and c.fact_id = _read and c.because = 'remote_open' and c.outcome = 'done')
$$;
comment on function opened_from_afar is 'Whether a person opened a lane from afar for the car of a read, and its gateway did so.';
revoke execute on function opened_from_afar from public;
grant execute on function opened_from_afar to onelot_service;
