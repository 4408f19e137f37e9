-- Documents, their versions, texts and chunks, the change feed and the API keys.
-- Times are microseconds since 1970 in UTC. Numbers named seq are internal and never reused; the ids
-- beside them are what the rest of the program knows. No index holds text, so that what is deleted
-- leaves no copy behind: ranking is done in memory from the chunks.

CREATE TABLE documents (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	id         TEXT    NOT NULL UNIQUE,
	collection TEXT    NOT NULL,
	source     TEXT    NOT NULL,
	title      TEXT    NOT NULL,
	titled     INTEGER NOT NULL DEFAULT 0, -- 1 when a user gave the title: later versions keep it
	live       INTEGER,                    -- versions.seq
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	UNIQUE (collection, source)
);

CREATE TABLE versions (
	seq                INTEGER PRIMARY KEY AUTOINCREMENT,
	id                 TEXT    NOT NULL UNIQUE,
	document           INTEGER NOT NULL REFERENCES documents (seq) ON DELETE CASCADE,
	hash               TEXT    NOT NULL,
	size               INTEGER NOT NULL,
	media_type         TEXT    NOT NULL,
	title              TEXT    NOT NULL DEFAULT '',
	state              TEXT    NOT NULL CHECK (state IN ('queued', 'extracted', 'live', 'superseded', 'failed')),
	rev                INTEGER NOT NULL DEFAULT 1,
	verdict            TEXT    NOT NULL DEFAULT '',
	failure            TEXT    NOT NULL DEFAULT '',
	language           TEXT    NOT NULL DEFAULT '',
	pages              INTEGER NOT NULL DEFAULT 0,
	pages_without_text TEXT    NOT NULL DEFAULT '[]', -- JSON list of page numbers
	chunks             INTEGER NOT NULL DEFAULT 0,
	created_at         INTEGER NOT NULL,
	published_at       INTEGER,
	superseded_at      INTEGER
);
CREATE INDEX versions_document ON versions (document, seq);
CREATE INDEX versions_hash ON versions (hash);
CREATE INDEX versions_unfinished ON versions (state) WHERE state IN ('queued', 'extracted');

-- The times at which a version was live; a rollback gives it a second line.
CREATE TABLE lives (
	version INTEGER NOT NULL REFERENCES versions (seq) ON DELETE CASCADE,
	since   INTEGER NOT NULL,
	until   INTEGER, -- NULL while it is live
	PRIMARY KEY (version, since)
) WITHOUT ROWID;

CREATE TABLE texts (
	version  INTEGER PRIMARY KEY REFERENCES versions (seq) ON DELETE CASCADE,
	title    TEXT NOT NULL,
	language TEXT NOT NULL,
	pages    TEXT NOT NULL, -- JSON
	blocks   TEXT NOT NULL, -- JSON
	content  TEXT NOT NULL
);

CREATE TABLE chunks (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL REFERENCES versions (seq) ON DELETE CASCADE,
	ordinal INTEGER NOT NULL,
	start   INTEGER NOT NULL, -- bytes of texts.content, [start, stop)
	stop    INTEGER NOT NULL,
	pages   TEXT    NOT NULL, -- JSON
	section TEXT    NOT NULL, -- JSON
	text    TEXT    NOT NULL,
	UNIQUE (version, ordinal)
);

-- What search indexes follow. Lines of a removed document are dropped but for the one that says so.
CREATE TABLE changes (
	revision   INTEGER PRIMARY KEY AUTOINCREMENT,
	kind       TEXT    NOT NULL,
	collection TEXT    NOT NULL,
	document   TEXT    NOT NULL, -- documents.id
	version    TEXT    NOT NULL, -- versions.id, '' when the document was removed
	at         INTEGER NOT NULL
);
CREATE INDEX changes_document ON changes (document);

CREATE TABLE keys (
	id          TEXT    PRIMARY KEY,
	name        TEXT    NOT NULL,
	prefix      TEXT    NOT NULL,
	hash        BLOB    NOT NULL UNIQUE, -- SHA-256 of the secret
	write       INTEGER NOT NULL,
	collections TEXT    NOT NULL, -- JSON list; empty means all
	created_at  INTEGER NOT NULL,
	revoked_at  INTEGER
) WITHOUT ROWID;
