package locale

// backupSentences are those of backup, restore, and the buckets that keep originals.
var backupSentences = map[string]entry{
	"help_backup": {
		fr: "Sauvegarde la bibliothèque et ses fichiers d’origine dans un fichier, pendant qu’elle sert.",
		en: "Back the library and its original files up in one file, while it is in use.",
	},
	"help_backup_file": {
		fr: "fichier de la sauvegarde ; - écrit sur la sortie standard",
		en: "file of the backup; - writes to standard output",
	},
	"help_backup_verify": {
		fr: "vérifier ce fichier au lieu d’en faire un",
		en: "check this file instead of making one",
	},
	"help_restore": {
		fr: "Rétablit une bibliothèque à partir d’une sauvegarde.",
		en: "Make a library of a backup again.",
	},
	"help_restore_file": {
		fr: "fichier d’une sauvegarde",
		en: "file of a backup",
	},
	"help_restore_replace": {
		fr: "remplacer la bibliothèque en place, qui n’est pas vide",
		en: "replace the library in place, which is not empty",
	},
	"confirm_restore": {
		fr: "Tout ce que contient la bibliothèque va être remplacé par la sauvegarde. Continuer ? [o/N] ",
		en: "All that the library holds will be replaced by the backup. Go on? [y/N] ",
	},
	"backup_done": {
		fr: "Sauvegarde terminée : %d documents, %d versions, %d passages (%d avec vecteurs), %d fichiers d’origine, %.1f Mo.",
		en: "Backup done: %d documents, %d versions, %d passages (%d with vectors), %d original files, %.1f MB.",
	},
	"backup_sound": {
		fr: "Sauvegarde du %s, intacte : %d documents, %d versions, %d passages (%d avec vecteurs), %d fichiers d’origine, %.1f Mo.",
		en: "Backup of %s, whole: %d documents, %d versions, %d passages (%d with vectors), %d original files, %.1f MB.",
	},
	"restore_done": {
		fr: "Bibliothèque rétablie : %d documents, %d versions, %d passages (%d avec vecteurs), %d fichiers d’origine, %.1f Mo.",
		en: "Library restored: %d documents, %d versions, %d passages (%d with vectors), %d original files, %.1f MB.",
	},
	"backup_progress": {
		fr: "%d documents et %d fichiers d’origine sauvegardés…",
		en: "%d documents and %d original files backed up…",
	},
	"backup_missing": {
		fr: "Fichiers d’origine absents ou abîmés, qui ne sont pas dans la sauvegarde : %d.",
		en: "Original files that are missing or damaged, and are not in the backup: %d.",
	},
	"restore_left_out": {
		fr: "Documents retirés de la bibliothèque, qui n’ont pas été rétablis : %d.",
		en: "Documents removed from the library, which were not brought back: %d.",
	},
	"backup_damaged": {
		fr: "Ce fichier n’est pas une sauvegarde intacte : il est incomplet, altéré ou d’une autre nature. Rien n’a été changé.",
		en: "This file is not a whole backup: it is cut short, altered, or something else. Nothing was changed.",
	},
	"backup_newer": {
		fr: "Cette sauvegarde a été faite par une version plus récente du programme (%s). Installez cette version ou une plus récente.",
		en: "This backup was made by a newer version of the program (%s). Install that version or a later one.",
	},
	"backup_unwritable": {
		fr: "La sauvegarde ne peut pas être écrite à cet endroit. Vérifiez que le dossier existe et que vous pouvez y écrire.",
		en: "The backup cannot be written to this place. Check that the folder exists and that you may write to it.",
	},
	"backup_unreadable": {
		fr: "Le fichier %s ne peut pas être lu.",
		en: "The file %s cannot be read.",
	},
	"library_not_empty": {
		fr: "La bibliothèque n’est pas vide. Indiquez une bibliothèque vide, ou ajoutez --replace pour la remplacer.",
		en: "The library is not empty. Name an empty library, or add --replace to replace it.",
	},
	"library_in_use": {
		fr: "La bibliothèque est en service. Arrêtez le service sur toutes les machines, puis recommencez.",
		en: "The library is in use. Stop the service on every machine, then try again.",
	},
	"bucket_wrong": {
		fr: "L’adresse du compartiment n’est pas comprise : utilisez file:///dossier ou s3://nom?region=…",
		en: "The address of the bucket is not understood: use file:///folder or s3://name?region=…",
	},
}
