package model

import (
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleaner(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"Bonjour.", "Bonjour."},
		{"\n\n Bonjour.\n", "Bonjour.\n"},
		{"<think>a</think>\n\nb", "b"},
		{"a<THINK>b</Think>c", "ac"},
		{"a<thinking>b <think> c</thinking>d", "ad"},
		{"a < b <t <th <thin <thinkers>", "a < b <t <th <thin <thinkers>"},
		{"a<reasoning>b", "a"},
		{"a<thought></thought><think></think>b", "ab"},
		{"a<", "a<"}, {"a<thi", "a<thi"},
		{"a\x00\x07\u0085b\tc\nd\ufffd", "ab\tc\nd"},
		{"<think>é\x00</thi\x00nk>é", "é"},
	} {
		for step := 1; step <= len(c.in); step++ {
			var clean cleaner
			var got strings.Builder
			for at := 0; at < len(c.in); {
				n := at + cut(c.in[at:], step)
				if n == at {
					_, size := utf8.DecodeRuneInString(c.in[at:])
					n += size
				}
				got.WriteString(clean.write(c.in[at:n]))
				at = n
			}
			got.WriteString(clean.close())
			if got.String() != c.want {
				t.Errorf("%q in steps of %d: %q, want %q", c.in, step, got.String(), c.want)
			}
		}
	}
}

// FuzzStream reads arbitrary bodies in both protocols: it ends, and gives only text that readers may see.
func FuzzStream(f *testing.F) {
	f.Add([]byte("data: {\"choices\":[{\"delta\":{\"content\":\"a<think>b</think>c\"}}]}\n\ndata: [DONE]\n\n"), true)
	f.Add([]byte(`{"message":{"content":"a"},"done":true}`), false)
	f.Add([]byte("event: error\r\ndata: {\r\ndata:}\r\n\r\n"), true)
	f.Fuzz(func(t *testing.T, body []byte, openAI bool) {
		c := &call{}
		s := &stream{ctx: t.Context(), body: io.NopCloser(nil), call: c}
		if s.in, s.wire = source(&objects{lines: newLines(strings.NewReader(string(body)))}), wire(ollamaWire{}); openAI {
			s.in, s.wire = &events{lines: newLines(strings.NewReader(string(body)))}, openAIWire{}
		}
		out, err := io.ReadAll(s)
		if err != nil || !utf8.Valid(out) {
			t.Fatalf("%v, %q", err, out)
		}
		for line := range strings.Lines(string(out)) {
			if len(line) >= 64<<10 {
				t.Fatalf("a line of %d bytes", len(line))
			}
		}
		text := c.text.String()
		if strings.ContainsAny(text, "\x00\ufffd") || c.verdict() == nil && !c.whole() {
			t.Fatalf("%q", text)
		}
	})
}
