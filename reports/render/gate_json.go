package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"daxbench/reports/gate"
	"daxbench/reports/stats"
)

var gateJSONFormat = GateFormat[gate.Report]{Name: "json", About: "all that the gate found, for programs", Ext: ".json", Write: GateJSON}

// gateSchema is the version of what a gate writes as JSON. It changes if a field is renamed or means something else;
// further fields do not change it.
const gateSchema = 1

// The JSON types are those of package gate, but that a number which is none is null.
type (
	gateJSON struct {
		Schema int `json:"schema"`
		*gate.Report
		Cells    []cellJSON    `json:"cells"`
		Controls []measureJSON `json:"controls"`
		Trend    []measureJSON `json:"trend,omitempty"`
	}
	cellJSON struct {
		*gate.Cell
		Measures []measureJSON `json:"measures"`
		Counts   []countJSON   `json:"counts,omitempty"`
		Seconds  number        `json:"seconds"`
	}
	measureJSON struct {
		*gate.Measure
		Base      number       `json:"base"`
		Head      number       `json:"head"`
		Change    estimateJSON `json:"change"`
		P         number       `json:"p"`
		Adjusted  number       `json:"adjusted"`
		Alpha     number       `json:"alpha"`
		Floor     number       `json:"floor"`
		Tolerance number       `json:"tolerance"`
		Smallest  number       `json:"smallest"`
	}
	countJSON struct {
		*gate.Count
		Base number `json:"base"`
		Head number `json:"head"`
	}
	estimateJSON struct {
		Value      number `json:"value"`
		Lo         number `json:"lo"`
		Hi         number `json:"hi"`
		N          int    `json:"n"`
		Confidence number `json:"confidence"`
	}
)

// number is a number in JSON, which has neither NaN nor infinity: they are null.
type number float64

// MarshalJSON writes the number, or null.
func (n number) MarshalJSON() ([]byte, error) {
	if !finite(float64(n)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// GateJSON writes what a gate found as one JSON object.
func GateJSON(w io.Writer, r *gate.Report, _ Options) error {
	out := gateJSON{
		Schema: gateSchema, Report: r, Cells: make([]cellJSON, len(r.Cells)),
		Controls: measuresJSON(r.Controls), Trend: measuresJSON(r.Trend),
	}
	for i := range r.Cells {
		c := &r.Cells[i]
		out.Cells[i] = cellJSON{Cell: c, Measures: measuresJSON(c.Measures), Seconds: number(c.Seconds)}
		for k := range c.Counts {
			n := &c.Counts[k]
			out.Cells[i].Counts = append(out.Cells[i].Counts, countJSON{n, number(n.Base), number(n.Head)})
		}
	}
	return writeJSON(w, out)
}

func measuresJSON(measures []gate.Measure) []measureJSON {
	out := make([]measureJSON, len(measures))
	for i := range measures {
		m := &measures[i]
		out[i] = measureJSON{
			m, number(m.Base), number(m.Head), newEstimateJSON(m.Change), number(m.P), number(m.Adjusted),
			number(m.Alpha), number(m.Floor), number(m.Tolerance), number(m.Smallest),
		}
	}
	return out
}

func newEstimateJSON(e stats.Estimate) estimateJSON {
	return estimateJSON{number(e.Value), number(e.Lo), number(e.Hi), e.N, number(e.Confidence)}
}

// writeJSON writes one indented value, in one piece. What does not print is escaped, so that a terminal may show it.
func writeJSON(w io.Writer, v any) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(printable(out.Bytes()))
	return err
}

// printable escapes the characters of JSON text that do not print. They stand in strings only: what stands between is ASCII.
func printable(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r < utf8.RuneSelf && r != 0x7f || unicode.IsPrint(r) {
			out = append(out, text[i:i+size]...)
		} else {
			for _, half := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, half)
			}
		}
		i += size
	}
	return out
}
