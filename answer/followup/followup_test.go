package followup

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// example is a conversation and the whole question that its last one stands for. before holds questions
// and replies in turn, parted by bars; the reply of the last may be left out.
type example struct{ before, question, want string }

func (e example) turns() []Turn {
	var turns []Turn
	for i, s := range strings.Split(e.before, "|") {
		if i%2 == 0 {
			turns = append(turns, Turn{Question: s})
		} else {
			turns[len(turns)-1].Answer = s
		}
	}
	return turns
}

func TestReadings(t *testing.T) {
	t.Parallel()
	for name, examples := range map[string][]example{
		"years": years, "places": places, "things": things, "pronouns": pronouns, "parts": partsOf, "names": named,
		"short": short, "back": back, "english": inEnglish,
	} {
		for _, e := range examples {
			got := Readings(e.question, e.turns(), languageOf(e.question, "fr"))
			if got[0] != e.want {
				t.Errorf("%s: %s | %s\n got %s\nwant %s", name, e.before, e.question, strings.Join(got, "\n     "), e.want)
			}
		}
	}
}

var years = []example{
	{"Quel est le budget de la médiathèque en 2022 ?", "et en 2023 ?", "Quel est le budget de la médiathèque en 2023 ?"},
	{"Quel est le budget de la médiathèque ?", "et pour 2024 ?", "Quel est le budget de la médiathèque en 2024 ?"},
	{"Combien y a-t-il eu d'accidents en 2022 ?", "2023 ?", "Combien y a-t-il eu d'accidents en 2023 ?"},
	{"Combien y a-t-il eu d'accidents en 2022 ?", "Combien en 2023 ?", "Combien y a-t-il eu d'accidents en 2023 ?"},
	{"Quel est le taux de recyclage des déchets en 2021 ?", "et un an plus tard ?", "Quel est le taux de recyclage des déchets en 2022 ?"},
	{"Quel est le taux de recyclage des déchets ?|Il est de 38 % en 2021.", "Et l'année précédente ?", "Quel est le taux de recyclage des déchets en 2020 ?"},
	{"Combien d'inscrits à l'école de musique pendant la saison 2020-2021 ?", "Et la saison précédente ?", "Combien d'inscrits à l'école de musique pendant la saison 2019-2020 ?"},
	{"Que dit le rapport de 2022 sur l'eau potable ?", "Et celui de 2023 ?", "Que dit le rapport de 2023 sur l'eau potable ?"},
	{"Combien de naissances à Grandval en 2020 ?", "même question pour 2021", "Combien de naissances à Grandval en 2021 ?"},
	{"Combien de demandes ont été traitées en 2021 ?", "Merci. Et en 2022 ?", "Combien de demandes ont été traitées en 2022 ?"},
	{"Quel est le nombre de visiteurs du musée en 2022 ?", "Et les années précédentes ?", "Quel est le nombre de visiteurs du musée, les années précédentes ?"},
}

var places = []example{
	{"Combien d'habitants à Grandval ?", "et à Lyon ?", "Combien d'habitants à Lyon ?"},
	{"Combien d'habitants compte Grandval ?", "et Lyon ?", "Combien d'habitants compte Lyon ?"},
	{"Combien de conseillers municipaux siègent à Fontbrelle ?", "Et à la métropole ?", "Combien de conseillers municipaux siègent à la métropole ?"},
	{"Combien de logements sociaux dans le quartier des Tilleuls ?", "et dans celui de la Gare ?", "Combien de logements sociaux dans le quartier de la Gare ?"},
	{"Quel est le taux de couverture 4G en zone rurale ?", "et en ville ?", "Quel est le taux de couverture 4G en ville ?"},
	{"Comment s'inscrire à la cantine ?", "et au centre de loisirs ?", "Comment s'inscrire au centre de loisirs ?"},
	{"Quels sont les résultats du sondage chez les jeunes ?", "Et chez les seniors ?", "Quels sont les résultats du sondage chez les seniors ?"},
	{"Quelle est la température de consigne dans les crèches ?", "Et la nuit ?", "Quelle est la température de consigne dans les crèches, la nuit ?"},
	{"Combien d'agents à la mairie ?", "Et dans la police municipale de Grandval en 2023 ?", "Combien d'agents dans la police municipale de Grandval en 2023 ?"},
	{"Peut-on télétravailler depuis l'étranger ?", "Même en Suisse ?", "Peut-on télétravailler depuis l'étranger, en Suisse ?"},
}

var things = []example{
	{"Quel est le budget de la médiathèque en 2022 ?", "Et celui de la piscine ?", "Quel est le budget de la piscine en 2022 ?"},
	{"Quel est le budget de la médiathèque ?", "et la piscine ?", "Quel est le budget de la piscine ?"},
	{"Quelle est la superficie du parc ?", "et celle du lac ?", "Quelle est la superficie du lac ?"},
	{"Quelle est la durée du mandat des conseillers municipaux ?", "et des députés ?", "Quelle est la durée du mandat des députés ?"},
	{"Quand le musée a-t-il ouvert ?", "et la patinoire ?", "Quand la patinoire a-t-il ouvert ?"},
	{"Qui dirige la médiathèque ?|Claire Vasseur dirige la médiathèque.", "et la piscine ?", "Qui dirige la piscine ?"},
	{"C'est quoi le plan vélo ?", "et le plan piéton ?", "C'est quoi le plan piéton ?"},
	{"Combien de vélos en libre-service ?", "et de trottinettes ?", "Combien de trottinettes en libre-service ?"},
	{"Quel est le délai pour obtenir un passeport ?", "et pour une carte d'identité ?", "Quel est le délai pour obtenir une carte d'identité ?"},
	{"Quel âge faut-il avoir pour voter ?", "Et pour conduire ?", "Quel âge faut-il avoir pour conduire ?"},
	{"Quel est le montant de la subvention versée au théâtre ?", "et au cinéma ?", "Quel est le montant de la subvention versée au cinéma ?"},
	{"Quel est le montant de l'amende pour un site non accessible ?", "et pour une appli ?", "Quel est le montant de l'amende pour une appli non accessible ?"},
	{"Quels sont les critères du niveau 2 ?", "Et le 3 ?", "Quels sont les critères du niveau 3 ?"},
	{"Que contient l'annexe B ?", "et la C ?", "Que contient l'annexe C ?"},
	{"Quel est le nombre de bénévoles de l'association ?", "Et le budget ?", "Quel est le budget de l'association ?"},
	{"Quel est le taux de couverture 4G en zone rurale ?", "et le taux de 5G ?", "Quel est le taux de 5G en zone rurale ?"},
	{"Quel est le prix du mètre cube d'eau à Grandval ?", "Et pour l'assainissement ?", "Quel est le prix de l’assainissement à Grandval ?"},
	{"Combien coûte un abonnement annuel aux bus ?", "et mensuel ?", "Combien coûte un abonnement mensuel aux bus ?"},
	{"Combien coûte un abonnement annuel aux bus ?", "Pour les étudiants ?", "Combien coûte un abonnement annuel aux bus, pour les étudiants ?"},
	{"Quelle part de la facture vient du chauffage ?", "et l'éclairage, il pèse combien ?", "Quelle part de la facture vient de l’éclairage ?"},
	{"Quel est le délai pour obtenir un passeport ?", "Et si je suis mineur ?", "Quel est le délai pour obtenir un passeport si je suis mineur ?"},
	{"Combien d'agents à la Dinum ?", "Et combien de start-ups d'État ?", "Combien de start-ups d'État, à la Dinum ?"},
	{"Que dit l'article 4 ?", "Et le suivant ?", "Que dit l'article 5 ?"},
	{"Que dit l'article L. 121-3 ?", "Et le L. 121-4 ?", "Que dit l'article L. 121-4 ?"},
	{"Combien de jours de congés ont les agents ?", "Et les contractuels ?", "Combien de jours de congés ont les contractuels ?"},
	{"Le télétravail est-il autorisé ?", "Pour tout le monde ?", "Le télétravail est-il autorisé, pour tout le monde ?"},
	{"Quels sont les trois axes de la stratégie ?", "Le premier, c'est quoi ?", "Le premier, c'est quoi, parmi les axes de la stratégie ?"},
	{"Quand le contrat se termine-t-il ?", "Et celui de maintenance ?", "Quand le contrat de maintenance se termine-t-il ?"},
	{"Combien la ville a-t-elle dépensé pour les écoles en 2023 ?", "Et pour les routes en 2022 ?", "Combien la ville a-t-elle dépensé pour les routes en 2022 ?"},
	{"Combien de logements ont été construits en 2022 ?|214.", "Dont combien de sociaux ?", "Combien de sociaux, pour les logements ?"},
	{"Qui est le maire ?|Jeanne Morvan.", "Et le premier adjoint ?", "Qui est le premier adjoint ?"},
	{"combien de lits a l'hopital ?", "et la clinique", "Combien de lits a la clinique ?"},
}

var pronouns = []example{
	{"Quel est le budget de la médiathèque ?", "Qui la dirige ?", "Qui la dirige, la médiathèque ?"},
	{"Quand le musée a-t-il ouvert ?", "Combien a-t-il coûté ?", "Combien a-t-il coûté, le musée ?"},
	{"Où se trouve la déchèterie ?", "elle est ouverte le dimanche ?", "La déchèterie est ouverte le dimanche ?"},
	{"Combien de places de crèche y a-t-il ?", "Combien d'entre elles sont réservées aux agents ?", "Combien de places de crèche sont réservées aux agents ?"},
	{"Combien d'agents travaillent à la Dinum ?", "Combien de femmes parmi eux ?", "Combien de femmes parmi les agents ?"},
	{"Combien de conseillers numériques ?|Deux.", "Où sont-ils ?", "Où sont-ils, les conseillers numériques ?"},
	{"Combien de caméras de vidéoprotection ?", "Où se trouvent-elles ?", "Où se trouvent-elles, les caméras de vidéoprotection ?"},
	{"Que prévoit le plan de sobriété ?", "Quand a-t-il été adopté ?", "Quand a-t-il été adopté, le plan de sobriété ?"},
	{"Que prévoit le plan de sobriété ?", "Ce plan concerne-t-il les écoles ?", "Le plan de sobriété concerne-t-il les écoles ?"},
	{"C'est quoi le plan vélo ?", "Combien ça coûte ?", "Combien ça coûte, le plan vélo ?"},
	{"Quelles aides existent pour la rénovation énergétique ?", "Comment les obtenir ?", "Comment les obtenir, les aides ?"},
	{"Quelles aides existent pour la rénovation énergétique ?", "laquelle est la plus élevée ?", "Laquelle est la plus élevée, parmi les aides ?"},
	{"Combien de projets ont été retenus au budget participatif ?", "Lesquels ?", "Quels projets ont été retenus au budget participatif ?"},
	{"Où se trouve la maison de santé ?", "combien de médecins y exercent ?", "Combien de médecins y exercent, à la maison de santé ?"},
	{"Combien coûte le permis de construire ?", "Est-il obligatoire ?", "Est-il obligatoire, le permis de construire ?"},
	{"Combien coûte le permis de construire ?", "Combien de temps faut-il pour l'obtenir ?", "Combien de temps faut-il pour l'obtenir, le permis de construire ?"},
	{"Qu'est-ce que le plan local d'urbanisme ?", "Qui l'a voté ?", "Qui l'a voté, le plan local d'urbanisme ?"},
	{"Quel est le montant du RSA ?", "Qui y a droit ?", "Qui y a droit, au RSA ?"},
	{"Quel était le taux d'emploi des personnes handicapées en 2022 ?", "Comment a-t-il évolué depuis 2020 ?", "Comment a-t-il évolué depuis 2020, le taux d'emploi des personnes handicapées ?"},
	{"Où en est le chantier du tramway ?", "C'est pour quand ?", "C'est pour quand, le chantier du tramway ?"},
	{"Quel est le nombre de visiteurs du musée en 2022 ?", "Et combien de scolaires parmi eux ?", "Combien de scolaires parmi les visiteurs du musée en 2022 ?"},
	{"Combien de pages fait le rapport ?", "Quelles en sont les conclusions ?", "Quelles en sont les conclusions, du rapport ?"},
}

var partsOf = []example{
	{"Quel est le budget de la médiathèque ?", "Quels sont ses horaires ?", "Quels sont les horaires de la médiathèque ?"},
	{"C'est quoi le plan vélo ?", "Le budget est de combien ?", "Le budget du plan vélo est de combien ?"},
	{"C'est quoi la série sur l'eau ?", "La saison 2 est prévue quand ?", "La saison 2 de la série sur l'eau est prévue quand ?"},
	{"Où se trouve la déchèterie ?", "Quels sont les horaires ?", "Quels sont les horaires de la déchèterie ?"},
	{"Combien d'agents à la Dinum ?", "Et le budget ?", "Le budget de la Dinum ?"},
	{"Combien a coûté l'aménagement de la halle ?", "Et la région, elle a donné combien pour l'aménagement ?", "La région, elle a donné combien pour l'aménagement de la halle ?"},
	{"Dans le guide des achats, que veut dire niveau A ?", "Et le C, ça correspond à quoi ?", "Le niveau C, ça correspond à quoi, dans le guide des achats ?"},
}

var named = []example{
	{"Qui dirige la médiathèque ?|La directrice est Claire Vasseur.", "Quel est son parcours ?", "Quel est le parcours de Claire Vasseur ?"},
	{"Qui est le directeur de la Dinum ?|Le directeur est Stéphane Morin.", "Il est arrivé quand ?", "Stéphane Morin est arrivé quand ?"},
	{"Qui préside le conseil d'administration ?|Paul Mercier.", "Depuis quand le préside-t-il ?", "Depuis quand le préside-t-il, le conseil d'administration ?"},
	{"Quel logiciel gère les cantines ?|Le logiciel « Cantiflex » gère les cantines.", "Combien coûte-t-il ?", "Combien coûte-t-il, le logiciel Cantiflex ?"},
	{"Qui a réalisé l'étude sur le trafic ?|Le cabinet Transmob a réalisé l'étude.", "Combien lui a-t-on versé ?", "Combien lui a-t-on versé, au cabinet Transmob ?"},
	{"Quelle entreprise a construit la passerelle ?|La société Ponts de l'Ouest a construit la passerelle.", "Où est son siège ?", "Où est le siège de la société Ponts de l'Ouest ?"},
	{"À quelle intercommunalité appartient Grandval ?|La ville fait partie de la communauté d'agglomération du Val d'Ourve.", "Qui la préside ?", "Qui la préside, la communauté d'agglomération du Val d'Ourve ?"},
	{"Qui a suivi la concertation ?|Une garante, Fabienne Orsel.", "Comment a-t-elle été désignée ?", "Comment a-t-elle été désignée, la garante Fabienne Orsel ?"},
	{"Quelle école a été rénovée ?|L'école Jules-Ferry a été rénovée.", "Combien d'élèves y sont inscrits ?", "Combien d'élèves y sont inscrits, à l’école Jules-Ferry ?"},
	{"Qui dirige l'agence ?|« Léa Morel dirige l'agence » (rapport 2023, p. 3).", "Et avant elle ?", "Qui dirige l'agence, avant Léa Morel ?"},
	{"Qui est Marie Dubois ?|Marie Dubois est la directrice de l'agence.", "Où travaille-t-elle ?", "Où travaille-t-elle, Marie Dubois ?"},
	{"Quel est le plus grand parc de la ville ?|Le parc des Hêtres.", "Quelle est sa superficie ?", "Quelle est la superficie du parc des Hêtres ?"},
	{"Quel service instruit les permis ?|Le service de l'urbanisme.", "Où est-il situé ?", "Où est-il situé, le service de l'urbanisme ?"},
}

var short = []example{
	{"Quand le musée a-t-il ouvert ?", "Pourquoi ?", "Pourquoi le musée a-t-il ouvert ?"},
	{"Le marché a-t-il été attribué ?|Oui.", "À qui ?", "À qui le marché a-t-il été attribué ?"},
	{"Le marché de nettoyage a-t-il été attribué ?|Oui.", "Pour combien d'années ?", "Pour combien d'années le marché de nettoyage a-t-il été attribué ?"},
	{"Les cantines sont-elles bio ?", "Depuis quand ?", "Depuis quand les cantines sont-elles bio ?"},
	{"Qui finance le festival ?|La région Bretagne finance le festival.", "À quelle hauteur ?", "À quelle hauteur la région Bretagne finance le festival ?"},
	{"Combien de bornes ont été installées en 2023 ?|42.", "Combien étaient prévues ?", "Combien de bornes étaient prévues ?"},
	{"Combien de logements ont été construits en 2022 ?|214.", "Par quel bailleur ?", "Par quel bailleur les logements ont été construits en 2022 ?"},
	{"Combien de bornes de recharge ont été installées en 2023 ?|42.", "Où ?", "Où les bornes de recharge ont été installées en 2023 ?"},
}

var back = []example{
	{"Quel est le budget de la piscine en 2022 ?|2 M€.|Et celui du stade ?|1 M€.", "Et en 2021 ?", "Quel est le budget du stade en 2021 ?"},
	{"Quel adjoint s'occupe des finances de la ville ?|Marc Aubertin.|Et de la culture ?|Inès Vautrel.", "et pour la sécurité ?", "Quel adjoint s'occupe de la sécurité ?"},
	{"Qui préside le comité de sobriété ?|Thomas Guérineau.|Quand est-il né ?|En 1970.", "Qui d'autre y siège ?", "Qui d'autre y siège, au comité de sobriété ?"},
	{"Combien coûte la piscine ?|3 €.|Quels sont ses horaires ?|De 9 h à 19 h.", "Et la patinoire ?", "Quels sont les horaires de la patinoire ?"},
}

var inEnglish = []example{
	{"How many staff did the agency employ in 2021?", "And in 2022?", "How many staff did the agency employ in 2022?"},
	{"How many staff did the agency employ in 2021?", "And the year before?", "How many staff did the agency employ in 2020?"},
	{"Who leads the agency?|Anna Lindqvist leads the agency.", "When was she appointed?", "When was Anna Lindqvist appointed?"},
	{"What is the budget of the museum?", "And of the library?", "What is the budget of the library?"},
	{"What is the budget of the museum?", "When did it open?", "When did the museum open?"},
	{"Which portal publishes the data?|The portal Opendesk publishes the data.", "Who runs it?", "Who runs the portal Opendesk?"},
	{"How many bikes are there in the city?", "And in the suburbs?", "How many bikes are there in the suburbs?"},
	{"How much does the pass cost?", "And for students?", "How much does the pass cost for students?"},
	{"When did the pool open?", "Why?", "Why did the pool open?"},
	{"How many schools are there?", "Where are they?", "Where are the schools?"},
	{"What is the size of the park?", "What about the lake?", "What is the size of the lake?"},
	{"Where is the library?", "What are its opening hours?", "What are the library’s opening hours?"},
	{"What are the goals of the climate plan?", "What is the first one?", "What is the first one, among the goals of the climate plan?"},
	{"Who wrote the report?|The report was written by Tom Hardy.", "When was it published?", "When was the report published?"},
	{"What is the capital budget for 2022?", "And the operating budget?", "What is the operating budget for 2022?"},
	{"How long is the visa valid?", "Can I renew it?", "Can I renew the visa?"},
}

// TestWhole holds that a question that can be understood alone is left as it is, whatever came before it.
func TestWhole(t *testing.T) {
	t.Parallel()
	before := []Turn{{"Combien d'agents à la Dinum ?", "La Dinum compte 200 agents."}, {"What is the budget of the museum?", "It is 2 million euros."}}
	for _, question := range []string{
		"Qui est le maire de Grandval ?",
		"Quel est le taux d'absentéisme en 2023 ?",
		"Où se trouve la mairie ?",
		"Faut-il un permis pour construire une piscine ?",
		"Que veut dire PUE ?",
		"montant amende site public",
		"Combien y a-t-il de bibliothèques à Grandval ?",
		"Comment la ville gère-t-elle ses déchets ?",
		"Il faut combien de temps pour refaire une carte d'identité ?",
		"Existe-t-il une aide pour acheter un vélo ?",
		"Les agents de Fontbrelle ont-ils droit au télétravail ?",
		"Quelles sont les missions de la Cnil ?",
		"Qui est Claire Vasseur ?",
		"Qu'est-ce que le RGAA ?",
		"Avec quel autre pays la Dinum coopère-t-elle ?",
		"À quoi sert le quotient familial ?",
		"Est-il obligatoire de déclarer une piscine ?",
		"Combien de repas végétariens par semaine à la cantine ?",
		"De qui le football français est-il l'apanage ?",
		"Avec qui Louis XI entre-t-il en conflit ?",
		"Pourquoi la maire a-t-elle démissionné en mai 2023 ?",
		"Ça s'est passé où, le salon des maires ?",
		"Ma commune publie ses données, est-elle forcée d'y associer une licence ?",
		"Quelles pages doit-on mettre dans l'échantillon si elles existent ?",
		"Combien d'œuvres marquent-elles la reconnaissance de la région ?",
		"Où en est la sécurité informatique de la ville ?",
		"How much water does a nuclear plant use?",
		"Who pays for school meals?",
		"Is it possible to pay by card?",
	} {
		for i := range before {
			if got := Readings(question, before[i:i+1], languageOf(question, "fr")); got[0] != question {
				t.Errorf("%s | %s: got %s", before[i].Question, question, got[0])
			}
		}
		if got := Readings(question, nil, "fr"); len(got) != 1 || got[0] != question {
			t.Errorf("%s without history: got %q", question, got)
		}
	}
}

// TestChoice holds that a question that may be read in two ways has both readings, and never more than three.
func TestChoice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		example
		second string
	}{
		{example{"Qui dirige la médiathèque ?|Claire Vasseur.", "Quel est son budget ?", "Quel est le budget de Claire Vasseur ?"}, "Quel est le budget de la médiathèque ?"},
		{example{"C'est quoi le plan vélo ?", "Quel est l'objectif ?", "Quel est l'objectif du plan vélo ?"}, "Quel est l'objectif ?"},
		{example{"Quels sont les résultats du sondage chez les jeunes ?", "Combien de personnes ont répondu ?", "Combien de personnes ont répondu ?"}, "Combien de personnes ont répondu, pour les résultats du sondage chez les jeunes ?"},
		{example{"Quel est le délai de réponse à une réclamation ?", "Et si personne ne répond ?", "Quel est le délai de réponse à une réclamation si personne ne répond ?"}, "Si personne ne répond, pour le délai de réponse à une réclamation ?"},
	} {
		got := Readings(c.question, c.turns(), "fr")
		if len(got) < 2 || len(got) > 3 || got[0] != c.want || got[1] != c.second {
			t.Errorf("%s | %s: got %q, want %q, then %q", c.before, c.question, got, c.want, c.second)
		}
	}
}

// FuzzReadings holds for any conversation that there are one to three readings, of valid text where the
// question was, and no longer than all that was said.
func FuzzReadings(f *testing.F) {
	for _, examples := range [][]example{years, places, things, pronouns, partsOf, named, short, back, inEnglish} {
		for _, e := range examples {
			turns := e.turns()
			f.Add(turns[0].Question, turns[0].Answer, turns[len(turns)-1].Question, e.question)
		}
	}
	f.Fuzz(func(t *testing.T, first, reply, second, question string) {
		for _, language := range []string{"fr", "en"} {
			got := Readings(question, []Turn{{first, reply}, {second, reply}}, language)
			if len(got) < 1 || len(got) > mostReadings {
				t.Fatalf("%d readings", len(got))
			}
			valid := utf8.ValidString(first) && utf8.ValidString(reply) && utf8.ValidString(second) && utf8.ValidString(question)
			for _, s := range got {
				if valid && !utf8.ValidString(s) {
					t.Errorf("%q is not valid text", s)
				}
				if most := 4*(len(first)+2*len(reply)+len(second)+len(question)) + 200; len(s) > most {
					t.Errorf("%d bytes, at most %d expected", len(s), most)
				}
			}
		}
	})
}
