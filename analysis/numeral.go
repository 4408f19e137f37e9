package analysis

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Numeral is a number in a French text, however it is written: 3, trois, III; 3e, troisième, IIIe.
type Numeral struct {
	Start, End int // bytes in the source
	Value      int // 1 to 999,999
	Ordinal    bool
}

// maxRoman is the highest number read and written in Roman numerals. Past it stand no kings, centuries or
// tomes, but CV, XL and LI.
const maxRoman = 39

// Numerals finds the numbers of a text in order, given its words as Analyze cuts them in French. The
// articles un and une, years apart from their words, and figures with decimals are none.
func Numerals(text string, tokens []Token) []Numeral {
	w := numeralWords{text: text}
	for _, t := range tokens {
		if !t.Joined {
			w.tokens = append(w.tokens, t)
		}
	}
	var out []Numeral
	for i := 0; i < len(w.tokens); {
		value, ordinal, n := w.at(i)
		if n == 0 || value < 1 {
			i++
			continue
		}
		out = append(out, Numeral{w.tokens[i].Start, w.tokens[i+n-1].End, value, ordinal})
		i += n
	}
	return out
}

// numeralWords reads numbers from words. Its methods give the value of what stands at token i and how
// many tokens it takes, none where no number stands there.
type numeralWords struct {
	text   string
	tokens []Token
}

func (w numeralWords) at(i int) (value int, ordinal bool, n int) {
	if value, ordinal, ok := w.figure(i); ok {
		return value, ordinal, 1
	}
	if value, ordinal, ok := w.roman(i); ok {
		return value, ordinal, 1
	}
	value, n = w.thousands(i)
	last := i + n
	if n > 0 && last+1 < len(w.tokens) && w.tokens[last].Exact == "et" && w.follows(last) {
		last++ // vingt et unième
	}
	switch end, ok := w.ordinal(last, i); {
	case ok && n == 0:
		return end, true, 1
	case ok && (last == i+n || end == 1 || end == 11):
		if whole, ok := joinOrdinal(value, end); ok {
			return whole, true, last + 1 - i
		}
	}
	if n == 1 && value == 1 {
		return 0, false, 0
	}
	return value, false, n
}

// joinOrdinal adds the last word of an ordinal to the number before it: vingt and troisième, deux and centième.
func joinOrdinal(value, last int) (int, bool) {
	switch {
	case last == 100 && value > 1 && value < 10, last == 20 && value == 4, last == 1000 && value < 1000:
		return value * last, true
	case last < 10 && value%10 == 0, last < 20 && (value%100 == 60 || value%100 == 80), last < 100 && value%100 == 0:
		return value + last, true
	case last > 6 && last < 10 && value%20 == 10: // dix-septième, soixante-dix-septième
		return value + last, true
	}
	return 0, false
}

// figure reads 3, 3e, 3ème, 1er and their like; 2020 and 1500 are figures too.
func (w numeralWords) figure(i int) (value int, ordinal, ok bool) {
	exact := w.tokens[i].Exact
	end := digits(exact, 0)
	if end == 0 || end > 6 {
		return 0, false, false
	}
	value, _ = strconv.Atoi(exact[:end])
	switch exact[end:] {
	case "":
		return value, false, exact[0] != '0'
	case "e", "eme", "ieme", "es", "emes":
		return value, true, true
	case "er", "re", "ere", "ers", "res", "eres":
		return value, true, value == 1
	case "d", "de", "nd", "nde":
		return value, true, value == 2
	}
	return 0, false, false
}

// roman reads XIV, XIXe and IIème in capitals. One letter is a number only after a word that numbers
// something or a name: « article V », « Charles X », « Ier » alone.
func (w numeralWords) roman(i int) (value int, ordinal, ok bool) {
	t := w.tokens[i]
	word := w.text[t.Start:t.End]
	n := 0
	for n < len(word) && strings.IndexByte("IVX", word[n]) >= 0 {
		n++
	}
	if value = romans[strings.ToLower(word[:n])]; value == 0 {
		return 0, false, false
	}
	switch suffix := Fold(word[n:]); suffix {
	case "":
		return value, false, n > 1 || i > 0 && w.numbers(i-1)
	case "e", "eme", "es":
		upper := suffix == "e" && word[n] == 'E' // VIE, all capitals
		return value, true, !upper || i+1 < len(w.tokens) && strings.HasPrefix(w.tokens[i+1].Exact, "siecle")
	case "er", "re", "ere":
		return value, true, value == 1
	}
	return 0, false, false
}

// numbers reports whether a Roman numeral may follow token i.
func (w numeralWords) numbers(i int) bool {
	t := w.tokens[i]
	word := w.text[t.Start:t.End]
	return numbered[strings.TrimSuffix(t.Exact, "s")] || startsUpper(word) && word != strings.ToUpper(word)
}

var numbered = wordSet(`article art titre chapitre tome livre partie section annexe volume acte phase niveau scene axe
	groupe categorie type lot pilier concile republique`)

// ordinal reads the last word of an ordinal, as part of a number that starts at first.
func (w numeralWords) ordinal(i, first int) (value int, ok bool) {
	if i >= len(w.tokens) || i > first && !w.follows(i) {
		return 0, false
	}
	word := strings.TrimSuffix(w.tokens[i].Exact, "s")
	if i == first && word == "unieme" {
		return 0, false
	}
	value, ok = ordinalWords[word]
	return value, ok && (i == first || word != "premier" && word != "premiere" && word != "second" && word != "seconde")
}

// follows reports whether nothing but spaces and a hyphen stand before token i.
func (w numeralWords) follows(i int) bool {
	return i == 0 || strings.TrimFunc(w.text[w.tokens[i-1].End:w.tokens[i].Start], func(r rune) bool {
		return unicode.IsSpace(r) || isHyphen(r)
	}) == ""
}

// word is the value of token i, as part of a number whose words up to i are read.
func (w numeralWords) word(i, first int) (value int, ok bool) {
	if i >= len(w.tokens) || i > first && !w.follows(i) {
		return 0, false
	}
	value, ok = cardinalWords[w.tokens[i].Exact]
	return value, ok
}

func (w numeralWords) thousands(i int) (value, n int) { return w.scaled(i, 1000, 999, w.hundreds) }

func (w numeralWords) hundreds(i int) (value, n int) { return w.scaled(i, 100, 9, w.tens) }

// scaled reads a number of units, a hundred or a thousand, each of which below reads: « trois cents », but neither
// « un cent » nor more of them than most; and what follows them.
func (w numeralWords) scaled(i, unit, most int, below func(i int) (value, n int)) (value, n int) {
	value, n = below(i)
	if v, ok := w.word(i+n, i); !ok || v != unit || n > 0 && (value < 2 || value > most) {
		return value, n
	}
	value, n = max(value, 1)*unit, n+1
	if i+n < len(w.tokens) && w.follows(i+n) {
		rest, m := below(i + n)
		value, n = value+rest, n+m
	}
	return value, n
}

// tens reads 1 to 99: soixante and quatre-vingts go on to nineteen more, the others to nine.
func (w numeralWords) tens(i int) (value, n int) {
	v, ok := w.word(i, i)
	if !ok || v > 99 {
		return 0, 0
	}
	value, n = v, 1
	if next, ok := w.word(i+1, i); v == 4 && ok && next == 20 {
		value, n = 80, 2
	}
	if value < 20 && value != 10 {
		return value, n
	}
	rest := i + n
	if rest < len(w.tokens) && w.tokens[rest].Exact == "et" && w.follows(rest) {
		rest++
	}
	unit, ok := w.word(rest, i)
	switch and := rest > i+n; {
	case !ok || and && unit != 1 && unit != 11:
	case value == 10 && unit > 6 && unit < 10, value > 10 && unit < 10, (value == 60 || value == 80) && unit < 17:
		value, n = value+unit, rest+1-i
		if more, ok := w.word(i+n, i); unit == 10 && ok && more > 6 && more < 10 {
			value, n = value+more, n+1
		}
	}
	return value, n
}

// The words of numbers, folded.
var (
	cardinals = strings.Fields(`zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize`)
	ordinals  = strings.Fields(`- premier deuxieme troisieme quatrieme cinquieme sixieme septieme huitieme neuvieme
		dixieme onzieme douzieme treizieme quatorzieme quinzieme seizieme`)
	decades = strings.Fields(`- dix vingt trente quarante cinquante soixante septante huitante nonante`)

	cardinalWords, ordinalWords = numberWords()
)

func numberWords() (cardinal, ordinal map[string]int) {
	cardinal = map[string]int{"une": 1, "octante": 80, "vingts": 20, "cent": 100, "cents": 100, "mille": 1000, "mil": 1000}
	ordinal = map[string]int{"premiere": 1, "unieme": 1, "second": 2, "seconde": 2, "centieme": 100, "millieme": 1000}
	for v := 1; v < len(cardinals); v++ {
		cardinal[cardinals[v]], ordinal[ordinals[v]] = v, v
	}
	for v := 1; v < len(decades); v++ {
		cardinal[decades[v]] = 10 * v
		ordinal[strings.TrimSuffix(decades[v], "e")+"ieme"] = 10 * v
	}
	return cardinal, ordinal
}

// Spellings gives the ways to write the number, folded, compounds with hyphens: those that people use for
// a number of its size. What it is written as itself is among them.
func (n Numeral) Spellings() []string {
	figures := strconv.Itoa(n.Value)
	roman := ""
	if n.Value <= maxRoman {
		roman = romanOf(n.Value)
	}
	out := []string{figures}
	if !n.Ordinal {
		if n.Value > 1 && (n.Value <= 100 || n.Value <= 1000 && n.Value%100 == 0) {
			out = append(out, inWords(n.Value))
		}
		if len(roman) > 1 {
			out = append(out, roman)
		}
		return out
	}
	out[0] += "e"
	switch n.Value {
	case 1:
		return []string{"1er", "1re", "1ere", "premier", "premiere", "ier", "ire"}
	case 2:
		out = append(out, "2nd", "2nde", "2d", "second", "seconde")
	}
	out = append(out, figures+"eme")
	if n.Value <= 100 {
		out = append(out, ordinalInWords(n.Value))
	}
	if roman != "" && roman != "vi" { // VIe and vie fold alike
		out = append(out, roman+"e", roman+"eme")
	}
	return out
}

// inWords spells 2 to 1,000 the French way, in lower case.
func inWords(v int) string {
	switch {
	case v == 1000:
		return "mille"
	case v == 100:
		return "cent"
	case v > 100:
		return cardinals[v/100] + " cents"
	case v < len(cardinals):
		return cardinals[v]
	case v == 80:
		return "quatre-vingts"
	case v > 80:
		return "quatre-vingt-" + inWords(v-80)
	case v > 60 && v%20 == 11:
		return "soixante et onze"
	case v > 60:
		return "soixante-" + inWords(v-60)
	case v%10 == 0:
		return decades[v/10]
	case v%10 == 1 && v > 20:
		return decades[v/10] + " et un"
	}
	return decades[v/10] + "-" + cardinals[v%10]
}

func ordinalInWords(v int) string {
	word := inWords(v)
	cut := strings.LastIndexAny(word, " -") + 1
	last := word[cut:]
	switch i := slices.Index(cardinals, last); {
	case i > 1:
		return word[:cut] + ordinals[i]
	case v > 1 && i == 1:
		return word[:cut] + "unieme"
	}
	return word[:cut] + strings.TrimSuffix(strings.TrimSuffix(last, "s"), "e") + "ieme"
}

// romans are the values of the Roman numerals read, in lower case.
var romans = func() map[string]int {
	values := map[string]int{}
	for v := 1; v <= maxRoman; v++ {
		values[romanOf(v)] = v
	}
	return values
}()

func romanOf(v int) string {
	units := strings.Fields("- i ii iii iv v vi vii viii ix")
	out := strings.Repeat("x", v/10)
	if v%10 > 0 {
		out += units[v%10]
	}
	return out
}

// isRoman reports whether a lower-case word is a Roman numeral of some letters, with or without the
// ending of an ordinal. A stemmer would make one number of XVIe and XVIIIe.
func isRoman(lower string) bool {
	n := 0
	for n < len(lower) && strings.IndexByte("ivx", lower[n]) >= 0 {
		n++
	}
	if n < 2 || lower[n:] != "" && lower[n:] != "e" && lower[n:] != "ème" && lower[n:] != "eme" {
		return false
	}
	return romans[lower[:n]] > 0
}
