-- The folders that a document came from, as marks that hold no word and no path; '' stands for whatever is no
-- folder: an upload, a file given alone, a web address. A document that came from one folder and nothing else is
-- that folder's own. Of documents from before nothing is known, so they are nobody's own.

CREATE TABLE origins (
	document INTEGER NOT NULL REFERENCES documents (seq) ON DELETE CASCADE,
	origin   TEXT    NOT NULL,
	PRIMARY KEY (document, origin)
) WITHOUT ROWID;
INSERT INTO origins (document, origin) SELECT seq, '' FROM documents;
