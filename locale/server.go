package locale

// serverSentences are the errors that a client of the API or the page reads.
var serverSentences = map[string]entry{
	"key_weak": {
		fr: "Une clé commence par %s et compte au moins %d caractères de plus, tirés au hasard.",
		en: "A key begins with %s and has at least %d more characters, chosen at random.",
	},
	"internal": {
		fr: "Une erreur interne est survenue. Réessayez ; si elle persiste, signalez-la à l’administrateur avec l’identifiant de la requête.",
		en: "An internal error occurred. Try again; if it persists, report it to the administrator with the request id.",
	},
	"canceled": {
		fr: "La requête a été interrompue.",
		en: "The request was cancelled.",
	},
	"timeout": {
		fr: "La réponse a demandé trop de temps. Réessayez ; une question plus courte ou une seule collection vont plus vite.",
		en: "The answer took too long. Try again; a shorter question or a single collection is faster.",
	},
	"busy": {
		fr: "Le service est très sollicité. Réessayez dans quelques secondes.",
		en: "The service is very busy. Try again in a few seconds.",
	},
	"too_many_requests": {
		fr: "Vous avez déjà plusieurs questions en cours. Attendez leur réponse, puis réessayez.",
		en: "You already have several questions in progress. Wait for their answers, then try again.",
	},
	"not_ready": {
		fr: "Le service démarre. Réessayez dans quelques secondes.",
		en: "The service is starting. Try again in a few seconds.",
	},
	"route_unknown": {
		fr: "Cette adresse n’existe pas.",
		en: "There is nothing at this address.",
	},
	"method_not_allowed": {
		fr: "Cette adresse ne prend pas cette méthode HTTP.",
		en: "This address does not take this HTTP method.",
	},
	"question_empty": {
		fr: "Posez une question.",
		en: "Ask a question.",
	},
	"question_too_long": {
		fr: "Votre question dépasse %[1]d caractères (elle en a %[2]d). Raccourcissez-la.",
		en: "Your question is longer than %[1]d characters (it has %[2]d). Shorten it.",
	},
	"history_too_long": {
		fr: "La conversation jointe à la question est trop longue : %d messages et 100 ko au plus. Commencez une nouvelle conversation.",
		en: "The conversation sent with the question is too long: at most %d messages and 100 kB. Start a new conversation.",
	},
	"field_invalid": {
		fr: "La valeur du champ « %s » n’est pas acceptée. Consultez /openapi.json.",
		en: "The value of the field “%s” is not accepted. See /openapi.json.",
	},
	"json_invalid": {
		fr: "Le corps de la requête n’est pas du JSON valide en UTF-8.",
		en: "The body of the request is not valid JSON in UTF-8.",
	},
	"json_too_deep": {
		fr: "Le corps de la requête est imbriqué sur plus de %d niveaux.",
		en: "The body of the request is nested deeper than %d levels.",
	},
	"body_too_large": {
		fr: "Le corps de la requête dépasse %d octets.",
		en: "The body of the request is larger than %d bytes.",
	},
	"body_incomplete": {
		fr: "La requête n’est pas arrivée entière, ou trop lentement. Rien n’a été enregistré ; réessayez.",
		en: "The request did not arrive whole, or too slowly. Nothing was stored; try again.",
	},
	"content_type_unsupported": {
		fr: "Ce type de contenu n’est pas accepté ici. Envoyez %s.",
		en: "This content type is not accepted here. Send %s.",
	},
	"content_encoded": {
		fr: "Les corps compressés ne sont pas acceptés. Envoyez-le sans Content-Encoding.",
		en: "Compressed bodies are not accepted. Send it without Content-Encoding.",
	},
	"form_invalid": {
		fr: "Le formulaire d’envoi est mal formé. Rien n’a été enregistré.",
		en: "The upload form is malformed. Nothing was stored.",
	},
	"file_missing": {
		fr: "Le formulaire ne contient ni champ « file » ni champ « url ». Choisissez un fichier ou donnez une adresse.",
		en: "The form has neither a field “file” nor a field “url”. Choose a file or give an address.",
	},
	"field_after_file": {
		fr: "Placez le champ « file » en dernier dans le formulaire, ou les autres champs dans l’adresse. Rien n’a été enregistré.",
		en: "Put the field “file” last in the form, or the other fields in the address. Nothing was stored.",
	},
	"foreign_host": {
		fr: "Ce serveur ne répond pas sous ce nom. L’administrateur peut l’ajouter aux noms publics du service.",
		en: "This server does not answer to this name. The administrator can add it to the public names of the service.",
	},
	"foreign_origin": {
		fr: "Cette requête vient d’un autre site : elle est refusée.",
		en: "This request comes from another site: it is refused.",
	},
	"key_in_query": {
		fr: "Une clé n’a pas sa place dans une adresse. Envoyez-la dans l’en-tête Authorization: Bearer, et remplacez-la si elle est vraie.",
		en: "A key does not belong in an address. Send it in the header Authorization: Bearer, and replace it if it is a real one.",
	},
	"key_missing": {
		fr: "Une clé est nécessaire. Envoyez-la dans l’en-tête Authorization: Bearer.",
		en: "A key is needed. Send it in the header Authorization: Bearer.",
	},
	"bad_key": {
		fr: "Cette clé n’est pas valable. Vérifiez-la, ou demandez-en une à l’administrateur.",
		en: "This key is not valid. Check it, or ask the administrator for one.",
	},
	"key_required": {
		fr: "Le service ne peut pas écouter au-delà de cette machine sans clé. Créez-en une avec « rapporteur key create », ou écoutez sur 127.0.0.1.",
		en: "The service cannot listen beyond this machine without a key. Create one with “rapporteur key create”, or listen on 127.0.0.1.",
	},
	"read_only_key": {
		fr: "Vous n’avez pas le droit de modifier ces documents.",
		en: "You are not allowed to change these documents.",
	},
	"document_unknown": {
		fr: "Ce document n’existe pas, ou vous n’y avez pas accès.",
		en: "This document does not exist, or you have no access to it.",
	},
	"version_unknown": {
		fr: "Cette version du document n’existe pas.",
		en: "This version of the document does not exist.",
	},
	"original_missing": {
		fr: "Le fichier d’origine de ce document n’est plus disponible.",
		en: "The original file of this document is no longer available.",
	},
	"source_exists": {
		fr: "Un autre fichier porte déjà le nom « %[1]s » dans cette collection (document %[2]s). Pour en faire une nouvelle version, choisissez de le remplacer ; sinon, donnez un autre nom.",
		en: "Another file already has the name “%[1]s” in this collection (document %[2]s). To make this a new version of it, choose to replace it; otherwise give another name.",
	},
	"stale_version": {
		fr: "Ce document a changé entre-temps. Rechargez-le, puis réessayez.",
		en: "This document changed in the meantime. Reload it, then try again.",
	},
	"bad_collection": {
		fr: "Le nom de la collection n’est pas accepté : de 1 à 100 octets, sur une ligne.",
		en: "The name of the collection is not accepted: 1 to 100 bytes, on one line.",
	},
	"bad_source": {
		fr: "Le nom de ce fichier n’est pas accepté. Donnez-lui un autre nom.",
		en: "The name of this file is not accepted. Give it another name.",
	},
	"upload_interrupted": {
		fr: "L’envoi a été interrompu. Rien n’a été enregistré ; réessayez.",
		en: "The upload was interrupted. Nothing was stored; try again.",
	},
	"store_down": {
		fr: "La bibliothèque de documents ne répond pas. Réessayez dans quelques instants.",
		en: "The document library does not answer. Try again shortly.",
	},
	"store_busy": {
		fr: "La bibliothèque de documents est occupée. Réessayez dans quelques instants.",
		en: "The document library is busy. Try again shortly.",
	},
	"disk_full": {
		fr: "Le disque est plein : rien n’a été enregistré. Libérez de la place, puis réessayez.",
		en: "The disk is full: nothing was stored. Free some space, then try again.",
	},
}
