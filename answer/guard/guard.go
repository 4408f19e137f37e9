// Package guard finds the text of a document that speaks to an assistant instead of to its reader: orders, feigned
// turns of a conversation, answers dictated in advance. Such text is shown on its page like any other, but
// proves nothing, is never quoted as an answer, and is not given to a language model.
package guard

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"rapporteur/analysis"
)

// Speaks reports whether a line of a document, or a question, is addressed to an assistant. It knows forms, in French
// and English first, and the best known ones of a few other languages; it is one fence of several, as no list of
// forms is complete.
func Speaks(line string) bool {
	if len(line) < shortest {
		return false
	}
	if strings.ContainsAny(line, "<[") && templates.MatchString(line) || strings.Contains(strings.ToLower(line), "ignor") && foreign.MatchString(line) || scripts.MatchString(line) {
		return true
	}
	folded := strings.Join(strings.Fields(analysis.Fold(strings.Map(visible, line))), " ")
	folded = strings.ReplaceAll(folded, "’", "'")
	for _, f := range forms() {
		if slices.ContainsFunc(f.hints, func(h string) bool { return strings.Contains(folded, h) }) && f.pattern.MatchString(folded) {
			return true
		}
	}
	return false
}

// shortest is the length, in bytes, under which a line orders nothing.
const shortest = 8

var (
	// templates are the marks by which models part the turns of a conversation.
	templates = regexp.MustCompile(`(?i)<\|[a-z_]+\|>|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|user|instructions?|documents?|contexte?|passages?)>|<(?:start|end)_of_turn>`)
	foreign   = regexp.MustCompile(`(?i)ignorier\pL* .{0,40}anweisung|ignor[ae] .{0,40}(?:instrucciones|istruzioni|instruções)`)
	scripts   = regexp.MustCompile(`忽略.{0,20}(?:指示|指令|说明|提示)|指示を無視|гнорир\pL* .{0,40}инструкц`)
)

// visible drops the characters that cut the words of an order apart for a program, and not for a model.
func visible(r rune) rune {
	if r > unicode.MaxASCII && unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// form is one way to speak to an assistant. A line that holds none of its hints is passed without a look.
type form struct {
	hints   []string
	pattern *regexp.Regexp
}

// forms are matched against folded text: lower case, no accents, single spaces. Before each pattern stand its hints.
var forms = sync.OnceValue(func() []form {
	return compile(
		// Orders to drop the rules.
		"instruction|consigne|directive|precede", `\b(?:ignore[rsz]?|oublie[rsz]?|neglige[rz]?|contourne[rz]?|desactive[rz]?) .{0,40}\b(?:instructions?|consignes?|directives?|ce qui precede|regles precedentes|messages? precedents?)`,
		"ignore|disregard|forget|override|bypass|dismiss", `\b(?:ignore|disregard|forget|override|bypass|dismiss) .{0,40}\b(?:instructions?|prompts?|previous|above|guidelines|directives|rules|system message)`,
		"consigne|instruction|directive", `\b(?:consignes|instructions|directives)\b.{0,40}\b(?:sont un test|ne s'appliquent plus|are a test|no longer apply)`,
		// Feigned turns.
		"assistant|utilisat|user|human|system|chatbot", `^[#>*\s-]*(?:assistant|assistante|utilisateur|utilisatrice|user|human|system|systeme|chatbot)\s*:`,
		"conversation|system", `^#+\s*(?:nouvelle conversation|new conversation|(?:instructions? )?systeme?\s*(?:#|$))`,
		// Orders in the second person singular, which no report uses to its reader.
		"reponds|ecris|traduis|tutoie|rappelle-toi", `(?:^|[^a-z'])(?:reponds|ecris|traduis|tutoie|reecris|rappelle-toi)\b`,
		"tu es|partir de maintenant|agis |fais comme|you are now|from now on|act as if|pretend", `\b(?:tu es (?:maintenant|desormais)|a partir de maintenant,? tu|agis (?:comme|en tant)|fais comme si tu|you are now|from now on,? you (?:are|will|must)|act as if|pretend (?:to be|you))\b`,
		"ton |ta |tes |your ", `\b(?:ton|ta|tes|your) (?:invite|prompt|consigne|consignes|instructions?|system prompt|evaluation depend)\b`,
		// Text said to be for the machine.
		"assistant|chatbot|modele|language model|llm|systemes automati|systeme automati|conversationnel|ia generative| ai ", `\b(?:pour|a l'attention (?:de|du|des)|a destination (?:de|du|des)|cher|chere|dear|note to|message to|instructions? (?:to|for|pour)) (?:l'|le |la |les |un |une |the |any |all |tout |toute |tous |toutes )?(?:assistants?(?: virtuels?)? ?[:,]|chatbots?|modeles? de langue|modeles? de langage|language models?|llms?|systemes? automati|agents? conversationnels?|ia generative|ai (?:assistants?|models?|systems?))\b?.{0,60}(?::|,|;|$)`,
		"cher|dear", `^(?:cher|chere|dear) (?:modele|model|assistant|ai|ia)\b`,
		"assistant|l'ia|the ai", `\b(?:l'assistant|l'ia|the assistant|the ai) (?:doit|must|should|devra) (?:afficher|repondre|ecrire|dire|ajouter|appeler|utiliser|display|respond|reply|answer|say|output|include|add|call)\b`,
		"outil|fonction|tool|function", `\b(?:utilise|appelle|execute|use|call|invoke)[rz]? (?:l'outil|la fonction|the tool|the function)\b`,
		// What the answer shall be.
		"reponse|response|answer|reply|output", `\b(?:dans|a la fin de|au debut de|in|at the end of|to) (?:ta|votre|your) (?:reponse|response|answer|reply|output)\b`,
		"repondez|answer|respond|reply|output|print|say|write", `\b(?:repondez|answer|respond|reply|output|print|say|write) (?:seulement|uniquement|simplement|only|just|exactly|with only|nur)\b`,
		"repondez|output|print", `\b(?:repondez|output|print) (?:par |avec )?(?:[«"“']|[a-z]+-?[0-9]{3,})`,
		"ne dites|ne mentionnez|ne citez|ne revelez", `\bne (?:dites|mentionnez|citez|revelez) (?:pas|aucun|aucune|jamais|rien)\b`,
		"do not|don't|never", `\b(?:do not|don't|never) (?:cite|mention|reveal|tell the user|disclose) `,
		"rien d'autre|nothing else", `\b(?:et|and) (?:rien d'autre|nothing else)\b`,
		"reponse", `\breponse (?:officielle|verifiee|correcte|attendue|exacte)(?: verifiee| attendue)? ?:`,
		"la reponse|answer", `\b(?:la reponse|the answer|the correct answer) (?:a|a la question|to|to the question) ?[«"“'].{0,200}[»"”'] ?(?:est|is)\b`,
		"reponds|repondez|dis|dites", `\bsi (?:la question|l'utilisateur|on te|on vous) .{0,80}\b(?:reponds|repondez|dis|dites)\b`,
		"respond|answer|reply|say", `\bif (?:the user|asked|the question) .{0,80}\b(?:respond|answer|reply|say)\b`,
		"obligatoire", `\b(?:resume|synthese) obligatoire\b`,
		"recommande", `\brecommande[rz]? uniquement\b`,
		"a accepte que", `\butilisateur a accepte que (?:vous|tu)\b`,
		// Addresses that a model shall show or fetch.
		"![", `!\[[^\]]*\]\(\s*(?:https?:)?//`,
		"http|[", `\b(?:ajoute|affiche|insere|add|insert|include|display)[rz]? .{0,60}(?:l'image|le lien|the (?:following )?(?:link|image)).{0,80}(?:https?:|\[)`,
		"system prompt|invite systeme|message systeme", `\b(?:system prompt|invite systeme|message systeme)\b`,
	)
})

func compile(pairs ...string) []form {
	var out []form
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, form{strings.Split(pairs[i], "|"), regexp.MustCompile(pairs[i+1])})
	}
	return out
}
