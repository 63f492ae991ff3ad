-- A value of an enum can be used only after the transaction that adds it.

alter type stay_state add value if not exists 'open';
alter type stay_state add value if not exists 'merged';
alter type review_reason add value if not exists 'match_probable';
alter type review_reason add value if not exists 'turned_round';
