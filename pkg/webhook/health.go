package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Check is one thing that has to hold before calls are welcome.
type Check struct {
	// Name is a word, shown by /readyz?verbose.
	Name string
	// Holds returns nil when the server may be called as far as this check goes.
	Holds func() error
	// Note is what people should know although the check holds. May be nil.
	Note func() string
}

// serveHealth answers in the manner of Kubernetes' components: "ok", or with
// ?verbose, or when something fails, a line for every check.
func serveHealth(name string, checks []Check) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET is answered here", http.StatusMethodNotAllowed)
			return
		}
		var lines strings.Builder
		failed := false
		for _, check := range checks {
			if err := check.Holds(); err != nil {
				failed = true
				fmt.Fprintf(&lines, "[-]%s failed: %v\n", check.Name, err)
				continue
			}
			fmt.Fprintf(&lines, "[+]%s ok", check.Name)
			if check.Note != nil {
				if note := check.Note(); note != "" {
					fmt.Fprintf(&lines, ": %s", note)
				}
			}
			lines.WriteByte('\n')
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		_, verbose := r.URL.Query()["verbose"]
		switch {
		case failed:
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintf(w, "%s%s check failed\n", lines.String(), name)
		case verbose:
			fmt.Fprintf(w, "%s%s check passed\n", lines.String(), name)
		default:
			fmt.Fprint(w, "ok")
		}
	}
}

// configurationCheck holds while there is an engine, even if the newest version
// of its configuration is not the one in force: going out of service for that
// would turn a typing error into an outage.
func configurationCheck(c *Current) Check {
	return Check{
		Name: "configuration",
		Holds: func() error {
			if c.Engine() != nil {
				return nil
			}
			if fault := c.Fault(); fault != nil {
				return fault
			}
			return errors.New("none has been read yet")
		},
		Note: func() string {
			if fault := c.Fault(); fault != nil {
				return fmt.Sprintf("version %s is in force, the newest is invalid: %v", c.Version(), fault)
			}
			return "version " + c.Version()
		},
	}
}

// certificateCheck holds while there is a certificate that clients can accept.
func certificateCheck(certificate GetCertificate) Check {
	return Check{
		Name: "certificate",
		Holds: func() error {
			served, err := certificate(&tls.ClientHelloInfo{})
			if err != nil {
				return err
			}
			if served == nil || len(served.Certificate) == 0 {
				return errors.New("there is none to serve with")
			}
			leaf := served.Leaf
			if leaf == nil {
				if leaf, err = x509.ParseCertificate(served.Certificate[0]); err != nil {
					return err
				}
			}
			switch now := time.Now(); {
			case now.After(leaf.NotAfter):
				return fmt.Errorf("it expired at %s", leaf.NotAfter.UTC().Format(time.RFC3339))
			case now.Before(leaf.NotBefore):
				return fmt.Errorf("it is not valid before %s: is the clock right?", leaf.NotBefore.UTC().Format(time.RFC3339))
			}
			return nil
		},
	}
}
