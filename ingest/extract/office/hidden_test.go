package office_test

import (
	"maps"
	"strings"
	"testing"

	"rapporteur/qa"
)

// TestHiddenText hides one text by every means each format has: it is left out and counted by its means,
// and what only looks hidden stays.
func TestHiddenText(t *testing.T) {
	t.Parallel()
	run := func(look, text string) string {
		return `<w:r><w:rPr>` + look + `</w:rPr><w:t xml:space="preserve">` + text + `</w:t></w:r>`
	}
	docx := func(body string, more ...part) []byte {
		return docxWith(t, "<w:body><w:p>"+body+"</w:p></w:body>", more...)
	}
	span := func(style, body string) []byte {
		return odtWith(t, `<style:style style:name="T1" style:family="text"><style:text-properties `+style+`/></style:style>`,
			`<text:p>vu<text:span text:style-name="T1">`+body+`</text:span></text:p>`)
	}
	settings := part{"word/settings.xml", `<w:settings ` + wordSpace + `><w:displayBackgroundShape/></w:settings>`}
	none := map[qa.HiddenMeans]int{}
	for _, c := range []struct {
		name, format string
		data         []byte
		want         map[qa.HiddenMeans]int
	}{
		{"vanish", "docx", docx(run("", "vu") + run("<w:vanish/>", "CACHE")), map[qa.HiddenMeans]int{qa.HiddenNotDisplayed: 5}},
		{"white", "docx", docx(run("", "vu") + run(`<w:color w:val="FFFFFF"/>`, "CACHE")), map[qa.HiddenMeans]int{qa.HiddenColour: 5}},
		{"nearly white", "docx", docx(run("", "vu") + run(`<w:color w:val="FEFDFE"/>`, "CACHE")), map[qa.HiddenMeans]int{qa.HiddenColour: 5}},
		{"blue on blue", "docx", docx(run("", "vu") + run(`<w:color w:val="003366"/><w:shd w:val="clear" w:fill="003366"/>`, "CACHE")), map[qa.HiddenMeans]int{qa.HiddenColour: 5}},
		{"white on blue", "docx", docx(run(`<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="003366"/>`, "vu")), none},
		{"white in a blue paragraph", "docx", docx(`<w:pPr><w:shd w:val="clear" w:fill="003366"/></w:pPr>` + run(`<w:color w:val="FFFFFF"/>`, "vu")), none},
		{"white on blue paper", "docx", docxWith(t, `<w:background w:color="003366"/><w:body><w:p>`+run(`<w:color w:val="FFFFFF"/>`, "vu")+run(`<w:color w:val="003366"/>`, "CACHE")+`</w:p></w:body>`, settings), map[qa.HiddenMeans]int{qa.HiddenColour: 5}},
		{"blue paper that is not shown", "docx", docxWith(t, `<w:background w:color="003366"/><w:body><w:p>`+run("", "vu")+run(`<w:color w:val="FFFFFF"/>`, "CACHE")+`</w:p></w:body>`), map[qa.HiddenMeans]int{qa.HiddenColour: 5}},
		{"white in a cell", "docx", docx(run("", "vu") + `</w:p><w:tbl><w:tr><w:tc><w:p>` + run(`<w:color w:val="FFFFFF"/>`, "CACHE") + `</w:p></w:tc></w:tr></w:tbl><w:p>`), map[qa.HiddenMeans]int{qa.HiddenColour: 5}},
		{"white in a blue cell", "docx", docx(`</w:p><w:tbl><w:tr><w:tc><w:tcPr><w:shd w:fill="003366"/></w:tcPr><w:p>` + run(`<w:color w:val="FFFFFF"/>`, "vu") + `</w:p></w:tc></w:tr></w:tbl><w:p>`), none},
		{"white on a picture", "docx", docx(`<w:r><w:drawing><wp:anchor xmlns:wp="x" behindDoc="1"/></w:drawing></w:r>` + run(`<w:color w:val="FFFFFF"/>`, "vu")), none},
		{"one point", "docx", docx(run("", "vu") + run(`<w:sz w:val="2"/>`, "CACHE")), map[qa.HiddenMeans]int{qa.HiddenTiny: 5}},
		{"two points", "docx", docx(run(`<w:sz w:val="4"/>`, "vu")), none},
		{"deleted", "docx", docx(run("", "vu") + `<w:del><w:r><w:delText>CACHE</w:delText></w:r></w:del>`), map[qa.HiddenMeans]int{qa.HiddenDeleted: 5}},
		{"moved away", "docx", docx(run("", "vu") + `<w:moveFrom>` + run("", "CACHE") + `</w:moveFrom>`), map[qa.HiddenMeans]int{qa.HiddenDeleted: 5}},
		{"deleted paragraph", "docx", docx(run("", "vu") + `</w:p><w:del><w:p>` + run("", "CACHE") + `</w:p></w:del><w:p>`), map[qa.HiddenMeans]int{qa.HiddenDeleted: 5}},
		{"deleted row", "docx", docx(run("", "vu") + `</w:p><w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc><w:p>` + run("", "CACHE") + `</w:p></w:tc></w:tr></w:tbl><w:p>`), map[qa.HiddenMeans]int{qa.HiddenDeleted: 5}},
		{"hidden row", "docx", docx(run("", "vu") + `</w:p><w:tbl><w:tr><w:trPr><w:hidden/></w:trPr><w:tc><w:p>` + run("", "CACHE") + `</w:p></w:tc></w:tr></w:tbl><w:p>`), map[qa.HiddenMeans]int{qa.HiddenNotDisplayed: 5}},
		{"comment", "docx", docx(run("", "vu"), related("word/_rels/document.xml.rels", "comments", "comments.xml"),
			part{"word/comments.xml", `<w:comments ` + wordSpace + `><w:comment w:author="x"><w:p>` + run("", "CACHE") + `</w:p></w:comment></w:comments>`}), map[qa.HiddenMeans]int{qa.HiddenComment: 5}},
		{"zero width and tags", "docx", docx(run("", "v\u200bu\U000E0041\U000E0042")), map[qa.HiddenMeans]int{qa.HiddenZeroWidth: 1, qa.HiddenTags: 2}},
		{"alternative text", "docx", docx(run("", "vu") + `<w:r><w:drawing><wp:docPr xmlns:wp="x" descr="CACHE" title="CACHE"/></w:drawing></w:r>`), none},
		{"display none", "odt", span(`text:display="none"`, "CACHE"), map[qa.HiddenMeans]int{qa.HiddenNotDisplayed: 5}},
		{"white", "odt", span(`fo:color="#ffffff"`, "CACHE"), map[qa.HiddenMeans]int{qa.HiddenColour: 5}},
		{"white on white", "odt", span(`fo:color="#ffffff" fo:background-color="transparent"`, "CACHE"), map[qa.HiddenMeans]int{qa.HiddenColour: 5}},
		{"white on blue", "odt", span(`fo:color="#ffffff" fo:background-color="#003366"`, "net"), none},
		{"one point", "odt", span(`fo:font-size="1pt"`, "CACHE"), map[qa.HiddenMeans]int{qa.HiddenTiny: 5}},
		{"half a millimetre", "odt", span(`fo:font-size="0.5mm"`, "CACHE"), map[qa.HiddenMeans]int{qa.HiddenTiny: 5}},
		{"a hundredth", "odt", span(`fo:font-size="1%"`, "CACHE"), map[qa.HiddenMeans]int{qa.HiddenTiny: 5}},
		{"half", "odt", span(`fo:font-size="50%"`, "net"), none},
		{"comment", "odt", span("", `<office:annotation><dc:creator>Anne</dc:creator><text:p>CACHE</text:p></office:annotation>`), map[qa.HiddenMeans]int{qa.HiddenComment: 5}},
		{"hidden text", "odt", span("", `<text:hidden-text text:is-hidden="true">CACHE</text:hidden-text>`), map[qa.HiddenMeans]int{qa.HiddenNotDisplayed: 5}},
		{"hidden paragraph", "odt", span("", `</text:span></text:p><text:p>CACHE<text:hidden-paragraph text:is-hidden="true"/><text:span>`), map[qa.HiddenMeans]int{qa.HiddenNotDisplayed: 5}},
		{"hidden section", "odt", span("", `</text:span></text:p><text:section text:display="none"><text:p>CACHE</text:p></text:section><text:p><text:span>`), map[qa.HiddenMeans]int{qa.HiddenNotDisplayed: 5}},
		{"deleted", "odt", span("", `</text:span></text:p><text:tracked-changes><text:changed-region><text:deletion><office:change-info><dc:creator>Anne</dc:creator></office:change-info><text:p>CACHE</text:p></text:deletion></text:changed-region></text:tracked-changes><text:p><text:span>`), map[qa.HiddenMeans]int{qa.HiddenDeleted: 5}},
		{"hidden slide", "pptx", pptxWith(t, []string{box("title", 0, 0, "vu"), `show="0"|` + box("", 0, 0, "CACHE")}), map[qa.HiddenMeans]int{qa.HiddenNotDisplayed: 5}},
		{"hidden shape", "pptx", pptxWith(t, []string{box("", 0, 0, "vu") + strings.Replace(box("", 0, 100, "CACHE"), `id="1"`, `id="1" hidden="1"`, 1)}), map[qa.HiddenMeans]int{qa.HiddenNotDisplayed: 5}},
		{"off the slide", "pptx", pptxWith(t, []string{box("", 0, 0, "vu") + box("", 2000, 0, "CACHE")}), map[qa.HiddenMeans]int{qa.HiddenOffPage: 5}},
		{"one point", "pptx", pptxWith(t, []string{box("", 0, 0, "vu") + strings.Replace(box("", 0, 100, "CACHE"), `<a:t>`, `<a:rPr sz="100"/><a:t>`, 1)}), map[qa.HiddenMeans]int{qa.HiddenTiny: 5}},
		{"white", "pptx", coloured(t, "FFFFFF", "", ""), map[qa.HiddenMeans]int{qa.HiddenColour: 5}},
		{"white on a blue slide", "pptx", coloured(t, "003366", `<p:bg><p:bgPr><a:solidFill><a:srgbClr val="003366"/></a:solidFill></p:bgPr></p:bg>`, ""), map[qa.HiddenMeans]int{qa.HiddenColour: 5}},
		{"comment", "pptx", pptxWith(t, []string{box("", 0, 0, "vu")}, related("ppt/slides/_rels/slide1.xml.rels", "comments", "../comments/comment1.xml"),
			part{"ppt/comments/comment1.xml", `<p:cmLst ` + slideSpace + `><p:cm><p:text>CACHE</p:text></p:cm></p:cmLst>`}), map[qa.HiddenMeans]int{qa.HiddenComment: 5}},
	} {
		text, err := read(t, "a."+c.format, c.data)
		if err != nil {
			t.Errorf("%s, %s: %v", c.format, c.name, err)
			continue
		}
		if strings.Contains(text.Content, "CACHE") || !strings.Contains(text.Content, "vu") {
			t.Errorf("%s, %s: %q", c.format, c.name, text.Content)
		}
		if got := text.Reading.Total().Hidden; !maps.Equal(got, c.want) {
			t.Errorf("%s, %s: hidden %v, want %v", c.format, c.name, got, c.want)
		}
	}
}

// coloured makes a slide with a plain text and one of a colour, on a ground and before something drawn.
func coloured(t *testing.T, ink, ground, drawn string) []byte {
	letters := strings.Replace(box("", 500, 500, "CACHE"), "<a:t>", `<a:rPr><a:solidFill><a:srgbClr val="`+ink+`"/></a:solidFill></a:rPr><a:t>`, 1)
	slide := part{"ppt/slides/slide1.xml", `<p:sld ` + slideSpace + `><p:cSld>` + ground + `<p:spTree>` + box("", 0, 0, "vu") + drawn + letters + `</p:spTree></p:cSld></p:sld>`}
	return pack(t, slide, related("_rels/.rels", "officeDocument", "ppt/presentation.xml"),
		related("ppt/_rels/presentation.xml.rels", "slide", "slides/slide1.xml"),
		part{"ppt/presentation.xml", `<p:presentation ` + slideSpace + `><p:sldIdLst><p:sldId r:id="r1"/></p:sldIdLst></p:presentation>`},
		related("ppt/slides/_rels/slide1.xml.rels", "slideLayout", "../slideLayouts/l.xml"),
		part{"ppt/slideLayouts/l.xml", `<p:sldLayout ` + slideSpace + `/>`},
		related("ppt/slideLayouts/_rels/l.xml.rels", "slideMaster", "../slideMasters/m.xml"),
		part{"ppt/slideMasters/m.xml", `<p:sldMaster ` + slideSpace + `><p:cSld><p:bg><p:bgRef idx="1001"><a:schemeClr val="bg1"/></p:bgRef></p:bg></p:cSld><p:clrMap bg1="lt1"/></p:sldMaster>`},
		related("ppt/slideMasters/_rels/m.xml.rels", "theme", "../theme/t.xml"),
		part{"ppt/theme/t.xml", `<a:theme ` + slideSpace + `><a:clrScheme><a:lt1><a:sysClr val="window" lastClr="FFFFFF"/></a:lt1></a:clrScheme></a:theme>`})
}

// TestWhiteOnSomething checks that white letters stay where something dark may be behind them.
func TestWhiteOnSomething(t *testing.T) {
	t.Parallel()
	filled := func(fill string) string {
		return strings.Replace(box("", 400, 480, "fond"), "</a:xfrm>", "</a:xfrm>"+fill, 1)
	}
	for name, c := range map[string]struct{ ground, drawn string }{
		"blue slide":     {`<p:bg><p:bgPr><a:solidFill><a:srgbClr val="003366"/></a:solidFill></p:bgPr></p:bg>`, ""},
		"picture":        {`<p:bg><p:bgPr><a:blipFill/></p:bgPr></p:bg>`, ""},
		"blue shape":     {"", filled(`<a:solidFill><a:srgbClr val="003366"/></a:solidFill>`)},
		"shading":        {"", filled(`<a:gradFill/>`)},
		"picture behind": {"", `<p:pic><p:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="9144000" cy="6858000"/></a:xfrm></p:spPr></p:pic>`},
	} {
		text, err := read(t, "a.pptx", coloured(t, "FFFFFF", c.ground, c.drawn))
		if err != nil || !strings.Contains(text.Content, "CACHE") {
			t.Errorf("%s: %q (%v)", name, text.Content, err)
		}
	}
}
