package extract

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/ocr"
	"rapporteur/qa"
)

const (
	// noiseWord is the confidence below which a word without letters and digits is a stain.
	noiseWord = 0.30
	// noiseLine is the confidence that every word of a stain stays below: a signature, the edge of a
	// stamp. True words come out so low too, but never a whole line of them.
	noiseLine = 0.60
	// fewBullets is how many lines of a page must start like a list item before they are taken for some.
	fewBullets = 2
)

// recognised is what was found on one page.
type recognised struct {
	index  int // of the page
	blocks []recognisedBlock
}

// recognisedBlock is a paragraph, list item or page number that was recognised.
type recognisedBlock struct {
	kind       qa.BlockKind
	text       string
	words      int
	confidence float64 // mean of its words
}

// paragraphsOf makes blocks of what was recognised on a page. Headings are not guessed.
func paragraphsOf(page ocr.Page) []recognisedBlock {
	page = withoutNoise(page)
	bullets := bulletsOf(page)
	var blocks []recognisedBlock
	for _, p := range page.Paragraphs {
		for from := 0; from < len(p.Lines); {
			to := from + 1
			for to < len(p.Lines) && !bullets[firstWord(p.Lines[to])] {
				to++
			}
			if b := blockOf(p.Lines[from:to], bullets); b.text != "" {
				blocks = append(blocks, b)
			}
			from = to
		}
	}
	if n := len(blocks); n > 0 && foot.MatchString(blocks[n-1].text) {
		blocks[n-1].kind = qa.BlockFurniture
	}
	return blocks
}

// foot matches what stands alone at the foot of a page: "12", "p4", "Page 3 / 6", "- 7 -".
var foot = regexp.MustCompile(`(?i)^[-–—]?\s*(page|p\.?)?\s*\d{1,4}(\s*(/|sur)\s*\d{1,4})?\s*[-–—]?$`)

// withoutNoise leaves out what was read where nothing is written.
func withoutNoise(page ocr.Page) ocr.Page {
	var kept []ocr.Paragraph
	for _, p := range page.Paragraphs {
		var lines []ocr.Line
		for _, l := range p.Lines {
			if words := trueWords(l.Words); len(words) > 0 {
				lines = append(lines, ocr.Line{Words: words})
			}
		}
		if len(lines) > 0 {
			kept = append(kept, ocr.Paragraph{Block: p.Block, Lines: lines})
		}
	}
	page.Paragraphs = kept
	return page
}

func trueWords(words []ocr.Word) []ocr.Word {
	best := 0.0
	var kept []ocr.Word
	for _, w := range words {
		if w.Confidence < noiseWord && !strings.ContainsFunc(w.Text, wordRune) {
			continue
		}
		best = max(best, w.Confidence)
		kept = append(kept, w)
	}
	if best < noiseLine {
		return nil
	}
	return kept
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// bulletsOf gives the signs that bullets were read as: Tesseract takes "•" for a letter "e" or a degree
// sign. A sign that only one line starts with is left alone.
func bulletsOf(page ocr.Page) map[string]bool {
	count := map[string]int{}
	for _, p := range page.Paragraphs {
		for _, l := range p.Lines {
			switch first := firstWord(l); first {
			case "e", "°", "*", "«e", "©", "¢":
				count[first]++
			case "•", "●", "▪", "■", "-", "–", "—":
				count[first] = fewBullets
			}
		}
	}
	bullets := map[string]bool{}
	for sign, n := range count {
		if n >= fewBullets {
			bullets[sign] = true
		}
	}
	return bullets
}

// firstWord is the first of several words of a line.
func firstWord(l ocr.Line) string {
	if len(l.Words) < 2 {
		return ""
	}
	return l.Words[0].Text
}

// blockOf joins lines to a block; one that starts with a bullet is an item of a list.
func blockOf(lines []ocr.Line, bullets map[string]bool) recognisedBlock {
	b := recognisedBlock{kind: qa.BlockParagraph}
	text := ""
	for i, l := range lines {
		words := l.Words
		if i == 0 && bullets[firstWord(l)] {
			b.kind, text, words = qa.BlockListItem, bulletSign(firstWord(l)), words[1:]
		}
		line := make([]string, len(words))
		for j, w := range words {
			line[j] = w.Text
			b.confidence += w.Confidence
		}
		b.words += len(words)
		text = joinLine(text, strings.Join(line, " "))
	}
	b.confidence /= float64(max(1, b.words))
	b.text = draft.Clean(text)
	return b
}

// bulletSign keeps dashes and gives every other sign back as the bullet it was.
func bulletSign(read string) string {
	if strings.ContainsAny(read, "-–—") {
		return read
	}
	return "•"
}

// joinLine appends a line to a text. A word cut at the line's end is mended where two letters or more
// stand before the hyphen and a small letter behind it; compounds that are common in French keep it.
func joinLine(text, line string) string {
	if text == "" {
		return line
	}
	head, cut := strings.CutSuffix(text, "-")
	last := lastWord(head)
	next, _ := utf8.DecodeRuneInString(line)
	switch {
	case !cut || last == "" || !unicode.IsLower(next):
		return text + " " + line
	case utf8.RuneCountInString(last) < 2 || strings.Contains(last, "-") || compound(strings.ToLower(last)):
		return text + line
	}
	return head + line
}

// lastWord is the run of letters and hyphens at the end.
func lastWord(s string) string {
	end := strings.TrimRightFunc(s, func(r rune) bool { return unicode.IsLetter(r) || r == '-' })
	return s[len(end):]
}

// compound knows words that a hyphen follows in French compounds.
func compound(word string) bool {
	switch word {
	case "peut", "celui", "celle", "ceux", "celles", "au", "par", "ci", "là", "non", "soi", "vice", "quasi", "ex",
		"lui", "elle", "eux", "vis", "avant", "après", "demi", "mi", "sous", "grand", "contre":
		return true
	}
	return false
}
