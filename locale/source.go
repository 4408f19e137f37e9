package locale

// sourceSentences are those of where documents come from: web addresses, and what may be called.
var sourceSentences = map[string]entry{
	"url_invalid": {
		fr: "Ce n’est pas une adresse web acceptée. Indiquez une adresse complète, qui commence par https:// ou http://, sans identifiant ni mot de passe.",
		en: "This is not a web address that is accepted. Give a complete one that begins with https:// or http://, without user name or password.",
	},
	"url_refused": {
		fr: "Cette adresse mène à un réseau privé ou à la machine du service : seules les adresses web publiques sont acceptées. Téléchargez le document, puis déposez le fichier, ou demandez à l’administrateur d’autoriser cet hôte.",
		en: "This address leads to a private network or to the machine of the service: only public web addresses are accepted. Download the document and add the file, or ask the administrator to allow this host.",
	},
	"url_port": {
		fr: "Le port %d n’est pas accepté : une adresse web se lit sur les ports 80 et 443. Téléchargez le document, puis déposez le fichier, ou demandez à l’administrateur d’autoriser cet hôte avec son port.",
		en: "Port %d is not accepted: web addresses are read at ports 80 and 443. Download the document and add the file, or ask the administrator to allow this host with its port.",
	},
	"url_redirect": {
		fr: "Cette adresse renvoie vers une autre que le service ne suit pas, parce qu’elle n’est pas publique, pas sur le web ou moins sûre. Ouvrez-la dans votre navigateur, puis donnez l’adresse finale ou déposez le fichier.",
		en: "This address redirects to one that the service does not follow, because it is not public, not on the web or less secure. Open it in your browser, then give the final address or add the file.",
	},
	"url_redirects": {
		fr: "Cette adresse renvoie plus de %d fois vers une autre. Ouvrez-la dans votre navigateur, puis donnez l’adresse finale ou déposez le fichier.",
		en: "This address redirects more than %d times. Open it in your browser, then give the final address or add the file.",
	},
	"url_unreachable": {
		fr: "Aucun serveur ne répond à cette adresse. Vérifiez-la, puis réessayez ; si elle s’ouvre dans votre navigateur, téléchargez le document et déposez le fichier.",
		en: "No server answers at this address. Check it, then try again; if it opens in your browser, download the document and add the file.",
	},
	"url_certificate": {
		fr: "Le serveur de cette adresse ne prouve pas son identité : son certificat n’est pas valable ou pas reconnu. Téléchargez le document si vous faites confiance au site, puis déposez le fichier.",
		en: "The server at this address does not prove its identity: its certificate is not valid or not recognised. Download the document if you trust the site, then add the file.",
	},
	"url_timeout": {
		fr: "Le serveur de cette adresse répond trop lentement. Réessayez plus tard, ou téléchargez le document et déposez le fichier.",
		en: "The server at this address answers too slowly. Try again later, or download the document and add the file.",
	},
	"url_response": {
		fr: "La réponse de cette adresse est incomplète ou mal formée. Réessayez ; si cela se répète, téléchargez le document et déposez le fichier.",
		en: "The answer from this address is incomplete or malformed. Try again; if it happens again, download the document and add the file.",
	},
	"url_status": {
		fr: "Le serveur de cette adresse n’a pas donné le document : il a répondu par le code HTTP %d. Vérifiez l’adresse ; si le document demande une connexion, téléchargez-le et déposez le fichier.",
		en: "The server at this address did not give the document: it answered with HTTP status %d. Check the address; if the document needs a login, download it and add the file.",
	},
	"url_and_file": {
		fr: "Donnez un fichier ou une adresse web, pas les deux.",
		en: "Give a file or a web address, not both.",
	},
	"url_version": {
		fr: "Une adresse web ajoute un document ; pour une nouvelle version de celui-ci, déposez son fichier.",
		en: "A web address adds a document; for a new version of this one, add its file.",
	},
	"allow_hosts_invalid": {
		fr: "La valeur « %s » de allow_hosts n’est ni un nom, ni une adresse, ni un réseau. Exemples : modele.exemple.fr, 10.0.0.5:8080, 10.0.0.0/8.",
		en: "The value “%s” of allow_hosts is neither a name nor an address nor a network. Examples: model.example.org, 10.0.0.5:8080, 10.0.0.0/8.",
	},
}
