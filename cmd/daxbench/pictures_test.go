package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/chart"
	"daxbench/reports/gallery"
	"daxbench/reports/report"
	"daxbench/reports/reportstest"
)

// pictured finds the parts of the docs that show pictures:
//
//	<!-- charts: SOURCE CHART… -->           charts, each with its note below it
//	<!-- gallery: KIND SOURCE CHART… -->     the same, below the name of a kind and the question that it answers
//	<!-- screenshot: RECORD -->              the top of the report of a record, of a run or of scenarios on kernels
//	...
//	<!-- end -->
//
// SOURCE is a record; or two with a comma, of which the second is held against the first; or history:RECORD, which is the
// history of its machine up to it; or synthetic, which is a made-up history. CHART is what daxbench report -list calls one.
//
// go test ./cmd/daxbench -run Pictures -update writes both the text and the pictures. A screenshot takes a browser, and is
// not compared: a browser's pixels are its own.
var pictured = regexp.MustCompile(`(?s)(<!-- (charts|gallery|screenshot): ([^\n]+) -->\n)(.*?)(<!-- end -->)`)

// imageDir is where the pictures of all docs are, and nothing else is.
const imageDir = "reports/images"

// docWidth is that of a chart in the docs, in pixels: hardly more than a page of a repository shows without making it smaller,
// and enough for the longest names of rows to stand beside them.
const docWidth = 1160

// mostImages is how much all pictures take together, in bytes: everybody who clones the repository pays for it.
const mostImages = 1 << 20

// against is the policy that histories in the docs are ratios to.
const against = "dax-only"

// studio holds docs to their pictures, or makes them.
type studio struct {
	root      string
	update    bool
	synthetic func() (dir string) // makes records of a history that never was
	pages     map[string]*report.Page
	sources   map[string]string // what each picture that is shown is of, by its file
	kinds     []string          // that a gallery shows, in its order
	problems  []string
}

func (s *studio) problem(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

// hold looks at all parts of the docs, and at what else lies among the pictures.
func (s *studio) hold(docs []string) error {
	s.pages, s.sources = make(map[string]*report.Page), make(map[string]string)
	for _, doc := range docs {
		if err := s.doc(doc); err != nil {
			return fmt.Errorf("%s: %w", doc, err)
		}
	}
	if len(s.sources) == 0 {
		return errors.New("no doc shows a picture: nothing is looked at")
	}
	files, err := os.ReadDir(filepath.Join(s.root, imageDir))
	if err != nil {
		return err
	}
	var size int64
	for _, f := range files {
		if s.sources[f.Name()] == "" {
			s.problem("%s/%s is in no doc: remove it", imageDir, f.Name())
		}
		info, err := f.Info()
		if err != nil {
			return err
		}
		size += info.Size()
	}
	if size > mostImages {
		s.problem("%s takes %d bytes, more than %d", imageDir, size, mostImages)
	}
	return nil
}

// doc holds the parts of one text to what they are of.
func (s *studio) doc(doc string) error {
	name := filepath.Join(s.root, doc)
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var failed []error
	want := pictured.ReplaceAllFunc(text, func(block []byte) []byte {
		m := pictured.FindSubmatch(block)
		body, err := s.part(doc, string(m[2]), strings.Fields(string(m[3])))
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", bytes.TrimSpace(m[1]), err))
			return block
		}
		return slices.Concat(m[1], []byte(body), m[5])
	})
	switch {
	case len(failed) > 0 || bytes.Equal(text, want):
	case s.update:
		return os.WriteFile(name, want, 0o644)
	default:
		s.problem("%s does not say what its charts do", doc)
	}
	return errors.Join(failed...)
}

// part is the text of one part. Its pictures are held to what they show.
func (s *studio) part(doc, what string, words []string) (string, error) {
	heading, of := "", ""
	switch what {
	case "screenshot":
		return s.screenshot(doc, words[0])
	case "gallery":
		kind, ok := gallery.Lookup(words[0])
		if !ok {
			return "", fmt.Errorf("there is no kind %q", words[0])
		}
		s.kinds = append(s.kinds, kind.Name)
		heading, of, words = fmt.Sprintf("### %s: %s\n\n", kind.Name, kind.About), kind.Name, words[1:]
	}
	if len(words) < 2 {
		return "", errors.New("want a source and at least one chart")
	}
	text, err := s.charts(doc, of, words[0], words[1:])
	return "\n" + heading + text, err
}

// charts shows those of a source that have these IDs, all of one kind if it is not empty.
func (s *studio) charts(doc, kind, source string, ids []string) (string, error) {
	p, err := s.page(source)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	all := p.Charts()
	for _, id := range ids {
		i := slices.IndexFunc(all, func(c *chart.Chart) bool { return c.ID == id })
		switch {
		case i < 0:
			return "", fmt.Errorf("%s has no chart %q", source, id)
		case kind != "" && p.Kind(all[i]) != kind:
			return "", fmt.Errorf("%s is no chart of the kind %s", id, kind)
		}
		file, err := s.picture(source, all[i])
		if err != nil {
			return "", err
		}
		alt, note := "Chart: "+seen(all[i]), all[i].Note
		if strings.ContainsAny(alt+note, "<>[]*`\\\n") {
			return "", fmt.Errorf("%s: %q has characters that Markdown obeys", id, alt+note)
		}
		fmt.Fprintf(&b, "![%s](%s)\n\n*%s*\n\n", alt, linked(doc, file), note)
	}
	return b.String(), nil
}

// linked is the address of a picture in a doc.
func linked(doc, file string) string {
	address, err := filepath.Rel(filepath.Dir(doc), filepath.Join(imageDir, file))
	if err != nil {
		panic(err)
	}
	return filepath.ToSlash(address)
}

// seen says what one sees in a chart: its title, its axes, and what is drawn.
func seen(c *chart.Chart) string {
	says := c.Title + "."
	across, up := cmp.Or(c.X.Title, "date"), c.Y.Title
	if c.X.Scale == chart.Log {
		across += ", logarithmic"
	}
	switch {
	case up != "" && c.Y.Scale == chart.Rows:
		across += "; rows: " + up
	case up != "":
		across += "; upwards: " + up
	}
	says += " Across: " + across + "."
	var names []string
	for _, one := range c.Series {
		names = append(names, one.Name)
	}
	if len(names) > 0 {
		says += " Drawn: " + strings.Join(names, ", ") + "."
	}
	return says
}

// picture holds the file of a chart to what the chart looks like. The note stands below the picture, not in it. Two charts
// of one name may not be of two sources.
func (s *studio) picture(source string, c *chart.Chart) (file string, err error) {
	file = c.ID + ".png"
	if before, _, several := strings.Cut(source, ":"); several || source == "synthetic" {
		file = before + "-" + file
	}
	if of := s.sources[file]; of != "" {
		if of != source {
			return "", fmt.Errorf("%s is also of %s", file, of)
		}
		return file, nil
	}
	s.sources[file] = source
	bare := *c
	bare.Note = ""
	var drawn bytes.Buffer
	if err := chart.Draw(&drawn, bare.Size(docWidth), &bare); err != nil {
		return "", err
	}
	name := filepath.Join(s.root, imageDir, file)
	old, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	why := different(old, drawn.Bytes())
	switch {
	case why == "":
	case s.update:
		return file, errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, drawn.Bytes(), 0o644))
	default:
		s.problem("%s: %s", file, why)
	}
	return file, nil
}

// TestPictures holds the charts in the docs, their notes, and the gallery to what the charts of the records are; with -update
// it makes them.
func TestPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("short: reads three records and draws their charts")
	}
	s := studio{root: filepath.Join("..", ".."), update: *update, synthetic: func() string {
		dir := t.TempDir()
		synthetic(t, dir, 12, 1.2, 99)
		return dir
	}}
	if err := s.hold(docs); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, k := range gallery.All {
		kinds = append(kinds, k.Name)
	}
	if !slices.Equal(s.kinds, kinds) {
		t.Errorf("reports/README.md shows charts of the kinds %q, want %q: add <!-- gallery: KIND RECORD CHART --> and <!-- end -->", s.kinds, kinds)
	}
	for _, p := range s.problems {
		t.Errorf("%s; go test ./cmd/daxbench -run Pictures -update", p)
	}
}

// TestPicturesFind breaks docs in each way that matters.
func TestPicturesFind(t *testing.T) {
	root := t.TempDir()
	if err := reportstest.Example().Write(filepath.Join(root, "run")); err != nil {
		t.Fatal(err)
	}
	const marker = "<!-- charts: run ratios-near -->\n"
	doc, picture := filepath.Join(root, "README.md"), filepath.Join(root, imageDir, "ratios-near.png")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	hold := func(update bool) string {
		s := studio{root: root, update: update}
		err := s.hold([]string{"README.md"})
		return strings.Join(append(s.problems, fmt.Sprint(err)), "\n")
	}
	write(doc, "Before.\n\n"+marker+"<!-- end -->\n\nAfter.\n")
	hold(true)
	whole, drawn := read(doc), read(picture)
	if got := hold(false); got != "<nil>" || !strings.Contains(whole, "](reports/images/ratios-near.png)\n\n*Medians") || !strings.HasSuffix(whole, "\nAfter.\n") {
		t.Fatalf("what was made is not accepted: %s\n%s", got, whole)
	}
	other := filepath.Join(root, imageDir, "other.png")
	for _, c := range []struct {
		name, says string
		spoil      func()
	}{
		{"a note is edited", "README.md does not say", func() { write(doc, strings.Replace(whole, "*Medians", "*Means", 1)) }},
		{"a pixel is changed", "1 pixels differ, the first at (3,5)", func() { write(picture, spotted(t, drawn)) }},
		{"a picture is cut", "ratios-near.png: png: invalid format", func() { write(picture, drawn[:len(drawn)/2]) }},
		{"a picture is missing", "ratios-near.png: the picture is missing", func() { os.Remove(picture) }},
		{"a picture is in no doc", "other.png is in no doc", func() { write(other, drawn) }},
		{"pictures are heavy", "bytes, more than", func() { write(picture, drawn+strings.Repeat("x", mostImages)) }},
		{"no marker", "nothing is looked at", func() { write(doc, "Nothing.\n") }},
		{"no such chart", "no chart \"ratios-nearer\"", func() { write(doc, strings.Replace(whole, "run ratios-near", "run ratios-nearer", 1)) }},
		{"no such record", "there is no such folder", func() { write(doc, strings.Replace(whole, "charts: run", "charts: walk", 1)) }},
		{"no such kind", "no kind \"chart\"", func() { write(doc, strings.Replace(whole, "charts: run", "gallery: chart run", 1)) }},
		{"another kind", "ratios-near is no chart of the kind heat", func() { write(doc, strings.Replace(whole, "charts: run", "gallery: heat run", 1)) }},
	} {
		c.spoil()
		if got := hold(false); !strings.Contains(got, c.says) {
			t.Errorf("%s: %s; want %q", c.name, got, c.says)
		}
		os.Remove(other)
		write(doc, whole)
		write(picture, drawn)
	}
}

// TestScreenshots wants below a picture of a report what it is of, and none that is missing.
func TestScreenshots(t *testing.T) {
	root := t.TempDir()
	err := errors.Join(reportstest.Example().Write(filepath.Join(root, "run")), reportstest.Kernels().Write(filepath.Join(root, "kernels", "day", "6.12")),
		reportstest.Kernels().Write(filepath.Join(root, "kernels", "day", "6.1")), os.MkdirAll(filepath.Join(root, imageDir), 0o777))
	if err != nil {
		t.Fatal(err)
	}
	for record, want := range map[string][2]string{
		"run":         {"report.png", "then a table of what each policy breaks](reports/images/report.png)\n\n*The top of the report of run, seed "},
		"kernels/day": {"report-kernels.png", "of each scenario on each kernel](reports/images/report-kernels.png)\n\n*The top of the report of kernels/day, with 6.1 and 6.12.*"},
	} {
		s := studio{root: root, sources: make(map[string]string)}
		text, err := s.screenshot("README.md", record)
		if err != nil || !strings.Contains(text, want[1]) {
			t.Errorf("%s: %v\n%s", record, err, text)
		}
		if len(s.problems) != 1 || !strings.HasPrefix(s.problems[0], want[0]+": ") {
			t.Errorf("%s: %q, where there is no picture", record, s.problems)
		}
	}
}

// spotted is a PNG with another pixel at (3,5).
func spotted(t *testing.T, file string) string {
	t.Helper()
	old, err := png.Decode(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewRGBA(old.Bounds())
	draw.Draw(img, img.Bounds(), old, image.Point{}, draw.Src)
	img.Set(3, 5, color.Black)
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
