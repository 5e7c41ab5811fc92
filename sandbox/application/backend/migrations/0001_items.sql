-- Up Migration
CREATE TABLE items (
    id text PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Down Migration
DROP TABLE items;
