package analysis

import (
	"slices"
	"strings"
	"testing"
)

func TestLanguage(t *testing.T) {
	t.Parallel()
	cases := []struct{ text, want string }{ // want: accepted answers separated by |, "-" for unsure
		{"Combien d'agents à la Dinum ?", "fr"},
		{"Combien d’agents à la Dinum ?", "fr"},
		{"rgaa contraste minimum texte normal / fond", "fr|-"},
		{"Which Kubernetes distribution did INSEE use?", "en"},
		{"What headcount does DINUM plan to reach by 2027?", "en"},
		{"Which free tools does the 2025 sheet on AI procurement name?", "en"},
		{"Et en 2023 ?", "fr"},
		{"et chez les hyperscalers ?", "fr"},
		{"Quelles sont les quatre priorités de la Dinum ?", "fr"},
		{"quel ministère pilote l'achat groupé d'ordinateurs ?", "fr"},
		{"encodage conseillé fichier csv open data", "fr"},
		{"moissonnage open data définition", "fr"},
		{"montant amende site public sans déclaration d'accessibilité", "fr"},
		{"score RGESN du site de la MiNumEco fin 2024", "fr"},
		{"How many start-ups?", "en"},
		{"and in 2023?", "en"},
		{"submission deadline", "-|en"},
		{"bilan 2024", "-|fr"},
		{"RGAA 4.1", "-"},
		{"Bonjour", "fr"},
		{"", "-"},
		{"2024", "-"},
		{"¿?", "-"},
		{"Il governo ha approvato il piano per la trasformazione digitale della pubblica amministrazione, che prevede nuovi servizi per i cittadini e una migliore qualità dei dati.", "it"},
		{"Die Verwaltung veröffentlicht jedes Jahr einen Bericht über die Digitalisierung, und die Bürger können ihn im Internet lesen und kommentieren.", "de"},
		{"El gobierno publica cada año un informe sobre la transformación digital de la administración, que los ciudadanos pueden consultar en línea.", "es"},
		{strings.Repeat("La direction publie chaque année un rapport sur ses activités et ses moyens. ", 100), "fr"},
		{strings.Repeat("The office publishes a report on its work every year. ", 100), "en"},
		{"Правительство опубликовало ежегодный отчёт о цифровой трансформации. Граждане могут прочитать его в интернете, а специалисты должны объяснить, что изменилось за этот год и почему.", "ru"},
	}
	for _, c := range cases {
		got := Language(c.text)
		if got == "" {
			got = "-"
		}
		if !slices.Contains(strings.Split(c.want, "|"), got) {
			t.Errorf("Language(%.60q) = %s, want %s", c.text, got, c.want)
		}
	}
}

func TestUncapped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"COMBIEN D'AGENTS À LA DINUM ?":   "combien d'agents à la dinum ?",
		"WHAT IS THE BUDGET OF THE CITY?": "what is the budget of the city?",
		"Combien d'agents à la DINUM ?":   "Combien d'agents à la DINUM ?",
		"RGPD DINUM 2024":                 "RGPD DINUM 2024",
		"RGAA 4.1":                        "RGAA 4.1",
		"":                                "",
		"2024 ?":                          "2024 ?",
	} {
		if got := Uncapped(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
