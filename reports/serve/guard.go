package serve

import (
	"net"
	"net/http"
	"strconv"
	"strings"
)

// guard says why a request is not answered: status and reason, or 0.
//
// A page from elsewhere cannot read what this server says, as the browser keeps it from doing so, unless its own name points to
// 127.0.0.1 (DNS rebinding): then the Host header has that name. A link or a form from elsewhere could at least make the
// server work; browsers say where such a request comes from.
func guard(r *http.Request) (status int, reason string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return http.StatusMethodNotAllowed, "Nothing can be changed here: there are GET and HEAD."
	}
	if !ownHost(r) {
		return http.StatusMisdirectedRequest, "This server answers to localhost and to its loopback address only. Open the address that daxbench serve printed."
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default: // same-site is another port of this machine
		return http.StatusForbidden, "Another site asked for this. Open the address itself: copy it into the address bar."
	}
	for _, origin := range r.Header.Values("Origin") {
		if !strings.EqualFold(origin, "http://"+r.Host) {
			return http.StatusForbidden, "Another site asked for this."
		}
	}
	return 0, ""
}

// ownHost says whether the Host header names this server: a loopback name or the address that was connected to, with its port.
func ownHost(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok || !local.IP.IsLoopback() {
		return false
	}
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil { // no port
		host, port = strings.TrimSuffix(strings.TrimPrefix(r.Host, "["), "]"), "80"
	}
	if port != strconv.Itoa(local.Port) {
		return false
	}
	switch strings.ToLower(host) {
	case "localhost", "127.0.0.1", "::1", local.IP.String():
		return true
	}
	return false
}

// Policies of Content-Security-Policy: nothing from anywhere else, no frames, no forms. A report carries its style and script
// with it, and allows none but those by a policy of its own that has their sums; both policies hold.
const (
	closed       = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	ownPolicy    = closed + "; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'"
	reportPolicy = closed + "; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self' data:"
	rawPolicy    = closed + "; sandbox"
)

// harden sets the headers that every answer has. Nothing is kept by the browser: a folder changes under its pages.
func harden(h http.Header) {
	h.Set("Content-Security-Policy", ownPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}
