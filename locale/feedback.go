package locale

// feedbackSentences are those of what readers think of answers.
var feedbackSentences = map[string]entry{
	"answer_unknown":   {fr: "Cette réponse n’est plus connue du service. Posez de nouveau la question, puis donnez votre avis.", en: "This answer is no longer known to the service. Ask the question again, then say what you think."},
	"feedback_unknown": {fr: "Cet avis n’existe pas, ou n’est pas le vôtre.", en: "This feedback does not exist, or is not yours."},
	"feedback_off":     {fr: "Ce service ne recueille pas d’avis sur ses réponses.", en: "This service takes no feedback on its answers."},
	"feedback_none":    {fr: "Aucun avis.", en: "No feedback."},
	"note_too_long":    {fr: "Vos précisions dépassent %[1]d caractères (elles en ont %[2]d). Raccourcissez-les.", en: "Your note is longer than %[1]d characters (it has %[2]d). Shorten it."},
	"admin_only":       {fr: "Seule une clé d’administration permet de lire les avis.", en: "Only a key of an administrator reads feedback."},
	"admin_everywhere": {fr: "Une clé d’administration couvre toutes les collections : n’en nommez pas.", en: "A key of an administrator covers all collections: name none."},
	"quoted":           {fr: " : « %s »", en: ": “%s”"},
	"since_invalid":    {fr: "« %s » n’est ni un jour (2024-12-31) ni une date et heure (RFC 3339).", en: "“%s” is neither a day (2024-12-31) nor a time (RFC 3339)."},

	"vote_label":      {fr: "Votre avis sur cette réponse", en: "What you think of this answer"},
	"vote_useful":     {fr: "Utile", en: "Useful"},
	"vote_not_useful": {fr: "Pas utile", en: "Not useful"},
	"vote_why":        {fr: "Qu’est-ce qui ne va pas ?", en: "What is wrong?"},
	"vote_note":       {fr: "Précisions (facultatif)", en: "Details (optional)"},
	"vote_kept":       {fr: "Votre avis est conservé avec la question et la réponse, et lu par l’équipe du service.", en: "What you say is kept with the question and the answer, and read by the team of the service."},
	"vote_send":       {fr: "Envoyer", en: "Send"},
	"vote_thanks":     {fr: "Merci. Votre avis est conservé avec la question et la réponse.", en: "Thank you. What you said is kept with the question and the answer."},
	"vote_undo":       {fr: "Retirer mon avis", en: "Withdraw"},
	"vote_undone":     {fr: "Votre avis est retiré.", en: "What you said is withdrawn."},
	"vote_sent":       {fr: "Merci de votre avis", en: "Thank you"},

	"vote_reason_wrong_figure":          {fr: "Un chiffre ou un fait est faux", en: "A figure or a fact is wrong"},
	"vote_reason_wrong_page":            {fr: "Le passage ou la page ne prouve pas la réponse", en: "The passage or the page does not prove the answer"},
	"vote_reason_incomplete":            {fr: "Il manque quelque chose", en: "Something is missing"},
	"vote_reason_not_said_though_it_is": {fr: "Les documents le disent pourtant", en: "The documents do say it"},
	"vote_reason_off_topic":             {fr: "La réponse est hors sujet", en: "The answer is off topic"},
	"vote_reason_unclear":               {fr: "La réponse n’est pas claire", en: "The answer is unclear"},
	"vote_reason_other":                 {fr: "Autre chose", en: "Something else"},
}
