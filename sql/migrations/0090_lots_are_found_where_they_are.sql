-- The function that finds the lot of a code looks names up where it was made, whoever calls it from wherever.

alter function lot_called(text) set search_path from current;
