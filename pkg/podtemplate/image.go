package podtemplate

import "strings"

// The variants that proxy images are built in, which stand behind the tag.
var imageTypes = []string{"distroless", "debug"}

// ProxyImage is the image of the values, as the wanted variant. Type "default",
// and no type, mean the plain one: the former also where the tag names a variant.
func ProxyImage(v Values, imageType string) string {
	return imageOf(v, v.Text("global", "proxy", "image"), imageType)
}

// ProxyInitImage is the same for the init containers. A name with a slash in it is the
// whole image.
func ProxyInitImage(v Values, imageType string) string {
	image := v.Text("global", "proxy_init", "image")
	if strings.Contains(image, "/") {
		return image
	}
	return imageOf(v, image, imageType)
}

func imageOf(v Values, image, imageType string) string {
	if image == "" {
		image = "proxyv2"
	}
	tag := withImageType(v.Text("global", "tag"), imageType)
	if hub := v.Text("global", "hub"); hub != "" {
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
