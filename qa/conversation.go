package qa

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// ConversationID identifies a conversation that is kept.
type ConversationID string

// Narrowing is the part of the library that a question asks about. The zero value asks about all that its asker
// may read; it never widens that.
type Narrowing struct {
	Collection CollectionID // "" is every collection
	Documents  []DocumentID // none is every document
	Versions   []VersionID  // none is the live ones
	Year       string       // that the titles or file names of documents must name, "" is any
	AsOf       string       // a day or a time as it was asked for, "" is now
}

// Conversation is questions with their answers, kept because their owner wished so.
type Conversation struct {
	ID        ConversationID
	Owner     string // Principal.ID of the only one who sees it
	Title     string
	Scope     Narrowing // of the last question that named one
	Turns     int
	CreatedAt time.Time
	UpdatedAt time.Time // of the newest turn
}

// Turn is one question of a conversation with its answer as it was shown; Answer.Asked is the question.
type Turn struct {
	Number  int // from 1
	At      time.Time
	Answer  Answer
	Partial bool // the client went away before the end
	Erased  bool // a document that it cited was erased since, and what rested on it went too
}

// ConversationMark is a place in a list of conversations, newest first.
type ConversationMark struct {
	UpdatedAt time.Time
	ID        ConversationID
}

// Mark is the place of a conversation in the list.
func (c Conversation) Mark() ConversationMark { return ConversationMark{c.UpdatedAt, c.ID} }

// ConversationSearch says which conversations are wanted.
type ConversationSearch struct {
	Words string           // each stands in the title or in a question, whatever its case and accents; "" is all
	After ConversationMark // only those behind it; the zero mark stands before the first
	Limit int              // at most so many
}

// ConversationRecord is a conversation with its turns, as backups hold it.
type ConversationRecord struct {
	Conversation
	History []Turn // oldest first
}

// titleLength bounds a title made of a question, in characters.
const titleLength = 60

// TitleOf makes a title of a first question: its first line, cut at a word.
func TitleOf(question string) string {
	title := strings.Join(strings.Fields(question), " ")
	if utf8.RuneCountInString(title) <= titleLength {
		return title
	}
	cut := string([]rune(title)[:titleLength-1]) // one for the ellipsis
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:") + "…"
}

// Documents are those whose words the turn holds, each once.
func (t Turn) Documents() []DocumentID {
	var out []DocumentID
	for _, c := range t.Answer.Citations {
		out = append(out, c.Document)
	}
	if r := t.Answer.Refusal; r != nil {
		for _, c := range r.Nearest {
			out = append(out, c.Document)
		}
		for _, l := range r.Unreadable {
			out = append(out, l.ID)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// leastTrace is from how many bytes on words of a citation betray their document: shorter ones stand everywhere.
const leastTrace = 12

// Without takes the words of erased documents out of a turn: their citations, the sentences that rest on them or
// repeat them, and the question as it was searched, which may borrow from an answer. It reports whether anything
// had to go, and then the turn is Erased. Numbers of other citations stay as they are.
func (t Turn) Without(erased func(DocumentID) bool) (Turn, bool) {
	a := t.Answer
	var gone []Citation
	keep := func(list []Citation) (kept []Citation) {
		for _, c := range list {
			if erased(c.Document) {
				gone = append(gone, c)
			} else {
				kept = append(kept, c)
			}
		}
		return kept
	}
	a.Citations = keep(a.Citations)
	cited := len(gone)
	if a.Refusal != nil {
		r := *a.Refusal
		r.Nearest, r.Unreadable = keep(r.Nearest), nil
		for _, l := range a.Refusal.Unreadable {
			if erased(l.ID) {
				gone = append(gone, Citation{Title: l.Title, Source: l.Source})
			} else {
				r.Unreadable = append(r.Unreadable, l)
			}
		}
		a.Refusal = &r
	}
	if len(gone) == 0 {
		return t, false
	}
	a.Standalone = a.Asked
	a.Sentences, a.Text = rest(a, gone, cited)
	t.Answer, t.Erased = a, true
	return t, true
}

// Shown makes an answer, of which what is known so far is given, of the sentences that were shown of it.
func (a Answer) Shown(sentences []SentenceEvent) Answer {
	a.Answered, a.Mode, a.Text, a.Sentences, a.Citations = len(sentences) > 0, ModeExtractive, "", nil, nil
	known := map[int]bool{}
	for _, s := range sentences {
		a.Sentences = append(a.Sentences, s.Sentence)
		a.Text += s.Text + " "
		quoted := false
		for _, c := range s.Sources {
			quoted = quoted || strings.Contains(s.Text, c.Quote)
			if !known[c.Number] {
				known[c.Number] = true
				a.Citations = append(a.Citations, c)
			}
		}
		if !quoted {
			a.Mode = ModeGenerated
		}
	}
	a.Text = strings.TrimSpace(a.Text)
	return a
}

// rest gives the sentences and the text of an answer that do not rest on the citations that are gone, of which
// the first so many, as cited, were numbered in it.
func rest(a Answer, gone []Citation, cited int) (sentences []Sentence, text string) {
	text = a.Text
	whole := true
	for _, s := range a.Sentences {
		rests := slices.ContainsFunc(gone[:cited], func(c Citation) bool { return slices.Contains(s.Citations, c.Number) })
		if !rests && !betrays(s.Text, gone) {
			sentences = append(sentences, s)
			continue
		}
		whole = whole && strings.Contains(text, s.Text)
		text = strings.Replace(text, s.Text, "", 1)
	}
	if !whole || betrays(text, gone) {
		text = ""
		for _, s := range sentences {
			text += " " + s.Text
		}
	}
	return sentences, strings.TrimSpace(text)
}

// betrays reports whether a text repeats words of the citations.
func betrays(text string, gone []Citation) bool {
	return slices.ContainsFunc(gone, func(c Citation) bool {
		return slices.ContainsFunc([]string{c.Quote, c.Header, c.Title, c.Source}, func(words string) bool {
			return len(words) >= leastTrace && strings.Contains(text, words)
		})
	})
}
