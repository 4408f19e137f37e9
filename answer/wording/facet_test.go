package wording

import (
	"slices"
	"testing"
)

func TestFacets(t *testing.T) {
	t.Parallel()
	for question, want := range map[string][]string{
		"Comparez le budget de 2022 et de 2023.":                            {"le budget en 2022 ?", "le budget en 2023 ?"},
		"Comment a évolué le nombre d’agents entre 2021 et 2023 ?":          {"le nombre d’agents en 2021 ?", "le nombre d’agents en 2023 ?"},
		"Comparez 2023 et 2024":                                             {"principaux résultats et chiffres clés en 2023 ?", "principaux résultats et chiffres clés en 2024 ?"},
		"Quelle est la différence entre le RGESN et le RGAA ?":              {"Qu’est-ce que le RGESN ?", "Qu’est-ce que le RGAA ?"},
		"Quel est le budget en 2023 ?":                                      nil,
		"Le budget de 2022 et de 2023 ?":                                    nil,
		"Quelle différence la réforme fait-elle ?":                          nil,
		"Comparez les années 2019, 2020, 2021, 2022 et 2023 pour le budget": nil,
	} {
		got := Facets(question)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", question, got, want)
		}
	}
}
