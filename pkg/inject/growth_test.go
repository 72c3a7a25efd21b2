package inject_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"syscall"
	"testing"
	"time"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// requestOf is a call for a pod with n of one thing.
func requestOf(w podtest.Way, n int) inject.Request {
	r := inject.Request{Pod: w.PodOf(n), Namespace: "shop"}
	if w.Path != nil {
		r.Params = inject.ParsePath(w.Path(n))
	}
	return r
}

func profileInjector(t testing.TB, name string) *inject.Injector {
	read := func(file string) []byte {
		text, err := os.ReadFile(filepath.Join("../../deploy/profiles", name, file))
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	return compile(t, inject.Sources{Config: read("config.yaml"), Values: read("values.yaml"), Mesh: read("mesh.yaml")}, inject.Options{})
}

// growing are the injectors that pods grow under: the profiles, of both generations.
func growing(t testing.TB) map[string]*inject.Injector {
	return map[string]*inject.Injector{"istio": profileInjector(t, "istio"), "istio-1.0": profileInjector(t, "istio-1.0")}
}

// TestWorkGrowsInProportion: of twice as much in a pod no way makes more than twice as
// much work, counted in bytes, for which a few things that every pod costs are taken
// off. test/growth counts statements, and so sees what is searched and not copied.
func TestWorkGrowsInProportion(t *testing.T) {
	const n = 1500
	for name, in := range growing(t) {
		for _, e := range podtest.Ways {
			t.Run(name+"/"+e.Name, func(t *testing.T) {
				for what, do := range map[string]func(inject.Request){
					"injecting":                func(r inject.Request) { _, _ = in.Forgetful().Inject(r) },
					"taking the injection off": func(r inject.Request) { _, _ = inject.Uninject(r.Pod, r.Workload) },
				} {
					none, once, twice := requestOf(e, 1), requestOf(e, n), requestOf(e, 2*n)
					do(once)
					basis := min(allocated(func() { do(none) }), allocated(func() { do(none) }))
					first, second := allocated(func() { do(once) }), allocated(func() { do(twice) })
					if more, much := second-basis, first-basis; more > 2.6*max(much, 0)+1<<20 {
						t.Errorf("%s: %.0f KB, and of twice as many %.0f KB", what, much/1024, more/1024)
					}
				}
			})
		}
	}
}

// allocated is how many bytes are set aside while something is done.
func allocated(do func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc)
}

// processorTime is what this process has had.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkGrowth draws the curves: processor time, and the most memory at one time as a multiple
// of the pod's size.
func BenchmarkGrowth(b *testing.B) {
	for name, in := range growing(b) {
		for _, e := range podtest.Ways {
			for _, n := range []int{5_000, 10_000, 20_000} {
				r := requestOf(e, n)
				b.Run(fmt.Sprintf("%s/%s/%d", name, e.Name, n), func(b *testing.B) {
					once := func() { _, _ = in.Forgetful().Inject(r) }
					peak := peakOf(once)
					b.ReportAllocs()
					began := processorTime()
					for b.Loop() {
						once()
					}
					b.ReportMetric(float64((processorTime()-began).Milliseconds())/float64(b.N), "cpu-ms")
					b.ReportMetric(float64(len(r.Pod))/1024, "KB")
					b.ReportMetric(peak/float64(len(r.Pod)), "times-its-size")
				})
			}
		}
	}
}

// peakOf is how many bytes are alive at most while something is done.
func peakOf(do func()) float64 {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	runtime.GC()
	alive := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() float64 {
		metrics.Read(alive)
		return float64(alive[0].Value.Uint64())
	}
	before := read()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	peak := before
	for {
		select {
		case <-done:
			return peak - before
		default:
			peak = max(peak, read())
		}
	}
}
