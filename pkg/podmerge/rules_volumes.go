package podmerge

import (
	"fmt"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// readOnlyAllThrough is for a mount.
func readOnlyAllThrough(mount *tree.Value) (where, why string) {
	mode := mount.Get("recursiveReadOnly").Text()
	if mode == "" || mode == "Disabled" {
		return "", ""
	}
	if !mount.Get("readOnly").True() {
		return "recursiveReadOnly", "a mount that is not readOnly cannot be so below; set readOnly too, or remove it"
	}
	if propagation := mount.Get("mountPropagation").Text(); propagation != "" && propagation != "None" {
		return "recursiveReadOnly", "it cannot be beside mountPropagation " + propagation + "; remove one of the two"
	}
	return "", ""
}

// sharedByPrivilege is for a container, which has to be privileged to give its mounts
// back to the host.
func sharedByPrivilege(c *tree.Value) (where, why string) {
	for _, m := range c.Get("volumeMounts").Items() {
		if m.Get("mountPropagation").Text() == "Bidirectional" && !c.Get("securityContext", "privileged").True() {
			return "volumeMounts", fmt.Sprintf("mountPropagation of %s is Bidirectional, which only a privileged container has; set another, or privileged", tree.Extract(m.Get("mountPath").Text()))
		}
	}
	return "", ""
}

// pathsDiffer is for what is projected into one volume.
func pathsDiffer(sources *tree.Value) (where, why string) {
	seen := map[string]bool{}
	for _, source := range sources.Items() {
		for _, kind := range source.Members() {
			items := kind.Value.Get("items").Items()
			if path := kind.Value.Get("path"); path != nil {
				items = []*tree.Value{kind.Value}
			}
			for _, item := range items {
				path := item.Get("path").Text()
				if path != "" && seen[path] {
					return "", fmt.Sprintf("two of them write %s; change one of the paths", tree.Extract(path))
				}
				seen[path] = true
			}
		}
	}
	return "", ""
}

func certificateGoesSomewhere(v *tree.Value) (where, why string) {
	if isSet(v.Get("credentialBundlePath")) || isSet(v.Get("keyPath")) || isSet(v.Get("certificateChainPath")) {
		return "", ""
	}
	return "credentialBundlePath", "it is missing, and so are keyPath and certificateChainPath; set it, or these two"
}

func notNegative(v *tree.Value) (where, why string) {
	if amount, err := quantity(v); err == nil && amount.Sign() < 0 {
		return "", fmt.Sprintf("%s is below zero; set 0 or more", v.Text())
	}
	return "", ""
}

func asksForStorage(claim *tree.Value) (where, why string) {
	if claim.Get("resources", "requests", "storage") == nil {
		return "resources", "requests of storage are missing: a claim has to say how much; set them"
	}
	return "", ""
}
