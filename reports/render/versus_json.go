package render

import (
	"encoding/json"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"daxbench/reports/versus"
)

var versusJSON = VersusFormat{Name: "json", About: "everything, for programs", Ext: ".json", Write: VersusJSON}

// VersusJSON writes the whole model. Numbers that there are not are null. Characters that do not print are escaped, so
// that a terminal does not obey them.
func VersusJSON(w io.Writer, r *versus.Report, _ VersusOptions) error {
	enc := json.NewEncoder(&visible{w})
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// visible escapes what does not print in JSON, where such characters can only stand in strings.
type visible struct{ w io.Writer }

func (v *visible) Write(p []byte) (int, error) {
	var b strings.Builder
	for i := 0; i < len(p); {
		r, n := utf8.DecodeRune(p[i:])
		if r < utf8.RuneSelf || unicode.IsPrint(r) {
			b.Write(p[i : i+n])
		} else if hi, lo := utf16.EncodeRune(r); hi != unicode.ReplacementChar {
			b.WriteString(escapeRune(hi) + escapeRune(lo))
		} else {
			b.WriteString(escapeRune(r))
		}
		i += n
	}
	if _, err := io.WriteString(v.w, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// escapeRune writes a 16-bit unit as JSON does.
func escapeRune(r rune) string {
	const hex = "0123456789abcdef"
	return `\u` + string([]byte{hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15]})
}
