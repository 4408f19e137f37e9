package wording

import "testing"

func TestMeasureOf(t *testing.T) {
	for _, c := range []struct {
		question string
		want     Measure
		text     string
		in       bool
	}{
		{"Combien coûte le label Numérique Responsable ?", Money, "Réaliser des achats responsables ne coûte pas forcément plus cher.", false},
		{"montant amende site public", Money, "L’amende est de 25 000 €.", true},
		{"Montant maximal d'une amende ?", Money, "L’entrée est gratuite.", true},
		{"Montant maximal d'une amende ?", Money, "Ce livre est publié sous licence ouverte.", false},
		{"Quel est le budget de la ville ?", Money, "Le budget de la ville est voté en mars.", false},
		{"Combien de temps dure la formation ?", Duration, "Elle dure trois mois.", true},
		{"After how many years must it be renewed?", Duration, "3 ans après la date de publication", true},
		{"Quel est le délai ?", Duration, "Le délai est fixé par décret.", false},
		{"Quelle part des émissions vient du numérique ?", Share, "4,4 % des émissions", true},
		{"Quel est le taux de chômage ?", Share, "Le chômage recule.", false},
		{"Combien d'agents travaillent à la mairie ?", NoMeasure, "", true},
		{"Pourquoi le coût augmente-t-il ?", NoMeasure, "", true},
		{"Qui fixe le montant de l'amende ?", NoMeasure, "", true},
	} {
		m := MeasureOf(c.question)
		if m != c.want || m.In(c.text) != c.in {
			t.Errorf("%s: %d, want %d; in %q: %v, want %v", c.question, m, c.want, c.text, m.In(c.text), c.in)
		}
	}
}

func TestHolders(t *testing.T) {
	for _, c := range []struct {
		question, text string
		another        bool
	}{
		{"Combien d'agents au ministère des Armées en 2024 ?", "Le ministère de la Culture a formé 3 000 personnes.", true},
		{"Combien d'agents au ministère des Armées en 2024 ?", "Les ministère de la Culture et des Armées ont formé 3 000 personnes.", false},
		{"Quelle part vient du numérique en Allemagne ?", "Le numérique émet 4,4 % des gaz en France.", true},
		{"Quelle part vient du numérique en Allemagne ?", "Le numérique émet 4,4 % des gaz.", false},
		{"Que demande le critère 3.2 ?", "Critère 3.1 : sans objet.", true},
		{"Que demande le critère 3.2 ?", "Critère 3.1, critère 3.2 : sans objet.", false},
		{"Quel budget en 2023 ?", "Le budget en 2024 est de 3 M€.", false},
	} {
		another := false
		for _, h := range HoldersOf(c.question) {
			another = another || h.Another(c.text)
		}
		if another != c.another {
			t.Errorf("%s: %q names another: %v, want %v (%v)", c.question, c.text, another, c.another, HoldersOf(c.question))
		}
	}
}
