package render

import (
	"strings"
	"testing"
)

func TestBrief(t *testing.T) {
	endless := strings.Repeat("9", 400)
	for in, want := range map[string]string{
		"5.000n":                          "5.000n",
		"+1900.00%":                       "+1900.00%",
		"1" + strings.Repeat("0", 308):    "1e+308",
		"1234567890123456789.000G":        "1.235e+18G",
		"+99999999999999999999.00%":       "+1e+20%",
		"-12345678901234567.25%":          "-1.235e+16%",
		endless:                           endless, // no float64: nothing writes it
		"∞ and more than sixteen columns": "∞ and more than sixteen columns",
	} {
		if got := brief(in); got != want {
			t.Errorf("%.40s: %.40s, want %.40s", in, got, want)
		}
	}
}
