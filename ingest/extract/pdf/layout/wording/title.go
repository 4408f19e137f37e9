package wording

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxTitle is the longest title or heading, in runes; longer is a text in large letters.
const MaxTitle = 200

// maxNumbered is the longest with the number of a section.
const maxNumbered = 300

// headed finds the number of a section at the start of its title: « 2.3.1 », « Critère 1.8 », « Article 4 ».
var headed = regexp.MustCompile(`^(?:\p{Lu}\p{L}+ (?:n° ?)?)?(?:\d{1,2}(?:\.\d{1,2})+|\d{1,3})[.:)]? `)

// TitleText reports words that can be those of a heading.
func TitleText(text string) bool {
	section, longest := headed.FindString(text), MaxTitle
	if section != "" {
		longest = maxNumbered
	}
	least := 3
	if strings.Contains(section, ".") {
		least = 1 // « 2.3.1 A »
	}
	first, _ := utf8.DecodeRuneInString(text)
	return utf8.RuneCountInString(text) <= longest && Letters(text) >= least &&
		!strings.ContainsRune(".;,", LastRune(text)) && !unicode.IsLower(first)
}

// Capitals reports a text of capitals only, too long for an acronym.
func Capitals(text string) bool { return Letters(text) > 8 && strings.ToUpper(text) == text }

var number = regexp.MustCompile(`^\(?(\d|[IVX]+[.)]|[A-Za-z][.)])`)

// Numbered reports a list marker that a heading can have too.
func Numbered(text string) bool { return number.MatchString(text) }

// Letters counts the letters of a text.
func Letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// Opens reports a text that can open a sentence or an entry: it starts with a capital or a digit.
func Opens(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsUpper(r) || unicode.IsDigit(r) || strings.ContainsRune("«“\"#", r)
}

// Terminal reports that the text ends like a sentence, perhaps before a note mark, or announces what follows.
func Terminal(text string) bool {
	t := strings.TrimRight(text, " »”\")]’⁰¹²³⁴⁵⁶⁷⁸⁹")
	return t == "" || strings.ContainsRune(".!?…:;", LastRune(t))
}

// CutCompound reports a line that ends with a hyphen glued to a word and goes on with another:
// PDFium keeps the hyphen where it does not take it for a cut.
func CutCompound(text, next string) bool {
	before, found := strings.CutSuffix(text, "-")
	return found && before != "" && WordRune(LastRune(before)) && StartsLower(next)
}

// captionText finds the name and number at the start of a caption: « Figure 3 : », « Tableau 2 – ».
var captionText = regexp.MustCompile(`^(?i:figures?|fig\.|tableaux?|table|graphiques?|schémas?|illustrations?|cartes?|encadrés?|photos?|images?|diagrammes?|chart|graph|map|box)` +
	`\s*(?:n°\s*)?(?:\d{1,3}(?:[.-]\d{1,3})*|[A-Z]|[IVX]{1,5})(?:\s?[:.–—-]\s|\s?[:.]?$|\s\p{Lu})`)

// maxCaption is the longest caption, in bytes.
const maxCaption = 400

// Caption reports the caption of a table or figure.
func Caption(text string) bool { return len(text) <= maxCaption && captionText.MatchString(text) }

var fileName = regexp.MustCompile(`(?i)\.(pdf|docx?|odt|rtf|indd|pptx?|xlsx?|html?|tex|qxd)\s*$`)

// Written reports a title in the metadata that a person wrote, and no program.
func Written(title string) bool {
	lower := strings.ToLower(title)
	for _, start := range []string{"microsoft ", "untitled", "sans titre", "document1", "powerpoint "} {
		if strings.HasPrefix(lower, start) {
			return false
		}
	}
	return Letters(title) >= 3 && !fileName.MatchString(title) && (strings.Contains(title, " ") || !strings.Contains(title, "_"))
}

// Cut keeps a title within what fits a list.
func Cut(title string) string {
	r := []rune(title)
	if len(r) > MaxTitle {
		return strings.TrimSpace(string(r[:MaxTitle-1])) + "…"
	}
	return title
}
