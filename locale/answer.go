package locale

// answerSentences are what the answerer says around its quotes, and instead of them when the
// documents do not say. The quotes themselves are never translated.
var answerSentences = map[string]entry{
	"answer_first": {
		fr: "D’après « %s » : « %s » [%d]",
		en: "According to “%s”: “%s” [%d]",
	},
	"answer_first_at": {
		fr: "D’après « %s », %s : « %s » [%d]",
		en: "According to “%s”, %s: “%s” [%d]",
	},
	"answer_same": {
		fr: "Le même document indique aussi : « %s » [%d]",
		en: "The same document also says: “%s” [%d]",
	},
	"answer_same_at": {
		fr: "Le même document indique aussi, %s : « %s » [%d]",
		en: "The same document also says, %s: “%s” [%d]",
	},
	"answer_other": {
		fr: "Voir aussi « %s » : « %s » [%d]",
		en: "See also “%s”: “%s” [%d]",
	},
	"answer_other_at": {
		fr: "Voir aussi « %s », %s : « %s » [%d]",
		en: "See also “%s”, %s: “%s” [%d]",
	},
	"answer_at_page":  {fr: "p. %s", en: "p. %s"},
	"answer_at_slide": {fr: "diapositive %s", en: "slide %s"},
	"answer_at_sheet": {fr: "feuille « %s »", en: "sheet “%s”"},
	"answer_not_said_one": {
		fr: "Les documents ne le disent pas. Un seul document a été cherché.",
		en: "The documents do not say. One document was searched.",
	},
	"answer_not_said_many": {
		fr: "Les documents ne le disent pas. %d documents ont été cherchés.",
		en: "The documents do not say. %d documents were searched.",
	},
	"answer_other_year": {
		fr: "Les documents ne le disent pas pour %s : ce qui s’en approche porte sur %s.",
		en: "The documents do not say so for %s: what comes nearest is about %s.",
	},
	"answer_not_mentioned": {
		fr: "Les documents ne mentionnent pas « %s ».",
		en: "The documents do not mention “%s”.",
	},
	"answer_too_broad": {
		fr: "Plusieurs documents parlent de ce que vous demandez : précisez un sujet, un rapport ou une année.",
		en: "Several documents speak of what you ask: name a subject, a report or a year.",
	},
	"answer_unread_one": {
		fr: "Les documents qui ont pu être lus ne le disent pas. %s, qui n’a pas pu être lu, le dit peut-être.",
		en: "The documents that could be read do not say. %s, which could not be read, may say so.",
	},
	"answer_unread_some": {
		fr: "Les documents qui ont pu être lus ne le disent pas. D’autres, qui n’ont pas pu être lus, le disent peut-être : %s.",
		en: "The documents that could be read do not say. Others, which could not be read, may say so: %s.",
	},
	"answer_unread_all": {
		fr: "Le texte des documents n’a pas pu être lu : %s.",
		en: "The text of the documents could not be read: %s.",
	},
	"quoted_title": {fr: "« %s »", en: "“%s”"},
	"answer_nearest": {
		fr: "Voici ce qui s’en approche le plus, sans y répondre.",
		en: "Here is what comes nearest, without answering.",
	},
	"answer_no_documents": {
		fr: "Il n’y a encore aucun document à interroger. Ajoutez-en, puis posez à nouveau votre question.",
		en: "There is no document to ask yet. Add some, then ask again.",
	},
	"answer_greeting": {
		fr: "Bonjour. Posez-moi une question sur vos documents : je réponds par des extraits exacts, avec leur page.",
		en: "Hello. Ask me a question about your documents: I answer with exact quotes and their pages.",
	},
	"answer_thanks": {
		fr: "Avec plaisir. Vous pouvez poser une autre question sur vos documents.",
		en: "You are welcome. You can ask another question about your documents.",
	},
	"answer_who": {
		fr: "Je suis Rapporteur : je cherche dans vos documents et je réponds par des extraits exacts, avec leur page. Quand ils ne disent rien, je vous le dis.",
		en: "I am Rapporteur: I search your documents and answer with exact quotes and their pages. When they do not say, I tell you so.",
	},
	"answer_ask": {
		fr: "Écrivez une question sur vos documents, par exemple avec les mots qu’ils emploient.",
		en: "Write a question about your documents, for instance with the words that they use.",
	},
	"page_degraded_not_proved": {
		fr: "Rien de ce que le modèle de langue a écrit n’a pu être prouvé : voici les passages des documents, mot à mot.",
		en: "Nothing that the language model wrote could be proved: here are the passages of the documents, word for word.",
	},
	"page_degraded_model_declined": {
		fr: "Le modèle de langue n’a pas trouvé de réponse dans ces passages : les voici, mot à mot.",
		en: "The language model found no answer in these passages: here they are, word for word.",
	},
	"page_degraded_stopped": {
		fr: "La réponse a été arrêtée avant sa fin : ce qui est affiché est prouvé.",
		en: "The answer was stopped before its end: what is shown is proved.",
	},
	"page_partial": {
		fr: "La réponse s’arrête avant sa fin : ce qui est affiché est prouvé.",
		en: "The answer stops before its end: what is shown is proved.",
	},
	"page_dropped": {
		fr: "Phrases écrites par le modèle et non affichées, faute de preuve : %d.",
		en: "Sentences that the model wrote and that are not shown, for want of proof: %d.",
	},
	"prompts_folder":   {fr: "Le dossier des consignes du modèle n’existe pas ou ne peut pas être lu.", en: "The folder of prompts does not exist or cannot be read."},
	"prompts_name":     {fr: "Le dossier des consignes contient un fichier d’un autre nom que ceux des consignes intégrées (answer.fr.tmpl, standalone.fr.tmpl…).", en: "The folder of prompts holds a file of another name than the built-in prompts (answer.fr.tmpl, standalone.fr.tmpl…)."},
	"prompts_template": {fr: "La consigne « %s » ne peut pas être lue : elle doit définir « system » et « user » dans la syntaxe des modèles de Go.", en: "The prompt “%s” cannot be read: it must define “system” and “user” in the syntax of Go templates."},
}
