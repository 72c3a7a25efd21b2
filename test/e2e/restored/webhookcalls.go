package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
)

// callCounts is how many calls of webhooks the API server has made, and how many of them
// took no more than so many seconds.
type callCounts struct {
	all    uint64
	within map[float64]uint64
}

func webhookCalls(ctx context.Context, c *cluster.Cluster) (callCounts, error) {
	counts := callCounts{within: map[float64]uint64{}}
	families, err := c.Metrics(ctx)
	if err != nil {
		return counts, err
	}
	for _, series := range families["apiserver_admission_webhook_admission_duration_seconds"].GetMetric() {
		counts.all += series.GetHistogram().GetSampleCount()
		for _, bucket := range series.GetHistogram().GetBucket() {
			counts.within[bucket.GetUpperBound()] += bucket.GetCumulativeCount()
		}
	}
	return counts, nil
}

// without takes off those that had been made before.
func (c *callCounts) without(before callCounts) {
	c.all -= before.all
	for bound, count := range before.within {
		c.within[bound] -= count
	}
}

func (c callCounts) String() string {
	parts := []string{fmt.Sprintf("%d in all", c.all)}
	for _, bound := range slices.Sorted(maps.Keys(c.within)) {
		if above := c.all - c.within[bound]; !math.IsInf(bound, 0) {
			parts = append(parts, fmt.Sprintf("%d over %s", above, time.Duration(bound*float64(time.Second))))
		}
	}
	return strings.Join(parts, ", ")
}
