package office_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapporteur/ingest/extract/office"
	"rapporteur/ingest/extract/raw"
	"rapporteur/qa"
)

var update = flag.Bool("update", false, "write the golden files anew")

// samplePPTX is a presentation of an imaginary town with all that a slide may hold.
func samplePPTX(t testing.TB) []byte {
	numbered := `<p:sp><p:nvSpPr><p:cNvPr id="3" name="x"/><p:nvPr><p:ph idx="1"/></p:nvPr></p:nvSpPr><p:spPr/><p:txBody>
<a:p><a:pPr><a:buAutoNum type="alphaLcParenR"/></a:pPr><a:r><a:t>voirie</a:t></a:r></a:p>
<a:p><a:pPr lvl="1"/><a:r><a:t>ponts et</a:t></a:r><a:br/><a:r><a:t>quais</a:t></a:r></a:p>
<a:p><a:pPr><a:buAutoNum type="alphaLcParenR" startAt="1"/></a:pPr><a:r><a:t>écoles</a:t></a:r></a:p>
<a:p><a:pPr><a:buNone/></a:pPr><a:r><a:t>Sans puce.</a:t></a:r></a:p><a:p><a:endParaRPr/></a:p></p:txBody></p:sp>`
	cell := func(attributes, text string) string {
		return `<a:tc ` + attributes + `><a:txBody><a:p><a:r><a:t>` + text + `</a:t></a:r></a:p></a:txBody></a:tc>`
	}
	table := `<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name="x"/></p:nvGraphicFramePr><p:xfrm><a:off x="0" y="2000000"/><a:ext cx="9" cy="9"/></p:xfrm><a:graphic><a:graphicData><a:tbl><a:tblPr firstRow="1"/>` +
		`<a:tr>` + cell("", "Service") + cell(`gridSpan="2"`, "Agents") + cell(`hMerge="1"`, "") + `</a:tr><a:tr>` + cell("", "Voirie") + cell("", "12") + cell("", "13") + `</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`
	frame := func(content string) string {
		return `<p:graphicFrame><p:xfrm><a:off x="0" y="3000000"/><a:ext cx="9" cy="9"/></p:xfrm><a:graphic><a:graphicData>` + content + `</a:graphicData></a:graphic></p:graphicFrame>`
	}
	group := `<p:grpSp><p:grpSpPr><a:xfrm><a:off x="0" y="4000000"/><a:ext cx="1000" cy="1000"/><a:chOff x="0" y="0"/><a:chExt cx="2000" cy="2000"/></a:xfrm></p:grpSpPr>` + box("", 100, 1, "groupe droite") + box("", 1, 1, "groupe gauche") + `</p:grpSp>`
	return pptxWith(t, []string{
		box("subTitle", 100, 500, "Conseil municipal") + box("ctrTitle", 100, 300, "Bilan", "2024"),
		box("title", 10, 10, "Les moyens") + numbered + box("ftr", 10, 950, "Commune de Valmont") + box("sldNum", 900, 950, "2"),
		box("title", 10, 10, "Les chiffres") + box("", 10, 800, "tout en bas") + table + box("", 500, 120, "haut droite") + box("", 10, 110, "haut gauche") + group + `<p:pic><p:nvPicPr><p:cNvPr id="9" name="photo" descr="DESCRIPTION"/></p:nvPicPr></p:pic>`,
		`show="0"|` + box("title", 10, 10, "Diapositive masquée"),
		box("title", 10, 10, "Les étapes") + frame(`<dgm:relIds xmlns:dgm="d" r:dm="r2"/>`) + frame(`<c:chart xmlns:c="c" r:id="r3"/>`),
		``,
	},
		related("ppt/slides/_rels/slide2.xml.rels", "slideLayout", "../slideLayouts/slideLayout1.xml", "notesSlide", "../notesSlides/notesSlide1.xml"),
		related("ppt/slideLayouts/_rels/slideLayout1.xml.rels", "slideMaster", "../slideMasters/slideMaster1.xml"),
		part{"ppt/slideLayouts/slideLayout1.xml", `<p:sldLayout ` + slideSpace + `><p:sp><p:nvPr><p:ph idx="1"/></p:nvPr><a:off x="9" y="9"/><a:ext cx="9" cy="9"/></p:sp></p:sldLayout>`},
		part{"ppt/slideMasters/slideMaster1.xml", `<p:sldMaster ` + slideSpace + `><p:txStyles><p:bodyStyle><a:lvl1pPr><a:buChar char="•"/></a:lvl1pPr></p:bodyStyle></p:txStyles></p:sldMaster>`},
		part{"ppt/notesSlides/notesSlide1.xml", `<p:notes ` + slideSpace + `><p:cSld><p:spTree>` + box("sldNum", 0, 900, "2") + box("body", 0, 500, "Rappeler le budget.", "Et la date.") + `</p:spTree></p:cSld></p:notes>`},
		related("ppt/slides/_rels/slide5.xml.rels", "slideLayout", "http://127.0.0.1/absent.xml", "diagramData", "../diagrams/data1.xml", "chart", "../charts/chart1.xml", "package", "../embeddings/budget.xlsx"),
		part{"ppt/diagrams/data1.xml", `<d:dataModel xmlns:d="d" xmlns:a="a"><d:pt><d:t><a:p><a:r><a:t>Étudier</a:t></a:r></a:p></d:t></d:pt><d:pt><d:t><a:p><a:r><a:t>Décider</a:t></a:r></a:p></d:t></d:pt></d:dataModel>`},
		part{"ppt/charts/chart1.xml", `<c:chartSpace xmlns:c="c" xmlns:a="a"><c:chart><c:title><c:tx><a:t>Recettes par an</a:t></c:tx></c:title></c:chart></c:chartSpace>`},
		part{"docProps/core.xml", `<c xmlns:dc="d"><dc:title>Bilan de Valmont</dc:title></c>`},
	)
}

// TestPPTX compares every block and page of the sample with its golden file.
func TestPPTX(t *testing.T) {
	t.Parallel()
	text, err := read(t, "a.pptx", samplePPTX(t))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "title: %s\nattachments: %v\n", text.Title, text.Reading.Attachments)
	for i, p := range text.Pages {
		r := text.Reading.Pages[i]
		fmt.Fprintf(&b, "\n%s %d: %d characters, %d tables, %d images, %d repeated, hidden %v, unread %q\n",
			p.Unit, p.Number, r.Characters, r.Tables, r.Images, r.Repeated, r.Hidden, r.Unread)
		for _, k := range text.Blocks {
			if k.Start >= p.Start && k.End <= p.End && p.Len() > 0 {
				fmt.Fprintf(&b, "%s %d: %s\n", k.Kind, k.Level, strings.ReplaceAll(text.Content[k.Start:k.End], "\n", "⏎"))
			}
		}
	}
	file := filepath.Join("testdata", "slides.pptx.golden")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s differs (run with -update to accept):\n%s", file, b.String())
	}
}

// TestPPTXDamaged checks that a slide that cannot be read is reported and does not take the others with
// it, and what a presentation without any good slide ends in.
func TestPPTXDamaged(t *testing.T) {
	t.Parallel()
	bad := `<!-- ` // never ends
	text, err := read(t, "a.pptx", pptxWith(t, []string{box("", 0, 0, "un"), bad, box("", 0, 0, "trois")}))
	if err != nil || text.Content != "un\n\ntrois" || len(text.Pages) != 3 || text.Pages[2].Number != 3 {
		t.Errorf("%q, %v (%v)", text.Content, text.Pages, err)
	}
	if unread := text.Reading.Unread(); len(unread) != 1 || unread[0] != 2 || text.Reading.Pages[1].Unread != "damaged" {
		t.Errorf("unread: %v, %+v", unread, text.Reading.Pages)
	}
	for _, c := range []struct {
		name   string
		data   []byte
		limits raw.Limits
		want   string
	}{
		{"all bad", pptxWith(t, []string{bad, bad}), raw.Limits{}, "damaged"},
		{"entities", pptxWith(t, []string{`<a:t>&bomb;</a:t>`}), raw.Limits{}, "damaged"},
		{"deep groups", pptxWith(t, []string{strings.Repeat("<p:grpSp>", 20_000)}), raw.Limits{}, "resource_limit"},
		{"many shapes", pptxWith(t, []string{strings.Repeat(box("", 0, 0, "x"), 100)}), raw.Limits{MaxBlocks: 50}, "resource_limit"},
		{"unpacked", pptxWith(t, []string{strings.Repeat(box("", 0, 0, "x"), 1000)}), raw.Limits{MaxPart: 1000}, "too_large_unpacked"},
		{"no slide list", pack(t, part{"a", "b"}), raw.Limits{}, "damaged"},
	} {
		_, err := office.ReadPPTX(context.Background(), c.limits.WithDefaults(), bytes.NewReader(c.data))
		if qa.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := office.ReadPPTX(ctx, raw.Limits{}.WithDefaults(), bytes.NewReader(samplePPTX(t))); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
