package chart

import (
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
)

// triple is a colour in some space.
type triple [3]float64

func (m matrix) times(v triple) (out triple) {
	for i := range out {
		for k := range v {
			out[i] += m[i][k] * v[k]
		}
	}
	return out
}

type matrix [3]triple

// sights are how linear RGB looks to people. Source: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, A
// Physiologically-based Model for Simulation of Color Vision Deficiency (2009), severity 1.
var sights = map[string]matrix{
	"all cones":    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// linear undoes the transfer function of sRGB.
func linear(c color.RGBA) triple {
	of := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return triple{of(c.R), of(c.G), of(c.B)}
}

// lab is linear RGB in CIE Lab, of daylight D65.
func lab(v triple) triple {
	for i := range v {
		v[i] = min(max(v[i], 0), 1)
	}
	xyz := matrix{{0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041}}.times(v)
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x, y, z := f(xyz[0]/0.95047), f(xyz[1]), f(xyz[2]/1.08883)
	return triple{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// distance is the least one in Lab, over all sights.
func distance(a, b color.RGBA) float64 {
	least := math.Inf(1)
	for _, s := range sights {
		p, q := lab(s.times(linear(a))), lab(s.times(linear(b)))
		least = min(least, math.Sqrt((p[0]-q[0])*(p[0]-q[0])+(p[1]-q[1])*(p[1]-q[1])+(p[2]-q[2])*(p[2]-q[2])))
	}
	return least
}

// contrast is that of WCAG 2.2, 1 to 21.
func contrast(a, b color.RGBA) float64 {
	luminance := func(c color.RGBA) float64 {
		v := linear(c)
		return 0.2126*v[0] + 0.7152*v[1] + 0.0722*v[2]
	}
	p, q := luminance(a), luminance(b)
	return (max(p, q) + 0.05) / (min(p, q) + 0.05)
}

// scheme picks one of the two colours.
var schemes = map[string]func(hue) color.RGBA{
	"light": func(h hue) color.RGBA { return h.light },
	"dark":  func(h hue) color.RGBA { return h.dark },
}

// TestMeasures holds the measures to known values, and wants what is known to be confused to come out as near.
func TestMeasures(t *testing.T) {
	white, black := rgb(0xffffff), rgb(0)
	if c := contrast(white, black); math.Abs(c-21) > 1e-9 {
		t.Errorf("contrast of black and white: %v", c)
	}
	if v := lab(linear(rgb(0xff0000))); math.Abs(v[0]-53.24) > 0.05 || math.Abs(v[1]-80.09) > 0.05 || math.Abs(v[2]-67.20) > 0.05 {
		t.Errorf("red in Lab: %v", v)
	}
	if d := distance(rgb(0xc04000), rgb(0x4f7f00)); d > 15 {
		t.Errorf("a red and a green that protanopes confuse: %v", d)
	}
}

// TestHues wants lines to stand out from the paper by 3:1 (WCAG 2.2, 1.4.11) and text by 4.5:1 (1.4.3), and hues to
// tell apart for everybody: those of the default set at a glance, and all that have only the colour between them.
func TestHues(t *testing.T) {
	const lines, words, glance, apart = 3, 4.5, 30, 15 // distances: a just noticeable one is 2.3
	for name, of := range schemes {
		background := of(paper)
		for i, h := range hues {
			if c := contrast(of(h), background); c < lines {
				t.Errorf("%s: hue %d has a contrast of %.2f", name, i, c)
			}
			for k, o := range hues[:i] {
				want := float64(apart)
				if isDefault(i) && isDefault(k) {
					want = glance
				}
				if d := distance(of(h), of(o)); d < want {
					t.Errorf("%s: hues %d and %d are %.1f apart, want %v", name, i, k, d, want)
				}
			}
			if d := distance(of(h), of(neutral)); isDefault(i) && d < apart*0.9 {
				t.Errorf("%s: hue %d is %.1f from the neutral one", name, i, d)
			}
			if d := distance(of(h), of(alarm)); isDefault(i) && d < apart*0.9 {
				t.Errorf("%s: hue %d is %.1f from the alarm", name, i, d)
			}
		}
		for what, h := range map[string]hue{"neutral": neutral, "alarm": alarm} {
			if c := contrast(of(h), background); c < lines {
				t.Errorf("%s: %s has a contrast of %.2f", name, what, c)
			}
		}
		for what, h := range map[string]hue{"ink": ink, "faint": faint} {
			if c := contrast(of(h), background); c < words {
				t.Errorf("%s: %s has a contrast of %.2f", name, what, c)
			}
		}
		for i, c := range stops[1:] {
			if c := contrast(color.RGBA{c.R, c.G, c.B, 0xff}, background); c < lines {
				t.Errorf("%s: stop %d of the heat map has a contrast of %.2f", name, i+1, c)
			}
		}
	}
}

// TestCauses wants what is stacked in one bar to tell apart for everybody, also from a pin's grey and the alarm, to stand out
// from the paper, and to be no hue of a policy.
func TestCauses(t *testing.T) {
	const lines, apart, ofPolicies = 3, 18, 9
	for name, of := range schemes {
		seen := map[string]color.RGBA{"neutral": of(neutral), "alarm": of(alarm)}
		for l := Pins; l >= lowest; l-- {
			h, _ := l.of()
			if c := contrast(of(h), of(paper)); c < lines {
				t.Errorf("%s: %s has a contrast of %.2f", name, l.name(), c)
			}
			for other, c := range seen {
				if d := distance(of(h), c); d < apart {
					t.Errorf("%s: %s is %.1f from %s", name, l.name(), d, other)
				}
			}
			for i, p := range hues {
				if d := distance(of(h), of(p)); d < ofPolicies {
					t.Errorf("%s: %s is %.1f from hue %d", name, l.name(), d, i)
				}
			}
			seen[l.name()] = of(h)
		}
		if len(seen) != 2+len(causes) {
			t.Errorf("%s: %d of %d causes have a look of their own", name, len(seen)-2, len(causes))
		}
	}
}

// isDefault says whether a hue, solid, is that of a policy of the default set.
func isDefault(h int) bool {
	return slices.ContainsFunc(names, func(name string) bool { s := styles[LookOf(name)-1]; return s.hue == h && s.pattern == solid })
}

func TestLooks(t *testing.T) {
	if !slices.IsSortedFunc(styles, func(a, b style) int { return strings.Compare(a.policy, b.policy) }) {
		t.Error("styles are not sorted")
	}
	seen := make(map[[2]int]string)
	for _, s := range styles {
		if other, ok := seen[[2]int{s.hue, s.pattern}]; ok {
			t.Errorf("%s looks as %s", s.policy, other)
		}
		seen[[2]int{s.hue, s.pattern}] = s.policy
		if s.pattern == dashdot {
			t.Errorf("%s has the pattern of names that are not known", s.policy)
		}
	}
	for _, name := range []string{"", "a-policy-of-tomorrow", "\x00", strings.Repeat("x", 1<<16)} {
		l := LookOf(name)
		h, p := l.of()
		if l != LookOf(name) || l <= Look(len(styles)) || !slices.Contains(hues, h) || len(p.dashes) != len(patterns[dashdot].dashes) {
			t.Errorf("%.20q: look %d, %v", name, l, p)
		}
	}
	vars := make(map[string]bool)
	for l := lowest; int(l) <= len(styles)+len(hues); l++ {
		vars[l.Var()] = true
	}
	if want := len(styles) + len(hues) + 3 + len(causes); len(vars) != want {
		t.Errorf("%d variables, want %d", len(vars), want)
	}
	if Neutral.Var() != "var(--look-neutral)" || Look(3).Var() != "var(--look-3)" {
		t.Errorf("%s, %s", Neutral.Var(), Look(3).Var())
	}
}
