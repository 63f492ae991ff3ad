-- What cameras say when they read no plate differs from maker to maker; the words of an operator's own are data.

create table no_plate_text (
  operator_id int not null references operator,
  text        text not null constraint text_is_some check (text <> ''),
  added_at    timestamptz not null,
  primary key (operator_id, text)
);
comment on table no_plate_text is 'Texts (made comparable) that cameras of an operator send when they read no plate, beside those that are known everywhere. Cars with such a text are no vehicle that could be found again.';
grant select, insert, delete on no_plate_text to onelot_service;
