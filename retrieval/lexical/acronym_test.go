package lexical

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rapporteur/analysis"
	"rapporteur/qa"
)

func TestAcronymsAreLearned(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"La direction interministérielle du numérique (DINUM) pilote.":                  "dinum=direction interministeriel num",
		"La Dinum (direction interministérielle du numérique) pilote.":                  "dinum=direction interministeriel num",
		"le règlement général sur la protection des données (« RGPD »)":                 "rgpd=regl general protection done",
		"le R.G.P.D. (règlement général sur la protection des données)":                 "rgpd=regl general protection done",
		"l’Agence nationale de la sécurité des systèmes d’information (ANSSI)":          "anssi=agenc national securit system inform",
		"L’Institut national de la statistique et des études économiques (Insee), créé": "insee=institut national statist etud econom",
		"Agence de l'environnement et de la maîtrise de l'énergie (ADEME)":              "ademe=agenc environ maitris energ",
		"le ministère et la direction générale du travail (DGT)":                        "dgt=direction general travail",
		"the General Data Protection Regulation (GDPR)":                                 "gdpr=general data protect regul",
		"le délégué à la protection des données (DPO)":                                  "",
		"une réunion (Paris) et un rapport (voir annexe)":                               "",
		"le budget. De la ville (BV)":                                                   "",
		"un accord du 3 mai (ADM":                                                       "",
		"(DINUM)":                                                                       "",
		"":                                                                              "",
		"CPF (compte personnel de formation) ; plan d'action (PA) ; (x) ()":             "cpf=compt personel form, pa=plan action",
	} {
		lang := "fr"
		if strings.HasPrefix(text, "the ") {
			lang = "en"
		}
		var got []string
		for _, a := range defined(text, analysis.Analyze(text, lang)) {
			got = append(got, a.exact+"="+a.long)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%q: %s, want %s", text, strings.Join(got, ", "), want)
		}
	}
}

func TestAcronymsAndNamesFindEachOther(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	l.publish(source{"c", "a", "a1", "", nil, []string{"défini La direction interministérielle du numérique (DINUM) pilote."}})
	l.publish(source{"c", "b", "b1", "", nil, []string{"court La DINUM recrute.", "long Une direction interministérielle pour le numérique recrute.", "partie Une direction du numérique recrute."}})
	shelf(l)
	x := New(l, Options{})
	step := func(name, question string, want ...string) {
		t.Helper()
		if err := x.Sync(context.Background()); err != nil {
			t.Fatal(err)
		}
		got := strings.Fields(ask(t, x, l, everything, question))
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q found %q, want %q", name, question, got, want)
		}
	}
	step("short", "dinum", "court", "défini", "long")
	step("name", "La direction interministérielle du numérique", "court", "défini", "long", "partie")
	step("part of a name", "interministérielle", "défini", "long")
	if got := ask(t, x, l, everything, "DINUM"); !strings.HasSuffix(got, "long") {
		t.Errorf("DINUM found %q", got)
	}
	l.remove("c", "a")
	step("no longer defined", "dinum", "court")
	l.publish(source{"c", "a", "a2", "", nil, []string{"défini La direction interministérielle du numérique (DINUM) pilote."}})
	for i := range 9 { // segments are merged
		l.publish(source{"c", qa.DocumentID(fmt.Sprint("e", i)), qa.VersionID(fmt.Sprint("v", i)), "", nil, []string{"autre texte"}})
		step("defined again", "dinum", "court", "défini", "long")
	}
}

// Whatever the text, what is learned has letters that its words give.
func FuzzDefined(f *testing.F) {
	for _, s := range []string{"la direction du numérique (DN)", "DN (direction du numérique)", "(A) (B)", "a a a a a a a a a a a (AAAAAAAAAA)", "é (É)", "x (", "A.B. (a b)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, a := range defined(text, analysis.Analyze(text, "fr")) {
			if len(a.exact) < 2 || len(a.exact) > acronymLetters || len(strings.Fields(a.long)) < 2 {
				t.Fatalf("%q: %+v", text, a)
			}
		}
	})
}
