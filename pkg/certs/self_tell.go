package certs

import (
	"context"
	"log/slog"

	corev1 "k8s.io/api/core/v1"

	"github.com/outrigger-io/outrigger/pkg/cluster"
)

// tell says what was done: in the log, the metrics, and an event. Events are about
// the Secret, so that they stand in the service's namespace and need no permission
// elsewhere. A repair that comes again and again is counted in one event; the steps
// of the authority, of which each is another version of the Secret, have one each.
func (s *self) tell(f finding, version string) {
	level, kind, action := slog.LevelInfo, corev1.EventTypeNormal, "Rotate"
	if f.isRepair() {
		level, kind, action = slog.LevelWarn, corev1.EventTypeWarning, "Repair"
		s.options.Metrics.repairs.WithLabelValues(string(f.reason)).Inc()
	}
	s.options.Log.Log(context.Background(), level, "certificates: "+f.note, "reason", f.reason)
	secret := s.options.secretKey()
	about := &corev1.ObjectReference{APIVersion: "v1", Kind: "Secret", Namespace: secret.Namespace, Name: secret.Name, ResourceVersion: version}
	s.cluster.Events.Eventf(about, f.related, kind, string(f.reason), action, "%s", cluster.Note(f.note))
}
