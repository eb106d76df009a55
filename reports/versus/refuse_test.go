package versus_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"daxbench/reports/versus"
)

// TestRefuses holds what is wrong with a file against where it is said to be, and that with Force the rest is compared.
func TestRefuses(t *testing.T) {
	good := "goos: linux\n" + lines("X", "ns/op", 1, 2, 3, 4)
	for _, c := range []struct {
		name, text string
		line       int
		why        string
		left       int // values of X with Force; −1: refused all the same
	}{
		{"empty", "", 0, "holds no benchmark result", -1},
		{"no results", "goos: linux\nPASS\n", 0, "holds no benchmark result", -1},
		{"NaN", good + lines("X", "ns/op") + "BenchmarkX 1 NaN ns/op\n", 6, "NaN ns/op is no measurement", 4},
		{"infinite", good + "BenchmarkX 1 +Inf ns/op\n", 6, "+Inf ns/op is no measurement", 4},
		{"negative", good + "BenchmarkX 1 -5 ns/op\n", 6, "-5 ns/op is no measurement", 4},
		{"negative, second unit", good + "BenchmarkX 1 5 ns/op -1 B/op\n", 6, "-1 B/op is no measurement", 4},
		{"too large", good + "BenchmarkX 1 1e999 ns/op\n", 6, "out of range", 4},
		{"garbage", good + "BenchmarkX 1 abc ns/op\n", 6, "parsing measurement", 4},
		{"no unit", good + "BenchmarkX 1 5\n", 6, "missing units", 4},
		{"a message on the line", good + "BenchmarkX-8   connecting to server\n", 6, "parsing iteration count", 4},
		{"twice the same unit", good + "BenchmarkX 1 5 ns/op 6 ns/op\n", 6, "two values for sec/op", -1},
		{"panic", good + "panic: runtime error\n\ngoroutine 1 [running]:\n", 6, "the file holds a panic", 4},
		{"fatal error", "fatal error: all goroutines are asleep\n" + good, 1, "fatal error", 4},
		{"failed", good + "--- FAIL: BenchmarkY\n", 6, "a benchmark failed", 4},
		{"failed package", good + "FAIL\texample.org/x\t0.1s\n", 6, "a package failed", 4},
		{"FAIL alone", good + "FAIL\n", 6, "a package failed", 4},
		{"torn", good + "BenchmarkX 1 5 ns/o", 6, "cut off", 4},
		{"torn early", good + "Bench", 6, "cut off", 4},
		{"torn panic", good + "panic: x", 6, "panic", 4},
		{"zero byte", good + "Benchmark\x00X 1 5 ns/op\n", 6, "zero byte", 4},
		{"zero bytes at the end", good + "\x00\x00\x00", 6, "zero byte", 4},
		{"long line", good + strings.Repeat("x", 70000) + "\n" + lines("X", "ns/op", 5), 6, "70000 bytes", 5},
		{"long benchmark", good + "Benchmark" + strings.Repeat("x", 1<<20) + " 1 5 ns/op\n", 6, "more than 65535 bytes", 4},
		{"longer than the buffer", good + strings.Repeat("x", 3<<20) + "\n" + lines("X", "ns/op", 5), 6, "more than 65535 bytes", 5},
		{"the longest of all", good + strings.Repeat("x", 65535) + "\n", 0, "", 4},
		{"two directions", "Unit foo better=lower\nUnit foo better=higher\n" + good, 2, "already set to lower", 4},
		{"harmless ends", good + "PASS\nok  \texample.org/x\t0.1s", 0, "", 4},
		{"harmless words", good + "FAILURES none\npanicked? no\nfatal: no\n", 0, "", 4},
		{"CRLF", strings.ReplaceAll(good, "\n", "\r\n"), 0, "", 4},
		{"byte order mark", "\ufeff" + lines("X", "ns/op", 1, 2, 3, 4), 0, "", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := file(t, "f.txt", c.text)
			_, err := versus.Compare(versus.Defaults(), []string{path})
			var input *versus.InputError
			switch {
			case c.why == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.why != "" && (!errors.As(err, &input) || input.Path != path || input.Line != c.line || !strings.Contains(input.Why, c.why)):
				t.Errorf("%v, want line %d: %s", err, c.line, c.why)
			}
			o := versus.Defaults()
			o.Force = true
			rep, err := versus.Compare(o, []string{path})
			switch {
			case c.left < 0:
				if !errors.As(err, &input) {
					t.Errorf("with force: %v", err)
				}
			case err != nil:
				t.Errorf("with force: %v", err)
			default:
				if n := cell(t, rep, "sec/op", "X").N; n != c.left {
					t.Errorf("with force %d values, want %d", n, c.left)
				}
				if c.why != "" && !strings.Contains(texts(rep.Inputs[0].Warnings), c.why) {
					t.Errorf("with force nothing is said: %q", texts(rep.Inputs[0].Warnings))
				}
			}
		})
	}
}

func TestRefusesInputs(t *testing.T) {
	dir := t.TempDir()
	good := file(t, "good", lines("X", "ns/op", 1, 2))
	if err := os.WriteFile(filepath.Join(dir, "run.json"), []byte(`{"schema": 1`), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "results.txt"), []byte(lines("X", "ns/op", 1, 2)), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, want string }{
		{"missing", filepath.Join(dir, "nowhere"), "no such file"},
		{"a folder without a run", t.TempDir(), "not a result folder"},
		{"a folder with half a manifest", dir, "ends too early"},
	} {
		_, err := versus.Compare(versus.Defaults(), []string{good, c.path})
		var input *versus.InputError
		if !errors.As(err, &input) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	o := versus.Defaults()
	o.Filter = "/policy:nonesuch"
	if _, err := versus.Compare(o, []string{good}); err == nil || !strings.Contains(err.Error(), "-filter /policy:nonesuch: no result passes") {
		t.Errorf("a filter that nothing passes: %v", err)
	}
	a, b := file(t, "a", "Unit foo better=lower\n"+lines("X", "foo", 1)), file(t, "b", "Unit foo better=higher\n"+lines("X", "foo", 1))
	if _, err := versus.Compare(versus.Defaults(), []string{a, b}); err == nil || !strings.Contains(err.Error(), b+":1: unit foo has better=higher, but better=lower in "+a+":1") {
		t.Errorf("two files of two minds: %v", err)
	}
}

// TestPieces holds that it does not matter in what pieces a file arrives.
func TestPieces(t *testing.T) {
	text := "\ufeff" + lines("X", "ns/op", 1, 2) + strings.Repeat("y", 66000) + "\n" + lines("X", "ns/op", 3) + "FAIL\n" + lines("X", "ns/op", 4) + "Benchm"
	var want string
	for name, reader := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "halves": iotest.HalfReader, "with the end": iotest.DataErrReader,
	} {
		o := versus.Defaults()
		o.Force, o.Stdin = true, reader(strings.NewReader(text))
		rep := compare(t, o, "-")
		got := fmt.Sprint(cell(t, rep, "sec/op", "X").N, texts(rep.Inputs[0].Warnings))
		// The length of a line is known only if it came in one piece.
		got = strings.ReplaceAll(got, "a line of 66000 bytes; at most 65535 can be read", "a line of more than 65535 bytes")
		if want == "" {
			want = got
		}
		if got != want || !strings.HasPrefix(got, "4") || strings.Count(got, "left out") != 3 {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	o := versus.Defaults()
	o.Stdin = iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(text)))
	var input *versus.InputError
	if _, err := versus.Compare(o, []string{"-"}); !errors.As(err, &input) || !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("a reader that fails: %v", err)
	}
}

// endless is a line without an end.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	for i := range p[:n] {
		p[i] = 'x'
	}
	e.left -= n
	return n, nil
}

// TestLongLineTakesNoMemory reads a line of 100 MB, which must be neither kept nor waited for.
func TestLongLineTakesNoMemory(t *testing.T) {
	for _, force := range []bool{false, true} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		o := versus.Defaults()
		o.Force, o.Stdin = force, io.MultiReader(strings.NewReader(lines("X", "ns/op", 1)), &endless{100 << 20}, strings.NewReader("\n"+lines("X", "ns/op", 2)))
		rep, err := versus.Compare(o, []string{"-"})
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
			t.Errorf("force %v: %d bytes", force, used)
		}
		if force && (err != nil || cell(t, rep, "sec/op", "X").N != 2) || !force && (err == nil || !strings.Contains(err.Error(), ":2: a line of more than")) {
			t.Errorf("force %v: %v", force, err)
		}
	}
}
