package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"daxbench/reports/unit"
)

// Times of a stream.
const (
	heartbeat   = 15 * time.Second // between comments when nothing happens: proxies and forwarded ports close what is idle
	sendTimeout = 10 * time.Second // for one event, to a browser that does not read
	retryAfter  = 2 * time.Second  // before a browser connects again
)

// serveEvents follows a run that is going, as server-sent events: a "state" with a progress at first and after every change, and
// an "end" when nothing more will come, which closes the stream. It ends as well when the browser goes, or the server.
//
// The file is looked at anew each time: record replaces it as a whole, so that what was open would stay as it is.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request, dir string) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		w.Header().Set("Retry-After", "60")
		http.Error(w, fmt.Sprintf("%d pages follow runs already. Close one of them.", maxStreams), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	out := stream{w: w, control: http.NewResponseController(w)}
	if out.send(fmt.Sprintf("retry: %d\n\n", retryAfter.Milliseconds())) != nil {
		return
	}
	tick := time.NewTicker(s.Poll)
	defer tick.Stop()
	for {
		one := s.look(dir, readHolders())
		if out.state(newProgress(one)) != nil {
			return
		}
		if one.State != running {
			out.send("event: end\ndata: {}\n\n")
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// A stream is what a browser is told.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	last    []byte // what it was told last
	sent    time.Time
}

// state tells a progress, unless nothing has changed since.
func (o *stream) state(p *progress) error {
	text, err := json.Marshal(p)
	switch {
	case err != nil:
		return err
	case !bytes.Equal(text, o.last):
		o.last = text
		return o.send(fmt.Sprintf("event: state\ndata: %s\n\n", text))
	case time.Since(o.sent) >= heartbeat:
		return o.send(": nothing new\n\n")
	}
	return nil
}

func (o *stream) send(text string) error {
	o.sent = time.Now()
	o.control.SetWriteDeadline(o.sent.Add(sendTimeout)) // where there are none, the server has no time-out either
	if _, err := o.w.Write([]byte(text)); err != nil {
		return err
	}
	return o.control.Flush()
}

// progress is how far a run has come.
type progress struct {
	State    state    `json:"state"`
	Meaning  string   `json:"meaning"` // of the state, if it needs words
	Rounds   int      `json:"rounds"`
	Of       int      `json:"of"`
	Changed  string   `json:"changed"` // RFC 3339
	Found    []string `json:"found"`
	Warnings []string `json:"warnings"` // the last ones
	Warned   int      `json:"warned"`   // all of them
}

func newProgress(r *run) *progress {
	p := &progress{State: r.State, Meaning: about[r.State], Found: []string{}, Warnings: []string{}}
	if r.State == damaged {
		p.Meaning = r.Trouble
	}
	if !r.Changed.IsZero() {
		p.Changed = r.Changed.UTC().Format(time.RFC3339Nano)
	}
	if h := r.head; h != nil {
		if r.State == finished && h.Blank > 0 {
			p.Meaning = fmt.Sprintf("It is finished, and undecided in part: %s no figure, by hanging, failing or measuring nothing.", cells(h.Blank))
		}
		p.Rounds, p.Of, p.Warned = h.Rounds, h.Of, h.Warned
		p.Found = append(p.Found, h.Found...)
		p.Warnings = append(p.Warnings, h.Warnings...)
	}
	return p
}

// cells says of so many that they have something.
func cells(n int) string {
	if n == 1 {
		return "1 cell of a round has"
	}
	return unit.Plural(n, "cell") + " of single rounds have"
}
