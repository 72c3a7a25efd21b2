package workbench

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// guard lets through only what comes from the page itself. A page of somebody
// else, open in the same browser, can send requests to this machine: by its
// address, which the browser says (CrossOriginProtection looks), or by a name of
// its own that it has point here, which the Host header gives away.
func (b *Workbench) guard(next http.Handler) http.Handler {
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !b.knows(r.Host) {
			http.Error(w, "this is not a name of the workbench", http.StatusMisdirectedRequest)
			return
		}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}

// knows says whether a Host header is one of the workbench's own: an address, which
// nobody can have point elsewhere, localhost, or the name that it was told to
// listen on.
func (b *Workbench) knows(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if name == "localhost" || b.options.Host != "" && name == strings.ToLower(b.options.Host) {
		return true
	}
	_, err := netip.ParseAddr(name)
	return err == nil
}

// contentSecurityPolicy lets the page load and ask nothing but what comes with the
// workbench. The editor writes its styles into an element, which the nonce allows.
func contentSecurityPolicy(nonce string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self' 'nonce-" + nonce + "'",
		"img-src 'self'",
		"connect-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

func newNonce() string { return rand.Text() }
