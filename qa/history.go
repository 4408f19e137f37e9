package qa

import (
	"cmp"
	"slices"
)

// History gives the lines of the feed that lead an index which never saw the document to what its record says:
// each version is published and superseded at the times it was. Their revisions are not set.
func (r DocumentRecord) History() []Change {
	type life struct {
		version VersionID
		Period
	}
	var lives []life
	for _, v := range r.Versions {
		for _, p := range v.Lives {
			lives = append(lives, life{v.ID, p})
		}
	}
	slices.SortStableFunc(lives, func(a, b life) int {
		if c := a.Since.Compare(b.Since); c != 0 || a.Until.IsZero() == b.Until.IsZero() {
			return cmp.Or(c, a.Until.Compare(b.Until))
		}
		if a.Until.IsZero() { // the one that lasts is the last
			return 1
		}
		return -1
	})
	var out []Change
	for _, l := range lives {
		line := Change{Kind: ChangePublished, Collection: r.Collection, Document: r.ID, Version: l.version, At: l.Since}
		out = append(out, line)
		if !l.Until.IsZero() {
			line.Kind, line.At = ChangeSuperseded, l.Until
			out = append(out, line)
		}
	}
	return out
}
