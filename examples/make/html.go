package main

import (
	"fmt"
	"strings"
)

// htmlWriter collects the main part of a page.
type htmlWriter struct {
	out   strings.Builder
	notes [][]run
}

// renderHTML writes a page as a town's site would: around the text stand a menu, a path, a notice
// about cookies and a footer, which a reader must tell from the text.
func renderHTML(doc document) ([]byte, error) {
	w := &htmlWriter{notes: doc.Notes}
	for _, b := range doc.Blocks {
		if err := w.block(b); err != nil {
			return nil, err
		}
	}
	w.footnotes()
	page := strings.NewReplacer("{title}", escape(doc.Title), "{town}", escape(doc.Town), "{subtitle}", escape(doc.Subtitle),
		"{adopted}", escape(doc.Adopted), "{date}", doc.Made.Format("2006-01-02"), "{main}", w.out.String()).Replace(htmlPage)
	return []byte(page), nil
}

func (w *htmlWriter) block(b block) error {
	switch b.Kind {
	case heading:
		fmt.Fprintf(&w.out, "<h%d>%s</h%d>\n", b.Level+1, htmlRuns(b.Text), b.Level+1)
	case paragraph:
		fmt.Fprintf(&w.out, "<p>%s</p>\n", htmlRuns(b.Text))
	case quote:
		fmt.Fprintf(&w.out, "<blockquote><p>%s</p></blockquote>\n", htmlRuns(b.Text))
	case list:
		tag := "ul"
		if b.Ordered {
			tag = "ol"
		}
		fmt.Fprintf(&w.out, "<%s>\n", tag)
		for _, item := range b.Items {
			fmt.Fprintf(&w.out, "<li>%s</li>\n", htmlRuns(item))
		}
		fmt.Fprintf(&w.out, "</%s>\n", tag)
	case table:
		w.table(b)
	default:
		return fmt.Errorf("a page has no block of kind %d", b.Kind)
	}
	return nil
}

func (w *htmlWriter) table(b block) {
	fmt.Fprintf(&w.out, "<table>\n<caption>%s</caption>\n", htmlRuns(b.Caption))
	for i, row := range b.Rows {
		tag := "td"
		switch i {
		case 0:
			tag = "th"
			w.out.WriteString("<thead>\n")
		case 1:
			w.out.WriteString("<tbody>\n")
		}
		w.out.WriteString("<tr>")
		for _, c := range row {
			fmt.Fprintf(&w.out, "<%s>%s</%s>", tag, htmlRuns(c), tag)
		}
		w.out.WriteString("</tr>\n")
		if i == 0 {
			w.out.WriteString("</thead>\n")
		}
	}
	w.out.WriteString("</tbody>\n</table>\n")
}

func (w *htmlWriter) footnotes() {
	w.out.WriteString("<section class=\"notes\">\n<h2>Notes</h2>\n<ol>\n")
	for i, n := range w.notes {
		fmt.Fprintf(&w.out, "<li id=\"note-%d\">%s</li>\n", i+1, htmlRuns(n))
	}
	w.out.WriteString("</ol>\n</section>\n")
}

func htmlRuns(runs []run) string {
	var out strings.Builder
	for _, r := range runs {
		text := escape(r.Text)
		switch {
		case r.Note > 0:
			fmt.Fprintf(&out, `<sup><a href="#note-%d">%d</a></sup>`, r.Note, r.Note)
		case r.Bold:
			out.WriteString("<strong>" + text + "</strong>")
		case r.Italic:
			out.WriteString("<em>" + text + "</em>")
		default:
			out.WriteString(text)
		}
	}
	return out.String()
}

const htmlPage = `<!DOCTYPE html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - {town}</title>
<meta name="description" content="{subtitle}">
<meta name="author" content="{town}">
<meta name="date" content="{date}">
<style>
body { margin: 0; font: 1rem/1.55 system-ui, sans-serif; color: #23272c; }
.site-header, .site-footer { background: #14505e; color: #fff; padding: 1rem 2rem; }
.site-header a, .site-footer a { color: #fff; margin-right: 1.2rem; }
.cookies { background: #fff4d6; padding: .7rem 2rem; }
.path { padding: .6rem 2rem; font-size: .9rem; }
main { max-width: 46rem; margin: 0 auto; padding: 1rem 2rem 3rem; }
h1, h2, h3 { color: #14505e; line-height: 1.2; }
table { border-collapse: collapse; width: 100%; margin: 1.2rem 0; }
caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
th, td { border: 1px solid #b9c0c7; padding: .35rem .6rem; text-align: left; }
blockquote { margin: 1rem 0; padding: .2rem 1rem; border-left: 4px solid #14505e; background: #eef3f5; }
.notes { font-size: .9rem; }
</style>
<script>window.townStatistics = { page: "accueil-usagers" };</script>
</head>
<body>
<a class="skip" href="#contenu">Aller au contenu</a>
<div class="cookies" role="dialog" aria-label="Gestion des cookies">
<p>Ce site utilise des cookies de mesure d’audience. Vous pouvez les accepter ou les refuser à tout moment.</p>
<button type="button">Tout accepter</button> <button type="button">Tout refuser</button> <button type="button">Personnaliser</button>
</div>
<header class="site-header">
<p>{town}</p>
<nav aria-label="Menu principal">
<ul>
<li><a href="/ma-ville">Ma ville</a></li>
<li><a href="/mes-demarches">Mes démarches</a></li>
<li><a href="/sortir-bouger">Sortir, bouger</a></li>
<li><a href="/publications">Publications</a></li>
<li><a href="/contact">Contact</a></li>
</ul>
</nav>
</header>
<nav class="path" aria-label="Fil d’Ariane"><a href="/">Accueil</a> &gt; <a href="/publications">Publications</a> &gt; {title}</nav>
<main id="contenu">
<article>
<h1>{title}</h1>
<p class="lead">{subtitle}</p>
<p><time datetime="{date}">{adopted}</time></p>
{main}</article>
</main>
<aside aria-label="À lire aussi">
<h2>À lire aussi</h2>
<ul>
<li><a href="/agenda">L’agenda de la semaine</a></li>
<li><a href="/travaux">Les travaux en cours</a></li>
</ul>
</aside>
<footer class="site-footer">
<p>Hôtel de ville, 1 place des Corroyeurs, Fontbrelle-sur-Ourve</p>
<ul>
<li><a href="/mentions-legales">Mentions légales</a></li>
<li><a href="/donnees-personnelles">Données personnelles</a></li>
<li><a href="/plan-du-site">Plan du site</a></li>
<li><a href="/accessibilite">Accessibilité : partiellement conforme</a></li>
</ul>
</footer>
</body>
</html>
`
