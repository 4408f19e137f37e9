package locale

// serverSentences are the errors that a client of the API or the page reads.
var serverSentences = map[string]entry{
	"internal": {
		fr: "Une erreur interne est survenue. Réessayez ; si elle persiste, signalez-la à l’administrateur avec l’identifiant de la requête.",
		en: "An internal error occurred. Try again; if it persists, report it to the administrator with the request id.",
	},
}
