package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"rapporteur/internal/testkit"
	"rapporteur/qa"
	"rapporteur/server/wire"
)

// lot is how many payloads an answer or a page of a document holds.
const lot = 250

// payloadLines gives n different lines of the lists of cross-site scripting, always the same ones.
func payloadLines(t testing.TB, n int) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(testkit.Shared(t, "data/hostile/payloads/xss"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		for line := range strings.Lines(strings.ToValidUTF8(string(raw), "�")) {
			if line = strings.TrimSpace(line); line != "" {
				all = append(all, line)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	rand.New(rand.NewPCG(9, 2000)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if len(all) < n {
		t.Fatalf("%d lines, want %d", len(all), n)
	}
	return all[:n]
}

// harmless gives as many lines as there are payloads, without anything that HTML, an address or the marks of an
// answer would read.
func harmless(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("mot %d", i))
	}
	return out
}

// payloadLibrary holds a document for each line, which is its title, its file name and each kind of block of its
// text, and one document whose pages hold a lot of them each.
func payloadLibrary(lines []string) *pageLibrary {
	l := &pageLibrary{}
	all := pageText{}
	for i, line := range lines {
		text := pageText{}
		for _, kind := range []qa.BlockKind{qa.BlockHeading, qa.BlockParagraph, qa.BlockListItem, qa.BlockTableHeader, qa.BlockTableRow, qa.BlockFootnote, qa.BlockCaption} {
			text.Add(kind, 1, line)
		}
		id := qa.DocumentID(fmt.Sprintf("d%05d", i))
		v := qa.Version{ID: qa.VersionID("v" + string(id)), Document: id, State: qa.StateLive, Verdict: qa.VerdictIngested, Embedded: 1, Pages: 1, Language: line}
		l.docs = append(l.docs, pageDocument{
			Document: qa.Document{ID: id, Collection: qa.DefaultCollection, Title: line, Source: line + ".pdf", Live: v.ID},
			versions: []qa.Version{v}, texts: map[qa.VersionID]qa.Text{v.ID: text.Text},
		})
		all.Add([]qa.BlockKind{qa.BlockParagraph, qa.BlockHeading, qa.BlockListItem, qa.BlockFootnote}[i%4], 1, line)
		if i%lot == lot-1 {
			all.Page("")
		}
	}
	v := qa.Version{ID: "v-all", Document: "z-all", State: qa.StateLive, Verdict: qa.VerdictIngested, Embedded: 1, Pages: len(lines) / lot}
	l.docs = append(l.docs, pageDocument{
		Document: qa.Document{ID: "z-all", Collection: qa.DefaultCollection, Title: "Tout", Source: "tout.pdf", Live: v.ID},
		versions: []qa.Version{v}, texts: map[qa.VersionID]qa.Text{v.ID: all.Text},
	})
	return l
}

// payloadAnswer says each line in a sentence of its own, and cites it from a document of that title, section and place.
func payloadAnswer(asked string, lines []string) qa.Answer {
	a := qa.Answer{Answered: true, Language: "fr", Mode: qa.ModeGenerated, Asked: asked, Standalone: lines[0], Documents: 14, Passages: 8}
	for i, line := range lines {
		a.Citations = append(a.Citations, qa.Citation{
			Number: i + 1, Document: qa.DocumentID("d" + line), Version: qa.VersionID("v" + line), Title: line, Source: line, Quote: line,
			Section: []string{line}, PageUnit: qa.UnitSheet, Place: line, Header: line, Span: qa.Span{End: len(line)},
		})
		a.Sentences = append(a.Sentences, qa.Sentence{Text: line, Citations: []int{i + 1}, Verdict: qa.SentenceSupported})
		a.Text += line + "\n"
	}
	return a
}

// payloadAsker answers the question « Lot n » with the nth lot of lines, and any other with the line itself.
func payloadAsker(lines []string) askerFunc {
	return func(q qa.Question, emit func(qa.Event) error) (qa.Answer, error) {
		said := []string{q.Text}
		var n int
		if _, err := fmt.Sscanf(q.Text, "Lot %d", &n); err == nil {
			said = lines[lot*n : lot*n+lot]
		}
		a := payloadAnswer(q.Text, said)
		for i, s := range a.Sentences {
			if err := emit(qa.Event{Sentence: &qa.SentenceEvent{Sentence: s, Sources: a.Citations[i : i+1]}}); err != nil {
				return qa.Answer{}, err
			}
		}
		return a, nil
	}
}

// payloadServer serves a library of these lines, and conversations that are named after them.
func payloadServer(t testing.TB, lines []string) *httptest.Server {
	t.Helper()
	library := payloadLibrary(lines)
	talks := sqliteConversations(t)
	for i := 0; i < len(lines); i += 20 {
		turn := qa.Turn{At: time.Unix(1.7e9, 0), Answer: payloadAnswer(lines[i], lines[i:i+20])}
		id := qa.ConversationID(fmt.Sprintf("c%05d", i))
		if _, err := talks.StartConversation(t.Context(), qa.Conversation{ID: id, Owner: "local", Title: lines[i]}, turn); err != nil {
			t.Fatal(err)
		}
	}
	s := &Server{Asker: payloadAsker(lines), Library: library, Ingester: library, Conversations: talks, Log: slog.New(slog.DiscardHandler)}
	h, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	return web
}

// bones is what a page is made of, without its words: elements with the names of their attributes; and its words.
func bones(t testing.TB, page string) (shape []string, words string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for n := range root.Descendants() {
		switch n.Type {
		case html.TextNode:
			text.WriteString(n.Data + " ")
		case html.CommentNode:
			shape = append(shape, "<!--")
		case html.ElementNode:
			shape = append(shape, n.Data)
			for _, a := range n.Attr {
				shape = append(shape, n.Data+"."+a.Key)
				text.WriteString(a.Val + " ")
				if slices.Contains([]string{"href", "src", "action", "formaction", "poster", "data", "srcset"}, a.Key) && !ours(a.Val) {
					t.Errorf("%s=%q leads elsewhere", a.Key, a.Val)
				}
			}
		}
	}
	return shape, strings.Join(strings.Fields(text.String()), " ")
}

// ours reports whether an address is a path of this server, or a place on the page.
func ours(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "" && u.Host == "" && u.Opaque == "" && (strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(address, "//") && !strings.HasPrefix(address, `/\`) || u.Path == "" && u.Fragment != "")
}

// TestPayloadsAreWords shows 2,000 payloads of cross-site scripting as titles, file names, text of documents, answers,
// quotes, questions and conversations: the pages have the elements and attributes that they have for harmless words,
// not one more, every address is of this server, and every payload is there to be read. JSON gives back each as it was.
func TestPayloadsAreWords(t *testing.T) {
	t.Parallel()
	const n = 2000
	lines := payloadLines(t, n)
	hostile, tame := payloadServer(t, lines), payloadServer(t, harmless(n))
	pages, missing := 0, 0
	compare := func(address string, shown []string) {
		t.Helper()
		pages++
		status, body := getPage(t, hostile.Client(), hostile.URL+address)
		other, plain := getPage(t, tame.Client(), tame.URL+address)
		got, words := bones(t, body)
		want, _ := bones(t, plain)
		if status != other || !slices.Equal(got, want) {
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Errorf("%s (%d, %d): %q in place of %q", address, status, other, got[i:min(i+5, len(got))], want[i:min(i+5, len(want))])
		}
		for _, line := range shown {
			if !strings.Contains(words, strings.Join(strings.Fields(strings.ReplaceAll(line, "\x00", "�")), " ")) {
				missing++
				t.Errorf("%s: %q is not shown", address, line)
			}
		}
	}
	for i := 0; i < n; i += libraryLength {
		after := ""
		if i > 0 {
			after = fmt.Sprintf("?after=d%05d", i-1)
		}
		compare("/library"+after, lines[i:i+libraryLength])
	}
	for i, line := range lines {
		if i%10 == 0 {
			compare(fmt.Sprintf("/documents/d%05d/pages/1?start=0&end=%d", i, min(3, len(line))), nil)
			compare(fmt.Sprintf("/library/d%05d", i), []string{line})
		}
		if i%20 == 0 {
			compare(fmt.Sprintf("/conversations/c%05d/export?format=html", i), lines[i:i+1])
		}
		if i%lot == 0 {
			compare(fmt.Sprintf("/documents/z-all/pages/%d", i/lot+1), nil)
			// The year leaves out the choice among reports, and among years, which depend on what titles say.
			compare(fmt.Sprintf("/?q=Lot+%d+de+2024&year=2024", i/lot), lines[i:i+lot])
		}
	}
	t.Logf("%d lines on %d pages, %d not shown", n, pages, missing)
	t.Run("questions", func(t *testing.T) { payloadQuestions(t, hostile, lines) })
	t.Run("JSON", func(t *testing.T) { payloadJSON(t, hostile, lines) })
}

// payloadQuestions asks each payload by the address, of a collection and a document of that name: the page is made of
// what it is made of for a word.
func payloadQuestions(t *testing.T, server *httptest.Server, lines []string) {
	ask := func(line string) []string {
		query := url.Values{"q": {line}, "collection": {line}, "document": {line}}
		_, body := getPage(t, server.Client(), server.URL+"/?"+query.Encode())
		shape, _ := bones(t, body)
		return shape
	}
	want := ask("mot")
	for _, line := range lines {
		if got := ask(line); !slices.Equal(got, want) {
			t.Errorf("%q makes %q", line, got)
		}
	}
}

// payloadJSON holds that the API gives each payload back, letter for letter, in JSON that no browser reads as HTML.
func payloadJSON(t *testing.T, server *httptest.Server, lines []string) {
	for i := 0; i < len(lines); i += lot {
		resp, err := server.Client().Post(server.URL+"/ask", "application/json", strings.NewReader(fmt.Sprintf(`{"question":"Lot %d"}`, i/lot)))
		if err != nil {
			t.Fatal(err)
		}
		var raw bytes.Buffer
		_, err = raw.ReadFrom(resp.Body)
		_ = resp.Body.Close()
		var a wire.Answer
		if err != nil || json.Unmarshal(raw.Bytes(), &a) != nil || len(a.Citations) != lot {
			t.Fatalf("%v: %.200s", err, raw.Bytes())
		}
		if kind := resp.Header.Get("Content-Type"); kind != "application/json" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("sent as %q", kind)
		}
		for j, c := range a.Citations {
			if line := lines[i+j]; c.Quote != line || c.Document.Title != line || a.Sentences[j].Text != line {
				t.Errorf("%q came back as %q", line, c.Quote)
			}
			if !ours(c.URL) {
				t.Errorf("%q leads to %s", lines[i+j], c.URL)
			}
		}
	}
}
