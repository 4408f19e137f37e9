-- What removed documents leave in the files of the database is purged after the removal (see Purge).

-- Up to which removal each table was written anew: changes.revision. A table without a line never was.
CREATE TABLE purges (
	name     text        PRIMARY KEY COLLATE "C", -- of a table; '' is the log of the database
	revision bigint      NOT NULL,
	at       timestamptz NOT NULL
);

-- Samples that the planner keeps of a column are copies of words, in a catalog that nobody purges.
ALTER TABLE names    ALTER COLUMN source SET STATISTICS 0, ALTER COLUMN title SET STATISTICS 0, ALTER COLUMN shown SET STATISTICS 0,
                     ALTER COLUMN etag SET STATISTICS 0, ALTER COLUMN modified SET STATISTICS 0;
ALTER TABLE texts    ALTER COLUMN name SET STATISTICS 0, ALTER COLUMN title SET STATISTICS 0, ALTER COLUMN pages SET STATISTICS 0,
                     ALTER COLUMN blocks SET STATISTICS 0, ALTER COLUMN content SET STATISTICS 0;
ALTER TABLE chunks   ALTER COLUMN pages SET STATISTICS 0, ALTER COLUMN section SET STATISTICS 0, ALTER COLUMN text SET STATISTICS 0,
                     ALTER COLUMN blocks SET STATISTICS 0, ALTER COLUMN header SET STATISTICS 0;
ALTER TABLE readings ALTER COLUMN report SET STATISTICS 0;
