-- A column that may be missing from what v1.0.0 writes, so both releases work on it during the update and after a rollback.

-- Up Migration
ALTER TABLE items ADD COLUMN note text;

-- Down Migration
ALTER TABLE items DROP COLUMN note;
