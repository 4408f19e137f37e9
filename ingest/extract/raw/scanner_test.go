package raw

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"
)

// TestWalk visits every element at any depth, but not what is inside those that the visitor read.
func TestWalk(t *testing.T) {
	t.Parallel()
	s := newScanner(strings.NewReader(`<a><b><c/><skip><d/></skip></b><text>x<e>y</e></text><f/></a>`), 10)
	var seen []string
	err := s.Walk(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "skip":
			return s.Skip()
		case "text":
			text, err := s.Collect()
			seen = append(seen, text)
			return err
		case "b":
			seen = append(seen, "b")
			err := s.Walk(func(e xml.StartElement) error { seen = append(seen, "in b: "+e.Name.Local); return nil })
			seen = append(seen, "end of b")
			return err
		}
		seen = append(seen, e.Name.Local)
		return nil
	})
	if want := []string{"a", "b", "in b: c", "in b: skip", "in b: d", "end of b", "xy", "f"}; err != nil || !slices.Equal(seen, want) {
		t.Errorf("%q (%v), want %q", seen, err, want)
	}
}

// TestAttributes reads numbers and switches, and takes what is absent or wrong for 0 and no.
func TestAttributes(t *testing.T) {
	t.Parallel()
	s := newScanner(strings.NewReader(`<a n="12" bad="1x" on="1" off="0" true="true" false="false" empty=""/>`), 10)
	err := s.Walk(func(e xml.StartElement) error {
		for name, want := range map[string]int{"n": 12, "bad": 0, "absent": 0} {
			if got := Int(e, name); got != want {
				t.Errorf("%s is %d", name, got)
			}
		}
		for name, want := range map[string]bool{"on": true, "off": false, "true": true, "false": false, "empty": false, "absent": false} {
			if got := Yes(e, name); got != want {
				t.Errorf("%s is %v", name, got)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
