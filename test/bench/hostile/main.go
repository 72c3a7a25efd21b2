// Hostile has many callers ask the worst of a server, and tells how it answers others
// meanwhile. README.md in the folder above has the command.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/outrigger-io/outrigger/internal/reviews"
	"github.com/outrigger-io/outrigger/test/bench/process"
)

type settings struct {
	url, ca, review string
	rate            float64
	each            time.Duration
	pid             int
	only, attack    string
}

func main() {
	var s settings
	flag.StringVar(&s.url, "url", "https://localhost:15017/inject?timeout=5s", "where to post")
	flag.StringVar(&s.ca, "ca", "ca.pem", "the server's certificate authority, PEM")
	flag.StringVar(&s.review, "review", "pkg/webhook/testdata/review.json", "the review that honest ones are made of")
	flag.Float64Var(&s.rate, "rate", 100, "honest calls a second")
	flag.DurationVar(&s.each, "each", 8*time.Second, "how long each attack goes on")
	flag.IntVar(&s.pid, "pid", 0, "the server's process, whose memory is told")
	flag.StringVar(&s.only, "only", "", "only the attacks whose names match this regular expression")
	flag.StringVar(&s.attack, "attack", "", "only attack, in that way, and print what the answers are")
	flag.Parse()
	do := run
	if s.attack != "" {
		do = attackOnly
	}
	if err := do(&s); err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
}

// An attack goes on until its context ends, and tells what it was answered.
type attack struct {
	name string
	do   func(ctx context.Context, t *target, tell func(answer string))
}

var attacks = []attack{
	{"nobody", func(ctx context.Context, _ *target, _ func(string)) { <-ctx.Done() }},
	{"50 callers, 60,000 annotations", posting(50, pods(60_000, `"example.com/a%d":"x"`, `{"metadata":{"name":"p","annotations":{%s}},"spec":{"containers":[{"name":"c","image":"i"}]}}`))},
	{"50 callers, 20,000 containers with probes", posting(50, pods(20_000, `{"name":"c%d","image":"i","readinessProbe":{"httpGet":{"path":"/","port":80}}}`, `{"metadata":{"name":"p"},"spec":{"containers":[%s]}}`))},
	{"50 callers, 80 KB of aliases", posting(50, pods(20_000, `*a`, `{"metadata":{"name":"p","annotations":{"proxy.istio.io/config":"a: &a `+strings.Repeat("x", 20_000)+`\nb: [%s]"}},"spec":{"containers":[{"name":"c","image":"i"}]}}`))},
	{"50 callers, 60 KB of annotations", posting(50, pods(2_500, `"example.com/a%d":"x"`, `{"metadata":{"name":"p","annotations":{%s}},"spec":{"containers":[{"name":"c","image":"i"}]}}`))},
	{"40 connections, 8 MB each", posting(40, bytes.Repeat([]byte(" "), 8<<20))},
	{"40 connections, 3 MB each", posting(40, review(`{"metadata":{"name":"p","annotations":{"a":"`+strings.Repeat("x", 3<<20)+`"}},"spec":{"containers":[{"name":"c","image":"i"}]}}`))},
	{"5,000 idle connections", (&holding{connections: 5_000, handshake: true}).do},
	{"5,000 handshakes that do not go on", (&holding{connections: 5_000}).do},
	{"1,000 bodies, a byte a second", (&holding{connections: 1_000, handshake: true, body: true}).do},
}

func run(s *settings) error {
	t, err := newTarget(s)
	if err != nil {
		return err
	}
	honest, err := os.ReadFile(s.review)
	if err != nil {
		return err
	}
	fmt.Printf("%-44s %7s %7s %9s %9s %9s %9s  %s\n", "beside", "honest", "failed", "p50", "p99", "most", "resident", "what the others are answered")
	only, err := regexp.Compile(s.only)
	if err != nil {
		return err
	}
	for _, a := range attacks {
		if !only.MatchString(a.name) {
			continue
		}
		var answers bytes.Buffer
		attackers := exec.Command(os.Args[0], "-url", s.url, "-ca", s.ca, "-each", s.each.String(), "-attack", a.name)
		attackers.Stdout, attackers.Stderr = &answers, os.Stderr
		if err := attackers.Start(); err != nil {
			return err
		}
		ctx, end := context.WithTimeout(context.Background(), s.each)
		time.Sleep(s.each / 8)
		latencies, failed, peak := t.askHonestly(ctx, s, honest)
		end()
		if err := attackers.Wait(); err != nil {
			return err
		}
		at := func(share float64) time.Duration {
			return latencies[int(share*float64(len(latencies)-1))].Round(100 * time.Microsecond)
		}
		fmt.Printf("%-44s %7d %7d %9s %9s %9s %5d MiB  %s\n", a.name, len(latencies), failed, at(.5), at(.99), at(1), peak>>10, answers.String())
		time.Sleep(2 * time.Second)
	}
	return nil
}

// attackOnly is what a process of its own does: who measures how long an answer takes is
// not to wait for those who attack.
func attackOnly(s *settings) error {
	t, err := newTarget(s)
	if err != nil {
		return err
	}
	ctx, end := context.WithTimeout(context.Background(), s.each)
	defer end()
	for _, a := range attacks {
		if a.name == s.attack {
			answers := tally{}
			a.do(ctx, t, answers.add)
			fmt.Print(answers.String())
			return nil
		}
	}
	return fmt.Errorf("no attack is named %q", s.attack)
}

// tally counts answers.
type tally struct {
	mu    sync.Mutex
	count map[string]int
}

func (a *tally) add(answer string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.count == nil {
		a.count = map[string]int{}
	}
	a.count[answer]++
}

func (a *tally) String() string {
	var all []string
	for answer, n := range a.count {
		all = append(all, fmt.Sprintf("%d× %s", n, answer))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// target is the server.
type target struct {
	url  *url.URL
	tls  *tls.Config
	text string
}

func newTarget(s *settings) (*target, error) {
	pem, err := os.ReadFile(s.ca)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate", s.ca)
	}
	u, err := url.Parse(s.url)
	return &target{url: u, text: s.url, tls: &tls.Config{RootCAs: pool, ServerName: "localhost"}}, err
}

// client has a connection of its own, as an API server has.
func (t *target) client() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: t.tls.Clone(), ForceAttemptHTTP2: true}}
}

// askHonestly sends the reviews of an API server, and tells how long answers took.
func (t *target) askHonestly(ctx context.Context, s *settings, body []byte) (latencies []time.Duration, failed, peak int) {
	var mu sync.Mutex
	var calls sync.WaitGroup
	client := t.client()
	again := time.NewTicker(time.Duration(float64(time.Second) / s.rate))
	defer again.Stop()
	for i := 1; ctx.Err() == nil; i++ {
		<-again.C
		mine := reviews.Replica(body, i)
		if i%4 == 0 {
			mine = reviews.OtherWorkload(body, i)
		}
		calls.Go(func() {
			began := time.Now()
			answer := post(context.Background(), client, t.text, mine)
			mu.Lock()
			defer mu.Unlock()
			latencies = append(latencies, time.Since(began))
			if answer != "200" {
				failed++
			}
		})
		if i%10 == 0 {
			now, _ := process.Resident(s.pid)
			peak = max(peak, now)
		}
	}
	calls.Wait()
	slices.Sort(latencies)
	return latencies, failed, peak
}

// post returns the status, "no answer" for none.
func post(ctx context.Context, client *http.Client, to string, body []byte) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return "no answer"
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return "no whole answer"
	}
	return fmt.Sprint(answer.StatusCode)
}

// posting is callers that each post a body again and again, over a connection of its own.
func posting(callers int, body []byte) func(context.Context, *target, func(string)) {
	return func(ctx context.Context, t *target, tell func(string)) {
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				client := t.client()
				defer client.CloseIdleConnections()
				for ctx.Err() == nil {
					if answer := post(ctx, client, t.text, body); ctx.Err() == nil {
						tell(answer)
					}
				}
			})
		}
		all.Wait()
	}
}

// holding is connections that are held open.
type holding struct {
	connections     int
	handshake, body bool
}

func (h *holding) do(ctx context.Context, t *target, tell func(string)) {
	var all sync.WaitGroup
	opening := make(chan struct{}, 64)
	for range h.connections {
		all.Go(func() {
			opening <- struct{}{}
			connection, err := h.open(ctx, t)
			<-opening
			if err != nil {
				tell("no connection")
				return
			}
			defer connection.Close()
			again := time.NewTicker(time.Second)
			defer again.Stop()
			for {
				select {
				case <-ctx.Done():
					tell("held")
					return
				case <-again.C:
					if h.body {
						if _, err := connection.Write([]byte(" ")); err != nil {
							tell("closed")
							return
						}
					}
				}
			}
		})
	}
	all.Wait()
}

func (h *holding) open(ctx context.Context, t *target) (net.Conn, error) {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", t.url.Host)
	if err != nil || !h.handshake {
		return connection, err
	}
	secure := tls.Client(connection, t.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	if h.body {
		_, err = fmt.Fprintf(secure, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3000000\r\n\r\n{", t.url.RequestURI())
	}
	return secure, err
}

// pods is the review of a pod with so many of one thing.
func pods(n int, one, pod string) []byte {
	things := make([]string, n)
	for i := range things {
		things[i] = strings.Replace(one, "%d", fmt.Sprint(i), 1)
	}
	return review(strings.Replace(pod, "%s", strings.Join(things, ","), 1))
}

func review(pod string) []byte { return reviews.OfPod([]byte(pod)) }
