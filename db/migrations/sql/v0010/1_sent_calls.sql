-- What a step has sent that must not be sent twice, for as long as nobody knows what became of it.
ALTER TABLE steps ADD COLUMN sent jsonb;
