-- This number is reserved.
select 1;
