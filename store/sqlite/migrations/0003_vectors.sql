-- Vectors of chunks and of their sentences, by the encoder that made them.
-- Words can be guessed from a vector, so vectors are kept as words are (see the first migration): tables
-- that are only appended to, and whose rows are blanked in place, to an empty blob. No index holds a vector.

-- At most one row is live: what search reads. At most one other is being made beside it. A row goes when
-- its vectors are blanked, and its number is never used again.
CREATE TABLE encoders (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	fingerprint TEXT    NOT NULL UNIQUE,
	dimensions  INTEGER NOT NULL,
	live        INTEGER NOT NULL
);
CREATE UNIQUE INDEX encoders_live ON encoders (live) WHERE live = 1;

-- Append only.
CREATE TABLE chunk_vectors (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	chunk   INTEGER NOT NULL, -- chunks.id
	encoder INTEGER NOT NULL, -- encoders.id
	vector  BLOB    NOT NULL  -- half precision, little-endian, 2 bytes a dimension
);
CREATE UNIQUE INDEX chunk_vectors_chunk ON chunk_vectors (chunk, encoder);

-- Append only. A chunk without sentences has a row that says so.
CREATE TABLE sentence_vectors (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	chunk   INTEGER NOT NULL, -- chunks.id
	encoder INTEGER NOT NULL, -- encoders.id
	vector  BLOB    NOT NULL  -- all sentences of the chunk; codec.go describes it
);
CREATE UNIQUE INDEX sentence_vectors_chunk ON sentence_vectors (chunk, encoder);

-- How many rows of the two tables each version has, so that lists need not count them.
CREATE TABLE progress (
	version   INTEGER NOT NULL REFERENCES versions (seq) ON DELETE CASCADE,
	encoder   INTEGER NOT NULL,
	chunks    INTEGER NOT NULL,
	sentences INTEGER NOT NULL, -- chunks of which the sentences are stored
	PRIMARY KEY (version, encoder)
) WITHOUT ROWID;

ALTER TABLE room ADD COLUMN vectors INTEGER NOT NULL DEFAULT 0; -- blank rows of the two tables of vectors
