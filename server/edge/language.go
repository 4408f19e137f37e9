package edge

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"rapporteur/locale"
)

// LanguageCookie holds the language chosen on the page.
const LanguageCookie = "lang"

// Language is the language the client wants to read, "fr" or "en": ?lang=, else the cookie of
// the page, else Accept-Language, else French.
func Language(r *http.Request) string {
	if strings.Contains(r.URL.RawQuery, "lang=") {
		if l := r.URL.Query().Get("lang"); l == locale.French || l == locale.English {
			return l
		}
	}
	if k, err := r.Cookie(LanguageCookie); err == nil && (k.Value == locale.French || k.Value == locale.English) {
		return k.Value
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return locale.French
	}
	for _, tag := range tags { // best first
		base, _ := tag.Base()
		if l := base.String(); l == locale.French || l == locale.English {
			return l
		}
	}
	return locale.French
}
