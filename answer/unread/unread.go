// Package unread completes refusals with what could not be read: documents that are silent, as far as their text is
// known, may hold the answer on a page that nothing could read.
package unread

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"rapporteur/analysis"
	"rapporteur/answer/wording"
	"rapporteur/locale"
	"rapporteur/qa"
)

const (
	// most is how many documents a refusal names.
	most = 3
	// looked is how many are looked at for those.
	looked = 200
)

// Asker answers questions; it emits its steps on the way.
type Asker interface {
	Answer(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error)
}

// Library lists up to n documents of a scope of which the newest version could not be read, or not wholly.
type Library interface {
	Unreadable(ctx context.Context, scope qa.Scope, n int) ([]qa.Listed, error)
}

// Completed is an Asker that names, where the documents do not say, those that could not be read. When the title or the
// file name of one that is not read at all holds what the question asks about, or when none could be read, that is the
// reason of the refusal.
type Completed struct {
	Asker
	Library Library
}

// Answer answers q as the asker does. An error of the library is returned, as is one of the asker.
func (c Completed) Answer(ctx context.Context, q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
	a, err := c.Asker.Answer(ctx, q, emit)
	if err != nil || a.Refusal == nil || a.Refusal.Reason == qa.NeedsPrecision {
		return a, err
	}
	list, err := c.Library.Unreadable(ctx, q.Scope, looked)
	if err != nil || len(list) == 0 {
		return a, err
	}
	if a.Refusal.Reason != qa.PremiseNotSupported {
		asked := analysis.Both(a.Standalone)
		silent := slices.DeleteFunc(slices.Clone(list), func(l qa.Listed) bool {
			return !isBlank(l) || a.Refusal.Reason != qa.NoDocuments && !speaksOf(l, a.Standalone, asked)
		})
		if len(silent) > 0 {
			list, a.Refusal.Reason = silent, qa.UnreadableDocuments
		}
	}
	a.Refusal.Unreadable = list[:min(len(list), most)]
	if a.Refusal.Reason == qa.UnreadableDocuments {
		a.Text = says(a)
	}
	return a, nil
}

// isBlank reports a document that could not be read, or of which half of the pages or more have no text.
func isBlank(l qa.Listed) bool {
	v := l.Newest
	return v.State == qa.StateFailed || v.Pages > 0 && 2*len(v.PagesWithoutText) >= v.Pages
}

// gaps are what stands for a space in the names of files.
var gaps = strings.NewReplacer("_", " ", "-", " ", ".", " ")

// speaksOf reports whether the title or the file name of a document holds a number or a name of the question, whose words
// are asked, or two other words of it.
func speaksOf(l qa.Listed, question string, asked []analysis.Token) bool {
	file := gaps.Replace(path.Base(l.Source))
	stems := map[string]bool{}
	for _, t := range analysis.Both(l.Title + "\n" + file) {
		stems[t.Stem] = true
	}
	shared := map[string]bool{}
	for _, t := range asked {
		if t.Stop || wording.Light[t.Exact] || !stems[t.Stem] {
			continue
		}
		if wording.IsName(question[t.Start:t.End], question) {
			return true
		}
		shared[t.Exact] = true
	}
	return len(shared) > 1
}

// says is the text of a refusal for want of the documents that it names; what comes nearest stays announced.
func says(a qa.Answer) string {
	var titles []string
	for _, l := range a.Refusal.Unreadable {
		titles = append(titles, locale.Sentence(a.Language, "quoted_title", cmp.Or(l.Title, l.Source)))
	}
	code := "answer_unread_some"
	switch {
	case a.Documents == 0:
		code = "answer_unread_all"
	case len(titles) == 1:
		code = "answer_unread_one"
	}
	text := locale.Sentence(a.Language, code, strings.Join(titles, ", "))
	if len(a.Refusal.Nearest) > 0 {
		text += " " + locale.Sentence(a.Language, "answer_nearest")
	}
	return text
}
