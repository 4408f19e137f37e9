package proof

import (
	"strings"
	"sync"

	"rapporteur/analysis"
)

var (
	// functionWords only build the sentence, whatever the list of stopwords of the index says.
	functionWords = set(`le la les l un une des du de d au aux à en dans par pour avec sans sur sous chez contre vers entre depuis
		selon et ou où ni car donc or que qui quoi dont lequel laquelle lesquels lesquelles ce cet cette ces cela ceci celui celle ceux celles
		il elle ils elles on nous vous je tu se s son sa ses leur leurs notre nos votre vos y ne pas plus moins très aussi ainsi
		après avant devant derrière mais puis comme si lorsque quand alors afin dès pendant durant lors malgré est sont était étaient sera seront fut furent soit
		a ont avait avaient aura auront eu été être avoir ayant étant même mêmes tout tous toute toutes chaque
		the a an of to in on at by for from with without and or but nor as is are was were be been being has have had it its this that
		these those which who whom whose their there than then also into about over under between during through`)
	// carriers carry a sentence and say little: « s'élève à », « permet de », « selon le document ».
	carriers = set(`fait faire font faisait peut peuvent pouvoir doit doivent permet permettent permettre permettant compte comptent
		comptait élève élèvent élevait atteint atteignent représente représentent représentait constitue constituent correspond
		correspondent indique indiquent précise précisent mentionne mentionnent souligne soulignent rappelle prévoit prévoient dispose disposent
		concerne concernent concernant existe existent notamment également ainsi environ près quelque quelques actuellement désormais
		enfin ensuite puis effet outre particulier document documents rapport rapports texte selon d'après donc cependant toutefois
		il s'agit agit appelé appelée nommé nommée dit dite dits dites voici suivant suivante suivants suivantes total
		may can must should does do did according report document states indicates mentions about approximately around notably also
		respectivement précisément globalement effectivement dénombre dénombrés dénombrées recense recensés recensées`)
	prepositions = set(`de à en dans par pour avec sans sur sous chez contre vers entre depuis selon que dès pendant devant derrière avant après
		of to in on at by for from with without than against into over under between before after since as`)
	contracted  = map[string]string{"du": "de", "au": "a", "aux": "a"}
	determiners = set(`le la les l un une des ce cet cette ces son sa ses leur leurs notre nos votre vos chaque tout tous toute toutes
		plusieurs quelques aucun aucune the a an this that these those its their his her our your each every some`)
	denials  = set(`pas jamais aucun aucune rien ni guère nul nulle personne plus`)
	alone    = set(`pas jamais aucun aucune rien ni nul nulle sans non not never no none neither nor without nothing nobody`)
	limiting = set(`seul seule seuls seules seulement uniquement exclusivement only solely exclusively`)
	months   = set(`janvier février mars avril mai juin juillet août septembre octobre novembre décembre
		january february march april may june july august september october november december`)
	// words that must stand in a proof whenever they stand in a sentence: each changes what a sentence commits to.
	committing = set(`seul seule seuls seules seulement uniquement exclusivement toujours jamais tous toutes totalité intégralité
		obligatoire obligatoirement interdit interdite interdits interdites gratuit gratuite gratuits gratuites
		lundi mardi mercredi jeudi vendredi samedi dimanche nord sud ouest
		only always never all every none mandatory forbidden free`)
)

// scales multiply a number.
var scales = map[string]string{
	"million": "million", "millions": "million", "m": "million", "milliard": "milliard", "milliards": "milliard", "md": "milliard", "mds": "milliard",
	"billion": "milliard", "billions": "milliard", "mille": "mille", "millier": "mille", "milliers": "mille", "thousand": "mille", "thousands": "mille", "k": "mille",
}

// units are names of units in one spelling.
var units = map[string]string{
	"euro": "€", "euros": "€", "eur": "€", "dollar": "$", "dollars": "$", "livres": "£", "pourcent": "%", "pourcents": "%", "percent": "%",
	"m€": "€", "km": "km", "kilometre": "km", "kilometres": "km", "m": "m", "metre": "m", "metres": "m", "kg": "kg", "kilogramme": "kg", "kilogrammes": "kg", "kilos": "kg",
	"h": "heure", "heure": "heure", "heures": "heure", "minute": "minute", "minutes": "minute", "min": "minute",
	"jour": "jour", "jours": "jour", "semaine": "semaine", "semaines": "semaine", "mois": "mois", "an": "an", "ans": "an", "annee": "an", "annees": "an",
	"hectare": "ha", "hectares": "ha", "ha": "ha", "tonne": "t", "tonnes": "t", "degres": "°", "hours": "heure", "hour": "heure", "day": "jour", "days": "jour",
	"week": "semaine", "weeks": "semaine", "month": "mois", "months": "mois", "year": "an", "years": "an", "point": "point", "points": "point",
}

// synonymGroups are words that may stand for each other in a sentence that says the same. Words of two senses are left out, and so are
// sums of money, where a near word is another sum.
var synonymGroups = []string{
	"créer création fonder fondation instaurer instituer institué mettre lancer lancé lancement établir établi constituer initier",
	"publier publié publication paraître paru parution diffuser diffusé sortir",
	"augmenter augmentation hausse progresser progression croître croissance accroître accroissement monter élever",
	"diminuer diminution baisse baisser réduire réduction décroître reculer recul chuter chute",
	"aider aide soutenir soutien appuyer appui accompagner accompagnement épauler",
	"utiliser utilisation employer emploi recourir recours usage servir exploiter mobiliser user",
	"montrer démontrer révéler indiquer attester témoigner illustrer",
	"organiser organisation tenir tenu dérouler lieu",
	"participer participation prendre part participant participants",
	"but objectif finalité ambition visée viser vise vocation",
	"commencer débuter début démarrer démarrage entamer ouvrir ouverture",
	"terminer achever fin finir clore clôturer conclure",
	"acheter achat acquérir acquisition",
	"vendre vente céder cession",
	"agent agents collaborateur collaborateurs employé employés salarié salariés personnel effectif effectifs personne personnes membre membres",
	"citoyen citoyens habitant habitants usager usagers population administré administrés public",
	"service services structure organisme entité",
	"important importante majeur majeure essentiel essentielle principal principale capital primordial crucial clé",
	"grand grande vaste large ample considérable",
	"nombreux nombreuses multiple multiples divers diverses plusieurs maint",
	"obtenir obtention recevoir réception percevoir acquérir bénéficier",
	"donner fournir procurer offrir accorder octroyer attribuer remettre délivrer",
	"construire construction bâtir édifier réaliser réalisation réalisé effectuer exécuter accomplir mener conduire",
	"diriger dirigé piloter pilotage gérer gestion conduire administrer superviser encadrer",
	"choisir choix sélectionner sélection retenir opter",
	"modifier modification changer changement transformer transformation évoluer évolution faire",
	"améliorer amélioration perfectionner optimiser renforcer renforcement consolider",
	"obliger obligation obligatoire imposer contraindre devoir exiger exigence",
	"interdire interdiction prohiber proscrire",
	"autoriser autorisation permettre habiliter",
	"demander demande solliciter sollicitation réclamer requérir requête",
	"répondre réponse réagir",
	"recruter recrutement embaucher embauche engager",
	"former formation instruire enseigner enseignement apprentissage",
	"situer situé trouver localiser implanter implanté sis installer installé",
	"habiter habitation résider résidence vivre demeurer loger",
	"appeler nommer dénommer intituler désigner baptiser",
	"comprendre comporter inclure contenir englober regrouper rassembler réunir compter composer",
	"concevoir conception élaborer élaboration développer développement préparer rédiger",
	"vérifier vérification contrôler contrôle examiner",
	"financer financement subventionner subvention",
	"définir définition fixer déterminer établir",
	"décider décision arrêter trancher",
	"proposer proposition suggérer suggestion",
	"partager partage mutualiser mutualisation",
	"numérique digital informatique",
	"ordinateur poste",
	"site portail plateforme",
	"outil instrument dispositif moyen",
	"projet initiative programme chantier opération",
	"rapport bilan compte-rendu",
	"étude enquête recherche analyse",
	"loi texte législation",
	"ministère administration",
	"mairie commune municipalité ville",
	"entreprise société firme compagnie",
	"écologique environnemental environnementale durable",
	"rapide rapidement vite promptement",
	"ancien ancienne précédent précédente ex",
	"nouveau nouvelle neuf récent récente",
	"début commencement",
	"durée période temps",
	"lieu endroit place emplacement",
	"problème difficulté souci obstacle",
	"résultat résultats issue aboutissement",
	"risque danger péril",
	"mort décès mourir décéder décédé",
	"naître naissance né née",
	"enfant enfants mineur mineurs",
	"école établissement scolaire",
	"médecin docteur praticien",
	"maladie affection pathologie",
	"voiture véhicule automobile",
	"maison habitation logement domicile",
	"travail emploi poste activité",
	"argent fonds",
	"rémunérer rémunération salaire payer paiement",
	"coût prix tarif",
	"délai échéance terme",
	"envoyer transmettre adresser expédier communiquer",
	"garder conserver conservation maintenir préserver",
	"supprimer suppression effacer retirer éliminer",
	"ajouter ajout adjoindre compléter",
	"remplacer substituer remplacement",
	"limiter limite restreindre plafonner borner",
	"favoriser encourager promouvoir faciliter stimuler",
	"empêcher éviter prévenir prévention",
	"souhaiter vouloir désirer",
	"penser estimer considérer juger croire",
	"affirmer déclarer annoncer assurer soutenir dire",
	"célèbre connu renommé réputé fameux",
	"auteur écrivain rédacteur",
	"gagner remporter vaincre victoire",
	"perdre perte défaite",
	"attaquer assaut assaillir attaque",
	"roi souverain monarque",
	"début origine",
	"proche voisin près",
	"fréquent fréquemment souvent régulièrement",
	"rare rarement",
	"actuel actuellement aujourd présent",
	"begin start launch commence", "end finish conclude", "create found establish set", "increase rise grow growth", "decrease fall drop reduce decline",
	"use employ utilize", "help support assist", "show demonstrate reveal indicate", "build construct make", "buy purchase acquire", "big large great major",
	"publish release issue", "choose select pick", "begin open", "located situated lies", "people persons individuals", "contain include comprise",
}

// opposedWords are words of which one cannot stand for the other: groups parted by a stroke.
var opposedWords = []string{
	"augmenter augmentation hausse progresser progression croissance croître accroître supérieur increase rise grow | diminuer diminution baisse baisser réduire réduction recul reculer chute chuter décroître inférieur decrease fall drop decline reduce",
	"gagner gain | perdre perte", "obligatoire obligation obliger | facultatif facultative optionnel interdit interdire interdiction", "autoriser autorisé autorisation permis | interdire interdit interdiction refuser refusé",
	"accepter accepté approuver approuvé adopter adopté | refuser refusé rejeter rejeté", "ouvrir ouvert ouverte ouverture | fermer fermé fermée fermeture", "entrer entrée | sortir sortie",
	"début commencer débuter | fin terminer achever", "avant | après", "premier première | dernier dernière", "minimum minimal minimale | maximum maximal maximale",
	"gratuit gratuite gratuitement | payant payante payer", "possible possibilité | impossible impossibilité", "public publique publics publiques | privé privée privés privées", "interne internes | externe externes",
	"majorité majoritaire | minorité minoritaire", "matin | soir", "nord | sud", "accélérer accélération | ralentir ralentissement", "créer création | supprimer suppression",
	"embaucher recruter recrutement | licencier licenciement", "succès réussir réussite | échec échouer", "meilleur meilleure | pire", "facile facilement | difficile difficilement", "long longue | court courte",
	"vrai vraie | faux fausse", "même | différent différente", "national nationale | local locale", "temporaire provisoire | permanent permanente définitif définitive", "individuel individuelle | collectif collective",
	"acheter achat | vendre vente", "emprunter | prêter", "victoire vainqueur vaincre | défaite vaincu", "naissance né naître | mort décès mourir", "homme hommes | femme femmes", "mari époux | épouse", "père | mère", "fils | fille",
	"buy purchase | sell sale", "open opened | close closed", "accept accepted approve | reject rejected refuse", "before | after", "first | last", "minimum least | maximum most", "more | fewer less", "win won victory | lose lost defeat",
	"public | private", "allowed permitted | forbidden prohibited banned", "born birth | died death", "north northern | south southern", "east eastern | west western", "succeed success | fail failure",
}

// synonyms gives the groups of a stem, opposites the stems that say the contrary. They are made when a first sentence is
// examined: most processes examine none.
var (
	synonyms  = sync.OnceValue(func() map[string][]int { return groupsByStem(synonymGroups) })
	opposites = sync.OnceValue(func() map[string]map[string]bool { return opposed(opposedWords) })
)

// groupsByStem gives the number of its groups for each stem.
func groupsByStem(groups []string) map[string][]int {
	table, stems := map[string][]int{}, stemmer()
	for n, group := range groups {
		for _, w := range strings.Fields(group) {
			for _, stem := range stems(w) {
				table[stem] = append(table[stem], n)
			}
		}
	}
	return table
}

// opposed gives, for each stem, the stems that say the contrary.
func opposed(pairs []string) map[string]map[string]bool {
	table, stems := map[string]map[string]bool{}, stemmer()
	add := func(from, to string) {
		for _, a := range strings.Fields(from) {
			for _, b := range strings.Fields(to) {
				for _, x := range stems(a) {
					for _, y := range stems(b) {
						if table[x] == nil {
							table[x] = map[string]bool{}
						}
						table[x][y] = true
					}
				}
			}
		}
	}
	for _, pair := range pairs {
		left, right, _ := strings.Cut(pair, "|")
		add(left, right)
		add(right, left)
	}
	return table
}

// stemmer gives the stems of a word in both languages.
func stemmer() func(word string) []string {
	french, english := analysis.New("fr"), analysis.New("en")
	return func(word string) (out []string) {
		for _, t := range english.Append(french.Append(nil, word), word) {
			if !t.Joined {
				out = append(out, t.Stem)
			}
		}
		return out
	}
}
