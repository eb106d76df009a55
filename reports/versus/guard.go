package versus

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// maxLine is how long a line must be to be refused: benchfmt ends a file silently short at one of this length.
const maxLine = bufio.MaxScanTokenSize

// guard reads a benchmark file line by line before benchfmt does, and looks for what benchfmt would pass over: lines that
// are too long, a last line that was cut off, zero bytes, and lines that say that a benchmark failed. With force, such a
// line is blanked instead, so that the numbers of the lines after it stay what they are.
//
// Its memory is a fixed buffer, whatever the length of a line.
type guard struct {
	r       io.Reader
	path    string
	force   bool
	buf     []byte // buf[start:ready] was looked at, buf[ready:end] was not
	start   int
	ready   int
	end     int
	line    int // lines that were looked at
	skip    bool
	err     error // what to return when buf[start:ready] is used up
	dropped []Warning
}

func newGuard(r io.Reader, path string, force bool) *guard {
	return &guard{r: r, path: path, force: force, buf: make([]byte, 4*maxLine)}
}

// Read hands on whole lines that were looked at.
func (g *guard) Read(p []byte) (int, error) {
	for g.start == g.ready {
		if g.err != nil {
			return 0, g.err
		}
		g.fill()
	}
	n := copy(p, g.buf[g.start:g.ready])
	g.start += n
	return n, nil
}

// fill reads more and looks at the lines that are complete. All that was looked at before has been handed on.
func (g *guard) fill() {
	g.end = copy(g.buf, g.buf[g.ready:g.end])
	g.start, g.ready = 0, 0
	n, err := g.r.Read(g.buf[g.end:])
	fresh := g.end
	g.end += n
	if err != nil && err != io.EOF {
		g.err = &InputError{g.path, g.line + 1, err.Error(), err}
		return
	}
	if g.line == 0 && g.end >= len(byteOrderMark) {
		g.end = copy(g.buf, bytes.TrimPrefix(g.buf[:g.end], byteOrderMark))
		fresh = 0
	}
	zeros := bytes.IndexByte(g.buf[fresh:g.end], 0) >= 0
	for g.ready < g.end && g.err == nil {
		i := bytes.IndexByte(g.buf[g.ready:g.end], '\n')
		if i < 0 {
			break
		}
		if !g.look(g.buf[g.ready:g.ready+i], zeros) { // all but its newline goes
			copy(g.buf[g.ready:], g.buf[g.ready+i:g.end])
			g.end -= i
			i = 0
		}
		if g.err == nil {
			g.ready += i + 1
		}
	}
	if g.err != nil {
		return
	}
	if rest := g.buf[g.ready:g.end]; len(rest) >= maxLine || g.skip && len(rest) > 0 {
		g.tooLong(rest)
	}
	if err == io.EOF && g.err == nil {
		g.last(g.buf[g.ready:g.end])
	}
}

// look looks at a line without its newline. It is not to be kept if it is longer than benchfmt can read, or the end of one
// that is.
func (g *guard) look(line []byte, zeros bool) (keep bool) {
	g.line++
	switch {
	case g.skip:
		g.skip = false
		return false
	case len(line) >= maxLine:
		g.refuse(nil, fmt.Sprintf("a line of %d bytes; at most %d can be read", len(line), maxLine-1))
		return false
	case g.line == 1 && (bytes.HasPrefix(line, wide) || bytes.HasPrefix(line, wideSwapped)):
		g.refuse(line, "the text is UTF-16; a benchmark file is ASCII or UTF-8")
	case zeros && bytes.IndexByte(line, 0) >= 0:
		g.refuse(line, "a zero byte; the file was damaged, perhaps by a full disk or a crash")
	case len(line) > 0:
		if what := failure(line); what != "" {
			g.refuse(line, what)
		}
	}
	return true
}

// tooLong deals with the beginning of a line that does not fit: what is there of it is thrown away.
func (g *guard) tooLong(rest []byte) {
	if !g.skip {
		g.line++
		g.refuse(nil, fmt.Sprintf("a line of more than %d bytes", maxLine-1))
		g.line--
	}
	g.skip = true
	g.end = g.ready
}

// last deals with what stands behind the last newline. Only what is, or may have been the beginning of, a result matters.
func (g *guard) last(rest []byte) {
	g.err = io.EOF
	if len(rest) == 0 {
		return
	}
	g.look(rest, true)
	if g.err == io.EOF && (bytes.HasPrefix(rest, benchmark) || bytes.HasPrefix(benchmark, rest)) {
		g.refuse(rest, "the last line was cut off while it was written: it has no newline")
	}
	g.ready = g.end
}

// refuse ends the file here, or blanks the line.
func (g *guard) refuse(line []byte, why string) {
	if !g.force {
		g.err = &InputError{g.path, g.line, why, nil}
		return
	}
	blank(line)
	g.drop(g.line, why)
}

// maxDropped is how many lines that were left out are named.
const maxDropped = 8

// drop notes what was left out.
func (g *guard) drop(line int, why string) {
	if len(g.dropped) <= maxDropped {
		text := fmt.Sprintf("%s:%d: left out: %s", g.path, line, why)
		if len(g.dropped) == maxDropped {
			text = g.path + ": further lines were left out"
		}
		g.dropped = append(g.dropped, Warning{Damage, text})
	}
}

// blank makes a line one that benchfmt ignores.
func blank(line []byte) {
	for i := range line {
		line[i] = ' '
	}
}

var (
	benchmark     = []byte("Benchmark")
	byteOrderMark = []byte("\xef\xbb\xbf")
	wide          = []byte("\xff\xfe") // byte order marks of UTF-16
	wideSwapped   = []byte("\xfe\xff")
)

// failures are what go test and the Go runtime write at the beginning of a line when something went wrong.
var failures = []struct {
	prefix []byte
	whole  bool // nothing or a tab or space follows
	what   string
}{
	{[]byte("--- FAIL"), false, "the file says that a benchmark failed"},
	{[]byte("FAIL"), true, "the file says that a package failed"},
	{[]byte("panic:"), false, "the file holds a panic"},
	{[]byte("fatal error:"), false, "the file holds a fatal error of the Go runtime"},
	{[]byte("*** Test killed"), false, "the file says that the test was killed"},
}

// failure says what went wrong according to a line, or nothing.
func failure(line []byte) string {
	switch line[0] {
	case '-', 'F', 'p', 'f', '*':
	default:
		return ""
	}
	for _, f := range failures {
		rest, ok := bytes.CutPrefix(line, f.prefix)
		if ok && (!f.whole || len(bytes.TrimSpace(rest)) == 0 || rest[0] == '\t' || rest[0] == ' ') {
			return f.what
		}
	}
	return ""
}
