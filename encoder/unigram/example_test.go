package unigram_test

import (
	"fmt"
	"slices"

	"rapporteur/encoder/unigram"
)

func ExampleTokenizer_Append() {
	tok, err := unigram.New(unigram.Vocabulary{
		Pieces:                 slices.Values([]string{"<unk>", "▁", "▁le", "▁rapport", "s", "▁r", "apports"}),
		Scores:                 []float32{0, -3, -4, -7, -3, -5, -9},
		AddSpacePrefix:         true,
		RemoveExtraWhitespaces: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	text := "  le rapports"
	for _, token := range tok.Append(nil, text) {
		fmt.Printf("%d %q\n", token.ID, text[token.Start:token.End])
	}
	// Output:
	// 2 "le"
	// 3 " rapport"
	// 4 "s"
}
