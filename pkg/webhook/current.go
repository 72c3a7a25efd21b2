package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Engine decides about one pod. An *inject.Injector is one. It is called from
// many goroutines at once. Request.Pod is only lent: its bytes are overwritten
// once the answer is written, so neither the engine nor anything it keeps may
// refer to them after that.
type Engine interface {
	Inject(inject.Request) (inject.Result, error)
}

// Compile makes an engine of a configuration.
type Compile func(*configuration.Texts) (Engine, error)

// Current is the configuration in force. A source hands it each version that it
// sees; one that does not compile leaves the last good one in force.
type Current struct {
	compile Compile
	log     *slog.Logger
	metrics *Metrics

	mu    sync.Mutex // one version at a time
	tried *configuration.Texts

	serving atomic.Pointer[serving]
	fault   atomic.Pointer[error]
}

type serving struct {
	engine  Engine
	version string
}

func newCurrent(compile Compile, log *slog.Logger, metrics *Metrics) *Current {
	return &Current{compile: compile, log: log, metrics: metrics}
}

// Engine is the one to ask now, nil until a configuration has compiled.
func (c *Current) Engine() Engine {
	if s := c.serving.Load(); s != nil {
		return s.engine
	}
	return nil
}

// Version names the contents of the configuration in force: the start of their
// hash. Empty until one has compiled.
func (c *Current) Version() string {
	if s := c.serving.Load(); s != nil {
		return s.version
	}
	return ""
}

// Fault is what is wrong with the newest version that a source saw, nil where
// that is the one in force.
func (c *Current) Fault() error {
	if err := c.fault.Load(); err != nil {
		return *err
	}
	return nil
}

// Apply puts a version into force if it compiles, and says why not otherwise. A
// version with the contents of the last one is not tried again.
func (c *Current) Apply(t *configuration.Texts) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tried != nil && c.tried.Equal(t) {
		return c.Fault()
	}
	c.tried = t

	version := sourcesVersion(t.Sources)
	engine, err := c.compileSafely(t)
	if err != nil {
		err = fmt.Errorf("configuration %s: %w", version, tree.Abridged(err))
		c.fail(err)
		return err
	}
	c.serving.Store(&serving{engine: engine, version: version})
	c.fault.Store(nil)
	c.metrics.configValid.Set(1)
	about := []any{"version", version}
	if known, ok := engine.(interface{ Format() string }); ok {
		about = append(about, "format", known.Format())
	}
	c.log.Info("configuration in force", about...)
	return nil
}

// Fail says that there is a version which could not even be read.
func (c *Current) Fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// What was tried before may come back as it was, and is then good again.
	c.tried = nil
	if last := c.Fault(); last != nil && last.Error() == err.Error() {
		return
	}
	c.fail(err)
}

func (c *Current) fail(err error) {
	c.fault.Store(&err)
	c.metrics.configValid.Set(0)
	if version := c.Version(); version != "" {
		c.log.Error("configuration is invalid, the last good one stays in force", "error", err, "version", version)
	} else {
		c.log.Error("configuration is invalid, and there is none to serve with", "error", err)
	}
}

// compileSafely makes a fault of the compiler one of the configuration: a server
// that works with the last good one goes on working.
func (c *Current) compileSafely(t *configuration.Texts) (engine Engine, err error) {
	defer func() {
		if p := recover(); p != nil {
			c.metrics.panics.Inc()
			c.log.Error("panic while compiling a configuration", "panic", panicText(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("compiling it panicked: %s", panicText(p))
		}
	}()
	return c.compile(t)
}

func sourcesVersion(s inject.Sources) string {
	h := sha256.New()
	for _, document := range [][]byte{s.Config, s.Values, s.Mesh} {
		// Each by its own hash, lest bytes that move from one to the next go unseen.
		sum := sha256.Sum256(document)
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// panicText is the value of a panic, short enough to hold no object.
func panicText(p any) string {
	return bounded(fmt.Sprint(p), maxDetail)
}
