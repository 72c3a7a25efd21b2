package command

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/check"
)

// offerValues has shells offer values for the flags of a command and of those below
// it. What a flag takes stands in its usage: a FILE, one of `true|false`, or a NAME,
// of a profile or of what the kubeconfig and the cluster have.
func offerValues(c *cobra.Command) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if offer := offersFor(c, f); offer != nil {
			if err := c.RegisterFlagCompletionFunc(f.Name, offer); err != nil {
				panic(err) // two of one flag, in the program itself
			}
		}
	})
	for _, below := range c.Commands() {
		offerValues(below)
	}
}

// offersFor is nil for files, which shells know best, and where there is no value.
func offersFor(c *cobra.Command, f *pflag.Flag) cobra.CompletionFunc {
	takes, _ := pflag.UnquoteUsage(f)
	switch {
	case f.Value.Type() == "bool" || strings.Contains(takes, "FILE"):
		return nil
	case f.Name == "profile":
		return offerProfiles
	case f.Name == "namespace" || f.Name == "config-namespace":
		return offerNamespaces
	case f.Name == "context":
		return offerContexts
	case f.Name == "revision" && c.Flag("context") != nil:
		return offerRevisions
	case takes == strings.ToLower(takes) && (f.Value.Type() == "string" || f.Value.Type() == "level"):
		return cobra.FixedCompletions(strings.Split(takes, "|"), cobra.ShellCompDirectiveNoFileComp)
	}
	return cobra.NoFileCompletions
}

func offerProfiles(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var offers []cobra.Completion
	for _, name := range profiles.Names() {
		offers = append(offers, cobra.CompletionWithDesc(name, profiles.About(name)))
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}

// offerOneProfile is for a command's only argument.
func offerOneProfile(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return offerProfiles(c, args, begun)
}

// patience is how long somebody who completes a line waits for a cluster.
const patience = 2 * time.Second

func offerNamespaces(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return offerObjects(c, &corev1.NamespaceList{}), cobra.ShellCompDirectiveNoFileComp
}

// offerContexts offers those of the kubeconfig.
func offerContexts(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	config, err := loaderOf(c.Flag("kubeconfig").Value.String(), "").RawConfig()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Sorted(maps.Keys(config.Contexts)), cobra.ShellCompDirectiveNoFileComp
}

// offerRevisions offers those that are installed.
func offerRevisions(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	cluster, _, err := asKubectl(c.Flag("kubeconfig").Value.String(), c.Flag("context").Value.String())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	return check.Revisions(ctx, cluster), cobra.ShellCompDirectiveNoFileComp
}

// offerPods is for a command's only argument.
func offerPods(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return offerObjects(c, &corev1.PodList{}), cobra.ShellCompDirectiveNoFileComp
}

// offerObjects offers the names of objects in the cluster and, where they have one,
// the namespace that the command's flags tell of. Without a cluster there are none.
func offerObjects(c *cobra.Command, list client.ObjectList) []cobra.Completion {
	value := func(flag string) string {
		if f := c.Flag(flag); f != nil {
			return f.Value.String()
		}
		return ""
	}
	cluster, namespace, err := asKubectl(value("kubeconfig"), value("context"))
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	if err := cluster.List(ctx, list, client.InNamespace(cmp.Or(value("namespace"), namespace))); err != nil {
		return nil
	}
	var offers []cobra.Completion
	_ = meta.EachListItem(list, func(object runtime.Object) error { // never one
		offers = append(offers, object.(client.Object).GetName())
		return nil
	})
	return offers
}
