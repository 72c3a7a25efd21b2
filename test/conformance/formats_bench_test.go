package conformance

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// benchmarkedPod is one of a Deployment's; APP stands for its name.
const benchmarkedPod = `{"metadata":{"generateName":"APP-5d8f-","namespace":"shop","labels":{"app":"APP","version":"v1","pod-template-hash":"5d8f"},
	"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"APP-5d8f","uid":"1","controller":true}]},
	"spec":{"serviceAccountName":"APP","containers":[{"name":"app","image":"app:1","ports":[{"name":"http","containerPort":8080}],
	"readinessProbe":{"httpGet":{"path":"/","port":"http"}},"resources":{"requests":{"cpu":"100m"}}}]}}`

// BenchmarkFormats measures, with the largest configuration of each format, what it
// takes to load it with its trials, and what a pod costs at first sight and as a
// replica. A machine is seldom quiet: user-ns/op is the time that its cores worked.
func BenchmarkFormats(b *testing.B) {
	sources := conformance.LargestOfFormats(b)
	for _, format := range inject.Formats() {
		s, ok := sources[format]
		if !ok {
			continue // 1.0, which has golden files elsewhere
		}
		b.Run(fmt.Sprintf("%s/load", strings.ReplaceAll(format, " ", "_")), func(b *testing.B) {
			working(b, func(int) error {
				_, err := inject.Compile(s, inject.Options{Try: true})
				return err
			})
			b.ReportMetric(float64(conformance.SourcesSize(s))/1000, "kB")
		})
		in, err := inject.Compile(s, inject.Options{})
		if err != nil {
			b.Fatal(err)
		}
		pod := func(b *testing.B, name func(i int) string) {
			working(b, func(i int) error {
				_, err := in.Inject(inject.Request{Pod: []byte(strings.ReplaceAll(benchmarkedPod, "APP", name(i))), Namespace: "shop"})
				return err
			})
		}
		b.Run(fmt.Sprintf("%s/first-sight", strings.ReplaceAll(format, " ", "_")), func(b *testing.B) {
			pod(b, func(i int) string { return fmt.Sprint("first-", b.N, "-", i) })
		})
		b.Run(fmt.Sprintf("%s/replica", strings.ReplaceAll(format, " ", "_")), func(b *testing.B) {
			pod(b, func(int) string { return "replica" })
		})
	}
}

// working measures what is done over and over.
func working(b *testing.B, do func(i int) error) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	before := userTime(b)
	for i := range b.N {
		if err := do(i); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(userTime(b)-before)/float64(b.N), "user-ns/op")
}

func userTime(b *testing.B) int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano()
}
