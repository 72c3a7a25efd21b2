package cluster

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// maxNote is the size of the longest note of an event that the API allows.
const maxNote = 1024

// Event is something to tell people who look at an object.
type Event struct {
	// About is the object. Its UID, where it is known, makes `kubectl describe`
	// find the event.
	About corev1.ObjectReference
	// Warning is whether somebody should do something about it.
	Warning bool
	// Action and Reason are single words, Note a sentence.
	Action, Reason, Note string
}

// Announcer sends events, in their order and in the background. They are for
// people: one that cannot be sent is forgotten, and none holds anything up.
type Announcer struct {
	events               func(namespace string) Events
	controller, identity string
	failed               func(reason string, err error)
	queue                chan Event
	// limit is for a fault that comes again and again: the first ones tell it all.
	limit *rate.Limiter
}

// NewAnnouncer makes an announcer for a controller, of which identity names this
// process. What cannot be sent is told to failed.
func NewAnnouncer(c Interface, controller, identity string, failed func(reason string, err error)) *Announcer {
	return &Announcer{
		events: c.Events, controller: controller, identity: identity, failed: failed,
		queue: make(chan Event, 64),
		limit: rate.NewLimiter(rate.Every(5*time.Second), 25),
	}
}

// Announce has an event sent. It never blocks.
func (a *Announcer) Announce(e Event) {
	if !a.limit.Allow() {
		return
	}
	select {
	case a.queue <- e:
	default:
		a.failed(e.Reason, errors.New("too many wait to be sent"))
	}
}

// Run sends events until ctx ends.
func (a *Announcer) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-a.queue:
			if _, err := a.events(e.About.Namespace).Create(ctx, a.event(e), metav1.CreateOptions{}); err != nil && ctx.Err() == nil {
				a.failed(e.Reason, err)
			}
		}
	}
}

func (a *Announcer) event(e Event) *eventsv1.Event {
	kind := corev1.EventTypeNormal
	if e.Warning {
		kind = corev1.EventTypeWarning
	}
	note := e.Note
	if len(note) > maxNote {
		const more = "…"
		note = strings.ToValidUTF8(note[:maxNote-len(more)], "") + more
	}
	return &eventsv1.Event{
		ObjectMeta:          metav1.ObjectMeta{Namespace: e.About.Namespace, GenerateName: e.About.Name + "-"},
		EventTime:           metav1.NowMicro(),
		ReportingController: a.controller,
		ReportingInstance:   a.identity,
		Action:              e.Action,
		Reason:              e.Reason,
		Type:                kind,
		Note:                note,
		Regarding:           e.About,
	}
}
