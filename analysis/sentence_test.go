package analysis

import (
	"strings"
	"testing"
	"unicode"

	"rapporteur/internal/testkit"
)

// sentenceCases are real-life passages; "|" marks the cut between two sentences.
var sentenceCases = []string{
	"M. Dupont préside la séance.| Il ouvre les débats.",
	"Mme. Durand et MM. Petit et Roux sont excusés.| Le quorum est atteint.",
	"Mme Durand signe.| MM. Petit et Roux contresignent.",
	"Le Dr. Martin reçoit sur rendez-vous.| Appelez le secrétariat.",
	"Selon l’art. L. 123-4 du code, le délai est d’un mois.| Il court dès la notification.",
	"L’article L. 1234-9 prévoit une indemnité.| Elle est due au salarié.",
	"Voir art. 47, al. 2 du décret.| Le texte est en vigueur.",
	"Cf. Annexe 2 pour le détail.| Le reste est inchangé.",
	"La procédure (cf. p. 12) est gratuite.| Elle dure trois jours.",
	"Les tableaux sont aux pp. 12-15.| Les figures suivent.",
	"Le décret n° 2016-1321 du 7 oct. 2016 s’applique.| Il a été modifié.",
	"Voir n. 12 et n° 14.| Rien de plus.",
	"L’ouvrage paraît aux éd. Gallimard en 2019.| Il est épuisé.",
	"Le texte est paru au J.O. du 3 mars.| Il entre en vigueur demain.",
	"Le texte est paru au J.O.| Il entre en vigueur demain.",
	"La S.N.C.F. Mobilités assure le service.| Les horaires changent.",
	"La grève touche la S.N.C.F.| Les trains sont rares.",
	"Le chap. 3 traite du budget.| Le chap. 4, du personnel.",
	"La fig. 2 montre la hausse.| Elle est nette.",
	"Contact : tél. 01 23 45 67 89.| Répondeur la nuit.",
	"Rendez-vous au 12, av. Foch.| Entrée libre.",
	"Rendez-vous au 3 bd. Voltaire à Lille.| Entrée libre.",
	"Il en reste env. 200 en stock.| Commandez vite.",
	"Prenez un outil libre, par ex. LibreOffice.| Il suffit.",
	"Apportez stylos, cahiers, etc. pour la rentrée.| La liste est en ligne.",
	"Apportez stylos, cahiers, etc.| La liste est en ligne.",
	"Réunion le 14 juill. 2023 à Paris.| Réponse avant le 3 janv. 2024.",
	"Ils étaient sept.| Le huitième est arrivé tard.",
	"C’est de l’art.| Personne n’en doute.",
	"La ville de St. Malo accueille la course.| Le départ est à midi.",
	"Voir vol. 2, p. 14.| La suite est au vol. 3.",
	"Dossier réf. AB-12 transmis.| Réponse sous un mois.",
	"Comptez approx. 12 jours.| Le délai peut varier.",
	"Le rapport de J.-P. Dupont est clair.| Le ministre l’a lu.",
	"Le livre de J. Le Goff fait référence.| Il date de 1964.",
	"Le rapport de P. Martin et A. Bernard est clair.| On le cite souvent.",
	"Le code est au niveau C.| Le niveau B demande plus.",
	"Consultez l’annexe A.| Elle donne la liste.",
	"1. Ouvrir la séance.| Le président le fait.",
	"2.3. Moyens humains",
	"IV. Bilan financier de l’année.| Les comptes sont clos.",
	"B. Les recettes augmentent.| Les dépenses aussi.",
	"Article 4. Le présent décret est publié.| Il entre en vigueur.",
	"Le taux atteint 3,5 points.| La moyenne est de 2,1.",
	"La hausse est de 12 %.| Elle ralentit.",
	"Le score passe à 84\u00a0%.| L’objectif est tenu.",
	"Il reste 1 500 €.| Le solde est versé en mai.",
	"« Nous partons. »| Il se leva.",
	"« Nous partons.| Vous restez. »| Il se leva.",
	"« Viendrez-vous ? » demanda-t-il.| Personne ne répondit.",
	"« Quel budget\u202f?\u00a0»| La question reste posée.",
	"Est-ce gratuit ?| Oui, pour tous.",
	"Quel succès !| Bravo à l’équipe.",
	"Vraiment ?!| Oui.",
	"Il hésite…| Puis il signe.",
	"Il hésite… puis il signe.| La séance est levée.",
	"Et ensuite...| Rien ne vint.",
	"(Le texte est annexé.)| Il fait foi.",
	"Le dispositif fonctionne (voir plus haut).| Il sera étendu.",
	"Le dispositif fonctionne.[12]| Il sera étendu.",
	"Le dispositif fonctionne.²| Il sera étendu.",
	"Le rapport cite la Dinum¹.| Il est public.",
	"Selon la Dinum¹, l’État agit en 2023.²| La suite vient.",
	"C’était en 2023.²|La suite vient.",
	"La ville compte 24 671 habitants.¹ ²| Elle croît.",
	"La ville compte 24 671 habitants.¹,\u00a0²| Elle croît.",
	"Elle couvre 12 km².| Elle croît.",
	"Le fonds dispose de 3 M€¹² en 2023.",
	"Consultez https://www.exemple.fr/page?Q=1&A=2.| Le site est à jour.",
	"Écrivez à contact@exemple.gouv.fr.| Réponse sous 48 h.",
	"Le fichier rapport.final.PDF est prêt.| Ouvrez-le.",
	"La version 2.0 est sortie.| La 2.1 suivra.",
	"Premier point\n|Second point",
	"– Premier point ;\n|– second point.\r\n|Fin.",
	"La Dinum compte trois services : A, B et C.| Ils travaillent ensemble.",
	"Le contrat est signé.| 24 agents sont recrutés.",
	"Le contrat est signé.| « Enfin », dit-elle.",
	"Le contrat est signé.| L’État paie.",
	"Le contrat est signé.| — Enfin !",
	"Le 1er janvier 50 av. J.-C. est loin.| Passons.",
	"Remis à Me. Dupont hier.| Il plaidera.",
	"Les mesures (dép. Nord, min. 12 agents) sont prises.| Elles durent.",
	"Le projet a duré cinq ans, soit 10 ETP.| L’équipe était stable.",
	"Elle a reçu le prix (2e éd. 2021).| Un succès.",
	"Bonjour à tous et à toutes",
	"Le seuil est fixé par le Conseil d’État (C.E., 3 mai 2004, n° 1234).| Il est constant.",
	"Dr. Smith arrived at 3 p.m. on Monday.| He left early.",
	"Mr. Brown and Mrs. White agreed.| The deal is done.",
	"Use a free tool, e.g. LibreOffice.| It is enough.",
	"She said no.| Then she left.",
	"See fig. 3 and vol. 2.| The rest follows.",
	"The U.S. Army came.| It stayed.",
	"It costs $3.50.| That is cheap.",
	"What is it?| A report.",
	"He asked \"Why?\" twice.| Nobody knew.",
	"It closed at 5 p.m.| The staff went home.",
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for _, c := range sentenceCases {
		text := strings.ReplaceAll(c, "|", "")
		want := strings.Split(c, "|")
		for i := range want {
			want[i] = strings.TrimSpace(want[i])
		}
		var got []string
		for _, s := range Sentences(text) {
			got = append(got, text[s.Start:s.End])
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s\n got %s", strings.Join(want, "|"), strings.Join(got, "|"))
		}
	}
}

func FuzzSentences(f *testing.F) {
	for _, c := range sentenceCases {
		f.Add(c)
	}
	f.Add("\xff.\xfe A. \u00a0… »")
	for _, seed := range testkit.Seeds(f, ".txt", ".md") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, s := range Sentences(text) {
			if s.Start < end || s.End <= s.Start || s.End > len(text) {
				t.Fatalf("span %v after %d of %d bytes", s, end, len(text))
			}
			if gap := text[end:s.Start]; strings.TrimSpace(gap) != "" {
				t.Fatalf("%q is in no sentence", gap)
			}
			if part := text[s.Start:s.End]; part != strings.TrimFunc(part, unicode.IsSpace) {
				t.Fatalf("%q has space at its ends", part)
			}
			end = s.End
		}
		if strings.TrimSpace(text[end:]) != "" {
			t.Fatalf("%q is in no sentence", text[end:])
		}
	})
}
