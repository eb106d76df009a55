//go:build race

package sync_test

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
	"time"

	"daxbench/engine/internal/sync"
)

// TestFetchHidesNoRace runs itself again, with a race that an atomic load in Fetch would hide, and wants it reported.
func TestFetchHidesNoRace(t *testing.T) {
	const child = "DAXBENCH_FETCH_CHILD"
	var w32 sync.Uint32
	var w64 sync.Uint64
	for _, tt := range []struct {
		name         string
		store, fetch func()
	}{
		{"Uint32", func() { w32.Store(1) }, w32.Fetch},
		{"Uint64", func() { w64.Store(1) }, w64.Fetch},
	} {
		if os.Getenv(child) == tt.name {
			plain := 0
			go func() {
				plain = 1
				tt.store()
			}()
			time.Sleep(20 * time.Millisecond) // orders nothing
			tt.fetch()
			t.Logf("read %d", plain)
		}
		if os.Getenv(child) != "" {
			continue
		}
		cmd := exec.Command(os.Args[0], "-test.run", "^TestFetchHidesNoRace$")
		cmd.Env = append(os.Environ(), child+"="+tt.name)
		if out, err := cmd.CombinedOutput(); err == nil || !bytes.Contains(out, []byte("DATA RACE")) {
			t.Errorf("%s: no race is reported: %v\n%s", tt.name, err, out)
		}
	}
}
