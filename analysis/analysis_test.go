package analysis

import (
	"strings"
	"testing"
)

// words prints tokens as exact/stem, stopwords in parentheses, joined forms in brackets.
func words(tokens []Token) string {
	var out []string
	for _, t := range tokens {
		w := t.Exact
		if t.Stem != t.Exact {
			w += "/" + t.Stem
		}
		if t.Stop {
			w = "(" + w + ")"
		}
		if t.Joined {
			w = "[" + w + "]"
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}

func TestAnalyzeFrench(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"L'État d’aujourd'hui", "etat aujourdhui"},
		{"jusqu’à lorsqu'il puisquʼelle qu‘on", "(a) (il) (elle) (on)"},
		{"l'accès aux prud'hommes", "acces/acce (aux) prudhommes/prudhom"},
		{"Combien d'agents à la Dinum ?", "(combien) agents/agent (a) (la) dinum"},
		{"Qu'est-ce que c'est", "(est) (ce) (que) (est)"},
		{"Y a-t-il", "(y) (a) (t) (il)"},
		{"sûr ou sur, où", "sur (ou) (sur) (ou)"},
		{"cœur Cœur COEUR", "coeur/coeu coeur/coeu coeur/coeu"},
		{"le R.G.P.D. et la RGPD", "(le) rgpd (et) (la) rgpd"},
		{"avant J.-C. oui", "(avant) jc (oui)"},
		{"Plan B. Il dort", "plan b (il) dort"},
		{"art. L. 1234-9 du code", "art [l1234-9] [1234-9] 1234 9 (du) code"},
		{"L.1234-9", "[l1234-9] [1234-9] 1234 9"},
		{"L\u00a01234-9", "[l1234-9] [1234-9] 1234 9"},
		{"L1234-9", "[l1234-9] [1234-9] 1234 9"},
		{"L'Oréal a 20-30 ans", "oreal (a) [20-30] 20 30 ans"},
		{"R. 421", "[r421] 421"},
		{"1 500 € ; 1\u00a0500, 1\u202f500 et 1\u2009500 ou 1500", "1500 1500 1500 (et) 1500 (ou) 1500"},
		{"12 345 678,50", "12345678.5"},
		{"1.500.000 habitants", "1500000 habitants/habitant"},
		{"2,5 % ; 4.5 = 4,5", "2.5 4.5 4.5"},
		{"1500,00", "1500"},
		{"12 novembre 2020", "12 novembre/novembr 2020"},
		{"2020-11-12", "[2020-11-12] 2020 11 12"},
		{"en 2019 500 agents", "(en) 2019 500 agents/agent"},
		{"v1.2.3", "v1 2.3"},
		{"start-ups d'État", "[startups/startup] start ups etat"},
		{"l'e-mail", "[email] e mail"},
		{"covid-19 et G20", "[covid19] covid 19 (et) g20"},
		{"McDonald's O'Brien", "mcdonald obrien"},
		{"1er 4h30 XIXe", "1er 4h30 xixe"},
		{"e\u0301te\u0301", "ete"},
		{"— – « » …", ""},
		{"TROISIEME troisième deuxieme", "troisieme/trois troisieme/trois deuxieme/deux"},
		{"FINANCIERE financières", "financiere/financi financieres/financi"},
		{"ﬁnancière ŒUVRES", "financiere/financi oeuvres/oeuvr"},
		{"l' d' '", "(l) (d)"},
	}
	for _, tt := range tests {
		if got := words(Analyze(tt.text, "fr")); got != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.text, got, tt.want)
		}
	}
}

func TestAnalyzeEnglish(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"What are the agencies' reports?", "(what) (are) (the) agencies/agenc reports/report"},
		{"L'Oréal doesn't say 1,500.5", "loreal (doesnt) say/say 1500.5"},
		{"the company's e-mail", "(the) company/compani [email] e mail"},
	}
	for _, tt := range tests {
		if got := words(Analyze(tt.text, "en")); got != strings.ReplaceAll(tt.want, "say/say", "say") {
			t.Errorf("%q:\n got %s\nwant %s", tt.text, got, tt.want)
		}
	}
}

func TestAnalyzeOtherLanguagesOnlyFold(t *testing.T) {
	t.Parallel()
	if got, want := words(Analyze("Die Straßen von Łódź", "de")), "die strassen von lodz"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"Œuvre d’ÉTÉ à Noël", "oeuvre d'ete a noel"},
		{"e\u0301te\u0301 Ægir ß ı ø", "ete aegir ss i o"},
		{"ạ Ω", "a ω"},
		{"déjà vu", "deja vu"},
		{"ÉCOLE ÇÀ LÀ ŒUVRE ÆQUO ÿ Ÿ", "ecole ca la oeuvre aequo y y"},
		{"proﬁt oﬀre aﬄuent oﬃce", "profit offre affluent office"},
	}
	for _, tt := range tests {
		if got := Fold(tt.in); got != tt.want {
			t.Errorf("Fold(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// The stems are those that Savoy's published program gives.
func TestFrenchStems(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"investissement": "investi", "finissant": "fini", "activement": "actif", "justement": "just",
		"amplificatrice": "amplifi", "éducateurs": "eduqu", "directrice": "direct", "directeur": "direct",
		"danseuses": "danseu", "chevaux": "cheval", "gâteaux": "gateau", "entièrement": "entier",
		"professionnelle": "profesion", "actualisation": "actuel", "organisation": "organ",
		"fabrication": "fabric", "économique": "econom", "vitesses": "vites", "troisième": "trois",
		"agents": "agent", "folle": "fou",
	} {
		if got := Fold(stemFrench(word)); got != want {
			t.Errorf("stem(%s) = %s, want %s", word, got, want)
		}
	}
}

func TestOtherStems(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"élément": "ele", "element": "element", "ELEMENTS": "element", "isolement": "isolement",
		"communiqué": "comun", "intéressé": "inter", "interesse": "interes", "archaique": "archaiqu",
		"budget": "", "état": "", "2e": "", "": "",
	} {
		if got := strings.Join(OtherStems(word), " "); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}

// Every token stands inside the text, in order, and analysis is the same with a used Analyzer.
func FuzzAnalyze(f *testing.F) {
	for _, s := range []string{"L'art. L. 1234-9", "1 500,00 €", "R.G.P.D.", "a-t-il", "\xff'\u0301-", "’’’l’", "1.2.3.4,5", "é́-́", "x-\u0301\u0302\u0303\u0304\u0305", "x-\u0301\u0302\u0303\u0304\u0305a"} {
		f.Add(s, "fr")
		f.Add(s, "en")
	}
	f.Fuzz(func(t *testing.T, text, lang string) {
		a := New(lang)
		first, at := a.Append(nil, text), 0
		for i, tok := range first {
			if tok.Start < at || tok.End <= tok.Start || tok.End > len(text) || tok.Exact == "" {
				t.Fatalf("token %d of %q: %+v", i, text, tok)
			}
			at = tok.Start
		}
		if second := a.Append(nil, text); words(first) != words(second) {
			t.Fatalf("%q: %s, then %s", text, words(first), words(second))
		}
	})
}
