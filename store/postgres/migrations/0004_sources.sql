-- What a web server said of the bytes that it gave: by this it can tell whether they changed since.

ALTER TABLE names ADD COLUMN etag     text NOT NULL DEFAULT '';
ALTER TABLE names ADD COLUMN modified text NOT NULL DEFAULT '';
