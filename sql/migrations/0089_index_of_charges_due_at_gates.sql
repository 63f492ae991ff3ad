-- What drivers without account still owe is looked through for those who left.
create index charge_due_at_gate on only charge (lot_id, id) where state = 'due' and account_id is null;
