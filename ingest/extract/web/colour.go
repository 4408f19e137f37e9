package web

import (
	"strconv"
	"strings"
)

// Colours are written as six hexadecimal digits; these are no such colours.
const (
	unknown     = "unknown"     // a picture, a gradient, a name or notation that is not known
	transparent = "transparent" // shows what is behind
	white       = "ffffff"
)

// nearly is how far two shades may lie apart, of 255, and still not be told apart by eye.
const nearly = 16

// colour reads a colour of CSS or of an old attribute. Of a background with more to it than a colour the
// colour is taken, but where a picture or a gradient covers it.
func colour(value string) string {
	value = strings.TrimSpace(strings.ToLower(value))
	switch {
	case strings.Contains(value, "url(") || strings.Contains(value, "gradient"):
		return unknown
	case strings.HasPrefix(value, "rgb"):
		return fromFunction(value)
	}
	word, _, _ := strings.Cut(value, " ")
	switch word {
	case "transparent", "none", "inherit", "initial", "unset", "":
		return transparent
	case "white":
		return white
	case "black":
		return "000000"
	case "red":
		return "ff0000"
	case "yellow":
		return "ffff00"
	case "snow", "ghostwhite", "whitesmoke", "ivory", "azure", "mintcream", "floralwhite":
		return "fafafa"
	}
	return fromDigits(strings.TrimPrefix(word, "#"))
}

func fromDigits(digits string) string {
	if _, err := strconv.ParseUint(digits, 16, 32); err != nil {
		return unknown
	}
	switch len(digits) {
	case 3, 4:
		if len(digits) == 4 && digits[3] == '0' {
			return transparent
		}
		return string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	case 8:
		if digits[6:] == "00" {
			return transparent
		}
		return digits[:6]
	case 6:
		return digits
	}
	return unknown
}

// fromFunction reads « rgb(1, 2, 3) » and « rgba(1 2 3 / 0) ».
func fromFunction(value string) string {
	_, inside, _ := strings.Cut(value, "(")
	inside, _, _ = strings.Cut(inside, ")")
	numbers := strings.FieldsFunc(inside, func(r rune) bool { return r == ' ' || r == ',' || r == '/' })
	if len(numbers) < 3 {
		return unknown
	}
	if len(numbers) > 3 && isZero(numbers[3]) {
		return transparent
	}
	var b strings.Builder
	for _, number := range numbers[:3] {
		shade, err := strconv.Atoi(number)
		if err != nil || shade < 0 || shade > 255 {
			return unknown
		}
		b.WriteString(strconv.FormatInt(int64(shade+0x100), 16)[1:])
	}
	return b.String()
}

// alike reports two colours that are not told apart by eye.
func alike(a, b string) bool {
	if len(a) != 6 || len(b) != 6 {
		return false
	}
	for i := 0; i < 6; i += 2 {
		x, errX := strconv.ParseUint(a[i:i+2], 16, 8)
		y, errY := strconv.ParseUint(b[i:i+2], 16, 8)
		if errX != nil || errY != nil || max(x, y)-min(x, y) > nearly {
			return false
		}
	}
	return true
}
