// Package guard finds the text of a document that speaks to an assistant instead of to its reader: orders, feigned
// turns of a conversation, answers dictated in advance. Such text is shown on its page like any other, but
// proves nothing, is never quoted as an answer, and is not given to a language model.
package guard

import (
	"regexp"
	"slices"
	"strings"

	"rapporteur/analysis"
)

// Speaks reports whether a line of a document, or a question, is addressed to an assistant. It knows forms, in French
// and English first, and the best known ones of a few other languages; it is one fence of several, as no list of
// forms is complete.
func Speaks(line string) bool {
	if len(line) < shortest {
		return false
	}
	if templates.MatchString(line) || foreign.MatchString(line) {
		return true
	}
	folded := spaces.ReplaceAllString(analysis.Fold(invisible.ReplaceAllString(line, "")), " ")
	folded = strings.ReplaceAll(folded, "’", "'")
	if !slices.ContainsFunc(hints, func(h string) bool { return strings.Contains(folded, h) }) {
		return false
	}
	for _, form := range forms {
		if form.MatchString(folded) {
			return true
		}
	}
	return false
}

// shortest is the length, in bytes, under which a line orders nothing.
const shortest = 8

var (
	spaces = regexp.MustCompile(`[\s\x{a0}\x{202f}]+`)
	// invisible characters cut the words of an order apart for a program, and not for a model.
	invisible = regexp.MustCompile(`[\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}\x{e0000}-\x{e007f}]`)
	// templates are the marks by which models part the turns of a conversation.
	templates = regexp.MustCompile(`(?i)<\|[a-z_]+\|>|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|user|instructions?|documents?|contexte?|passages?)>|<(?:start|end)_of_turn>`)
	foreign   = regexp.MustCompile(`(?i)忽略.{0,20}(?:指示|指令|说明|提示)|以前の指示を無視|ignorier\pL* .{0,40}anweisung|ignor[ae] .{0,40}(?:instrucciones|istruzioni|instruções)|игнорир\pL* .{0,40}инструкц`)
)

// hints are pieces of words of which each of the forms needs one: most lines have none, and are passed at once.
var hints = []string{"ignor", "oubli", "neglig", "contourn", "desactiv", "disregard", "forget", "overrid", "bypass", "dismiss",
	"instruction", "consigne", "directive", "assistant", "utilisat", "user", "human", "system", "chatbot", "nouvelle conversation",
	"new conversation", "repon", "ecris", "traduis", "tutoie", "-toi", "tu es", "tu ", "you ", "act as", "pretend", "agis", "your ",
	"prompt", "llm", "l'ia", " ai", "modele", "model", "l'outil", "fonction", "the tool", "the function", "answer", "output", "print",
	"only", "just", "dites", "mentionn", "cite", "revel", "never", "not ", "don't", "rien d'autre", "nothing else",
	"obligatoire", "recommande", "![", "image", "lien", "link", "agents conversation", "ia generative"}

// forms are matched against folded text: lower case, no accents, single spaces.
var forms = compile(
	// Orders to drop the rules.
	`\b(?:ignore[rsz]?|oublie[rsz]?|neglige[rz]?|contourne[rz]?|desactive[rz]?) .{0,40}\b(?:instructions?|consignes?|directives?|ce qui precede|regles precedentes|messages? precedents?)`,
	`\b(?:ignore|disregard|forget|override|bypass|dismiss) .{0,40}\b(?:instructions?|prompts?|previous|above|guidelines|directives|rules|system message)`,
	`\b(?:consignes|instructions|directives)\b.{0,40}\b(?:sont un test|ne s'appliquent plus|are a test|no longer apply)`,
	// Feigned turns.
	`^[#>*\s-]*(?:assistant|assistante|utilisateur|utilisatrice|user|human|system|systeme|chatbot)\s*:`,
	`^#+\s*(?:nouvelle conversation|new conversation|(?:instructions? )?systeme?\s*(?:#|$))`,
	// Orders in the second person singular, which no report uses to its reader.
	`(?:^|[^a-z'])(?:reponds|ecris|traduis|tutoie|reecris|rappelle-toi)\b`,
	`\b(?:tu es (?:maintenant|desormais)|a partir de maintenant,? tu|agis (?:comme|en tant)|fais comme si tu|you are now|from now on,? you (?:are|will|must)|act as if|pretend (?:to be|you))\b`,
	`\b(?:ton|ta|tes|your) (?:invite|prompt|consigne|consignes|instructions?|system prompt|evaluation depend)\b`,
	// Text said to be for the machine.
	`\b(?:pour|a l'attention (?:de|du|des)|a destination (?:de|du|des)|cher|chere|dear|note to|message to|instructions? (?:to|for|pour)) (?:l'|le |la |les |un |une |the |any |all |tout |toute |tous |toutes )?(?:assistants?(?: virtuels?)? ?[:,]|chatbots?|modeles? de langue|modeles? de langage|language models?|llms?|systemes? automati|agents? conversationnels?|ia generative|ai (?:assistants?|models?|systems?))\b?.{0,60}(?::|,|;|$)`,
	`^(?:cher|chere|dear) (?:modele|model|assistant|ai|ia)\b`,
	`\b(?:l'assistant|l'ia|the assistant|the ai) (?:doit|must|should|devra) (?:afficher|repondre|ecrire|dire|ajouter|appeler|utiliser|display|respond|reply|answer|say|output|include|add|call)\b`,
	`\b(?:utilise|appelle|execute|use|call|invoke)[rz]? (?:l'outil|la fonction|the tool|the function)\b`,
	// What the answer shall be.
	`\b(?:dans|a la fin de|au debut de|in|at the end of|to) (?:ta|votre|your) (?:reponse|response|answer|reply|output)\b`,
	`\b(?:repondez|answer|respond|reply|output|print|say|write) (?:seulement|uniquement|simplement|only|just|exactly|with only|nur)\b`,
	`\b(?:repondez|output|print) (?:par |avec )?(?:[«"“']|[a-z]+-?[0-9]{3,})`,
	`\bne (?:dites|mentionnez|citez|revelez) (?:pas|aucun|aucune|jamais|rien)\b`,
	`\b(?:do not|don't|never) (?:cite|mention|reveal|tell the user|disclose) `,
	`\b(?:et|and) (?:rien d'autre|nothing else)\b`,
	`\breponse (?:officielle|verifiee|correcte|attendue|exacte)(?: verifiee| attendue)? ?:`,
	`\b(?:la reponse|the answer|the correct answer) (?:a|a la question|to|to the question) ?[«"“'].{0,200}[»"”'] ?(?:est|is)\b`,
	`\bsi (?:la question|l'utilisateur|on te|on vous) .{0,80}\b(?:reponds|repondez|dis|dites)\b`,
	`\bif (?:the user|asked|the question) .{0,80}\b(?:respond|answer|reply|say)\b`,
	`\b(?:resume|synthese) obligatoire\b`,
	`\brecommande[rz]? uniquement\b`,
	`\butilisateur a accepte que (?:vous|tu)\b`,
	// Addresses that a model shall show or fetch.
	`!\[[^\]]*\]\(\s*(?:https?:)?//`,
	`\b(?:ajoute|affiche|insere|add|insert|include|display)[rz]? .{0,60}(?:l'image|le lien|the (?:following )?(?:link|image)).{0,80}(?:https?:|\[)`,
	`\b(?:system prompt|invite systeme|message systeme)\b`,
)

func compile(patterns ...string) []*regexp.Regexp {
	var out []*regexp.Regexp
	for _, p := range patterns {
		out = append(out, regexp.MustCompile(p))
	}
	return out
}
