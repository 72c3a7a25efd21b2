package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// disturbance is what happens to the server every second, in every other stretch of the
// calls, so that those beside it are held against others of the same minute.
type disturbance struct {
	rewrite, vary, rotate string

	configuration []byte     // of the file that is rewritten
	authority     *authority // the one in use
}

// stretches are how many there are.
const stretches = 20

func stretch(call, total int) int { return call * stretches / total }

func disturbed(call, total int) bool { return stretch(call, total)%2 == 1 }

// prepare has the caller trust the server.
func (d *disturbance) prepare(c *caller, ca string) error {
	if d.rewrite != "" {
		var err error
		if d.configuration, err = os.ReadFile(d.rewrite); err != nil {
			return err
		}
		if !bytes.Contains(d.configuration, []byte(d.vary)) {
			return fmt.Errorf("%s: %q is not in it", d.rewrite, d.vary)
		}
	}
	if d.rotate != "" {
		ca = filepath.Join(d.rotate, "ca.crt")
		if err := d.rotateOnce(c); err != nil {
			return err
		}
		fmt.Printf("waiting a second for the server to read %s\n", d.rotate)
		time.Sleep(time.Second)
	}
	bundle, err := os.ReadFile(ca)
	if err != nil {
		return err
	}
	return c.trust(bundle)
}

// everySecond disturbs the server while it is time to. What it returns ends that, and
// says how often it happened.
func (d *disturbance) everySecond(c *caller, now func() bool) (end func() (times int, err error)) {
	over, ended := make(chan struct{}), make(chan struct{})
	var times int
	var failed error
	go func() {
		defer close(ended)
		for again := time.NewTicker(time.Second); failed == nil; {
			select {
			case <-over:
				if d.rewrite != "" {
					failed = writeAtOnce(d.rewrite, d.configuration)
				}
				return
			case <-again.C:
			}
			if (d.rewrite == "" && d.rotate == "") || !now() {
				continue
			}
			times++
			if d.rewrite != "" {
				failed = writeAtOnce(d.rewrite, d.version(times))
			}
			if d.rotate != "" && failed == nil {
				failed = d.rotateOnce(c)
			}
		}
	}()
	return func() (int, error) {
		close(over)
		<-ended
		return times, failed
	}
}

// version is the configuration, with what makes it another one.
func (d *disturbance) version(n int) []byte {
	if d.vary == "" {
		return fmt.Appendf(bytes.Clone(d.configuration), "\n# %d\n", n)
	}
	return bytes.ReplaceAll(d.configuration, []byte(d.vary), fmt.Appendf(nil, "%s-%d", d.vary, n))
}

// rotateOnce gives the server a certificate of another authority, once the caller
// trusts that beside the one before.
func (d *disturbance) rotateOnce(c *caller) error {
	before := d.authority
	var err error
	if d.authority, err = newAuthority(); err != nil {
		return err
	}
	bundle := d.authority.pem
	if before != nil {
		bundle = append(bytes.Clone(before.pem), bundle...)
	}
	if err := c.trust(bundle); err != nil {
		return err
	}
	certificate, key, err := d.authority.leaf()
	if err != nil {
		return err
	}
	return d.publish(map[string][]byte{"ca.crt": bundle, "tls.crt": certificate, "tls.key": key})
}

// publish puts files into the folder all at once, as the kubelet does those of a Secret:
// they are links into ..data, which is a link itself that is put in the place of another.
func (d *disturbance) publish(files map[string][]byte) error {
	version, err := os.MkdirTemp(d.rotate, "..version")
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(version, name), text, 0o600); err != nil {
			return err
		}
		link := filepath.Join(d.rotate, name)
		if err := os.Symlink(filepath.Join("..data", name), link); err != nil && !os.IsExist(err) {
			return err
		}
	}
	data := filepath.Join(d.rotate, "..data")
	old, _ := os.Readlink(data) // none at first
	if err := os.Symlink(filepath.Base(version), data+".new"); err != nil {
		return err
	}
	if err := os.Rename(data+".new", data); err != nil || old == "" {
		return err
	}
	return os.RemoveAll(filepath.Join(d.rotate, old))
}

// writeAtOnce replaces a file so that nobody reads half of it.
func writeAtOnce(path string, text []byte) error {
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
