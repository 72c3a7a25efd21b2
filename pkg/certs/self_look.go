package certs

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// look is what the watches show, or what they have yet to show.
func (s *self) look() (secret secretView, configs []configView, missing string) {
	note := func(what string, synced bool, err error) {
		if !synced && missing == "" {
			missing = what
			if err != nil {
				missing += ": " + err.Error()
			}
		}
	}
	o, synced, err := s.secret.get()
	note(fmt.Sprintf("Secret %s", s.options.secretKey()), synced, err)
	if o != nil {
		secret = viewSecret(o)
	}
	for _, w := range s.configs {
		o, synced, err := w.get()
		note("MutatingWebhookConfiguration "+w.follows.Only, synced, err)
		if o != nil {
			configs = append(configs, s.options.callee().viewConfig(o))
		}
	}
	return secret, configs, missing
}

// read is what look shows, asked of the API server.
func (o *SelfOptions) read(ctx context.Context, c client.Reader) (secretView, []configView, error) {
	var secret secretView
	var found corev1.Secret
	switch err := c.Get(ctx, o.secretKey(), &found); {
	case err == nil:
		secret = viewSecret(&found)
	case !apierrors.IsNotFound(err):
		return secretView{}, nil, fmt.Errorf("reading Secret %s: %w", o.secretKey(), err)
	}
	var configs []configView
	for _, name := range o.WebhookConfigurations {
		var found admissionv1.MutatingWebhookConfiguration
		switch err := c.Get(ctx, client.ObjectKey{Name: name}, &found); {
		case err == nil:
			configs = append(configs, o.callee().viewConfig(&found))
		case !apierrors.IsNotFound(err):
			return secretView{}, nil, fmt.Errorf("reading MutatingWebhookConfiguration %s: %w", name, err)
		}
	}
	return secret, configs, nil
}

func viewSecret(o *corev1.Secret) secretView {
	return secretView{present: true, resourceVersion: o.ResourceVersion, data: o.Data}
}

func (c callee) viewConfig(o *admissionv1.MutatingWebhookConfiguration) configView {
	return configView{name: o.Name, resourceVersion: o.ResourceVersion, hooks: c.hooksOf(o)}
}
