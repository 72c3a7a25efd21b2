package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

const (
	// startPatience is how long a program may take until it is ready. The
	// slowest needs five seconds on an idle machine of two cores.
	startPatience = 2 * time.Minute
	// stopPatience is how long a program may take to end after SIGTERM. It is
	// above kube-apiserver's own limit for requests in flight, a minute.
	stopPatience = 75 * time.Second

	readyInterval = 50 * time.Millisecond
)

// Program says what to run and how to know that it serves.
type Program struct {
	// Name names the program in errors, and its log: NAME.log.
	Name string
	// Path is the file to execute.
	Path string
	Args []string
	// Env holds KEY=VALUE pairs that are added to this process's environment.
	Env []string
	// Ready returns nil once the program serves; it is asked until it does. A
	// program without it counts as ready once it was started.
	Ready func(context.Context) error
}

// Process is a program that can be started, ended and started again. Its
// methods may be called from several goroutines.
type Process struct {
	program Program
	log     string

	mu      sync.Mutex
	current *execution // nil before the first Start and after an end that was asked for
}

// execution is one life of a process.
type execution struct {
	command *exec.Cmd
	ended   chan struct{}
	err     error // of Wait; to be read once ended is closed
}

func newProcess(program Program, logs string) *Process {
	return &Process{program: program, log: filepath.Join(logs, program.Name+".log")}
}

// Log is the path of the file that holds all the program wrote, over all its lives.
func (p *Process) Log() string { return p.log }

// Start starts the program and waits until it is ready. When it does not get
// there, because it ends, ctx does, or two minutes pass, it is killed and the
// error holds the last lines of its log.
func (p *Process) Start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil && !p.current.over() {
		return fmt.Errorf("%s is running already", p.program.Name)
	}
	ex, err := execute(p.program, p.log)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.program.Name, err)
	}
	if err := ex.awaitReady(ctx, p.program.Ready); err != nil {
		_ = ex.command.Process.Kill()
		<-ex.ended
		return fmt.Errorf("%s did not become ready: %w\n%s", p.program.Name, err, lastLines(p.log))
	}
	p.current = ex
	return nil
}

// Stop ends the program with SIGTERM and waits for it. It is an error if it had
// ended by itself before, answers with an exit status other than 0, or does not
// end in 75 seconds (it is killed then). Stopping what was never started, or
// was ended before by Stop or Kill, does nothing.
func (p *Process) Stop() error {
	return p.end(func(ex *execution) error {
		if err := ex.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		select {
		case <-ex.ended:
		case <-time.After(stopPatience):
			_ = ex.command.Process.Kill()
			<-ex.ended
			return fmt.Errorf("did not end within %s of SIGTERM", stopPatience)
		}
		if ex.err != nil && !endedBy(ex.err, syscall.SIGTERM) {
			return ex.err
		}
		return nil
	})
}

// Kill ends the program with SIGKILL, as a crash of the machine would. It is an
// error if it had ended by itself before.
func (p *Process) Kill() error {
	return p.end(func(ex *execution) error {
		_ = ex.command.Process.Kill()
		<-ex.ended
		return nil
	})
}

// Restart is Stop, then Start.
func (p *Process) Restart(ctx context.Context) error {
	if err := p.Stop(); err != nil {
		return err
	}
	return p.Start(ctx)
}

func (p *Process) end(how func(*execution) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ex := p.current
	if ex == nil {
		return nil
	}
	p.current = nil
	if ex.over() {
		return fmt.Errorf("%s had ended by itself (%w)\n%s", p.program.Name, cause(ex.err), lastLines(p.log))
	}
	if err := how(ex); err != nil {
		return fmt.Errorf("stop %s: %w\n%s", p.program.Name, err, lastLines(p.log))
	}
	return nil
}

func execute(program Program, log string) (*execution, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	ex := &execution{command: exec.Command(program.Path, program.Args...), ended: make(chan struct{})}
	ex.command.Env = append(os.Environ(), program.Env...)
	ex.command.Stdout = out
	ex.command.Stderr = out
	ex.command.SysProcAttr = dieWithParent()

	started := make(chan error, 1)
	go func() {
		// The kernel takes the death of the thread that started a process for
		// the parent's, so that thread stays until the process has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer out.Close()
		err := ex.command.Start()
		started <- err
		if err != nil {
			return
		}
		ex.err = ex.command.Wait()
		close(ex.ended)
	}()
	return ex, <-started
}

func (ex *execution) over() bool {
	select {
	case <-ex.ended:
		return true
	default:
		return false
	}
}

func (ex *execution) awaitReady(ctx context.Context, ready func(context.Context) error) error {
	if ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		notYet := ready(ctx)
		// What answers may be another program at the same address: one that
		// has ended is not ready, whatever answered.
		if ex.over() {
			return fmt.Errorf("it ended (%w)", cause(ex.err))
		}
		if notYet == nil {
			return nil
		}
		select {
		case <-ex.ended:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), notYet)
		case <-time.After(readyInterval):
		}
	}
}

func endedBy(err error, signal syscall.Signal) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == signal
}

// cause gives the end of a process a name when Wait has none for it.
func cause(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}
