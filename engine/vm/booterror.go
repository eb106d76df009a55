package vm

import (
	"fmt"
	"strings"
)

// A BootError says that a guest did not come up, or died before it had said how its command ended.
type BootError struct {
	Kernel  string // its label
	Came    bool   // it had come up: its first process had reported
	What    string // happened
	Panic   string // the line in which the kernel says why; empty: it did not
	Console string // the last 64 KiB of it
	QEMU    string // what QEMU said
}

// shown is how many lines of a console are shown with an error: a panic with its stack takes some thirty.
const shown = 40

func (e *BootError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Kernel, e.Short())
	for _, part := range []struct{ who, text string }{{"QEMU said", e.QEMU}, {"the end of the kernel's console", e.Console}} {
		if lines := lastLines(part.text, shown); len(lines) > 0 {
			fmt.Fprintf(&b, "\n%s:\n  %s", part.who, strings.Join(lines, "\n  "))
		}
	}
	return b.String()
}

// Short is what happened, on one line.
func (e *BootError) Short() string {
	why := e.Panic
	if said := lastLines(e.QEMU, 1); why == "" && len(said) > 0 {
		why = said[0]
	}
	if why == "" {
		return e.What
	}
	return e.What + ": " + why
}
