package locale

// librarySentences are what the library, the job queue and the keys say when something cannot be done;
// the codes that the API shares with them stand in serverSentences.
var librarySentences = map[string]entry{
	"newer_schema": {
		fr: "Cette bibliothèque a été créée par une version plus récente de Rapporteur. Mettez le programme à jour, puis réessayez.",
		en: "This library was made by a newer version of Rapporteur. Update the program, then try again.",
	},
	"database_damaged": {
		fr: "Le fichier de la bibliothèque est endommagé. Arrêtez le service et restaurez la dernière sauvegarde du dossier de données.",
		en: "The file of the library is damaged. Stop the service and restore the last backup of the data folder.",
	},
	"version_not_superseded": {
		fr: "Cette version n’a jamais été en vigueur, ou n’a pas pu être lue : elle ne peut pas être rétablie.",
		en: "This version was never in force, or could not be read: it cannot be restored.",
	},
	"nothing_to_cancel": {
		fr: "La lecture de ce document est déjà terminée : il n’y a rien à annuler. Pour le retirer, supprimez-le.",
		en: "The reading of this document has already ended: there is nothing to cancel. To take it out, remove it.",
	},
	"queue_full": {
		fr: "Trop de documents attendent d’être lus. Réessayez dans quelques minutes.",
		en: "Too many documents wait to be read. Try again in a few minutes.",
	},
	"key_revoked": {
		fr: "Cette clé a été révoquée. Demandez-en une autre à l’administrateur.",
		en: "This key was revoked. Ask the administrator for another one.",
	},
	"key_unknown": {
		fr: "Cette clé n’existe pas. Consultez la liste des clés.",
		en: "This key does not exist. See the list of keys.",
	},
	"bad_key_name": {
		fr: "Le nom de la clé est vide ou trop long (100 octets au plus).",
		en: "The name of the key is empty or too long (100 bytes at most).",
	},
}
