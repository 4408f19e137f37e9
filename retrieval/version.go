package retrieval

import (
	"slices"

	"rapporteur/qa"
)

// versions keeps one search to one version of each document. The arms learn of a new version at different moments,
// each from its own index; an answer drawn from the old version and the new one would be that of neither.
type versions struct {
	several bool // the scope asks for versions by name: all of them are wanted
	chosen  map[qa.DocumentID]qa.VersionID
}

func versionsIn(s qa.Scope) versions {
	return versions{several: len(s.Versions) > 0, chosen: map[qa.DocumentID]qa.VersionID{}}
}

// one drops the passages of all versions of a document but one: that chosen before, else the one that words find
// best, because both arms know it, else the first.
func (v versions) one(passages []qa.Passage) []qa.Passage {
	if v.several {
		return passages
	}
	best := map[qa.DocumentID]qa.Passage{}
	for _, p := range passages {
		if b, seen := best[p.Document.ID]; !seen || p.Lexical > b.Lexical {
			best[p.Document.ID] = p
		}
	}
	for id, p := range best {
		if _, known := v.chosen[id]; !known {
			v.chosen[id] = p.Version
		}
	}
	return slices.DeleteFunc(passages, func(p qa.Passage) bool { return v.chosen[p.Document.ID] != p.Version })
}
