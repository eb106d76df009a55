package render

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"daxbench/reports/versus"
)

// benchstatCases are the commands of benchstat's own tests and of its manual.
var benchstatCases = []string{
	"old.txt new.txt",
	"-row .name new.txt",
	"crc-old.txt crc-new.txt",
	"-ignore note crc-old.txt crc-new.txt",
	"-filter /align:0 -row /size -col /poly crc-new.txt",
	"-col note units.txt",
	"-col note zero.txt",
	"-col note smallSample.txt",
	"-col note issue19565.txt",
	"-col note issue19634.txt",
	"-filter /format:json|goos:linux|.unit:(ns/op|OR|B/op) old.txt new.txt", // | is a space
	"-col /format new.txt",
	"-col /format -row .name new.txt",
	"-table .config -row .fullname -col .file old.txt new.txt",
	"-col /format@(gob|json) new.txt",
	"-row .fullname@alpha O=old.txt N=new.txt",
	"-alpha 0.6 old.txt new.txt",
	"-confidence 0.5 old.txt new.txt",
	"old.txt old.txt new.txt",
}

// benchstatDir finds benchstat and the files of its tests.
func benchstatDir(t *testing.T) (program, dir string) {
	t.Helper()
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/perf").Output()
	if err != nil {
		t.Skipf("the module of benchstat is not to be found: %v", err)
	}
	dir = filepath.Join(strings.TrimSpace(string(module)), "cmd", "benchstat", "testdata")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("benchstat's test files are not there: %v", err)
	}
	path, err := exec.Command("go", "tool", "-n", "benchstat").Output()
	if err != nil {
		t.Skipf("benchstat cannot be built: %v", err)
	}
	return strings.TrimSpace(string(path)), dir
}

// options turns the flags of benchstat into ours.
func options(t *testing.T, command string) (o versus.Options, args []string) {
	t.Helper()
	o = versus.Defaults()
	words := strings.Fields(command)
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "|", " ")
	}
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for len(words) > 0 && words[0][0] == '-' {
		switch v := words[1]; words[0] {
		case "-row":
			o.Row = v
		case "-col":
			o.Col = v
		case "-table":
			o.Table = v
		case "-ignore":
			o.Ignore = v
		case "-filter":
			o.Filter = v
		case "-alpha":
			o.Alpha = number(v)
		case "-confidence":
			o.Confidence = number(v)
		default:
			t.Fatalf("no flag %s", words[0])
		}
		words = words[2:]
	}
	return o, words
}

// TestBenchstat holds our numbers against those of benchstat, cell by cell, on its own test files.
func TestBenchstat(t *testing.T) {
	program, dir := benchstatDir(t)
	t.Chdir(dir)
	for _, command := range benchstatCases {
		t.Run(command, func(t *testing.T) {
			var args []string
			for _, w := range strings.Fields(command) {
				args = append(args, strings.ReplaceAll(w, "|", " "))
			}
			out, err := exec.Command(program, append([]string{"-format", "csv"}, args...)...).Output()
			if err != nil {
				t.Fatal(err)
			}
			o, files := options(t, command)
			rep, err := versus.Compare(o, files)
			if err != nil {
				t.Fatal(err)
			}
			var ours bytes.Buffer
			if err := VersusCSV(&ours, rep, VersusOptions{}); err != nil {
				t.Fatal(err)
			}
			want, got := benchstatCells(t, out), ourCells(t, ours.Bytes())
			if len(want) < 2 || len(got) != len(want) {
				t.Errorf("%d cells, benchstat has %d", len(got), len(want))
			}
			for at, w := range want {
				g, ok := got[at]
				if !ok {
					t.Errorf("%s: missing", at)
					continue
				}
				if d := w.differs(g); d != "" {
					t.Errorf("%s: %s: %+v, benchstat %+v", at, d, g, w)
				}
			}
		})
	}
}

// statCell is what the two programs have in common of a cell, as benchstat writes it.
type statCell struct {
	centre, span, delta, p string
}

// differs says what of two cells is not the same. Geomeans are summed in another order.
func (a statCell) differs(b statCell) string {
	x, errX := strconv.ParseFloat(a.centre, 64)
	y, errY := strconv.ParseFloat(b.centre, 64)
	within := 0.0
	if a.span == "" {
		within = 1e-12 * math.Abs(x)
	}
	switch {
	case (errX == nil) != (errY == nil) || errX == nil && math.Abs(x-y) > within:
		return "centre"
	case a.span != b.span:
		return "range"
	case a.delta != b.delta:
		return "delta"
	case a.p != b.p:
		return "p"
	}
	return ""
}

// place names a cell.
func place(config map[string]string, unit, row, column string) string {
	var words []string
	for k, v := range config {
		if v != "" {
			words = append(words, k+"="+v)
		}
	}
	slices.Sort(words)
	return fmt.Sprint(words, unit, "|", row, "|", column)
}

// rows reads CSV whose lines differ in length.
func rows(t *testing.T, data []byte) [][]string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	out, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// benchstatCells reads benchstat's CSV: configuration lines, then per table a head and one line per benchmark.
func benchstatCells(t *testing.T, data []byte) map[string]statCell {
	cells := make(map[string]statCell)
	config := make(map[string]string)
	var columns []string
	unit, head := "", false
	at := func(row []string, i int) string {
		if i < len(row) {
			return row[i]
		}
		return ""
	}
	start := func(col int) int { return 1 + max(0, 4*col-2) }
	for _, row := range rows(t, data) {
		switch {
		case len(row) == 1:
			k, v, _ := strings.Cut(row[0], ": ")
			config[strings.TrimSuffix(k, ":")] = v
		case row[0] == "" && at(row, 2) == "CI":
			unit, head = row[1], false
		case row[0] == "":
			if !head {
				columns = make([]string, (len(row)+3)/4)
			}
			head = true
			for col := range columns {
				columns[col] = strings.TrimSpace(columns[col] + " " + at(row, start(col)))
			}
		default:
			for col, name := range columns {
				i := start(col)
				f := statCell{centre: at(row, i), span: at(row, i+1)}
				if col > 0 {
					f.delta, f.p = at(row, i+2), at(row, i+3)
				}
				if f != (statCell{}) {
					cells[place(config, unit, row[0], name)] = f
				}
			}
		}
	}
	return cells
}

// ourCells reads our CSV.
func ourCells(t *testing.T, data []byte) map[string]statCell {
	cells := make(map[string]statCell)
	all := rows(t, data)
	for _, row := range all[1:] {
		get := func(name string) string { return row[slices.Index(all[0], name)] }
		config := make(map[string]string)
		for w := range strings.SplitSeq(get("config"), "; ") {
			k, v, _ := strings.Cut(w, "=")
			config[k] = v
		}
		f := statCell{centre: get("centre"), span: get("range"), delta: get("vs base")}
		if f.delta == "no ratio" {
			f.delta = "?"
		}
		if get("name") == geomeanName {
			if f.delta = "?"; get("ratio") != "" {
				r, _ := strconv.ParseFloat(get("ratio"), 64)
				f.delta = fmt.Sprintf("%+.2f%%", (r-1)*100)
			}
			if get("n") == "" { // of the first column
				f.delta = ""
			}
		} else if p, err := strconv.ParseFloat(get("p"), 64); err == nil {
			if p != 0 {
				f.p = fmt.Sprintf("p=%.3f ", p)
			}
			f.p += "n=" + get("n base")
			if get("n base") != get("n") {
				f.p += "+" + get("n")
			}
		}
		if f != (statCell{}) {
			cells[place(config, get("unit"), get("name"), get("column"))] = f
		}
	}
	return cells
}
