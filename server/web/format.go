package web

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"rapporteur/locale"
)

// Count says a number of things: code_one for one thing (in French also for none), else code_many.
// Its sentences take the number, already written in the manner of the language, as %s.
func Count(language, code string, n int) string {
	suffix := "_many"
	if n == 1 || (n == 0 && language != locale.English) {
		suffix = "_one"
	}
	return locale.Sentence(language, code+suffix, Number(language, n))
}

// Number writes n with the thousands separator of the language: a narrow no-break space in
// French, a comma in English.
func Number(language string, n int) string {
	separator := "\u202f"
	if language == locale.English {
		separator = ","
	}
	digits := strconv.Itoa(n)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return sign + strings.Join(append([]string{digits}, groups...), separator)
}

// LanguageName names a language, given by its BCP 47 tag, in words of another: « français »; the tag where it has no name.
func LanguageName(in, tag string) string {
	t, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	names := display.French
	if in == locale.English {
		names = display.English
	}
	return cmp.Or(names.Languages().Name(t), tag)
}

// Seconds writes a duration in seconds with one decimal, at least 0.1, so that no step seems free.
func Seconds(language string, d time.Duration) string {
	s := fmt.Sprintf("%.1f", max(d.Seconds(), 0.1))
	if language != locale.English {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + "\u00a0s"
}

// Date writes a day in words: « 12 mai 2025 », "12 May 2025".
func Date(language string, t time.Time) string {
	month := locale.Sentence(language, fmt.Sprintf("page_month_%d", int(t.Month())))
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 && language != locale.English {
		day = "1er"
	}
	return day + "\u00a0" + month + "\u00a0" + strconv.Itoa(t.Year())
}
