package inject

import (
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// tagsOf are the tags of the images of a pod's containers, by the containers' names.
func tagsOf(p *tree.Value) map[string]string {
	tags := map[string]string{}
	for _, list := range pod.ContainerLists {
		for _, c := range pod.List(p, list) {
			if image, ok := c.Get("image").Str(); ok {
				_, tags[c.Get("name").Text()] = splitImage(image)
			}
		}
	}
	return tags
}

// withTags gives the images of containers other tags. Those of which none is known stay.
func withTags(p *tree.Value, tags map[string]string) *tree.Value {
	for _, list := range pod.ContainerLists {
		containers := p.Get("spec", list)
		changed := containers.MapItems(func(c *tree.Value) *tree.Value {
			image, isText := c.Get("image").Str()
			tag, known := tags[c.Get("name").Text()]
			name, old := splitImage(image)
			if !isText || !known || tag == old {
				return c
			}
			return c.With("image", tree.NewString(joinImage(name, tag)))
		})
		if changed != containers {
			p = p.WithAt(changed, "spec", list)
		}
	}
	return p
}

// splitImage tells the name of an image from its tag. A digest belongs to the tag.
func splitImage(image string) (name, tag string) {
	name, digest, hasDigest := strings.Cut(image, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name, tag = name[:i], name[i+1:]
	}
	if hasDigest {
		tag += "@" + digest
	}
	return name, tag
}

func joinImage(name, tag string) string {
	if tag == "" || tag[0] == '@' {
		return name + tag
	}
	return name + ":" + tag
}
