package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"daxbench/reports/unit"
)

// fact is a value of the environment on one line, with its name. Sizes, times and frequencies are written for people, by the
// unit that the name says; run.json has every digit.
func fact(key string, v any) (name, text string) {
	name, write := key, plainNumber
	for end, of := range unitsOfKeys {
		if stem, ok := strings.CutSuffix(key, end); ok && (stem == "" || strings.HasSuffix(stem, "_")) {
			if write = of; stem != "" {
				name = strings.TrimSuffix(stem, "_")
			}
		}
	}
	return strings.ReplaceAll(trim(name), "_", " "), flat(v, write)
}

// unitsOfKeys say by the end of a key what its numbers are.
var unitsOfKeys = map[string]func(v float64) string{
	"bytes": bytes, "size": bytes, "caches": bytes, "hz": hertz,
	"ns": func(v float64) string { return unit.Format(v, unit.Nanos) },
}

// flat writes a value of JSON on one line; write is for its numbers, unless their own names say what they are.
func flat(v any, write func(float64) string) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return write(v)
	case []any:
		words := make([]string, len(v))
		for i := range v {
			words[i] = flat(v[i], write)
		}
		return strings.Join(words, ", ")
	case map[string]any:
		var words []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			name, text := fact(key, v[key])
			if number, ok := v[key].(float64); ok && text == plainNumber(number) {
				text = write(number)
			}
			words = append(words, name+"="+text)
		}
		return strings.Join(words, "; ")
	}
	return fmt.Sprint(v)
}

func plainNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// bytes writes a size by powers of 1024: "23.5 GiB".
func bytes(v float64) string { return scaled(v, 1024, "B", "KiB", "MiB", "GiB", "TiB") }

// hertz writes a frequency: "2.6 GHz".
func hertz(v float64) string { return scaled(v, 1000, "Hz", "kHz", "MHz", "GHz") }

// scaled writes a number in the largest unit of which it is at least one, with three digits. What no machine has is written as
// it is.
func scaled(v, step float64, units ...string) string {
	if !(v >= 0) || v >= 1000*math.Pow(step, float64(len(units)-1)) {
		return plainNumber(v)
	}
	i := 0
	for v >= step && i < len(units)-1 {
		v /= step
		i++
	}
	digits := 0
	if v < 100 {
		digits = 1
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', digits, 64), ".0") + " " + units[i]
}
