-- What a web server said of the bytes that it gave: by this it can tell whether they changed since. Blanked
-- with the rest of the row.

ALTER TABLE names ADD COLUMN etag     TEXT NOT NULL DEFAULT '';
ALTER TABLE names ADD COLUMN modified TEXT NOT NULL DEFAULT '';
