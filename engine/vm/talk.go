package vm

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"sync/atomic"
)

// maxPacked is how large packed results may be, bytes: a recorded run is some hundred kilobytes.
const maxPacked = 1 << 30

// A talk is what a guest has said so far.
type talk struct {
	frames         *frameReader
	stdout, stderr io.Writer

	came   atomic.Bool // hello has come
	hello  hello
	packed bytes.Buffer
	last   *end
}

// listen hears a guest out: until it has said all, or is gone.
func (t *talk) listen() error {
	for t.last == nil {
		f, err := t.frames.read()
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

func (t *talk) take(f frame) error {
	to := t.stdout
	switch f.kind {
	case frameHello:
		if err := json.Unmarshal(f.payload, &t.hello); err != nil {
			return fmt.Errorf("the guest's first words: %w", err)
		}
		t.came.Store(true)
		return nil
	case frameErr:
		to = t.stderr
		fallthrough
	case frameOut:
		if _, err := to.Write(f.payload); err != nil {
			return fmt.Errorf("writing what the guest says: %w", err)
		}
	case framePacked:
		if t.packed.Len()+len(f.payload) > maxPacked {
			return fmt.Errorf("the guest's results are larger than %d MiB", maxPacked>>20)
		}
		t.packed.Write(f.payload)
	case frameEnd:
		var last end
		if err := json.Unmarshal(f.payload, &last); err != nil {
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
	case t.frames.lost > 0 || !t.whole():
		return &TornError{label, t.frames.lost, t.frames.garbage, !t.whole()}
	case t.last.Failed != "":
		return fmt.Errorf("%s: in the guest: %s", label, t.last.Failed)
	}
	return nil
}
