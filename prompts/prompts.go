// Package prompts holds what a language model is told: one template a task and language, built in and overridable from
// a folder. What comes from documents, titles and users is data: it stands in the message of the user, fenced by a mark
// that is drawn for each request, with the marks of models' own templates broken; the role of the system holds nothing but
// the template.
package prompts

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
	"time"
	"unicode"

	"rapporteur/locale"
	"rapporteur/qa"
)

//go:embed templates/*.tmpl
var builtin embed.FS

// NotFound is what a model is told to write, alone, when the passages do not answer.
const NotFound = "AUCUN PASSAGE"

// The tasks, each a template « task.language.tmpl » that defines « system » and « user ».
const (
	taskAnswer        = "answer"
	taskStandalone    = "standalone"
	taskClarification = "clarification"
	taskTitle         = "title"
)

// Set is the templates of all tasks.
type Set struct {
	templates map[string]*template.Template // by « task.language »
}

// Default is the built-in set.
func Default() *Set {
	s, err := Load("")
	if err != nil {
		panic(err) // a template in the binary that does not parse: a defect of ours, which tests find
	}
	return s
}

// Load gives the built-in set with the templates of a folder in their place: a file « answer.fr.tmpl » replaces the
// built-in one of that name. A folder that is not there, a file of another name and a template that does not
// parse or lacks a part are errors of kind Invalid.
func Load(dir string) (*Set, error) {
	s := &Set{templates: map[string]*template.Template{}}
	files, err := fs.Sub(builtin, "templates")
	if err != nil {
		return nil, err
	}
	if err := s.add(files); err != nil {
		return nil, err
	}
	if dir == "" {
		return s, nil
	}
	known := len(s.templates)
	if _, err := os.Stat(dir); err != nil {
		return nil, qa.E(qa.Invalid, "prompts_folder").Because(err)
	}
	if err := s.add(os.DirFS(dir)); err != nil {
		return nil, err
	}
	if len(s.templates) > known {
		return nil, qa.E(qa.Invalid, "prompts_name").Because(errors.New("a template of another name in " + dir))
	}
	return s, nil
}

func (s *Set) add(files fs.FS) error {
	names, err := fs.Glob(files, "*.tmpl")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return qa.E(qa.Invalid, "prompts_template", name).Because(err)
		}
		t, err := template.New(name).Option("missingkey=error").Parse(string(text))
		if err == nil && (t.Lookup("system") == nil || t.Lookup("user") == nil) {
			err = fmt.Errorf("%s defines no « system » or no « user »", name)
		}
		if err != nil {
			return qa.E(qa.Invalid, "prompts_template", name).Because(err)
		}
		s.templates[strings.TrimSuffix(filepath.Base(name), ".tmpl")] = t
	}
	return nil
}

// Passage is a passage as a model reads it.
type Passage struct {
	Number  int // 1 and up: how the model names it
	Title   string
	Page    string // "" where there is none
	Section string
	Text    string
}

// AnswerInput is what an answer is written from.
type AnswerInput struct {
	Question string
	Language string // "fr" or "en"
	Date     time.Time
	Passages []Passage // in reading order
	Fence    string    // drawn for the request, see Fence
}

// Answer asks for an answer from passages.
func (s *Set) Answer(in AnswerInput) ([]qa.Message, error) {
	data := struct {
		AnswerInput
		Date, NotFound string
	}{in, date(in.Language, in.Date), NotFound}
	data.Question = Data(in.Question)
	data.Passages = nil
	for _, p := range in.Passages {
		data.Passages = append(data.Passages, Passage{p.Number, Line(p.Title), Line(p.Page), Line(p.Section), Data(p.Text)})
	}
	return s.render(taskAnswer, in.Language, data)
}

// Turn is one message of a conversation.
type Turn struct {
	User bool
	Text string
}

// Standalone asks for a question that can be understood without the conversation before it.
func (s *Set) Standalone(q qa.Question, language, fence string) ([]qa.Message, error) {
	data := struct {
		Question, Fence string
		Turns           []Turn
	}{Question: Data(q.Text), Fence: fence}
	for _, m := range q.History[max(0, len(q.History)-maxTurns):] {
		data.Turns = append(data.Turns, Turn{m.Role == qa.RoleUser, short(Data(m.Content))})
	}
	return s.render(taskStandalone, language, data)
}

// maxTurns is how many messages of a conversation are looked back at.
const maxTurns = 6

// Clarification asks for the questions that would make a question precise; titles are those of the nearest reports.
func (s *Set) Clarification(question, language, fence string, titles []string) ([]qa.Message, error) {
	data := struct {
		Question, Fence string
		Titles          []string
	}{Question: Data(question), Fence: fence}
	for _, t := range titles {
		data.Titles = append(data.Titles, Line(t))
	}
	return s.render(taskClarification, language, data)
}

// Title asks for the title of a conversation that begins with a question.
func (s *Set) Title(question, language, fence string) ([]qa.Message, error) {
	return s.render(taskTitle, language, struct{ Question, Fence string }{short(Data(question)), fence})
}

func (s *Set) render(task, language string, data any) ([]qa.Message, error) {
	if language != locale.English {
		language = locale.French
	}
	t := s.templates[task+"."+language]
	var out []qa.Message
	for _, role := range []qa.Role{qa.RoleSystem, qa.RoleUser} {
		var b bytes.Buffer
		if err := t.ExecuteTemplate(&b, string(role), data); err != nil {
			return nil, qa.E(qa.Invalid, "prompts_template", task+"."+language+".tmpl").Because(err)
		}
		out = append(out, qa.Message{Role: role, Content: strings.TrimSpace(b.String())})
	}
	return out, nil
}

// date writes a day as people read it.
func date(language string, t time.Time) string {
	if language == locale.English {
		return t.Format("2 January 2006")
	}
	day := fmt.Sprint(t.Day())
	if t.Day() == 1 {
		day = "1er"
	}
	return fmt.Sprintf("%s %s %d", day, months[t.Month()-1], t.Year())
}

var months = []string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}

// controls are the marks by which chat templates part turns: in the text of a document they are data.
var controls = regexp.MustCompile(`(?i)<\|[^|>]{0,40}\|>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>|</?(?:system|assistant|user|tool|think)>`)

// Data makes text of a document or a user safe to stand in a prompt: marks of chat templates lose their brackets,
// unseen characters go. Everything else stays as it is.
func Data(s string) string {
	s = controls.ReplaceAllStringFunc(s, func(m string) string { return strings.Map(dropBrackets, m) })
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
}

func dropBrackets(r rune) rune {
	if strings.ContainsRune("<>|[]/", r) {
		return -1
	}
	return r
}

// longestLine is how much of a title, a section or a page label a model reads, in characters.
const longestLine = 160

// Line makes a title or a file name one short line without marks of markup.
func Line(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("<>{}[]|`\"", r) {
			return ' '
		}
		return r
	}, Data(s))
	words := strings.Join(strings.Fields(s), " ")
	if r := []rune(words); len(r) > longestLine {
		words = string(r[:longestLine]) + "…"
	}
	return words
}

// short cuts what only recalls a conversation.
func short(s string) string {
	if r := []rune(s); len(r) > 1200 {
		return string(r[:1200]) + "…"
	}
	return s
}
