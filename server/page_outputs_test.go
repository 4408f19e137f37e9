package server

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rapporteur/answer/draft"
	"rapporteur/qa"
)

// spoken gives the sentences of a model's text that comes in two pieces, none of them longer than the model's client
// passes on at once.
func spoken(before, after string) (out []draft.Sentence) {
	var s draft.Splitter
	for _, text := range []string{before, after} {
		for piece := range slices.Chunk([]byte(text), 8<<10) {
			out = append(out, s.Write(string(piece))...)
		}
	}
	return append(out, s.Close()...)
}

// cuts gives where an output is cut: at every byte; five long ones, which repeat a few signs, at their start, around
// the length at which a sentence is cut, at their end, and at twenty other places.
func cuts(output string, random *rand.Rand) (at []int) {
	for i := 1; i < len(output); i++ {
		if len(output) < 4000 || i < 20 || i > 1995 && i < 2005 || i > 2055 && i < 2070 || i >= len(output)-10 {
			at = append(at, i)
		}
	}
	if len(output) >= 4000 {
		for range 20 {
			at = append(at, 1+random.IntN(len(output)-1))
		}
	}
	return at
}

// TestOutputsSplitAnywhere cuts what a hostile model may write at every byte: the same sentences come out whatever the
// pieces, they are plain text, and the page that the server draws of them has the elements and attributes that it has
// for as many harmless sentences.
func TestOutputsSplitAnywhere(t *testing.T) {
	t.Parallel()
	outputs := hostileOutputs(t)
	random := rand.New(rand.NewPCG(9, 56))
	said, splits, shown := map[int][]string{}, 0, 0
	for i, o := range outputs {
		whole := spoken(o, "")
		for _, s := range whole {
			said[i] = append(said[i], s.Text)
			said[1000+i] = append(said[1000+i], fmt.Sprintf("mot %d", len(said[1000+i])))
		}
		for _, at := range cuts(o, random) {
			splits++
			got := spoken(o[:at], o[at:])
			if !slices.EqualFunc(got, whole, func(x, y draft.Sentence) bool { return x.Text == y.Text && x.Item == y.Item && x.Opens == y.Opens }) {
				t.Errorf("output %d (%.40q) cut at %d gives %d sentences, whole %d", i, o, at, len(got), len(whole))
			}
		}
	}
	server := pageServer(t, askerFunc(func(q qa.Question, _ func(qa.Event) error) (qa.Answer, error) {
		n, err := strconv.Atoi(q.Text)
		if err != nil {
			return qa.Answer{}, err
		}
		return payloadAnswer(q.Text, said[n]), nil
	}), reportLibrary())
	for i := range outputs {
		if len(said[i]) == 0 {
			continue // nothing of it is a sentence
		}
		shown++
		_, page := getPage(t, server.Client(), server.URL+"/?q="+url.QueryEscape(strconv.Itoa(i)))
		_, tame := getPage(t, server.Client(), server.URL+"/?q="+url.QueryEscape(strconv.Itoa(1000+i)))
		got, words := bones(t, page)
		want, _ := bones(t, tame)
		if !slices.Equal(got, want) {
			t.Errorf("output %d: %q makes elements of its own", i, outputs[i])
		}
		for _, s := range said[i] {
			if !strings.Contains(words, strings.Join(strings.Fields(s), " ")) {
				t.Errorf("output %d: %q is not shown", i, s)
			}
		}
	}
	t.Logf("%d outputs, %d splits, %d outputs shown", len(outputs), splits, shown)
}
