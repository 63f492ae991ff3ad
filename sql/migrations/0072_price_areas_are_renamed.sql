-- A price area that was misspelt is called rightly.

grant update (name_zh, name_en) on zone to onelot_service;
