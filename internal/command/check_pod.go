package command

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/check"
	"github.com/outrigger-io/outrigger/pkg/cluster"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// checkPod is the flags of `outrigger check pod`.
type checkPod struct {
	checkSettings
	namespace string
	files     []string
	workloads []string
}

func newCheckPodCommand() *cobra.Command {
	var cmd checkPod
	c := &cobra.Command{
		Use:   "pod NAME | -f FILE|DIR|- ...",
		Short: "Show whether a pod is injected, and why",
		Long: `Show whether a pod in the cluster, or a workload in manifests, is injected, and why:
the webhooks in the order in which the API server calls them, the selector and label
that decided, and then the rules of the configuration. NAME can also be a workload:
then its newest pod is explained or, if it has none, the error that its controller got.

The exit status is 0 if every pod is or would be injected, 1 if one is not, and 2 if
that cannot be determined.`,
		Example: `  outrigger check pod web-5d9c7b8f4-x2x9p -n shop
  outrigger check pod -f deployment.yaml -n shop`,
		Args: couldNotLookArgs(func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 1 && len(cmd.files) > 0:
				return fmt.Errorf("%s takes a pod's name or -f, not both", c.CommandPath())
			case len(args) != 1 && len(cmd.files) == 0, len(args) > 0 && len(cmd.files) > 0:
				return fmt.Errorf("%s takes one pod's name, or -f and manifests", c.CommandPath())
			}
			return nil
		}),
		ValidArgsFunction: offerPods,
		RunE: func(c *cobra.Command, args []string) error {
			return cmd.run(c.Context(), args, c.InOrStdin(), c.OutOrStdout())
		},
	}
	flags := c.Flags()
	cmd.addFlags(flags)
	flags.StringVarP(&cmd.namespace, "namespace", "n", "", "`NAME` of the pod's namespace (default: the manifest's, then the context's)")
	flags.StringArrayVarP(&cmd.files, "filename", "f", nil, "`FILE` with manifests, a folder, or - for standard input; may be repeated")
	addWorkloadFlag(flags, &cmd.workloads)
	return c
}

func (cmd *checkPod) run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	workloads, err := cmd.read(stdin)
	if err != nil {
		return couldNotLook(err)
	}
	c, namespace, err := cmd.cluster()
	if err != nil {
		return couldNotLook(err)
	}
	namespace = cmp.Or(cmd.namespace, namespace)
	look := &podLook{checkPod: cmd, cluster: c, seen: map[string]*check.Observation{}}
	var explanations []check.Explanation
	if len(args) == 1 {
		e, err := look.live(ctx, namespace, args[0])
		if err != nil {
			return couldNotLook(err)
		}
		explanations = append(explanations, e)
	}
	for _, w := range workloads {
		e, err := look.template(ctx, cmp.Or(w.Namespace, namespace), w)
		if err != nil {
			return couldNotLook(err)
		}
		explanations = append(explanations, e)
	}
	if err := cmd.printExplanations(stdout, explanations); err != nil {
		return couldNotLook(err)
	}
	return verdictOf(explanations)
}

// verdictOf is the exit status in the form of an error.
func verdictOf(explanations []check.Explanation) error {
	without, undecided := 0, 0
	for _, e := range explanations {
		switch e.Verdict {
		case check.Injected, check.WouldBeInjected:
		case check.Undecided:
			undecided++
		default:
			without++
		}
	}
	switch {
	case without > 0:
		return &exitError{statusFound, fmt.Errorf("not injected: %d of %d", without, len(explanations))}
	case undecided > 0:
		return couldNotLook(fmt.Errorf("not determined: %d of %d", undecided, len(explanations)))
	}
	return nil
}

// cronJob is where the pods of a CronJob have their labels: those of the job, which
// inject hears, too, do not get to them.
var cronJob = manifest.Kind{
	Group: "batch", Name: "CronJob",
	Metadata: []string{"spec", "jobTemplate", "spec", "template", "metadata"},
	Spec:     []string{"spec", "jobTemplate", "spec", "template", "spec"},
}

// read finds the workloads in the manifests.
func (cmd *checkPod) read(stdin io.Reader) ([]manifest.Workload, error) {
	if len(cmd.files) == 0 {
		return nil, nil
	}
	kinds, err := parseKinds(cmd.workloads)
	files, err2 := expandInputs(cmd.files, "")
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	from := &inputs{stdin: stdin}
	defer from.discard()
	var workloads []manifest.Workload
	for _, file := range files {
		text, err := from.read(file)
		if err != nil {
			return nil, err
		}
		options := manifest.Options{File: shownName(file), Kinds: append(kinds, cronJob)}
		err = manifest.Rewrite(io.Discard, bytes.NewReader(text), options, func(w manifest.Workload) (tree.Patch, error) {
			workloads = append(workloads, w)
			return nil, nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(workloads) == 0 {
		return nil, errors.New("no workload in the manifests")
	}
	return workloads, nil
}

// podLook looks at a cluster once for each namespace that pods are in.
type podLook struct {
	*checkPod
	cluster cluster.Client
	seen    map[string]*check.Observation
}

func (l *podLook) observe(ctx context.Context, namespace string) (*check.Observation, error) {
	if l.seen[namespace] == nil {
		options := l.options
		options.PodNamespace, options.Pods = namespace, true
		seen, err := check.Observe(ctx, l.cluster, options)
		if err != nil {
			return nil, err
		}
		l.seen[namespace] = seen
	}
	return l.seen[namespace], nil
}

func podSubject(namespace, name string) string { return "Pod " + namespace + "/" + name }

// live explains a pod that there is, or one of a workload of that name.
func (l *podLook) live(ctx context.Context, namespace, name string) (check.Explanation, error) {
	var pod corev1.Pod
	switch err := l.cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &pod); {
	case apierrors.IsNotFound(err):
		return l.workload(ctx, namespace, name)
	case err != nil:
		return check.Explanation{}, fmt.Errorf("%s: %w", podSubject(namespace, name), err)
	}
	return l.pod(ctx, &pod)
}

// workload explains the newest pod of a workload, or why none comes any more.
func (l *podLook) workload(ctx context.Context, namespace, name string) (check.Explanation, error) {
	var newest *corev1.Pod
	var pods corev1.PodList
	podsErr := l.cluster.List(ctx, &pods, client.InNamespace(namespace))
	if podsErr == nil {
		newest = check.NewestPod(pods.Items, name)
	}
	events, eventsErr := l.events(ctx, namespace)
	if e, ok := check.ExplainAbsence(events, "pods of "+namespace+"/"+name, name, newest); ok {
		return e, nil
	}
	if newest == nil {
		return check.Explanation{}, errors.Join(
			fmt.Errorf("%s: there is no such pod, no workload of that name has one, and no event says that one could not be created", podSubject(namespace, name)),
			podsErr, eventsErr)
	}
	return l.pod(ctx, newest)
}

func (l *podLook) pod(ctx context.Context, pod *corev1.Pod) (check.Explanation, error) {
	subject := podSubject(pod.Namespace, pod.Name)
	text, err := json.Marshal(pod)
	if err != nil {
		return check.Explanation{}, fmt.Errorf("%s: %w", subject, err)
	}
	seen, err := l.observe(ctx, pod.Namespace)
	if err != nil {
		return check.Explanation{}, err
	}
	return check.Explain(seen, check.Pod{
		Subject: subject, Namespace: pod.Namespace, JSON: text, Warnings: misplacedFor(ctx, l.cluster, pod, text),
		Created: pod.CreationTimestamp.Time, ManagedFields: pod.ManagedFields,
	})
}

// template explains what would become of a workload's pods, and what last came of
// them if it is in the cluster.
func (l *podLook) template(ctx context.Context, namespace string, w manifest.Workload) (check.Explanation, error) {
	seen, err := l.observe(ctx, namespace)
	if err != nil {
		return check.Explanation{}, err
	}
	e, err := check.Explain(seen, check.Pod{Subject: describeWorkload(w, namespace), Namespace: namespace, JSON: w.Pod, Warnings: misplaced(w)})
	if err != nil || w.Name == "" {
		return e, err
	}
	// Without the right to read events, what would be is still worth something.
	if events, err := l.events(ctx, namespace); err == nil {
		e.AddFailure(events, w.Name)
	}
	return e, nil
}

func (l *podLook) events(ctx context.Context, namespace string) ([]eventsv1.Event, error) {
	var list eventsv1.EventList
	err := l.cluster.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{"reason": "FailedCreate"})
	return list.Items, err
}
