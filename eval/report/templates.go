package report

import (
	_ "embed"
	"html/template"
	"strings"
	plain "text/template"
)

//go:embed report.html.tmpl
var htmlSource string

//go:embed report.md.tmpl
var markdownSource string

// htmlTemplate escapes all that it is given, also inside the pictures.
var htmlTemplate = template.Must(template.New("report").Parse(htmlSource))

var markdownTemplate = plain.Must(plain.New("report").Funcs(plain.FuncMap{"text": markdownText, "blocks": blocks}).Parse(markdownSource))

// markdownText escapes what Markdown and the HTML in it would take for marks.
func markdownText(s string) string {
	return strings.NewReplacer("\\", "\\\\", "|", "\\|", "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", "\\*", "_", "\\_", "`", "\\`",
		"[", "\\[", "]", "\\]", "#", "\\#", "\n", " ", "\r", " ").Replace(s)
}

// blocks is a bar of text for a percentage as it is shown, one block for five points.
func blocks(percent string) string {
	n := 0
	for _, r := range percent {
		if r < '0' || r > '9' {
			break
		}
		n = 10*n + int(r-'0')
	}
	return strings.Repeat("█", min(20, (n+2)/5))
}
