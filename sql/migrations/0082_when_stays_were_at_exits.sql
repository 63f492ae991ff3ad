-- Where no passages are told, a vehicle that was held at an exit and is read there again has not left either.

comment on column stay.exits is
  'When it came to stand at an exit, if that was more than once, or where the lot tells passages each read there: until when it is billed follows from that and from when it was paid.';
