package main

import (
	"fmt"
	"slices"
	"time"
)

// shares are what so many of some calls took at most: the half of them, nine in ten, and
// so on to the slowest.
type shares [5]time.Duration

func sharesOf(latencies []time.Duration) (s shares) {
	sorted := slices.Sorted(slices.Values(latencies))
	for i, share := range []float64{.5, .9, .99, .999, 1} {
		s[i] = sorted[int(share*float64(len(sorted)-1))]
	}
	return s
}

func (s shares) String() string {
	for i := range s {
		s[i] = s[i].Round(10 * time.Microsecond)
	}
	return fmt.Sprintf("p50 %s, p90 %s, p99 %s, p99.9 %s, most %s", s[0], s[1], s[2], s[3], s[4])
}

// medianOf has of each share the median over stretches of calls: what else the machine
// does for a while meets a few of them, and not this.
func medianOf(of []shares) (m shares) {
	for i := range m {
		var list []time.Duration
		for _, s := range of {
			list = append(list, s[i])
		}
		slices.Sort(list)
		m[i] = list[len(list)/2]
	}
	return m
}

// tellApart says how the calls beside a disturbance differ from the others.
func tellApart(latencies []time.Duration, times int) {
	var alone, beside []shares
	for n := range stretches {
		total := len(latencies)
		from, to := (n*total+stretches-1)/stretches, ((n+1)*total+stretches-1)/stretches
		if s := sharesOf(latencies[from:to]); n%2 == 1 {
			beside = append(beside, s)
		} else {
			alone = append(alone, s)
		}
	}
	fmt.Printf("medians of %d stretches left alone: %s\n", len(alone), medianOf(alone))
	fmt.Printf("medians of %d stretches beside it, %d times in all: %s\n", len(beside), times, medianOf(beside))
}
