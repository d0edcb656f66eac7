-- Which events a waiting step takes, beside type and key: an expression, and the values of the run that it reads.
ALTER TABLE waiters ADD COLUMN filter text, ADD COLUMN filter_values jsonb;
