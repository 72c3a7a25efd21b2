package check

import (
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
)

func (i *Installation) webhookSubject() string { return "MutatingWebhookConfiguration " + i.Name }

// judgeWebhook says whether pods are sent at all.
func (i *Installation) judgeWebhook() []Finding {
	switch {
	case i.webhookUnread:
		return nil // said elsewhere
	case i.Webhook == nil:
		return []Finding{{
			Error, WebhookMissing, i.webhookSubject(), "it does not exist, so no pod is sent to revision " + revisionName(i.Revision),
			"restore it: " + i.enable() + ", or apply the manifests again",
		}}
	case len(i.Webhook.Webhooks) == 0:
		return []Finding{{
			Error, WebhookEmpty, i.webhookSubject(), "it has no entries, so no pod is sent to revision " + revisionName(i.Revision),
			"bring them back: " + i.upgrade("") + ", or apply the manifests again",
		}}
	}
	if isOff(i.Webhook) {
		return []Finding{{Warning, WebhookDisabled, i.webhookSubject(), "it is not enabled, so no pod is sent to revision " + revisionName(i.Revision), i.enable()}}
	}
	entries := byEntry{total: len(i.Webhook.Webhooks)}
	for _, w := range i.Webhook.Webhooks {
		if len(w.Rules) == 0 {
			entries.add(w.Name, Finding{
				Warning, WebhookClosed, i.webhookSubject(), "it has no rules yet, so no pod is sent: a replica adds them when calls can succeed",
				"see what else is found; if nothing is: kubectl -n " + i.Namespace + " logs deployment/" + nameOf(i.Revision),
			})
		} else if !sendsPods(w.Rules) {
			entries.add(w.Name, Finding{
				Error, WebhookSendsNoPods, i.webhookSubject(), "the rules do not match the creation of pods",
				"take the edit back: " + i.upgrade("") + ", or apply the manifests again",
			})
		}
		if w.FailurePolicy != nil && *w.FailurePolicy == admissionv1.Ignore {
			entries.add(w.Name, Finding{
				Warning, FailurePolicyIgnore, i.webhookSubject(),
				"failurePolicy is Ignore: while Outrigger does not answer, pods come without the sidecar, and nothing tells",
				"set it to Fail, unless pods without sidecars are what you want then",
			})
		}
	}
	if findings := entries.findings(); len(findings) > 0 {
		return findings
	}
	return []Finding{{
		OK, WebhookInPlace, i.webhookSubject(),
		fmt.Sprintf("it sends pods to %s, by %s", i.callee(), count(len(i.Webhook.Webhooks), "entry", "entries")), "",
	}}
}

// upgrade is the command that has Helm make the objects what they should be, with
// a value that is to change, if any. Without values Helm keeps those it has.
func (i *Installation) upgrade(value string) string {
	command := "helm upgrade " + i.release() + " deploy/chart -n " + i.Namespace
	if value != "" {
		command += " --reuse-values " + value
	}
	return command
}

// enable is the command that has pods sent.
func (i *Installation) enable() string { return i.upgrade("--set webhook.enabled=true") }

// release is the name of the Helm release, which Helm notes at each object.
func (i *Installation) release() string {
	const noted = "meta.helm.sh/release-name"
	if d := i.Deployment.Value; d != nil && d.Annotations[noted] != "" {
		return d.Annotations[noted]
	}
	if i.Webhook != nil && i.Webhook.Annotations[noted] != "" {
		return i.Webhook.Annotations[noted]
	}
	return nameOf(i.Revision)
}

// callee is what the webhook configuration calls.
func (i *Installation) callee() string {
	if url := i.url(); url != "" {
		return url
	}
	return i.serviceSubject()
}

// url is what is called in place of a Service, empty where one is.
func (i *Installation) url() string {
	if i.Webhook == nil {
		return ""
	}
	for _, w := range i.Webhook.Webhooks {
		if w.ClientConfig.URL != nil {
			return *w.ClientConfig.URL
		}
	}
	return ""
}

func entriesWhere(c *admissionv1.MutatingWebhookConfiguration, holds func(*admissionv1.MutatingWebhook) bool) []string {
	var names []string
	for n := range c.Webhooks {
		if holds(&c.Webhooks[n]) {
			names = append(names, c.Webhooks[n].Name)
		}
	}
	return names
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
