package table

import (
	"fmt"
	"strconv"
	"strings"
)

// A Sample is what one process found for a row.
type Sample struct {
	Value       float64 // NaN: no round counted
	Lo, Hi      float64 // of 95 %, over the rounds of this process
	Nanos, Base float64 // per operation and worker, of the two sides; 0: does not apply
	Dropped     float64 // share of the rounds that did not count
}

// sampleDigits are those that a sample is written with: one more than any table shows.
const sampleDigits = 5

// fields returns what a sample is made of, in the order of its text.
func (s *Sample) fields() [6]*float64 {
	return [...]*float64{&s.Value, &s.Lo, &s.Hi, &s.Nanos, &s.Base, &s.Dropped}
}

// MarshalText writes a sample as six numbers, so that it is one line of a JSON file.
func (s Sample) MarshalText() ([]byte, error) {
	var text []byte
	for i, f := range s.fields() {
		if i > 0 {
			text = append(text, ' ')
		}
		text = strconv.AppendFloat(text, *f, 'g', sampleDigits, 64)
	}
	return text, nil
}

// UnmarshalText reads what MarshalText wrote.
func (s *Sample) UnmarshalText(text []byte) error {
	words, fields := strings.Fields(string(text)), s.fields()
	if len(words) != len(fields) {
		return fmt.Errorf("table: a sample of %d numbers, want %d", len(words), len(fields))
	}
	for i, f := range fields {
		v, err := strconv.ParseFloat(words[i], 64)
		if err != nil {
			return fmt.Errorf("table: a sample: %w", err)
		}
		*f = v
	}
	return nil
}
