-- Who left a lot with a barrier and owes what it costs is before a person.

alter type case_reason add value if not exists 'left_unpaid';
