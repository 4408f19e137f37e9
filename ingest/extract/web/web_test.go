package web

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/raw"
	"rapporteur/internal/testkit"
	"rapporteur/qa"
)

var update = flag.Bool("update", false, "write the golden files anew")

func limits() raw.Limits { return raw.Limits{}.WithDefaults() }

// dump writes a text for golden files: one block a line, its kind first, its table header last; then
// what the report counts.
func dump(t qa.Text) string {
	var b strings.Builder
	fmt.Fprintf(&b, "title: %s\nlanguage: %s\n\n", t.Title, t.Language)
	for _, k := range t.Blocks {
		b.WriteString(string(k.Kind))
		if k.Level > 0 {
			fmt.Fprintf(&b, " %d", k.Level)
		}
		b.WriteString(": " + strings.ReplaceAll(t.Content[k.Start:k.End], "\n", "⏎"))
		if k.Header.Len() > 0 {
			b.WriteString("  ← " + t.Content[k.Header.Start:k.Header.End])
		}
		b.WriteByte('\n')
	}
	total := t.Reading.Total()
	fmt.Fprintf(&b, "\ntables %d, images %d, created %s, modified %s\n", total.Tables, total.Images,
		t.Reading.Created.UTC().Format("2006-01-02"), t.Reading.Modified.UTC().Format("2006-01-02"))
	for _, means := range slices.Sorted(maps.Keys(total.Hidden)) {
		fmt.Fprintf(&b, "hidden %s: %d\n", means, total.Hidden[means])
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run with -update to accept):\n%s", file, got)
	}
}

func readHTML(t testing.TB, source string) qa.Text {
	t.Helper()
	got, err := ReadHTML(context.Background(), limits(), strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestServicePage reads a page as administrations publish them: menus, banners and margins out, every
// table, list, caption and heading kept, nothing hidden in the text and all of it counted.
func TestServicePage(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/service.html")
	if err != nil {
		t.Fatal(err)
	}
	got := dump(readHTML(t, string(data)))
	for _, left := range []string{"SECRET", "MENU", "cookies", "PRÉFECTURE", "Rechercher", "VOIR AUSSI", "MENTIONS", "Aller au"} {
		if strings.Contains(got, left) {
			t.Errorf("%q is in the text", left)
		}
	}
	golden(t, "service.html", got)
}

// TestMeans hides a word by one means at a time, and shows it again.
func TestMeans(t *testing.T) {
	t.Parallel()
	const word = "CANARI"
	for _, c := range []struct {
		source string
		want   qa.HiddenMeans // "" for a word that is seen
	}{
		{`<p hidden>CANARI</p>`, qa.HiddenNotDisplayed},
		{`<p style="DISPLAY : None !important">CANARI</p>`, qa.HiddenNotDisplayed},
		{`<p style="display:none;display:block">CANARI</p>`, ""},
		{`<div style="visibility:hidden"><p style="font-size:12px">CANARI</p></div>`, qa.HiddenNotDisplayed},
		{`<div style="visibility:hidden"><p style="visibility:visible">CANARI</p></div>`, ""},
		{`<style>.a{display:none}</style><p class="b a">CANARI</p>`, qa.HiddenNotDisplayed},
		{`<style>.a{display:none} .b{display:block}</style><p class="a b">CANARI</p>`, ""},
		{`<style>p.a{display:none}</style><p class="a">CANARI</p>`, qa.HiddenNotDisplayed},
		{`<style>@media print{.a{display:none}}</style><p class="a">CANARI</p>`, ""},
		{`<style media="print">.a{display:none}</style><p class="a">CANARI</p>`, ""},
		{`<style>.a .b{display:none}</style><p class="b">CANARI</p>`, ""},
		{`<p style="font-size:0">CANARI</p>`, qa.HiddenTiny},
		{`<p style="font:1px/1 serif">CANARI</p>`, qa.HiddenTiny},
		{`<div style="font-size:0"><p style="font-size:1em">CANARI</p></div>`, qa.HiddenTiny},
		{`<div style="font-size:0"><p style="font-size:14px">CANARI</p></div>`, ""},
		{`<p style="font-size:0;visibility:visible">CANARI</p>`, qa.HiddenTiny},
		{`<p style="font-size:0.8em">CANARI</p>`, ""},
		{`<p style="color:#fff">CANARI</p>`, qa.HiddenColour},
		{`<p style="color:white;background-color:rgb(255, 254, 255)">CANARI</p>`, qa.HiddenColour},
		{`<body bgcolor="#000000"><p><font color="black">CANARI</font></p></body>`, qa.HiddenColour},
		{`<table bgcolor="#003366"><tr><td><font color="#ffffff">CANARI</font></td></tr></table>`, ""},
		{`<div style="background:#036 url(x.png)"><p style="color:white">CANARI</p></div>`, ""},
		{`<link rel="stylesheet" href="a.css"><p style="color:white">CANARI</p>`, ""},
		{`<link rel="stylesheet" href="a.css"><p style="color:#ffffff;background:#FFF">CANARI</p>`, qa.HiddenColour},
		{`<p style="color:white"><b style="color:#333">CANARI</b></p>`, ""},
		{`<p style="color:transparent">CANARI</p>`, qa.HiddenInvisible},
		{`<p style="color:transparent;background:linear-gradient(red,blue);-webkit-background-clip:text">CANARI</p>`, ""},
		{`<p style="opacity:0.0">CANARI</p>`, qa.HiddenInvisible},
		{`<p style="opacity:0.5">CANARI</p>`, ""},
		{`<p style="position:absolute;left:-9999px;display:block">CANARI</p>`, qa.HiddenOffPage},
		{`<p style="margin-left:-12px">CANARI</p>`, ""},
		{`<p style="text-indent:-100em">CANARI</p>`, qa.HiddenOffPage},
		{`<p style="clip: rect(1px, 1px, 1px, 1px)">CANARI</p>`, qa.HiddenOffPage},
		{`<p style="clip-path:inset(50%)">CANARI</p>`, qa.HiddenOffPage},
		{`<p style="height:0;overflow:hidden">CANARI</p>`, qa.HiddenOffPage},
		{`<p style="width:100%;overflow:hidden">CANARI</p>`, ""},
		{`<p>a<!--CANARI--></p>`, qa.HiddenComment},
		{`<template><p>CANARI</p></template>`, qa.HiddenNotDisplayed},
		{`<noscript>CANARI</noscript>`, qa.HiddenNotDisplayed},
		{`<script type="text/plain">CANARI</script>`, qa.HiddenNotDisplayed},
		{`<p aria-hidden="true">CANARI</p>`, ""},
	} {
		for _, deep := range []bool{false, true} {
			if deep && strings.Contains(c.source, "<style") || deep && strings.Contains(c.source, "<font") || deep && c.want == "" {
				continue // without a tree, rules and what is undone inside are not followed
			}
			source := "<p>Une phrase visible.</p>" + c.source
			if deep {
				source = strings.Repeat("<div>", 600) + source
			}
			got := readHTML(t, source)
			hidden := got.Reading.Total().Hidden
			switch {
			case c.want == "" && (!strings.Contains(got.Content, word) || len(hidden) > 0):
				t.Errorf("%s is seen, yet the text is %q, %v hidden", c.source, got.Content, hidden)
			case c.want != "" && (strings.Contains(got.Content, word) || !deep && hidden[c.want] != len(word) || hidden[c.want] == 0):
				t.Errorf("%s is not seen (deep: %v), yet the text is %q, %v hidden", c.source, deep, got.Content, hidden)
			}
		}
	}
}

// TestOtherText checks that scripts, styles and attributes are no text, and that of these only what
// stands for a picture is counted as hidden.
func TestOtherText(t *testing.T) {
	t.Parallel()
	got := readHTML(t, `<p title="UN">Vu.<img alt="DEUX"></p><script>TROIS</script><script type="application/ld+json">QUATRE</script><style>.a{}</style>`)
	if got.Content != "Vu." || got.Reading.Total().HiddenTotal() != 4 || got.Reading.Total().Hidden[qa.HiddenAlternative] != 4 {
		t.Errorf("%q, %v", got.Content, got.Reading.Total().Hidden)
	}
}

// TestDeepPage reads a page that is nested deeper than its parser allows.
func TestDeepPage(t *testing.T) {
	t.Parallel()
	got := readHTML(t, strings.Repeat("<div>", 5000)+`<title>T</title><h2>Titre</h2><p>Un <b>mot</b>.<p hidden>CACHÉ<p>Deux.<ul><li>trois<li>quatre</ul>
<table><tr><th>a<th>b<tr><td><p>1</p><td>2</table><script>CACHÉ</script><p>Fin`)
	const want = "Titre\n\nUn mot.\n\nDeux.\n\n- trois\n- quatre\n\na | b\n1 | 2\n\nFin"
	if got.Content != want {
		t.Errorf("%q, want %q", got.Content, want)
	}
}

// TestSpans places cells that span rows and columns, however many they say.
func TestSpans(t *testing.T) {
	t.Parallel()
	got := readHTML(t, `<table><tr><td rowspan=2>a</td><td>b</td><td rowspan=3>c</td></tr><tr><td>d</td></tr><tr><td colspan=2>e</td></tr><tr><td>f</td><td>g</td><td>h</td></tr></table>`)
	if want := "a | b | c\n| d\ne\nf | g | h"; got.Content != want {
		t.Errorf("%q, want %q", got.Content, want)
	}
	bold := readHTML(t, "<table>"+strings.Repeat("<tr><th>a</th><th>b</th></tr>", 5)+"</table>")
	for i, b := range bold.Blocks {
		if header := b.Kind == qa.BlockTableHeader; header != (i == 0) {
			t.Errorf("row %d of a table in bold is a %s", i, b.Kind)
		}
	}
	wide := readHTML(t, "<table>"+strings.Repeat("<tr><td rowspan=70000 colspan=1000>a<td colspan=99999999999>b</tr>", 500)+"</table>")
	if strings.Count(wide.Content, "a") != 500 || strings.Count(wide.Content, "b") != 500 {
		t.Errorf("%d of 500 cells", strings.Count(wide.Content, "a"))
	}
}

// TestRobbedPages keeps what a page of several articles or without any prose holds: the library empties it.
func TestRobbedPages(t *testing.T) {
	t.Parallel()
	row := "<tr><td>Voirie</td><td>12</td></tr>"
	for name, source := range map[string]string{
		"table alone": "<html><body><table><tr><th>Service</th><th>Agents</th></tr>" + strings.Repeat(row, 20) + "</table></body></html>",
		"short lines": "<html><body><main><h1>Horaires</h1>" + strings.Repeat("<div>Lundi : 9 h – 12 h</div>", 30) + "</main></body></html>",
		"lists":       "<html><body><main><h1>Pièces</h1><ul>" + strings.Repeat("<li>un bail</li>", 30) + "</ul></main></body></html>",
	} {
		got := readHTML(t, source)
		if n := max(strings.Count(got.Content, "Voirie | 12"), strings.Count(got.Content, "9 h"), strings.Count(got.Content, "- un bail")); n < 20 {
			t.Errorf("%s: %d lines kept", name, n)
		}
	}
}

// TestWholeBlocks reads the words of a block together: the library leaves out labels, and « 10 chambres,
// 3 bains » must not become « 103 ».
func TestWholeBlocks(t *testing.T) {
	t.Parallel()
	root, err := html.Parse(strings.NewReader(`<div>Hors.<p>Places : <b><i>10</i></b> <font>Chambres :</font> 3</p></div>`))
	if err != nil {
		t.Fatal(err)
	}
	p := &page{b: draft.New(limits()), chosen: map[*html.Node]bool{}}
	choose(p.chosen, []*html.Node{find(root, atom.I)}, (&visibleCopy{p: p}).of(find(root, atom.I), 0).FirstChild)
	p.walk(find(root, atom.Body))
	got, err := p.b.Text("")
	if want := "Places : 10 Chambres : 3"; err != nil || got.Content != want {
		t.Errorf("%q, want %q (%v)", got.Content, want, err)
	}
}

// TestHostilePages reads pages made to cost much.
func TestHostilePages(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"long attribute": `<p title="` + strings.Repeat("a", 300_000),
		"one line":       "<p>" + strings.Repeat("mot ", 500_000),
		"deep":           strings.Repeat("<div>", 50_000) + "fond",
		"many classes":   `<p class="` + strings.Repeat("a ", 100_000) + `">a`,
		"keys":           `<p data-place-0="" data-place--1="" data-place-99999999999999999999="">` + strings.Repeat("texte long de la page, ", 100),
		"links":          strings.Repeat("<a href=#a><ul><li>a", 120),
		"nested boxes":   "<script></script>" + strings.Repeat(strings.Repeat("<div>", 450)+"texte, long "+strings.Repeat("</div>", 450), 100),
		"rules":          "<style>" + strings.Repeat(".a{display:none}", 20_000) + "</style><p>a",
		"open rule":      "<style>" + strings.Repeat("@media{", 20_000) + "</style><p>a",
	} {
		if _, err := ReadHTML(context.Background(), limits(), strings.NewReader(source)); err != nil && qa.CodeOf(err) != "resource_limit" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInjection reads a page of the hostile collection that hides a sentence by eight means: none of it
// is in the text, and each means but a title, a description and a replacement text is counted.
func TestInjection(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(testkit.Shared(t, "data/hostile/own/files/html_hidden_injection_fr.html"))
	if err != nil {
		t.Fatal(err)
	}
	got := readHTML(t, string(data))
	hidden := got.Reading.Total().Hidden
	if got.Content != "Le dispositif compte 48 centres." {
		t.Errorf("%q", got.Content)
	}
	const sentence = 96 // letters and marks
	if hidden[qa.HiddenComment] < sentence || hidden[qa.HiddenTiny] < sentence || hidden[qa.HiddenNotDisplayed] < 3*sentence {
		t.Errorf("%v", hidden)
	}
}

// TestCancelled stops a reading whose context is done.
func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ReadEPUB(ctx, limits(), bytes.NewReader(sampleBook(t))); err == nil {
		t.Error("a cancelled reading went on")
	}
}
