package locale

// backupSentences are those of what the name of this file says.
var backupSentences = map[string]entry{}
