package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"daxbench/reports/render"
)

// Limits of a connection. Headers of browsers on one machine come at once and take less than 2 KB; a report of a million lines
// may take 20 s to make.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 2 * time.Minute
	idleTimeout   = time.Minute
	stopTimeout   = 3 * time.Second // for answers that are being given when the server is told to stop
	maxHeader     = 16 << 10        // bytes
)

// Limits of what is done and kept.
const (
	maxStreams    = 32       // pages that follow a run
	maxRemembered = 2000     // runs whose run.json is not read again
	maxPages      = 64 << 20 // bytes of reports that are not made again
)

// DefaultPoll is how often a run that is going is looked at: a round takes seconds.
const DefaultPoll = time.Second

// Options of a Server.
type Options struct {
	// Report makes the report of a run, which is called name: a whole page of HTML, which names by itself the scripts that it has
	// (Content-Security-Policy in a meta element). An error says why there is none.
	Report func(ctx context.Context, in Folder, name string) ([]byte, error)
	// Verdict says in a sentence what a run found; empty if nothing. An error means that its files are damaged.
	Verdict func(ctx context.Context, in Folder) (string, error)
	Poll    time.Duration     // how often a run that is going is looked at; 0: DefaultPoll
	Warn    func(text string) // takes what goes wrong on the way to a browser; may be nil
}

// Folder is that of a run, for those who read it by themselves: FS is how it is read, and Dir how it is called.
type Folder struct {
	FS  fs.FS
	Dir string
}

// A Server shows one folder.
type Server struct {
	Options
	tree    *tree
	streams chan struct{} // one for each that is open
	index   chan struct{} // one who reads the index at a time
	builder chan struct{} // one who makes a report at a time: each may take all the memory that there is

	reading sync.Mutex // one who reads a run.json at a time
	heads   *cache[known]
	said    *cache[said]
	pages   *cache[[]byte]
}

// New returns a server for a folder. The error is that of opening the folder. Close gives it free.
func New(dir string, o Options) (*Server, error) {
	t, err := openTree(dir)
	if err != nil {
		return nil, err
	}
	if o.Poll <= 0 {
		o.Poll = DefaultPoll
	}
	return &Server{
		Options: o, tree: t,
		streams: make(chan struct{}, maxStreams), index: make(chan struct{}, 1), builder: make(chan struct{}, 1),
		heads: newCache[known](maxRemembered), said: newCache[said](maxRemembered), pages: newCache[[]byte](maxPages),
	}, nil
}

// Close closes the folder.
func (s *Server) Close() error { return s.tree.root.Close() }

// Serve answers on a listener until ctx ends, which ends all streams, lets other answers come to their end, and returns nil. Any
// other end is an error.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	hs := &http.Server{
		Handler: s, BaseContext: func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: log.New(warnings{s}, "", 0),
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		if hs.Shutdown(patience) != nil {
			hs.Close()
		}
	})
	if err := hs.Serve(ln); stop() { // nobody asked for it
		return errors.Join(err, hs.Close())
	}
	<-stopped
	return nil
}

// warnings takes the log of net/http, where parts of requests stand.
type warnings struct{ s *Server }

// maxWarning is how many columns of a warning are shown; those of net/http have a stack in them if a handler panicked.
const maxWarning = 4000

func (w warnings) Write(text []byte) (int, error) {
	if w.s.Warn != nil {
		w.s.Warn(render.Clean(strings.TrimSpace(strings.ReplaceAll(string(text), "\n", " | ")), maxWarning))
	}
	return len(text), nil
}

// ErrListen means that an address is none of this machine alone.
var ErrListen = errors.New("is no loopback address: reports are shown on this machine only; to see them elsewhere, forward the port (ssh -L), or copy a report, which is one file")

// Listen listens on a loopback address: 127.0.0.1:8080, localhost:0, [::1]:0; port 0 is any that is free. Errors: ErrListen, and
// those of the network.
func Listen(address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1" // whatever the name may point to
	}
	ip := net.ParseIP(host)
	if ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%q %w", address, ErrListen)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return nil, fmt.Errorf("%w: %q", ErrAddress, address)
	}
	return net.Listen("tcp", net.JoinHostPort(host, port))
}

// ErrAddress means that an address cannot be understood.
var ErrAddress = errors.New("no address such as 127.0.0.1:8080")

// folderOf is the folder of a run.
func (s *Server) folderOf(rel string) Folder { return Folder{sub{s.tree, rel}, s.folderPath(rel)} }

// folderPath is the path of the folder of a run, as it is called in a report.
func (s *Server) folderPath(rel string) string {
	return filepath.Join(s.tree.dir, filepath.FromSlash(rel))
}

// openTree opens the folder that is shown.
func openTree(dir string) (*tree, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &tree{root: root, dir: dir}, nil
}
