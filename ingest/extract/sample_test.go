package extract

import (
	"archive/zip"
	"bytes"
	"testing"

	"rapporteur/ingest/extract/raw"
)

// part is a file of an archive.
type part struct{ name, content string }

// pack makes a ZIP archive.
func pack(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p.name)
		if err == nil {
			_, err = w.Write([]byte(p.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const wordSpace = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" ` +
	`xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" ` +
	`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

// docxWith makes a DOCX whose body and further parts are given.
func docxWith(t testing.TB, body string, more ...part) []byte {
	return pack(t, append([]part{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`},
		{"word/document.xml", `<?xml version="1.0" encoding="UTF-8"?><w:document ` + wordSpace + `><w:body>` + body + `</w:body></w:document>`},
	}, more...)...)
}

// sampleDOCX is a report of an imaginary town with all that a DOCX may hold.
func sampleDOCX(t testing.TB) []byte {
	return docxWith(t, sampleBody,
		part{"word/styles.xml", `<w:styles ` + wordSpace + `>
<w:style w:type="paragraph" w:styleId="Titre1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Chapitre"><w:name w:val="Chapitre maison"/><w:basedOn w:val="Titre1"/></w:style>
<w:style w:type="paragraph" w:styleId="Niveau"><w:name w:val="Niveau maison"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Heading9"><w:name w:val="Corps faux"/></w:style>
<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="TM1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Puce"><w:name w:val="Puce"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="character" w:styleId="Cache"><w:name w:val="Caché"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Boucle"><w:name w:val="Boucle"/><w:basedOn w:val="Boucle"/></w:style>
</w:styles>`},
		part{"word/numbering.xml", `<w:numbering ` + wordSpace + `>
<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/><w:lvlText w:val="o"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>`},
		part{"word/footnotes.xml", `<w:footnotes ` + wordSpace + `><w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:t>trait</w:t></w:r></w:p></w:footnote>
<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/><w:t xml:space="preserve"> Source : conseil municipal.</w:t></w:r></w:p></w:footnote></w:footnotes>`},
		part{"word/endnotes.xml", `<w:endnotes ` + wordSpace + `><w:endnote w:id="5"><w:p><w:r><w:t>Note de fin.</w:t></w:r></w:p></w:endnote></w:endnotes>`},
		part{"word/header1.xml", `<w:hdr ` + wordSpace + `><w:p><w:r><w:t>EN-TÊTE</w:t></w:r></w:p></w:hdr>`},
		part{"docProps/core.xml", `<cp:coreProperties xmlns:cp="a" xmlns:dc="b"><dc:title>Rapport de Valmont</dc:title></cp:coreProperties>`},
	)
}

const sampleBody = `
<w:p><w:pPr><w:pStyle w:val="T"/></w:pPr><w:r><w:t>Rapport d’activité</w:t></w:r></w:p>
<w:p><w:pPr><w:pStyle w:val="TM1"/></w:pPr><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>TOC \o "1-3"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:hyperlink w:anchor="a"><w:r><w:t>Chapitre premier</w:t></w:r><w:r><w:tab/><w:t>3</w:t></w:r></w:hyperlink></w:p>
<w:p><w:pPr><w:pStyle w:val="TM1"/></w:pPr><w:r><w:t>Suite de la table</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>
<w:p><w:pPr><w:pStyle w:val="Chapitre"/></w:pPr><w:r><w:t>Chapitre premier</w:t></w:r></w:p>
<w:p><w:pPr><w:pStyle w:val="Niveau"/></w:pPr><w:r><w:t>Les moyens</w:t></w:r></w:p>
<w:p><w:pPr><w:pStyle w:val="Heading9"/></w:pPr><w:r><w:t xml:space="preserve">Le nom du style décide, </w:t></w:r><w:r><w:t>jamais son identifiant.</w:t></w:r></w:p>
<w:p><w:pPr><w:outlineLvl w:val="2"/></w:pPr><w:r><w:t>Niveau posé à la main</w:t></w:r></w:p>
<w:p><w:pPr><w:pStyle w:val="Boucle"/></w:pPr><w:r><w:t>Les eﬀectifs of&#xAD;ﬁciels</w:t></w:r><w:r><w:br/><w:t>sont</w:t><w:tab/><w:t>de 40</w:t></w:r><w:r><w:noBreakHyphen/><w:t>42 agents</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t xml:space="preserve"> à Nîmes.</w:t></w:r><w:r><w:endnoteReference w:id="5"/></w:r></w:p>
<w:p><w:pPr><w:pStyle w:val="Puce"/></w:pPr><w:r><w:t>la voirie ;</w:t></w:r></w:p>
<w:p><w:pPr><w:pStyle w:val="Puce"/><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>les ponts ;</w:t></w:r></w:p>
<w:p><w:pPr><w:pStyle w:val="Puce"/><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr><w:r><w:t>Sans puce malgré son style.</w:t></w:r></w:p>
<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr></w:pPr><w:r><w:t>troisième point</w:t></w:r></w:p>
<w:p><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="2"/></w:numPr></w:pPr><w:r><w:t>sous-point</w:t></w:r></w:p>
<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr></w:pPr><w:r><w:t>quatrième point</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">Le plafond est de </w:t></w:r><w:del w:id="1"><w:r><w:delText>500</w:delText></w:r></w:del><w:ins w:id="2"><w:r><w:t>750</w:t></w:r></w:ins><w:moveFrom w:id="3"><w:r><w:t>PARTI</w:t></w:r></w:moveFrom><w:r><w:t xml:space="preserve"> euros.</w:t></w:r></w:p>
<w:p><w:r><w:t>Visible.</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>CACHÉ1</w:t></w:r><w:r><w:rPr><w:rStyle w:val="Cache"/></w:rPr><w:t>CACHÉ2</w:t></w:r><w:r><w:rPr><w:color w:val="FFFFFF"/></w:rPr><w:t>CACHÉ3</w:t></w:r><w:r><w:rPr><w:sz w:val="2"/></w:rPr><w:t>CACHÉ4</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t xml:space="preserve"> Visible aussi.</w:t></w:r><w:r><w:rPr><w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="003366"/></w:rPr><w:t xml:space="preserve"> Blanc sur bleu.</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">Voir page </w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGEREF x</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>12</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:fldSimple w:instr="DATE"><w:r><w:t xml:space="preserve"> du 3 mai</w:t></w:r></w:fldSimple><w:r><w:t>.</w:t></w:r></w:p>
<w:p><w:r><w:t>Avant le cadre.</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><w:txbxContent><w:p><w:r><w:t>Texte du cadre.</w:t></w:r></w:p></w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p><w:r><w:t>Texte du cadre.</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>
<w:tbl><w:tblPr/><w:tr><w:trPr><w:tblHeader/></w:trPr><w:tc><w:tcPr><w:shd w:val="clear" w:fill="1F3864"/></w:tcPr><w:p><w:r><w:rPr><w:color w:val="FFFFFF"/></w:rPr><w:t>Service</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>2023</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>2024</w:t></w:r></w:p></w:tc></w:tr>
<w:tr><w:tc><w:p><w:r><w:t>Voirie</w:t></w:r></w:p><w:p><w:r><w:t>et ponts</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p></w:tc><w:tc><w:p/></w:tc><w:tc><w:p><w:r><w:t>12</w:t></w:r></w:p></w:tc></w:tr>
<w:tr><w:tc><w:p/></w:tc><w:tc><w:p/></w:tc></w:tr>
<w:tr><w:tc><w:p><w:r><w:t>Écoles</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>Nord</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>3</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:p/></w:tc><w:tc><w:p><w:r><w:t>7</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
<w:sdt><w:sdtPr><w:alias w:val="non"/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>Dans un contrôle.</w:t></w:r></w:p></w:sdtContent></w:sdt>
<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:t>CODE PERDU</w:t></w:r></w:p>
<w:p><w:r><w:t>Un champ jamais fermé n’avale pas la suite.</w:t></w:r></w:p>
<w:sectPr/>`

// odtWith makes an ODT whose automatic styles and body are given.
func odtWith(t testing.TB, styles, body string, more ...part) []byte {
	const space = `xmlns:office="o" xmlns:text="t" xmlns:table="b" xmlns:style="s" xmlns:draw="d" xmlns:fo="f" xmlns:svg="v"`
	return pack(t, append([]part{
		{"mimetype", raw.MediaODT},
		{"content.xml", `<?xml version="1.0" encoding="UTF-8"?><office:document-content ` + space + `><office:automatic-styles>` + styles + `</office:automatic-styles><office:body><office:text>` + body + `</office:text></office:body></office:document-content>`},
		{"META-INF/manifest.xml", `<manifest:manifest xmlns:manifest="m"/>`},
	}, more...)...)
}

// sampleODT is the same kind of report in the other format.
func sampleODT(t testing.TB) []byte {
	return odtWith(t, `
<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>
<style:style style:name="T1" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="T2" style:family="text" style:parent-style-name="T1"/>
<text:list-style style:name="L1"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/><text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")"/></text:list-style>
<text:list-style style:name="L2"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="." text:start-value="4"/></text:list-style>`, `
<text:tracked-changes><text:changed-region><text:deletion><text:p>SUPPRIMÉ</text:p></text:deletion></text:changed-region></text:tracked-changes>
<text:p text:style-name="P1">Rapport d’activité</text:p>
<text:table-of-content><text:table-of-content-source/><text:index-body><text:p>Chapitre<text:tab/>3</text:p></text:index-body></text:table-of-content>
<text:h text:outline-level="1">Chapitre
 premier</text:h><text:h text:outline-level="1"/>
<text:p>Les eﬀectifs<text:s text:c="3"/>sont<text:line-break/>de <text:span>40</text:span><text:span text:style-name="T2">CACHÉ</text:span> agents<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Source : conseil municipal.</text:p></text:note-body></text:note> à <text:a>Nîmes</text:a>.<office:annotation><text:p>COMMENTAIRE</text:p></office:annotation></text:p>
<text:list text:style-name="L1"><text:list-item><text:p>la voirie ;</text:p><text:p>seconde ligne</text:p><text:list><text:list-item><text:p>les ponts ;</text:p></text:list-item><text:list-item><text:p>les quais.</text:p></text:list-item></text:list></text:list-item></text:list>
<text:list text:style-name="L2"><text:list-item><text:p>quatrième</text:p></text:list-item><text:list-item><text:p>cinquième</text:p></text:list-item></text:list>
<text:p>Avant le cadre.<draw:frame><draw:text-box><text:p>Texte du cadre.</text:p></draw:text-box><svg:desc>DESCRIPTION</svg:desc></draw:frame></text:p>
<table:table><table:table-column/><table:table-header-rows><table:table-row><table:table-cell><text:p>Service</text:p></table:table-cell><table:table-cell><text:p>2024</text:p></table:table-cell></table:table-row></table:table-header-rows>
<table:table-row><table:table-cell><text:p>Voirie</text:p></table:table-cell><table:covered-table-cell/><table:table-cell><text:p>12</text:p></table:table-cell></table:table-row></table:table>
<text:section text:display="none"><text:p>SECTION CACHÉE</text:p></text:section>
<text:section><text:p>Dans une section.</text:p></text:section>`,
		part{"meta.xml", `<office:document-meta xmlns:office="o" xmlns:dc="c"><office:meta/></office:document-meta>`})
}
