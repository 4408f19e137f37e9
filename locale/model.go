package locale

// modelSentences are those of language and embedding models on other machines: why one did not write, and what is
// wrong with the settings of one.
var modelSentences = map[string]entry{
	"model_down": {
		fr: "Le modèle de langage ne répond pas. Réessayez dans quelques instants.",
		en: "The language model does not answer. Try again shortly.",
	},
	"model_slow": {
		fr: "Le modèle de langage a mis trop de temps à répondre. Réessayez dans quelques instants.",
		en: "The language model took too long to answer. Try again shortly.",
	},
	"model_paused": {
		fr: "Le modèle de langage a échoué plusieurs fois de suite ; il est laissé au repos quelques instants. Réessayez dans une demi-minute.",
		en: "The language model failed several times in a row and is left alone for a moment. Try again in half a minute.",
	},
	"model_busy": {
		fr: "Le modèle de langage est très sollicité. Réessayez dans quelques secondes.",
		en: "The language model is very busy. Try again in a few seconds.",
	},
	"model_quota": {
		fr: "Le quota du modèle de langage est atteint. Réessayez plus tard, ou demandez à l’administrateur de l’augmenter.",
		en: "The quota of the language model is used up. Try again later, or ask the administrator to raise it.",
	},
	"model_refused": {
		fr: "Le serveur du modèle de langage refuse les demandes du service. L’administrateur peut en trouver la cause avec « rapporteur models check ».",
		en: "The server of the language model refuses the requests of the service. The administrator can find out why with “rapporteur models check”.",
	},
	"model_context": {
		fr: "La question et ses passages dépassent ce que le modèle de langage peut lire en une fois. Posez une question plus courte.",
		en: "The question and its passages are more than the language model can read at once. Ask a shorter question.",
	},
	"model_broken": {
		fr: "La réponse du modèle de langage est arrivée incomplète ou mal formée. Réessayez.",
		en: "The answer of the language model came incomplete or malformed. Try again.",
	},
	"model_cut": {
		fr: "La réponse du modèle de langage a atteint sa longueur maximale : elle s’arrête avant sa fin.",
		en: "The answer of the language model reached its greatest length: it stops before its end.",
	},
	"model_filtered": {
		fr: "Le filtre de contenu du fournisseur du modèle a retenu la réponse.",
		en: "The content filter of the model’s provider held the answer back.",
	},

	"model_unset": {
		fr: "Le modèle n’est pas entièrement désigné. Indiquez son nom (model) et l’adresse de son serveur (base_url) dans la section [models.default] — [models.embedder] pour l’encodeur — ou par RAPPORTEUR_MODEL_NAME et RAPPORTEUR_MODEL_BASE_URL.",
		en: "The model is not wholly named. Give its name (model) and the address of its server (base_url) in the section [models.default] – [models.embedder] for the encoder – or by RAPPORTEUR_MODEL_NAME and RAPPORTEUR_MODEL_BASE_URL.",
	},
	"model_url_invalid": {
		fr: "L’adresse du serveur de modèles (base_url) n’est pas une adresse http:// ou https:// complète, sans identifiant, sans « ? » ni « # ».",
		en: "The address of the model server (base_url) is not a complete http:// or https:// address, without user name, “?” or “#”.",
	},
	"model_kind_unknown": {
		fr: "La sorte de serveur « %s » n’existe pas. Choisissez openai, albert, mistral ou ollama.",
		en: "There is no kind of server “%s”. Choose openai, albert, mistral or ollama.",
	},
	"model_key_file": {
		fr: "Le fichier de la clé du modèle (key_file) ne peut pas être lu, ou il est vide.",
		en: "The file of the model’s key (key_file) cannot be read, or it is empty.",
	},
	"model_none": {
		fr: "Aucun modèle n’est réglé : les réponses sont faites d’extraits exacts. Pour des réponses rédigées, indiquez kind, base_url et model dans la section [models.default] du fichier de réglages.",
		en: "No model is set: answers are made of exact quotes. For written answers, give kind, base_url and model in the section [models.default] of the settings file.",
	},

	"model_nobody": {
		fr: "Aucun serveur n’écoute à l’adresse %s, ou il coupe la connexion. Vérifiez l’adresse et le port (base_url), et que le serveur du modèle est démarré.",
		en: "No server listens at %s, or it ends the connection. Check the address and port (base_url), and that the model server is running.",
	},
	"model_host_unknown": {
		fr: "Le nom de la machine dans %s est inconnu. Vérifiez l’adresse (base_url) et le service de noms (DNS) de cette machine.",
		en: "The host name in %s is unknown. Check the address (base_url) and the name service (DNS) of this machine.",
	},
	"model_certificate": {
		fr: "La connexion chiffrée avec %s n’a pas pu être établie : le certificat n’est pas valable, pas reconnu par cette machine, ou ce port ne parle pas https. Vérifiez s’il faut http:// ou https://, ou ajoutez l’autorité de certification à cette machine.",
		en: "The encrypted connection with %s could not be made: the certificate is not valid, not recognised by this machine, or this port does not speak https. Check whether http:// or https:// is right, or add the certificate authority to this machine.",
	},
	"model_address_refused": {
		fr: "L’adresse %s n’est pas appelée : elle renvoie ailleurs, ou mène à une machine du réseau privé qui n’est pas celle qui est nommée. Indiquez dans base_url l’adresse finale du serveur.",
		en: "The address %s is not called: it redirects elsewhere, or leads to a machine of the private network other than the one named. Give the final address of the server in base_url.",
	},
	"model_no_server": {
		fr: "L’adresse %s n’est pas celle d’un serveur de modèles : elle donne une page web ou n’existe pas. base_url se termine souvent par /v1 ; pour Ollama, kind est « ollama » et base_url n’a pas de chemin.",
		en: "The address %s is not that of a model server: it gives a web page or does not exist. base_url often ends with /v1; for Ollama, kind is “ollama” and base_url has no path.",
	},
	"model_key_needed": {
		fr: "Le serveur %s demande une clé, et aucune n’est réglée. Mettez-la dans la variable RAPPORTEUR_MODEL_KEY, ou dans celle que nomme key_env, ou dans le fichier key_file.",
		en: "The server %s asks for a key, and none is set. Put it in the variable RAPPORTEUR_MODEL_KEY, or in the one that key_env names, or in the file key_file.",
	},
	"model_key_refused": {
		fr: "Le serveur %s refuse la clé, ou cette clé n’a pas droit à ce modèle. Vérifiez-la auprès du fournisseur ; aucune espace ni guillemet ne doit l’entourer.",
		en: "The server %s refuses the key, or this key has no right to this model. Check it with the provider; no space or quotation mark may stand around it.",
	},
	"model_unknown": {
		fr: "Le modèle « %s » n’existe pas sur %s. Modèles proposés : %s. Indiquez l’un d’eux (model).",
		en: "There is no model “%s” at %s. Models offered: %s. Give one of these (model).",
	},
	"model_said_no": {
		fr: "Le serveur %s refuse la demande (code HTTP %d) : « %s ».",
		en: "The server %s refuses the request (HTTP status %d): “%s”.",
	},
	"model_said_error": {
		fr: "Le serveur %s a commencé à répondre, puis a signalé une erreur : « %s ».",
		en: "The server %s began to answer, then told of an error: “%s”.",
	},
	"model_ill": {
		fr: "Le serveur %s est en panne (code HTTP %d). Réessayez plus tard, ou consultez son journal.",
		en: "The server %s is out of order (HTTP status %d). Try again later, or look at its log.",
	},

	"model_check_answers": {
		fr: "Le modèle « %s » répond à l’adresse %s.",
		en: "The model “%s” answers at %s.",
	},
	"model_check_first":    {fr: "Premier mot après %d ms.", en: "First word after %d ms."},
	"model_check_vectors":  {fr: "Vecteurs de dimension %d, en %d ms.", en: "Vectors of dimension %d, in %d ms."},
	"model_check_rate":     {fr: "%.0f jetons par seconde ensuite.", en: "%.0f tokens a second after it."},
	"model_check_streams":  {fr: "La réponse arrive au fil de l’eau.", en: "The answer is streamed."},
	"model_check_whole":    {fr: "La réponse arrive d’un bloc : elle ne sera montrée qu’à la fin.", en: "The answer comes in one piece: it will be shown at its end only."},
	"model_check_usage":    {fr: "Le serveur compte les jetons.", en: "The server counts tokens."},
	"model_check_no_usage": {fr: "Le serveur ne compte pas les jetons : leur nombre est estimé.", en: "The server does not count tokens: their number is estimated."},
	"model_check_end":      {fr: "Le serveur marque la fin de la réponse.", en: "The server marks the end of the answer."},
	"model_check_no_end":   {fr: "Le serveur ne marque pas la fin de la réponse : seule la raison de l’arrêt la signale.", en: "The server does not mark the end of the answer: only the reason for stopping tells it."},
}
