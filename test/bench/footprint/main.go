// Footprint posts one pod with many of one thing to a server that has just started, by
// every way that text of a pod gets in, and tells what each took of the processor and
// of memory. README.md in the folder above has the command.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/internal/reviews"
	"github.com/outrigger-io/outrigger/test/bench/process"
)

type settings struct {
	program, profile, address, only string
	n                               int
}

func main() {
	var s settings
	flag.StringVar(&s.program, "outrigger", "bin/outrigger", "the program to measure")
	flag.StringVar(&s.profile, "profile", "istio", "the profile it serves")
	flag.StringVar(&s.address, "address", "127.0.0.1:15027", "where it is to listen")
	flag.StringVar(&s.only, "only", "", "measure only the ways whose names match this regular expression")
	flag.IntVar(&s.n, "n", 60_000, "how many of a thing a pod has")
	flag.Parse()
	if err := run(&s); err != nil {
		fmt.Fprintln(os.Stderr, "footprint:", err)
		os.Exit(1)
	}
}

func run(s *settings) error {
	only, err := regexp.Compile(s.only)
	if err != nil {
		return err
	}
	fmt.Printf("%-50s %8s %6s %9s %9s %6s  %s\n", "", "size", "status", "processor", "memory", "times", "answered")
	for _, way := range podtest.Ways {
		if !only.MatchString(way.Name) {
			continue
		}
		if err := measure(s, way); err != nil {
			return fmt.Errorf("%s: %w", way.Name, err)
		}
	}
	return nil
}

// measure has a server of its own for each way: what it took for another it may still have.
func measure(s *settings, way podtest.Way) error {
	dir, err := os.MkdirTemp("", "footprint")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ca := filepath.Join(dir, "ca.pem")
	server := exec.Command(s.program, "serve", "--standalone", "--profile", s.profile,
		"--bind-address", s.address, "--metrics-bind-address", "", "--ca-out", ca, "--log-level", "error")
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		return err
	}
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}()
	client, err := clientOf(s.address, ca)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	path := "/inject"
	if way.Path != nil {
		path = way.Path(s.n)
	}
	post := func(pod []byte) (string, int, error) {
		answer, err := client.Post("https://"+s.address+path+"?timeout=30s", "application/json", bytes.NewReader(reviews.OfPod(pod)))
		if err != nil {
			return "", 0, err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		return answer.Status[:3], len(text), err
	}
	// What only the first call takes is not its pod's.
	if _, _, err := post(way.PodOf(1)); err != nil {
		return err
	}
	pod := way.PodOf(s.n)
	_, before := process.Resident(server.Process.Pid)
	began := process.ProcessorTime(server.Process.Pid)
	status, answered, err := post(pod)
	if err != nil {
		return err
	}
	took := (process.ProcessorTime(server.Process.Pid) - began).Round(10 * time.Millisecond)
	_, most := process.Resident(server.Process.Pid)
	grown := most - before
	fmt.Printf("%-50s %5d KB %6s %9s %6d MB %6.1f  %d KB\n", way.Name, len(pod)>>10, status, took, grown>>10, float64(grown<<10)/float64(len(pod)), answered>>10)
	return nil
}

// clientOf waits until a server listens.
func clientOf(address, ca string) (*http.Client, error) {
	for range 200 {
		time.Sleep(50 * time.Millisecond)
		pem, err := os.ReadFile(ca)
		if err != nil {
			continue
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			continue
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "localhost"}, ForceAttemptHTTP2: true}}
		if answer, err := client.Get("https://" + address + "/readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return client, nil
			}
		}
	}
	return nil, errors.New("the server does not get ready")
}
