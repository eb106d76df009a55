package render

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// minContrast is what WCAG 2.2, success criterion 1.4.3 (AA), asks of text that is not large.
const minContrast = 4.5

// textsOn are the texts of a page and what they stand on.
var textsOn = map[string]string{
	"ink":  "ground panel dear-ground",
	"soft": "ground panel dear-ground",
	"link": "ground panel dear-ground",
	"bad":  "ground panel dear-ground bad-ground",
	"good": "ground panel dear-ground good-ground",
	"dear": "ground dear-ground",
}

func TestContrast(t *testing.T) {
	for scheme, colours := range schemes(string(assets().style)) {
		for text, grounds := range textsOn {
			for ground := range strings.FieldsSeq(grounds) {
				if c := contrast(t, colours[text], colours[ground]); c < minContrast {
					t.Errorf("%s: %s on %s has a contrast of %.2f", scheme, text, ground, c)
				}
			}
		}
	}
	if c := contrast(t, "#777777", "#ffffff"); math.Abs(c-4.48) > 0.005 { // a well-known near miss
		t.Errorf("contrast of #777 on white: %v", c)
	}
}

// schemes are the variables of a style sheet in both schemes, with those that stand for another resolved.
func schemes(css string) map[string]map[string]string {
	variable := regexp.MustCompile(`--([\w-]+):\s*([^;}]+);`)
	block := regexp.MustCompile(`(@media screen and \(prefers-color-scheme:\s?dark\)\s*\{\s*)?:root\s*\{([^}]*)\}`)
	light, dark := map[string]string{}, map[string]string{}
	for _, b := range block.FindAllStringSubmatch(css, -1) {
		for _, v := range variable.FindAllStringSubmatch(b[2], -1) {
			dark[v[1]] = v[2]
			if b[1] == "" {
				light[v[1]] = v[2]
			}
		}
	}
	for _, colours := range []map[string]string{light, dark} {
		for name, value := range colours {
			if other, ok := strings.CutPrefix(value, "var(--"); ok {
				colours[name] = colours[strings.TrimSuffix(other, ")")]
			}
		}
	}
	return map[string]map[string]string{"light": light, "dark": dark}
}

// contrast is the contrast ratio of two colours, by WCAG 2.2.
func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	v, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || len(colour) != len("#rrggbb") {
		t.Fatalf("%q is no colour", colour)
	}
	channel := func(shift int) float64 {
		c := float64(v>>shift&0xff) / 0xff
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}
