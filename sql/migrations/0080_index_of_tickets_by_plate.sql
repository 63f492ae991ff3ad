-- What is held of a vehicle is looked up for its driver.
create index ticket_by_plate on only ticket (lot_id, plate) where plate is not null;
