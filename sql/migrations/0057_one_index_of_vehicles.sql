-- A vehicle's stays in one lot and those in all lots are found by one index, since both name its plate: it has few enough
-- of them in other lots.

create index stay_by_vehicle on stay (plate, plate_color, last_at, lot_id, id);
drop index stay_by_plate;
drop index stay_of_vehicle;
