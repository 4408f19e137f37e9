package encoder_test

import (
	"context"
	"fmt"

	"rapporteur/encoder"
	"rapporteur/encoder/weights"
)

// A question finds the text that answers it, in another language too.
func ExampleLoad() {
	e, err := encoder.Load(weights.Model(), encoder.Options{
		QueryPrefix:    weights.QueryPrefix,
		DocumentPrefix: weights.DocumentPrefix,
		Fingerprint:    weights.Fingerprint,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	texts := []string{
		"Le préavis de démission est de trois mois pour les cadres.",
		"La cantine ouvre à midi.",
	}
	passages, err := e.EmbedDocuments(ctx, texts)
	if err != nil {
		fmt.Println(err)
		return
	}
	question, err := e.EmbedQuery(ctx, "How long is the notice period?")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Dimensions(), "figures")
	if cosine(question, passages[0]) > cosine(question, passages[1]) {
		fmt.Println(texts[0])
	}
	// Output:
	// 384 figures
	// Le préavis de démission est de trois mois pour les cadres.
}
