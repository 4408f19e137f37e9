-- Documents, their versions, texts and chunks, the change feed and the API keys.
-- Times are microseconds since 1970 in UTC. Numbers named seq are internal and never reused; the ids
-- beside them are what the rest of the program knows.
--
-- Words of documents stand in three tables only: names, texts and chunks. Rows are appended to them and
-- never change, but that erasing a document blanks its rows, and no index holds a word. This is what
-- makes erasure complete: when SQLite balances a tree it moves rows between pages and may leave their
-- old bytes in the free part of a page, where deleting the row later does not reach them. Rows that are
-- appended, or become smaller, move no other row. Blank rows go when the file is compacted.

CREATE TABLE documents (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	id         TEXT    NOT NULL UNIQUE,
	collection TEXT    NOT NULL,
	source_key TEXT    NOT NULL UNIQUE,    -- SHA-256 of collection and source
	name       INTEGER NOT NULL,           -- names.id of the first version
	titled     INTEGER NOT NULL DEFAULT 0, -- 1 when a user gave the title: later versions keep it
	live       INTEGER,                    -- versions.seq
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
);
CREATE INDEX documents_collection ON documents (collection);

CREATE TABLE versions (
	seq                INTEGER PRIMARY KEY AUTOINCREMENT,
	id                 TEXT    NOT NULL UNIQUE,
	document           INTEGER NOT NULL REFERENCES documents (seq) ON DELETE CASCADE,
	hash               TEXT    NOT NULL,
	size               INTEGER NOT NULL,
	media_type         TEXT    NOT NULL,
	name               INTEGER NOT NULL, -- names.id
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

-- What an upload is called. Append only.
CREATE TABLE names (
	id     INTEGER PRIMARY KEY AUTOINCREMENT,
	source TEXT NOT NULL,
	title  TEXT NOT NULL, -- given by the user, now or for an earlier version; '' when the text gives it
	shown  TEXT NOT NULL  -- the title until the text is read
);

-- What was read. Append only.
CREATE TABLE texts (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	version  INTEGER NOT NULL UNIQUE, -- versions.seq
	name     TEXT NOT NULL, -- the title of the document while this version is live
	title    TEXT NOT NULL, -- the title that the text gives itself
	language TEXT NOT NULL,
	pages    TEXT NOT NULL, -- JSON
	blocks   TEXT NOT NULL, -- JSON
	content  TEXT NOT NULL
);

-- What is searched. Append only.

CREATE TABLE chunks (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL, -- versions.seq
	ordinal INTEGER NOT NULL,
	start   INTEGER NOT NULL, -- bytes of texts.content, [start, stop)
	stop    INTEGER NOT NULL,
	pages   TEXT    NOT NULL, -- JSON
	section TEXT    NOT NULL, -- JSON
	text    TEXT    NOT NULL,
	UNIQUE (version, ordinal)
);

-- One row: how many chunks are blank, and whether the file must be rewritten because rows were deleted
-- from the tables of words.
CREATE TABLE room (
	blank   INTEGER NOT NULL,
	rewrite INTEGER NOT NULL
);
INSERT INTO room (blank, rewrite) VALUES (0, 0);

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
