package lockstep

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Protocol is the version of what workers and their master say to each other. It goes up with every change that an older
// side would misread; new fields that may be left out are none.
const Protocol = 1

// maxLine bounds a line of the protocol in bytes. The longest is the answer to Finish with its histogram, of some 10 kB.
const maxLine = 4 << 20

// A Verb says what a worker shall do.
type Verb string

// The verbs, in the order in which a fork uses them.
const (
	Hello   Verb = "hello"   // say who you are
	Open    Verb = "open"    // build the cell
	Fit     Verb = "fit"     // find how many operations a slice of Nanos has
	WarmUp  Verb = "warm-up" // do Ops operations Times times, unmeasured
	Turn    Verb = "turn"    // do a slice of Ops operations
	Finish  Verb = "finish"  // verify the cell and sum it up
	Profile Verb = "profile" // do slices for Nanos under the profilers
)

// Request is one line to a worker.
type Request struct {
	Do       Verb    `json:"do"`
	Protocol int     `json:"protocol,omitempty"` // Hello
	Cell     string  `json:"cell,omitempty"`     // Open: as in the Go benchmark format, without "Benchmark"
	Seed     uint64  `json:"seed,omitempty"`     // Open
	Nanos    int64   `json:"ns,omitempty"`       // Fit, Profile
	Ops      int     `json:"ops,omitempty"`      // per worker of the storm
	Times    int     `json:"times,omitempty"`    // WarmUp
	Planted  float64 `json:"planted,omitempty"`  // Turn: share of further operations
	CPU      string  `json:"cpu,omitempty"`      // Profile: file for the processor profile
	Mutex    string  `json:"mutex,omitempty"`    // Profile: file for the profile of contended mutexes
}

// Reply is one line from a worker. Error is empty if all went well.
type Reply struct {
	Error   string `json:"error,omitempty"`
	Unknown bool   `json:"unknown,omitempty"` // Open: this build does not have the cell

	Hi     *Hi     `json:"hi,omitempty"`
	Cell   *Cell   `json:"cell,omitempty"`
	Ops    int     `json:"ops,omitempty"`
	Turn   *Taken  `json:"turn,omitempty"`
	Finish *Ending `json:"finish,omitempty"`
}

// Hi is who a worker is.
type Hi struct {
	Protocol int    `json:"protocol"`
	Tool     string `json:"tool"`
	Commit   string `json:"commit"`
	Go       string `json:"go"`
	Build    string `json:"build"` // flags of the build that matter for speed
}

// Cell is what a worker has built.
type Cell struct {
	Name    string `json:"name"` // as this build writes it
	Workers int    `json:"workers"`
	Waits   bool   `json:"waits"` // its operations wait for devices, and are timed by the storm itself
}

// Taken is one slice.
type Taken struct {
	Wall     float64            `json:"wall"`            // ns per operation
	CPU      float64            `json:"cpu,omitempty"`   // ns of processor time per operation
	Slept    int64              `json:"slept,omitempty"` // how often the workers gave the processor up by themselves
	Controls map[string]float64 `json:"controls"`        // ns per step

	// Processor is that on which the thread of worker 0 began and ended the slice, from 1; -1 if these are two; 0: not known,
	// as builds from before there was this field do not say it.
	Processor int `json:"processor,omitempty"`
}

// apart says that two slices are known not to have been on processor at, from 1, or, if that is 0, on any one.
func apart(at int, base, head *Taken) bool {
	for _, t := range []*Taken{base, head} {
		switch {
		case t.Processor == 0:
		case t.Processor < 0 || at > 0 && t.Processor != at:
			return true
		default:
			at = t.Processor
		}
	}
	return false
}

// Ending is what a worker found in the end.
type Ending struct {
	Counters map[string]int64 `json:"counters"`
	Latency  string           `json:"latency,omitempty"` // HdrHistogram V2, compressed, base64; ns
	Outcome  string           `json:"outcome"`
	Notes    []string         `json:"notes,omitempty"`
}

// ErrProtocol means that the other side does not speak this protocol: it is no daxbench, or one without it.
var ErrProtocol = errors.New("does not speak the protocol of lock-step workers")

// send writes one value as a line.
func send(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// lines reads values, one a line.
type lines struct{ in *bufio.Reader }

func newLines(r io.Reader) lines { return lines{bufio.NewReaderSize(r, 64<<10)} }

// next reads one line into v. Errors: io.EOF at the end, ErrProtocol for what is no such line.
func (l lines) next(v any) error {
	var line []byte
	for {
		part, err := l.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return fmt.Errorf("%w: a line of more than %d bytes", ErrProtocol, maxLine)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) > 0:
			return fmt.Errorf("%w: a line without an end: %q", ErrProtocol, cut(line))
		case err != nil:
			return err
		}
		if err := json.Unmarshal(line, v); err != nil {
			return fmt.Errorf("%w: %q", ErrProtocol, cut(line))
		}
		return nil
	}
}

// cut shortens what a stranger wrote.
func cut(text []byte) []byte {
	const most = 80
	return text[:min(len(text), most)]
}

// Limits of how long a worker may take, apart from the slices themselves. What takes longer is hung: the slowest machine
// that this was tried on opens a cell in 0.2 s.
const (
	replyLimit = 30 * time.Second
	hangLimit  = 10 * time.Second // of a single wait in the engine
)
