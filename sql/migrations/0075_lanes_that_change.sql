-- Which way a lane leads, and whether it is closed, from an instant on.

create table lane_way (
  lane_id    int not null references lane,
  valid_from timestamptz not null,
  way        jsonb not null,
  primary key (lane_id, valid_from)
);
comment on table lane_way is 'Which way a lane leads from an instant on, always or by a week of its lot (parking/lanes.py); until the first that of lane.';
comment on column lane.direction is 'From the beginning on; later ones stand in lane_way.';

create table lane_closure (
  lane_id    int not null references lane,
  valid_from timestamptz not null,
  is_closed  boolean not null,
  primary key (lane_id, valid_from)
);
comment on table lane_closure is 'From when on a lane is closed, or open again; until the first it is open.';

grant select, insert on lane_way, lane_closure to onelot_service;
