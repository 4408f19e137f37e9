package weights

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"

	"rapporteur/internal/testkit"
)

// TestFingerprint holds the constant against the bytes that are in the binary.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256(Model())
	if got := hex.EncodeToString(sum[:]); got != Fingerprint {
		t.Errorf("the model's SHA-256 is %s, Fingerprint says %s", got, Fingerprint)
	}
}

// TestModelAsDelivered holds the committed file against the one that the project was given.
func TestModelAsDelivered(t *testing.T) {
	t.Parallel()
	given, err := os.ReadFile(testkit.Shared(t, "model/multilingual-e5-small-q4_0.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(given, Model()) {
		t.Errorf("the embedded model (%d bytes) is not the given one (%d bytes)", len(Model()), len(given))
	}
}

// TestModelInPlace shows that Model gives the same bytes each time and copies none.
func TestModelInPlace(t *testing.T) {
	if one, two := Model(), Model(); &one[0] != &two[0] {
		t.Error("two calls gave two places")
	}
	if n := testing.AllocsPerRun(10, func() { _ = Model() }); n != 0 {
		t.Errorf("Model allocates %v times", n)
	}
}
