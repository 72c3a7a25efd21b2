package command

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// fileOutput writes beside the file and then takes its place, so that nobody
// sees a part, and a failure leaves what was there.
type fileOutput struct {
	*bufio.Writer // documents come in many small pieces
	file          *os.File
	target        string
	// ended guards what becomes of the file: it takes its place, or goes.
	ended sync.Once
	// over is closed once it has ended.
	over chan struct{}
}

func newFileOutput(target string, mode fs.FileMode) (*fileOutput, error) {
	// The signals are caught before there is anything that one could leave behind.
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) { // as by nohup
			signal.Notify(signals, s)
		}
	}
	for i := 0; ; i++ {
		// os.CreateTemp would make a file that only its owner can read.
		name := fmt.Sprintf("%s.%d-%d.tmp", target, os.Getpid(), i)
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			signal.Stop(signals)
			if path, ok := errors.AsType[*fs.PathError](err); ok {
				path.Path = target // the name that was asked for
			}
			return nil, err
		}
		f := &fileOutput{Writer: bufio.NewWriterSize(file, pieceSize), file: file, target: target, over: make(chan struct{})}
		go f.goWithSignal(signals)
		return f, nil
	}
}

// goWithSignal takes the file away when the process is told to end, and ends it.
func (f *fileOutput) goWithSignal(signals chan os.Signal) {
	defer signal.Stop(signals)
	select {
	case s := <-signals:
		f.discard()
		number, _ := s.(syscall.Signal)
		os.Exit(128 + int(number)) // what a shell calls the end by a signal
	case <-f.over:
	}
}

func (f *fileOutput) commit() error {
	err := errors.New("the process was told to end")
	f.ended.Do(func() {
		defer close(f.over)
		if err = errors.Join(f.Flush(), f.file.Sync(), f.file.Close()); err == nil {
			err = os.Rename(f.file.Name(), f.target)
		}
		if err != nil {
			_ = os.Remove(f.file.Name())
		}
	})
	return err
}

func (f *fileOutput) discard() {
	f.ended.Do(func() {
		defer close(f.over)
		_ = f.file.Close()
		_ = os.Remove(f.file.Name())
	})
}
