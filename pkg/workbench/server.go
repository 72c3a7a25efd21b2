package workbench

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/manifest"
)

// page is what the browser loads, made of the sources in web by `make page`.
//
//go:embed page
var page embed.FS

// maxRequest is the size of what the page may send.
const maxRequest = 16 << 20

// Options are what a workbench is started with.
type Options struct {
	Version string
	// Manifest and Configuration are what the page begins with. Without a manifest
	// it is the first sample.
	Manifest      Sample
	Configuration Configuration
	Settings      Settings
	// Workloads are kinds besides the built-in ones, as manifest.ParseKind reads.
	Workloads []string
	// TestFolder is where tests are saved. Empty: the page downloads them.
	TestFolder string
	// Host is the name that it listens on, if it is told one.
	Host string
}

// Workbench serves the page and its API.
type Workbench struct {
	options Options
	kinds   []manifest.Kind
	engines engines
	index   []byte
}

// New makes the handler of a workbench.
func New(o Options) (http.Handler, error) {
	b := &Workbench{options: o}
	for _, w := range o.Workloads {
		kind, err := manifest.ParseKind(w)
		if err != nil {
			return nil, err
		}
		b.kinds = append(b.kinds, kind)
	}
	files, err := fs.Sub(page, "page")
	if err != nil {
		return nil, err
	}
	if b.index, err = fs.ReadFile(files, "index.html"); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", b.serveIndex)
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /api/start", func(w http.ResponseWriter, _ *http.Request) { answer(w, b.start()) })
	mux.HandleFunc("POST /api/inject", call(func(r InjectRequest) (any, error) { return b.inject(r).answer, r.Settings.check() }))
	mux.HandleFunc("POST /api/compare", call(func(r CompareRequest) (any, error) { return b.compare(r), r.Settings.check() }))
	mux.HandleFunc("POST /api/configuration", call(func(r OpenRequest) (any, error) { return open(r) }))
	mux.HandleFunc("POST /api/test", call(b.saveTest))
	return b.guard(mux), nil
}

// serveIndex serves the page with a nonce for the styles that the editor writes.
func (b *Workbench) serveIndex(w http.ResponseWriter, _ *http.Request) {
	nonce := newNonce()
	w.Header().Set("Content-Security-Policy", contentSecurityPolicy(nonce))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(bytes.ReplaceAll(b.index, []byte("NONCE"), []byte(nonce)))
}

func (b *Workbench) start() Start {
	s := Start{
		Version: b.options.Version, Manifest: b.options.Manifest, Configuration: b.options.Configuration,
		Settings: b.options.Settings, Samples: samples(), TestFolder: b.options.TestFolder,
	}
	if s.Manifest.Text == "" {
		s.Manifest = s.Samples[0]
	}
	for _, name := range profiles.Names() {
		if sources, err := profiles.Get(name); err == nil {
			s.Profiles = append(s.Profiles, NewConfiguration("profile "+name, sources))
		}
	}
	return s
}

// check says what in settings nobody could mean.
func (s Settings) check() error {
	if s.As != AsCommand && s.As != AsWebhook {
		return badRequest{fmt.Errorf("as: %q is neither %s nor %s", s.As, AsCommand, AsWebhook)}
	}
	if s.Platform != "" && s.Platform != openShift {
		return badRequest{fmt.Errorf("platform: %q is neither empty nor %s", s.Platform, openShift)}
	}
	return nil
}

// saveTest writes a case, or has it downloaded.
func (b *Workbench) saveTest(r TestRequest) (any, error) {
	if err := errors.Join(checkCaseName(r.Name), r.Settings.check()); err != nil {
		return nil, badRequest{err}
	}
	files, err := b.testCase(r.InjectRequest)
	if err != nil {
		return nil, err
	}
	if b.options.TestFolder == "" {
		text, err := zipCase(r.Name, files)
		return download{r.Name + ".zip", text}, err
	}
	if err := saveCase(b.options.TestFolder, r.Name, files); err != nil {
		return nil, err
	}
	saved := SavedTest{Folder: filepath.Join(b.options.TestFolder, r.Name)}
	for _, f := range files {
		saved.Files = append(saved.Files, f.name)
	}
	return saved, nil
}

// badRequest is an error of what was asked.
type badRequest struct{ error }

func (e badRequest) Unwrap() error { return e.error }

// download is a file for the browser to save.
type download struct {
	name string
	text []byte
}

// call makes a handler of a function from request to answer.
func call[Request any](do func(Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var request Request
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&request); err != nil {
			refuse(w, http.StatusBadRequest, err)
			return
		}
		result, err := do(request)
		switch {
		case errors.As(err, new(badRequest)):
			refuse(w, http.StatusBadRequest, err)
		case errors.Is(err, errTaken):
			refuse(w, http.StatusConflict, err)
		case err != nil:
			refuse(w, http.StatusUnprocessableEntity, err)
		default:
			answer(w, result)
		}
	}
}

func answer(w http.ResponseWriter, result any) {
	if file, ok := result.(download); ok {
		w.Header().Set("Content-Type", "application/zip")
		w.Header().Set("Content-Disposition", "attachment; filename="+file.name)
		_, _ = w.Write(file.text)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(result)
}

func refuse(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}
