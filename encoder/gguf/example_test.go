package gguf_test

import (
	"fmt"

	"rapporteur/encoder/gguf"
	"rapporteur/encoder/weights"
)

func ExampleParse() {
	f, err := gguf.Parse(weights.Model())
	if err != nil {
		fmt.Println(err)
		return
	}
	architecture, err := f.String("general.architecture")
	fmt.Println(architecture, err)
	t, err := f.Tensor("position_embd.weight")
	fmt.Println(t.Type, t.Rows, t.Cols, err)
	_, err = f.Uint("bert.expert_count")
	fmt.Println(err)
	// Output:
	// bert <nil>
	// F32 512 384 <nil>
	// gguf: key "bert.expert_count": missing
}
