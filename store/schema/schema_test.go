package schema_test

import (
	"testing"
	"testing/fstest"

	"rapporteur/store/schema"
)

func TestSteps(t *testing.T) {
	t.Parallel()
	file := func(script string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(script)} }
	good := fstest.MapFS{"m/0002_more.sql": file("B"), "m/0001_first.sql": file("A"), "m/steps.go": file("")}
	steps, err := schema.Steps(good, "m")
	if err != nil || len(steps) != 2 || steps[0] != (schema.Step{Version: 1, Name: "0001_first", Script: "A"}) || steps[1].Script != "B" {
		t.Errorf("%+v, %v", steps, err)
	}
	for name, bad := range map[string]fstest.MapFS{
		"a gap":       {"0001_a.sql": file(""), "0003_b.sql": file("")},
		"no number":   {"first.sql": file("")},
		"from two on": {"0002_a.sql": file("")},
	} {
		if steps, err := schema.Steps(bad, "."); err == nil {
			t.Errorf("%s: %+v, want an error", name, steps)
		}
	}
}
