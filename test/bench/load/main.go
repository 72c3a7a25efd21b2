// Load sends admission reviews to a server over TLS and tells how it answers.
// README.md beside it has the commands behind the figures of docs/performance.md.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outrigger-io/outrigger/internal/reviews"
	"github.com/outrigger-io/outrigger/test/bench/process"
)

type settings struct {
	url, ca, reviews string
	connections      int
	rate             float64
	total, workloads int
	replicas, pid    int
	disturbance
}

func main() {
	var s settings
	flag.StringVar(&s.url, "url", "https://localhost:15017/inject", "where to post")
	flag.StringVar(&s.ca, "ca", "ca.pem", "the server's certificate authority, PEM")
	flag.StringVar(&s.reviews, "reviews", "pkg/webhook/testdata", "folder of the reviews that others are made of, *.json")
	flag.IntVar(&s.connections, "connections", 32, "connections, which are kept")
	flag.Float64Var(&s.rate, "rate", 0, "calls a second; 0: as fast as they are answered")
	flag.IntVar(&s.total, "total", 30000, "calls")
	flag.IntVar(&s.workloads, "workloads", 9, "workloads the pods belong to")
	flag.IntVar(&s.replicas, "replicas", 100, "reviews made of each workload, sent in turn")
	flag.IntVar(&s.pid, "pid", 0, "the server's process, whose memory is told as the calls go on")
	flag.StringVar(&s.rewrite, "rewrite", "", "a file of the server's configuration that is written anew every second, in every other twentieth of the calls")
	flag.StringVar(&s.vary, "vary", "", "a text in that file that is another each time; none: it gets a comment")
	flag.StringVar(&s.rotate, "rotate", "", "a folder where the server has ca.crt, tls.crt and tls.key from: they are made, and others of another authority every second, in every other twentieth")
	flag.Parse()
	if err := run(&s); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(s *settings) error {
	bodies, err := makeBodies(s)
	if err != nil {
		return err
	}
	client := newCaller(s.connections)
	if err := s.prepare(client, s.ca); err != nil {
		return err
	}
	var (
		next      atomic.Int64
		mu        sync.Mutex
		latencies = make([]time.Duration, s.total)
		failed    []error
		wait      sync.WaitGroup
	)
	disturbing := s.everySecond(client, func() bool { return disturbed(int(next.Load()), s.total) })
	began := time.Now()
	for range s.connections {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= s.total {
					return
				}
				from := time.Now()
				if s.rate > 0 {
					// A call that is late, since all connections wait for answers, counts
					// from when it was due: a server that falls behind is not spared the
					// calls it keeps from being made. One that is not counts from when it
					// is made: how late a timer wakes is nothing of the server's.
					due := began.Add(time.Duration(float64(i) / s.rate * float64(time.Second)))
					if wait := time.Until(due); wait > 0 {
						time.Sleep(wait)
						from = time.Now()
					} else {
						from = due
					}
				}
				if err := client.post(s.url, bodies[i%len(bodies)]); err != nil {
					mu.Lock()
					failed = append(failed, err)
					mu.Unlock()
				}
				latencies[i] = time.Since(from)
				if s.pid > 0 && i%(s.total/10) == 0 {
					fmt.Printf("after %8d calls: %s resident\n", i, resident(s.pid))
				}
			}
		})
	}
	wait.Wait()
	took := time.Since(began)
	fmt.Printf("%d calls in %s: %.0f/s; %s\n", s.total, took.Round(time.Millisecond), float64(s.total)/took.Seconds(), sharesOf(latencies))
	times, err := disturbing()
	if times > 0 {
		tellApart(latencies, times)
	}
	if err != nil {
		return err
	}
	if s.pid > 0 {
		fmt.Printf("at the end: %s resident\n", resident(s.pid))
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d calls failed, the first: %w", len(failed), failed[0])
	}
	return nil
}

func makeBodies(s *settings) ([][]byte, error) {
	paths, err := filepath.Glob(filepath.Join(s.reviews, "*.json"))
	if err != nil {
		return nil, err
	}
	var of [][]byte
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(body, []byte(`"AdmissionReview"`)) {
			of = append(of, body)
		}
	}
	if len(of) == 0 {
		return nil, fmt.Errorf("%s: no reviews", s.reviews)
	}
	bodies := make([][]byte, 0, s.workloads*s.replicas)
	for replica := range s.replicas {
		for workload := range s.workloads {
			body := of[workload%len(of)]
			if workload >= len(of) {
				body = reviews.OtherWorkload(body, workload)
			}
			bodies = append(bodies, reviews.Replica(body, replica+1))
		}
	}
	return bodies, nil
}

// resident is the memory that a process has of its own, as Linux tells it.
func resident(pid int) string {
	now, _ := process.Resident(pid)
	if now == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%d kB", now)
}
