package bucket_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gocloud.dev/blob/memblob"

	"rapporteur/qa"
	"rapporteur/store/bucket"
	"rapporteur/store/files"
	"rapporteur/store/storetest"
)

func open(t testing.TB, address string, o bucket.Options) *bucket.Store {
	t.Helper()
	o.Stage = filepath.Join(t.TempDir(), "stage")
	s, err := bucket.Open(t.Context(), address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestOriginals runs one suite on a bucket that is a folder, on one in memory, and on the folder of store/files.
func TestOriginals(t *testing.T) {
	for name, make := range map[string]func(t testing.TB) storetest.OriginalsStore{
		"folder": func(t testing.TB) storetest.OriginalsStore {
			return open(t, "file://"+filepath.ToSlash(t.TempDir())+"/bucket", bucket.Options{})
		},
		"memory": func(t testing.TB) storetest.OriginalsStore {
			return open(t, "", bucket.Options{Bucket: memblob.OpenBucket(nil)})
		},
		"files": func(t testing.TB) storetest.OriginalsStore {
			s, err := files.Open(filepath.Join(t.TempDir(), "originals"))
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	} {
		t.Run(name, func(t *testing.T) { storetest.RunOriginals(t, make) })
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "file://", "file://host/x", "nothing://x", "::", "s3://u:secret@x?no=option"} {
		_, err := bucket.Open(t.Context(), address, bucket.Options{Stage: t.TempDir()})
		if qa.CodeOf(err) != "bucket_wrong" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want bucket_wrong", address, err)
		}
	}
}

// TestNothingForOthers: what lies in the folder is for its owner only, and a damaged original is replaced.
func TestNothingForOthers(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "bucket")
	s := open(t, "file://"+filepath.ToSlash(dir), bucket.Options{})
	keep := func() string {
		stage, hash, _, err := s.Stage(t.Context(), strings.NewReader("bonjour"), 100)
		if err == nil {
			err = s.Keep(t.Context(), stage, hash)
		}
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, "originals", hash[:2], hash[2:4], hash)
	}
	path := keep()
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("folder %v, %v; want it for its owner only", info, err)
	}
	if err := os.Truncate(path, 2); err != nil {
		t.Fatal(err)
	}
	keep()
	if raw, err := os.ReadFile(path); err != nil || string(raw) != "bonjour" {
		t.Errorf("%q, %v; want it whole again", raw, err)
	}
}
