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
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"daxbench/baselines"
	"daxbench/reports/folder"
	"daxbench/reports/report"
	"daxbench/reports/unit"
)

// different says where two PNGs differ, as pixels: their bytes depend on the Go version. On processors that fuse operations
// on floats a line may run half a pixel elsewhere, and only sizes are compared.
func different(old, made []byte) string {
	b, err := png.Decode(bytes.NewReader(made))
	if err != nil {
		return err.Error()
	}
	a, err := png.Decode(bytes.NewReader(old))
	switch {
	case len(old) == 0:
		return "the picture is missing"
	case err != nil:
		return err.Error()
	case a.Bounds() != b.Bounds():
		return fmt.Sprintf("it is %v, want %v", a.Bounds().Max, b.Bounds().Max)
	case runtime.GOARCH != "amd64":
		return ""
	}
	n, first := 0, image.Point{}
	for y := range b.Bounds().Dy() {
		for x := range b.Bounds().Dx() {
			r, g, bl, _ := a.At(x, y).RGBA()
			r2, g2, bl2, _ := b.At(x, y).RGBA()
			if r != r2 || g != g2 || bl != bl2 {
				if n == 0 {
					first = image.Pt(x, y)
				}
				n++
			}
		}
	}
	if n > 0 {
		return fmt.Sprintf("%d pixels differ, the first at %v", n, first)
	}
	return ""
}

// page is the report of a source.
func (s *studio) page(source string) (*report.Page, error) {
	if p := s.pages[source]; p != nil {
		return p, nil
	}
	var p *report.Page
	var err error
	record, history := strings.CutPrefix(source, "history:")
	switch {
	case source == "synthetic":
		if p, err = s.history(filepath.Join(s.synthetic(), "*", "*-*-*"), ""); err != nil {
			return nil, err
		}
		for _, c := range p.Charts() {
			c.Title = "Made up: " + c.Title
		}
	case history:
		p, err = s.history(filepath.Join(s.root, record), against)
	default:
		var dirs []string
		for dir := range strings.SplitSeq(source, ",") {
			dirs = append(dirs, filepath.Join(s.root, dir))
		}
		p, _, err = new(reportFlags).page(dirs)
	}
	s.pages[source] = p
	return p, err
}

// history is the page of the records beside one, up to that one. The name of the record may be a pattern, of which the last
// one counts.
func (s *studio) history(record, against string) (*report.Page, error) {
	found, err := filepath.Glob(record)
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("there is no record %s: %w", record, cmp.Or(err, fs.ErrNotExist))
	}
	last := filepath.ToSlash(found[len(found)-1])
	machine := path.Base(path.Dir(last))
	store, err := baselines.Open(path.Dir(path.Dir(last)))
	if err != nil {
		return nil, err
	}
	defer store.Close()
	entries, err := store.Entries(machine)
	if err != nil {
		return nil, err
	}
	var until time.Time
	for _, e := range entries {
		if err := e.Err(); err != nil {
			return nil, err
		}
		if e.Name == path.Base(last) {
			until = e.When()
		}
	}
	if until.IsZero() {
		return nil, fmt.Errorf("there is no record %s", last)
	}
	entries = slices.DeleteFunc(entries, func(e *baselines.Entry) bool { return e.When().After(until) })
	f := history{against: against, alpha: 0.01}
	list, err := baselines.History(entries, baselines.Query{Against: against, Alpha: f.alpha})
	if err != nil {
		return nil, err
	}
	var past report.History
	for _, g := range grouped(list) {
		past.List = append(past.List, f.past(machine, g))
	}
	p := report.OfHistory(&past)
	for _, section := range p.Groups {
		for _, c := range section.Charts {
			c.Title = section.Title
		}
	}
	return p, nil
}

// screenshot is the top of the report of a record: of a run with what litmus says of its policies, as daxbench run leaves it, or
// of scenarios on kernels. The picture is made anew where there is a browser, and everybody else keeps what is there.
func (s *studio) screenshot(doc, record string) (string, error) {
	see, err := s.seeable(record)
	if err != nil {
		return "", err
	}
	file := see.file
	s.sources[file] = record
	name := filepath.Join(s.root, imageDir, file)
	browser, missing := exec.LookPath("chromium")
	if s.update && missing == nil {
		if err := shoot(browser, filepath.Join(s.root, record), name, see.window); err != nil {
			return "", err
		}
	}
	if f, err := os.Open(name); err != nil {
		s.problem("%s: %v", file, err)
	} else {
		defer f.Close()
		if _, err := png.DecodeConfig(f); err != nil {
			s.problem("%s: %v", file, err)
		}
	}
	return fmt.Sprintf("\n![The top of a report: the verdict in sentences, then %s](%s)\n\n*The top of the report of %s.*\n\n",
		see.says, linked(doc, file), see.whose), nil
}

// A view is the top of a report as a picture shows it.
type view struct {
	file   string
	window string // width and height, in pixels
	says   string // what is seen
	whose  string // report it is
}

// seeable is what to show of a record.
func (s *studio) seeable(record string) (view, error) {
	dir := filepath.Join(s.root, record)
	if below := kernelFoldersIn(dir); len(below) > 0 {
		return view{"report-kernels.png", "1000,1960", "a table of what became of each scenario on each kernel", fmt.Sprintf("%s, with %s", record, unit.List(below))}, nil
	}
	run, err := folder.Read(dir)
	if err != nil {
		return view{}, err
	}
	return view{"report.png", "1280,1720", "a table of what each policy breaks", fmt.Sprintf("%s, seed %d", path.Base(record), run.Manifest.Seed)}, nil
}

// shoot makes the report of a copy of a record and takes a picture of its top.
func shoot(browser, record, name, window string) error {
	dir, err := os.MkdirTemp("", "daxbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	run := filepath.Join(dir, filepath.Base(record))
	if err := os.CopyFS(run, os.DirFS(record)); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(run, "SHA256SUMS")); err != nil && !errors.Is(err, fs.ErrNotExist) { // or it is a record, to which nothing may be added
		return err
	}
	name, err = filepath.Abs(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil { // which a browser does not, and says nothing
		return err
	}
	page := filepath.Join(dir, "report.html")
	for _, args := range [][]string{
		{"daxbench", "report", run, "-o", page},
		{browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync", "--user-data-dir=" + filepath.Join(dir, "profile"),
			"--window-size=" + window, "--screenshot=" + name, "file://" + page},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", args[0], err, out)
		}
	}
	return fewerColours(name)
}

// fewerColours leaves of a screenshot 256 colours, those that it has most of, and the nearest of these in place of the others,
// which are those of letters' edges: less than half the bytes.
func fewerColours(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	count := make(map[color.RGBA]int)
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			count[color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)]++
		}
	}
	byCount := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	var few color.Palette
	near := make(map[[3]uint8]bool) // one of each hue, however rare: links are few
	for _, c := range byCount {
		if k := [3]uint8{c.R >> 5, c.G >> 5, c.B >> 5}; !near[k] {
			near[k], few = true, append(few, c)
		}
	}
	for _, c := range byCount {
		if len(few) < 256 && !slices.Contains(few, color.Color(c)) {
			few = append(few, c)
		}
	}
	few = few[:min(len(few), 256)]
	out := image.NewPaletted(b, few)
	draw.Draw(out, b, img, b.Min, draw.Src)
	var w bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&w, out); err != nil {
		return err
	}
	return os.WriteFile(name, w.Bytes(), 0o666)
}
