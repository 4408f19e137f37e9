package locale

import (
	"slices"
	"strconv"
	"strings"
)

// readingSentences are those of the ingestion report: what was found while a file was read.
var readingSentences = map[string]entry{
	"reading":                 {fr: "Compte rendu de lecture", en: "Ingestion report"},
	"named":                   {fr: "%s : %s", en: "%s: %s"},
	"reading_title":           {fr: "%s – compte rendu de lecture – Rapporteur", en: "%s – ingestion report – Rapporteur"},
	"reading_all_read":        {fr: "Toutes les pages ont été lues.", en: "Every page was read."},
	"reading_read":            {fr: "Le texte a été lu en entier.", en: "The whole text was read."},
	"reading_unread":          {fr: "Pages qui n’ont pas pu être lues : %s.", en: "Pages that could not be read: %s."},
	"reading_page":            {fr: "Page", en: "Page"},
	"reading_slide":           {fr: "Diapositive", en: "Slide"},
	"reading_sheet":           {fr: "Feuille", en: "Sheet"},
	"reading_total":           {fr: "Total", en: "Total"},
	"reading_characters":      {fr: "Caractères", en: "Characters"},
	"reading_tables":          {fr: "Tableaux", en: "Tables"},
	"reading_images":          {fr: "Images non lues", en: "Unread images"},
	"reading_recognised":      {fr: "Caractères reconnus", en: "Recognised characters"},
	"reading_percent":         {fr: "%d %%", en: "%d%%"},
	"reading_confidence":      {fr: "Confiance", en: "Confidence"},
	"reading_hidden":          {fr: "Caractères cachés", en: "Hidden characters"},
	"reading_repeated":        {fr: "Lignes répétées", en: "Repeated lines"},
	"reading_state":           {fr: "État", en: "State"},
	"reading_language":        {fr: "Langue", en: "Language"},
	"reading_created":         {fr: "Écrit le", en: "Written on"},
	"reading_modified":        {fr: "Modifié le", en: "Changed on"},
	"reading_attachments":     {fr: "Pièces jointes non lues", en: "Attachments not read"},
	"reading_hidden_why":      {fr: "Caractères cachés, écartés des réponses : %s.", en: "Hidden characters, left out of answers: %s."},
	"reading_repeated_why":    {fr: "Les lignes répétées (en-têtes, pieds de page, numéros) sont gardées, mais jamais citées.", en: "Repeated lines (headers, footers, numbers) are kept, but never quoted."},
	"reading_recognised_why":  {fr: "Texte reconnu sur des images : vérifiez-le sur l’original avant de le citer.", en: "Text recognised on images: check it against the original before you quote it."},
	"reading_ok":              {fr: "lue", en: "read"},
	"reading_is_recognised":   {fr: "reconnue", en: "recognised"},
	"reading_no_text":         {fr: "sans texte lisible", en: "no readable text"},
	"reading_blank":           {fr: "vide", en: "blank"},
	"reading_damaged":         {fr: "endommagée", en: "damaged"},
	"reading_not_recognised":  {fr: "rien n’a été reconnu", en: "nothing was recognised"},
	"hidden_colour":           {fr: "%s de la couleur du fond", en: "%s in the colour of the ground"},
	"hidden_tiny":             {fr: "%s trop petits pour être lus", en: "%s too small to be read"},
	"hidden_off_page":         {fr: "%s hors de la page", en: "%s outside the page"},
	"hidden_invisible":        {fr: "%s sans encre", en: "%s without ink"},
	"hidden_not_displayed":    {fr: "%s non affichés", en: "%s not displayed"},
	"hidden_comment":          {fr: "%s en commentaire", en: "%s in comments"},
	"hidden_alternative":      {fr: "%s en remplacement d’images", en: "%s in place of pictures"},
	"hidden_deleted":          {fr: "%s supprimés en révision", en: "%s deleted in review"},
	"hidden_zero_width":       {fr: "%s de largeur nulle", en: "%s of no width"},
	"hidden_tags":             {fr: "%s étiquettes invisibles", en: "%s invisible tags"},
	"place_slide":             {fr: "diapositive %d", en: "slide %d"},
	"place_sheet":             {fr: "feuille %s", en: "sheet %s"},
	"page_recognised":         {fr: "Texte reconnu sur une image (confiance %s %%) : vérifiez-le sur l’original.", en: "Text recognised on an image (confidence %s%%): check it against the original."},
	"page_recognised_short":   {fr: "texte reconnu, confiance %s %%", en: "recognised text, confidence %s%%"},
	"page_open":               {fr: "Ouvrir le texte", en: "Open the text"},
	"page_columns":            {fr: "Colonnes : %s", en: "Columns: %s"},
	"page_report":             {fr: "Compte rendu de lecture", en: "Ingestion report"},
	"page_unread_one":         {fr: "%s page non lue", en: "%s unread page"},
	"page_unread_many":        {fr: "%s pages non lues", en: "%s unread pages"},
	"page_perhaps_unreadable": {fr: "La réponse est peut-être dans un document qui n’a pas pu être lu en entier :", en: "The answer may stand in a document that could not be wholly read:"},
}

// hiddenMeans are the means of hiding text, in the order in which they are told.
func hiddenMeans() []string {
	return []string{"colour", "tiny", "off_page", "invisible", "not_displayed", "comment", "alternative", "deleted", "zero_width", "tags"}
}

// Hidden says how much text was hidden by which means, "" when none was.
func Hidden(language string, counts map[string]int) string {
	var parts []string
	for _, means := range hiddenMeans() {
		if n := counts[means]; n > 0 {
			parts = append(parts, Sentence(language, "hidden_"+means, strconv.Itoa(n)))
		}
	}
	return strings.Join(parts, ", ")
}

// Pages lists page numbers, runs of them as « 3–7 », and no more than a sentence can hold. The 0 of a
// format without pages is no page.
func Pages(numbers []int) string {
	numbers = slices.DeleteFunc(slices.Clone(numbers), func(n int) bool { return n < 1 })
	var names []string
	for i := 0; i < len(numbers); {
		end := i
		for end+1 < len(numbers) && numbers[end+1] == numbers[end]+1 {
			end++
		}
		if len(names) == maxPagesNamed {
			names = append(names, "…")
			break
		}
		name := strconv.Itoa(numbers[i])
		if end > i {
			name += "–" + strconv.Itoa(numbers[end])
		}
		names = append(names, name)
		i = end + 1
	}
	return strings.Join(names, ", ")
}
