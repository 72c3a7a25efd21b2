package check

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
)

// Route sends a pod past the entries of a webhook configuration, and says whether
// one takes it. The steps are the rules of the entry that does; of the others, the
// rule that says no. An error is that the pod cannot be read.
func Route(c *admissionv1.MutatingWebhookConfiguration, namespace *corev1.Namespace, pod []byte) (sent bool, steps []Step, err error) {
	read, err := candidateOf(pod)
	if err != nil {
		return false, nil, err
	}
	for n := range c.Webhooks {
		p := pass(c.Name, &c.Webhooks[n], namespace, read)
		if p.answer == No {
			steps = append(steps, p.last())
			continue
		}
		sent = true
		steps = append(steps, p.steps...)
	}
	return sent, steps, nil
}
