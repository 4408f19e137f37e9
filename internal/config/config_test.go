package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

type line struct {
	Data   string   `group:"settings" default:"here" env:"TEST_DATA" help:"Where."`
	Max    int      `group:"settings" name:"max-upload" default:"50" help:"Most."`
	Hosts  []string `group:"settings" help:"Names."`
	Model  string   `group:"settings" key:"models.default.model" help:"In a section."`
	Pretty bool     `help:"Not a setting."`
}

func load(t *testing.T, file string, env map[string]string, args ...string) (line, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rapporteur.toml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path, true, func(k string) (string, bool) { v, ok := env[k]; return v, ok })
	if err != nil {
		return line{}, err
	}
	var l line
	p, err := kong.New(&l, kong.Resolvers(f))
	if err != nil {
		return line{}, err
	}
	_, err = p.Parse(args)
	return l, err
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		name, file, env string
		args            []string
		want            string
	}{
		{"default", "", "", nil, "here"},
		{"file over default", `data = "file"`, "", nil, "file"},
		{"environment over file", `data = "file"`, "env", nil, "env"},
		{"flag over all", `data = "file"`, "env", []string{"--data", "flag"}, "flag"},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := map[string]string{}
			if c.env != "" {
				t.Setenv("TEST_DATA", c.env)
				env["TEST_DATA"] = c.env
			}
			got, err := load(t, c.file, env, c.args...)
			if err != nil || got.Data != c.want {
				t.Errorf("data = %q (%v), want %q", got.Data, err, c.want)
			}
		})
	}
}

func TestValuesAndRefusals(t *testing.T) {
	got, err := load(t, "max_upload = 7\nhosts = [\"a\", \"b\"]\n[models.default]\nmodel = \"m\"", nil)
	if err != nil || got.Max != 7 || strings.Join(got.Hosts, "+") != "a+b" || got.Model != "m" {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []string{"unknown_key = 1", "pretty = true", "[section]\nx=1", "model = 1", "[models.default]\nmodle = 1", "[models]\nmodel = 1", "data = "} {
		if _, err := load(t, bad, nil); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestMissingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent.toml")
	if _, err := Open(path, false, os.LookupEnv); err != nil {
		t.Errorf("an optional file that is missing: %v", err)
	}
	if _, err := Open(path, true, os.LookupEnv); err == nil {
		t.Error("a file that was asked for and is missing was accepted")
	}
}
