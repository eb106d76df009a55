package vm

import (
	"bytes"
	"encoding/json"
	"errors"
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
	packed bytes.Buffer // the parcel that is coming
	out    string       // folder that parcels are unpacked into
	left   bool         // one was
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
	case line.Sealed:
		var seal line.Seal
		if err := json.Unmarshal(f.Payload, &seal); err != nil {
			return fmt.Errorf("the guest's results: %w", err)
		}
		if t.whole(seal) { // else the next one may be
			return t.unpack()
		}
		t.packed.Reset()
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
		what = "the last results did not come over whole, and were left out"
	}
	return fmt.Sprintf("%s: %s: %d frames lost, %d bytes of garbage", e.Kernel, what, e.Frames, e.Garbage)
}

// whole reports whether the parcel came over as it was sent.
func (t *talk) whole(seal line.Seal) bool { return line.SealOf(t.packed.Bytes()) == seal }

// unpack puts the parcel where results belong.
func (t *talk) unpack() error {
	n, err := unpack(bytes.NewReader(t.packed.Bytes()), t.out)
	t.left = t.left || n > 0
	t.packed.Reset()
	return err
}

// judge takes the last parcel, and says what the guest could not do, and what did not come over.
func (t *talk) judge(label string) (err error) {
	whole := t.whole(t.last.Seal)
	if whole {
		err = t.unpack()
	}
	switch {
	case t.frames.Lost > 0 || !whole:
		err = errors.Join(err, &TornError{label, t.frames.Lost, t.frames.Garbage, !whole})
	case t.last.Failed != "":
		err = errors.Join(err, fmt.Errorf("%s: in the guest: %s", label, t.last.Failed))
	}
	return err
}
