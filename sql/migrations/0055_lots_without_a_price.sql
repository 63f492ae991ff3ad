-- Who leaves a lot without a price owes nothing, and a person is told so once a day.

alter type case_reason add value if not exists 'no_price';
