// Package mail reads messages: e-mail as it is saved (.eml), and mailboxes of such messages. It keeps the
// heads that a reader sees and the text; what is attached is named and not read.
package mail

import (
	"bytes"
	"context"
	"io"
	netmail "net/mail"
	"regexp"
	"strings"

	"rapporteur/ingest/extract/draft"
	"rapporteur/ingest/extract/plain"
	"rapporteur/ingest/extract/raw"
	"rapporteur/ingest/extract/web"
	"rapporteur/qa"
)

// shownFields are the fields of the head that are read, in this order, besides the subject.
const shownFields = "From To Cc Date"

// ReadEML reads a message: its subject as a heading, who wrote when to whom, and its text, of the plain and
// the rich way of saying the same the plain one unless it says next to nothing. Attachments and messages
// inside it are named. A file of several messages, as mailboxes are kept, gives them one after the other.
// The errors are too_large, empty, encrypted, resource_limit and that of ctx.
func ReadEML(ctx context.Context, o raw.Limits, r io.ReadSeeker) (qa.Text, error) {
	data, err := raw.ReadAll(r, o.MaxInput)
	if err != nil {
		return qa.Text{}, err
	}
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")), "\n")
	d := draft.New(o)
	for n, one := range messages(data) {
		m := message{ctx: ctx, d: d, limits: o, first: n == 0}
		if err := m.read(one); err != nil {
			return qa.Text{}, err
		}
	}
	return d.Text("")
}

// envelope is the line that opens a message in a mailbox: from whom it came, and when.
var envelope = regexp.MustCompile(`(?m)^From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} +\d{1,2} +\d\d:\d\d.*\n`)

// IsMailbox reports the start of a mailbox.
func IsMailbox(start string) bool {
	at := envelope.FindStringIndex(start)
	return at != nil && at[0] == 0
}

// messages parts a mailbox; any other file is one message.
func messages(data []byte) [][]byte {
	marks := envelope.FindAllIndex(data, -1)
	if len(marks) == 0 || marks[0][0] != 0 {
		return [][]byte{data}
	}
	var all [][]byte
	for i, mark := range marks {
		if i > 0 && !bytes.HasSuffix(data[:mark[0]], []byte("\n\n")) {
			continue // a line of a message that only looks like one
		}
		end := len(data)
		for _, next := range marks[i+1:] {
			if bytes.HasSuffix(data[:next[0]], []byte("\n\n")) {
				end = next[0]
				break
			}
		}
		all = append(all, data[mark[1]:end])
	}
	return all
}

// message is the state of reading one message.
type message struct {
	ctx    context.Context
	d      *draft.Draft
	limits raw.Limits
	first  bool // of the file: its date is the date of the file
	parts  int
}

func (m *message) read(data []byte) error {
	top, err := m.parse(data, 0)
	if err != nil {
		return err
	}
	if subject := top.field("Subject"); subject != "" {
		m.d.Heading(1, subject)
	}
	var head []string
	for name := range strings.FieldsSeq(shownFields) {
		if value := top.field(name); value != "" {
			head = append(head, name+": "+value)
		}
	}
	m.d.Add(qa.BlockParagraph, 0, strings.Join(head, "\n"))
	if m.first {
		if at, err := netmail.ParseDate(top.field("Date")); err == nil {
			m.d.Dates(at, at)
		}
	}
	return m.show(top)
}

// show appends the text of a part and of the parts inside it, and names what is no text.
func (m *message) show(p *part) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	switch {
	case p.media == "multipart/encrypted", p.isSealed():
		return raw.Encrypted()
	case p.isAttached():
		m.d.Attachment(p.name())
	case p.media == "multipart/alternative":
		return m.choose(p.children)
	case len(p.children) > 0:
		for _, child := range p.children {
			if err := m.show(child); err != nil {
				return err
			}
		}
	case p.media == "text/html":
		_, err := web.Add(m.ctx, m.d, p.text(), m.limits)
		return err
	case p.media == "text/plain" || p.media == "message/delivery-status" || strings.HasPrefix(p.media, "multipart/"):
		return m.prose(p.text())
	case strings.HasPrefix(p.media, "image/"):
		m.d.Reading().Images++
	default:
		m.d.Attachment(p.name())
	}
	return nil
}

// choose shows one of several ways of saying the same.
func (m *message) choose(ways []*part) error {
	var simple, rich *part
	for _, way := range ways {
		if way.media == "text/plain" && simple == nil {
			simple = way
		} else if way.holds("text/html") {
			rich = way
		}
	}
	switch {
	case rich == nil && simple == nil:
		for _, way := range ways {
			if err := m.show(way); err != nil {
				return err
			}
		}
		return nil
	case rich == nil || simple != nil && substantial(simple.text(), rich.markup()):
		if rich != nil {
			m.beside(rich)
		}
		return m.show(simple)
	}
	return m.show(rich)
}

// beside names the attachments and counts the pictures of a part whose text is not shown.
func (m *message) beside(p *part) {
	switch {
	case p.isAttached():
		m.d.Attachment(p.name())
	case strings.HasPrefix(p.media, "image/"):
		m.d.Reading().Images++
	}
	for _, child := range p.children {
		m.beside(child)
	}
}

// sampleSize is how much of two ways of saying the same is compared, in bytes.
const sampleSize = 256 << 10

var unseen = regexp.MustCompile(`(?is)<(style|script|head)\b.*?</(style|script|head)>|<!--.*?-->|<[^>]*>`)

// substantial reports a plain text that says at least a quarter of what the rich one does: some programs
// only put « this message is in HTML » there.
func substantial(text, markup string) bool {
	have := draft.Letters(text[:min(len(text), sampleSize)])
	return have > 0 && 4*have >= draft.Letters(unseen.ReplaceAllString(markup[:min(len(markup), sampleSize)], " "))
}

// maxRuns is how often the text of a message may go over to quoting and back; long threads do a few hundred
// times.
const maxRuns = 20_000

// prose appends plain text. Lines that quote another message keep their mark, one a paragraph.
func (m *message) prose(text string) error {
	var run []string
	quoted, runs := false, 0
	flush := func() error {
		if runs++; runs > maxRuns {
			return raw.ResourceLimit()
		}
		source := strings.Join(run, "\n")
		run = run[:0]
		if strings.TrimSpace(source) == "" {
			return nil
		}
		t, err := plain.Read(m.limits, strings.NewReader(source))
		if code := qa.CodeOf(err); err != nil && code != string(qa.VerdictEmpty) {
			return err
		}
		m.take(t, quoted)
		return nil
	}
	for line := range strings.SplitSeq(raw.LineEnds(text), "\n") {
		rest, isQuote := strings.CutPrefix(line, ">")
		if isQuote != quoted && strings.TrimSpace(line) != "" {
			if err := flush(); err != nil {
				return err
			}
			quoted = isQuote
		}
		if isQuote {
			line = strings.TrimLeft(rest, "> ")
		}
		run = append(run, line)
	}
	return flush()
}

// take appends the blocks of a text that was read by itself.
func (m *message) take(t qa.Text, quoted bool) {
	for _, b := range t.Blocks {
		text := t.Content[b.Start:b.End]
		if quoted {
			m.d.Add(qa.BlockParagraph, 0, "> "+text)
		} else if b.Kind == qa.BlockHeading {
			m.d.Add(b.Kind, min(b.Level+1, 9), text) // below the subject
		} else {
			m.d.Add(b.Kind, b.Level, text)
		}
	}
	for _, p := range t.Reading.Pages {
		for means, n := range p.Hidden {
			m.d.Reading().Hide(means, n)
		}
	}
}
