package ocr

import (
	"errors"
	"fmt"
	"image"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxWords is the largest count of words on a page; dense pages of newspapers have 5,000.
	maxWords = 50_000
	// maxWord is the longest word kept, in bytes; recognition makes longer ones of ruled lines only.
	maxWord = 1000
)

// Page is what was recognised on a picture of a page.
type Page struct {
	Size       image.Point // in pixels
	Paragraphs []Paragraph // in reading order, none empty
}

// Paragraph is a run of lines that belong together. Paragraphs of one Block stand in one column.
type Paragraph struct {
	Block int // counts from 1
	Lines []Line
}

// Line is one printed line.
type Line struct{ Words []Word }

// Word is one recognised word.
type Word struct {
	Text       string
	Confidence float64         // 0 to 1
	Box        image.Rectangle // in pixels of the picture
}

// Words counts the words of the page.
func (p Page) Words() int {
	n := 0
	for _, paragraph := range p.Paragraphs {
		for _, l := range paragraph.Lines {
			n += len(l.Words)
		}
	}
	return n
}

// header is the first line of the table that Tesseract prints.
const header = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"

// The levels of the table.
const (
	levelPage = 1
	levelWord = 5
)

// row is one line of the table.
type row struct {
	level                          int
	page, block, paragraph, line   int
	left, top, width, height, word int
	confidence                     float64
	text                           string
}

// parse reads the table that Tesseract prints for one page.
func parse(out []byte) (Page, error) {
	if !utf8.Valid(out) {
		return Page{}, errors.New("read the recognised words: not UTF-8")
	}
	first, rest, _ := strings.Cut(string(out), "\n")
	if strings.TrimSuffix(first, "\r") != header {
		return Page{}, fmt.Errorf("read the recognised words: unknown head %.80q", first)
	}
	var (
		page  Page
		last  row
		words int
	)
	for text := range strings.Lines(rest) {
		text = strings.TrimRight(text, "\r\n")
		if text == "" {
			continue
		}
		r, err := parseRow(text)
		if err != nil {
			return Page{}, fmt.Errorf("read the recognised words: %w", err)
		}
		switch {
		case r.level == levelPage:
			page.Size = image.Pt(r.width, r.height)
		case r.level == levelWord && strings.TrimSpace(r.text) != "":
			if words++; words > maxWords {
				return Page{}, errors.New("read the recognised words: too many")
			}
			page.add(r, last)
			last = r
		}
	}
	return page, nil
}

// add appends a word, to the line of the word before where they share it.
func (p *Page) add(r, last row) {
	n := len(p.Paragraphs)
	if n == 0 || r.block != last.block || r.paragraph != last.paragraph {
		p.Paragraphs = append(p.Paragraphs, Paragraph{Block: r.block})
		n++
	}
	lines := &p.Paragraphs[n-1].Lines
	if len(*lines) == 0 || r.line != last.line {
		*lines = append(*lines, Line{})
	}
	line := &(*lines)[len(*lines)-1]
	line.Words = append(line.Words, Word{Text: strings.TrimSpace(r.text), Confidence: max(0, r.confidence/100),
		Box: image.Rect(r.left, r.top, r.left+r.width, r.top+r.height)})
}

// parseRow reads one line of the table: twelve fields, whole numbers in their ranges.
func parseRow(text string) (row, error) {
	fields := strings.Split(text, "\t")
	if len(fields) != 12 {
		return row{}, fmt.Errorf("%d fields in %.80q", len(fields), text)
	}
	var r row
	for i, to := range []*int{&r.level, &r.page, &r.block, &r.paragraph, &r.line, &r.word, &r.left, &r.top, &r.width, &r.height} {
		n, err := strconv.Atoi(fields[i])
		if err != nil || n < 0 || n > maxPixels {
			return row{}, fmt.Errorf("field %d of %.80q", i+1, text)
		}
		*to = n
	}
	confidence, err := strconv.ParseFloat(fields[10], 64)
	if err != nil || !(confidence >= -1 && confidence <= 100) {
		return row{}, fmt.Errorf("confidence of %.80q", text)
	}
	if r.confidence, r.text = confidence, fields[11]; len(r.text) > maxWord {
		return row{}, fmt.Errorf("a word of %d bytes", len(r.text))
	}
	return r, nil
}
