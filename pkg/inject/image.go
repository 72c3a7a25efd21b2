package inject

import (
	"fmt"
	"strings"
)

// The variants that proxy images are built in, which stand behind the tag.
var imageTypes = []string{"distroless", "debug"}

// proxyImage is the image of the values, as the wanted variant. Type "default",
// and no type, mean the plain one: the former also where the tag names a variant.
func proxyImage(v values, imageType string) string {
	image := v.text("global", "proxy", "image")
	if image == "" {
		image = "proxyv2"
	}
	tag := withImageType(v.text("global", "tag"), imageType)
	if hub := v.text("global", "hub"); hub != "" {
		image = hub + "/" + image
	}
	if tag != "" {
		image += ":" + tag
	}
	return image
}

func withImageType(tag, imageType string) string {
	if imageType == "" || tag == "" {
		return tag
	}
	for _, known := range imageTypes {
		tag = strings.TrimSuffix(tag, "-"+known)
	}
	if imageType == "default" {
		return tag
	}
	return tag + "-" + imageType
}

// values is what the ConfigMap's key "values" holds.
type values map[string]any

func (v values) at(keys ...string) any {
	var at any = map[string]any(v)
	for _, key := range keys {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[key]
	}
	return at
}

// text returns a value as it prints, whatever its type: a tag may be a number.
func (v values) text(keys ...string) string {
	at := v.at(keys...)
	if at == nil {
		return ""
	}
	return fmt.Sprint(at)
}

// flag says whether a value is true.
func (v values) flag(keys ...string) bool {
	b, _ := v.at(keys...).(bool)
	return b
}
