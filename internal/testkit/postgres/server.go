package postgres

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// serverUser runs the servers when the tests run as root, which PostgreSQL refuses; .ci/postgres makes it.
const serverUser = "rapporteur-test"

// Server is a PostgreSQL of one test.
type Server struct {
	DSN  string // of its database postgres
	Dir  string // its data: all files that it writes
	t    testing.TB
	bin  string
	port int
	args []string
}

// Start makes a server of its own, with settings written as name=value, and stops it when the test ends.
// Without the variable RAPPORTEUR_TEST_PGBIN the test fails in CI and is skipped elsewhere.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	return StartIn(t, "", settings...)
}

// StartIn is Start with the data in a new folder of parent, which everybody can enter; "" is that of temporary files.
func StartIn(t testing.TB, parent string, settings ...string) *Server {
	t.Helper()
	bin := os.Getenv("RAPPORTEUR_TEST_PGBIN")
	if bin == "" {
		missing(t, "RAPPORTEUR_TEST_PGBIN names no programs of PostgreSQL: eval \"$(.ci/postgres)\" brings them")
	}
	root, err := os.MkdirTemp(parent, "rapporteur-postgres-") // not TempDir: its parents are closed to serverUser
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	s := &Server{t: t, bin: bin, Dir: filepath.Join(root, "data"), port: freePort(t)}
	s.DSN = fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres", s.port)
	if err := errors.Join(os.Mkdir(s.Dir, 0o700), s.give(root), s.give(s.Dir)); err != nil {
		t.Fatal(err)
	}
	s.args = []string{"-p", strconv.Itoa(s.port), "-h", "127.0.0.1", "-k", ""}
	for _, setting := range settings {
		s.args = append(s.args, "-c", setting)
	}
	s.command("initdb", "-D", s.Dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
	s.Start()
	t.Cleanup(func() { s.Stop("immediate") })
	return s
}

// Start starts a server that was stopped; it returns once connections are taken.
func (s *Server) Start() {
	s.t.Helper()
	quoted := make([]string, len(s.args))
	for i, a := range s.args {
		quoted[i] = "'" + a + "'"
	}
	s.command("pg_ctl", "-D", s.Dir, "-w", "-l", filepath.Join(filepath.Dir(s.Dir), "log"), "-o", strings.Join(quoted, " "), "start")
}

// Stop stops the server: "immediate" as a crash does, "fast" in good order. One that is stopped stays so.
func (s *Server) Stop(mode string) {
	s.t.Helper()
	if _, err := os.Stat(filepath.Join(s.Dir, "postmaster.pid")); err == nil {
		s.command("pg_ctl", "-D", s.Dir, "-w", "-m", mode, "stop")
	}
}

// Run sends one statement to the database postgres.
func (s *Server) Run(statement string) {
	s.t.Helper()
	run(s.t, s.DSN, statement)
}

// command runs a program of PostgreSQL as the owner of the data.
func (s *Server) command(name string, args ...string) {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = filepath.Dir(s.Dir)
	if uid, gid, ok := s.owner(); ok {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		log, _ := os.ReadFile(filepath.Join(filepath.Dir(s.Dir), "log")) // there is none before the first start
		s.t.Fatalf("%s: %v\n%s\n%s", name, err, out, log)
	}
}

// give makes a folder that of the owner of the data.
func (s *Server) give(dir string) error {
	if uid, gid, ok := s.owner(); ok {
		return os.Chown(dir, int(uid), int(gid))
	}
	return nil
}

// owner is serverUser when root runs the tests, else nobody else than who does.
func (s *Server) owner() (uid, gid uint32, other bool) {
	if os.Getuid() != 0 {
		return 0, 0, false
	}
	u, err := user.Lookup(serverUser)
	if err != nil {
		s.t.Fatalf("PostgreSQL does not run as root, and there is no user %s: .ci/postgres makes it", serverUser)
	}
	return number(s.t, u.Uid), number(s.t, u.Gid), true
}

func number(t testing.TB, s string) uint32 {
	t.Helper()
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(n)
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
