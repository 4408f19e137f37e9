package wording

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"rapporteur/analysis"
)

// Asked is the question in a text: what is left without greeting, request and thanks (« Bonjour, pourriez-vous me dire …
// Merci d'avance. »), and not in capitals where all of it is. They say nothing of the subject, and would be looked for in
// documents. A text that is nothing else stays as it is.
func Asked(text string) string {
	text = strings.TrimSpace(text)
	begun, bare := core(text)
	if strings.IndexFunc(bare, unicode.IsLetter) < 0 {
		return text
	}
	if len(bare) < len(begun) && strings.HasSuffix(begun, "?") && !strings.HasSuffix(bare, "?") {
		bare += " ?"
	}
	if begun != text {
		first, size := utf8.DecodeRuneInString(bare)
		bare = string(unicode.ToUpper(first)) + bare[size:]
	}
	return bare
}

// core is a text without what comes before the question, and without what comes after it too.
func core(text string) (begun, bare string) {
	begun = stripped(analysis.Uncapped(text), func(s string) string {
		if at := greeting.FindStringIndex(s); at != nil && (strings.ContainsAny(s[:at[1]], ",.!:;\n") || opening.MatchString(s[at[1]:])) {
			return s[at[1]:]
		}
		return request.ReplaceAllString(s, "")
	})
	return begun, stripped(begun, func(s string) string {
		end := max(0, len(s)-longestThanks)
		return strings.TrimRight(s[:end]+thanks.ReplaceAllString(s[end:], ""), " ,;")
	})
}

// stripped takes one thing after another off a text, until nothing more comes off.
func stripped(text string, one func(string) string) string {
	for {
		less := strings.TrimSpace(one(text))
		if less == text {
			return text
		}
		text = less
	}
}

// longestThanks bounds, in bytes, where the end of a text is looked for: its length is the asker's.
const longestThanks = 80

const (
	tell   = `(?:dire|indiquer|expliquer|pr[ée]ciser|donner|rappeler|confirmer|communiquer|fournir|faire savoir|parler (?:de|du|des)|renseigner sur|[ée]clairer sur)`
	please = `(?:s['’]il (?:vous|te) pla[iî]t|svp|s\.v\.p\.|stp)`
)

var (
	greeting = regexp.MustCompile(`^(?i:bonjour|bonsoir|salut|coucou|hello|hi|hey|good (?:morning|afternoon|evening))(?i: [àa] (?:tous|toutes)| madame| monsieur| mesdames| messieurs| et |, madame|, monsieur)*(?:\s*[,.!:;\n–-]+\s*|\s+)`)
	// opening is how questions and requests begin.
	opening = regexp.MustCompile(`^(?i:combien|quel|quels|quelle|quelles|qui|que|quoi|o[uù]|quand|comment|pourquoi|est-ce|qu['’]\pL+|je|j['’]\pL+|merci|pouvez|pourriez|peux|pourrais|savez|sais|dis|dites|what|which|who|how|when|where|why|can|could|do|does|is|are|please|i)(?:\PL|$)`)
	// request asks for an answer, where what is asked comes after it.
	request = regexp.MustCompile(`^(?i:(?:et )?(?:` +
		`(?:est-ce que |est ce que )?(?:(?:vous pouvez|vous pourriez|tu peux|tu pourrais|pouvez[- ]vous|pourriez[- ]vous|peux[- ]tu|pourrais[- ]tu|peut[- ]on|pourrait[- ]on|voulez[- ]vous|voudriez[- ]vous|veux[- ]tu)(?: bien)?(?:,? ` + please + `,?)? (?:me |m['’]|nous )?` + tell +
		`|vous savez|savez[- ]vous|sauriez[- ]vous|tu sais|sais[- ]tu|saurais[- ]tu)` +
		`|(?:je |j['’])(?:voudrais|souhaite|souhaiterais|aimerais|veux|d[ée]sire|d[ée]sirerais)(?: bien)? (?:savoir|conna[iî]tre|comprendre|avoir|obtenir)` +
		`|je cherche(?: [àa] (?:savoir|conna[iî]tre|comprendre|trouver))?` +
		`|merci (?:de |d['’])(?:bien vouloir )?(?:me |m['’]|nous )?` + tell +
		`|(?:dis|dites|explique|expliquez|indique|indiquez|rappelle|rappelez|pr[ée]cise|pr[ée]cisez|donne|donnez)[- ](?:moi|nous)` +
		`|(?:can|could|would|will) you (?:please |kindly )?(?:tell|explain|give|remind|show)(?: to)?(?: me| us)?` +
		`|(?:i would|i['’]d|we would|we['’]d) like to (?:know|understand|ask)|i want to know|do you know|please (?:tell|explain|give)(?: to)?(?: me| us)?|tell me|please` +
		`)(?:,? ` + please + `)?\s*[,:]?\s)`)
	thanks = regexp.MustCompile(`(?i:(?:^|[\s,.;!?])(?:` + please + `|(?:un grand )?merci(?: beaucoup| bien)?(?: (?:d['’]avance|par avance|pour votre (?:aide|r[ée]ponse|retour)|de votre (?:aide|r[ée]ponse|retour)))?|(?:bien )?cordialement|bonne journ[ée]e|bonne soir[ée]e|please|thanks(?: in advance| a lot)?|thank you(?: in advance| very much)?))[\s.!,;?]*$`)
)
