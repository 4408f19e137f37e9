package pdf

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rapporteur/ingest/extract/pdf/layout"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// tablesFloor is the least part of the rows that must be whole and in order.
const tablesFloor = 0.90

// truthFile holds the tables transcribed by eye, each cell as a hash: see README.md beside it.
const truthFile = "testdata/tables/truth.json"

var transcription = flag.String("transcription", "", "file of tables transcribed by hand, to make "+truthFile+" of")

// truthTable is a table, or the part of it on one page.
type truthTable struct {
	File  string
	Page  int
	Table int // 1-based, among those of the page
	Rows  []truthRow
}

// truthRow is one row. Kind is "H" for a row that names the columns, "?" for a title within the table,
// which may be read as either, "." for any other.
type truthRow struct {
	Kind  string
	Cells []string
}

// TestTables compares the rows read with tables transcribed by eye.
func TestTables(t *testing.T) {
	if *transcription != "" {
		hashTranscription(t, *transcription)
	}
	dir := testkit.Shared(t, "data/reports")
	p := newPool(t, Options{})
	texts := map[string]qa.Text{}
	for _, table := range truth(t) {
		if _, ok := texts[table.File]; ok {
			continue
		}
		text, err := extractFile(t, p, filepath.Join(dir, table.File))
		if err != nil {
			t.Fatal(err)
		}
		texts[table.File] = text
	}
	if share := scoreTables(t, texts, true); share < tablesFloor {
		t.Errorf("%.1f %% of the rows, want at least %.0f %%", 100*share, 100*tablesFloor)
	}
}

// TestTablesByOneMeans lays out the same tables with a part of the facts only, as other files have them.
func TestTablesByOneMeans(t *testing.T) {
	e := testEngine(t)
	for _, means := range []struct {
		name  string
		floor float64
		drop  func(*layout.Sheet)
	}{
		{"lines without tags", 0.95, func(s *layout.Sheet) { s.Tags = nil }},
		{"tags without lines", 0.95, func(s *layout.Sheet) { s.Rules, s.Shades = nil, nil }},
		{"words alone", 0.15, func(s *layout.Sheet) { s.Tags, s.Rules, s.Shades = nil, nil, nil }},
	} {
		texts := map[string]qa.Text{}
		for _, table := range truth(t) {
			if _, ok := texts[table.File]; !ok {
				d := scanned(t, e, table.File)
				for i := range d.Pages {
					means.drop(&d.Pages[i])
				}
				texts[table.File] = layout.Arrange(d)
			}
		}
		t.Log(means.name)
		if share := scoreTables(t, texts, false); share < means.floor {
			t.Errorf("%s: %.1f %% of the rows, want at least %.0f %%", means.name, 100*share, 100*means.floor)
		}
	}
}

// scoreTables gives the part of the rows of the truth that the texts have, and prints it.
func scoreTables(t *testing.T, texts map[string]qa.Text, each bool) float64 {
	t.Helper()
	var found, all, headers, headersAll int
	for i, table := range truth(t) {
		score := scoreTable(texts[table.File], table)
		found, all = found+score.rows, all+len(table.Rows)
		headers, headersAll = headers+score.headers, headersAll+score.headersAll
		if each {
			t.Logf("%2d %-46s page %3d table %d: %2d of %2d rows, %d of %d kinds of row",
				i+1, table.File, table.Page, table.Table, score.rows, len(table.Rows), score.headers, score.headersAll)
		}
	}
	t.Logf("all: %d of %d rows whole and in order, %.1f %%; of these %d of %d rightly told header or not",
		found, all, 100*float64(found)/float64(all), headers, headersAll)
	return float64(found) / float64(all)
}

func truth(t *testing.T) []truthTable {
	t.Helper()
	b, err := os.ReadFile(truthFile)
	if err != nil {
		t.Fatal(err)
	}
	var tables []truthTable
	if err := json.Unmarshal(b, &tables); err != nil {
		t.Fatal(err)
	}
	if len(tables) != 30 {
		t.Fatalf("%d tables, want the 30 drawn by lots", len(tables))
	}
	return tables
}

// tableScore counts the rows found, and those of them known to be a header or not that were told so.
type tableScore struct{ rows, headers, headersAll int }

// scoreTable finds the most rows of the table that stand on its page whole and in order.
func scoreTable(text qa.Text, table truthTable) tableScore {
	if len(text.Pages) < table.Page {
		return tableScore{}
	}
	page := text.Pages[table.Page-1]
	var got []truthRow
	for _, b := range text.Blocks {
		if !b.Overlaps(page.Span) || b.Kind != qa.BlockTableRow && b.Kind != qa.BlockTableHeader {
			continue
		}
		kind := "."
		if b.Kind == qa.BlockTableHeader {
			kind = "H"
		}
		got = append(got, truthRow{kind, hashCells(strings.Split(" "+text.Content[b.Start:b.End], " | "))})
	}
	best := make([][]tableScore, len(table.Rows)+1) // of the first i rows among the first j blocks
	best[0] = make([]tableScore, len(got)+1)
	for i, want := range table.Rows {
		best[i+1] = make([]tableScore, len(got)+1)
		for j, have := range got {
			s := best[i][j+1]
			if left := best[i+1][j]; left.rows > s.rows {
				s = left
			}
			if with := best[i][j].plus(want, have); fmt.Sprint(want.Cells) == fmt.Sprint(have.Cells) && with.rows > s.rows {
				s = with
			}
			best[i+1][j+1] = s
		}
	}
	return best[len(table.Rows)][len(got)]
}

func (s tableScore) plus(want, have truthRow) tableScore {
	s.rows++
	if want.Kind != "?" {
		s.headersAll++
		if want.Kind == have.Kind {
			s.headers++
		}
	}
	return s
}

// hashCells gives the hashes of cells, without the empty ones at the end.
func hashCells(cells []string) []string {
	var out []string
	for _, c := range cells {
		out = append(out, hashCell(c))
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

// hashCell is "" for an empty cell, else the first 8 hexadecimal digits of the SHA-256 of its letters
// and digits in lower case; of all its signs but spaces where it has neither.
func hashCell(s string) string {
	s = strings.ToLower(norm.NFKC.String(s))
	keep := func(is func(rune) bool) string {
		return strings.Map(func(r rune) rune {
			if is(r) {
				return r
			}
			return -1
		}, s)
	}
	plain := keep(func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	if plain == "" {
		plain = keep(func(r rune) bool { return !unicode.IsSpace(r) })
	}
	if plain == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(plain))
	return hex.EncodeToString(sum[:4])
}

// hashTranscription makes the truth of a transcription: "# file page table" before each table, then a
// line a row: its kind, a space, its cells parted by "¦".
func hashTranscription(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tables []truthTable
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		kind, rest, _ := strings.Cut(line, " ")
		if kind == "#" {
			var table truthTable
			if _, err := fmt.Sscan(rest, &table.File, &table.Page, &table.Table); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			tables = append(tables, table)
			continue
		}
		last := &tables[len(tables)-1]
		last.Rows = append(last.Rows, truthRow{kind, hashCells(strings.Split(rest, "¦"))})
	}
	var out strings.Builder
	for i, table := range tables {
		j, err := json.Marshal(table)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString([]string{"[\n", ",\n"}[min(i, 1)])
		out.Write(j)
	}
	out.WriteString("\n]\n")
	if err := os.WriteFile(truthFile, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
