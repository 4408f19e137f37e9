-- What readers thought of answers. Words, those of the reader and those of the answer, stand in feedback_words, kept as
-- those of documents are (see the first migration): appended to, and blanked in place. The row that is not blank
-- counts. Blank rows are counted with those of turns.

CREATE TABLE feedback (
	seq          INTEGER PRIMARY KEY AUTOINCREMENT,
	id           TEXT    NOT NULL UNIQUE,
	owner        TEXT    NOT NULL, -- of a principal
	answer       TEXT    NOT NULL, -- its identifier
	conversation TEXT    NOT NULL, -- where the answer is kept, '' for nowhere
	at           INTEGER NOT NULL,
	useful       INTEGER NOT NULL,
	reasons      TEXT    NOT NULL, -- JSON list of codes
	collections  TEXT    NOT NULL, -- JSON list of names
	erased       INTEGER NOT NULL,
	UNIQUE (owner, answer)
);
CREATE INDEX feedback_age ON feedback (at, id);

-- Append only.
CREATE TABLE feedback_words (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	feedback INTEGER NOT NULL, -- feedback.seq
	words    TEXT    NOT NULL  -- JSON
);
CREATE INDEX feedback_words_place ON feedback_words (feedback);

-- Whose words a feedback may hold.
CREATE TABLE feedback_documents (
	document TEXT    NOT NULL, -- documents.id
	feedback INTEGER NOT NULL, -- feedback.seq
	PRIMARY KEY (document, feedback)
) WITHOUT ROWID;
CREATE INDEX feedback_documents_feedback ON feedback_documents (feedback);

-- Keys that may read what readers thought.
ALTER TABLE keys ADD COLUMN admin INTEGER NOT NULL DEFAULT 0;
