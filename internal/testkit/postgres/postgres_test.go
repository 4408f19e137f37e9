package postgres

import "testing"

func TestServer(t *testing.T) {
	t.Parallel()
	s := Start(t, "fsync=off")
	run(t, s.DSN, "CREATE EXTENSION vector")
	run(t, s.DSN, "CREATE TABLE kept (x vector(2))")
	s.Stop("immediate")
	s.Start()
	run(t, s.DSN, "INSERT INTO kept VALUES ('[1,2]')")
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	a, b := Database(t), Database(t)
	run(t, a, "CREATE TABLE kept ()")
	run(t, b, "CREATE TABLE kept ()")
}
