package proof

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
)

// word is one word of a sentence, a number being one whatever its words.
type word struct {
	analysis.Span
	exact, stem string
	content     bool   // says something of the subject: neither a function word nor one that only carries the sentence
	name        bool   // written with a capital that its place does not ask for
	opening     bool   // the first of its sentence, bare of article, with the capital that its place asks for
	number      bool   // a value, or a code that holds figures
	unit        unit   // of a number
	bound       string // comparison of a number: "<", ">" or ""
	clause      int
	relation    string // preposition that ties it to the sentence, "" for none
	determined  bool   // an article or the like stands before it
}

// unit is what a number counts.
type unit struct {
	scale string // "million", "milliard", "mille", "" for ones
	of    string // symbol, or stem of the noun that follows; "" when none does
	label string // stem of the noun before a number that counts nothing: « article » of « article 12 »
}

// clause is what stands between two marks of a sentence, or a conjunction that opposes.
type clause struct {
	denials int  // negations
	only    bool // « ne … que », « seulement »
}

// sentence is a text cut into words and clauses.
type sentence struct {
	text    string
	words   []word
	clauses []clause
}

// reader reads sentences of one language.
type reader struct {
	analyzer *analysis.Analyzer
	french   bool
}

func newReader(language string) *reader {
	return &reader{analyzer: analysis.New(language), french: language != "en"}
}

// read cuts a text into words, and says of each how it stands.
func (r *reader) read(text string) sentence {
	s := sentence{text: text}
	tokens := single(r.analyzer.Append(nil, text))
	numerals := map[int]analysis.Numeral{}
	if r.french {
		for _, n := range analysis.Numerals(text, tokens) {
			if !hasDigit(text[n.Start:n.End]) {
				numerals[n.Start] = n
			}
		}
	}
	capitals := shouted(text)
	clauseAt, at := 0, 0
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		gap := text[at:t.Start]
		if i > 0 && (parts(gap) || opposing[t.Exact]) {
			clauseAt++
		}
		w := word{Span: analysis.Span{Start: t.Start, End: t.End}, exact: t.Exact, stem: t.Stem, clause: clauseAt}
		if n, ok := numerals[t.Start]; ok {
			for i+1 < len(tokens) && tokens[i+1].End <= n.End {
				i++
			}
			w.End, w.exact, w.number = n.End, strconv.Itoa(n.Value), true
			w.stem = w.exact
		}
		w.number = w.number || hasDigit(w.exact)
		first, _ := utf8.DecodeRuneInString(text[w.Start:w.End])
		upper := unicode.IsUpper(first) && !capitals
		opens := i == 0 && strings.IndexFunc(gap, unicode.IsLetter) < 0
		w.content = !w.number && !t.Stop && !functionWords[t.Exact] && !carriers[t.Exact]
		w.name = upper && !w.number && !functionWords[t.Exact] && (!opens && !t.Stop || acronym(text[w.Start:w.End]))
		w.opening = upper && opens && w.content && !w.name
		w.relation, w.determined = standing(s.words, gap)
		s.words = append(s.words, w)
		at = w.End
	}
	s.clauses = make([]clause, clauseAt+1)
	for i := range s.words {
		s.quantify(i)
	}
	s.countDenials()
	return s
}

// single keeps one token for each word: the whole of a compound that holds figures, the parts of others.
func single(tokens []analysis.Token) []analysis.Token {
	var out []analysis.Token
	end := 0
	for _, t := range tokens {
		switch {
		case t.Start < end:
			continue
		case t.Joined && !hasDigit(t.Exact):
			continue
		case t.Joined:
			end = t.End
		}
		out = append(out, t)
	}
	return out
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

// acronym reports two capitals or more, and no small letter but a plural.
func acronym(s string) bool {
	n := 0
	for _, r := range strings.TrimSuffix(s, "s") {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			n++
		}
	}
	return n >= 2
}

// shouted reports a text in capitals, where they say nothing.
func shouted(text string) bool {
	upper, lower := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	return upper > 2*lower && upper > 12
}

// parts reports a mark that ends a clause in what stands between two words. A comma or a dot between figures is part
// of the number, and never stands in a gap.
func parts(gap string) bool { return strings.ContainsAny(gap, ",;:()—–|.!?…[]") }

// opposing words begin a clause without a mark.
var opposing = set("mais sauf hormis excepté but except unless whereas")

// standing finds what ties a word to the sentence: the nearest preposition before it, and whether an article or the
// like stands between.
func standing(before []word, gap string) (relation string, determined bool) {
	elided := strings.ToLower(lastElision.FindString(gap))
	switch strings.TrimRight(elided, "'’ ") {
	case "l":
		determined = true
	case "d":
		return "de", false
	}
	if parts(gap) {
		return "", determined
	}
	for i := len(before) - 1; i >= 0 && i >= len(before)-3; i-- {
		w := before[i].exact
		switch {
		case contracted[w] != "":
			return contracted[w], true
		case prepositions[w]:
			return w, determined
		case determiners[w]:
			determined = true
		default:
			return "", determined
		}
	}
	return "", determined
}

var lastElision = regexp.MustCompile(`(?i)(?:^|[^\pL])[ld]['’]\s*$`)

// quantify finds the unit and the comparison of the number at i.
func (s *sentence) quantify(i int) {
	w := &s.words[i]
	if !w.number {
		return
	}
	w.bound = s.boundAt(i)
	next := i + 1
	rest := s.text[w.End:]
	if sym := symbolAt(rest); sym != "" {
		w.unit.of = sym
		return
	}
	if next < len(s.words) && !parts(s.gap(next)) {
		if scale := scales[s.words[next].exact]; scale != "" {
			w.unit.scale = scale
			if sym := symbolAt(s.text[s.words[next].End:]); sym != "" {
				w.unit.of = sym
				return
			}
			next++
			if next < len(s.words) && (s.words[next].exact == "de" || s.words[next].exact == "of") {
				next++
			}
		}
	}
	if next < len(s.words) && !parts(s.gap(next)) {
		n := s.words[next]
		switch {
		case n.exact == "pour" && next+1 < len(s.words) && s.words[next+1].exact == "cent" || n.exact == "per" && next+1 < len(s.words) && s.words[next+1].exact == "cent":
			w.unit.of = "%"
			return
		case units[n.exact] != "":
			w.unit.of = units[n.exact]
			return
		case n.content && !n.number || months[n.exact]:
			w.unit.of = n.stem
			return
		}
	}
	if i > 0 && s.words[i-1].content && !parts(s.gap(i)) {
		w.unit.label = s.words[i-1].stem
	}
}

// gap is the text before word i.
func (s *sentence) gap(i int) string {
	start := 0
	if i > 0 {
		start = s.words[i-1].End
	}
	return s.text[start:s.words[i].Start]
}

// symbolAt reads a symbol of a unit at the start of a text, after spaces.
func symbolAt(rest string) string {
	rest = strings.TrimLeft(rest, " \u00a0\u202f\u2009")
	r, _ := utf8.DecodeRuneInString(rest)
	switch r {
	case '%', '‰', '€', '$', '£', '°':
		return string(r)
	}
	return ""
}

// boundAt finds « plus de », « au moins », « jusqu'à » before a number.
func (s *sentence) boundAt(i int) string {
	from := max(0, i-4)
	before := analysis.Fold(s.text[s.words[from].Start:s.words[i].Start])
	before = strings.TrimRight(strings.ReplaceAll(before, "’", "'"), " \u00a0\u202f")
	for _, b := range bounds {
		if strings.HasSuffix(before, b[0]) {
			return b[1]
		}
	}
	return ""
}

var bounds = [][2]string{
	{"plus de", ">"}, {"au moins", ">"}, {"superieur a", ">"}, {"superieure a", ">"}, {"superieurs a", ">"}, {"minimum", ">"}, {"au-dela de", ">"}, {"depasse", ">"},
	{"moins de", "<"}, {"au plus", "<"}, {"au maximum", "<"}, {"jusqu'a", "<"}, {"inferieur a", "<"}, {"inferieure a", "<"}, {"inferieurs a", "<"}, {"maximum", "<"},
	{"more than", ">"}, {"at least", ">"}, {"over", ">"}, {"above", ">"}, {"less than", "<"}, {"at most", "<"}, {"up to", "<"}, {"fewer than", "<"}, {"under", "<"}, {"below", "<"},
}

// countDenials counts the negations of each clause: « ne … pas » is one, « ne … que » is none and limits.
func (s *sentence) countDenials() {
	used := make([]bool, len(s.words))
	for i, w := range s.words {
		c := &s.clauses[w.clause]
		if w.exact != "ne" && !elidedNe.MatchString(s.gap(i)) {
			continue
		}
		from := i
		if w.exact == "ne" {
			from++
		}
		end, limits := s.denialFrom(from)
		switch {
		case end >= 0:
			used[end] = true
			if end+1 < len(s.words) && denials[s.words[end+1].exact] {
				used[end+1] = true // « ne … plus jamais »
			}
			c.denials++
		case limits:
			c.only = true
		default:
			c.denials++ // « ne saurait être »
		}
	}
	for i, w := range s.words {
		c := &s.clauses[w.clause]
		switch {
		case !used[i] && alone[w.exact], isContracted(s.text[w.Start:w.End]):
			c.denials++
		case limiting[w.exact]:
			c.only = true
		}
	}
}

// denialFrom finds the second word of a negation that « ne » opens before word i; limits is « que » in its place.
func (s *sentence) denialFrom(i int) (end int, limits bool) {
	for k := i; k < len(s.words) && k < i+8; k++ {
		w := s.words[k]
		if denials[w.exact] {
			return k, false
		}
		if w.exact == "que" || elidedQue.MatchString(s.gap(k)) && k > i {
			return -1, true
		}
	}
	return -1, false
}

var (
	elidedNe  = regexp.MustCompile(`(?i)(?:^|[^\pL])n['’]\s*$`)
	elidedQue = regexp.MustCompile(`(?i)(?:^|[^\pL])qu['’]\s*$`)
)

func isContracted(s string) bool {
	s = strings.ToLower(s)
	return strings.HasSuffix(s, "n't") || strings.HasSuffix(s, "n’t") || s == "cannot"
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[analysis.Fold(w)] = true
	}
	return m
}

// holds reports a word by its exact form.
func (s *sentence) holds(exact string) bool {
	return slices.ContainsFunc(s.words, func(w word) bool { return w.exact == exact })
}
