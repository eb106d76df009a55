package unit

import (
	"strings"
	"testing"
)

func TestLegible(t *testing.T) {
	for s, want := range map[string]string{
		"dax=50 µs – 東京": "dax=50 µs – 東京",
		"\x1b[31m\n\x00": `\x1b[31m\n\x00`,
		"a\u202eb\u200b": `a\u202eb\u200b`,
		"\xff\ufffd":     `\xff` + "\ufffd",
		"\u00a0":         `\u00a0`, // a space that is no ordinary one
	} {
		var b strings.Builder
		for i, r := range s {
			b.WriteString(Legible(s, i, r))
		}
		if b.String() != want {
			t.Errorf("%q is shown as %q, want %q", s, b.String(), want)
		}
	}
}
