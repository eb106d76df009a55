package vm

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"sync"
)

// consoleKept is how much of the console is kept, its end.
const consoleKept = 64 << 10

// A console takes the kernel's messages: the last of them are kept, and all go to another writer if there is one.
type console struct {
	mu   sync.Mutex
	tail []byte
	to   io.Writer
}

func (c *console) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(b)
	b = bytes.ReplaceAll(b, []byte("\r"), nil)
	c.tail = append(c.tail, b...)
	if over := len(c.tail) - consoleKept; over > 0 {
		c.tail = append(c.tail[:0], c.tail[over:]...)
	}
	if c.to != nil {
		if _, err := c.to.Write(b); err != nil {
			c.to = nil // the guest goes on without
		}
	}
	return n, nil
}

func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.tail)
}

// stamp is what printk puts before a line.
var stamp = regexp.MustCompile(`^(<\d>)?\[ *\d+\.\d+\](\[ *[TC]\d+\])? ?`)

// deaths are how a kernel says that it is at its end, the clearest first.
var deaths = []string{"Kernel panic", "BUG:", "Oops", "general protection fault", "kernel BUG at", "VFS: Unable to mount"}

// panicLine finds the line of a console that says why the kernel died, the first of the clearest kind; empty if there is none.
func panicLine(console string) string {
	for _, death := range deaths {
		for line := range strings.Lines(console) {
			if strings.Contains(line, death) {
				return strings.TrimSpace(stamp.ReplaceAllString(line, ""))
			}
		}
	}
	return ""
}

// lastLines are the last n lines of text that say something.
func lastLines(text string, n int) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, " \t\r\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-n):]
}
