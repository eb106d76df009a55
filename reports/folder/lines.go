package folder

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// lineReader hands on a file's lines, whole ones only: a last line without a newline was cut off, and "61.2" may be the
// start of "61.25" or of "612". It refuses lines that benchfmt cannot hold, before it ends the file there with "token too
// long", and lines that say that a benchmark failed, which it skips.
type lineReader struct {
	path   string
	from   *bufio.Reader
	rest   []byte // of the line that is being handed on; valid until the next one is read
	n      int    // lines
	offset int    // bytes of them
	torn   int    // bytes of the last line that were left out
	err    error  // what was refused; nil at the end of the file
}

func newLineReader(path string, from io.Reader) *lineReader {
	return &lineReader{path: path, from: bufio.NewReaderSize(from, bufio.MaxScanTokenSize)}
}

// Read implements io.Reader.
func (r *lineReader) Read(to []byte) (n int, err error) {
	if len(r.rest) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n = copy(to, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// next reads a line and looks at it. The error is io.EOF at the end, or that which it leaves in r.err.
func (r *lineReader) next() error {
	line, err := r.from.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF):
		r.torn = len(line)
		return io.EOF
	case errors.Is(err, bufio.ErrBufferFull):
		r.err = fmt.Errorf("%s:%d: byte %d: a line of more than %d bytes, which are the most that can be read", r.path, r.n+1, r.offset, bufio.MaxScanTokenSize-1)
	case err != nil:
		r.err = err
	default:
		r.err = r.check(line)
	}
	if r.err != nil {
		return r.err
	}
	r.n++
	r.offset += len(line)
	r.rest = line
	return nil
}

func (r *lineReader) check(line []byte) error {
	if i := bytes.IndexByte(line, 0); i >= 0 {
		return fmt.Errorf("%s:%d: byte %d: a zero byte; the file was damaged, perhaps by a full disk or a crash", r.path, r.n+1, r.offset+i)
	}
	if bytes.HasPrefix(line, []byte("--- FAIL")) || bytes.HasPrefix(line, []byte("FAIL")) {
		return fmt.Errorf("%s:%d: byte %d: the file says that a benchmark failed", r.path, r.n+1, r.offset)
	}
	return nil
}
