package unigram_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"rapporteur/encoder/unigram"
)

// rules writes a precompiled character map: a trie in which each node has 256 units of its own.
func rules(pairs map[string]string) []byte {
	type node struct{ children map[byte]int }
	nodes := []node{{map[byte]int{}}}
	values := map[int]uint32{}
	var texts []byte
	for key, text := range pairs {
		at := 0
		for i := range len(key) {
			next, ok := nodes[at].children[key[i]]
			if !ok {
				next = len(nodes)
				nodes = append(nodes, node{map[byte]int{}})
				nodes[at].children[key[i]] = next
			}
			at = next
		}
		values[at] = uint32(len(texts))
		texts = append(append(texts, text...), 0)
	}
	// Node i has its children at 256 * (i+1): block 0 is the root's unit.
	units := make([]uint32, 256*(len(nodes)+1))
	for i := range units {
		units[i] = 0xff // a label that is wrong everywhere but at the end of a block
		if i%256 == 0xff {
			units[i] = 0xfe
		}
	}
	units[0] = 256 << 10
	for i, n := range nodes {
		base := 256 * (i + 1)
		for c, child := range n.children {
			at, below := base^int(c), 256*(child+1)
			units[at] = uint32(at^below)<<10 | uint32(c)
			if v, ok := values[child]; ok {
				units[at] |= 1 << 8
				units[below] = v | 1<<31
			}
		}
	}
	out := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
	for _, u := range units {
		out = binary.LittleEndian.AppendUint32(out, u)
	}
	return append(out, texts...)
}

// small is a vocabulary by hand; piece 0 is the unknown one, piece 1 a control piece.
func small(charsMap []byte, pieces ...string) unigram.Vocabulary {
	all := append([]string{"<unk>", "<s>"}, pieces...)
	v := unigram.Vocabulary{
		Pieces: slices.Values(all), Scores: make([]float32, len(all)), Types: make([]int32, len(all)),
		CharsMap: charsMap, AddSpacePrefix: true, RemoveExtraWhitespaces: true,
	}
	for i := range all {
		v.Types[i] = unigram.Normal
		v.Scores[i] = -float32(10+i) / 4
	}
	v.Types[0], v.Types[1] = 2, 3
	return v
}

func build(t testing.TB, v unigram.Vocabulary) *unigram.Tokenizer {
	t.Helper()
	tok, err := unigram.New(v)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestPlaces: each token knows the bytes of the source that it comes from, as sentencepiece's norm_to_orig has it.
func TestPlaces(t *testing.T) {
	t.Parallel()
	type token = unigram.Token
	charsMap := rules(map[string]string{
		"½": "1⁄2", "é": "é", "e\u0301": "é", "\u00a0": " ", "\u00ad": "", "\t": " ", "x": "  ", "qq": "b",
	})
	tok := build(t, small(charsMap, "▁", "▁a", "a", "b", "é", "1", "⁄", "2", "▁b", "ab", "aé"))
	tests := []struct {
		text string
		want []token
	}{
		{"", nil},
		{" ", nil},
		{" \t\u00a0 ", nil},
		{"▁▁", nil},
		{"\u00ad", nil},
		{"a", []token{{3, 0, 1}}},
		{"  a  ", []token{{3, 2, 3}}},
		{"a   b", []token{{3, 0, 1}, {10, 1, 5}}},
		{"a\u00a0\tb", []token{{3, 0, 1}, {10, 1, 5}}},
		{"ae\u0301", []token{{3, 0, 1}, {6, 1, 4}}},
		{"a\u00adb", []token{{3, 0, 3}, {5, 3, 4}}},
		{"a½b", []token{{3, 0, 1}, {7, 1, 1}, {8, 1, 1}, {9, 1, 3}, {5, 3, 4}}},
		{"aQQa", []token{{3, 0, 1}, {0, 1, 3}, {4, 3, 4}}},
		{"a\xff\xfea", []token{{3, 0, 1}, {0, 1, 3}, {4, 3, 4}}},
		{"a\xed\xa0\x80b", []token{{3, 0, 1}, {0, 1, 4}, {5, 4, 5}}}, // an unpaired surrogate: three bad bytes
		{"<s>", []token{{2, 0, 0}, {0, 0, 3}}},                       // control pieces are not found in texts
		{"axb", []token{{3, 0, 1}, {2, 1, 1}, {10, 1, 3}}},
		{"aqqa", []token{{3, 0, 1}, {5, 1, 3}, {4, 3, 4}}},
		{"aqa", []token{{3, 0, 1}, {0, 1, 2}, {4, 2, 3}}},
		{"a\xc3", []token{{3, 0, 1}, {0, 1, 2}}},
	}
	for _, tt := range tests {
		got := tok.Append(nil, tt.text)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v, want %v", tt.text, got, tt.want)
		}
	}
}

// TestSpaces: the flags of the model for spaces.
func TestSpaces(t *testing.T) {
	t.Parallel()
	v := small(nil, "▁", "▁a", "a")
	v.AddSpacePrefix, v.RemoveExtraWhitespaces = false, false
	got := build(t, v).Append(nil, " a  a ")
	want := []unigram.Token{{ID: 3, Start: 0, End: 2}, {ID: 2, Start: 2, End: 3}, {ID: 3, Start: 3, End: 5}, {ID: 2, Start: 5, End: 6}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestUserDefined: a piece that users defined wins over any other reading and is not normalised.
func TestUserDefined(t *testing.T) {
	t.Parallel()
	v := small(rules(map[string]string{"x": "a"}), "▁", "a", "aa", "<x>", "<", ">", "xy")
	v.Types[5], v.Types[8] = unigram.UserDefined, unigram.UserDefined
	v.Scores[5] = -1000
	ids := func(text string) (ids []int32) {
		for _, token := range build(t, v).Append(nil, text) {
			ids = append(ids, token.ID)
		}
		return ids
	}
	for text, want := range map[string][]int32{"<x>": {2, 5}, "xx": {2, 4}, "xxy": {2, 3, 8}, "a<x>a": {2, 3, 5, 3}} {
		if got := ids(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// likeliest is the search as one would write it without a trie or a window: the score of the best pieces of a
// normalised text and its tokens, unknown ones merged.
func likeliest(pieces []string, scores []float32, norm string, penalty float32) (ids []int32) {
	type way struct {
		score    float64
		id, from int
	}
	ways := make([]way, len(norm)+1)
	for i := 1; i <= len(norm); i++ {
		ways[i] = way{score: math.Inf(-1)}
	}
	for i, r := range norm {
		offer := func(end, id int, score float32) {
			if s := ways[i].score + float64(score); s > ways[end].score {
				ways[end] = way{s, id, i}
			}
		}
		for id, piece := range pieces {
			if strings.HasPrefix(norm[i:], piece) {
				offer(i+len(piece), id+2, scores[id+2])
			}
		}
		if !slices.Contains(pieces, string(r)) {
			offer(i+utf8.RuneLen(r), 0, penalty)
		}
	}
	for at := len(norm); at > 0; at = ways[at].from {
		if id := int32(ways[at].id); id != 0 || len(ids) == 0 || ids[len(ids)-1] != 0 {
			ids = append(ids, id)
		}
	}
	slices.Reverse(ids)
	return ids
}

// TestLikeliest compares the search with the plain one on random vocabularies and texts longer than the window.
func TestLikeliest(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 1))
		word := func(n int) string {
			b := make([]rune, n)
			for i := range b {
				b[i] = []rune("aaabbcé€▁")[rng.IntN(9)]
			}
			return string(b)
		}
		var pieces []string
		for len(pieces) < 60 {
			if p := word(1 + rng.IntN(6)); !slices.Contains(pieces, p) {
				pieces = append(pieces, p)
			}
		}
		v := small(nil, pieces...)
		v.AddSpacePrefix, v.RemoveExtraWhitespaces = false, false
		least := float32(0)
		for i := 2; i < len(v.Scores); i++ {
			v.Scores[i] = -float32(rng.IntN(512)) / 64 // sums of such scores are exact, so equal ways stay equal
			least = min(least, v.Scores[i])
		}
		tok := build(t, v)
		for _, n := range []int{1, 10, 3000, 20000} {
			text := word(n)
			var got []int32
			for _, token := range tok.Append(nil, text) {
				got = append(got, token.ID)
			}
			if want := likeliest(pieces, v.Scores, text, least-10); !slices.Equal(got, want) {
				t.Errorf("vocabulary %d, %d characters: %d tokens, the plain search has %d", seed, n, len(got), len(want))
			}
		}
	}
}

// TestFaults: each fault of a vocabulary is an error that names the key.
func TestFaults(t *testing.T) {
	t.Parallel()
	const (
		tokens, scores, kinds = "tokenizer.ggml.tokens", "tokenizer.ggml.scores", "tokenizer.ggml.token_type"
		unknown, charsMap     = "tokenizer.ggml.unknown_token_id", "tokenizer.ggml.precompiled_charsmap"
	)
	inf := float32(math.Inf(-1))
	tests := []struct {
		name, key string
		change    func(v *unigram.Vocabulary)
	}{
		{"no pieces", tokens, func(v *unigram.Vocabulary) { v.Pieces = nil }},
		{"no scores", tokens, func(v *unigram.Vocabulary) { v.Scores = nil }},
		{"too few scores", scores, func(v *unigram.Vocabulary) { v.Scores, v.Types = v.Scores[:3], v.Types[:3] }},
		{"too many scores", scores, func(v *unigram.Vocabulary) { v.Scores, v.Types = append(v.Scores, 1), append(v.Types, 1) }},
		{"too few types", kinds, func(v *unigram.Vocabulary) { v.Types = v.Types[1:] }},
		{"no normal piece", kinds, func(v *unigram.Vocabulary) { clear(v.Types) }},
		{"NaN score", scores, func(v *unigram.Vocabulary) { v.Scores[2] = float32(math.NaN()) }},
		{"infinite score", scores, func(v *unigram.Vocabulary) { v.Scores[3] = inf }},
		{"unknown below", unknown, func(v *unigram.Vocabulary) { v.Unknown = -1 }},
		{"unknown above", unknown, func(v *unigram.Vocabulary) { v.Unknown = 5 }},
		{"piece twice", tokens, func(v *unigram.Vocabulary) { v.Pieces = slices.Values([]string{"", "", "a", "b", "a"}) }},
		{"long piece twice", tokens, func(v *unigram.Vocabulary) {
			v.Pieces = slices.Values([]string{"", "", "aaaaaaaaaaaa", "b", "aaaaaaaaaaaa"})
		}},
		{"empty piece", tokens, func(v *unigram.Vocabulary) { v.Pieces = slices.Values([]string{"", "", "a", "", "b"}) }},
		{"piece not UTF-8", tokens, func(v *unigram.Vocabulary) { v.Pieces = slices.Values([]string{"", "", "a", "\xff", "b"}) }},
		{"endless piece", tokens, func(v *unigram.Vocabulary) {
			v.Pieces = slices.Values([]string{"", "", "a", strings.Repeat("x", 5000), "b"})
		}},
		{"map of 3 bytes", charsMap, func(v *unigram.Vocabulary) { v.CharsMap = v.CharsMap[:3] }},
		{"map cut in the trie", charsMap, func(v *unigram.Vocabulary) { v.CharsMap = v.CharsMap[:500] }},
		{"map without texts", charsMap, func(v *unigram.Vocabulary) { v.CharsMap = v.CharsMap[:4+4*256*3] }},
		{"map cut in the texts", charsMap, func(v *unigram.Vocabulary) { v.CharsMap = v.CharsMap[:len(v.CharsMap)-1] }},
		{"map without a trie", charsMap, func(v *unigram.Vocabulary) { v.CharsMap = make([]byte, 100) }},
		{"map of odd size", charsMap, func(v *unigram.Vocabulary) { v.CharsMap[0]++ }},
		{"root outside", charsMap, func(v *unigram.Vocabulary) { unit(v, 0, 1<<30) }},
		{"unit outside", charsMap, func(v *unigram.Vocabulary) { unit(v, 256^'k', 1<<30|'k') }},
		{"value outside", charsMap, func(v *unigram.Vocabulary) { unit(v, 256^'k', 1<<30|1<<8|'k') }},
		{"text outside", charsMap, func(v *unigram.Vocabulary) { unit(v, 512, 1<<31|1<<20) }},
		{"cycle", charsMap, func(v *unigram.Vocabulary) { unit(v, 256^'k', 'k'<<10|'k') }},
		{"text not UTF-8", charsMap, func(v *unigram.Vocabulary) { v.CharsMap[len(v.CharsMap)-2] = 0xff }},
		{"long text", charsMap, func(v *unigram.Vocabulary) { v.CharsMap = rules(map[string]string{"k": strings.Repeat("x", 300)}) }},
		{"long key", charsMap, func(v *unigram.Vocabulary) { v.CharsMap = rules(map[string]string{strings.Repeat("k", 300): "x"}) }},
	}
	for _, tt := range tests {
		v := small(rules(map[string]string{"k": "text"}), "a", "b", "c")
		if _, err := unigram.New(v); err != nil {
			t.Fatal(err)
		}
		tt.change(&v)
		_, err := unigram.New(v)
		var e *unigram.Error
		if !errors.As(err, &e) || e.Key != tt.key || !strings.Contains(err.Error(), tt.key) {
			t.Errorf("%s: %v, want an error that names %s", tt.name, err, tt.key)
		}
	}
}

// unit overwrites a unit of a vocabulary's character map.
func unit(v *unigram.Vocabulary, at int, u uint32) {
	binary.LittleEndian.PutUint32(v.CharsMap[4+4*at:], u)
}

// checkTokens holds that tokens lie in order in the text, at the borders of its characters, and that no byte but
// those of spaces and characters without a shape lies outside all of them.
func checkTokens(t *testing.T, text string, tokens []unigram.Token) {
	t.Helper()
	end := 0
	for i, token := range tokens {
		if token.Start > token.End || token.End > len(text) || token.Start < end || i > 0 && token.Start != end {
			t.Fatalf("token %d of %.80q is %+v, the last one ended at %d", i, text, token, end)
		}
		if !border(text, token.Start) || !border(text, token.End) {
			t.Fatalf("token %+v of %.80q ends inside a character", token, text)
		}
		end = token.End
	}
}

// border tells whether no character of the text goes on at i; bytes that are no characters stand alone.
func border(text string, i int) bool {
	if i == 0 || i == len(text) || utf8.RuneStart(text[i]) {
		return true
	}
	for start := max(0, i-3); start < i; start++ {
		if _, n := utf8.DecodeRuneInString(text[start:]); start+n > i {
			return false
		}
	}
	return true
}

// TestLongTexts: texts without end, of words or of one letter, are cut in order, and the window stays small.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	tok := builtIn(t)
	const size = 1 << 18
	texts := map[string]string{
		"words":       strings.Repeat("Le rapport d’activité, à l’été 2024. ", size/40),
		"one word":    strings.Repeat("anticonstitutionnellement", size/25),
		"one letter":  strings.Repeat("a", size),
		"600 letters": strings.Repeat("w", 600),
		"spaces":      strings.Repeat(" \t\u00a0", size/4) + "x",
		"symbols":     strings.Repeat("▁", size/3),
		"private use": strings.Repeat("\ue000\U000f0000", size/7),
		"bad bytes":   strings.Repeat("\xff", size),
		"surrogates":  strings.Repeat("\xed\xa0\x80\xed\xb0\x80", size/6),
		"zeros":       strings.Repeat("\x00", size),
		"combining":   "e" + strings.Repeat("\u0301", size/2),
		"only spaces": strings.Repeat("\n", size),
	}
	for name, text := range texts {
		tokens := tok.Append(nil, text)
		checkTokens(t, text, tokens)
		if got := tok.Count(text); got != len(tokens) {
			t.Errorf("%s: Count %d, %d tokens", name, got, len(tokens))
		}
		if blank := name == "symbols" || name == "only spaces"; blank != (len(tokens) == 0) {
			t.Errorf("%s: %d tokens", name, len(tokens))
		}
	}
	if n := len(tok.Append(nil, texts["bad bytes"])); n > 2 {
		t.Errorf("a run of unknown characters is %d tokens", n)
	}
}

// TestEndlessStretch: pieces that overlap without end are cut somewhere, and what was found beyond the cut is
// forgotten, even where it looks likelier than all that starts at the cut.
func TestEndlessStretch(t *testing.T) {
	t.Parallel()
	v := small(nil, "a", "aaa", "aaaaaaa")
	v.AddSpacePrefix = false
	v.Scores = []float32{0, 0, 1, 4, 11}
	text := strings.Repeat("a", 1<<18)
	tokens := build(t, v).Append(nil, text)
	checkTokens(t, text, tokens)
	if n := tokens[len(tokens)-1].End; n != len(text) {
		t.Errorf("%d of %d bytes are covered", n, len(text))
	}
	for i, token := range tokens {
		if size := map[int32]int{2: 1, 3: 3, 4: 7}[token.ID]; token.End-token.Start != size {
			t.Fatalf("token %d is %+v, the piece has %d bytes", i, token, size)
		}
	}
}

// TestJoined: the reference lines as one long text give the tokens that they give one by one, so the window does
// not show.
func TestJoined(t *testing.T) {
	t.Parallel()
	tok := builtIn(t)
	var text strings.Builder
	var want []unigram.Token
	for _, l := range reference(t) {
		for _, token := range tok.Append(nil, l.Text) {
			want = append(want, unigram.Token{ID: token.ID, Start: token.Start + text.Len(), End: token.End + text.Len()})
		}
		text.WriteString(l.Text + "\n")
	}
	got := tok.Append(nil, text.String())
	checkTokens(t, text.String(), got)
	same := func(a, b unigram.Token) bool { return a.ID == b.ID && a.End == b.End }
	if !slices.EqualFunc(got, want, same) {
		i := 0
		for i < min(len(got), len(want)) && same(got[i], want[i]) {
			i++
		}
		t.Errorf("%d tokens, %d line by line; the first to differ is %d: %v", len(got), len(want), i, got[min(i, len(got)-1)])
	}
}

// TestFirst: the first tokens of a text are those of the whole text, and a long text is not read to its end.
func TestFirst(t *testing.T) {
	t.Parallel()
	tok := build(t, small(nil, "▁", "a", "ab", "▁b"))
	text := strings.Repeat("ab QQ b\xff aab  ", 1000)
	all := tok.Append(nil, text)
	for _, n := range []int{0, 1, 4, 5, 6, 7, 8, 1000, len(all), len(all) + 1} {
		if got := tok.AppendFirst(nil, text, n); !slices.Equal(got, all[:min(n, len(all))]) {
			t.Errorf("the first %d: %d tokens, the last of them %v", n, len(got), got[max(0, len(got)-1):])
		}
	}
	text = "a" + strings.Repeat("Q", 20000) + "a"
	if got := tok.AppendFirst(nil, text, 2); !slices.Equal(got, tok.Append(nil, text)[:2]) {
		t.Errorf("the first 2 of 3: %v", got)
	}
}

// TestAllocations: with room in dst, cutting a text allocates nothing.
func TestAllocations(t *testing.T) {
	tok := build(t, small(rules(map[string]string{"x": "ab", "é": "e"}), "▁", "a", "ab", "▁b"))
	text := strings.Repeat("ab xé b\xff aab  ", 2000)
	dst := tok.Append(nil, text)
	if n := testing.AllocsPerRun(50, func() { dst = tok.Append(dst[:0], text); tok.Count(text) }); n != 0 {
		t.Errorf("%v allocations a call", n)
	}
}

// FuzzAppend: whatever the text, the tokens lie in it in order.
func FuzzAppend(f *testing.F) {
	tok := builtIn(f)
	for _, text := range []string{"", " ", "œuvre ﬁnancière ½ ﷺ", "a\xffb\xed\xa0\x80", "▁▁ a ▁", "e\u0301\u0301", "\x00\x01", "日本語 ไทย"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tokens := tok.Append(nil, text)
		checkTokens(t, text, tokens)
		if n := tok.Count(text); n != len(tokens) {
			t.Errorf("%q: Count %d, %d tokens", text, n, len(tokens))
		}
		again := tok.Append(slices.Clone(tokens), text)
		if !slices.Equal(again[len(tokens):], tokens) {
			t.Errorf("%q: other tokens the second time", text)
		}
	})
}

// FuzzCharsmap: whatever the character map, it is refused or it works.
func FuzzCharsmap(f *testing.F) {
	f.Add(rules(map[string]string{"k": "text", "ké": "", "é": " "}), "ké kk é")
	f.Add([]byte{4, 0, 0, 0, 0, 0, 0, 0, 0}, "a")
	f.Add([]byte{8, 0, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0}, "\x00\x00")
	f.Fuzz(func(t *testing.T, charsMap []byte, text string) {
		v := small(bytes.Clone(charsMap), "▁", "a", "te", "▁text")
		tok, err := unigram.New(v)
		var e *unigram.Error
		if err != nil {
			if !errors.As(err, &e) {
				t.Errorf("%v does not name a key", err)
			}
			return
		}
		end := 0
		for _, token := range tok.Append(nil, text) {
			if token.Start < end || token.End < token.Start || token.End > len(text) {
				t.Fatalf("%+v after %d in %q", token, end, text)
			}
			end = token.End
		}
	})
}
