package proof

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

// paragraph is a passage of the development data with its title.
type paragraph struct {
	title      string
	statements []string
}

// corpus reads paragraphs of PIAF, of the fiches of labour law and of service-public, in their order.
func corpus(t testing.TB) []paragraph {
	t.Helper()
	var out []paragraph
	add := func(title, text string) {
		p := paragraph{title: title}
		for _, s := range analysis.Sentences(text) {
			p.statements = append(p.statements, text[s.Start:s.End])
		}
		out = append(out, p)
	}
	var piaf struct {
		Data []struct {
			Title      string
			Paragraphs []struct{ Context string }
		}
	}
	read(t, "data/dev/piaf-v1.1/piaf.json", &piaf)
	for _, d := range piaf.Data {
		for _, p := range d.Paragraphs {
			add(d.Title, p.Context)
		}
	}
	for _, name := range []string{"data/dev/droit-travail-fr/corpus_fiches_ministere_travail.jsonl", "data/dev/service-public-fr-2020/corpus.jsonl"} {
		n := 0
		f, err := os.Open(testkit.Shared(t, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() && n < 600 {
			var d struct{ Title, Text string }
			if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
				t.Fatal(err)
			}
			if len(d.Text) > 300 && len(d.Text) < 4000 {
				add(d.Title, d.Text)
				n++
			}
		}
	}
	return out
}

func read(t testing.TB, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(testkit.Shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// sample is a true sentence among the statements of eight passages.
type sample struct {
	text     string
	passage  int // 1 to 8
	examiner func() *Examiner
	nowhere  string // a sentence of a paragraph that is none of the eight
	names    []string
}

// samples draws n sentences of 8 to 45 words, with their own paragraph, those beside it and others.
func samples(t testing.TB, n int) []sample {
	t.Helper()
	all := corpus(t)
	r := rand.New(rand.NewPCG(8, 2026))
	var out []sample
	texts := make([]string, len(all))
	for i, p := range all {
		texts[i] = p.title + " " + strings.Join(p.statements, " ")
	}
	var names []string
	for _, p := range all {
		for _, x := range p.statements {
			if m := properName.FindStringSubmatch(x); m != nil && !functionWords[analysis.Fold(m[1])] {
				names = append(names, m[1])
			}
		}
	}
	for len(out) < n {
		at := r.IntN(len(all))
		p := all[at]
		if len(p.statements) == 0 {
			continue
		}
		text := p.statements[r.IntN(len(p.statements))]
		if words := len(strings.Fields(text)); words < 8 || words > 45 || strings.ContainsAny(text, "|[]<>") || !strings.HasSuffix(text, ".") {
			continue
		}
		s := sample{text: text, passage: 1 + r.IntN(8)}
		var statements []Statement
		for k := 1; k <= 8; k++ {
			from := all[r.IntN(len(all))]
			switch k {
			case s.passage:
				from = p
			case s.passage%8 + 1:
				from = all[(at+1)%len(all)]
			case (s.passage+1)%8 + 1:
				from = all[(at+len(all)-1)%len(all)]
			}
			before := ""
			for _, x := range from.statements {
				statements = append(statements, Statement{Passage: k, Text: x, Context: from.title + "\n" + before})
				before = x
			}
		}
		s.examiner = sync.OnceValue(func() *Examiner { return New(statements, "fr") })
		for s.nowhere == "" {
			o := all[r.IntN(len(all))]
			if o.title != p.title && len(o.statements) > 0 && len(strings.Fields(o.statements[0])) >= 8 {
				s.nowhere = o.statements[0]
			}
		}
		for len(s.names) < 20 {
			if name := names[r.IntN(len(names))]; !strings.Contains(texts[at], name) {
				s.names = append(s.names, name)
			}
		}
		out = append(out, s)
	}
	return out
}

var (
	properName = regexp.MustCompile(`\pL[,']? (\p{Lu}\p{Ll}{3,})\b`)
	figure     = regexp.MustCompile(`\b\d+(?:[,.]\d+)?\b`)
	yearly     = regexp.MustCompile(`\b(?:1[5-9]|20)\d\d\b`)
	unitAfter  = regexp.MustCompile(`(\d)([ \x{a0}\x{202f}]?)(%|€|euros?|millions?|milliards?|jours?|mois|ans|semaines?|heures?|km|kilomètres|mètres|habitants|hectares)(\b|[ .,])`)
	denied     = regexp.MustCompile(`(?i)\b(ne |n['’])(\pL+(?:[ -]\pL+)?) (pas|plus|jamais)\b ?`)
	verb       = regexp.MustCompile(` (est|sont|a|ont|peut|peuvent|doit|doivent|permet|reste|devient|comprend|était|fut) `)
)

// operators each make a false sentence of a true one, "" where they do not apply. Their words are no part of package proof.
var operators = []struct {
	name  string
	apply func(s sample, r *rand.Rand) string
}{
	{"figure changed", func(s sample, r *rand.Rand) string {
		all := figure.FindAllStringIndex(yearly.ReplaceAllString(s.text, "AAAA"), -1)
		if len(all) == 0 {
			return ""
		}
		at := all[r.IntN(len(all))]
		old := s.text[at[0]:at[1]]
		digit := r.IntN(len(old))
		for !unicode.IsDigit(rune(old[digit])) {
			digit = r.IntN(len(old))
		}
		fresh := old[:digit] + strconv.Itoa((int(old[digit]-'0')+1+r.IntN(8))%10) + old[digit+1:]
		return s.text[:at[0]] + fresh + s.text[at[1]:]
	}},
	{"year shifted", func(s sample, r *rand.Rand) string {
		at := yearly.FindStringIndex(s.text)
		if at == nil {
			return ""
		}
		n, _ := strconv.Atoi(s.text[at[0]:at[1]])
		return s.text[:at[0]] + strconv.Itoa(n+[]int{-2, -1, 1, 2, 10}[r.IntN(5)]) + s.text[at[1]:]
	}},
	{"unit swapped", func(s sample, _ *rand.Rand) string {
		m := unitAfter.FindStringSubmatchIndex(s.text)
		if m == nil {
			return ""
		}
		other := map[string]string{"%": "points", "€": "dollars", "euro": "dollar", "euros": "dollars", "million": "milliard", "millions": "milliards", "milliard": "million",
			"milliards": "millions", "jour": "mois", "jours": "mois", "mois": "ans", "ans": "mois", "semaine": "année", "semaines": "mois", "heure": "journée", "heures": "jours", "km": "mètres", "kilomètres": "mètres",
			"mètres": "kilomètres", "habitants": "hectares", "hectares": "habitants"}[s.text[m[6]:m[7]]]
		if other == "" {
			return ""
		}
		return s.text[:m[6]] + other + s.text[m[7]:]
	}},
	{"name replaced", func(s sample, r *rand.Rand) string {
		m := properName.FindStringSubmatchIndex(s.text)
		if m == nil || len(s.names) == 0 {
			return ""
		}
		return s.text[:m[2]] + s.names[r.IntN(len(s.names))] + s.text[m[3]:]
	}},
	{"first name replaced", func(s sample, r *rand.Rand) string {
		first, rest, _ := strings.Cut(s.text, " ")
		if utf8.RuneCountInString(first) < 4 || strings.Count(strings.ToLower(s.text), strings.ToLower(first)) > 1 || len(s.names) == 0 || !regexp.MustCompile(`^\p{Lu}\p{Ll}+$`).MatchString(first) || functionWords[analysis.Fold(first)] {
			return ""
		}
		return s.names[r.IntN(len(s.names))] + " " + rest
	}},
	{"negation added", func(s sample, _ *rand.Rand) string {
		m := verb.FindStringSubmatchIndex(s.text)
		if m == nil {
			return ""
		}
		v := s.text[m[2]:m[3]]
		ne := "ne "
		if strings.ContainsAny(v[:1], "aeo") || strings.HasPrefix(v, "é") {
			ne = "n'"
		}
		return s.text[:m[2]] + ne + v + " pas" + s.text[m[3]:]
	}},
	{"negation removed", func(s sample, _ *rand.Rand) string {
		if !denied.MatchString(s.text) {
			return ""
		}
		return denied.ReplaceAllString(s.text, "$2 ")
	}},
	{"address added", func(s sample, r *rand.Rand) string {
		tail := []string{" (http://exemple.invalid/suite).", " : voir www.exemple.fr.", " [détails](https://exemple.invalid).", " <img src=//exemple.invalid/x>."}
		return strings.TrimSuffix(s.text, ".") + tail[r.IntN(len(tail))]
	}},
	{"sentence from nowhere", func(s sample, _ *rand.Rand) string { return s.nowhere }},
}

// relationSwap exchanges two names or two nouns with their articles.
func relationSwap(s sample, r *rand.Rand) string {
	if m := regexp.MustCompile(`^((?:Le|La|L['’]|Les)\s?\pL{4,}) (\pL+(?: \pL+)?) ((?:le|la|l['’]|les)\s?\pL{4,})([ .,].*)$`).FindStringSubmatch(s.text); m != nil && verb.MatchString(" "+m[2]+" ") {
		lower := func(x string) string { r, n := utf8.DecodeRuneInString(x); return string(unicode.ToLower(r)) + x[n:] }
		upper := func(x string) string { r, n := utf8.DecodeRuneInString(x); return string(unicode.ToUpper(r)) + x[n:] }
		return upper(m[3]) + " " + m[2] + " " + lower(m[1]) + m[4]
	}
	all := properName.FindAllStringSubmatchIndex(s.text, -1)
	if len(all) < 2 {
		return ""
	}
	a, b := all[0], all[len(all)-1]
	x, y := s.text[a[2]:a[3]], s.text[b[2]:b[3]]
	between := s.text[a[3]:b[2]]
	if x == y || strings.Count(s.text, x) > 1 || strings.Count(s.text, y) > 1 || !verb.MatchString(between) {
		return ""
	}
	return s.text[:a[2]] + y + between + x + s.text[b[3]:]
}

// paraphrases say the same in other words.
var paraphrases = []struct {
	name  string
	apply func(text string, r *rand.Rand) string
}{
	{"order: opening moved to the end", func(text string, _ *rand.Rand) string {
		m := regexp.MustCompile(`^((?:En|Dans|Depuis|Pour|À|Au|Avec|Selon|Pendant|Lors|Après|Avant|Dès) [^,]{3,60}), (\pL[^;:]{30,})\.$`).FindStringSubmatch(text)
		if m == nil {
			return ""
		}
		return upperFirst(m[2]) + " " + lowerFirst(m[1]) + "."
	}},
	{"order: end moved to the opening", func(text string, _ *rand.Rand) string {
		m := regexp.MustCompile(`^(\p{Lu}[^,;:]{30,}) ((?:en|depuis|dans|lors|pendant|dès) [^,;:]{4,30})\.$`).FindStringSubmatch(text)
		if m == nil {
			return ""
		}
		return upperFirst(m[2]) + ", " + lowerArticle(m[1]) + "."
	}},
	{"synonym", func(text string, r *rand.Rand) string { return replaceWords(text, r, 1) }},
	{"two synonyms", func(text string, r *rand.Rand) string { return replaceWords(text, r, 2) }},
	{"passive to active", func(text string, _ *rand.Rand) string {
		m := regexp.MustCompile(`^([^,;:]{4,60}?) (?:est|a été|fut) (\pL+é)(?:e|s|es)? par ([^,;:.]{4,60})\.$`).FindStringSubmatch(text)
		if m == nil {
			return ""
		}
		return upperFirst(m[3]) + " a " + m[2] + " " + lowerArticle(m[1]) + "."
	}},
	{"relative clause alone", func(text string, _ *rand.Rand) string {
		m := regexp.MustCompile(`^([^,;:]{25,}), [^.;:]{8,}\.$`).FindStringSubmatch(text)
		if m == nil || len(strings.Fields(m[1])) < 6 || regexp.MustCompile(`^(?:En|Dans|Depuis|Pour|À|Au|Avec|Selon|Pendant|Lors|Après|Avant|Dès|Si|Quand|Lorsque)\b`).MatchString(m[1]) {
			return ""
		}
		return m[1] + "."
	}},
}

func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

func lowerArticle(s string) string {
	if regexp.MustCompile(`^(?:Le|La|Les|L['’]|Un|Une|Des|Ce|Cette|Ces|Il|Elle|Ils|Elles|Son|Sa|Ses|Leur|On)\b`).MatchString(s) {
		return lowerFirst(s)
	}
	return s
}

// exchange is the list of synonyms of the paraphrases; it was written apart from that of package proof.
var exchange = map[string]string{
	"important": "majeur", "importante": "majeure", "importants": "majeurs", "importantes": "majeures", "nombreux": "multiples", "nombreuses": "multiples",
	"permet": "autorise", "également": "aussi", "notamment": "en particulier", "lorsque": "quand", "afin": "dans le but", "débute": "commence", "débuté": "commencé",
	"commence": "débute", "utilisé": "employé", "utilisée": "employée", "utilisés": "employés", "utilise": "emploie", "créé": "fondé", "créée": "fondée", "fondée": "créée", "fondé": "créé",
	"ville": "commune", "commune": "ville", "salarié": "employé", "salariés": "employés", "entreprise": "société", "entreprises": "sociétés", "habitants": "résidents",
	"construit": "bâti", "construite": "bâtie", "réalisé": "effectué", "réalisée": "effectuée", "publié": "paru", "demande": "requête", "aide": "soutien", "augmentation": "hausse", "hausse": "augmentation",
	"diminution": "baisse", "baisse": "diminution", "débat": "discussion", "début": "commencement", "fin": "terme", "obtenir": "recevoir", "choisi": "retenu", "situé": "localisé", "située": "localisée",
	"principal": "majeur", "principale": "majeure", "premier": "tout premier", "grand": "vaste", "grande": "vaste", "plusieurs": "divers", "environ": "à peu près", "cependant": "toutefois", "toutefois": "cependant",
	"devenir": "se transformer en", "appelé": "nommé", "appelée": "nommée", "nommé": "désigné", "dirigé": "conduit", "montre": "révèle", "célèbre": "renommé", "mort": "décès", "travail": "emploi",
	"véhicule": "voiture", "logement": "habitation", "document": "écrit", "documents": "écrits", "délai": "laps de temps", "versée": "payée", "versé": "payé", "bénéficier": "profiter",
	"effectuer": "réaliser", "réaliser": "effectuer", "demander": "solliciter", "concerne": "touche", "organisé": "tenu", "avant": "préalablement à", "après": "à la suite de", "pendant": "durant", "durant": "pendant",
}

func replaceWords(text string, r *rand.Rand, n int) string {
	words := strings.Split(text, " ")
	order := r.Perm(len(words))
	done := 0
	for _, i := range order {
		if o, ok := exchange[words[i]]; ok && done < n {
			words[i] = o
			done++
		}
	}
	if done < n {
		return ""
	}
	return strings.Join(words, " ")
}

// TestInventions holds how many false sentences pass, by operator, and how many true ones: the figures.
func TestInventions(t *testing.T) {
	pool := samples(t, 6000)
	r := rand.New(rand.NewPCG(1, 8))
	each := 1000/len(operators) + 1
	made, shown := 0, 0
	for _, op := range operators {
		n, passed := 0, 0
		for _, s := range pool {
			if n == each {
				break
			}
			text := op.apply(s, r)
			if text == "" || text == s.text {
				continue
			}
			n++
			if f := s.examiner().Examine(text, []int{s.passage}); f.Verdict != qa.SentenceUnsupported {
				passed++
				t.Logf("SHOWN %s (%s): %s\n\tof: %s\n\tproof: %s", op.name, f.Verdict, text, s.text, proofs(s.examiner(), f))
			}
		}
		t.Logf("%-24s %d of %d shown", op.name, passed, n)
		made, shown = made+n, shown+passed
	}
	t.Logf("%-24s %d of %d shown (%.2f %%)", "all", shown, made, 100*float64(shown)/float64(made))
	if made < 950 || 100*shown > made {
		t.Errorf("%d of %d false sentences are shown, at most 1 %%", shown, made)
	}
	n, passed := 0, 0
	for _, s := range pool {
		text := relationSwap(s, r)
		if text == "" || text == s.text || n == 100 {
			continue
		}
		n++
		if f := s.examiner().Examine(text, []int{s.passage}); f.Verdict != qa.SentenceUnsupported {
			passed++
			t.Logf("SHOWN relation: %s\n\tof: %s", text, s.text)
		}
	}
	t.Logf("%-24s %d of %d shown", "relation swap", passed, n)
	if n < 60 || 100*passed > 15*n {
		t.Errorf("%d of %d turned relations are shown, at most 15 %%", passed, n)
	}
}

func proofs(e *Examiner, f Finding) string {
	var out []string
	for _, n := range f.Statements {
		out = append(out, e.statements[n].Text)
	}
	return strings.Join(out, " ## ")
}

// TestTrueSentences holds how many true sentences are kept, as they stand and in other words.
func TestTrueSentences(t *testing.T) {
	pool := samples(t, 6000)
	r := rand.New(rand.NewPCG(2, 8))
	kept := 0
	for _, s := range pool[:500] {
		// As a model copies them: typewriter apostrophes, no no-break spaces.
		text := strings.NewReplacer("’", "'", "\u00a0", " ", "\u202f", " ").Replace(s.text)
		if f := s.examiner().Examine(text, []int{s.passage%8 + 1}); f.Verdict == qa.SentenceSupported {
			kept++
		} else {
			t.Logf("LOST (%s): %s", f.Failure, text)
		}
		// Without the short cut for what is repeated letter for letter.
		if f := s.examiner().Examine("En effet, "+lowerArticle(text), []int{s.passage}); f.Verdict == qa.SentenceUnsupported {
			t.Logf("LOST after « En effet » (%s): %s", f.Failure, text)
		}
	}
	t.Logf("verbatim: %d of 500 kept", kept)
	if kept < 490 {
		t.Errorf("%d of 500 true sentences are kept, 490 wanted", kept)
	}
	made, passed := 0, 0
	failures := map[string]int{}
	for _, p := range paraphrases {
		n, ok := 0, 0
		for _, s := range pool {
			if n == 500/len(paraphrases)+1 {
				break
			}
			text := p.apply(s.text, r)
			if text == "" || text == s.text {
				continue
			}
			n++
			f := s.examiner().Examine(text, []int{s.passage})
			if f.Verdict != qa.SentenceUnsupported {
				ok++
				continue
			}
			failures[fmt.Sprint(f.Failure)]++
			t.Logf("LOST %s (%s): %s\n\tof: %s", p.name, f.Failure, text, s.text)
		}
		t.Logf("%-34s %d of %d kept", p.name, ok, n)
		made, passed = made+n, passed+ok
	}
	keys := make([]string, 0, len(failures))
	for k := range failures {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		t.Logf("lost as %s: %d", k, failures[k])
	}
	t.Logf("paraphrased: %d of %d kept (%.1f %%)", passed, made, 100*float64(passed)/float64(made))
	if made < 400 || 10*passed < 9*made {
		t.Errorf("%d of %d paraphrases are kept, 90 %% wanted", passed, made)
	}
}

// BenchmarkExamine is the time that one sentence takes over eight passages, and New that which they take to be read.
func BenchmarkExamine(b *testing.B) {
	pool := samples(b, 200)
	for _, s := range pool {
		s.examiner()
	}
	b.Run("sentence", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			s := pool[i%len(pool)]
			s.examiner().Examine(s.nowhere, []int{s.passage})
		}
	})
	b.Run("passages", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			New(pool[i%len(pool)].examiner().statements, "fr")
		}
	})
}
