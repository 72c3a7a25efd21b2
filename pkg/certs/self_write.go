package certs

import (
	"context"
	"fmt"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// writeTimeout ends a write that hangs on a dead connection.
const writeTimeout = 5 * time.Second

func (s *self) writeBundles(ctx context.Context, b bundleWrite) error {
	patch, err := bundlePatch(b.resourceVersion, b.bundles)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	config := &admissionv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: b.config}}
	if err := s.cluster.Client.Patch(ctx, config, client.RawPatch(types.JSONPatchType, patch)); err != nil {
		return s.failed(failedBundle, fmt.Errorf("setting caBundles of MutatingWebhookConfiguration %s: %w", b.config, err))
	}
	for _, f := range b.findings {
		s.tell(f, "")
	}
	return nil
}

func (s *self) writeSecret(ctx context.Context, w *secretWrite) error {
	data, err := w.state.encode()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.options.Namespace,
			Name:      s.options.Secret,
			Labels:    map[string]string{"app.kubernetes.io/managed-by": "outrigger"},
		},
		Data: data,
	}
	if w.resourceVersion == "" {
		err = s.cluster.Client.Create(ctx, secret)
	} else {
		// Others' labels and annotations stay: what was seen is what is changed.
		if seen, _, _ := s.secret.get(); seen != nil {
			secret = seen.DeepCopy()
			secret.Data = data
		}
		secret.ResourceVersion = w.resourceVersion
		err = s.cluster.Client.Update(ctx, secret)
	}
	if err != nil {
		return s.failed(failedSecret, fmt.Errorf("writing Secret %s: %w", s.options.secretKey(), err))
	}
	if w.finding.reason == CAPromoted {
		s.options.Metrics.rotations.WithLabelValues(rotatedCA).Inc()
	}
	s.tell(w.finding, secret.ResourceVersion)
	return nil
}

func (s *self) failed(kind string, err error) error {
	if !s.mayRace(err) {
		s.options.Metrics.failed(kind)
	}
	return err
}
