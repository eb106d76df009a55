package vm

import (
	"errors"
	"strings"
	"testing"
)

func TestPanicLine(t *testing.T) {
	for _, tt := range []struct{ console, want string }{
		{"", ""},
		{"[    1.0] Linux version 6.1\n[    2.0] reboot: Power down", ""},
		{"[    1.2] Oops: 0000 [#1]\n[   12.345678] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n[ 13.0] ---[ end Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0) ]---",
			"Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)"},
		{"[    1.0][    T1] BUG: kernel NULL pointer dereference, address: 0000000000000000\n[ 1.1] Modules linked in: xfs", "BUG: kernel NULL pointer dereference, address: 0000000000000000"},
	} {
		if got := panicLine(tt.console); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.console, got, tt.want)
		}
	}
}

type failing struct{ n int }

func (f *failing) Write(b []byte) (int, error) {
	f.n++
	return 0, errors.New("disk full")
}

// TestConsole: the end is kept, carriage returns are not, and a writer that fails is left alone.
func TestConsole(t *testing.T) {
	to := &failing{}
	c := &console{to: to}
	for range 3 {
		line := strings.Repeat("x", consoleKept/2-1) + "\r\n"
		if n, err := c.Write([]byte(line)); n != len(line) || err != nil {
			t.Fatalf("%d of %d, %v", n, len(line), err)
		}
	}
	if got := c.String(); len(got) != consoleKept || strings.Contains(got, "\r") || !strings.HasSuffix(got, "x\n") {
		t.Errorf("%d bytes, ends %q", len(got), got[len(got)-3:])
	}
	if to.n != 1 {
		t.Errorf("the writer was called %d times", to.n)
	}
}

func TestLastLines(t *testing.T) {
	if got := lastLines("a\n\n b \n\t\nc", 2); len(got) != 2 || got[0] != " b" || got[1] != "c" {
		t.Errorf("%q", got)
	}
}
