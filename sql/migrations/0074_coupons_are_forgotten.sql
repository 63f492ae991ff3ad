-- A coupon that ended or lapsed goes when no stay that it was used in is kept any more.

create or replace function forget_ended_rights(_now timestamptz) returns int
  language plpgsql security definer set search_path from current as $$
declare
  gone int;
  more int;
  unused int;
  lapsed int;
  over uuid[];
begin
  delete from exempt_vehicle v using forgetting f
   where f.what = 'ended_right' and v.valid_until < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics gone = row_count;
  delete from ban b using forgetting f
   where f.what = 'ended_ban' and b.valid_until < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics more = row_count;
  delete from booking b using forgetting f
   where f.what = 'ended_right' and b.ends_at < least(_now, now()) - make_interval(months => f.keep_months);
  get diagnostics unused = row_count;
  delete from coupon c using forgetting f
   where f.what = 'ended_right' and least(c.valid_until, c.ended_at) < least(_now, now()) - make_interval(months => f.keep_months)
     and not exists (select 1 from coupon_use u where u.coupon_id = c.id);
  get diagnostics lapsed = row_count;
  select array_agg(p.id) into over
    from parking_pass p, forgetting f
   where f.what = 'ended_right'
     and least(p.valid_through, p.ended_through) < (least(_now, now()) - make_interval(months => f.keep_months))::date;
  delete from pass_vehicle where pass_id = any(over);
  delete from parking_pass where id = any(over);
  return gone + more + unused + lapsed + coalesce(cardinality(over), 0);
end $$;
