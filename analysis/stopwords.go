package analysis

import "strings"

// stopwords are the words of a language that say nothing of the subject. A word with accents is looked
// up with them, so that sûr is not taken for sur; one typed without is looked up without.
type stopwords struct{ accented, folded map[string]bool }

func newStopwords(lists ...string) stopwords {
	s := stopwords{map[string]bool{}, map[string]bool{}}
	for _, list := range lists {
		for _, w := range strings.Fields(list) {
			s.accented[w] = true
			s.folded[Fold(w)] = true
		}
	}
	return s
}

func (s stopwords) has(lower, exact string) bool {
	return s.accented[lower] || len(lower) == len(exact) && s.folded[exact]
}

// frenchStopwords is our own list. "été", a season as often as a verb in reports, is left out, and so
// are the verbs that name an action (faire, mettre, prendre).
var frenchStopwords = newStopwords(
	// Articles, pronouns, determiners.
	`le la les l un une des du de d au aux ce cet cette ces cela ceci ça c celui celle ceux celles
	je j tu il elle on nous vous ils elles me m te t se s lui leur leurs y en moi toi soi eux
	mon ma mes ton ta tes son sa ses notre nos votre vos
	même mêmes tel telle tels telles autre autres certain certaine certains certaines
	quelque quelques quelqu plusieurs chaque chacun chacune aucun aucune tout toute tous toutes rien`,
	// Words that ask.
	`qui que qu quoi dont où quel quelle quels quelles lequel laquelle lesquels lesquelles duquel
	desquels desquelles auquel auxquels auxquelles combien comment pourquoi quand`,
	// Words that link.
	`à dans par pour sur sous avec sans vers chez entre contre depuis pendant avant après dès jusque jusqu
	selon parmi lors hors et ou ni mais or donc car si comme puis puisque puisqu lorsque lorsqu alors ainsi
	aussi encore très trop peu plus moins bien ne n pas non oui afin quoique quoiqu cependant toutefois
	là ici voici voilà via notamment également`,
	// Être, avoir, pouvoir, devoir.
	`être est es suis sommes êtes sont étais était étions étiez étaient étant fus fut furent fût
	sera serai seras serons serez seront serait serais seraient soit sois soient
	avoir ai as a avons avez ont avais avait avions aviez avaient ayant eu eue eus eut eurent eût
	aura aurai auras aurons aurez auront aurait aurais auraient ait aie aient
	peut peux peuvent pouvez pouvons pouvait pouvaient pourra pourrait pourraient
	doit dois doivent devez devons devait devaient devra devrait devraient`,
)

var englishStopwords = newStopwords(
	`a an the this that these those it its i you he she we they me him her us them my your his our their
	itself himself herself themselves some any each every all both no other another such same
	what which who whom whose when where why how
	of in on at by for with from to into onto upon about as than then so if or and but nor not
	over under between among during before after since until while because though although also
	there here very too just only more most less many much few
	is are was were be been being am do does did doing done have has had having
	can could will would shall should may might must
	dont doesnt didnt isnt arent wasnt werent cant couldnt wont wouldnt shouldnt hasnt havent hadnt im ive youre theyre`,
)
