package vm

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"sync/atomic"

	"daxbench/engine/vm/line"
)

// maxPacked is how large packed results may be, bytes: a recorded run is some hundred kilobytes.
const maxPacked = 1 << 30

// A talk is what a guest has said so far.
type talk struct {
	frames         *line.Reader
	stdout, stderr io.Writer

	came   atomic.Bool // hello has come
	hello  line.Hello
	packed bytes.Buffer
	last   *line.End
}

// listen hears a guest out: until it has said all, or is gone.
func (t *talk) listen() error {
	for t.last == nil {
		f, err := t.frames.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := t.take(f); err != nil {
			return err
		}
	}
	return nil
}

func (t *talk) take(f line.Frame) error {
	to := t.stdout
	switch f.Kind {
	case line.First:
		if err := json.Unmarshal(f.Payload, &t.hello); err != nil {
			return fmt.Errorf("the guest's first words: %w", err)
		}
		t.came.Store(true)
		return nil
	case line.Err:
		to = t.stderr
		fallthrough
	case line.Out:
		if _, err := to.Write(f.Payload); err != nil {
			return fmt.Errorf("writing what the guest says: %w", err)
		}
	case line.Packed:
		if t.packed.Len()+len(f.Payload) > maxPacked {
			return fmt.Errorf("the guest's results are larger than %d MiB", maxPacked>>20)
		}
		t.packed.Write(f.Payload)
	case line.Last:
		var last line.End
		if err := json.Unmarshal(f.Payload, &last); err != nil {
			return fmt.Errorf("the guest's last words: %w", err)
		}
		t.last = &last
	}
	return nil
}

// A TornError says that not all came over that the guest sent.
type TornError struct {
	Kernel  string // its label
	Frames  int    // that are missing
	Garbage int    // bytes that are none
	Results bool   // those are not whole, and were left out
}

func (e *TornError) Error() string {
	what := "output of the guest is missing"
	if e.Results {
		what = "the results did not come over whole, and were left out"
	}
	return fmt.Sprintf("%s: %s: %d frames lost, %d bytes of garbage", e.Kernel, what, e.Frames, e.Garbage)
}

// whole reports whether the results came over as they were sent.
func (t *talk) whole() bool {
	sum := sha256.Sum256(t.packed.Bytes())
	return t.packed.Len() == t.last.Packed && hex.EncodeToString(sum[:]) == t.last.Sum
}

// judge says what the guest could not do, and what did not come over.
func (t *talk) judge(label string) error {
	switch {
	case t.frames.Lost > 0 || !t.whole():
		return &TornError{label, t.frames.Lost, t.frames.Garbage, !t.whole()}
	case t.last.Failed != "":
		return fmt.Errorf("%s: in the guest: %s", label, t.last.Failed)
	}
	return nil
}
