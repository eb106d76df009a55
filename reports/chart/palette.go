package chart

import (
	"fmt"
	"hash/fnv"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// hue is one colour, as it is on white and on near-black.
type hue struct{ light, dark color.RGBA }

// Hues tell apart for the colour-blind as well, stand out from the paper in both schemes by 3:1 at least, and keep
// their name from one to the other. TestHues measures it. They came from a search for the largest least distance in
// CIE Lab, over normal sight and three kinds of colour-blindness, within what one would call by these names; the first
// four count double.
var hues = []hue{
	blue:      {rgb(0x0c41c1), rgb(0x4a78ff)},
	vermilion: {rgb(0xe46f05), rgb(0xe8500f)},
	green:     {rgb(0x00a371), rgb(0x48f58a)},
	black:     {rgb(0x222222), rgb(0xf2f2f2)},
	pink:      {rgb(0xcf1cf5), rgb(0xcf5f9b)},
	gold:      {rgb(0x805600), rgb(0xffca00)},
	sky:       {rgb(0x0f7599), rgb(0x40b4ff)},
}

// Places of the hues.
const (
	blue = iota
	vermilion
	green
	black
	pink
	gold
	sky
)

// Hues of what is no policy, and of the picture itself.
var (
	neutral = hue{rgb(0x767676), rgb(0x8f8f8f)}
	alarm   = hue{rgb(0xc1121f), rgb(0xff4f7b)}
	ink     = hue{rgb(0x222222), rgb(0xe8e8e8)}
	faint   = hue{rgb(0x5f5f5f), rgb(0xa3a3a3)}
	rule    = hue{rgb(0xe2e2e2), rgb(0x363636)}
	paper   = hue{rgb(0xffffff), rgb(0x141414)}
)

// causes are the hues of what is waited for. They came from the same search as those of policies: apart from each other, from
// the neutral hue and the alarm at a glance for everybody, and from the policies as far as there is room.
var causes = map[Look]struct {
	name string
	hue
}{
	Pins:    {"pins", hue{rgb(0x601bd9), rgb(0x7034fa)}},
	Leases:  {"leases", hue{rgb(0x075261), rgb(0x8ce5f7)}},
	Lookups: {"lookups", hue{rgb(0x5d4238), rgb(0x865e21)}},
	Waking:  {"waking", hue{rgb(0xa59050), rgb(0xdada64)}},
	Late:    {"late", hue{rgb(0xf926c4), rgb(0xc310b4)}},
}

func rgb(v uint32) color.RGBA { return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xff} }

// pattern is what tells apart those that share a hue: of lines by the dash, of points by the shape.
type pattern struct {
	dashes []vg.Length
	glyph  draw.GlyphDrawer
}

var patterns = []pattern{
	solid:   {nil, draw.CircleGlyph{}},
	dashed:  {[]vg.Length{5, 2.5}, draw.BoxGlyph{}},
	dotted:  {[]vg.Length{1.2, 1.8}, draw.PyramidGlyph{}},
	dashdot: {[]vg.Length{6, 2, 1.2, 2}, diamond{}},
}

// Places of the patterns.
const (
	solid = iota
	dashed
	dotted
	dashdot
)

// style is how a policy is drawn.
type style struct {
	policy       string
	hue, pattern int
}

// styles of the policies, by name. The solid ones are those of the default set and such as stand beside it often; no
// name has the pattern dashdot, which is for names that are not here.
var styles = []style{
	{"always-call", green, solid},
	{"bounded-wait", gold, dotted},
	{"break-ignored", vermilion, dashed},
	{"busy-drop", pink, dashed},
	{"dax-only", blue, solid},
	{"defer", pink, solid},
	{"defer-aside", black, dotted},
	{"dma-pin-only", black, dashed},
	{"inode-ref", sky, solid},
	{"layout-lease", gold, solid},
	{"locked-final", gold, dashed},
	{"none", black, solid},
	{"notify-revoke", vermilion, dotted},
	{"nowait-retry", green, dotted},
	{"per-entry", green, dashed},
	{"quarantine", pink, dotted},
	{"refuse", blue, dotted},
	{"striped-ref", sky, dashed},
	{"unconditional", vermilion, solid},
	{"vma-pin", sky, dotted},
	{"writeback", blue, dashed},
}

// LookOf is the look of a policy, the same in every chart and table of every report: a colour, and a dash and a shape
// that tell apart those who share it. A name that is not known has always the same look as well, though not for itself
// alone.
func LookOf(policy string) Look {
	i, ok := slices.BinarySearchFunc(styles, policy, func(s style, name string) int { return strings.Compare(s.policy, name) })
	if ok {
		return Look(i + 1)
	}
	h := fnv.New32a()
	h.Write([]byte(policy))
	return Look(1 + len(styles) + int(h.Sum32()%uint32(len(hues))))
}

// Own says whether the look is that of one policy, and of no other name.
func (l Look) Own() bool { return l > ByPlace && int(l) <= len(styles) }

// place is the look of the i-th series of a chart whose series are no policies.
func place(i int) (h, p int) { return i % len(hues), i / len(hues) % len(patterns) }

// of returns the hue and the pattern of a look.
func (l Look) of() (hue, pattern) {
	if c, ok := causes[l]; ok {
		return c.hue, patterns[solid]
	}
	switch {
	case l == Alarm:
		return alarm, patterns[solid]
	case l < ByPlace || int(l) > len(styles)+len(hues):
		return neutral, patterns[solid]
	case int(l) > len(styles):
		return hues[int(l)-len(styles)-1], patterns[dashdot]
	case l > ByPlace:
		s := styles[l-1]
		return hues[s.hue], patterns[s.pattern]
	}
	return hues[0], patterns[solid]
}

// Var is the CSS variable of the colour, "var(--look-3)", that Styles defines.
func (l Look) Var() string { return "var(--" + l.name() + ")" }

// name is that of the variable, without its dashes.
func (l Look) name() string {
	if c, ok := causes[l]; ok {
		return "look-" + c.name
	}
	switch {
	case l == Alarm:
		return "look-alarm"
	case l < ByPlace || int(l) > len(styles)+len(hues):
		return "look-neutral"
	}
	return fmt.Sprintf("look-%d", int(l))
}

// Styles returns the CSS custom properties of all colours of charts: of each look (--look-3), of places (--place-0),
// and of --chart-ink, --chart-faint, --chart-rule (lines of the grid) and --chart-paper, for which the others are
// made.
func Styles() string {
	var light, dark strings.Builder
	add := func(name string, h hue) {
		fmt.Fprintf(&light, "--%s:%s;", name, hex(h.light))
		fmt.Fprintf(&dark, "--%s:%s;", name, hex(h.dark))
	}
	for _, h := range []struct {
		name string
		hue
	}{{"chart-paper", paper}, {"chart-ink", ink}, {"chart-faint", faint}, {"chart-rule", rule}} {
		add(h.name, h.hue)
	}
	for l := lowest; int(l) <= len(styles)+len(hues); l++ {
		h, _ := l.of()
		add(l.name(), h)
	}
	for i, h := range hues {
		add(fmt.Sprintf("place-%d", i), h)
	}
	return ":root{" + light.String() + "}\n@media screen and (prefers-color-scheme:dark){:root{" + dark.String() + "}}\n"
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// paint is a colour that knows its variable. In a PNG it is that of the light scheme.
type paint struct {
	hue
	name string // of the variable
	fade uint8  // how much of what lies below is seen: 0 nothing
}

// RGBA implements color.Color.
func (p paint) RGBA() (r, g, b, a uint32) {
	return color.NRGBA{p.light.R, p.light.G, p.light.B, 0xff - p.fade}.RGBA()
}

// pale is the same paint, half of which lets others through.
func (p paint) pale() paint {
	const half = 0x80
	p.fade = half
	return p
}

// The paints of a picture itself.
var (
	inkPaint   = paint{hue: ink, name: "chart-ink"}
	faintPaint = paint{hue: faint, name: "chart-faint"}
	rulePaint  = paint{hue: rule, name: "chart-rule"}
	paperPaint = paint{hue: paper, name: "chart-paper"}
)

// diamond is a filled square on its corner.
type diamond struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (diamond) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, at vg.Point) {
	r := sty.Radius * 1.2
	var p vg.Path
	p.Move(vg.Point{X: at.X - r, Y: at.Y})
	p.Line(vg.Point{X: at.X, Y: at.Y + r})
	p.Line(vg.Point{X: at.X + r, Y: at.Y})
	p.Line(vg.Point{X: at.X, Y: at.Y - r})
	p.Close()
	c.SetColor(sty.Color)
	c.Fill(p)
}
