package certs

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// announcer sends Kubernetes events about the Secret. They are for people: one
// that cannot be sent is counted and forgotten, and none holds up a repair.
type announcer struct {
	client   client.Client
	secret   client.ObjectKey
	identity string
	log      *slog.Logger
	metrics  *Metrics
	queue    chan finding
	// limit is for a fight with somebody who breaks what we repair, again and
	// again: the first ones tell it all.
	limit *rate.Limiter
}

func newAnnouncer(c client.Client, secret client.ObjectKey, identity string, log *slog.Logger, m *Metrics) *announcer {
	return &announcer{
		client: c, secret: secret, identity: identity, log: log, metrics: m,
		queue: make(chan finding, 64),
		limit: rate.NewLimiter(rate.Every(5*time.Second), 25),
	}
}

func (a *announcer) announce(f finding) {
	if !a.limit.Allow() {
		return
	}
	select {
	case a.queue <- f:
	default:
		a.metrics.failed(failedEvent)
	}
}

func (a *announcer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-a.queue:
			if err := a.client.Create(ctx, a.event(f)); err != nil && ctx.Err() == nil {
				a.metrics.failed(failedEvent)
				a.log.Warn("cannot send an event", "reason", f.reason, "error", err)
			}
		}
	}
}

func (a *announcer) event(f finding) *eventsv1.Event {
	kind, action := corev1.EventTypeNormal, "Rotate"
	if f.isRepair() {
		kind, action = corev1.EventTypeWarning, "Repair"
	}
	// The API allows 1024 bytes.
	note := f.note
	if len(note) > 1024 {
		note = note[:1024]
	}
	return &eventsv1.Event{
		ObjectMeta:          metav1.ObjectMeta{Namespace: a.secret.Namespace, GenerateName: a.secret.Name + "-"},
		EventTime:           metav1.NowMicro(),
		ReportingController: "outrigger.io/certs",
		ReportingInstance:   a.identity,
		Action:              action,
		Reason:              string(f.reason),
		Type:                kind,
		Note:                note,
		Regarding: corev1.ObjectReference{
			APIVersion: "v1", Kind: "Secret", Namespace: a.secret.Namespace, Name: a.secret.Name,
		},
	}
}
