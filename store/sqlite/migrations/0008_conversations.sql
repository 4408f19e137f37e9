-- Conversations that their owners keep. What users wrote stands in questions, what was answered in turns: both are
-- words, kept as those of documents are (see the first migration): appended to, and blanked in place. A turn that
-- loses what an erased document said is blanked and appended anew; the row that is not blank counts.

CREATE TABLE conversations (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	id         TEXT    NOT NULL UNIQUE,
	owner      TEXT    NOT NULL,           -- of a principal
	scope      TEXT    NOT NULL,           -- JSON: names of collections, ids of documents and versions
	turns      INTEGER NOT NULL DEFAULT 0, -- the number of the newest
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL            -- of the newest turn
);
CREATE INDEX conversations_owner ON conversations (owner, updated_at, id);
CREATE INDEX conversations_age ON conversations (updated_at);

-- What users wrote. Append only; number 0 is the title, the others are the questions of the turns.
CREATE TABLE questions (
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	conversation INTEGER NOT NULL, -- conversations.seq
	number       INTEGER NOT NULL,
	text         TEXT    NOT NULL
);
CREATE INDEX questions_place ON questions (conversation, number);

-- What was answered. Append only.
CREATE TABLE turns (
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	conversation INTEGER NOT NULL, -- conversations.seq
	number       INTEGER NOT NULL,
	at           INTEGER NOT NULL,
	partial      INTEGER NOT NULL,
	erased       INTEGER NOT NULL,
	answer       TEXT    NOT NULL -- JSON
);
CREATE INDEX turns_place ON turns (conversation, number);

-- Whose words the answer of a turn holds.
CREATE TABLE turn_documents (
	document TEXT    NOT NULL, -- documents.id
	turn     INTEGER NOT NULL, -- turns.id
	PRIMARY KEY (document, turn)
) WITHOUT ROWID;
CREATE INDEX turn_documents_turn ON turn_documents (turn);

ALTER TABLE room ADD COLUMN turns     INTEGER NOT NULL DEFAULT 0; -- blank rows of turns
ALTER TABLE room ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0; -- deletions of conversations, ever
