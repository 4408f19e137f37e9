-- The ingestion report of each version, and what is to be known of the blocks of a chunk.
-- Names of attached files, of sheets and of columns are words of documents: readings is appended to and
-- blanked like texts and chunks, and the new columns of chunks are blanked with the old ones.

ALTER TABLE versions ADD COLUMN recognised INTEGER NOT NULL DEFAULT 0; -- characters
ALTER TABLE versions ADD COLUMN hidden     INTEGER NOT NULL DEFAULT 0; -- characters

-- What was found while a file was read. Append only; the newest row of a version counts.
CREATE TABLE readings (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL, -- versions.seq
	report  TEXT    NOT NULL  -- JSON
);
CREATE INDEX readings_version ON readings (version);

ALTER TABLE chunks ADD COLUMN blocks TEXT NOT NULL DEFAULT '[]'; -- JSON
ALTER TABLE chunks ADD COLUMN header TEXT NOT NULL DEFAULT '';
