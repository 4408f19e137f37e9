-- What a removal needs is in the first migrations: words are blanked in place. The number is that of a migration
-- of the other database; both have the same.
SELECT 1;
