package rtf

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"

	"rapporteur/ingest/extract/draft"
	"rapporteur/qa"
)

// destination is where the text of a group goes.
type destination int

const (
	body destination = iota
	nowhere
	footnote
	mark // of a list item
	comment
	titleInfo
	createdInfo
	modifiedInfo
	fontTable
	styleTable
	colourTable
)

// isInfo reports what is read of the head of the file.
func (d destination) isInfo() bool { return d == titleInfo || d == createdInfo || d == modifiedInfo }

// destinationOf knows the groups whose text is not part of the running text.
func destinationOf(name string) (destination, bool) {
	switch name {
	case "fonttbl":
		return fontTable, true
	case "stylesheet":
		return styleTable, true
	case "colortbl":
		return colourTable, true
	case "title":
		return titleInfo, true
	case "creatim":
		return createdInfo, true
	case "revtim":
		return modifiedInfo, true
	case "footnote":
		return footnote, true
	case "annotation":
		return comment, true
	case "listtext", "pntext":
		return mark, true
	case "info", "pict", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf", "nonshppict",
		"shprslt", "sp", "xe", "rxe", "tc", "tcn", "txe", "filetbl", "nonesttables", "pntxta", "pntxtb", "fldtype", "objdata", "objclass",
		"author", "operator", "subject", "keywords", "doccomm", "company", "manager", "category", "hlinkbase", "printim", "buptim", "comment":
		return nowhere, true
	}
	return body, false
}

// control takes one control word.
func (p *reader) control(t token) {
	if p.goTo(t) || p.special(t) || p.character(t) || p.define(t) {
		return
	}
	on := !t.given || t.number != 0
	switch t.name {
	case "par", "sect", "page":
		if p.state.into == body {
			p.endParagraph()
		} else {
			p.write(" ")
		}
	case "pard":
		p.state.style, p.state.outline, p.state.depth, p.state.inTable = 0, 0, 0, false
	case "s":
		p.state.style = t.number
	case "outlinelevel":
		p.state.outline = t.number + 1
	case "ilvl":
		p.state.depth = t.number
	case "intbl":
		p.state.inTable = true
	case "trowd":
		p.isHead, p.state.shaded = false, false
	case "trhdr":
		p.isHead = true
	case "cell", "nestcell":
		p.endCell(t.name == "cell")
	case "row":
		p.endRow()
	case "plain":
		p.state.hidden, p.state.deleted, p.state.white, p.state.tiny, p.state.font = "", false, false, false, nil
	case "v":
		p.state.hidden = ""
		if on {
			p.state.hidden = qa.HiddenNotDisplayed
		}
	case "deleted":
		p.state.deleted = on
	case "fs":
		p.state.tiny = t.given && t.number < 4 // in half points
	case "cf":
		p.state.white = t.number > 0 && t.number < len(p.white) && p.white[t.number]
	case "highlight", "cb", "chcbpat", "cbpat", "clcbpat", "clshdng", "chshdng", "shading":
		p.state.shaded = p.state.shaded || on
	}
}

// goTo sets where the text of the group goes, and reports a word that did.
func (p *reader) goTo(t token) bool {
	if t.name == "*" {
		p.state.starred = true
		return true
	}
	starred := p.state.starred
	p.state.starred = false
	if t.name == "pict" && !p.state.again {
		p.d.Reading().Images++
	}
	if t.name == "nonshppict" {
		p.state.again = true
	}
	into, found := destinationOf(t.name)
	running := p.state.into == body || p.state.into == footnote || p.state.into == mark
	switch {
	case found && (p.state.into == body || into == nowhere || p.state.into == nowhere && into.isInfo()):
		p.state.into = into
	case !found && starred && running && t.name != "shpinst":
		p.state.into = nowhere
	}
	return found || starred
}

// character reads the words that stand for one character.
func (p *reader) character(t token) bool {
	switch t.name {
	case "tab":
		p.write("\t")
	case "line", "column":
		p.write("\n")
	case "emdash":
		p.write("—")
	case "endash":
		p.write("–")
	case "lquote":
		p.write("‘")
	case "rquote":
		p.write("’")
	case "ldblquote":
		p.write("“")
	case "rdblquote":
		p.write("”")
	case "bullet":
		p.write("•")
	case "emspace", "enspace", "qmspace":
		p.write(" ")
	case "~":
		p.write("\u00A0")
	case "_":
		p.write("-") // one that does not end a line
	case "{", "}", "\\":
		p.write(t.name)
	default:
		return false
	}
	return true
}

// special reads Unicode and the encodings.
func (p *reader) special(t token) bool {
	switch t.name {
	case "u":
		p.unicode(t.number)
	case "uc":
		p.state.skip = min(max(t.number, 0), 8)
	case "ansicpg":
		if enc := codePage(t.number); enc != nil {
			p.ansi = enc
		}
	case "mac":
		p.ansi = codePage(10000)
	case "pc":
		p.ansi = charmap.CodePage437
	case "pca":
		p.ansi = charmap.CodePage850
	default:
		return false
	}
	return true
}

// define reads the tables of fonts, colours and styles, and the dates, and the font of the text.
func (p *reader) define(t token) bool {
	moment := &p.created
	switch p.state.into {
	case fontTable:
		if t.name == "f" {
			p.number = t.number
		} else if enc := charsetOf(t); enc != nil && len(p.fonts) < 1000 {
			p.fonts[p.number] = enc
		}
		return true
	case colourTable:
		if at := strings.Index("red green blue", t.name); at >= 0 {
			p.colour[min(at/4, 2)] = t.number
		}
		return true
	case styleTable:
		if t.name == "s" && len(p.styles) < 10_000 {
			p.number = t.number
		}
		return true
	case modifiedInfo:
		moment = &p.modified
	case createdInfo:
	default:
		if t.name == "f" {
			p.state.font = p.fonts[t.number]
		}
		return t.name == "f"
	}
	moment.set(t)
	return true
}

// charsetOf gives the encoding of a font that has one of its own.
func charsetOf(t token) encoding.Encoding {
	if t.name != "fcharset" {
		return nil
	}
	pages := map[int]int{77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250}
	return codePage(pages[t.number])
}

// codePage gives an encoding by its number in Windows, nil for one that is not known.
func codePage(n int) encoding.Encoding {
	label := fmt.Sprintf("windows-%d", n)
	switch n {
	case 437:
		return charmap.CodePage437
	case 850:
		return charmap.CodePage850
	case 932:
		label = "shift_jis"
	case 936:
		label = "gbk"
	case 949:
		label = "euc-kr"
	case 950:
		label = "big5"
	case 10000:
		label = "macintosh"
	case 65001:
		label = "utf-8"
	}
	enc, _ := charset.Lookup(label)
	return enc
}

// date is a moment as the head of the file gives it, field by field.
type date struct{ year, month, day, hour, minute int }

func (d *date) set(t token) {
	switch t.name {
	case "yr":
		d.year = t.number
	case "mo":
		d.month = t.number
	case "dy":
		d.day = t.number
	case "hr":
		d.hour = t.number
	case "min":
		d.minute = t.number
	}
}

func (d *date) time() time.Time {
	if d.year < 1900 || d.year > 9999 || d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31 {
		return time.Time{}
	}
	return time.Date(d.year, time.Month(d.month), d.day, d.hour%24, d.minute%60, 0, 0, time.UTC)
}

// endParagraph appends what was read since the last one.
func (p *reader) endParagraph() {
	text, item := p.run.String(), strings.TrimSpace(p.item.String())
	p.run.Reset()
	p.item.Reset()
	notes := p.notes
	p.notes = nil
	if p.state.inTable {
		p.keep(text, notes)
		return
	}
	if strings.TrimSpace(text) != "" {
		p.endRow()
		p.endTable()
		switch level := p.level(); {
		case level > 0:
			p.d.Heading(level, strings.ReplaceAll(text, "\n", " "))
		case item != "":
			if !strings.ContainsAny(item, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
				item = "-"
			}
			p.d.Add(qa.BlockListItem, min(max(p.state.depth, 0)+1, 9), item+" "+text)
		default:
			p.d.Add(qa.BlockParagraph, 0, text)
		}
	}
	for _, note := range notes {
		p.d.Add(qa.BlockFootnote, 0, note)
	}
}

// level is that of a heading, by its style or its place in the outline; 0 for body text.
func (p *reader) level() int {
	name := p.styles[p.state.style]
	for _, prefix := range []string{"heading ", "titre ", "überschrift "} {
		if n, err := strconv.Atoi(strings.TrimPrefix(name, prefix)); err == nil && strings.HasPrefix(name, prefix) && n >= 1 && n <= 9 {
			return n
		}
	}
	if name == "title" || name == "titre" {
		return 1
	}
	if p.state.outline >= 1 && p.state.outline <= 9 {
		return p.state.outline
	}
	return 0
}

// maxRow is how many cells, or paragraphs of a cell, are held back: Word stops at 63 cells.
const maxRow = 4096

// keep holds a paragraph of a cell back until its row ends.
func (p *reader) keep(text string, notes []string) {
	draft.CountInvisible(text, p.d.Reading().Hide)
	if text = draft.Clean(text); text != "" {
		p.cell = append(p.cell, draft.Piece{Kind: qa.BlockParagraph, Text: text})
	}
	for _, note := range notes {
		if note = draft.Clean(note); note != "" {
			p.cell = append(p.cell, draft.Piece{Kind: qa.BlockFootnote, Text: note})
		}
	}
	if len(p.cell) > maxRow {
		p.endRow()
	}
}

// endCell ends a cell, or a cell of a table inside it, which is a paragraph of the outer one.
func (p *reader) endCell(outer bool) {
	p.keep(p.run.String(), p.notes)
	p.run.Reset()
	p.notes = nil
	if outer {
		p.row = append(p.row, p.cell)
		p.cell = nil
	}
	if len(p.row) > maxRow {
		p.endRow()
	}
}

// endRow appends a row of a table.
func (p *reader) endRow() {
	if len(p.cell) > 0 {
		p.row = append(p.row, p.cell)
		p.cell = nil
	}
	if len(p.row) == 0 {
		return
	}
	if !p.open {
		p.d.OpenTable()
		p.open = true
	}
	if p.isHead {
		p.d.Header(p.row)
	} else {
		p.d.Row(p.row)
	}
	p.row = nil
}

func (p *reader) endTable() {
	if p.open {
		p.d.CloseTable()
		p.open = false
	}
}
